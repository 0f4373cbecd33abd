/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread switch, first entry, application entry, stub tail. */
#include <impl/stub.h>
#include <kernel/offsets.h>

#define FUNCTION_PLACE .text.early
#include "macros.h"

#define SAVED 192	/* x19-x30, d8-d15, fpcr/fpsr, sp_el0 */

FUNCTION arch_switch
	sub	sp, sp, #SAVED
	stp	x19, x20, [sp, #0]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mrs	x9, fpcr
	mrs	x10, fpsr
	stp	x9, x10, [sp, #160]
	mrs	x11, sp_el0
	str	x11, [sp, #176]
	mrs	x9, tpidr_el0
	mov	x10, sp
	stp	x10, x9, [x0, #THREAD_KSP]
	ldp	x10, x9, [x1, #THREAD_KSP]
	mov	sp, x10
	msr	tpidr_el0, x9
	msr	tpidr_el1, x1
	ldp	x9, x10, [sp, #160]
	msr	fpcr, x9
	msr	fpsr, x10
	ldr	x11, [sp, #176]
	msr	sp_el0, x11
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	ldp	x19, x20, [sp, #0]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	add	sp, sp, #SAVED
	ret
END arch_switch

/*
 * x0 = thread: a frame from which arch_switch returns to thread_entry with the previous thread in
 * x0. The other registers that are loaded from it mean nothing to a new thread.
 */
FUNCTION arch_thread_prepare
	sub	x9, x0, #SAVED
	adrp	x10, thread_entry
	add	x10, x10, :lo12:thread_entry
	stp	xzr, x10, [x9, #80]	/* x29 ends backtraces */
	stp	xzr, xzr, [x9, #160]	/* fpcr, fpsr */
	str	xzr, [x9, #176]		/* sp_el0 */
	str	x9, [x0, #THREAD_KSP]
	ret
END arch_thread_prepare

/* x0 = pc, x1 = sp, x2 = arg, x3 = thread pointer */
FUNCTION arch_app_enter
	.cfi_undefined 30
	msr	daifset, #3
	msr	sp_el0, x1
	msr	tpidr_el0, x3
	mrs	x9, tpidr_el1
	mov	sp, x9
	mov	x9, x0
	mov	x0, x2
	mov	x29, xzr
	mov	x30, xzr
	msr	spsel, #0
	msr	daifclr, #3
	br	x9
END arch_app_enter

/* x0 = fn, x1 = arg, x2 = stack top */
FUNCTION arch_call_on_stack
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	mov	x9, x0
	mov	x0, x1
	mov	sp, x2
	blr	x9
	mov	sp, x29
	ldp	x29, x30, [sp], #16
	ret
END arch_call_on_stack

/* x9 = function, x10 = stub. Lies among the stubs. */
	.section .text.uk_sys_restart, "ax", %progbits
	.balign 4
	.global stub_restart
	.type stub_restart, %function
stub_restart:
	.cfi_startproc
	.cfi_signal_frame
	msr	spsel, #1
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	STUB_DESCRIBE
	stp	x0, x1, [sp, #-STUB_ARGS]!
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	str	x10, [sp, #STUB_SELF]
	blr	x9
	ldr	w9, [sp, #(STUB_ARGS + 16 + THREAD_PENDING)]
	cbnz	w9, 1f
	add	sp, sp, #STUB_ARGS
	ldp	x29, x30, [sp], #16
	msr	spsel, #0
	ret
1:	ldr	x9, [sp, #STUB_SELF]
	b	syscall_exit_restart
	.cfi_endproc
	.size stub_restart, . - stub_restart

/*
 * A stub found thread->pending: serve it, then finish the stub. x0 = result; x9 = the stub, if its
 * arguments are below its frame record. What takes over finds on the stack: the result, the stub or
 * 0, room for arguments, the frame record.
 */
FUNCTION syscall_exit_slow
	sub	sp, sp, #STUB_ARGS
	mov	x9, xzr
	.global	syscall_exit_restart
syscall_exit_restart:
	stp	x0, x9, [sp, #-16]!
	bl	syscall_exit_work
	cbnz	x0, 1f
	ldr	x0, [sp]
	add	sp, sp, #(16 + STUB_ARGS)
	ldp	x29, x30, [sp], #16
	msr	spsel, #0
	msr	daifclr, #3
	ret
1:	br	x0
END syscall_exit_slow

/* x0 = fn; all of the floating-point state on the stack around it */
FUNCTION arch_fpu_preserved_call
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	stp	x19, x20, [sp, #-16]!
	sub	sp, sp, #512
	stp	q0, q1, [sp, #0]
	stp	q2, q3, [sp, #32]
	stp	q4, q5, [sp, #64]
	stp	q6, q7, [sp, #96]
	stp	q8, q9, [sp, #128]
	stp	q10, q11, [sp, #160]
	stp	q12, q13, [sp, #192]
	stp	q14, q15, [sp, #224]
	stp	q16, q17, [sp, #256]
	stp	q18, q19, [sp, #288]
	stp	q20, q21, [sp, #320]
	stp	q22, q23, [sp, #352]
	stp	q24, q25, [sp, #384]
	stp	q26, q27, [sp, #416]
	stp	q28, q29, [sp, #448]
	stp	q30, q31, [sp, #480]
	mrs	x19, fpcr
	mrs	x20, fpsr
	blr	x0
	msr	fpcr, x19
	msr	fpsr, x20
	ldp	q0, q1, [sp, #0]
	ldp	q2, q3, [sp, #32]
	ldp	q4, q5, [sp, #64]
	ldp	q6, q7, [sp, #96]
	ldp	q8, q9, [sp, #128]
	ldp	q10, q11, [sp, #160]
	ldp	q12, q13, [sp, #192]
	ldp	q14, q15, [sp, #224]
	ldp	q16, q17, [sp, #256]
	ldp	q18, q19, [sp, #288]
	ldp	q20, q21, [sp, #320]
	ldp	q22, q23, [sp, #352]
	ldp	q24, q25, [sp, #384]
	ldp	q26, q27, [sp, #416]
	ldp	q28, q29, [sp, #448]
	ldp	q30, q31, [sp, #480]
	add	sp, sp, #512
	ldp	x19, x20, [sp], #16
	ldp	x29, x30, [sp], #16
	ret
END arch_fpu_preserved_call
