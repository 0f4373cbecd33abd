/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel stops. Works on the emergency stack, and ends however much is broken. */
#include <stdarg.h>

#include <arch/cpu.h>
#include <arch/trap.h>
#include <base/fmt.h>
#include <fault/report.h>
#include <kernel/cpu.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/power.h>
#include <kernel/thread.h>
#include <mem/kstack.h>

/* Index + 1 of the CPU that stops the machine, and how often it came to panic_begin(). */
static uint32_t stopping_cpu;
static uint32_t depth;
static char reason[128];

/*
 * Only the first CPU goes on. A panic while it reports ends the machine at once; one more, out of
 * that end, has nothing left to try.
 */
static void panic_begin(void)
{
	uint32_t owner = 0, self;

	arch_irq_disable();
	self = cpu_self()->index + 1;
	while (!__atomic_compare_exchange_n(&stopping_cpu, &owner, self, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE) &&
	       owner != self) {
		arch_cpu_relax();
		owner = 0;
	}
	if (++depth == 2)
		power_stop(reason[0] ? reason : "panic");
	while (depth > 2)
		arch_cpu_relax();
	cpu_stop_others();
	log_enter_panic();
}

_Noreturn void panic(const char *format, ...)
{
	va_list args;

	panic_begin();
	va_start(args, format);
	fmt_vstring(reason, sizeof(reason), format, args);
	va_end(args);
	log_raw("\n*** kernel panic: %s\n", reason);
	fault_report_panic((uintptr_t)__builtin_frame_address(0));
	power_stop(reason);
}

_Noreturn void panic_fault(struct trap_frame *frame, const struct fault_info *info)
{
	const char *name;

	panic_begin();
	name = fault_report_kernel(frame, info);
	fmt_string(reason, sizeof(reason), "%s in the kernel at 0x%lx", name,
		   (unsigned long)arch_frame_pc(frame));
	power_stop(reason);
}

/*
 * The program's functions come here, too: on their own stack, with interrupts on. They end as by
 * any other fault.
 */
_Noreturn void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
	uintptr_t below_top = (uintptr_t)thread_current() - (uintptr_t)__builtin_frame_address(0);

	if (arch_irq_enabled() && below_top >= KSTACK_SIZE)
		fault_canary_trap();
	panic("stack smashed");
}

NOINLINE _Noreturn void fault_canary_trap(void)
{
	__builtin_trap();
}
