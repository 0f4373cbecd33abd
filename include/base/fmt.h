/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text. The conversions are %s %c %d %i %u %x %X %p %%, with the lengths l, ll, z, the
 * flags `-` and `0`, a width, and for %s a precision (a number or `*`); they mean what they mean in
 * C, and the compiler checks the arguments. %p prints 0x and the digits, %s of NULL prints (null).
 * Anything else in a format is printed as it stands.
 *
 * Reads no state and allocates nothing: any context, early boot and panic included.
 */
#ifndef BASE_FMT_H
#define BASE_FMT_H

#include <stdarg.h>
#include <stddef.h>

#include <base/compiler.h>

/*
 * Where the text goes, piece by piece; put this first in a larger struct to reach more from
 * `write`.
 */
struct fmt_sink {
	void (*write)(struct fmt_sink *sink, const char *text, size_t len);
};

/* Both return how many characters were written. */
size_t fmt_vformat(struct fmt_sink *sink, const char *format, va_list args) PRINTF_LIKE(2, 0);
size_t fmt_format(struct fmt_sink *sink, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Into a buffer: at most size - 1 characters and a NUL (nothing when size is 0). Both return the
 * length of the whole text, so a result of `size` or more means that it was cut.
 */
size_t fmt_vstring(char *buffer, size_t size, const char *format, va_list args) PRINTF_LIKE(3, 0);
size_t fmt_string(char *buffer, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
