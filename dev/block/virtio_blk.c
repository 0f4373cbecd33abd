/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio disks [virtio-1.2 5.2]. A request on the way has a slot: what the device reads and writes
 * besides the data, and, for short lists of pieces, a table of descriptors.
 *
 * `lock` guards the queue, the slots and the lists. Nobody's `done` is called with it held. While
 * `stopped`, the queue belongs to attend().
 */
#include <errno.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <dev/block.h>
#include <dev/virtio.h>
#include <kernel/clock.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>
#include <kernel/timer.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

#include <arch/cpu.h>

LOG_MODULE(virtio_blk);

#define F_SIZE_MAX     (UINT64_C(1) << 1)
#define F_SEG_MAX      (UINT64_C(1) << 2)
#define F_RO	       (UINT64_C(1) << 5)
#define F_BLK_SIZE     (UINT64_C(1) << 6)
#define F_FLUSH	       (UINT64_C(1) << 9)
#define F_DISCARD      (UINT64_C(1) << 13)
#define F_WRITE_ZEROES (UINT64_C(1) << 14)
#define F_LIMITS       (F_SIZE_MAX | F_SEG_MAX | F_BLK_SIZE)
#define F_WANTED       (F_LIMITS | F_RO | F_FLUSH | F_DISCARD | F_WRITE_ZEROES)

enum {
	CONFIG_CAPACITY = 0,
	CONFIG_SIZE_MAX = 8,
	CONFIG_SEG_MAX = 12,
	CONFIG_BLK_SIZE = 20,
	CONFIG_MAX_DISCARD = 36,
	CONFIG_MAX_ZEROES = 48,
};

#define SLOTS	      32
#define TABLE	      13
#define QUEUE_SIZE    256
#define SECTORS_LIMIT 8192 /* 4 MiB */
#define CLEAR_LIMIT   (UINT32_C(1) << 21)

/* As much work as there is, outside of interrupts. */
#define NO_LIMIT ((int){INT32_MAX})

/* A request fails when it is not finished after two to three of these. */
#define PERIOD_NS      (10 * NS_PER_S)
#define TIMEOUT_EPOCHS 2

/* What it gets then when it is asked once more: real time, whatever the clocks do. */
#define GRACE_STEPS 100
#ifndef GRACE_SPINS /* tests on the host have no time */
#define GRACE_SPINS 10000
#endif

/* So many resets without a request that succeeds, and the disk is given up. */
#define RESETS_MAX 8

/* Shared with the device. */
struct slot_shared {
	struct {
		uint32_t type, priority;
		uint64_t sector;
	} header;
	struct {
		uint64_t sector;
		uint32_t count, flags;
	} range; /* of DISCARD and ZERO */
	uint8_t table[TABLE * VIRTQUEUE_TABLE_ENTRY];
	uint8_t status;
	uint8_t unused[15];
};
STATIC_ASSERT(sizeof(struct slot_shared) == 256);

#define SHARED_FRAMES (SLOTS * sizeof(struct slot_shared) / PAGE_SIZE)

struct slot {
	struct block_request *request; /* NULL: free */
	struct slot_shared *shared;
	unsigned epoch; /* in which it was begun */
};

struct blk {
	struct block_device block;
	struct virtio_device *virtio;
	struct spinlock lock;
	struct slot slots[SLOTS];
	uint32_t free_slots; /* bit per slot */
	struct list waiting; /* requests without one */
	struct virtqueue_piece *pieces;
	unsigned pieces_max; /* of data, after they were cut */
	uint32_t size_max;   /* bytes of a descriptor */
	bool stopped;	     /* being reset: nothing is begun, nothing is taken */
	unsigned resets;     /* since the last success */
	uint32_t in_flight;  /* atomic */
	uint32_t armed;	     /* atomic: the timer runs */
	unsigned epoch;	     /* periods that the timer has seen; the timer's */
	struct timer timer;
};

static struct virtqueue *ring_of(struct blk *blk)
{
	return &blk->virtio->queues[0].ring;
}

/* Pieces are cut to what the device takes at a time. */
static unsigned add_data(struct blk *blk, const struct block_request *request, unsigned count)
{
	const struct block_piece *piece = request->pieces, *end = piece + request->piece_count;
	struct virtqueue_piece *to = blk->pieces;
	uint32_t size_max = blk->size_max;

	for (; piece < end; piece++) {
		uint64_t pa = linear_physical(piece->address);
		uint32_t left = piece->len;

		while (left) {
			uint32_t len = left < size_max ? left : size_max;

			to[count++] = (struct virtqueue_piece){pa, len};
			pa += len;
			left -= len;
		}
	}
	return count;
}

/* All descriptors of a request: those the device reads, then those it writes. */
static unsigned describe(struct blk *blk, const struct block_request *request,
			 struct slot_shared *shared, unsigned *readable)
{
	static const uint8_t types[] = {0, 1, 4, 11, 13};
	uint64_t pa = linear_physical(shared);
	unsigned count = 1;

	shared->header.type = types[request->op];
	shared->header.priority = 0;
	shared->header.sector = request->op > BLOCK_WRITE ? 0 : request->sector;
	shared->status = 0xff;
	blk->pieces[0] = (struct virtqueue_piece){pa, sizeof(shared->header)};
	if (request->op == BLOCK_DISCARD || request->op == BLOCK_ZERO) {
		shared->range.sector = request->sector;
		shared->range.count = (uint32_t)request->count;
		shared->range.flags = 0;
		blk->pieces[count++] = (struct virtqueue_piece){
			pa + offsetof(struct slot_shared, range), sizeof(shared->range)};
	} else if (request->op != BLOCK_FLUSH) {
		count = add_data(blk, request, 1);
	}
	*readable = request->op == BLOCK_READ ? 1 : count;
	blk->pieces[count++] = (struct virtqueue_piece){pa + offsetof(struct slot_shared, status),
							1};
	return count;
}

/* Long chains take descriptors of the queue, short ones a table once these become few. */
static int add(struct blk *blk, struct slot *slot, unsigned readable, unsigned count)
{
	struct virtqueue *ring = ring_of(blk);
	struct virtqueue_table table = {slot->shared->table, linear_physical(slot->shared->table),
					TABLE};

	if (count <= TABLE && virtio_has(blk->virtio, VIRTIO_F_INDIRECT_DESC) &&
	    (count > ring->free_count || ring->free_count < ring->size / 2u))
		return virtqueue_add_indirect(ring, &table, blk->pieces, readable, count - readable,
					      slot);
	return virtqueue_add(ring, blk->pieces, readable, count - readable, slot);
}

/* False: there is no room now. */
static bool begin(struct blk *blk, struct block_request *request)
{
	unsigned readable, count;
	struct slot *slot;

	if (blk->stopped || !blk->free_slots)
		return false;
	slot = &blk->slots[__builtin_ctz(blk->free_slots)];
	count = describe(blk, request, slot->shared, &readable);
	if (add(blk, slot, readable, count))
		return false;
	blk->free_slots &= blk->free_slots - 1;
	slot->epoch = READ_ONCE(blk->epoch);
	WRITE_ONCE(slot->request, request);
	__atomic_fetch_add(&blk->in_flight, 1, __ATOMIC_SEQ_CST);
	return true;
}

/* Until *work is used up. Returns whether any was begun. */
static bool begin_some(struct blk *blk, int *work)
{
	bool any = false;

	while (*work > 0 && !list_empty(&blk->waiting)) {
		struct block_request *request = LIST_FIRST(&blk->waiting, struct block_request,
							   node);

		if (!begin(blk, request))
			break;
		list_remove(&request->node);
		*work -= block_work(request);
		any = true;
	}
	return any;
}

/*
 * The clock of time-outs runs only while something is on the way, and no request pays for it but
 * the first one. The timer is ours again when its callback is over on the CPU where it ran.
 */
static void watch(struct blk *blk)
{
	if (__atomic_load_n(&blk->armed, __ATOMIC_SEQ_CST) ||
	    __atomic_exchange_n(&blk->armed, 1, __ATOMIC_SEQ_CST))
		return;
	while (__atomic_load_n(&blk->timer.cpu, __ATOMIC_ACQUIRE))
		arch_cpu_relax();
	timer_arm(&blk->timer, clock_monotonic_ns() + PERIOD_NS);
}

static bool overdue(const struct blk *blk, const struct slot *slot)
{
	return READ_ONCE(slot->request) &&
	       READ_ONCE(blk->epoch) - READ_ONCE(slot->epoch) > TIMEOUT_EPOCHS;
}

static bool any_overdue(const struct blk *blk)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (overdue(blk, &blk->slots[i]))
			return true;
	return false;
}

/* Under the lock of the timers, which comes ahead of ours: without it. */
static void period_ends(struct timer *timer)
{
	struct blk *blk = CONTAINER_OF(timer, struct blk, timer);

	WRITE_ONCE(blk->epoch, blk->epoch + 1);
	if (any_overdue(blk))
		virtio_attend(blk->virtio, VIRTIO_ATTEND_TIMEOUT);
	/* Who begins a request counts it, then looks at `armed`; here it is the other way. */
	__atomic_store_n(&blk->armed, 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&blk->in_flight, __ATOMIC_SEQ_CST) &&
	    !__atomic_exchange_n(&blk->armed, 1, __ATOMIC_SEQ_CST))
		timer->deadline_ns = clock_monotonic_ns() + PERIOD_NS; /* after a stop, too */
}

static void submit(struct block_device *block, struct block_request *request)
{
	struct blk *blk = block->driver;
	struct irq_state state = spinlock_lock(&blk->lock);
	bool gone = block->removed;

	if (!gone && (!list_empty(&blk->waiting) || !begin(blk, request)))
		list_push_back(&blk->waiting, &request->node);
	spinlock_unlock(&blk->lock, state);
	if (!gone) {
		watch(blk);
		return;
	}
	request->error = -ENODEV;
	request->done(request);
}

static void kick(struct block_device *block)
{
	struct blk *blk = block->driver;
	struct irq_state state = spinlock_lock(&blk->lock);

	if (!blk->stopped)
		virtio_kick(blk->virtio, 0);
	spinlock_unlock(&blk->lock, state);
}

static const struct block_ops ops = {submit, kick};

/* The slot's request is over. */
static void finish(struct blk *blk, struct slot *slot, int error, struct list *finished)
{
	struct block_request *request = slot->request;

	request->error = error;
	list_push_back(finished, &request->node);
	WRITE_ONCE(slot->request, NULL);
	blk->free_slots |= UINT32_C(1) << (slot - blk->slots);
	__atomic_fetch_sub(&blk->in_flight, 1, __ATOMIC_SEQ_CST);
}

/* With no lock held: they may ask for more. */
static void tell(struct list *finished)
{
	struct list *node;

	while ((node = list_pop_front(finished))) {
		struct block_request *request = LIST_ENTRY(node, struct block_request, node);

		request->done(request);
	}
}

/* Until *work is used up; with some left, the next one that is finished interrupts. */
static void take(struct blk *blk, struct list *finished, int *work)
{
	struct virtqueue *ring = ring_of(blk);
	uint32_t written;
	struct slot *slot;

	do {
		while (*work > 0 && (slot = virtqueue_take(ring, &written))) {
			uint8_t status = READ_ONCE(slot->shared->status);

			if (!status)
				blk->resets = 0;
			*work -= block_work(slot->request);
			finish(blk, slot, !status ? 0 : status == 2 ? -EOPNOTSUPP : -EIO, finished);
		}
	} while (*work > 0 && virtqueue_interrupts_on(ring));
}

/* Some of what is finished, and of what waits to begin; the rest in further interrupts. */
static void queue_done(struct virtio_device *virtio, unsigned index)
{
	struct blk *blk = virtio->driver_data;
	struct list finished = LIST_INIT(finished);
	struct irq_state state = spinlock_lock(&blk->lock);
	int work = BLOCK_INTERRUPT_WORK;
	bool begun = false;

	if (!blk->stopped) {
		take(blk, &finished, &work);
		begun = begin_some(blk, &work);
		if (begun)
			virtio_kick(virtio, 0);
		if (ring_of(blk)->broken)
			virtio_attend(virtio, VIRTIO_ATTEND_BROKEN);
		else if (work <= 0)
			virtio_again(virtio, index);
	}
	spinlock_unlock(&blk->lock, state);
	if (begun)
		watch(blk); /* nothing may have been on the way for a while */
	tell(&finished);
}

static void config_changed(struct virtio_device *virtio)
{
	struct blk *blk = virtio->driver_data;
	uint64_t sectors = virtio_config64(virtio, CONFIG_CAPACITY);

	if (sectors == blk->block.sectors)
		return;
	block_changed(&blk->block, sectors);
	log_info("%s: %lu sectors now", blk->block.name, (unsigned long)sectors);
}

static int start(struct blk *blk)
{
	int error = virtio_negotiate(blk->virtio, F_WANTED);

	if (!error)
		error = virtio_queue_open(blk->virtio, 0, QUEUE_SIZE, queue_done);
	return error;
}

/* What was on the way comes back with an error: it was done or it was not. */
static void fail_all(struct blk *blk, int error, struct list *finished)
{
	struct slot *slot;

	while ((slot = virtqueue_reclaim(ring_of(blk))))
		finish(blk, slot, overdue(blk, slot) ? -ETIMEDOUT : error, finished);
}

static void fail_waiting(struct blk *blk, int error, struct list *finished)
{
	for (struct list *node = blk->waiting.next; node != &blk->waiting; node = node->next)
		LIST_ENTRY(node, struct block_request, node)->error = error;
	list_splice(finished, &blk->waiting);
}

static unsigned longest_chain(struct blk *blk)
{
	unsigned size = ring_of(blk)->size;

	return size < TABLE && virtio_has(blk->virtio, VIRTIO_F_INDIRECT_DESC) ? TABLE : size;
}

/* Reset the disk and begin anew; false: it is of no use any more. */
static bool restart(struct blk *blk, struct list *finished)
{
	bool works = blk->resets++ < RESETS_MAX && !virtio_reset(blk->virtio);

	fail_all(blk, -EIO, finished);
	if (!works || start(blk))
		return false;
	if (blk->pieces_max + 2 > longest_chain(blk))
		return false; /* it is another one now */
	virtio_start(blk->virtio);
	return true;
}

/*
 * The time is up: does it answer if it is asked again and not waited for by interrupt? A clock may
 * have run ahead while the CPU was idle or the machine stopped (QEMU's icount, a debugger, a host
 * that was suspended), so what the device gets now is counted in instructions.
 */
static bool answers_late(struct blk *blk)
{
	bool late = true;

	virtio_notify(blk->virtio, 0);
	for (unsigned i = 0; i < GRACE_STEPS && late && !ring_of(blk)->broken; i++) {
		struct list finished = LIST_INIT(finished);
		struct irq_state state = spinlock_lock(&blk->lock);

		take(blk, &finished, &NO_LIMIT);
		if (begin_some(blk, &NO_LIMIT))
			virtio_kick(blk->virtio, 0);
		late = any_overdue(blk);
		spinlock_unlock(&blk->lock, state);
		tell(&finished);
		for (unsigned j = 0; j < GRACE_SPINS && late; j++)
			arch_cpu_relax();
	}
	if (!late)
		log_warn("%s: late: the clock ran ahead, or an interrupt is lost", blk->block.name);
	return !late;
}

static void attend(struct virtio_device *virtio, unsigned reasons)
{
	struct blk *blk = virtio->driver_data;
	struct list finished = LIST_INIT(finished);
	struct irq_state state = spinlock_lock(&blk->lock);
	bool works = false;

	if (reasons == VIRTIO_ATTEND_TIMEOUT && !virtio->removed) {
		spinlock_unlock(&blk->lock, state);
		if (answers_late(blk))
			return;
		state = spinlock_lock(&blk->lock);
	}
	blk->stopped = true;
	spinlock_unlock(&blk->lock, state);
	if (virtio->removed) {
		log_warn("%s: it is gone", blk->block.name);
		fail_all(blk, -ENODEV, &finished);
	} else {
		log_error("%s: it %s: reset", blk->block.name,
			  reasons & VIRTIO_ATTEND_TIMEOUT ? "does not answer" : "is out of order");
		works = restart(blk, &finished);
		if (!works)
			log_error("%s: given up", blk->block.name);
	}
	state = spinlock_lock(&blk->lock);
	if (works) {
		blk->stopped = false;
		if (begin_some(blk, &NO_LIMIT))
			virtio_kick(virtio, 0);
	} else {
		block_removed(&blk->block);
		fail_waiting(blk, -ENODEV, &finished);
	}
	spinlock_unlock(&blk->lock, state);
	tell(&finished);
}

/* What one request may be. The device's words are checked, and nothing is done without need. */
static int read_limits(struct blk *blk)
{
	struct virtio_device *virtio = blk->virtio;
	struct block_device *block = &blk->block;

	if (longest_chain(blk) < 3)
		return -EINVAL;
	blk->pieces_max = longest_chain(blk) - 2;
	if (virtio_has(virtio, F_SEG_MAX)) {
		uint32_t segments = virtio_config32(virtio, CONFIG_SEG_MAX);

		blk->pieces_max = MIN(blk->pieces_max, segments ? segments : 1);
	}
	block->sectors = virtio_config64(virtio, CONFIG_CAPACITY);
	block->block = virtio_has(virtio, F_BLK_SIZE) ? virtio_config32(virtio, CONFIG_BLK_SIZE)
						      : BLOCK_SECTOR;
	block->pieces_max = (uint16_t)blk->pieces_max;
	block->sectors_max = SECTORS_LIMIT;
	blk->size_max = UINT32_MAX;
	if (virtio_has(virtio, F_SIZE_MAX)) {
		/* Half of the descriptors for cuts between pieces, half for those inside. */
		uint32_t half = blk->pieces_max > 1 ? blk->pieces_max / 2 : 1;
		uint64_t bytes;

		blk->size_max = virtio_config32(virtio, CONFIG_SIZE_MAX);
		bytes = (uint64_t)blk->size_max * half;
		block->pieces_max = (uint16_t)half;
		if (bytes < (uint64_t)SECTORS_LIMIT * BLOCK_SECTOR)
			block->sectors_max = (uint32_t)(bytes / BLOCK_SECTOR);
	}
	if (block->block >= BLOCK_SECTOR && block->block <= BLOCK_MAX)
		block->sectors_max -= block->sectors_max % (block->block / BLOCK_SECTOR);
	return 0;
}

static void read_abilities(struct blk *blk)
{
	struct virtio_device *virtio = blk->virtio;
	struct block_device *block = &blk->block;
	uint32_t most = CLEAR_LIMIT;

	block->read_only = virtio_has(virtio, F_RO);
	block->can_flush = virtio_has(virtio, F_FLUSH);
	block->can_discard = virtio_has(virtio, F_DISCARD);
	block->can_zero = virtio_has(virtio, F_WRITE_ZEROES);
	if (block->can_discard)
		most = MIN(most, virtio_config32(virtio, CONFIG_MAX_DISCARD));
	if (block->can_zero)
		most = MIN(most, virtio_config32(virtio, CONFIG_MAX_ZEROES));
	if (block->block >= BLOCK_SECTOR)
		most -= most % (block->block / BLOCK_SECTOR);
	if (!most)
		block->can_discard = block->can_zero = false;
	block->clear_max = most;
}

static int set_up(struct blk *blk)
{
	struct slot_shared *shared;
	uint64_t pa;
	int error;

	error = read_limits(blk);
	if (error)
		return error;
	read_abilities(blk);
	blk->pieces = heap_alloc((blk->pieces_max + 2) * sizeof(*blk->pieces));
	pa = frame_alloc_contiguous(SHARED_FRAMES, 1);
	if (!blk->pieces || !pa) {
		if (pa)
			frame_free_contiguous(pa, SHARED_FRAMES);
		return -ENOMEM;
	}
	shared = linear_address(pa);
	for (unsigned i = 0; i < SLOTS; i++)
		blk->slots[i].shared = &shared[i];
	virtio_start(blk->virtio);
	block_name(&blk->block, "vd");
	error = block_register(&blk->block);
	if (error)
		frame_free_contiguous(pa, SHARED_FRAMES);
	return error;
}

static int probe(struct virtio_device *virtio)
{
	struct blk *blk = heap_alloc_zeroed(sizeof(*blk));
	int error;

	if (!blk)
		return -ENOMEM;
	blk->virtio = virtio;
	blk->block.ops = &ops;
	blk->block.driver = blk;
	blk->free_slots = UINT32_MAX;
	blk->timer.fire = period_ends;
	list_init(&blk->waiting);
	virtio->driver_data = blk;
	virtio->config_changed = config_changed;
	virtio->attend = attend;
	error = start(blk);
	if (!error)
		error = set_up(blk);
	if (error) {
		virtio_give_up(virtio);
		heap_free(blk->pieces);
		heap_free(blk);
		return error;
	}
	return 0;
}

VIRTIO_DRIVER(FS, blk) = {"virtio-blk", VIRTIO_ID_BLOCK, probe};
