/* SPDX-License-Identifier: BSD-2-Clause */
/* A system call like those of posix/table.def: sys_misuse() of misuse.c. */
#include <arch/stub.h>

	SYSCALL_STUB misuse

	.section .note.GNU-stack, "", %progbits
