/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls like those of posix/table.def: functions of server.c. */
#include <arch/stub.h>

	SYSCALL_STUB iperf_listen
	SYSCALL_STUB iperf_report

	.section .note.GNU-stack, "", %progbits
