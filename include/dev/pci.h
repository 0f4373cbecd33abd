/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI [PCI 3.0, PCIe 4.0]. A host bridge (dev/bus/pci_*.c) is found by the device tree or ACPI;
 * its buses are searched once, in early boot. A driver says which functions it knows and has a
 * probe function; what no linked driver knows is left alone:
 *
 *	static const struct pci_id ids[] = {{PCI_ID(0x1234, 0x11e8)}, {}};
 *	PCI_DRIVER(PCI, edu) = {.name = "edu", .ids = ids, .probe = edu_probe};
 *
 * In probe: pci_map() the registers, pci_irq_open() and pci_irq_attach(), pci_master_on().
 *
 * What a device's configuration space says is not trusted: sizes, offsets and lists are checked
 * here; what is in a driver's own registers is for the driver to check.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>
#include <base/list.h>
#include <dev/device.h>
#include <dev/msi.h>

#define PCI_BARS	 6
#define PCI_MESSAGES_MAX 16 /* of one function */

/* Registers of configuration space [PCI 3.0, 6.1]. */
#define PCI_VENDOR	    0x00
#define PCI_DEVICE	    0x02
#define PCI_COMMAND	    0x04
#define PCI_STATUS	    0x06
#define PCI_REVISION	    0x08 /* and the class in the upper 24 bits */
#define PCI_HEADER_TYPE	    0x0e
#define PCI_BAR(index)	    (0x10 + 4 * (index))
#define PCI_SUBSYSTEM	    0x2c /* vendor, then device */
#define PCI_CAPABILITIES    0x34
#define PCI_IRQ_LINE	    0x3c
#define PCI_IRQ_PIN	    0x3d
#define PCI_COMMAND_IO	    0x001
#define PCI_COMMAND_MEM	    0x002
#define PCI_COMMAND_MASTER  0x004
#define PCI_COMMAND_NO_INTX 0x400

/* Capabilities [PCI 3.0, appendix H]. */
#define PCI_CAP_MSI	0x05
#define PCI_CAP_VENDOR	0x09
#define PCI_CAP_EXPRESS 0x10
#define PCI_CAP_MSIX	0x11

struct pci_host;

struct pci_device {
	struct pci_host *host;
	char name[16]; /* "00:02.0" */
	uint8_t bus, slot, function;
	uint8_t root_slot, root_pin; /* where its INTx reaches the root bus; pin 0: it has none */
	uint16_t vendor, device, subsystem_vendor, subsystem;
	uint32_t class; /* class, subclass, interface: 0x010802 */
	uint8_t revision;
	/* Size 0: there is none, or nothing could be assigned. */
	struct pci_bar {
		uint64_t pa, size;
		bool io;
	} bars[PCI_BARS];

	enum { PCI_IRQ_NONE, PCI_IRQ_INTX, PCI_IRQ_MSI, PCI_IRQ_MSIX } irq_kind;
	unsigned irq_count; /* how many can be attached */
	uint32_t attached;  /* a bit for each that is */
	struct device_irq intx;
	irq_handler *intx_handler;
	void *intx_arg;
	volatile void *msix_table;
	unsigned irq_capability;
	struct msi_message messages[PCI_MESSAGES_MAX];

	const struct pci_driver *driver;
	void *driver_data; /* the driver's */
	struct list node;
};

struct pci_id {
	uint16_t vendor, device; /* PCI_ANY: any */
	uint32_t class, class_mask;
};

#define PCI_ANY			 0xffff
#define PCI_ID(vendor, device)	 (vendor), (device), 0, 0
#define PCI_ID_CLASS(class_code) PCI_ANY, PCI_ANY, (class_code), 0xffffff

struct pci_driver {
	const char *name;
	const struct pci_id *ids; /* up to one with vendor 0 */
	/*
	 * 0 or a negative errno; -ENODEV: not ours after all. Its memory can be reached; it may not
	 * reach ours before pci_master_on(). Early boot, interrupts on; may not block.
	 */
	int (*probe)(struct pci_device *pci);
};

#define PCI_DRIVER(option, id)                                                                     \
	static const struct pci_driver pci_driver_##id SECTION_SET_IF(pci_driver, option)

/* Configuration space: `offset` is a multiple of the width, below 4096 (or 256: ones beyond). */
uint8_t pci_read8(const struct pci_device *pci, unsigned offset);
uint16_t pci_read16(const struct pci_device *pci, unsigned offset);
uint32_t pci_read32(const struct pci_device *pci, unsigned offset);
void pci_write8(const struct pci_device *pci, unsigned offset, uint8_t value);
void pci_write16(const struct pci_device *pci, unsigned offset, uint16_t value);
void pci_write32(const struct pci_device *pci, unsigned offset, uint32_t value);

/*
 * Offset of the first capability of this kind, or of the next one behind `previous`; 0: there is
 * none. A list that loops ends.
 */
unsigned pci_capability(const struct pci_device *pci, uint8_t id, unsigned previous);

/*
 * Map [offset, offset + len) of a memory BAR; len 0: all behind `offset`. NULL: it has not so much,
 * or there is no memory for tables. Early boot or thread.
 */
volatile void *pci_map(const struct pci_device *pci, unsigned bar, uint64_t offset, uint64_t len);

/* The device may write to memory and send messages / no more. */
void pci_master_on(const struct pci_device *pci);
void pci_master_off(const struct pci_device *pci);

/*
 * Get up to `wanted` interrupts: messages of its own for each where device and machine can (MSI-X,
 * or MSI for one), else the one line that it may share with others: then the handler must ask the
 * device whether it is meant. Returns how many, or -ENODEV: there is no way.
 */
int pci_irq_open(struct pci_device *pci, unsigned wanted);
int pci_irq_attach(struct pci_device *pci, unsigned index, irq_handler *handler, void *arg,
		   const char *name);
/* Of one message; a line stays as it is. Any context. */
void pci_irq_mask(struct pci_device *pci, unsigned index);
void pci_irq_unmask(struct pci_device *pci, unsigned index);
/* All of it again; the device is quiet. */
void pci_irq_close(struct pci_device *pci);

/* The functions that a driver has taken, for reports; NULL past the last. */
struct pci_device *pci_device_at(unsigned index);
