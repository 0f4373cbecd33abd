/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/device.c lib/str.c
// flags: -Iinclude/arch/host -Iarch/host
#include <errno.h>

#include <base/endian.h>
#include <dev/device.h>
#include <kernel/log.h>

#include "fresh.h"
#include "set.h"

static char order[200], log_text[300];
static int probe_error;
static struct device probed;

static int note(const struct device *device, char what)
{
	size_t length = strlen(order);

	order[length] = what;
	order[length + 1] = 0;
	probed = *device;
	return probe_error;
}

static int probe_intc(const struct device *device)
{
	return note(device, 'i');
}

static int probe_uart(const struct device *device)
{
	return note(device, device->is_stdout ? 'U' : 'u');
}

static int probe_other(const struct device *device)
{
	return note(device, 'o');
}

static const char *const intc_names[] = {"maker,intc", NULL};
static const char *const uart_names[] = {"maker,uart", "maker,uart-old", NULL};
static const char *const other_names[] = {"maker", NULL};

UNIT_SET(driver, const struct driver, 3) = {
	{"other", other_names, DRIVER_OTHER, probe_other, NULL},
	{"uart", uart_names, DRIVER_CONSOLE, probe_uart, NULL},
	{"intc", intc_names, DRIVER_INTC, probe_intc, NULL},
};
UNIT_SET_END(driver, 120);

#define uart_driver (&unit_set_driver[1])

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	va_list args;

	(void)module, (void)level;
	va_start(args, format);
	vsnprintf(log_text, sizeof(log_text), format, args);
	va_end(args);
}

/* A controller with three cells: kind, number, trigger. */
static int decode(const uint8_t *cells, unsigned *line, enum irq_trigger *trigger)
{
	uint32_t kind = be32_load(cells);

	if (kind > 1)
		return -EINVAL;
	*line = be32_load(cells + 4) + (kind ? 16 : 32);
	*trigger = be32_load(cells + 8) == 4 ? IRQ_LEVEL_HIGH : IRQ_EDGE_RISING;
	return 0;
}

static struct intc_ops intc = {.cells = 3, .decode = decode};
static const struct intc_ops *controller;

const struct intc_ops *irq_controller(void)
{
	return controller;
}

FRESH_TEST(drivers_are_found_by_the_whole_string)
{
	CHECK(driver_find("maker,uart", 10) == uart_driver);
	CHECK(driver_find("maker,uart-old", 14) == uart_driver);
	CHECK(driver_find("maker,uart-old", 10) == uart_driver);
	CHECK(!driver_find("maker,uart", 9) && !driver_find("maker,uart-new", 14));
	CHECK(driver_find("maker", 5) == &unit_set_driver[0] && !driver_find("", 0));
	CHECK(driver_find("maker,intc", 10) == &unit_set_driver[2]);
}

static void add(const char *name, const char *compatible, bool is_stdout)
{
	struct device device = {.compatible = compatible, .is_stdout = is_stdout};

	strcpy(device.name, name);
	CHECK(!device_add(&device, driver_find(compatible, strlen(compatible))));
}

FRESH_TEST(probed_by_phase_and_the_chosen_console_first)
{
	add("o@1", "maker", false);
	add("u@1", "maker,uart", false);
	add("u@2", "maker,uart-old", true);
	add("u@3", "maker,uart", false);
	add("i@1", "maker,intc", false);
	device_probe_phase(DRIVER_INTC);
	device_probe_phase(DRIVER_CONSOLE);
	device_probe_phase(DRIVER_CLOCK);
	device_probe_phase(DRIVER_OTHER);
	CHECK(!strcmp(order, "iUuuo"));
}

FRESH_TEST(refusals)
{
	const struct device *device;
	const struct driver *driver;

	add("u@1", "maker,uart", false);
	probe_error = -ENODEV;
	device_probe_phase(DRIVER_CONSOLE);
	CHECK(!log_text[0]);
	CHECK(device_info(0, &device, &driver) && !driver && !strcmp(device->name, "u@1"));
	device_probe_phase(DRIVER_CONSOLE);
	CHECK(!strcmp(order, "u"));
	add("u@2", "maker,uart", false);
	probe_error = -EIO;
	device_probe_phase(DRIVER_CONSOLE);
	CHECK(!strcmp(log_text, "u@2: uart does not work: error 5"));
	add("u@3", "maker,uart", false);
	probe_error = 0;
	device_probe_phase(DRIVER_CONSOLE);
	CHECK(device_info(2, &device, &driver) && driver == uart_driver);
	CHECK(!device_info(3, &device, &driver) && !device_at(3) && device_at(2) == device);
}

static struct device with_cells(const uint32_t *cells, unsigned count)
{
	static uint8_t bytes[200];
	struct device device = {.compatible = "maker,uart",
				.irq_cells = bytes,
				.irq_cells_len = count * 4,
				.name = "u"};

	for (unsigned i = 0; i < count * 4; i++)
		bytes[i] = (uint8_t)(cells[i / 4] >> (24 - i % 4 * 8));
	return device;
}

static void probe_cells(const uint32_t *cells, unsigned count)
{
	struct device device = with_cells(cells, count);

	device_add(&device, uart_driver);
	device_probe_phase(DRIVER_CONSOLE);
}

FRESH_TEST(interrupts_are_decoded)
{
	static const uint32_t cells[] = {0, 33, 4, 1, 14, 1};

	controller = &intc;
	probe_cells(cells, 6);
	CHECK(probed.irq_count == 2 && probed.irqs[0].line == 65 && probed.irqs[1].line == 30);
	CHECK(probed.irqs[0].trigger == IRQ_LEVEL_HIGH &&
	      probed.irqs[1].trigger == IRQ_EDGE_RISING);
}

FRESH_TEST(interrupts_that_are_cut_or_wrong)
{
	static const uint32_t cells[] = {0, 33, 4, 7, 14, 1, 0, 1, 1};

	controller = &intc;
	probe_cells(cells, 2);
	CHECK(probed.irq_count == 0);
	probe_cells(cells, 5);
	CHECK(probed.irq_count == 1);
	probe_cells(cells, 9); /* nothing behind the wrong one */
	CHECK(probed.irq_count == 1);
}

FRESH_TEST(more_interrupts_than_are_kept)
{
	uint32_t cells[30] = {0};

	controller = &intc;
	probe_cells(cells, 30);
	CHECK(probed.irq_count == DEVICE_IRQS_MAX);
}

FRESH_TEST(without_a_controller_that_decodes)
{
	static const uint32_t cells[] = {0, 33, 4};

	probe_cells(cells, 3);
	CHECK(probed.irq_count == 0);
	controller = &intc;
	intc.cells = 0;
	probe_cells(cells, 3);
	CHECK(probed.irq_count == 0);
}

FRESH_TEST(too_many_devices)
{
	struct device device = {.name = "many"};
	unsigned count = 0;

	while (!device_add(&device, uart_driver))
		count++;
	CHECK(count >= 16 && strstr(log_text, "many: too many devices"));
	device_probe_phase(DRIVER_CONSOLE);
	CHECK(strlen(order) == count);
}
