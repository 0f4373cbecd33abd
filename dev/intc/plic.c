/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RISC-V Platform-Level Interrupt Controller [PLIC specification 1.0.0]. It has contexts, one for
 * each mode of each hart that it can interrupt; the tree's interrupts-extended lists them in
 * order.
 *
 * A line is masked by its priority 0, not by its enable bit: the completion of a line that is not
 * enabled would be ignored [9], and the line be silent for ever.
 */
#include <errno.h>

#include <base/compiler.h>
#include <base/endian.h>
#include <dev/device.h>
#include <dev/mmio.h>
#include <kernel/boot.h>
#include <kernel/cpu.h>
#include <kernel/spinlock.h>
#include <mem/linear.h>

#define PRIORITY(line)	 (4 * (line))
#define ENABLE(context)	 (0x2000 + 0x80 * (context))
#define CONTEXT(context) (0x200000 + 0x1000 * (context))
#define THRESHOLD	 0
#define CLAIM		 4

#define LINES_MAX	    1024
#define CONTEXTS_MAX	    15872
#define EXTERNAL_SUPERVISOR 9 /* the hart's interrupt that a context of S-mode raises */

static volatile char *plic;
static unsigned line_count;
/* Of the CPU at the same place of boot_info.cpu_hwid, plus 1; 0: none. */
static uint16_t contexts[ARRAY_SIZE(boot_info.cpu_hwid)];
static volatile char *cpu_context[CPU_MAX];
static struct spinlock enable_lock; /* 32 lines share a word of enable bits */

static unsigned context_of(const struct cpu *cpu)
{
	for (unsigned i = 0; i < ARRAY_SIZE(contexts); i++)
		if (boot_info.cpu_hwid[i] == cpu->hwid && contexts[i])
			return contexts[i];
	return 0;
}

static void plic_init_cpu(struct cpu *cpu)
{
	unsigned context = context_of(cpu);

	if (!context--)
		return;
	for (unsigned i = 0; i < (line_count + 31) / 32; i++)
		mmio_write32(plic, ENABLE(context) + 4 * i, 0);
	cpu_context[cpu->index] = plic + CONTEXT(context);
	mmio_write32(cpu_context[cpu->index], THRESHOLD, 0);
}

static void plic_handle(void)
{
	volatile char *context = cpu_context[cpu_self()->index];
	unsigned line = mmio_read32(context, CLAIM);

	if (!line)
		return;
	irq_deliver(line);
	mmio_write32(context, CLAIM, line);
}

static int plic_enable(unsigned line, enum irq_trigger trigger)
{
	unsigned context = context_of(&cpu_boot), at;
	struct irq_state state;

	(void)trigger;
	if (!context || !line || line >= line_count)
		return -EINVAL;
	at = ENABLE(context - 1) + line / 32 * 4;
	state = spinlock_lock(&enable_lock);
	mmio_write32(plic, at, mmio_read32(plic, at) | 1U << line % 32);
	spinlock_unlock(&enable_lock, state);
	mmio_write32(plic, PRIORITY(line), 1);
	return 0;
}

static void plic_disable(unsigned line)
{
	mmio_write32(plic, PRIORITY(line), 0);
}

/* Edge or level is wired; boards with a second cell tell it, and nothing can be done about it. */
static int plic_decode(const uint8_t *cells, unsigned *line, enum irq_trigger *trigger)
{
	*line = be32_load(cells);
	*trigger = IRQ_LEVEL_HIGH;
	return *line && *line < line_count ? 0 : -EINVAL;
}

static struct intc_ops plic_ops = {
	.name = "PLIC",
	.handle = plic_handle,
	.enable = plic_enable,
	.disable = plic_disable,
	.init_cpu = plic_init_cpu,
	.cells = 1,
	.decode = plic_decode,
};

/*
 * Entries are (phandle of a hart's own controller, its interrupt); another interrupt is another
 * mode's.
 */
static void read_contexts(const uint8_t *entry, unsigned count)
{
	for (unsigned context = 1; context <= count && context < CONTEXTS_MAX;
	     context++, entry += 8) {
		uint32_t phandle = be32_load(entry);

		if (be32_load(entry + 4) != EXTERNAL_SUPERVISOR)
			continue;
		for (unsigned i = 0; i < ARRAY_SIZE(contexts); i++)
			if (boot_info.cpu_intc[i] == phandle)
				contexts[i] = (uint16_t)context;
	}
}

static int plic_probe(const struct device *device)
{
	volatile char *base;
	uint32_t len;
	const uint8_t *value = device_property(device, "riscv,ndev", &len);

	if (!device->reg_count || !value || len != 4)
		return -EINVAL;
	line_count = be32_load(value) + 1;
	if (line_count > LINES_MAX)
		return -EINVAL;
	value = device_property(device, "#interrupt-cells", &len);
	if (value && len == 4)
		plic_ops.cells = be32_load(value);
	value = device_property(device, "interrupts-extended", &len);
	if (!value)
		return -EINVAL;
	read_contexts(value, len / 8);
	base = linear_map_device(device->regs[0].pa, device->regs[0].size);
	if (!base)
		return -ENOMEM;
	for (unsigned line = line_count - 1; line; line--)
		mmio_write32(base, PRIORITY(line), 0);
	plic = base;
	irq_register_controller(&plic_ops);
	return 0;
}

static const char *const plic_compatible[] = {"sifive,plic-1.0.0", "riscv,plic0", NULL};
DRIVER(plic) = {
	.name = "plic", .compatible = plic_compatible, .phase = DRIVER_INTC, .probe = plic_probe};
