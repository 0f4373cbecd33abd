/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy, memmove, memset, memcmp in integer registers, and the same for memory that may fault.
 * No access is misaligned: many CPUs leave those to firmware, at a hundred times the cost.
 */
#include "macros.h"

#define EFAULT 14

/* One that may fault only in the functions that name a place for it to resume. */
.macro ACCESS resume, insn:vararg
	.ifb \resume
	\insn
	.else
	MAY_FAULT \resume, \insn
	.endif
.endm

/* Four words with offsets that both forms of the short instructions have. */
.macro COPY_FOUR resume, at
	ACCESS	\resume, ld a2, \at(a1)
	ACCESS	\resume, ld a3, \at+8(a1)
	ACCESS	\resume, ld a4, \at+16(a1)
	ACCESS	\resume, ld a5, \at+24(a1)
	ACCESS	\resume, sd a2, \at(a0)
	ACCESS	\resume, sd a3, \at+8(a0)
	ACCESS	\resume, sd a4, \at+16(a0)
	ACCESS	\resume, sd a5, \at+24(a0)
.endm

/* The word at a0 from \low, the word there, and \high, which is loaded: see `shifted`. */
.macro COPY_SHIFTED resume, low, high, at
	ACCESS	\resume, ld \high, \at+8(a1)
	srl	a5, \low, t2
	sll	a4, \high, t3
	or	a5, a5, a4
	ACCESS	\resume, sd a5, \at(a0)
.endm

/*
 * a0 = target, a1 = source, a2 = size; t6 becomes the end of the target, a0 moves on behind each
 * step. Right for overlap with the target below the source. Changes t0 to t5, a1 to a5.
 * With names: a word that faults is done again in bytes, and a byte that faults goes to \end, so
 * that a0 is exact there. \words is where words go on as bytes, \shifted where those do that are
 * put together from two.
 */
.macro COPY_FORWARD end, words, shifted
	add	t6, a0, a2
	sltiu	t0, a2, 8		/* so that a null pointer to nothing is not looked behind */
	bnez	t0, 7f
	addi	t5, t6, -8		/* the last place for eight bytes */
	or	t0, a0, a1
	andi	t0, t0, 7
	beqz	t0, 3f
	sltiu	t0, a2, 16
	bnez	t0, 7f
	addi	t0, a0, 7		/* up to a boundary of the target */
	andi	t0, t0, -8
	beq	a0, t0, 2f
1:	ACCESS	\end, lbu a5, 0(a1)
	addi	a1, a1, 1
	ACCESS	\end, sb a5, 0(a0)
	addi	a0, a0, 1
	bltu	a0, t0, 1b
2:	andi	t0, a1, 7
	bnez	t0, 9f
3:	addi	t0, t6, -256
	bgtu	a0, t0, 5f
4:
	.irp	at, 0, 32, 64, 96, 128, 160, 192, 224
	COPY_FOUR \words, \at
	.endr
	addi	a1, a1, 256
	addi	a0, a0, 256
	bleu	a0, t0, 4b
5:	addi	t0, t6, -32
	bgtu	a0, t0, 6f
51:	COPY_FOUR \words, 0
	addi	a1, a1, 32
	addi	a0, a0, 32
	bleu	a0, t0, 51b
6:	bgtu	a0, t5, 7f
61:	ACCESS	\words, ld a5, 0(a1)
	ACCESS	\words, sd a5, 0(a0)
	addi	a1, a1, 8
	addi	a0, a0, 8
	bleu	a0, t5, 61b
7:	bgeu	a0, t6, 12f
	.ifnb	\words
\words:
	.endif
8:	ACCESS	\end, lbu a5, 0(a1)
	addi	a1, a1, 1
	ACCESS	\end, sb a5, 0(a0)
	addi	a0, a0, 1
	bltu	a0, t6, 8b
	j	12f
9:	sub	a1, a1, t0		/* off by t0 bytes: put together from whole words */
	slli	t2, t0, 3
	neg	t3, t2
	addi	t1, t6, -64
	ACCESS	\shifted, ld a2, 0(a1)
	bgtu	a0, t1, 11f
10:
	.irp	at, 0, 16, 32, 48
	COPY_SHIFTED \shifted, a2, a3, \at
	COPY_SHIFTED \shifted, a3, a2, \at+8
	.endr
	addi	a1, a1, 64
	addi	a0, a0, 64
	bleu	a0, t1, 10b
	bgtu	a0, t5, 111f
11:	COPY_SHIFTED \shifted, a2, a3, 0
	addi	a1, a1, 8
	addi	a0, a0, 8
	mv	a2, a3
	bleu	a0, t5, 11b
111:	add	a1, a1, t0
	j	7b
	.ifnb	\shifted
\shifted:
	add	a1, a1, t0
	j	\words
	.endif
12:
.endm

/* a3 = target, a1 = the byte in all eight places, a2 = size; as above. Changes t0, t5, t6. */
.macro FILL end, words
	li	t0, 16
	add	t6, a3, a2
	bltu	a2, t0, 6f
	addi	t0, a3, 7
	andi	t0, t0, -8
	beq	a3, t0, 2f
1:	ACCESS	\end, sb a1, 0(a3)
	addi	a3, a3, 1
	bltu	a3, t0, 1b
2:	addi	t5, t6, -8
	addi	t0, t6, -64
	bgtu	a3, t0, 4f
3:
	.irp	at, 0, 8, 16, 24, 32, 40, 48, 56
	ACCESS	\words, sd a1, \at(a3)
	.endr
	addi	a3, a3, 64
	bleu	a3, t0, 3b
4:	bgtu	a3, t5, 6f
5:	ACCESS	\words, sd a1, 0(a3)
	addi	a3, a3, 8
	bleu	a3, t5, 5b
6:	bgeu	a3, t6, 10f
	.ifnb	\words
\words:
	.endif
7:	ACCESS	\end, sb a1, 0(a3)
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
	mv	a7, a0
	COPY_FORWARD
	mv	a0, a7
	ret
copy_backward:
	mv	a7, a0
	add	a0, a0, a2
	add	a1, a1, a2
	addi	t5, a7, 8		/* the last place for the end of eight bytes */
	addi	t6, a7, 32		/* and of 32 */
	sltiu	t0, a2, 16
	bnez	t0, 5f
1:	andi	t0, a0, 7
	beqz	t0, 2f
	lbu	a5, -1(a1)
	addi	a1, a1, -1
	sb	a5, -1(a0)
	addi	a0, a0, -1
	j	1b
2:	andi	t0, a1, 7
	bnez	t0, 7f
	bltu	a0, t6, 4f
3:	addi	a1, a1, -32
	addi	a0, a0, -32
	ld	a5, 24(a1)
	ld	a4, 16(a1)
	ld	a3, 8(a1)
	ld	a2, 0(a1)
	sd	a5, 24(a0)
	sd	a4, 16(a0)
	sd	a3, 8(a0)
	sd	a2, 0(a0)
	bgeu	a0, t6, 3b
	bltu	a0, t5, 5f
4:	ld	a5, -8(a1)
	addi	a1, a1, -8
	sd	a5, -8(a0)
	addi	a0, a0, -8
	bgeu	a0, t5, 4b
5:	beq	a0, a7, 6f
	lbu	a5, -1(a1)
	addi	a1, a1, -1
	sb	a5, -1(a0)
	addi	a0, a0, -1
	j	5b
6:	ret				/* a0 is the target again */
7:	sub	a1, a1, t0		/* off by t0 bytes: put together from whole words */
	slli	t2, t0, 3
	neg	t3, t2
	ld	a3, 0(a1)
	bltu	a0, t6, 9f
8:	addi	a1, a1, -32
	addi	a0, a0, -32
	.irp	at, 24, 8
	ld	a2, \at(a1)
	sll	a4, a3, t3
	srl	a5, a2, t2
	or	a5, a5, a4
	sd	a5, \at(a0)
	ld	a3, \at-8(a1)
	sll	a4, a2, t3
	srl	a5, a3, t2
	or	a5, a5, a4
	sd	a5, \at-8(a0)
	.endr
	bgeu	a0, t6, 8b
	bltu	a0, t5, 10f
9:	ld	a2, -8(a1)
	sll	a4, a3, t3
	srl	a5, a2, t2
	or	a5, a5, a4
	sd	a5, -8(a0)
	addi	a1, a1, -8
	addi	a0, a0, -8
	mv	a3, a2
	bgeu	a0, t5, 9b
10:	add	a1, a1, t0
	j	5b
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
	COPY_FORWARD .Lcopy_end, .Lcopy_words, .Lcopy_shifted
.Lcopy_end:
	sub	a0, t6, a0
	ret
END arch_user_copy

FUNCTION arch_user_zero
	mv	a3, a0
	mv	a2, a1
	li	a1, 0
	FILL	.Lzero_end, .Lzero_words
.Lzero_end:
	sub	a0, t6, a3
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
