/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exception vectors. Application mode is EL1t: SP_EL1 then is the thread's empty kernel stack.
 * Kernel mode is EL1h: the frame goes below the kernel stack's present end, after a look whether
 * there is room: kernel stacks have bit 13 of the address set and the pages below them have not
 * (mem/kstack.h).
 */
#include <impl/trap.h>
#include <kernel/offsets.h>

.macro FRAME_SAVE app
	stp	x0, x1, [sp, #TRAP_X(0)]
	stp	x2, x3, [sp, #TRAP_X(2)]
	stp	x4, x5, [sp, #TRAP_X(4)]
	stp	x6, x7, [sp, #TRAP_X(6)]
	stp	x8, x9, [sp, #TRAP_X(8)]
	stp	x10, x11, [sp, #TRAP_X(10)]
	stp	x12, x13, [sp, #TRAP_X(12)]
	stp	x14, x15, [sp, #TRAP_X(14)]
	stp	x16, x17, [sp, #TRAP_X(16)]
	stp	x18, x19, [sp, #TRAP_X(18)]
	stp	x20, x21, [sp, #TRAP_X(20)]
	stp	x22, x23, [sp, #TRAP_X(22)]
	stp	x24, x25, [sp, #TRAP_X(24)]
	stp	x26, x27, [sp, #TRAP_X(26)]
	stp	x28, x29, [sp, #TRAP_X(28)]
	.if \app
	mrs	x0, sp_el0
	.else
	add	x0, sp, #TRAP_SIZE
	.endif
	stp	x30, x0, [sp, #TRAP_X(30)]
	mrs	x0, elr_el1
	mrs	x1, spsr_el1
	stp	x0, x1, [sp, #TRAP_PC]
.endm

/*
 * A frame record of the interrupted function, whose pc is in x0, right below the frame: backtraces
 * go through it. x0 = frame.
 */
.macro FRAME_RECORD
	stp	x29, x0, [sp, #-16]!
	mov	x29, sp
	add	x0, sp, #16
.endm

/* For debuggers: all registers are in the frame, above the record. */
#define DWARF_PC 32
.macro FRAME_DESCRIBE
	.cfi_return_column DWARF_PC
	.cfi_def_cfa 29, 16 + TRAP_SIZE
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.cfi_offset \n, TRAP_X(\n) - TRAP_SIZE
	.endr
	.cfi_offset DWARF_PC, TRAP_PC - TRAP_SIZE
.endm

	.section .text.vectors, "ax", %progbits
	.balign 2048
	.global vectors
vectors:
	.cfi_startproc
	.cfi_signal_frame
	FRAME_DESCRIBE			/* from the record on; the lines before it are not */
	.macro VECTOR app, target
	.balign 128
	sub	sp, sp, #TRAP_SIZE
	.if !\app
	add	sp, sp, x0		/* sp + x0, to look at sp without a free register */
	sub	x0, sp, x0
	tbz	x0, #13, stack_overflow
	sub	x0, sp, x0
	sub	sp, sp, x0
	.endif
	FRAME_SAVE \app
	b	\target
	.endm

	VECTOR 1, app_sync
	VECTOR 1, app_irq
	VECTOR 1, app_irq		/* FIQ: some controllers route group 0 there */
	VECTOR 1, app_serror
	VECTOR 0, kernel_sync
	VECTOR 0, kernel_irq
	VECTOR 0, kernel_irq
	VECTOR 0, kernel_serror
	/*
	 * Lower exception levels do not exist here. Should a frame that was overwritten lead
	 * there, the first fetch ends in this entry; the room of the seven others is used.
	 */
	.balign 128
	b	vector_unexpected

app_sync:
	mrs	x1, esr_el1
	mrs	x2, far_el1
	stp	x1, x2, [sp, #TRAP_ESR]
	FRAME_RECORD
	msr	daifclr, #3
	bl	arch_trap_sync
	b	app_exit

kernel_sync:
	mrs	x1, esr_el1
	mrs	x2, far_el1
	stp	x1, x2, [sp, #TRAP_ESR]
	FRAME_RECORD
	bl	arch_trap_sync
	add	sp, sp, #16
	b	frame_restore		/* interrupts may have been off: no switch here */

app_serror:
kernel_serror:
	mrs	x1, esr_el1
	stp	x1, xzr, [sp, #TRAP_ESR]
	FRAME_RECORD
	bl	arch_trap_serror
	b	.

.macro IRQ_BODY
	FRAME_RECORD
	mov	x19, sp
	mrs	x9, tpidr_el1
	ldr	x9, [x9, #THREAD_CPU]
	ldr	x9, [x9, #CPU_IRQ_STACK_TOP]
	mov	sp, x9
	bl	trap_irq
	mov	sp, x19
.endm

kernel_irq:
	IRQ_BODY
	msr	daifset, #3
	add	x0, sp, #16
	mov	w1, wzr
	bl	trap_exit
	add	sp, sp, #16
	b	frame_restore

app_irq:
	IRQ_BODY
app_exit:
	msr	daifset, #3
	add	x0, sp, #16
	mov	w1, #1
	bl	trap_exit
	add	sp, sp, #16
	.global trap_resume_app
trap_resume_app:
	ldr	x0, [sp, #TRAP_SP]
	msr	sp_el0, x0

frame_restore:
	ldp	x0, x1, [sp, #TRAP_PC]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x2, x3, [sp, #TRAP_X(2)]
	ldp	x4, x5, [sp, #TRAP_X(4)]
	ldp	x6, x7, [sp, #TRAP_X(6)]
	ldp	x8, x9, [sp, #TRAP_X(8)]
	ldp	x10, x11, [sp, #TRAP_X(10)]
	ldp	x12, x13, [sp, #TRAP_X(12)]
	ldp	x14, x15, [sp, #TRAP_X(14)]
	ldp	x16, x17, [sp, #TRAP_X(16)]
	ldp	x18, x19, [sp, #TRAP_X(18)]
	ldp	x20, x21, [sp, #TRAP_X(20)]
	ldp	x22, x23, [sp, #TRAP_X(22)]
	ldp	x24, x25, [sp, #TRAP_X(24)]
	ldp	x26, x27, [sp, #TRAP_X(26)]
	ldp	x28, x29, [sp, #TRAP_X(28)]
	ldr	x30, [sp, #TRAP_X(30)]
	ldp	x0, x1, [sp], #TRAP_SIZE
	eret

/*
 * No room on the kernel stack (or a fault while saving a frame): report on the emergency stack. x0
 * holds sp, sp holds sp + x0's old value. Nothing returns from here, so registers may be lost one
 * by one.
 */
stack_overflow:
	msr	far_el1, x0		/* the old sp less TRAP_SIZE; far is about the guard */
	sub	x0, sp, x0		/* x0 as it was */
	msr	tpidr_el0, x0
	mrs	x0, tpidr_el1
	ldr	x0, [x0, #THREAD_CPU]
	ldr	x0, [x0, #CPU_EMERGENCY_TOP]
	sub	x0, x0, #TRAP_SIZE
	mov	sp, x0
	mrs	x0, tpidr_el0
	FRAME_SAVE 0
	mrs	x1, esr_el1
	mrs	x2, far_el1
	stp	x1, x2, [sp, #TRAP_ESR]
	add	x2, x2, #TRAP_SIZE
	str	x2, [sp, #TRAP_SP]
	mov	x0, sp
	bl	arch_trap_overflow
	b	.

vector_unexpected:
	sub	sp, sp, #TRAP_SIZE
	FRAME_SAVE 0
	mrs	x1, esr_el1
	stp	x1, xzr, [sp, #TRAP_ESR]
	mov	x0, sp
	bl	arch_trap_serror
	b	.
	.cfi_endproc
