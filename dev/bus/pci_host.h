/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that find host bridges and those that search behind them. Early boot. */
#pragma once

#include <dev/pci.h>

/* Addresses that can be given to devices; `next` is the lowest that is free, as the bus sees it. */
struct pci_window {
	uint64_t next, end;
	uint64_t offset; /* CPU's address less the bus's */
};

struct pci_host_ops {
	/* `at` is bus, slot and function in 16 bits; width 1, 2, 4. Any context. */
	uint32_t (*read)(struct pci_host *host, unsigned at, unsigned offset, unsigned width);
	void (*write)(struct pci_host *host, unsigned at, unsigned offset, unsigned width,
		      uint32_t value);
	/* The line that the function's INTx raises: 0 or a negative errno. */
	int (*route)(struct pci_host *host, const struct pci_device *pci, struct device_irq *irq);
	/* Fill in the windows, when the first thing is to be assigned. NULL: there are none. */
	void (*find_windows)(struct pci_host *host);
};

struct pci_host {
	const struct pci_host_ops *ops;
	uint16_t segment;
	uint8_t bus_first, bus_last;
	/* Nobody has numbered buses and given addresses: do it. Else firmware's are kept. */
	bool assign;

	/* Of the host's own file. */
	volatile void *ecam; /* of bus_first */
	const struct device *device;

	/* While it is searched. */
	struct pci_window low, high; /* below and above 4 GiB */
	bool windows_known;
	unsigned bus_next;
	uint32_t buses_seen[8];
	struct list found;
};

#define PCI_AT(bus, slot, function) ((unsigned)(bus) << 8 | (slot) << 3 | (function))

/* Search all buses, then probe the drivers of what was found. `host` stays. */
void pci_host_add(struct pci_host *host);
bool pci_host_known(unsigned segment);

/* Configuration space mapped to memory [PCIe 4.0, 7.2.2]. */
uint32_t pci_ecam_read(struct pci_host *host, unsigned at, unsigned offset, unsigned width);
void pci_ecam_write(struct pci_host *host, unsigned at, unsigned offset, unsigned width,
		    uint32_t value);

/* pci_bar.c: read, or assign, the BARs of a function. */
void pci_bars_read(struct pci_device *pci);

/* What is assigned from the low window next begins at a multiple of `align`: where. */
uint64_t pci_window_align(struct pci_host *host, uint64_t align);
