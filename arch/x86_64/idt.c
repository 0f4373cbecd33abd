/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptor tables: global and task state per CPU, one table of interrupts [Intel SDM 3A 3.4, 6.10, 8.7]. */
#include <base/compiler.h>
#include <impl/control.h>
#include <impl/insn.h>

#include "cpu_arch.h"

#define GATE_INTERRUPT 0x8e /* present, interrupts off on entry */
#define TSS_AVAILABLE  0x0000890000000000

enum { IST_TRAP = 1, IST_FATAL };

struct table_register {
	uint16_t limit;
	uint64_t base;
} PACKED;

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

/* A vector past the end is a general protection fault, which is reported like any other. */
static struct gate idt[VECTOR_COUNT];

extern const char trap_vectors[];

static bool is_fatal(unsigned vector)
{
	return vector == 2 || vector == 8 || vector == 18;
}

/* Every vector has a stack of its own: what RSP points to may be the application's, or full. */
static void idt_build(void)
{
	for (unsigned i = 0; i < VECTOR_COUNT; i++) {
		uintptr_t entry = (uintptr_t)trap_vectors + TRAP_VECTOR_OFFSET(i);

		idt[i] = (struct gate){
			.offset_low = (uint16_t)entry,
			.selector = SELECTOR_CODE,
			.ist = is_fatal(i) ? IST_FATAL : IST_TRAP,
			.type = GATE_INTERRUPT,
			.offset_middle = (uint16_t)(entry >> 16),
			.offset_high = (uint32_t)(entry >> 32),
		};
	}
}

void descriptors_load(struct cpu *cpu)
{
	struct cpu_arch *arch = cpu_arch(cpu);
	uint64_t tss = (uint64_t)&arch->tss, limit = sizeof(arch->tss) - 1;
	struct table_register gdtr = {sizeof(arch->gdt) - 1, (uint64_t)arch->gdt};
	struct table_register idtr = {sizeof(idt) - 1, (uint64_t)idt};

	if (!idt[0].selector)
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
