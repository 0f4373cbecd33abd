/* SPDX-License-Identifier: BSD-2-Clause */
/* A system call like those of posix/table.def: sys_kernel_test() of run.c. */
#include <arch/stub.h>

	SYSCALL_STUB kernel_test

	.section .note.GNU-stack, "", %progbits
