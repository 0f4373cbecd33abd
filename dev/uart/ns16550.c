/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serial port 16550A and its kin [National Semiconductor PC16550D], behind ports or in memory,
 * registers 1, 2 or 4 bytes apart. Output is polled, input by interrupt. The firmware has set its
 * speed.
 */
#include <errno.h>

#include <arch/cpu.h>
#include <arch/port.h>
#include <dev/device.h>
#include <dev/mmio.h>
#include <kernel/console.h>
#include <kernel/spinlock.h>
#include <mem/linear.h>

enum { DATA = 0, IER = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5, SCRATCH = 7 };

#define IER_RX 1
#define FCR_ENABLE                                                                                 \
	0x87 /* both FIFOs empty; interrupt at eight bytes, or four characters after the last one */
#define LCR_8N1	     3
#define MCR_ON	     0x0b /* DTR, RTS, and on a PC the interrupt line */
#define LSR_RX_READY 0x01
#define LSR_ALL_SENT 0x40
#define FIFO_BYTES   16

static volatile void *memory; /* NULL: ports */
static uint16_t port;
static uint8_t shift, width;
static struct device_irq line;

static uint8_t reg_read(unsigned reg)
{
	if (!memory)
		return arch_port_read8((uint16_t)(port + reg));
	return width == 4 ? (uint8_t)mmio_read32(memory, reg << shift)
			  : mmio_read8(memory, reg << shift);
}

static void reg_write(unsigned reg, uint8_t value)
{
	if (!memory)
		arch_port_write8((uint16_t)(port + reg), value);
	else if (width == 4)
		mmio_write32(memory, reg << shift, value);
	else
		mmio_write8(memory, reg << shift, value);
}

/*
 * An empty FIFO takes its size without a look at the state. All is waited for, so that nothing is
 * lost when the machine is left right after.
 */
static void uart_write(struct console *console, const char *text, size_t length)
{
	(void)console;
	while (length) {
		for (unsigned room = FIFO_BYTES; room && length; room--, length--)
			reg_write(DATA, (uint8_t)*text++);
		while (!(reg_read(LSR) & LSR_ALL_SENT))
			arch_cpu_relax();
	}
}

/* Draining and masking go together: a reader on another CPU may make room and unmask meanwhile. */
static struct spinlock input_lock;

/*
 * The line is an edge on a PC: it must have gone down before this returns, so either the FIFO is
 * empty or, with no room for what it holds, the interrupt is off.
 */
static void drain(void)
{
	while (reg_read(LSR) & LSR_RX_READY) {
		if (!console_input_room()) {
			reg_write(IER, 0);
			return;
		}
		console_input(reg_read(DATA));
	}
}

static void uart_interrupt(void *arg)
{
	(void)arg;
	spinlock_acquire(&input_lock);
	drain();
	spinlock_release(&input_lock);
}

static void uart_resume(struct console *console)
{
	struct irq_state state = spinlock_lock(&input_lock);

	(void)console;
	drain();
	if (console_input_room())
		reg_write(IER, IER_RX);
	spinlock_unlock(&input_lock, state);
}

static int uart_start_input(struct console *console)
{
	int error = irq_attach(line.line, line.trigger, uart_interrupt, NULL, console->name);

	if (!error)
		uart_resume(console);
	return error;
}

static struct console uart_console = {
	.name = "ns16550",
	.write = uart_write,
	.start_input = uart_start_input,
	.resume_input = uart_resume,
};

static int probe(const struct device *device)
{
	if (!device->reg_count || console_present())
		return -ENODEV;
	if (device->port_io)
		port = (uint16_t)device->regs[0].pa;
	else if (!(memory = linear_map_device(device->regs[0].pa, device->regs[0].size)))
		return -ENOMEM;
	shift = (uint8_t)device->reg_shift;
	width = (uint8_t)device->reg_io_width;
	/* Where nothing answers, all bits are ones. */
	reg_write(SCRATCH, 0x5a);
	if (reg_read(SCRATCH) != 0x5a)
		return -ENODEV;
	if (device->irq_count)
		line = device->irqs[0];
	else
		uart_console.start_input = NULL;
	reg_write(IER, 0);
	reg_write(LCR, LCR_8N1);
	reg_write(FCR, FCR_ENABLE);
	reg_write(MCR, MCR_ON);
	console_register(&uart_console);
	return 0;
}

static const char *const compatible[] = {"ns16550a", "ns16550", "snps,dw-apb-uart", NULL};
DRIVER(ns16550) = {
	.name = "ns16550", .compatible = compatible, .phase = DRIVER_CONSOLE, .probe = probe};
