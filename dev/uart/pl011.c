/* SPDX-License-Identifier: BSD-2-Clause */
/* PrimeCell UART PL011 [ARM DDI 0183G]. The firmware has set its speed. */
#include <errno.h>

#include <arch/cpu.h>
#include <dev/device.h>
#include <dev/mmio.h>
#include <kernel/console.h>
#include <kernel/spinlock.h>
#include <mem/linear.h>

#define UARTDR	 0x00
#define UARTFR	 0x18
#define UARTLCRH 0x2c
#define UARTCR	 0x30
#define UARTIFLS 0x34
#define UARTIMSC 0x38
#define UARTICR	 0x44

#define FR_RX_EMPTY (1u << 4)
#define FR_TX_FULL  (1u << 5)
#define LCR_FIFO    (1u << 4)
#define CR_ENABLE   0x301u /* UART, transmit, receive */
#define INT_RX	    0x50u  /* receive level and receive timeout */

static volatile void *uart;
static struct device_irq uart_irq;

/* Draining and masking go together: a reader on another CPU may make room and unmask meanwhile. */
static struct spinlock input_lock;

static void pl011_write(struct console *console, const char *text, size_t length)
{
	(void)console;
	while (length--) {
		while (mmio_read32(uart, UARTFR) & FR_TX_FULL)
			arch_cpu_relax();
		mmio_write32(uart, UARTDR, (uint8_t)*text++);
	}
}

/*
 * What does not fit in the ring stays in the FIFO, with the interrupt off until there is room. The
 * interrupt is acknowledged first: what arrives behind the last look raises it again.
 */
static void drain(void)
{
	mmio_write32(uart, UARTICR, INT_RX);
	while (!(mmio_read32(uart, UARTFR) & FR_RX_EMPTY)) {
		if (!console_input_room()) {
			mmio_write32(uart, UARTIMSC, 0);
			return;
		}
		console_input((uint8_t)mmio_read32(uart, UARTDR));
	}
}

static void pl011_interrupt(void *arg)
{
	(void)arg;
	spinlock_acquire(&input_lock);
	drain();
	spinlock_release(&input_lock);
}

static void pl011_resume(struct console *console)
{
	struct irq_state state = spinlock_lock(&input_lock);

	(void)console;
	drain();
	if (console_input_room())
		mmio_write32(uart, UARTIMSC, INT_RX);
	spinlock_unlock(&input_lock, state);
}

static int pl011_start_input(struct console *console)
{
	int error = irq_attach(uart_irq.line, uart_irq.trigger, pl011_interrupt, NULL, "pl011");

	if (!error)
		pl011_resume(console);
	return error;
}

static struct console pl011_console = {
	.name = "pl011",
	.write = pl011_write,
	.start_input = pl011_start_input,
	.resume_input = pl011_resume,
};

static int pl011_probe(const struct device *device)
{
	if (!device->reg_count || console_present())
		return -ENODEV;
	uart = linear_map_device(device->regs[0].pa, device->regs[0].size);
	if (!uart)
		return -ENOMEM;
	if (device->irq_count)
		uart_irq = device->irqs[0];
	else
		pl011_console.start_input = NULL;
	mmio_write32(uart, UARTIMSC, 0);
	mmio_write32(uart, UARTLCRH, mmio_read32(uart, UARTLCRH) | LCR_FIFO | 0x60);
	mmio_write32(uart, UARTIFLS, 0);
	mmio_write32(uart, UARTCR, CR_ENABLE);
	console_register(&pl011_console);
	return 0;
}

static const char *const pl011_compatible[] = {"arm,pl011", NULL};
DRIVER(pl011) = {.name = "pl011",
		 .compatible = pl011_compatible,
		 .phase = DRIVER_CONSOLE,
		 .probe = pl011_probe};
