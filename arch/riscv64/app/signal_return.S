/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a signal handler returns to: its frame is on top of the stack. */
	.hidden uk_signal_return, uk_sys_rt_sigreturn
	.globl uk_signal_return

	.section .text.uk_signal_return, "ax"
	.type uk_signal_return, %function
uk_signal_return:
	mv a0, sp
	tail uk_sys_rt_sigreturn
	.size uk_signal_return, . - uk_signal_return

	.section .note.GNU-stack, "", %progbits
