/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of devices and their drivers. */
#include <errno.h>

#include <base/str.h>
#include <dev/device.h>
#include <kernel/log.h>

LOG_MODULE(device);

#define DEVICES_MAX 24

SET_DECLARE(const struct driver, driver);

static struct entry {
	struct device device;
	const struct driver *driver;
} entries[DEVICES_MAX];
static unsigned entry_count;

const struct driver *driver_find(const char *compatible, size_t length)
{
	SET_FOR_EACH (const struct driver, driver, d)
		for (const char *const *known = d->compatible; *known; known++)
			if ((*known)[0] == compatible[0] &&
			    str_equal_n(*known, compatible, length) && !(*known)[length])
				return d;
	return NULL;
}

int device_add(const struct device *device, const struct driver *driver)
{
	if (driver->present && !driver->present(device))
		return 0;
	if (entry_count == DEVICES_MAX) {
		log_warn("%s: too many devices, ignored", device->name);
		return -ENOSPC;
	}
	entries[entry_count].device = *device;
	entries[entry_count++].driver = driver;
	return 0;
}

/* The controller is up now: it says what the tree's interrupt cells mean. */
static void decode_irqs(struct device *device)
{
	const struct intc_ops *intc = irq_controller();
	uint32_t size = intc ? intc->cells * 4 : 0;

	if (!device->irq_cells || size < 4 || size > 16)
		return;
	for (uint32_t at = 0;
	     at + size <= device->irq_cells_len && device->irq_count < DEVICE_IRQS_MAX;
	     at += size) {
		struct device_irq *irq = &device->irqs[device->irq_count];

		if (intc->decode(device->irq_cells + at, &irq->line, &irq->trigger))
			return;
		device->irq_count++;
	}
}

static void probe(struct entry *entry)
{
	int error;

	decode_irqs(&entry->device);
	error = entry->driver->probe(&entry->device);
	if (error && error != -ENODEV)
		log_warn("%s: %s does not work: error %d", entry->device.name, entry->driver->name,
			 -error);
	else if (!error)
		log_debug("%s: %s", entry->device.name, entry->driver->name);
	if (error)
		entry->driver = NULL;
}

/* What the firmware chose as console goes first. */
void device_probe_phase(enum driver_phase phase)
{
	for (int chosen = 1; chosen >= 0; chosen--)
		for (unsigned i = 0; i < entry_count; i++)
			if (entries[i].driver && entries[i].driver->phase == phase &&
			    entries[i].device.is_stdout == chosen)
				probe(&entries[i]);
}

bool device_info(unsigned index, const struct device **device, const struct driver **driver)
{
	if (index >= entry_count)
		return false;
	*device = &entries[index].device;
	*driver = entries[index].driver;
	return true;
}

/* For discovery: the entry may still be changed before its phase. */
struct device *device_at(unsigned index)
{
	return index < entry_count ? &entries[index].device : NULL;
}
