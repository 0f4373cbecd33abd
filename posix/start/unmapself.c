/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a detached thread, instead of the C library's file of this name. */
#include "start.h"

/* The stub leaves the stack that goes away; nothing returns to it. */
START_HIDDEN _Noreturn void __unmapself(void *base, unsigned long len)
{
	for (;;)
		uk_sys_unmap_exit((uintptr_t)base, len);
}
