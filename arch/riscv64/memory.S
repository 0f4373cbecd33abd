/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy, memmove, memset, memcmp in integer registers, and the same for memory that may fault.
 * No access is misaligned: many CPUs leave those to firmware, at a hundred times the cost.
 */
#include "macros.h"

#define EFAULT 14

.macro ACCESS fault, insn:vararg
	.ifb \fault
	\insn
	.else
	MAY_FAULT \fault, \insn
	.endif
.endm

/*
 * a3 = target, a1 = source, a2 = size; t6 becomes the end of the target, a3 moves on behind each
 * store. Right for overlap with the target below the source. Changes t0 to t5, a1, a2, a4.
 */
.macro COPY_FORWARD fault
	li	t0, 16
	add	t6, a3, a2
	bltu	a2, t0, 6f
	addi	t0, a3, 7		/* up to a boundary of the target */
	andi	t0, t0, -8
	beq	a3, t0, 2f
1:	ACCESS	\fault, lbu t1, 0(a1)
	addi	a1, a1, 1
	ACCESS	\fault, sb t1, 0(a3)
	addi	a3, a3, 1
	bltu	a3, t0, 1b
2:	andi	t0, a1, 7
	addi	t5, t6, -8		/* the last place for eight bytes */
	bnez	t0, 8f
	addi	t0, t6, -64
	bgtu	a3, t0, 4f
3:
	.irp	at, 0, 32
	ACCESS	\fault, ld t1, \at(a1)
	ACCESS	\fault, ld t2, \at+8(a1)
	ACCESS	\fault, ld t3, \at+16(a1)
	ACCESS	\fault, ld t4, \at+24(a1)
	ACCESS	\fault, sd t1, \at(a3)
	ACCESS	\fault, sd t2, \at+8(a3)
	ACCESS	\fault, sd t3, \at+16(a3)
	ACCESS	\fault, sd t4, \at+24(a3)
	.endr
	addi	a1, a1, 64
	addi	a3, a3, 64
	bleu	a3, t0, 3b
4:	bgtu	a3, t5, 6f
5:	ACCESS	\fault, ld t1, 0(a1)
	addi	a1, a1, 8
	ACCESS	\fault, sd t1, 0(a3)
	addi	a3, a3, 8
	bleu	a3, t5, 5b
6:	bgeu	a3, t6, 10f
7:	ACCESS	\fault, lbu t1, 0(a1)
	addi	a1, a1, 1
	ACCESS	\fault, sb t1, 0(a3)
	addi	a3, a3, 1
	bltu	a3, t6, 7b
	j	10f
8:	sub	a1, a1, t0		/* off by t0 bytes: put together from whole words */
	slli	t2, t0, 3
	neg	t3, t2
	ACCESS	\fault, ld t1, 0(a1)
9:	ACCESS	\fault, ld a4, 8(a1)
	srl	t1, t1, t2
	sll	t4, a4, t3
	or	t1, t1, t4
	addi	a1, a1, 8
	ACCESS	\fault, sd t1, 0(a3)
	addi	a3, a3, 8
	mv	t1, a4
	bleu	a3, t5, 9b
	add	a1, a1, t0
	j	6b
10:
.endm

/* a3 = target, a1 = the byte in all eight places, a2 = size; as above. */
.macro FILL fault
	li	t0, 16
	add	t6, a3, a2
	bltu	a2, t0, 6f
	addi	t0, a3, 7
	andi	t0, t0, -8
	beq	a3, t0, 2f
1:	ACCESS	\fault, sb a1, 0(a3)
	addi	a3, a3, 1
	bltu	a3, t0, 1b
2:	addi	t5, t6, -8
	addi	t0, t6, -64
	bgtu	a3, t0, 4f
3:	ACCESS	\fault, sd a1, 0(a3)
	.irp	at, 8, 16, 24, 32, 40, 48, 56
	ACCESS	\fault, sd a1, \at(a3)
	.endr
	addi	a3, a3, 64
	bleu	a3, t0, 3b
4:	bgtu	a3, t5, 6f
5:	ACCESS	\fault, sd a1, 0(a3)
	addi	a3, a3, 8
	bleu	a3, t5, 5b
6:	bgeu	a3, t6, 10f
7:	ACCESS	\fault, sb a1, 0(a3)
	addi	a3, a3, 1
	bltu	a3, t6, 7b
10:
.endm

FUNCTION memmove
	sub	t0, a0, a1
	bltu	t0, a2, copy_backward	/* the target begins inside the source */
	.cfi_endproc
	.size memmove, . - memmove

/* memmove goes on here: the two share a section. */
	.global memcpy
	.type memcpy, @function
memcpy:
	.cfi_startproc
	mv	a3, a0
	COPY_FORWARD
	ret
copy_backward:
	add	a3, a0, a2
	add	a1, a1, a2
	addi	t5, a0, 8		/* the last place for the end of eight bytes */
	sltiu	t0, a2, 16
	bnez	t0, 4f
1:	andi	t0, a3, 7
	beqz	t0, 2f
	lbu	t1, -1(a1)
	addi	a1, a1, -1
	sb	t1, -1(a3)
	addi	a3, a3, -1
	j	1b
2:	andi	t0, a1, 7
	bnez	t0, 6f
3:	ld	t1, -8(a1)
	addi	a1, a1, -8
	sd	t1, -8(a3)
	addi	a3, a3, -8
	bgeu	a3, t5, 3b
4:	beq	a3, a0, 5f
	lbu	t1, -1(a1)
	addi	a1, a1, -1
	sb	t1, -1(a3)
	addi	a3, a3, -1
	j	4b
6:	sub	a1, a1, t0		/* off by t0 bytes: put together from whole words */
	slli	t2, t0, 3
	neg	t3, t2
	ld	t1, 0(a1)
7:	ld	a4, -8(a1)
	sll	t1, t1, t3
	srl	t4, a4, t2
	or	t1, t1, t4
	addi	a1, a1, -8
	sd	t1, -8(a3)
	addi	a3, a3, -8
	mv	t1, a4
	bgeu	a3, t5, 7b
	add	a1, a1, t0
	j	4b
5:	ret
	.cfi_endproc
	.size memcpy, . - memcpy

FUNCTION memset
	mv	a3, a0
	andi	a1, a1, 255
	slli	t0, a1, 8
	or	a1, a1, t0
	slli	t0, a1, 16
	or	a1, a1, t0
	slli	t0, a1, 32
	or	a1, a1, t0
	FILL
	ret
END memset

FUNCTION memcmp
	sltiu	t0, a2, 16
	add	a2, a2, a0		/* end */
	addi	t6, a2, -8		/* the last place for eight bytes */
	bnez	t0, 3f
1:	andi	t0, a0, 7
	beqz	t0, 5f
	lbu	t1, 0(a0)
	lbu	t2, 0(a1)
	addi	a0, a0, 1
	addi	a1, a1, 1
	beq	t1, t2, 1b
2:	sub	a0, t1, t2
	ret
3:	bgeu	a0, a2, 4f
	lbu	t1, 0(a0)
	lbu	t2, 0(a1)
	addi	a0, a0, 1
	addi	a1, a1, 1
	beq	t1, t2, 3b
	j	2b
4:	li	a0, 0
	ret
5:	andi	t0, a1, 7
	bnez	t0, 7f
6:	ld	t1, 0(a0)
	ld	t2, 0(a1)
	bne	t1, t2, 3b		/* the bytes tell which is less */
	addi	a0, a0, 8
	addi	a1, a1, 8
	bleu	a0, t6, 6b
	j	3b
7:	sub	a1, a1, t0		/* off by t0 bytes: put together from whole words */
	slli	t2, t0, 3
	neg	t3, t2
	ld	t1, 0(a1)
8:	ld	a4, 8(a1)
	srl	t1, t1, t2
	sll	t4, a4, t3
	or	t1, t1, t4
	ld	t5, 0(a0)
	bne	t1, t5, 9f
	addi	a0, a0, 8
	addi	a1, a1, 8
	mv	t1, a4
	bleu	a0, t6, 8b
9:	add	a1, a1, t0
	j	3b
END memcmp

FUNCTION arch_user_copy
	mv	a3, a0
	COPY_FORWARD 11f
11:	sub	a0, t6, a3
	ret
END arch_user_copy

FUNCTION arch_user_zero
	mv	a3, a0
	mv	a2, a1
	li	a1, 0
	FILL	11f
11:	sub	a0, t6, a3
	ret
END arch_user_zero

FUNCTION arch_user_load32
	MAY_FAULT 9f, lw a2, 0(a0)
	li	a0, 0
	sw	a2, 0(a1)
	ret
9:	li	a0, -EFAULT
	ret
END arch_user_load32

FUNCTION arch_user_load64
	MAY_FAULT 9f, ld a2, 0(a0)
	li	a0, 0
	sd	a2, 0(a1)
	ret
9:	li	a0, -EFAULT
	ret
END arch_user_load64

FUNCTION arch_user_store32
	MAY_FAULT 9f, sw a1, 0(a0)
	li	a0, 0
	ret
9:	li	a0, -EFAULT
	ret
END arch_user_store32

/* An atomic operation orders as a lock does: acquire and release. */
FUNCTION arch_user_cmpxchg32
	lw	a3, 0(a1)
1:	MAY_FAULT 9f, lr.w.aqrl a4, (a0)
	bne	a4, a3, 2f
	MAY_FAULT 9f, sc.w.rl a5, a2, (a0)
	bnez	a5, 1b
2:	sw	a4, 0(a1)
	li	a0, 0
	ret
9:	li	a0, -EFAULT
	ret
END arch_user_cmpxchg32

FUNCTION arch_user_cmpxchg64
	ld	a3, 0(a1)
1:	MAY_FAULT 9f, lr.d.aqrl a4, (a0)
	bne	a4, a3, 2f
	MAY_FAULT 9f, sc.d.rl a5, a2, (a0)
	bnez	a5, 1b
2:	sd	a4, 0(a1)
	li	a0, 0
	ret
9:	li	a0, -EFAULT
	ret
END arch_user_cmpxchg64
