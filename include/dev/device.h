/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices and drivers. Discovery (device tree, ACPI, PCI, tables) describes a device; a driver is
 * one file that says what it matches and has a probe function. Drivers are a linker set: their
 * order does not matter.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>
#include <kernel/irq.h>

#define DEVICE_REGS_MAX 4
#define DEVICE_IRQS_MAX 4

struct device_irq {
	unsigned line;
	enum irq_trigger trigger;
};

struct device {
	char name[24];		/* node name or bus address, for messages */
	const char *compatible; /* the string that matched; as long as `firmware` */
	struct {
		uint64_t pa, size;
	} regs[DEVICE_REGS_MAX];
	unsigned reg_count;
	struct device_irq irqs[DEVICE_IRQS_MAX];
	unsigned irq_count;
	const uint8_t *irq_cells; /* device tree: not decoded yet, big-endian */
	uint32_t irq_cells_len;
	uint32_t reg_shift;	  /* register stride as a power of two (serial ports) */
	uint32_t reg_io_width;	  /* bytes of one register access, 0: not given */
	uint32_t clock_hz;	  /* input clock, 0: not given */
	bool port_io;		  /* regs are x86 I/O ports */
	bool is_stdout;		  /* chosen as console by the firmware */
	const void *firmware;	  /* ACPI table entry, or first property of the device tree node */
	const void *firmware_end; /* valid during probe, as is what they point to */
};

/* Probed in this order, one phase after the other. */
enum driver_phase {
	DRIVER_INTC,	/* interrupt controllers: before interrupts are enabled */
	DRIVER_CONSOLE, /* serial lines, polled at first */
	DRIVER_CLOCK,	/* clock chips and references */
	DRIVER_OTHER,
};

struct driver {
	const char *name;
	const char *const *compatible; /* NULL-terminated; also our own ids such as "acpi,hpet" */
	enum driver_phase phase;
	/*
	 * 0 or a negative errno; -ENODEV: not ours after all. Early boot; interrupts off but for
	 * DRIVER_OTHER.
	 */
	int (*probe)(const struct device *device);
	/*
	 * Is there a device at all, or only a place for one, which then costs nothing? NULL: there
	 * is. During discovery: boot_map_physical() works, frames do not.
	 */
	bool (*present)(const struct device *device);
};

#define DRIVER(id) static const struct driver driver_##id SECTION_SET(driver)

/*
 * Does any linked driver know the string; discovery asks before it describes a device, so that
 * unknown nodes cost nothing.
 */
const struct driver *driver_find(const char *compatible, size_t length);

/*
 * Keep a description for its phase (copied). 0, also if the driver finds nothing there, or -ENOSPC
 * with a message. Early boot.
 */
int device_add(const struct device *device, const struct driver *driver);

/* Boot table rows: probe the devices of a phase. */
void device_probe_phase(enum driver_phase phase);

/*
 * A property of the device's tree node: value and length, NULL if there is none. Early boot, until
 * the tree's memory is given back after the last phase.
 */
const void *device_property(const struct device *device, const char *name, uint32_t *len);
const char *device_property_string(const struct device *device, const char *name);

/* An added device, NULL past the last: discovery may complete it before its phase. */
struct device *device_at(unsigned index);

/* For reports; the driver is NULL if it did not take the device. */
bool device_info(unsigned index, const struct device **device, const struct driver **driver);
