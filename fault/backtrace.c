/* SPDX-License-Identifier: BSD-2-Clause */
/* Who called whom, by the chain of frame records; it goes on through traps (vectors.S). */
#include <arch/trap.h>
#include <base/compiler.h>
#include <fault/backtrace.h>
#include <kernel/log.h>
#include <mem/boot_map.h>

#define FRAMES_MAX 16

typedef void (*namer)(uintptr_t pc);
SET_DECLARE(const namer, backtrace_namer);

bool backtrace_in_text(uintptr_t address)
{
	return address >= (uintptr_t)__text_start && address < (uintptr_t)__text_end;
}

void backtrace_print_place(uintptr_t pc)
{
	log_raw("0x%lx", (unsigned long)pc);
	if (&__set_backtrace_namer_start[0] != &__set_backtrace_namer_end[0])
		__set_backtrace_namer_start[0](pc);
	log_raw("\n");
}

static void print_frame(unsigned *count, uintptr_t pc)
{
	log_raw("  #%u ", (*count)++);
	backtrace_print_place(pc);
}

void backtrace_print(uintptr_t pc, uintptr_t fp, uintptr_t caller)
{
	unsigned count = 0;
	bool more;

	print_frame(&count, pc);
	more = arch_backtrace_step(&pc, &fp);
	if (backtrace_in_text(caller) && !(more && pc == caller)) {
		print_frame(&count, caller);
		if (more && !backtrace_in_text(pc)) {
			/* riscv64: a frame that holds the caller's frame pointer alone was read. */
			fp = pc;
			more = arch_backtrace_step(&pc, &fp);
		}
	}
	for (; more && backtrace_in_text(pc) && count < FRAMES_MAX;
	     more = arch_backtrace_step(&pc, &fp))
		print_frame(&count, pc);
}
