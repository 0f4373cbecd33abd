/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap entry. Where the interrupted code ran is told by its stack pointer alone: on the
 * thread's kernel stack, or the CPU's interrupt or emergency stack, it was the kernel's and the
 * frame goes below; anywhere else it was the application's and the frame goes to the top of the
 * thread's kernel stack.
 *
 * sscratch is the current thread again before anything is stored outside struct thread, so a
 * fault in here (a stack without its pages) finds a sane state and ends on the emergency stack.
 */
#include <arch/layout.h>
#include "macros.h"

#define SCRATCH	   (THREAD_SIZE - TRAP_SCRATCH_SIZE)
#define STACK_SIZE 8192 /* KSTACK_SIZE and KSTACK_SMALL, asserted in trap.c */
#define STACK_SMALL 4096
#define ROOM	   512	/* for the handler: the interrupted code is blamed for the overflow */

/* t1 = empty top of a stack - sp. Goes to on_stack or overflow if sp is in it or just below it. */
.macro TRY_STACK size
	li	t2, \size - TRAP_SIZE - ROOM
	bleu	t1, t2, on_stack
	li	t2, \size + PAGE_SIZE
	bltu	t1, t2, overflow
.endm

/* All registers but sp and the three that the entry needs. */
.macro FOR_OTHERS do
	.irp	n, 1, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
		24, 25, 26, 27, 28, 29, 30, 31
	\do	\n
	.endr
.endm
.macro SAVE n
	sd	x\n, TRAP_X(\n)(sp)
.endm
.macro RESTORE n
	ld	x\n, TRAP_X(\n)(sp)
.endm
.macro DESCRIBE n
	.cfi_offset \n, TRAP_X(\n) - TRAP_SIZE
.endm

FUNCTION trap_entry, 4
	.cfi_signal_frame
	.cfi_return_column 64
	csrrw	sp, sscratch, sp
	sd	t0, SCRATCH(sp)
	sd	t1, SCRATCH + 8(sp)
	sd	t2, SCRATCH + 16(sp)
	csrr	t0, sscratch		/* the interrupted sp */
	csrw	sscratch, sp
	sub	t1, sp, t0
	TRY_STACK STACK_SIZE - THREAD_SIZE
	ld	t1, THREAD_CPU(sp)
	ld	t1, CPU_IRQ_STACK_TOP(t1)
	sub	t1, t1, t0
	TRY_STACK STACK_SMALL
	ld	t1, THREAD_CPU(sp)
	ld	t1, CPU_EMERGENCY_TOP(t1)
	sub	t1, t1, t0
	TRY_STACK STACK_SMALL
	li	t1, TRAP_MODE_APP
1:	addi	sp, sp, -TRAP_SIZE
	j	save
overflow:
	ld	t1, THREAD_CPU(sp)
	ld	t2, CPU_EMERGENCY_TOP(t1)
	li	t1, TRAP_MODE_OVERFLOW
	beqz	t2, 1b			/* none yet: what is on the stack is lost anyway */
	addi	sp, t2, -TRAP_SIZE
	j	save
on_stack:
	li	t1, TRAP_MODE_KERNEL
	addi	sp, t0, -TRAP_SIZE
save:
	sd	t0, TRAP_X(2)(sp)
	sd	t1, TRAP_MODE(sp)
	FOR_OTHERS SAVE
	csrr	s1, sscratch
	ld	t0, SCRATCH(s1)
	ld	t1, SCRATCH + 8(s1)
	ld	t2, SCRATCH + 16(s1)
	sd	t0, TRAP_X(5)(sp)
	sd	t1, TRAP_X(6)(sp)
	sd	t2, TRAP_X(7)(sp)
	csrr	t0, sepc
	csrr	t1, sstatus
	csrr	t2, scause
	csrr	a1, stval
	sd	t0, TRAP_PC(sp)
	sd	t1, TRAP_STATUS(sp)
	sd	t2, TRAP_CAUSE(sp)
	sd	a1, TRAP_VALUE(sp)
	/* A frame record of the interrupted function, right below the frame, for backtraces. */
	sd	t0, -8(sp)
	sd	s0, -16(sp)
	ld	t0, THREAD_CPU(s1)
	mv	s0, sp
	mv	s1, sp
	mv	a0, sp
	addi	sp, sp, -16
	.cfi_def_cfa s1, TRAP_SIZE
	FOR_OTHERS DESCRIBE
	.irp	n, 2, 5, 6, 7
	.cfi_offset \n, TRAP_X(\n) - TRAP_SIZE
	.endr
	.cfi_offset 64, TRAP_PC - TRAP_SIZE
	bltz	t2, 2f
	call	trap_synchronous
	j	3f
2:	ld	sp, CPU_IRQ_STACK_TOP(t0)
	call	trap_interrupt
	addi	sp, s1, -16
	mv	a0, s1
	lw	a1, TRAP_MODE(s1)
	call	trap_exit
3:	mv	sp, s1
	.global	trap_return
trap_return:
	ld	t0, TRAP_PC(sp)
	ld	t1, TRAP_STATUS(sp)
	/*
	 * Gives up a reservation: the interrupted code's SC must not succeed on ours
	 * [unprivileged 8.2].
	 */
	addi	t2, sp, TRAP_PC
	sc.d	zero, t0, (t2)
	csrw	sepc, t0
	csrw	sstatus, t1
	FOR_OTHERS RESTORE
	ld	x5, TRAP_X(5)(sp)
	ld	x6, TRAP_X(6)(sp)
	ld	x7, TRAP_X(7)(sp)
	ld	sp, TRAP_X(2)(sp)
	sret
END trap_entry
