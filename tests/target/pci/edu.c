/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's teaching device [QEMU docs/specs/edu.txt]: it computes factorials, copies memory, and
 * interrupts when it is done. The driver of docs/writing-a-driver.md.
 */
#include "edu.h"

#include <errno.h>
#include <string.h>

#include <base/guard.h>
#include <dev/mmio.h>
#include <dev/pci.h>
#include <kernel/clock.h>
#include <kernel/mutex.h>
#include <mem/heap.h>
#include <mem/linear.h>

#define REG_ID		0x00
#define REG_INVERT	0x04
#define REG_FACTORIAL	0x08
#define REG_STATUS	0x20
#define REG_IRQ_STATUS	0x24
#define REG_IRQ_ACK	0x64
#define REG_DMA_FROM	0x80
#define REG_DMA_TO	0x88
#define REG_DMA_COUNT	0x90
#define REG_DMA_COMMAND 0x98
#define REGS_SIZE	0x100
#define ID_EDU(id)	(((id)&0xffff) == 0x00ed)
#define STATUS_IRQ	0x80 /* interrupt at the end of a computation */
#define DMA_START	1
#define DMA_TO_MEMORY	2
#define DMA_IRQ		4
#define IRQ_FACTORIAL	0x001
#define IRQ_DMA		0x100
#define BUFFER		0x40000 /* the device's memory, in its own addresses */
#define TIMEOUT_NS	(20 * NS_PER_S)

static struct edu {
	volatile void *regs;
	struct mutex mutex; /* one operation at a time */
	struct waitq done;  /* its lock guards what follows */
	uint32_t finished;  /* IRQ_… of operations that are over */
	unsigned interrupts;
	uint8_t *bounce; /* of the linear map, so that the device can reach it */
} edu = {.mutex = MUTEX_INIT(edu.mutex), .done = WAITQ_INIT(edu.done)};

/* The line may be shared: no cause, not ours. Taking the cause back lowers the line. */
static void edu_interrupt(void *arg)
{
	uint32_t cause = mmio_read32(edu.regs, REG_IRQ_STATUS);
	struct irq_state state;

	(void)arg;
	if (!cause)
		return;
	mmio_write32(edu.regs, REG_IRQ_ACK, cause);
	state = waitq_lock(&edu.done);
	edu.finished |= cause;
	edu.interrupts++;
	waitq_wake(&edu.done, 0, SIZE_MAX);
	waitq_unlock(&edu.done, state);
}

/* The operation that was begun ends with this cause. */
static int edu_wait(uint32_t cause)
{
	uint64_t deadline = clock_monotonic_ns() + TIMEOUT_NS;
	struct irq_state state = waitq_lock(&edu.done);
	int error = 0;

	while (!(edu.finished & cause) && !error)
		error = waitq_sleep_through(&edu.done, &state, 0, deadline);
	edu.finished &= ~cause;
	waitq_unlock(&edu.done, state);
	return error;
}

int64_t edu_factorial(uint32_t n)
{
	int64_t result;

	if (!edu.regs)
		return -ENODEV;
	GUARD(mutex, &edu.mutex);
	mmio_write32(edu.regs, REG_STATUS, STATUS_IRQ);
	mmio_write32(edu.regs, REG_FACTORIAL, n);
	result = edu_wait(IRQ_FACTORIAL);
	return result ? result : mmio_read32(edu.regs, REG_FACTORIAL);
}

static int transfer(uint64_t from, uint64_t to, size_t len, uint32_t command)
{
	mmio_write64(edu.regs, REG_DMA_FROM, from);
	mmio_write64(edu.regs, REG_DMA_TO, to);
	mmio_write64(edu.regs, REG_DMA_COUNT, len);
	mmio_write64(edu.regs, REG_DMA_COMMAND, command | DMA_START | DMA_IRQ);
	return edu_wait(IRQ_DMA);
}

static int check(unsigned offset, size_t len)
{
	if (!edu.regs)
		return -ENODEV;
	return offset <= EDU_BUFFER_SIZE && len <= EDU_BUFFER_SIZE - offset ? 0 : -EINVAL;
}

int edu_write(unsigned offset, const void *data, size_t len)
{
	int error = check(offset, len);

	if (error || !len)
		return error;
	GUARD(mutex, &edu.mutex);
	memcpy(edu.bounce, data, len);
	return transfer(linear_physical(edu.bounce), BUFFER + offset, len, 0);
}

int edu_read(unsigned offset, void *data, size_t len)
{
	int error = check(offset, len);

	if (error || !len)
		return error;
	GUARD(mutex, &edu.mutex);
	error = transfer(BUFFER + offset, linear_physical(edu.bounce), len, DMA_TO_MEMORY);
	if (!error)
		memcpy(data, edu.bounce, len);
	return error;
}

bool edu_present(void)
{
	return edu.regs;
}

unsigned edu_interrupts(void)
{
	return edu.interrupts;
}

static int edu_probe(struct pci_device *pci)
{
	volatile void *regs = pci_map(pci, 0, 0, REGS_SIZE);
	int error;

	if (!regs || edu.regs)
		return -EINVAL;
	mmio_write32(regs, REG_INVERT, 0x12345678);
	if (!ID_EDU(mmio_read32(regs, REG_ID)) || mmio_read32(regs, REG_INVERT) != ~0x12345678U)
		return -ENODEV;
	edu.bounce = heap_alloc(EDU_BUFFER_SIZE);
	if (!edu.bounce)
		return -ENOMEM;
	edu.regs = regs;
	error = pci_irq_open(pci, 1);
	if (error > 0)
		error = pci_irq_attach(pci, 0, edu_interrupt, NULL, pci->name);
	if (error < 0) {
		edu.regs = NULL;
		heap_free(edu.bounce);
		return error;
	}
	pci_master_on(pci);
	return 0;
}

static const struct pci_id ids[] = {{PCI_ID(0x1234, 0x11e8)}, {0}};
PCI_DRIVER(PCI, edu) = {.name = "edu", .ids = ids, .probe = edu_probe};
