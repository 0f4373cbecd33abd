/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt lines. The numbers are the root interrupt controller's (GIC INTID, PLIC source, x86
 * global system interrupt). The controller registers itself; drivers attach handlers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct trap_frame;

enum irq_trigger { IRQ_LEVEL_HIGH, IRQ_LEVEL_LOW, IRQ_EDGE_RISING, IRQ_EDGE_FALLING };

struct intc_ops {
	const char *name;
	/* Trap time: acknowledge, irq_deliver() for each pending line, finish. Interrupts off. */
	void (*handle)(void);
	/*
	 * Configure and unmask / mask a line: a shared one goes to the boot CPU, a private one is
	 * the calling CPU's. Any context.
	 */
	int (*enable)(unsigned line, enum irq_trigger trigger);
	void (*disable)(unsigned line);
	/* Prepare the calling CPU's interface. */
	void (*init_cpu)(struct cpu *cpu);
	/* Inter-processor interrupt; NULL where the CPU has its own way. */
	void (*send_ipi)(struct cpu *cpu);
	unsigned cells; /* device tree cells of one interrupt, 1 to 4 */
	/* Decode one device tree interrupt specifier, of so many big-endian cells. 0 or -EINVAL. */
	int (*decode)(const uint8_t *cells, unsigned *line, enum irq_trigger *trigger);
};

/* Early boot; the first one wins, a second root controller is an error that is logged. */
void irq_register_controller(const struct intc_ops *ops);
const struct intc_ops *irq_controller(void);

/* Interrupt handlers run on the CPU's interrupt stack with interrupts off. */
typedef void irq_handler(void *arg);

/*
 * 0, -ENODEV (no controller), -ENOMEM (the table is full), -EINVAL (no such line). Several handlers
 * may share a line. Thread or early boot.
 */
int irq_attach(unsigned line, enum irq_trigger trigger, irq_handler *handler, void *arg,
	       const char *name);
void irq_detach(unsigned line);

/*
 * One handler of a line; the last one's end masks it. It may still be running on the boot CPU.
 * Thread or early boot.
 */
void irq_detach_handler(unsigned line, irq_handler *handler, const void *arg);

/* From intc_ops.handle: run the handler of a line; an unknown one is masked and logged once. */
void irq_deliver(unsigned line);

/* Per-CPU set-up of the calling CPU. */
void irq_init_cpu(struct cpu *cpu);

/*
 * Work that may be long is done in pieces, each in an interrupt of its own: `run` is called once
 * in the next one of this CPU, and may ask again. Asked for while it waits to be called, on
 * whatever CPU, it is called once. Any context.
 */
struct irq_again {
	struct irq_again *next;
	uint32_t asked; /* atomic */
	void (*run)(struct irq_again *again);
};
void irq_again(struct irq_again *again);

/* For reports: handler name and count of a line; false past the last. */
bool irq_info(unsigned index, unsigned *line, const char **name, uint64_t *count);
