/* SPDX-License-Identifier: BSD-2-Clause */
/* The controller: reset, queues, administration [NVMe 1.4, 3.1, 5, 7.6]. */
#include <errno.h>
#include <string.h>

#include <arch/cpu.h>
#include <kernel/clock.h>
#include <kernel/log.h>
#include <mem/linear.h>

#include "nvme.h"

LOG_MODULE_IF(FS, nvme);

#define REG_MASK      0x0c
#define REG_UNMASK    0x10
#define REG_CC	      0x14
#define REG_CSTS      0x1c
#define REG_ADMIN     0x24 /* entries of both queues */
#define REG_ADMIN_SQ  0x28
#define REG_ADMIN_CQ  0x30
#define REG_DOORBELLS 0x1000

#define CC_ENABLE	 1
#define CC_ENTRIES	 (6 << 16 | 4 << 20) /* commands of 64 bytes, completions of 16 */
#define CSTS_READY	 1
#define CSTS_FATAL	 2
#define CAP_TIMEOUT(cap) ((cap) >> 24 & 0xff) /* in 500 ms */
#define CAP_STRIDE(cap)	 ((cap) >> 32 & 0xf)

#define ADMIN_NS	 (5 * NS_PER_S)
#define QUEUE_CONTIGUOUS 1
#define QUEUE_INTERRUPTS 2
#define IO_QUEUE	 1

unsigned nvme_doorbell(const struct nvme *nvme, unsigned number)
{
	return REG_DOORBELLS + 2 * number * (4U << CAP_STRIDE(nvme->cap));
}

/* Messages of a table are edges, and these registers are not for them [3.1.3]. */
static void set_mask(struct nvme *nvme, unsigned reg)
{
	if (nvme->pci->irq_kind != PCI_IRQ_MSIX)
		mmio_write32(nvme->regs, reg, 1);
}

void nvme_mask(struct nvme *nvme)
{
	set_mask(nvme, REG_MASK);
}

void nvme_unmask(struct nvme *nvme)
{
	set_mask(nvme, REG_UNMASK);
}

static int wait_ready(struct nvme *nvme, uint32_t wanted)
{
	uint64_t end = clock_monotonic_ns() + (CAP_TIMEOUT(nvme->cap) + 1) * (NS_PER_S / 2);

	for (;;) {
		uint32_t status = mmio_read32(nvme->regs, REG_CSTS);

		if (status == ~0U || (wanted && status & CSTS_FATAL))
			return -EIO;
		if ((status & CSTS_READY) == wanted)
			return 0;
		if (clock_monotonic_ns() >= end)
			return -ETIMEDOUT;
		arch_cpu_relax();
	}
}

struct nvme_command *nvme_next_command(struct nvme_queue *queue)
{
	struct nvme_command *command = &queue->commands[queue->tail];

	memset(command, 0, sizeof(*command));
	queue->tail = (queue->tail + 1) % NVME_QUEUE_SIZE;
	return command;
}

void nvme_ring(struct nvme *nvme, struct nvme_queue *queue)
{
	if (queue->rung == queue->tail)
		return;
	/* The device sees the commands before their number. */
	arch_io_fence();
	queue->rung = queue->tail;
	mmio_write32(nvme->regs, queue->doorbell, queue->tail);
}

bool nvme_take(struct nvme_queue *queue, struct nvme_completion *completion)
{
	volatile struct nvme_completion *next = &queue->completions[queue->head];
	uint16_t status = next->status;

	if ((status & 1) != queue->phase)
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	completion->id = next->id;
	completion->result = next->result;
	completion->status = status >> 1;
	queue->head = (queue->head + 1) % NVME_QUEUE_SIZE;
	queue->phase ^= !queue->head;
	return true;
}

void nvme_taken(struct nvme *nvme, struct nvme_queue *queue)
{
	mmio_write32(nvme->regs, queue->doorbell + (4U << CAP_STRIDE(nvme->cap)), queue->head);
}

int nvme_admin(struct nvme *nvme, const struct nvme_command *command)
{
	uint64_t end = clock_monotonic_ns() + ADMIN_NS;
	struct nvme_completion completion;

	*nvme_next_command(&nvme->admin) = *command;
	nvme_ring(nvme, &nvme->admin);
	while (!nvme_take(&nvme->admin, &completion)) {
		if (clock_monotonic_ns() >= end)
			return -ETIMEDOUT;
		arch_cpu_relax();
	}
	nvme_taken(nvme, &nvme->admin);
	return completion.status & 0x7ff ? -EIO : 0;
}

int nvme_identify(struct nvme *nvme, uint32_t nsid, unsigned what, void *page)
{
	const struct nvme_command command = {.opcode = NVME_IDENTIFY,
					     .nsid = nsid,
					     .prp1 = linear_physical(page),
					     .words = {what}};

	return nvme_admin(nvme, &command);
}

static void empty(struct nvme *nvme, struct nvme_queue *queue, unsigned number)
{
	memset(queue->commands, 0, NVME_PAGE);
	memset((void *)queue->completions, 0, NVME_PAGE);
	queue->tail = queue->rung = queue->head = 0;
	queue->phase = 1;
	queue->doorbell = nvme_doorbell(nvme, number);
}

static int create_queues(struct nvme *nvme)
{
	uint32_t size = (NVME_QUEUE_SIZE - 1) << 16 | IO_QUEUE;
	const struct nvme_command cq = {.opcode = NVME_CREATE_CQ,
					.prp1 = linear_physical((void *)nvme->io.completions),
					.words = {size, QUEUE_CONTIGUOUS | QUEUE_INTERRUPTS}};
	const struct nvme_command sq = {.opcode = NVME_CREATE_SQ,
					.prp1 = linear_physical(nvme->io.commands),
					.words = {size, QUEUE_CONTIGUOUS | IO_QUEUE << 16}};
	int error = nvme_admin(nvme, &cq);

	return error ? error : nvme_admin(nvme, &sq);
}

void nvme_stop(struct nvme *nvme)
{
	mmio_write32(nvme->regs, REG_CC, 0);
	/* One that does not obey is cut off from memory. */
	if (wait_ready(nvme, 0))
		pci_master_off(nvme->pci);
}

int nvme_start(struct nvme *nvme)
{
	uint32_t entries = NVME_QUEUE_SIZE - 1;
	int error;

	mmio_write32(nvme->regs, REG_CC, 0);
	error = wait_ready(nvme, 0);
	if (error)
		return error;
	pci_master_on(nvme->pci);
	empty(nvme, &nvme->admin, 0);
	empty(nvme, &nvme->io, IO_QUEUE);
	mmio_write32(nvme->regs, REG_ADMIN, entries << 16 | entries);
	mmio_write64(nvme->regs, REG_ADMIN_SQ, linear_physical(nvme->admin.commands));
	mmio_write64(nvme->regs, REG_ADMIN_CQ, linear_physical((void *)nvme->admin.completions));
	arch_io_fence();
	mmio_write32(nvme->regs, REG_CC, CC_ENTRIES | CC_ENABLE);
	error = wait_ready(nvme, CSTS_READY);
	/* The reset has cleared the mask. */
	nvme_mask(nvme);
	return error ? error : create_queues(nvme);
}
