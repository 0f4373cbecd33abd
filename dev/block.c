/* SPDX-License-Identifier: BSD-2-Clause */
/* Block devices: the list of them, and the checks between those who ask and those who drive. */
#include <errno.h>

#include <base/compiler.h>
#include <base/str.h>
#include <dev/block.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>
#include <kernel/waitq.h>

LOG_MODULE(block);

#define REQUEST_MAX (1u << 22) /* sectors: a piece's length fits 32 bits */

/* Guarded by devices_lock; in the order of registration. */
static struct list devices = LIST_INIT(devices);
static struct spinlock devices_lock;

static struct block_device *find_locked(const char *name)
{
	for (struct list *node = devices.next; node != &devices; node = node->next) {
		struct block_device *device = LIST_ENTRY(node, struct block_device, node);

		if (str_equal(device->name, name) && !device->removed)
			return device;
	}
	return NULL;
}

struct block_device *block_find(const char *name)
{
	struct irq_state state = spinlock_lock(&devices_lock);
	struct block_device *device = find_locked(name);

	spinlock_unlock(&devices_lock, state);
	return device;
}

struct block_device *block_at(unsigned index)
{
	struct irq_state state = spinlock_lock(&devices_lock);
	struct block_device *found = NULL;

	for (struct list *node = devices.next; node != &devices && !found; node = node->next) {
		struct block_device *device = LIST_ENTRY(node, struct block_device, node);

		if (!device->whole && !device->removed && !index--)
			found = device;
	}
	spinlock_unlock(&devices_lock, state);
	return found;
}

void block_name(struct block_device *device, const char *prefix)
{
	size_t length = str_copy(device->name, prefix, sizeof(device->name) - 3);
	char *end = device->name + length;

	for (unsigned n = 0; n < 26 * 27; n++) {
		unsigned at = 0;

		if (n >= 26)
			end[at++] = (char)('a' + n / 26 - 1);
		end[at++] = (char)('a' + n % 26);
		end[at] = '\0';
		if (!block_find(device->name))
			return;
	}
}

static bool limits_fit(const struct block_device *device)
{
	uint32_t sectors = device->block / BLOCK_SECTOR;

	return device->name[0] && !(device->block & (device->block - 1)) &&
	       device->block >= BLOCK_SECTOR && device->block <= BLOCK_MAX &&
	       device->sectors_max >= sectors && device->sectors_max <= REQUEST_MAX &&
	       !(device->sectors_max % sectors) && !(device->clear_max % sectors) &&
	       device->pieces_max && device->sectors <= BLOCK_SECTORS_MAX;
}

int block_register(struct block_device *device)
{
	struct irq_state state;
	int error = 0;

	if (!limits_fit(device)) {
		log_error("%s: limits that make no sense: it is not used", device->name);
		return -EINVAL;
	}
	state = spinlock_lock(&devices_lock);
	if (find_locked(device->name))
		error = -EEXIST;
	else
		list_push_back(&devices, &device->node);
	spinlock_unlock(&devices_lock, state);
	if (!error)
		log_debug("%s: %lu sectors of %u bytes%s", device->name,
			  (unsigned long)device->sectors, BLOCK_SECTOR,
			  device->read_only ? ", read-only" : "");
	return error;
}

void block_unregister(struct block_device *device)
{
	struct irq_state state = spinlock_lock(&devices_lock);

	device->removed = true;
	list_remove(&device->node);
	spinlock_unlock(&devices_lock, state);
}

void block_changed(struct block_device *device, uint64_t sectors)
{
	if (sectors > BLOCK_SECTORS_MAX)
		sectors = BLOCK_SECTORS_MAX;
	__atomic_store_n(&device->sectors, sectors, __ATOMIC_RELAXED);
}

void block_removed(struct block_device *device)
{
	__atomic_store_n(&device->removed, true, __ATOMIC_RELAXED);
}

/* Sectors of one request. */
static uint32_t longest(const struct block_device *device, enum block_op op)
{
	return op > BLOCK_WRITE && device->clear_max ? device->clear_max : device->sectors_max;
}

static bool pieces_add_up(const struct block_request *request)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < request->piece_count; i++) {
		if (!request->pieces[i].len || !request->pieces[i].address)
			return false;
		bytes += request->pieces[i].len;
	}
	return bytes == request->count * BLOCK_SECTOR;
}

/* May the device be asked for this? 0 or the request's error. */
static int check(const struct block_device *device, const struct block_request *request)
{
	uint64_t sectors = __atomic_load_n(&device->sectors, __ATOMIC_RELAXED);
	uint32_t mask = device->block / BLOCK_SECTOR - 1;

	if (__atomic_load_n(&device->removed, __ATOMIC_RELAXED))
		return -ENODEV;
	if (request->op == BLOCK_FLUSH)
		return 0;
	if (request->op != BLOCK_READ && device->read_only)
		return -EROFS;
	if ((request->op == BLOCK_DISCARD && !device->can_discard) ||
	    (request->op == BLOCK_ZERO && !device->can_zero) || request->op > BLOCK_ZERO)
		return -EOPNOTSUPP;
	if (request->sector > sectors || request->count > sectors - request->sector)
		return -ENOSPC;
	if ((request->sector | request->count) & mask ||
	    request->count > longest(device, request->op))
		return -EINVAL;
	if (request->op > BLOCK_WRITE)
		return 0;
	if (request->piece_count > device->pieces_max || !pieces_add_up(request))
		return -EINVAL;
	return 0;
}

static void count(struct block_device *device, enum block_op op)
{
	uint64_t *counter = op == BLOCK_READ	? &device->reads
			    : op == BLOCK_FLUSH ? &device->flushes
						: &device->writes;

	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

void block_submit(struct block_device *device, struct block_request *request)
{
	int error = check(device, request);

	count(device, request->op);
	if (!error && device->whole) {
		request->sector += device->first;
		device = device->whole;
		error = check(device, request);
		count(device, request->op);
	}
	if (!error && (request->op == BLOCK_FLUSH ? device->can_flush && !device->read_only
						  : request->count > 0)) {
		device->ops->submit(device, request);
		return;
	}
	request->error = error;
	request->done(request);
}

void block_kick(struct block_device *device)
{
	if (device->whole)
		device = device->whole;
	if (device->ops->kick)
		device->ops->kick(device);
}

struct transfer {
	struct block_request request;
	struct waitq queue;
	bool finished; /* guarded by the queue's lock */
};

static void transfer_done(struct block_request *request)
{
	struct transfer *transfer = CONTAINER_OF(request, struct transfer, request);
	struct irq_state state = waitq_lock(&transfer->queue);

	transfer->finished = true;
	waitq_wake(&transfer->queue, 0, 1);
	waitq_unlock(&transfer->queue, state);
}

static int transfer_one(struct block_device *device, const struct block_request *request)
{
	struct transfer transfer = {.request = *request};
	struct irq_state state;

	waitq_init(&transfer.queue);
	transfer.request.done = transfer_done;
	block_submit(device, &transfer.request);
	block_kick(device);
	state = waitq_lock(&transfer.queue);
	while (!transfer.finished)
		(void)waitq_sleep_through(&transfer.queue, &state, 0, DEADLINE_NEVER);
	waitq_unlock(&transfer.queue, state);
	return transfer.request.error;
}

int block_transfer(struct block_device *device, enum block_op op, uint64_t sector, void *buffer,
		   uint64_t sectors)
{
	uint64_t end = __atomic_load_n(&device->sectors, __ATOMIC_RELAXED);
	int error;

	/* All or nothing, not what fits. */
	if (!device->removed && op != BLOCK_FLUSH && (sector > end || sectors > end - sector))
		return -ENOSPC;
	do {
		uint32_t most = longest(device, op);
		uint32_t now = sectors < most ? (uint32_t)sectors : most;
		struct block_piece piece = {buffer, now * BLOCK_SECTOR};
		const struct block_request request = {
			.op = op,
			.sector = sector,
			.count = now,
			.pieces = &piece,
			.piece_count = buffer && now ? 1 : 0,
		};

		error = transfer_one(device, &request);
		sector += now;
		sectors -= now;
		if (buffer)
			buffer = (char *)buffer + piece.len;
	} while (!error && sectors);
	return error;
}

int block_flush(struct block_device *device)
{
	return block_transfer(device, BLOCK_FLUSH, 0, NULL, 0);
}
