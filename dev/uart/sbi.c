/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware's console, where no driver found one: byte by byte, input by asking for it. There
 * is no node for it in the tree, but there is an interrupt controller of each hart.
 */
#include <errno.h>

#include <arch/cpu.h>
#include <dev/device.h>
#include <impl/sbi.h>
#include <kernel/clock.h>
#include <kernel/console.h>
#include <kernel/thread.h>
#include <mem/linear.h>

#define POLL_NS (20 * NS_PER_MS)

static bool
	has_dbcn; /* debug console extension [SBI 2.0, 12], else the legacy calls [SBI 1.0, 5.2] */

static void sbi_write(struct console *console, const char *text, size_t length)
{
	(void)console;
	for (; length--; text++) {
		if (has_dbcn)
			sbi_call((uint8_t)*text, 0, 0, 0, 0, 0, SBI_DBCN_WRITE_BYTE, SBI_DBCN);
		else
			sbi_call((uint8_t)*text, 0, 0, 0, 0, 0, 0, SBI_LEGACY_PUTCHAR);
	}
}

/* The next byte, or a negative number. */
static long read_byte(void)
{
	static uint8_t byte;
	struct sbi_result result;

	if (!has_dbcn)
		return (int)sbi_call(0, 0, 0, 0, 0, 0, 0, SBI_LEGACY_GETCHAR).error;
	result = sbi_call(1, linear_physical_of(&byte), 0, 0, 0, 0, SBI_DBCN_READ, SBI_DBCN);
	return result.error || !result.value ? -1 : byte;
}

static void poll(void *arg)
{
	(void)arg;
	for (;;) {
		struct irq_state state = arch_irq_save();
		long byte;

		while (console_input_room() && (byte = read_byte()) >= 0)
			console_input((uint8_t)byte);
		arch_irq_restore(state);
		thread_sleep_until(clock_monotonic_ns() + POLL_NS);
	}
}

static int sbi_start_input(struct console *console)
{
	const struct thread_attr attr = {.name = "sbi-input", .kernel_only = true, .entry = poll};

	(void)console;
	return thread_create(&attr, NULL);
}

static struct console sbi_console = {
	.name = "sbi",
	.write = sbi_write,
	.start_input = sbi_start_input,
};

static int sbi_probe(const struct device *device)
{
	(void)device;
	if (console_present())
		return -ENODEV;
	has_dbcn = sbi_call(SBI_DBCN, 0, 0, 0, 0, 0, SBI_BASE_PROBE, SBI_BASE).value > 0;
	console_register(&sbi_console);
	return 0;
}

/* A phase later than the consoles that have a node. */
static const char *const sbi_compatible[] = {"riscv,cpu-intc", NULL};
DRIVER(sbi_console) = {.name = "sbi-console",
		       .compatible = sbi_compatible,
		       .phase = DRIVER_CLOCK,
		       .probe = sbi_probe};
