/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: floating-point state, from a stub to a frame, from a frame to the application. */
#include <impl/signal.h>
#include <impl/stub.h>
#include <impl/trap.h>
#include <kernel/offsets.h>

#include "macros.h"

	.macro FOR_PAIRS do
	.irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
	\do \n
	.endr
	.endm

	.altmacro
	.macro PAIR op, n, m
	\op	q\n, q\m, [x0, #(FPSIMD_V + 16 * \n)]
	.endm
	.macro STORE_PAIR n
	PAIR stp, \n, %(\n + 1)
	.endm
	.macro LOAD_PAIR n
	PAIR ldp, \n, %(\n + 1)
	.endm

FUNCTION arch_fpu_save
	FOR_PAIRS STORE_PAIR
	mrs	x9, fpsr
	mrs	x10, fpcr
	stp	w9, w10, [x0, #FPSIMD_FPSR]
	ret
END arch_fpu_save

FUNCTION arch_fpu_restore
	FOR_PAIRS LOAD_PAIR
	ldp	w9, w10, [x0, #FPSIMD_FPSR]
	msr	fpsr, x9
	msr	fpcr, x10
	ret
END arch_fpu_restore

/* The frame record is loaded, the stack not yet left. */
FUNCTION syscall_exit_undo
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	b	syscall_exit_slow
END syscall_exit_undo

/* On the stack: the call's result, the stub or 0, perhaps arguments, the stub's frame record. */
FUNCTION arch_syscall_exit_signal
	.cfi_undefined 30
	sub	sp, sp, #TRAP_SIZE
	mov	x9, sp
	mov	x10, #TRAP_SIZE
1:	stp	xzr, xzr, [x9], #16
	subs	x10, x10, #16
	b.ne	1b
	ldp	x0, x1, [sp, #TRAP_SIZE]
	str	x0, [sp, #TRAP_X(0)]
	stp	x19, x20, [sp, #TRAP_X(19)]
	stp	x21, x22, [sp, #TRAP_X(21)]
	stp	x23, x24, [sp, #TRAP_X(23)]
	stp	x25, x26, [sp, #TRAP_X(25)]
	stp	x27, x28, [sp, #TRAP_X(27)]
	mrs	x9, tpidr_el1
	ldp	x10, x11, [x9, #-16]
	mrs	x12, sp_el0
	mov	x13, #4			/* EL1t, nothing masked */
	str	x10, [sp, #TRAP_X(29)]
	stp	x11, x12, [sp, #TRAP_X(30)]
	stp	x11, x13, [sp, #TRAP_PC]
	mov	x0, sp
	sub	x2, x9, #(16 + STUB_ARGS)
	mov	x29, xzr
	mov	x30, xzr
	bl	signal_syscall_exit
	b	.
END arch_syscall_exit_signal

/* x0 = frame, above sp; in application mode it would be right below the thread. */
FUNCTION arch_frame_resume
	.cfi_undefined 30
	msr	daifset, #3
	mrs	x19, tpidr_el1
	sub	x19, x19, #TRAP_SIZE
	mov	x1, x0
	mov	x0, x19
	mov	x2, #TRAP_SIZE
	bl	memmove
	mov	sp, x19
	b	trap_resume_app
END arch_frame_resume

	.section .note.GNU-stack, "", %progbits
