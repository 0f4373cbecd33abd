/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI buses whose configuration space is memory of the test: what a test adds is found by
 * search(). For the sources that test_pci.c names.
 */
#pragma once

#include <errno.h>
#include <stdarg.h>

#include <kernel/log.h>
#include <mem/heap.h>
#include <mem/linear.h>
#include <pci_host.h>

#include "fresh.h"
#include "set.h"

#define FUNCTIONS_MAX 600
#define LOW	      0x10000000UL
#define LOW_END	      0x14000000UL
#define HIGH	      0x1000000000UL
#define HIGH_END      0x1100000000UL
#define OFFSET	      0x20000000UL /* the CPU's addresses, less the bus's */

static struct function {
	unsigned at;
	uint8_t config[256];
	uint8_t writable[256]; /* bits that a write changes */
	bool wild;	       /* what is written comes back as anything */
} functions[FUNCTIONS_MAX];
static unsigned function_count;
static uint64_t accesses, random_state;
static char log_text[300];

static struct pci_device *probed[FUNCTIONS_MAX];
static unsigned probed_count;
static int probe_result;
static long blocks;

static int probe(struct pci_device *pci)
{
	if (probed_count < FUNCTIONS_MAX)
		probed[probed_count++] = pci;
	return probe_result;
}

static const struct pci_id ids[] = {{PCI_ID(0x1234, 1)}, {PCI_ID_CLASS(0x010802)}, {0}};
static const struct pci_id other_ids[] = {{0x1111, PCI_ANY, 0, 0}, {0}};
UNIT_SET(pci_driver, const struct pci_driver, 2) = {{"test", ids, probe},
						    {"other", other_ids, probe}};
UNIT_SET_END(pci_driver, 48);

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	va_list args;

	(void)module, (void)level;
	va_start(args, format);
	vsnprintf(log_text, sizeof(log_text), format, args);
	va_end(args);
}

void *heap_alloc(size_t size)
{
	blocks++;
	return malloc(size);
}

void heap_free(void *block)
{
	blocks -= block != NULL;
	free(block);
}

/* Registers: exactly so much memory, so that an access beyond is seen. Kept to the test's end. */
volatile void *linear_map_device(uint64_t pa, size_t size)
{
	(void)pa;
	return calloc(1, size);
}

bool linear_overlaps_ram(uint64_t start, uint64_t size)
{
	return start < 0x80000000 && 0x40000000 < start + size;
}

static unsigned attached[64];

int irq_attach(unsigned line, enum irq_trigger trigger, irq_handler *handler, void *arg,
	       const char *name)
{
	(void)trigger, (void)handler, (void)arg, (void)name;
	attached[line % 64]++;
	return 0;
}

void irq_detach(unsigned line)
{
	attached[line % 64]--;
}

void irq_detach_handler(unsigned line, irq_handler *handler, const void *arg)
{
	(void)handler, (void)arg;
	attached[line % 64]--;
}

static struct function *find(unsigned at)
{
	for (unsigned i = 0; i < function_count; i++)
		if (functions[i].at == at)
			return &functions[i];
	return NULL;
}

static uint32_t read_config(struct pci_host *host, unsigned at, unsigned offset, unsigned width)
{
	struct function *function = find(at);
	uint32_t value = 0;

	(void)host;
	accesses++;
	if (offset % width || offset + width > 4096)
		abort();
	if (!function || offset + width > 256)
		return ~0U >> (32 - 8 * width);
	memcpy(&value, function->config + offset, width);
	return value;
}

static void write_config(struct pci_host *host, unsigned at, unsigned offset, unsigned width,
			 uint32_t value)
{
	struct function *function = find(at);

	(void)host;
	accesses++;
	if (offset % width || offset + width > 4096)
		abort();
	for (unsigned i = offset; function && i < offset + width && i < 256; i++, value >>= 8) {
		uint8_t mask = function->writable[i];

		if (function->wild)
			mask = (uint8_t)unit_random(&random_state);
		function->config[i] = (uint8_t)((function->config[i] & ~mask) |
						((uint8_t)value & mask));
	}
}

static int route(struct pci_host *host, const struct pci_device *pci, struct device_irq *irq)
{
	(void)host;
	irq->line = 32 + (pci->root_slot + pci->root_pin - 1) % 4;
	irq->trigger = IRQ_LEVEL_HIGH;
	return 0;
}

static void find_windows(struct pci_host *host)
{
	host->low = (struct pci_window){LOW, LOW_END, OFFSET};
	host->high = (struct pci_window){HIGH, HIGH_END, 0};
}

static const struct pci_host_ops ops = {read_config, write_config, route, find_windows};
static struct pci_host host = {.ops = &ops, .bus_last = 255};

static void put(struct function *function, unsigned offset, unsigned width, uint32_t value)
{
	memcpy(function->config + offset, &value, width);
}

static struct function *add(unsigned bus, unsigned slot, unsigned number, uint32_t id)
{
	struct function *function = &functions[function_count++];

	memset(function, 0, sizeof(*function));
	function->at = PCI_AT(bus, slot, number);
	put(function, PCI_VENDOR, 4, id);
	memset(function->writable + PCI_COMMAND, 0xff, 2);
	return function;
}

/* A BAR of this size (a power of two): its upper bits can be written. */
static void add_bar(struct function *function, unsigned index, uint64_t size, uint32_t flags)
{
	uint64_t mask = ~(size - 1);
	unsigned offset = PCI_BAR(index);

	put(function, offset, 4, flags);
	memcpy(function->writable + offset, &mask, (flags & 6) == 4 ? 8 : 4);
	function->writable[offset] &= 0xf0;
}

static void search(bool assign)
{
	host.assign = assign;
	pci_host_add(&host);
}

#define ID 0x00011234 /* what a driver knows */

static void add_capability(struct function *function, unsigned at, uint8_t id, uint8_t next)
{
	function->config[PCI_STATUS] |= 0x10;
	function->config[at] = id;
	function->config[at + 1] = next;
}

static void handler(void *arg)
{
	(void)arg;
}

static unsigned messages_left, messages_out;

static int alloc(uint32_t requester, struct msi_message *message)
{
	if (!messages_left)
		return -ENOSPC;
	messages_left--;
	messages_out++;
	*message = (struct msi_message){0x1fee00000, requester << 8 | messages_left, messages_out};
	return 0;
}

static void release(const struct msi_message *message)
{
	(void)message;
	messages_out--;
}

static const struct msi_ops msi = {"test", alloc, release};
