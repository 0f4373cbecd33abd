/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to NVMe disks and their ends. What the device writes into its completions is checked
 * against the slots; nobody's `done` is called with the lock held.
 */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <kernel/log.h>
#include <mem/linear.h>

#include "nvme.h"

LOG_MODULE_IF(FS, nvme);

#define DATASET_DISCARD	 4
#define STATUS_CODE(s)	 ((s)&0x7ff) /* with the type in the upper three bits */
#define STATUS_OPCODE	 0x001
#define STATUS_PROTECTED 0x020
#define STATUS_RANGE	 0x080
#define STATUS_READ_ONLY 0x182

/*
 * The pages of a request: the first may begin at any word; all others are whole, but for the last
 * one's end [4.3]. Returns how many, 0: the pieces do not lie so.
 */
static unsigned find_pages(const struct block_request *request, uint64_t *first, uint64_t *list)
{
	uint64_t end = 0;
	unsigned count = 0;

	for (unsigned i = 0; i < request->piece_count; i++) {
		uint64_t pa = linear_physical(request->pieces[i].address);
		uint64_t left = request->pieces[i].len;

		if (!i && pa & 3)
			return 0;
		if (i && pa != end && (pa | end) & (NVME_PAGE - 1))
			return 0;
		end = pa + left;
		while (left) {
			uint64_t step = MIN(left, NVME_PAGE - (pa & (NVME_PAGE - 1)));

			if (!count)
				*first = pa;
			else if (!(pa & (NVME_PAGE - 1))) {
				if (count > NVME_LIST)
					return 0;
				list[count - 1] = pa;
			} else {
				count--; /* the page is there already */
			}
			count++;
			pa += step;
			left -= step;
		}
	}
	return count;
}

static void set_pages(struct nvme_command *command, const struct nvme_slot *slot, unsigned count,
		      uint64_t first)
{
	command->prp1 = first;
	if (count == 2)
		command->prp2 = slot->list[0];
	else if (count > 2)
		command->prp2 = linear_physical(slot->list);
}

/* Copy between the bounce buffer and the request's pieces, from its byte `at` on. */
static void copy(struct nvme *nvme, const struct block_request *request, bool to_pieces)
{
	uint64_t skip = nvme->bounced, left = nvme->bounce_len;
	uint8_t *bounce = nvme->bounce;

	for (unsigned i = 0; i < request->piece_count && left; i++) {
		uint8_t *piece = request->pieces[i].address;
		uint64_t len = request->pieces[i].len;

		if (skip >= len) {
			skip -= len;
			continue;
		}
		piece += skip;
		len = MIN(len - skip, left);
		skip = 0;
		if (to_pieces)
			memcpy(piece, bounce, len);
		else
			memcpy(bounce, piece, len);
		bounce += len;
		left -= len;
	}
}

static void set_blocks(struct nvme_command *command, const struct nvme_disk *disk, uint64_t sector,
		       uint64_t count)
{
	uint64_t block = sector >> disk->shift;

	command->words[0] = (uint32_t)block;
	command->words[1] = (uint32_t)(block >> 32);
	command->words[2] = (uint32_t)(count >> disk->shift) - 1;
}

/* The next part of a request that goes by the bounce buffer. */
static void fill_bounced(struct nvme *nvme, struct nvme_slot *slot, struct nvme_command *command)
{
	const struct block_request *request = slot->request;
	uint64_t bytes = request->count * BLOCK_SECTOR - nvme->bounced;
	unsigned count = 0;

	nvme->bounce_len = (uint32_t)MIN(bytes,
					 MIN((uint64_t)nvme->bytes_max, (uint64_t)NVME_BOUNCE));
	if (request->op == BLOCK_WRITE)
		copy(nvme, request, false);
	for (uint32_t at = NVME_PAGE; at < nvme->bounce_len; at += NVME_PAGE)
		slot->list[count++] = linear_physical(nvme->bounce + at);
	set_pages(command, slot, count + 1, linear_physical(nvme->bounce));
	set_blocks(command, slot->disk, request->sector + nvme->bounced / BLOCK_SECTOR,
		   nvme->bounce_len / BLOCK_SECTOR);
}

static void fill_discard(struct nvme_slot *slot, struct nvme_command *command)
{
	const struct block_request *request = slot->request;
	uint32_t *range = (uint32_t *)slot->list;
	uint64_t block = request->sector >> slot->disk->shift;

	range[0] = 0;
	range[1] = (uint32_t)(request->count >> slot->disk->shift);
	range[2] = (uint32_t)block;
	range[3] = (uint32_t)(block >> 32);
	command->prp1 = linear_physical(slot->list);
	command->words[0] = 0; /* one range */
	command->words[1] = DATASET_DISCARD;
}

static void push(struct nvme *nvme, struct nvme_slot *slot, unsigned pages, uint64_t first)
{
	static const uint8_t opcodes[] = {NVME_READ, NVME_WRITE, NVME_FLUSH, NVME_DATASET,
					  NVME_WRITE_ZEROES};
	const struct block_request *request = slot->request;
	struct nvme_command *command = nvme_next_command(&nvme->io);

	command->opcode = opcodes[request->op];
	command->id = (uint16_t)(slot - nvme->slots);
	command->nsid = slot->disk->nsid;
	if (slot->bounced) {
		fill_bounced(nvme, slot, command);
	} else if (request->op == BLOCK_DISCARD) {
		fill_discard(slot, command);
	} else if (request->op != BLOCK_FLUSH) {
		set_blocks(command, slot->disk, request->sector, request->count);
		set_pages(command, slot, pages, first);
	}
	slot->epoch = READ_ONCE(nvme->epoch);
}

/* False: there is no room now. */
static bool begin(struct nvme_disk *disk, struct block_request *request)
{
	struct nvme *nvme = disk->nvme;
	struct nvme_slot *slot;
	uint64_t first = 0;
	unsigned pages = 0;
	bool data = request->op <= BLOCK_WRITE;

	if (nvme->stopped || !nvme->free_slots)
		return false;
	slot = &nvme->slots[bit_lowest(nvme->free_slots)];
	if (data)
		pages = find_pages(request, &first, slot->list);
	slot->bounced = data && !pages;
	if (slot->bounced && nvme->bouncing)
		return false;
	if (slot->bounced) {
		nvme->bouncing = true;
		nvme->bounced = 0;
	}
	nvme->free_slots &= nvme->free_slots - 1;
	slot->disk = disk;
	WRITE_ONCE(slot->request, request);
	push(nvme, slot, pages, first);
	__atomic_fetch_add(&nvme->in_flight, 1, __ATOMIC_SEQ_CST);
	return true;
}

/* Until *work is used up. */
static void begin_some(struct nvme *nvme, int *work)
{
	for (unsigned i = 0; i < nvme->disk_count; i++) {
		struct nvme_disk *disk = nvme->disks[i];

		while (*work > 0 && !list_empty(&disk->waiting)) {
			struct block_request *request = LIST_FIRST(&disk->waiting,
								   struct block_request, node);

			if (!begin(disk, request))
				break;
			list_remove(&request->node);
			*work -= block_work(request);
		}
	}
	if (!nvme->stopped)
		nvme_ring(nvme, &nvme->io);
}

static void submit(struct block_device *block, struct block_request *request)
{
	struct nvme_disk *disk = block->driver;
	struct nvme *nvme = disk->nvme;
	struct irq_state state = spinlock_lock(&nvme->lock);
	bool gone = block->removed;

	if (!gone && (!list_empty(&disk->waiting) || !begin(disk, request)))
		list_push_back(&disk->waiting, &request->node);
	spinlock_unlock(&nvme->lock, state);
	if (!gone) {
		nvme_watch(nvme);
		return;
	}
	request->error = -ENODEV;
	request->done(request);
}

static void kick(struct block_device *block)
{
	struct nvme *nvme = ((struct nvme_disk *)block->driver)->nvme;
	struct irq_state state = spinlock_lock(&nvme->lock);

	if (!nvme->stopped)
		nvme_ring(nvme, &nvme->io);
	spinlock_unlock(&nvme->lock, state);
}

const struct block_ops nvme_ops = {submit, kick};

static int error_of(uint16_t status)
{
	switch (STATUS_CODE(status)) {
	case 0:
		return 0;
	case STATUS_OPCODE:
		return -EOPNOTSUPP;
	case STATUS_RANGE:
		return -ENOSPC;
	case STATUS_PROTECTED:
	case STATUS_READ_ONLY:
		return -EROFS;
	default:
		return -EIO;
	}
}

static void finish(struct nvme *nvme, struct nvme_slot *slot, int error, struct list *finished)
{
	struct block_request *request = slot->request;

	if (slot->bounced)
		nvme->bouncing = false;
	request->error = error;
	list_push_back(finished, &request->node);
	WRITE_ONCE(slot->request, NULL);
	nvme->free_slots |= UINT32_C(1) << (slot - nvme->slots);
	__atomic_fetch_sub(&nvme->in_flight, 1, __ATOMIC_SEQ_CST);
}

static void completed(struct nvme *nvme, const struct nvme_completion *completion,
		      struct list *finished, int *work)
{
	struct nvme_slot *slot = &nvme->slots[completion->id % NVME_SLOTS];
	const struct block_request *request = slot->request;
	int error = error_of(completion->status);

	if (completion->id >= NVME_SLOTS || !request) {
		nvme->broken = true;
		*work = 0;
		return;
	}
	*work -= block_work(request);
	if (slot->bounced && !error) {
		if (request->op == BLOCK_READ)
			copy(nvme, request, true);
		nvme->bounced += nvme->bounce_len;
		if (nvme->bounced < request->count * BLOCK_SECTOR) {
			push(nvme, slot, 0, 0);
			return;
		}
	}
	finish(nvme, slot, error, finished);
}

static void tell(struct list *finished)
{
	struct list *node;

	while ((node = list_pop_front(finished))) {
		struct block_request *request = LIST_ENTRY(node, struct block_request, node);

		request->done(request);
	}
}

/* Until *work is used up. */
static bool take(struct nvme *nvme, struct list *finished, int *work)
{
	struct nvme_completion completion;
	bool any = false;

	while (*work > 0 && nvme_take(&nvme->io, &completion)) {
		completed(nvme, &completion, finished, work);
		any = true;
	}
	if (any)
		nvme_taken(nvme, &nvme->io);
	return any;
}

/*
 * The line may be shared: nothing completed, not ours. What completes before the device is told
 * what was taken leaves the line as it is, and there are interrupt controllers that see changes
 * only (QEMU's PLIC): look again behind that. The rest of much comes with another interrupt.
 */
void nvme_interrupt(void *arg)
{
	struct nvme *nvme = arg;
	struct list finished = LIST_INIT(finished);
	struct irq_state state = spinlock_lock(&nvme->lock);
	int work = BLOCK_INTERRUPT_WORK;
	bool begins = nvme->unfinished;

	while (!nvme->stopped && work > 0 && take(nvme, &finished, &work))
		begins = true;
	if (begins) {
		begin_some(nvme, &work);
		nvme->unfinished = work <= 0;
		if (nvme->unfinished)
			irq_again(&nvme->again);
	}
	if (nvme->broken && !nvme->stopped) {
		log_error("%s: it completes what was not asked for", nvme->pci->name);
		nvme->stopped = true;
		nvme_mask(nvme);
		nvme_attend(nvme);
	}
	spinlock_unlock(&nvme->lock, state);
	if (begins)
		nvme_watch(nvme); /* nothing may have been on the way for a while */
	tell(&finished);
}

void nvme_interrupt_again(struct irq_again *again)
{
	nvme_interrupt(CONTAINER_OF(again, struct nvme, again));
}

void nvme_fail(struct nvme *nvme, int error, bool all)
{
	struct list finished = LIST_INIT(finished);
	struct irq_state state = spinlock_lock(&nvme->lock);

	for (unsigned i = 0; i < NVME_SLOTS; i++)
		if (nvme->slots[i].request)
			finish(nvme, &nvme->slots[i], error, &finished);
	for (unsigned i = 0; all && i < nvme->disk_count; i++) {
		struct list *node;

		block_removed(&nvme->disks[i]->block);
		while ((node = list_pop_front(&nvme->disks[i]->waiting))) {
			LIST_ENTRY(node, struct block_request, node)->error = error;
			list_push_back(&finished, node);
		}
	}
	spinlock_unlock(&nvme->lock, state);
	tell(&finished);
}

void nvme_go_on(struct nvme *nvme)
{
	struct irq_state state = spinlock_lock(&nvme->lock);
	int work = INT32_MAX;

	nvme->stopped = nvme->broken = false;
	begin_some(nvme, &work);
	spinlock_unlock(&nvme->lock, state);
	nvme_unmask(nvme);
	nvme_watch(nvme);
}
