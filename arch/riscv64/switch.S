/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread switch, first entry, application entry, the way out of a stub.
 *
 * sstatus.FS belongs to the thread: Initial until its first floating-point instruction, Dirty
 * afterwards. The state of a thread that is not Dirty is neither saved nor restored.
 */
#include <impl/stub.h>
#include "macros.h"

#define SWITCH_RA   0
#define SWITCH_S(n) (8 + 8 * (n))
#define SWITCH_FS   104 /* sstatus.FS */
#define SWITCH_FCSR 112
#define SWITCH_F(n) (120 + 8 * (n)) /* fs0 to fs11 */
#define SWITCH_SIZE 224

.macro FOR_S do
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	\do	\n
	.endr
.endm
.macro SAVE_S n
	sd	s\n, SWITCH_S(\n)(sp)
	.cfi_rel_offset s\n, SWITCH_S(\n)
.endm
.macro RESTORE_S n
	ld	s\n, SWITCH_S(\n)(sp)
	.cfi_restore s\n
.endm
.macro SAVE_FS n
	fsd	fs\n, SWITCH_F(\n)(sp)
.endm
.macro RESTORE_FS n
	fld	fs\n, SWITCH_F(\n)(sp)
.endm

/* All but the registers that are saved; t2 = the next one's sstatus.FS. */
.macro BECOME_NEXT
	sd	sp, THREAD_KSP(a0)
	sd	tp, THREAD_TP(a0)
	ld	sp, THREAD_KSP(a1)
	ld	tp, THREAD_TP(a1)
	csrw	sscratch, a1
	ld	t2, SWITCH_FS(sp)
.endm

/* a0 = prev, which is also the result; a1 = next */
FUNCTION arch_switch
	addi	sp, sp, -SWITCH_SIZE
	.cfi_def_cfa_offset SWITCH_SIZE
	sd	ra, SWITCH_RA(sp)
	.cfi_rel_offset ra, SWITCH_RA
	FOR_S SAVE_S
	csrr	t0, sstatus
	li	t1, SSTATUS_FS
	and	t0, t0, t1
	sd	t0, SWITCH_FS(sp)
	beq	t0, t1, 1f
	BECOME_NEXT
	bne	t2, t1, 3f		/* neither has been Dirty: as a rule */
	j	2f
1:	FOR_S SAVE_FS
	frcsr	t2
	sd	t2, SWITCH_FCSR(sp)
	BECOME_NEXT
	beq	t2, t1, 2f
	fscsr	zero			/* from a Dirty thread to one that is not */
	csrc	sstatus, t1
	csrs	sstatus, t2
	j	3f
2:	csrs	sstatus, t1
	FOR_S RESTORE_FS
	ld	t2, SWITCH_FCSR(sp)
	fscsr	t2
3:	ld	ra, SWITCH_RA(sp)
	.cfi_restore ra
	FOR_S RESTORE_S
	addi	sp, sp, SWITCH_SIZE
	.cfi_def_cfa_offset 0
	ret
END arch_switch

/* a0 = thread */
FUNCTION arch_thread_prepare
	addi	t0, a0, -SWITCH_SIZE
	lla	t1, thread_begin
	sd	t1, SWITCH_RA(t0)
	sd	zero, SWITCH_S(0)(t0)	/* ends backtraces */
	li	t1, SSTATUS_FS_INITIAL
	sd	t1, SWITCH_FS(t0)
	sd	t0, THREAD_KSP(a0)
	ret
END arch_thread_prepare

FUNCTION thread_begin
	.cfi_undefined ra
	call	thread_entry
	unimp
END thread_begin

/* a0 = pc, a1 = sp, a2 = arg, a3 = thread pointer */
FUNCTION arch_app_enter
	.cfi_undefined ra
	mv	t0, a0
	mv	a0, a2
	mv	tp, a3
	li	s0, 0
	li	ra, 0
	mv	sp, a1			/* application mode from here on */
	csrsi	sstatus, SSTATUS_SIE
	jr	t0
END arch_app_enter

/* a0 = fn, a1 = arg, a2 = stack top */
FUNCTION arch_call_on_stack
	addi	sp, sp, -16
	.cfi_def_cfa_offset 16
	sd	ra, 8(sp)
	sd	s0, 0(sp)
	.cfi_offset ra, -8
	.cfi_offset s0, -16
	addi	s0, sp, 16
	.cfi_def_cfa s0, 0
	mv	t0, a0
	mv	a0, a1
	mv	sp, a2
	jalr	t0
	addi	sp, s0, -16
	.cfi_def_cfa sp, 16
	ld	ra, 8(sp)
	ld	s0, 0(sp)
	addi	sp, sp, 16
	.cfi_restore ra
	.cfi_restore s0
	.cfi_def_cfa_offset 0
	ret
END arch_call_on_stack

/*
 * A stub found thread->pending: serve it, then finish the stub. a0 = result, s0 = the thread, below
 * which the stub has stored; t1 = the stub, if its arguments are there, too. What takes over finds
 * on the stack: the result, the stub or 0.
 */
FUNCTION syscall_exit_slow
	li	t1, 0
	tail	syscall_exit_restart
END syscall_exit_slow

FUNCTION syscall_exit_restart
	.cfi_escape 0x0f, 3, 0x78, 0x68, 0x06	/* CFA: the word at s0 - 24 */
	.cfi_escape 0x10, 1, 2, 0x78, 0x78	/* ra: at s0 - 8 */
	.cfi_escape 0x10, 8, 2, 0x78, 0x70	/* s0: at s0 - 16 */
	addi	sp, sp, -16
	sd	a0, 0(sp)
	sd	t1, 8(sp)
	call	syscall_exit_work
	bnez	a0, 1f
	ld	a0, 0(sp)
	addi	sp, s0, -STUB_SIZE
	.cfi_escape 0x0f, 3, 0x72, 8, 0x06
	.cfi_escape 0x10, 1, 2, 0x72, 24
	.cfi_escape 0x10, 8, 2, 0x72, 16
	ld	ra, 24(sp)
	ld	s0, 16(sp)
	ld	sp, 8(sp)
	.cfi_same_value ra
	.cfi_same_value s0
	.cfi_def_cfa sp, 0
	csrsi	sstatus, SSTATUS_SIE
	ret
1:	jr	a0
END syscall_exit_restart

/* void arch_backtrace_here(pc, fp): the caller's registers as they are */
FUNCTION arch_backtrace_here
	sd	ra, 0(a0)
	sd	s0, 0(a1)
	ret
END arch_backtrace_here

#define FPU_FCSR 256
#define FPU_S1	 264
#define FPU_SIZE 288 /* f0 to f31, fcsr, s1, s0, ra */

.macro FOR_F do
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, \
		21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\do	\n
	.endr
.endm
.macro SAVE_F n
	fsd	f\n, 8 * \n(sp)
.endm
.macro RESTORE_F n
	fld	f\n, 8 * \n(sp)
.endm

/* a0 = fn */
FUNCTION arch_fpu_preserved_call
	addi	sp, sp, -FPU_SIZE
	.cfi_def_cfa_offset FPU_SIZE
	sd	ra, FPU_SIZE - 8(sp)
	sd	s0, FPU_SIZE - 16(sp)
	sd	s1, FPU_S1(sp)
	.cfi_offset ra, -8
	.cfi_offset s0, -16
	.cfi_rel_offset s1, FPU_S1
	addi	s0, sp, FPU_SIZE
	csrr	t0, sstatus
	li	s1, SSTATUS_FS
	and	t0, t0, s1
	sub	s1, s1, t0		/* 0: Dirty */
	bnez	s1, 1f
	FOR_F SAVE_F
	frcsr	t0
	sd	t0, FPU_FCSR(sp)
1:	jalr	a0
	bnez	s1, 2f
	ld	t0, FPU_FCSR(sp)
	fscsr	t0
	FOR_F RESTORE_F
2:	ld	ra, FPU_SIZE - 8(sp)
	ld	s0, FPU_SIZE - 16(sp)
	ld	s1, FPU_S1(sp)
	addi	sp, sp, FPU_SIZE
	.cfi_restore ra
	.cfi_restore s0
	.cfi_restore s1
	.cfi_def_cfa_offset 0
	ret
END arch_fpu_preserved_call
