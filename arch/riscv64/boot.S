/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entry, at any 4 KiB aligned address, from firmware in S-mode: a0 is the hart, a1 the device
 * tree, translation is off [RISC-V SBI 1.0; Documentation/riscv/boot.rst and boot-image-
 * header.rst of Linux].
 */
#include <arch/layout.h>
#include <impl/sbi_numbers.h>
#include "macros.h"

	.section .text.boot, "ax", @progbits
	.global _start
_start:
	.option push
	.option norvc
	j	primary
	nop
	.option pop
	.8byte	0x200000		/* where in RAM booti puts it */
	.8byte	0			/* size in memory: the image tool fills it in */
	.8byte	0			/* little endian */
	.4byte	2			/* header version 0.2 */
	.4byte	0
	.8byte	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.4byte	0

	.global __image_entry
__image_entry:
primary:
	.cfi_startproc
	.cfi_undefined ra
	csrw	sie, zero
	csrci	sstatus, SSTATUS_SIE
	rdtime	s4
	/* Firmware without HSM starts all harts at once: the first goes on. */
	lla	t0, boot_lottery
	li	t1, 1
	amoadd.w t0, t1, (t0)
	bnez	t0, park
	mv	s1, a0
	mv	s2, a1
	li	s0, 0			/* no caller: ends every backtrace */
	lla	s3, __image_start
	lla	sp, __boot_stack_top - THREAD_SIZE

	lla	a0, __bss_start
	lla	a2, __bss_end
	li	a1, 0
	sub	a2, a2, a0
	call	memset
	mv	a0, s1
	mv	a1, s2
	mv	a2, s3
	mv	a3, s4
	call	boot_early		/* a0 = satp */
	call	translation_on

	lla	sp, __boot_stack_top - THREAD_SIZE
	csrw	sscratch, sp
	call	thread_init_boot
	call	kmain

/*
 * A hart that comes second stops. OpenSBI before 1.3 may send one here that was to begin at
 * secondary_start: if it sees that it is wanted before it sees where. arch_cpu_start() then starts
 * it again.
 */
park:
	li	a6, SBI_HSM_STOP
	li	a7, SBI_HSM
	ecall
1:	wfi
	j	1b

/* Other harts, from the firmware: a1 = the idle thread, as a virtual address. */
	.global secondary_start
secondary_start:
	csrw	sie, zero
	csrci	sstatus, SSTATUS_SIE
	li	s0, 0
	mv	s1, a1
	lla	s3, __image_start
	lla	a0, secondary_satp
	ld	a0, (a0)
	call	translation_on
	mv	sp, s1
	csrw	sscratch, sp
	call	cpu_secondary_main
	j	park

/*
 * Translation on with satp a0; returns to the link address of the caller. s3 is the image's
 * physical address. Floating point is allowed and unused (arch_switch). Leaves all but t0, t1, ra
 * alone.
 */
translation_on:
	li	t0, SSTATUS_FS
	csrc	sstatus, t0
	li	t0, SSTATUS_FS_INITIAL
	csrs	sstatus, t0
	li	t0, ARCH_IMAGE_BASE
	sub	t0, t0, s3		/* what turns load addresses into link addresses */
	add	ra, ra, t0
	lla	t1, trap_entry
	add	t1, t1, t0
	csrw	stvec, t1
	csrw	satp, a0
	sfence.vma
	ret
	.cfi_endproc

	.section .data.boot_lottery, "aw", @progbits
	.balign 4
boot_lottery:
	.4byte	0
