/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: floating-point state, from a stub to a frame, from a frame to the application. */
#include <impl/signal.h>
#include <impl/stub.h>
#include "macros.h"

#define SSTATUS_SPP 0x100

.macro FOR_F do
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, \
		21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\do	\n
	.endr
.endm
.macro SAVE_F n
	fsd	f\n, 8 * \n(a0)
.endm
.macro ZERO_F n
	sd	zero, 8 * \n(a0)
.endm
.macro RESTORE_F n
	fld	f\n, 8 * \n(a0)
.endm

/* What a thread without floating point so far has in the registers is another's. */
FUNCTION arch_fpu_save
	csrr	t0, sstatus
	li	t1, SSTATUS_FS
	and	t0, t0, t1
	bne	t0, t1, 1f
	FOR_F SAVE_F
	frcsr	t0
	sd	t0, FPU_AREA_FCSR(a0)
	ret
1:	FOR_F ZERO_F
	sd	zero, FPU_AREA_FCSR(a0)
	ret
END arch_fpu_save

FUNCTION arch_fpu_restore
	lw	t0, FPU_AREA_FCSR(a0)
	fscsr	t0
	FOR_F RESTORE_F
	ret
END arch_fpu_restore

/* s0 = the thread; on the stack: the call's result, the stub or 0. */
FUNCTION arch_syscall_exit_signal
	.cfi_undefined ra
	addi	sp, sp, -TRAP_SIZE
	mv	t0, sp
	addi	t1, sp, TRAP_SIZE
1:	sd	zero, 0(t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b
	ld	t0, -8(s0)
	ld	t1, -16(s0)
	ld	t2, -24(s0)
	sd	t0, TRAP_PC(sp)
	sd	t0, TRAP_X(1)(sp)
	sd	t2, TRAP_X(2)(sp)
	sd	gp, TRAP_X(3)(sp)
	sd	tp, TRAP_X(4)(sp)
	sd	t1, TRAP_X(8)(sp)
	.irp	n, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
	sd	x\n, TRAP_X(\n)(sp)
	.endr
	ld	t0, TRAP_SIZE(sp)
	ld	a1, TRAP_SIZE + 8(sp)
	sd	t0, TRAP_X(10)(sp)
	csrr	t0, sstatus
	andi	t0, t0, ~SSTATUS_SIE
	ori	t0, t0, SSTATUS_SPIE | SSTATUS_SPP
	sd	t0, TRAP_STATUS(sp)
	li	t0, TRAP_MODE_APP
	sd	t0, TRAP_MODE(sp)
	mv	a0, sp
	addi	a2, s0, -(STUB_SIZE + STUB_ARGS)
	li	s0, 0
	li	ra, 0
	call	signal_syscall_exit
	unimp
END arch_syscall_exit_signal

/* a0 = frame */
FUNCTION arch_frame_resume
	.cfi_undefined ra
	csrci	sstatus, SSTATUS_SIE
	mv	sp, a0
	tail	trap_return
END arch_frame_resume

	.section .note.GNU-stack, "", %progbits
