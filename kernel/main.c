/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot order, read from top to bottom. Each row may use everything above it and nothing below.
 */
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/layout.h>
#include <base/compiler.h>
#include <dev/device.h>
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/main.h>
#include <kernel/panic.h>
#include <kernel/random.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include <mem/boot_map.h>
#include <mem/frame.h>
#include <mem/init.h>
#include <posix/process.h>

LOG_MODULE(boot);

static void discover(void)
{
	int error = arch_boot_discover();

	if (error)
		panic("the firmware's description of the machine (device tree or start "
		      "information) is missing or damaged: error %d",
		      -error);
	cpu_boot.hwid = arch_boot.hwid;
}

static void probe_intc(void)
{
	device_probe_phase(DRIVER_INTC);
	irq_init_cpu(&cpu_boot);
}

static void probe_console(void)
{
	device_probe_phase(DRIVER_CONSOLE);
}

static void probe_clock(void)
{
	device_probe_phase(DRIVER_CLOCK);
}

static void start_timer(void)
{
	timer_init_cpu(&cpu_boot);
	arch_irq_enable();
}

static void probe_others(void)
{
	device_probe_phase(DRIVER_OTHER);
}

static void greet(void)
{
	char cpu[48];

	arch_cpu_name(cpu, sizeof(cpu));
	log_info("Unishyper %s for %s on %s", BUILD_VERSION, BUILD_MACHINE, BUILD_ARCH);
	log_info("%u CPU%s (%s), %lu KiB free", cpu_count, cpu_count > 1 ? "s" : "", cpu,
		 (unsigned long)(frame_free_count() * (PAGE_SIZE / 1024)));
}

static void (*const boot_table[])(void) = {
	discover,	/* boot_info and the list of devices; nothing is mapped but the image */
	boot_read_line, /* boot words and log levels (no output yet: the log ring) */
	mem_init,	/* frames, heap, linear map, regions */
	boot_identity_remove, /* page 0 and everything below the image faults */
	cpu_init_boot,	      /* interrupt and emergency stacks: panics survive a broken stack */
	arch_cpu_init,	      /* the CPU's own protections and features */
	random_init,	      /* random numbers, stack protector */
	probe_intc,	      /* interrupt lines can be attached (they stay masked at the CPU) */
	probe_console,	      /* output */
	boot_check_line,      /* a line with mistakes stops here, where it can be said */
	probe_clock,	      /* the counter's rate, timers, wall clock */
	clock_init,	      /* monotonic time */
	sched_set_slice,      /* slices have a length */
	start_timer,	      /* interrupts on: sleeping and preemption work */
	probe_others,	      /* all other devices */
	mem_release_firmware, /* the device tree is gone */
	cpu_start_all,	      /* the other CPUs run their idle threads */
	greet,		      /* one or two lines of log */
	process_start,	      /* the main thread */
};

/* The guard changes under it (random_init), and it never returns. */
__attribute__((no_stack_protector)) void kmain(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(boot_table); i++)
		boot_table[i]();
	sched_idle();
}
