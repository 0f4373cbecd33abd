/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptor tables: global and task state per CPU, one table of interrupts [Intel SDM 3A 3.4,
 * 6.10, 8.7].
 */
#include <base/compiler.h>
#include <impl/control.h>
#include <impl/insn.h>

#include "cpu_arch.h"

#define GATE_INTERRUPT 0x8eUL	 /* present, interrupts off on entry */
#define FATAL_VECTORS  0x40104UL /* NMI, double fault, machine check */
#define TSS_AVAILABLE  0x0000890000000000

enum { IST_TRAP = 1, IST_FATAL };

struct table_register {
	uint16_t limit;
	uint64_t base;
} PACKED;

/*
 * An interrupt gate [Intel SDM 3A 6.14.1]. A vector past the end is a protection fault, reported as
 * such.
 */
static uint64_t idt[VECTOR_COUNT][2];

extern const char trap_vectors[];

/* Every vector has a stack of its own: what RSP points to may be the application's, or full. */
static void idt_build(void)
{
	for (unsigned i = 0; i < VECTOR_COUNT; i++) {
		uint64_t entry = (uint64_t)trap_vectors + TRAP_VECTOR_OFFSET(i);
		uint64_t stack = i < 32 && FATAL_VECTORS >> i & 1 ? IST_FATAL : IST_TRAP;

		idt[i][0] = (entry & 0xffff) | SELECTOR_CODE << 16 | stack << 32 |
			    GATE_INTERRUPT << 40 | (entry >> 16 & 0xffff) << 48;
		idt[i][1] = entry >> 32;
	}
}

void descriptors_load(struct cpu *cpu)
{
	struct cpu_arch *arch = cpu_arch(cpu);
	uint64_t tss = (uint64_t)&arch->tss, limit = sizeof(arch->tss) - 1;
	struct table_register gdtr = {sizeof(arch->gdt) - 1, (uint64_t)arch->gdt};
	struct table_register idtr = {sizeof(idt) - 1, (uint64_t)idt};

	if (!idt[0][0])
		idt_build();
	arch->tss.io_map = sizeof(arch->tss);
	arch->tss.ist[IST_TRAP - 1] = (uint64_t)(&arch->trap_stack + 1);
	arch->tss.ist[IST_FATAL - 1] = (uint64_t)(&arch->fatal_stack + 1);
	arch->gdt[SELECTOR_CODE / 8] = GDT_CODE;
	arch->gdt[SELECTOR_DATA / 8] = GDT_DATA;
	arch->gdt[SELECTOR_TSS / 8] = TSS_AVAILABLE | limit | (tss & 0xffffff) << 16 |
				      (tss >> 24 & 0xff) << 56;
	arch->gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;

	/* The selectors in use mean the same in the new table. */
	__asm__ volatile("lgdt %0\n\tltr %w2\n\tlidt %1" ::"m"(gdtr), "m"(idtr), "r"(SELECTOR_TSS)
			 : "memory");
}

/* With no interrupt table any exception, and the ones that follow from it, reset the machine. */
_Noreturn void triple_fault(void)
{
	struct table_register none = {0, 0};

	__asm__ volatile("lidt %0\n\tud2" ::"m"(none));
	__builtin_unreachable();
}
