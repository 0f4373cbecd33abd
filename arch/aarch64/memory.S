/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy, memmove, memset, memcmp in integer registers, and the same for memory that may fault.
 * Nothing here needs translation on but for unaligned addresses, which Device memory refuses.
 */
#define FUNCTION_PLACE .text.early
#define FUNCTION_ALIGN 8
#include "macros.h"

/* Short copies by halving: all loads come before the stores, so overlap does not matter. */
	.macro COPY_SMALL
	cmp	x2, #8
	b.lo	4f
	ldr	x6, [x1]
	ldr	x7, [x4, #-8]
	str	x6, [x0]
	str	x7, [x5, #-8]
	ret
4:	tbz	x2, #2, 5f
	ldr	w6, [x1]
	ldr	w7, [x4, #-4]
	str	w6, [x0]
	str	w7, [x5, #-4]
	ret
5:	cbz	x2, 6f
	lsr	x8, x2, #1
	ldrb	w6, [x1]
	ldrb	w7, [x1, x8]
	ldrb	w9, [x4, #-1]
	strb	w6, [x0]
	strb	w7, [x0, x8]
	strb	w9, [x5, #-1]
6:	ret
	.endm

FUNCTION memmove
	sub	x3, x0, x1
	cmp	x3, x2			/* does the target begin inside the source? */
	b.lo	copy_backward
	.cfi_endproc
	.size memmove, . - memmove

/* memmove goes on here: the two share a section. */
	.global memcpy
	.type memcpy, %function
memcpy:
	.cfi_startproc
	add	x4, x1, x2
	add	x5, x0, x2
	cmp	x2, #16
	b.lo	3f
	ldp	x10, x11, [x4, #-16]	/* the tail, before anything is overwritten */
	mov	x3, x0
	subs	x2, x2, #64
	b.lo	2f
1:	ldp	x6, x7, [x1]
	ldp	x8, x9, [x1, #16]
	ldp	x12, x13, [x1, #32]
	ldp	x14, x15, [x1, #48]
	add	x1, x1, #64
	stp	x6, x7, [x3]
	stp	x8, x9, [x3, #16]
	stp	x12, x13, [x3, #32]
	stp	x14, x15, [x3, #48]
	add	x3, x3, #64
	subs	x2, x2, #64
	b.hs	1b
2:	adds	x2, x2, #64 - 16
	b.lt	8f
7:	ldp	x6, x7, [x1], #16
	stp	x6, x7, [x3], #16
	subs	x2, x2, #16
	b.ge	7b
8:	stp	x10, x11, [x5, #-16]
	ret
3:	COPY_SMALL
copy_backward:
	add	x4, x1, x2
	add	x5, x0, x2
	cmp	x2, #16
	b.lo	3b
	ldp	x10, x11, [x1]		/* the head */
	sub	x2, x2, #16
1:	ldp	x6, x7, [x4, #-16]!
	stp	x6, x7, [x5, #-16]!
	subs	x2, x2, #16
	b.hi	1b
	stp	x10, x11, [x0]
	ret
	.cfi_endproc
	.size memcpy, . - memcpy

FUNCTION memset
	and	w1, w1, #255
	mov	x3, #0x0101010101010101
	mul	x1, x1, x3
	add	x5, x0, x2
	cmp	x2, #16
	b.lo	3f
	mov	x3, x0
	subs	x2, x2, #64
	b.lo	2f
1:	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	stp	x1, x1, [x3, #32]
	stp	x1, x1, [x3, #48]
	add	x3, x3, #64
	subs	x2, x2, #64
	b.hs	1b
2:	adds	x2, x2, #64 - 16
	b.lt	8f
7:	stp	x1, x1, [x3], #16
	subs	x2, x2, #16
	b.ge	7b
8:	stp	x1, x1, [x5, #-16]
	ret
3:	tbz	x2, #3, 4f
	str	x1, [x0]
	str	x1, [x5, #-8]
	ret
4:	tbz	x2, #2, 5f
	str	w1, [x0]
	str	w1, [x5, #-4]
	ret
5:	cbz	x2, 6f
	lsr	x8, x2, #1
	strb	w1, [x0]
	strb	w1, [x0, x8]
	strb	w1, [x5, #-1]
6:	ret
END memset

FUNCTION memcmp
1:	subs	x2, x2, #8
	b.lo	2f
	ldr	x3, [x0], #8
	ldr	x4, [x1], #8
	cmp	x3, x4
	b.eq	1b
	rev	x3, x3
	rev	x4, x4
	cmp	x3, x4
	mov	w0, #1
	cneg	w0, w0, lo
	ret
2:	adds	x2, x2, #8
	b.eq	4f
3:	ldrb	w3, [x0], #1
	ldrb	w4, [x1], #1
	subs	w3, w3, w4
	b.ne	5f
	subs	x2, x2, #1
	b.ne	3b
4:	mov	w3, #0
5:	mov	w0, w3
	ret
END memcmp

/* An instruction that may fault, and where to go on if its fault cannot be served. */
	.macro MAY_FAULT resume, insn:vararg
99:	\insn
	.pushsection .set.fixup, "a", %progbits
	.word	99b - .
	.word	\resume - .
	.popsection
	.endm

FUNCTION arch_user_copy
	cmp	x2, #256
	b.hs	user_copy_large
user_copy_rest:
1:	subs	x2, x2, #16
	b.lo	2f
	MAY_FAULT 7f, ldp x3, x4, [x1]
	MAY_FAULT 7f, stp x3, x4, [x0]
	add	x1, x1, #16
	add	x0, x0, #16
	b	1b
2:	add	x2, x2, #16
	cbz	x2, 4f
3:	MAY_FAULT 4f, ldrb w3, [x1]
	MAY_FAULT 4f, strb w3, [x0]
	add	x1, x1, #1
	add	x0, x0, #1
	subs	x2, x2, #1
	b.ne	3b
4:	mov	x0, x2
	ret
7:	add	x2, x2, #16		/* sixteen that fault are done again in bytes */
	b	3b
END arch_user_copy

/* Large steps; one that faults is done again in small ones, so that the count is exact. */
	.section .text.user_copy_large, "ax", %progbits
user_copy_large:
	.cfi_startproc
	sub	x2, x2, #128
6:
	.irp	at, 0, 64
	MAY_FAULT 8f, ldp x3, x4, [x1, #\at]
	MAY_FAULT 8f, ldp x5, x6, [x1, #\at+16]
	MAY_FAULT 8f, ldp x7, x8, [x1, #\at+32]
	MAY_FAULT 8f, ldp x9, x10, [x1, #\at+48]
	MAY_FAULT 8f, stp x3, x4, [x0, #\at]
	MAY_FAULT 8f, stp x5, x6, [x0, #\at+16]
	MAY_FAULT 8f, stp x7, x8, [x0, #\at+32]
	MAY_FAULT 8f, stp x9, x10, [x0, #\at+48]
	.endr
	add	x1, x1, #128
	add	x0, x0, #128
	subs	x2, x2, #128
	b.hs	6b
8:	add	x2, x2, #128
	b	user_copy_rest
	.cfi_endproc

FUNCTION arch_user_zero
1:	subs	x1, x1, #16
	b.lo	2f
	MAY_FAULT 7f, stp xzr, xzr, [x0]
	add	x0, x0, #16
	b	1b
2:	add	x1, x1, #16
	cbz	x1, 4f
3:	MAY_FAULT 4f, strb wzr, [x0]
	add	x0, x0, #1
	subs	x1, x1, #1
	b.ne	3b
4:	mov	x0, x1
	ret
7:	add	x1, x1, #16
	b	3b
END arch_user_zero

FUNCTION arch_user_load32
	MAY_FAULT 9f, ldr w2, [x0]
	str	w2, [x1]
	mov	w0, #0
	ret
9:	mov	w0, #-14		/* -EFAULT */
	ret
END arch_user_load32

FUNCTION arch_user_load64
	MAY_FAULT 9f, ldr x2, [x0]
	str	x2, [x1]
	mov	w0, #0
	ret
9:	mov	w0, #-14
	ret
END arch_user_load64

FUNCTION arch_user_store32
	MAY_FAULT 9f, str w1, [x0]
	mov	w0, #0
	ret
9:	mov	w0, #-14
	ret
END arch_user_store32

FUNCTION arch_user_cmpxchg32
	ldr	w4, [x1]
1:	MAY_FAULT 9f, ldaxr w3, [x0]
	cmp	w3, w4
	b.ne	2f
	MAY_FAULT 9f, stlxr w5, w2, [x0]
	cbnz	w5, 1b
2:	str	w3, [x1]
	mov	w0, #0
	ret
9:	mov	w0, #-14
	ret
END arch_user_cmpxchg32

FUNCTION arch_user_cmpxchg64, .text /* there is no room in the hole */
	ldr	x4, [x1]
1:	MAY_FAULT 9f, ldaxr x3, [x0]
	cmp	x3, x4
	b.ne	2f
	MAY_FAULT 9f, stlxr w5, x2, [x0]
	cbnz	w5, 1b
2:	str	x3, [x1]
	mov	w0, #0
	ret
9:	mov	w0, #-14
	ret
END arch_user_cmpxchg64

/*
 * Semihosting [Arm semihosting 3.2]: w0 = operation, x1 = parameter. Without a host the instruction
 * is undefined: returns 0x0bad.
 */
FUNCTION semihosting_call
	MAY_FAULT 9f, hlt #0xf000
	ret
9:	mov	x0, #0x0bad
	ret
END semihosting_call
