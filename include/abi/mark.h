/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MARK(n), n a constant from 0 to 15: one instruction that does nothing on any processor, and that
 * count.c recognises. aarch64: the hints 112 to 127, which are unallocated and so execute as NOP.
 * riscv64: `lui x0`, a hint. x86_64: the 7-byte NOP with a displacement nobody else writes.
 */
#ifndef MEASURE_MARK_H
#define MEASURE_MARK_H

#define MARK_AARCH64	0xd5032e1fu /* hint #112, bits 5 to 8 are added */
#define MARK_RISCV64	0xbe5d0037u /* lui x0, 0xbe5d0 */
#define MARK_X86	0x756e6900u /* nopl 0x756e69nn(%rax) */
#define MARK_X86_NUMBER 0xfu

#if defined(__aarch64__)
#define MARK(n) __asm__ volatile(".inst 0xd5032e1f + (%c0 << 5)" : : "i"(n) : "memory")
#elif defined(__riscv)
#define MARK(n) __asm__ volatile(".4byte 0xbe5d0037 + (%c0 << 12)" : : "i"(n) : "memory")
#elif defined(__x86_64__)
#define MARK(n)                                                                                    \
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80; .long 0x756e6900 + %c0" : : "i"(n) : "memory")
#endif

#endif
