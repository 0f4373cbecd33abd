/* SPDX-License-Identifier: BSD-2-Clause */
/* Control and status registers of S-mode [RISC-V privileged 1.12, 4.1]. For C and assembly. */
#pragma once

#define SSTATUS_SIE	   0x2	  /* interrupts are taken */
#define SSTATUS_SPIE	   0x20	  /* … were taken before the trap */
#define SSTATUS_FS	   0x6000 /* floating point: off, initial, clean, dirty */
#define SSTATUS_FS_INITIAL 0x2000

/* Interrupt numbers: bits of sie and sip, and scause without its top bit. */
#define IRQ_SOFTWARE 1
#define IRQ_TIMER    5
#define IRQ_EXTERNAL 9

#define SATP_SV39 (8UL << 60)

#define CSR_STIMECMP 0x14d /* [Sstc 1.0] */

#ifndef __ASSEMBLER__

#define csr_read(csr)                                                                              \
	({                                                                                         \
		unsigned long csr_value_;                                                          \
		__asm__ volatile("csrr %0, %1" : "=r"(csr_value_) : "i"(csr) : "memory");          \
		csr_value_;                                                                        \
	})
#define csr_write(csr, value)                                                                      \
	__asm__ volatile("csrw %0, %1" ::"i"(csr), "rK"((unsigned long)(value)) : "memory")
#define csr_set(csr, bits)                                                                         \
	__asm__ volatile("csrs %0, %1" ::"i"(csr), "rK"((unsigned long)(bits)) : "memory")
#define csr_clear(csr, bits)                                                                       \
	__asm__ volatile("csrc %0, %1" ::"i"(csr), "rK"((unsigned long)(bits)) : "memory")

#define CSR_SSTATUS 0x100
#define CSR_SIE	    0x104
#define CSR_STVEC   0x105
#define CSR_SIP	    0x144
#define CSR_SATP    0x180

#endif
