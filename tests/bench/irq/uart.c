/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A level interrupt that one store raises: the console's "I can take a byte", which is always true
 * between two outputs, is let through. The handler shuts it again and wakes the thread that waits.
 */
#include <errno.h>

#include <arch/port.h>
#include <base/str.h>
#include <dev/device.h>
#include <dev/mmio.h>
#include <kernel/clock.h>
#include <kernel/irq.h>
#include <kernel/sem.h>
#include <mem/linear.h>
#include <abi/mark.h>

#define NS16550_IER    1
#define NS16550_IER_TX 2
#define PL011_DR       0x00
#define PL011_IMSC     0x38
#define PL011_INT_TX   (1u << 5)

long sys_uart_setup(void);
long sys_uart_raise(void);
long sys_uart_wait(void);

static volatile void *memory; /* NULL: ports */
static uint16_t port;
static unsigned mask_at, mask_width, mask_bit;
static struct sem arrived;

static inline void mask_write(uint32_t value)
{
	if (!memory)
		arch_port_write8((uint16_t)(port + mask_at), (uint8_t)value);
	else if (mask_width == 4)
		mmio_write32(memory, mask_at, value);
	else
		mmio_write8(memory, mask_at, (uint8_t)value);
}

static void uart_interrupt(void *arg)
{
	(void)arg;
	mask_write(0);
	sem_release(&arrived);
}

/* 0, -ENODEV: no serial port that we know. */
long sys_uart_setup(void)
{
	const struct device *device;
	const struct driver *driver;

	for (unsigned i = 0; device_info(i, &device, &driver); i++) {
		if (!driver || !device->irq_count ||
		    !(str_equal(driver->name, "pl011") || str_equal(driver->name, "ns16550")))
			continue;
		if (device->port_io)
			port = (uint16_t)device->regs[0].pa;
		else if (!(memory = linear_map_device(device->regs[0].pa, device->regs[0].size)))
			return -ENOMEM;
		mask_at = NS16550_IER << device->reg_shift;
		mask_bit = NS16550_IER_TX;
		if (str_equal(driver->name, "pl011")) {
			mask_at = PL011_IMSC;
			mask_bit = PL011_INT_TX;
			mask_width = 4;
			mmio_write32(memory, PL011_DR, '\n');
		}
		sem_setup(&arrived, 0);
		/* A PC's line is an edge by custom; the chip holds its level until it is served. */
		return irq_attach(device->irqs[0].line, IRQ_LEVEL_HIGH, uart_interrupt, NULL,
				  "bench");
	}
	return -ENODEV;
}

long sys_uart_raise(void)
{
	MARK(0);
	mask_write(mask_bit);
	return 0;
}

long sys_uart_wait(void)
{
	return sem_acquire(&arrived, DEADLINE_NEVER);
}
