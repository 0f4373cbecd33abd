/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry, at any 4 KiB aligned address, translation and caches off: the Linux arm64 image header
 * [Documentation/arch/arm64/booting.rst of Linux], then EL2 or EL1 down to EL1, tables, translation
 * on. x0 is the device tree's address or 0.
 */
#include <arch/layout.h>
#include <kernel/offsets.h>

	.section .text.boot, "ax", %progbits
	.global _start
_start:
	b	primary
	.word	0
	.quad	0x80000			/* text offset */
	.quad	__image_size
	.quad	0xa			/* little endian, 4 KiB pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

	.global __image_entry
__image_entry:
primary:
	mrs	x21, cntvct_el0
	mov	x19, x0
	bl	enter_el1
	adrp	x20, __image_start

	adrp	x0, __bss_start
	add	x0, x0, :lo12:__bss_start
	adrp	x1, __bss_end
	add	x1, x1, :lo12:__bss_end
1:	cmp	x0, x1
	b.hs	2f
	stp	xzr, xzr, [x0], #16
	b	1b

2:	adrp	x0, __boot_stack_top
	sub	sp, x0, #THREAD_SIZE
	mov	x29, xzr
	mov	x0, x19
	mov	x1, x20
	mov	x2, x21
	bl	boot_early		/* tables, cache maintenance; x0 = struct boot_roots */
	ldp	x1, x2, [x0]
	bl	translation_on

	adrp	x0, __boot_stack_top
	sub	x0, x0, #THREAD_SIZE
	mov	sp, x0
	msr	tpidr_el1, x0
	bl	thread_init_boot
	bl	arch_remember_roots
	bl	kmain
	b	.

/* Other CPUs, from PSCI: x0 = the idle thread, as a virtual address. */
	.global secondary_start
secondary_start:
	mov	x19, x0
	bl	enter_el1
	adrp	x20, __image_start
	adrp	x0, secondary_roots
	add	x0, x0, :lo12:secondary_roots
	ldp	x1, x2, [x0]
	bl	translation_on
	mov	sp, x19
	msr	tpidr_el1, x19
	mov	x29, xzr
	bl	cpu_secondary_main
	b	.

/*
 * Go to EL1 with interrupts masked and translation off, from EL2 or EL1. Anything else parks: there
 * is no device known yet to complain on. Clobbers x0 to x2; x30 is kept across the exception
 * return.
 */
enter_el1:
	msr	daifset, #15
	mrs	x0, CurrentEL
	cmp	x0, #(2 << 2)
	b.eq	1f
	cmp	x0, #(1 << 2)
	b.eq	3f
0:	wfi
	b	0b
1:	mov	x0, #(1 << 31)		/* HCR_EL2.RW; no traps, no stage 2 */
	msr	hcr_el2, x0
	isb
	mrs	x0, cnthctl_el2
	orr	x0, x0, #3		/* counter and timer are EL1's */
	msr	cnthctl_el2, x0
	msr	cntvoff_el2, xzr
	mov	x0, #0x33ff		/* CPTR_EL2: floating point not trapped */
	msr	cptr_el2, x0
	msr	hstr_el2, xzr
	mrs	x0, id_aa64dfr0_el1
	ubfx	x0, x0, #8, #4		/* is there a performance monitor: 0 and 15 are none */
	add	x0, x0, #1
	tst	x0, #14
	mov	x0, xzr
	b.eq	4f
	mrs	x0, pmcr_el0
	ubfx	x0, x0, #11, #5		/* all event counters are EL1's */
4:	msr	mdcr_el2, x0
	mrs	x0, midr_el1
	msr	vpidr_el2, x0
	mrs	x0, mpidr_el1
	msr	vmpidr_el2, x0
	mrs	x0, id_aa64pfr0_el1
	ubfx	x0, x0, #24, #4		/* GIC system registers */
	cbz	x0, 2f
	mrs	x0, S3_4_C12_C9_5	/* ICC_SRE_EL2 */
	orr	x0, x0, #1		/* SRE */
	orr	x0, x0, #8		/* Enable for EL1 */
	msr	S3_4_C12_C9_5, x0
	isb
	msr	S3_4_C12_C11_0, xzr	/* ICH_HCR_EL2 */
2:	mov	x0, #0x3c5		/* EL1h, all masked */
	msr	spsr_el2, x0
	adr	x0, 3f
	msr	elr_el2, x0
	mov	x0, #0x0800		/* SCTLR_EL1: the bits that are 1 */
	movk	x0, #0x30d0, lsl #16
	msr	sctlr_el1, x0
	eret
3:	mov	x0, #0x0800
	movk	x0, #0x30d0, lsl #16
	msr	sctlr_el1, x0
	msr	spsel, #1
	mov	x0, #(3 << 20)		/* CPACR_EL1: floating point allowed */
	msr	cpacr_el1, x0
	isb
	ret

/*
 * Translation and caches on with roots x1 (low) and x2 (high); returns to the link address of the
 * caller. x20 is the image's physical address.
 */
translation_on:
	msr	ttbr0_el1, x1
	msr	ttbr1_el1, x2
	mov	x0, #0x04ff		/* MAIR: 0 normal write-back, 1 device nGnRE */
	msr	mair_el1, x0
	mrs	x1, id_aa64mmfr0_el1
	and	x1, x1, #7		/* physical address bits; 52 needs other descriptors */
	cmp	x1, #5
	mov	x2, #5
	csel	x1, x1, x2, lo
	mov	x0, #0x3519		/* T0SZ 25, write-back, inner shareable */
	movk	x0, #0xb519, lsl #16	/* T1SZ 25, the same, 4 KiB */
	orr	x0, x0, x1, lsl #32
	msr	tcr_el1, x0
	adrp	x0, vectors
	add	x0, x0, :lo12:vectors
	mov	x1, #(ARCH_IMAGE_BASE >> 32)
	lsl	x1, x1, #32
	sub	x1, x1, x20		/* what turns load addresses into link addresses */
	add	x0, x0, x1
	msr	vbar_el1, x0
	add	x30, x30, x1
	tlbi	vmalle1
	dsb	nsh
	ic	iallu
	dsb	nsh
	isb
	mrs	x0, sctlr_el1
	mov	x1, #0x100d		/* M, C, SA, I */
	orr	x0, x0, x1
	msr	sctlr_el1, x0
	isb
	ret
