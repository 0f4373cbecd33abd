/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls like those of posix/table.def: functions of uart.c. */
#include <arch/stub.h>

	SYSCALL_STUB uart_setup
	SYSCALL_STUB uart_raise
	SYSCALL_STUB uart_wait

	.section .note.GNU-stack, "", %progbits
