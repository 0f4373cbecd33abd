/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts that are messages: a device writes `data` to `address`, and the line of that number
 * is raised, as an edge.
 */
#pragma once

#include <stdint.h>

struct msi_message {
	uint64_t address;
	uint32_t data;
	unsigned line; /* for irq_attach() */
};

struct msi_ops {
	const char *name;
	/* `requester` is the device as the bus names it (PCI: bus, device, function). */
	int (*alloc)(uint32_t requester, struct msi_message *message);
	void (*free)(const struct msi_message *message);
};

/* The first one wins. Early boot, before other devices are probed. */
void msi_register(const struct msi_ops *ops);

/* 0; -ENODEV: the machine has no such thing; -ENOSPC: all are in use. Early boot or thread. */
int msi_alloc(uint32_t requester, struct msi_message *message);
void msi_free(const struct msi_message *message);
