/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NUL-terminated strings. Pure functions, any context. No name is a libc name, so none can capture
 * the application's calls.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t str_length(const char *text);

/*
 * The length, but `limit` if there is no NUL among the first `limit` bytes; no byte past them is
 * read.
 */
size_t str_length_n(const char *text, size_t limit);

bool str_equal(const char *a, const char *b);

/* Are the first `len` bytes equal (or both strings ended before)? True for len 0. */
bool str_equal_n(const char *a, const char *b, size_t len);

/* `text` begins with `prefix`: what follows it, else NULL. */
const char *str_after(const char *text, const char *prefix);

/* Below, equal to or above 0 as `a` sorts before, with or after `b`, bytes taken unsigned. */
int str_compare(const char *a, const char *b);

/* The first `c` (which may be the NUL), or NULL. */
const char *str_find_char(const char *text, char c);

/*
 * Copy what fits into `size` bytes, NUL included (nothing when size is 0). Returns the length of
 * `text`: `size` or more means that it was cut.
 */
size_t str_copy(char *to, const char *text, size_t size);

/*
 * Read digits: base 16 after 0x or 0X, else 10; no sign, no blanks, 0755 is decimal. `*value` and
 * `*end` (the first character not used; NULL: the digits must reach the end of the text) are set on
 * success only. -EINVAL: no digit, or (end is NULL) something behind them; -ERANGE: more than 64
 * bits.
 */
int str_to_u64(const char *text, const char **end, uint64_t *value);

#endif
