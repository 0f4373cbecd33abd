/* SPDX-License-Identifier: BSD-2-Clause */
/* Programmable interval timer [Intel 8254]: channel 0 counts down 16 bits round and round. */
#include <errno.h>

#include <arch/port.h>
#include <dev/device.h>
#include <kernel/clock.h>

#define CONTROL	     3
#define RATE_16_BITS 0x34 /* channel 0, both bytes, mode 2 */
#define LATCH	     0x00

static uint16_t port;

static uint64_t read(void)
{
	uint8_t low;

	arch_port_write8(port + CONTROL, LATCH);
	low = arch_port_read8(port);
	return 0xffffU - ((unsigned)arch_port_read8(port) << 8 | low);
}

static const struct clock_reference pit_reference = {.hz = 1193182, .read = read, .bits = 16};

/* There is none if it does not move during a few accesses to it, a microsecond each. */
static int probe(const struct device *device)
{
	uint64_t start;

	port = (uint16_t)device->regs[0].pa;
	arch_port_write8(port + CONTROL, RATE_16_BITS);
	arch_port_write8(port, 0);
	arch_port_write8(port, 0);
	start = read();
	for (unsigned i = 0; i < 1000; i++) {
		if (read() != start) {
			clock_register_reference(&pit_reference);
			return 0;
		}
	}
	return -ENODEV;
}

static const char *const compatible[] = {"pc,pit", NULL};
DRIVER(pit) = {.name = "pit", .compatible = compatible, .phase = DRIVER_CLOCK, .probe = probe};
