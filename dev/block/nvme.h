/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the NVMe driver: the controller, its queues and disks [NVMe 1.4]. */
#pragma once

#include <dev/block.h>
#include <dev/mmio.h>
#include <dev/pci.h>
#include <kernel/irq.h>
#include <kernel/spinlock.h>
#include <kernel/timer.h>

#define NVME_QUEUE_SIZE 64 /* entries: more than slots, so that a queue is never full */
#define NVME_SLOTS	32
#define NVME_DISKS_MAX	8
#define NVME_LIST	128 /* pages of a request behind its first */
#define NVME_BOUNCE	16384
#define NVME_PAGE	4096

/* Commands [5, 6]. */
enum { NVME_DELETE_SQ, NVME_CREATE_SQ, NVME_DELETE_CQ = 4, NVME_CREATE_CQ, NVME_IDENTIFY };
enum { NVME_FLUSH, NVME_WRITE, NVME_READ, NVME_WRITE_ZEROES = 8, NVME_DATASET };

struct nvme_command {
	uint16_t opcode, id;
	uint32_t nsid;
	uint64_t reserved, metadata, prp1, prp2;
	uint32_t words[6]; /* 10 to 15 */
};

struct nvme_completion {
	uint32_t result, reserved;
	uint16_t sq_head, sq_id, id, status; /* bit 0 of status: the phase */
};

struct nvme_queue {
	struct nvme_command *commands;
	volatile struct nvme_completion *completions;
	unsigned tail, rung, head; /* rung: what the device knows of tail */
	unsigned phase;
	unsigned doorbell; /* offset of the registers */
};

struct nvme_slot {
	struct block_request *request; /* NULL: free */
	struct nvme_disk *disk;
	uint64_t *list; /* NVME_LIST entries, or the ranges of a discard */
	unsigned epoch; /* in which it was begun */
	bool bounced;
};

struct nvme {
	struct pci_device *pci;
	volatile void *regs;
	uint64_t cap;
	struct nvme_queue admin, io;
	bool can_flush, can_discard, can_zero;
	uint32_t bytes_max; /* of one transfer */

	/* Guards what follows, and the queues once the disks are registered. */
	struct spinlock lock;
	struct nvme_slot slots[NVME_SLOTS];
	uint32_t free_slots; /* a bit for each */
	struct nvme_disk *disks[NVME_DISKS_MAX];
	unsigned disk_count;
	bool stopped;	 /* nothing is begun, nothing is taken */
	bool broken;	 /* it said what cannot be: to be reset */
	bool unfinished; /* there is more to do than one interrupt does */
	struct irq_again again;
	/* One request at a time whose pieces the device cannot reach as they lie. */
	uint8_t *bounce;
	bool bouncing;
	uint32_t bounced, bounce_len; /* bytes done, bytes on the way */

	/* Time-outs: see dev/block/nvme_watch.c. */
	uint32_t in_flight, armed, attend; /* atomic */
	unsigned epoch;
	struct timer timer;
};

struct nvme_disk {
	struct block_device block;
	struct nvme *nvme;
	uint32_t nsid;
	unsigned shift;	     /* sectors of a block, as a power of two */
	struct list waiting; /* requests without a slot; the controller's lock */
};

/*
 * nvme_admin.c: begin anew: reset, queues, and the controller runs. 0, -EIO, -ETIMEDOUT. Nobody
 * else uses the queues; may take seconds.
 */
int nvme_start(struct nvme *nvme);
/* The controller reaches no memory any more. */
void nvme_stop(struct nvme *nvme);
/*
 * No interrupts for what nobody takes: a level would not let the thread run that is to take it.
 * nvme_start() masks them. Any context.
 */
void nvme_mask(struct nvme *nvme);
void nvme_unmask(struct nvme *nvme);
/* Offset of the registers of pair `number`, which end where those of the next begin. */
unsigned nvme_doorbell(const struct nvme *nvme, unsigned number);
/* A command whose data is a page; polled. 0, or -EIO, -ETIMEDOUT. */
int nvme_admin(struct nvme *nvme, const struct nvme_command *command);
int nvme_identify(struct nvme *nvme, uint32_t nsid, unsigned what, void *page);

struct nvme_command *nvme_next_command(struct nvme_queue *queue);
void nvme_ring(struct nvme *nvme, struct nvme_queue *queue);
/* The next completion, copied; false: there is none. */
bool nvme_take(struct nvme_queue *queue, struct nvme_completion *completion);
void nvme_taken(struct nvme *nvme, struct nvme_queue *queue);

/* nvme_io.c. */
void nvme_interrupt(void *arg);
void nvme_interrupt_again(struct irq_again *again);
extern const struct block_ops nvme_ops;
/* Requests on the way end with this error; those that wait, too, if `all`. */
void nvme_fail(struct nvme *nvme, int error, bool all);
/* Begin what waits, with interrupts. */
void nvme_go_on(struct nvme *nvme);

/* nvme_watch.c: a request was begun; the controller needs a reset. Any context. */
void nvme_watch(struct nvme *nvme);
void nvme_attend(struct nvme *nvme);

/* nvme.c: the controllers with disks; NULL past the last. */
struct nvme *nvme_at(unsigned index);
