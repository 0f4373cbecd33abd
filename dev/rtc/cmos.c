/* SPDX-License-Identifier: BSD-2-Clause */
/* The PC's real-time clock [Motorola MC146818], set to UTC, of the years 2000 to 2099. */
#include <errno.h>
#include <string.h>

#include <arch/port.h>
#include <base/compiler.h>
#include <base/date.h>
#include <dev/device.h>
#include <kernel/clock.h>

#define STATUS_A	   10
#define UPDATE_IN_PROGRESS 0x80
#define STATUS_B	   11
#define BINARY		   4
#define HOURS_24	   2
#define PM		   0x80
#define TRIES		   100000

static const uint8_t fields[] = {0, 2, 4, 7, 8, 9}; /* second, minute, hour, day, month, year */
enum { SECOND, MINUTE, HOUR, DAY, MONTH, YEAR };

static uint16_t port;

static uint8_t cmos_read(uint8_t index)
{
	arch_port_write8(port, index);
	return arch_port_read8(port + 1);
}

static void read_all(uint8_t values[ARRAY_SIZE(fields)])
{
	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
		values[i] = cmos_read(fields[i]);
}

/* The same twice while no update is due: then none came between. */
static bool read_stable(uint8_t values[ARRAY_SIZE(fields)])
{
	uint8_t again[ARRAY_SIZE(fields)];

	for (unsigned i = 0; i < TRIES; i++) {
		if (cmos_read(STATUS_A) & UPDATE_IN_PROGRESS)
			continue;
		read_all(values);
		read_all(again);
		if (!memcmp(values, again, sizeof(again)))
			return true;
	}
	return false;
}

static int probe(const struct device *device)
{
	uint8_t values[ARRAY_SIZE(fields)], mode;
	struct date date;
	int64_t epoch;
	bool pm;

	port = (uint16_t)device->regs[0].pa;
	if (!read_stable(values))
		return -ENODEV;
	mode = cmos_read(STATUS_B);
	pm = values[HOUR] & PM;
	values[HOUR] &= (uint8_t)~PM;
	for (unsigned i = 0; !(mode & BINARY) && i < ARRAY_SIZE(fields); i++)
		values[i] = (uint8_t)((values[i] >> 4) * 10 + (values[i] & 15));
	if (!(mode & HOURS_24))
		values[HOUR] = (uint8_t)(values[HOUR] % 12 + (pm ? 12 : 0));
	date = (struct date){.year = 2000 + values[YEAR],
			     .month = values[MONTH],
			     .day = values[DAY],
			     .hour = values[HOUR],
			     .minute = values[MINUTE],
			     .second = values[SECOND]};
	if (date_to_epoch(&date, &epoch))
		return -EINVAL;
	clock_set_realtime_ns((uint64_t)epoch * NS_PER_S);
	return 0;
}

static const char *const compatible[] = {"pc,cmos", NULL};
DRIVER(cmos) = {.name = "cmos", .compatible = compatible, .phase = DRIVER_OTHER, .probe = probe};
