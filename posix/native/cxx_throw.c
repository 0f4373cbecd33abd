/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the templates of libstdc++'s headers call instead of throwing (bits/functexcept.h): here
 * they say so and end the program with SIGABRT.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void end(const char *what, const char *why)
{
	char text[200] = "C++: ", *at = text + 5;

	at = stpcpy(at, what);
	if (why)
		at = stpncpy(stpcpy(at, ": "), why, 160);
	*at++ = '\n';
	if (write(2, text, (size_t)(at - text)) < 0) {
		/* Nobody can be told. */
	}
	abort();
}

#define THROWS(name, what)                                                                         \
	_Noreturn void name(const char *why);                                                      \
	_Noreturn void name(const char *why)                                                       \
	{                                                                                          \
		end(what, why);                                                                    \
	}
#define THROWS_PLAIN(name, what)                                                                   \
	_Noreturn void name(void);                                                                 \
	_Noreturn void name(void)                                                                  \
	{                                                                                          \
		end(what, NULL);                                                                   \
	}

THROWS_PLAIN(_ZSt17__throw_bad_allocv, "bad_alloc")
THROWS_PLAIN(_ZSt28__throw_bad_array_new_lengthv, "bad_array_new_length")
THROWS_PLAIN(_ZSt25__throw_bad_function_callv, "bad_function_call")
THROWS(_ZSt20__throw_length_errorPKc, "length_error")
THROWS(_ZSt19__throw_logic_errorPKc, "logic_error")
THROWS(_ZSt20__throw_out_of_rangePKc, "out_of_range")

/* With %s and %zu. */
_Noreturn void _ZSt24__throw_out_of_range_fmtPKcz(const char *format, ...);
_Noreturn void _ZSt24__throw_out_of_range_fmtPKcz(const char *format, ...)
{
	char text[160];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	end("out_of_range", text);
}

THROWS(_ZSt24__throw_invalid_argumentPKc, "invalid_argument")
