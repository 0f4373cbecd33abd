/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel stops. Everything that should never happen ends here: one screen that says what,
 * where, which thread, registers and backtrace, then the machine is left with its own mark (not a
 * program's status).
 */
#pragma once

#include <base/compiler.h>

struct trap_frame;
struct fault_info;

/* Any context. */
_Noreturn void panic(const char *format, ...) PRINTF_LIKE(1, 2);

/* A kernel fault, with the frame that caused it. */
_Noreturn void panic_fault(struct trap_frame *frame, const struct fault_info *info);

/* Our own bugs. The text is the expression and the place. */
#define ASSERT(condition)                                                                          \
	do {                                                                                       \
		if (UNLIKELY(!(condition)))                                                        \
			panic("assertion failed: %s (%s:%d)", #condition, __FILE__, __LINE__);     \
	} while (0)
