/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages on a PC are writes to the local APIC's address: the CPU is in the address, the vector in
 * the data [Intel SDM 3A 11.11]. They come at vectors of lines that no I/O APIC has a pin for.
 */
#include <errno.h>

#include <arch/boot.h>
#include <base/compiler.h>
#include <dev/device.h>
#include <dev/msi.h>
#include <impl/trap.h>
#include <kernel/spinlock.h>

#include "ioapic.h"

#define MESSAGE_ADDRESS 0xfee00000U
#define APIC_ID_MAX	0xff

static struct spinlock lock;
static uint64_t used; /* by line */

STATIC_ASSERT(VECTOR_LINES <= 64);

static int alloc(uint32_t requester, struct msi_message *message)
{
	struct irq_state state;
	int error = -ENOSPC;

	(void)requester;
	if (arch_boot.hwid > APIC_ID_MAX)
		return -ENODEV;
	state = spinlock_lock(&lock);
	for (unsigned line = 0; line < VECTOR_LINES && error; line++) {
		if (used >> line & 1 || ioapic_has(line))
			continue;
		used |= UINT64_C(1) << line;
		*message = (struct msi_message){.address = MESSAGE_ADDRESS |
							   (uint32_t)arch_boot.hwid << 12,
						.data = VECTOR_LINE + line,
						.line = line};
		error = 0;
	}
	spinlock_unlock(&lock, state);
	return error;
}

static void release(const struct msi_message *message)
{
	struct irq_state state = spinlock_lock(&lock);

	used &= ~(UINT64_C(1) << message->line);
	spinlock_unlock(&lock, state);
}

static const struct msi_ops ops = {.name = "lapic", .alloc = alloc, .free = release};

static int probe(const struct device *device)
{
	(void)device;
	msi_register(&ops);
	return 0;
}

static const char *const compatible[] = {"pc,msi", NULL};
static const struct driver driver_lapic_msi SECTION_SET_IF(driver, PCI) = {
	.name = "lapic-msi", .compatible = compatible, .phase = DRIVER_INTC, .probe = probe};
