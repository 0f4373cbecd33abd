/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/block.c dev/virtio/core.c dev/virtio/queue.c lib/str.c
// flags: -Iinclude/arch/host -Iarch/host -I.
/*
 * The virtio core and the disk driver against a device that is honest, or lies in every register
 * and every byte that it may write. What must hold: each request comes back, once; nothing is
 * touched that is not the device's; with an honest device the data are right.
 */
#include <errno.h>

#include <kernel/waitq.h>

#define GRACE_SPINS 1
#include "dev/block/virtio_blk.c"
#include "set.h"
#include "unit.h"
#include "virtio_kernel.h"

UNIT_SET(virtio_driver, const struct virtio_driver, 1) = {{"virtio-blk", VIRTIO_ID_BLOCK, probe}};
UNIT_SET_END(virtio_driver, 24);

/* The device. */

#define DISK_SECTORS 256

struct desc {
	uint64_t pa;
	uint32_t len;
	uint16_t flags, next;
};

static struct {
	struct virtio_device device;
	uint64_t seed, features, accepted;
	unsigned lies; /* of 1000 answers */
	uint8_t status;
	uint32_t queue_max;
	unsigned size;
	struct desc *table;
	uint16_t *avail, *used;
	uint16_t seen, done;
	bool silent, notified;
	bool prompt; /* it works when it is notified, and then does not interrupt */
	bool lied;   /* about chains since the last reset: what they point to may be others' now */
	uint8_t config[64];
	uint8_t disk[DISK_SECTORS * 512];
} model;

static uint64_t draw(uint64_t below)
{
	return unit_random(&model.seed) % below;
}

static bool lies(void)
{
	return model.lies && draw(1000) < model.lies;
}

static uint64_t m_features(struct virtio_device *device)
{
	(void)device;
	return lies() ? unit_random(&model.seed) : model.features;
}

static void m_set_features(struct virtio_device *device, uint64_t features)
{
	(void)device;
	model.accepted = features;
}

static uint8_t m_status(struct virtio_device *device)
{
	(void)device;
	return lies() ? (uint8_t)draw(256) : model.status;
}

static void m_set_status(struct virtio_device *device, uint8_t status)
{
	(void)device;
	model.status = status;
	if (!status) {
		model.size = 0;
		model.notified = model.lied = false;
	}
}

static unsigned m_queue_size_max(struct virtio_device *device, unsigned index)
{
	(void)device;
	return lies() ? (unsigned)unit_random(&model.seed) : index ? 0 : model.queue_max;
}

static int m_queue_open(struct virtio_device *device, unsigned index, unsigned size,
			uint64_t desc_pa, uint64_t avail_pa, uint64_t used_pa)
{
	(void)device, (void)index;
	if (lies())
		return -EIO;
	model.size = size;
	model.table = linear_address(desc_pa);
	model.avail = linear_address(avail_pa);
	model.used = linear_address(used_pa);
	model.seen = model.done = 0;
	return 0;
}

static void serve(void);

static void m_notify(struct virtio_device *device, unsigned index)
{
	(void)device, (void)index;
	model.notified = true;
	while (model.prompt && model.avail[1] != model.seen)
		serve();
}

static uint32_t m_config_read(struct virtio_device *device, unsigned offset, unsigned width)
{
	uint32_t value = 0;

	(void)device;
	if (lies())
		return (uint32_t)(draw(2) ? unit_random(&model.seed) : draw(3));
	memcpy(&value, model.config + offset, width);
	return value;
}

static uint32_t m_config_generation(struct virtio_device *device)
{
	(void)device;
	return lies() ? (uint32_t)unit_random(&model.seed) : 0;
}

static const struct virtio_transport m_transport = {
	.name = "model",
	.features = m_features,
	.set_features = m_set_features,
	.status = m_status,
	.set_status = m_set_status,
	.queue_size_max = m_queue_size_max,
	.queue_open = m_queue_open,
	.notify = m_notify,
	.config_read = m_config_read,
	.config_generation = m_config_generation,
};

/* One chain's pieces in order, direct or not. */
static unsigned collect(uint16_t head, struct desc *out)
{
	struct desc *table = model.table;
	unsigned count = 0;

	if (table[head].flags & 4) {
		table = linear_address(model.table[head].pa);
		head = 0;
	}
	do {
		if (count == 300)
			abort();
		out[count] = table[head];
		head = table[head].next;
	} while (out[count++].flags & 1);
	return count;
}

static uint32_t move(const struct desc *pieces, unsigned count, uint64_t sector, bool in)
{
	uint64_t at = sector * 512;

	for (unsigned i = 1; i + 1 < count; i++) {
		if (!!(pieces[i].flags & 2) != in)
			abort();
		/* It had said that it was larger. */
		if (model.lies && at + pieces[i].len > sizeof(model.disk))
			break;
		if (in)
			memcpy(linear_address(pieces[i].pa), model.disk + at, pieces[i].len);
		else
			memcpy(model.disk + at, linear_address(pieces[i].pa), pieces[i].len);
		at += pieces[i].len;
	}
	return (uint32_t)(at - sector * 512);
}

/* Do what the chain says; what is written. */
static uint32_t carry_out(uint16_t head)
{
	static struct desc pieces[300];
	unsigned count = collect(head, pieces);
	const struct {
		uint32_t type, priority;
		uint64_t sector;
	} *header = linear_address(pieces[0].pa);
	uint32_t len = 1;

	if (header->type <= 1)
		len += move(pieces, count, header->sector, !header->type);
	if (header->type == 13) {
		const struct {
			uint64_t sector;
			uint32_t count, flags;
		} *range = linear_address(pieces[1].pa);

		if (range->sector + range->count <= DISK_SECTORS)
			memset(model.disk + range->sector * 512, 0, range->count * 512UL);
	}
	*(uint8_t *)linear_address(pieces[count - 1].pa) = lies() ? (uint8_t)draw(256) : 0;
	return len;
}

static bool lies_about_chains(void)
{
	bool now = lies();

	model.lied |= now;
	return now;
}

static void serve(void)
{
	uint16_t head = model.avail[2 + model.seen++ % model.size];
	uint32_t *entry = (uint32_t *)model.used + 1 + model.done % model.size * 2u;
	uint32_t len = model.lied ? 1 : carry_out(head);

	entry[0] = lies_about_chains() ? (uint32_t)draw(model.size * 2) : head;
	entry[1] = lies() ? (uint32_t)unit_random(&model.seed) : len;
	model.used[1] = ++model.done;
	if (lies_about_chains())
		model.used[1] = (uint16_t)(model.used[1] + draw(1 + model.size * 2));
	if (lies_about_chains())
		((uint8_t *)model.used)[draw(6 + model.size * 8)] = (uint8_t)draw(256);
}

static void work(unsigned most)
{
	while (most-- && model.size && model.status & 4 && !model.silent && !model.device.removed &&
	       model.avail[1] != model.seen)
		serve();
	if (draw(2))
		virtio_interrupt(&model.device);
	else
		virtio_interrupt_queue(&model.device, 0);
	for (uint64_t n = draw(4); n; n--)
		again_run();
}

/* What the core's thread does. */
static void attend_it(void)
{
	unsigned reasons = model.device.reasons;

	model.device.reasons = 0;
	if (reasons)
		model.device.attend(&model.device, reasons);
}

static void time_passes(void)
{
	struct timer *timer = armed_timer;
	uint64_t deadline_ns;

	if (!timer)
		return;
	deadline_ns = timer->deadline_ns;
	armed_timer = NULL;
	timer->fire(timer);
	if (timer->deadline_ns == deadline_ns)
		timer->cpu = NULL;
	else
		armed_timer = timer;
}

/* The user. */

#define REQUESTS 48

static struct {
	struct block_request request;
	struct block_piece pieces[8];
	uint8_t *memory;
	bool out;
} users[REQUESTS];
static unsigned out_count, good, twice;

static void user_done(struct block_request *request)
{
	bool *out = request->owner;

	twice += !*out;
	good += !request->error;
	*out = false;
	out_count--;
}

/* Pieces of any length; each user has sectors of its own, so that data can be compared. */
static void user_begin(unsigned i, struct block_device *disk, enum block_op op)
{
	struct block_request *request = &users[i].request;
	uint32_t count = (uint32_t)(disk->block / 512 * (1 + draw(2))), left = count * 512;
	unsigned n = 0;

	*request = (struct block_request){.op = op,
					  .sector = draw(DISK_SECTORS / 8) * 8,
					  .count = count,
					  .pieces = users[i].pieces,
					  .owner = &users[i].out,
					  .done = user_done};
	users[i].memory = realloc(users[i].memory, left);
	memset(users[i].memory, (int)i, left);
	while (left) {
		uint32_t len = n == 7 || n + 1 >= disk->pieces_max ? left
								   : 1 + (uint32_t)draw(left);

		users[i].pieces[n++] = (struct block_piece){users[i].memory + count * 512 - left,
							    len};
		left -= len;
	}
	request->piece_count = n;
	users[i].out = true;
	out_count++;
	block_submit(disk, request);
}

static void put(unsigned offset, uint32_t value)
{
	memcpy(model.config + offset, &value, 4);
}

static void device_begin(uint64_t seed, unsigned lie)
{
	static const uint16_t sizes[] = {1, 2, 4, 5, 16, 64, 256, 1024};

	memset(&model, 0, sizeof(model));
	asked_again = NULL;
	model.seed = seed;
	model.lies = lie;
	model.queue_max = sizes[draw(8)];
	model.features = VIRTIO_F_VERSION_1 | F_FLUSH |
			 (unit_random(&model.seed) &
			  (F_SIZE_MAX | F_SEG_MAX | F_BLK_SIZE | F_DISCARD | F_WRITE_ZEROES |
			   VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX));
	put(CONFIG_CAPACITY, DISK_SECTORS);
	put(CONFIG_SIZE_MAX, 4096 + (uint32_t)draw(9000));
	put(CONFIG_SEG_MAX, 1 + (uint32_t)draw(100));
	put(CONFIG_BLK_SIZE, 512u << draw(4));
	put(CONFIG_MAX_DISCARD, 8 + (uint32_t)draw(100));
	put(CONFIG_MAX_ZEROES, 8 + (uint32_t)draw(100));
	model.device.transport = &m_transport;
	model.device.id = VIRTIO_ID_BLOCK;
	armed_timer = NULL;
	out_count = good = twice = 0;
}

static void device_end(void)
{
	struct blk *blk = model.device.driver_data;

	if (!list_empty(&blk->block.node))
		block_unregister(&blk->block);
	while (block_count)
		free(blocks[--block_count]);
	for (unsigned i = 0; i < REQUESTS; i++) {
		free(users[i].memory);
		users[i].memory = NULL;
	}
}

/* Did all come back? The device is silenced at last: time-outs, then it is given up. */
static void drain(void)
{
	for (unsigned i = 0; out_count && i < 1000; i++) {
		work(1000);
		while (asked_again)
			again_run();
		attend_it();
		time_passes();
		model.silent = model.silent || i > 100;
	}
	CHECK(!out_count);
	CHECK(!twice);
}

static void honest(uint64_t seed)
{
	struct block_device *disk;

	device_begin(seed, 0);
	if (probe(&model.device)) {
		/* Only a queue too short for any request is refused. */
		CHECK(model.queue_max < 3 && !(model.features & VIRTIO_F_INDIRECT_DESC));
		CHECK(!block_count);
		return;
	}
	disk = block_at(0);
	CHECK(disk && disk->sectors == DISK_SECTORS);
	for (unsigned step = 0; step < 200; step++) {
		unsigned i = (unsigned)draw(REQUESTS);

		if (!users[i].out)
			user_begin(i, disk, (enum block_op)draw(5));
		if (draw(4) == 0) {
			block_kick(disk);
			work((unsigned)draw(20));
		}
		CHECK(!model.device.reasons);
	}
	block_kick(disk);
	CHECK(!out_count || model.notified);
	CHECK_IN(drain());
	CHECK(!disk->removed && good);
	device_end();
}

TEST(an_honest_device)
{
	for (uint64_t seed = 0; seed < 2000; seed++)
		CHECK_IN(honest(seed));
}

TEST(what_is_written_is_read)
{
	static uint8_t back[4096];

	for (uint64_t seed = 0; seed < 500; seed++) {
		struct block_device *disk;
		uint8_t want = (uint8_t)seed;

		device_begin(seed, 0);
		if (probe(&model.device))
			continue;
		disk = block_at(0);
		for (unsigned write = 2; write--;) {
			users[0].memory = realloc(users[0].memory, 4096);
			memset(users[0].memory, write ? want : 0, 4096);
			users[0].pieces[0] = (struct block_piece){users[0].memory, 4096};
			users[0].out = true;
			out_count++;
			users[0].request = (struct block_request){.op = write ? BLOCK_WRITE
									      : BLOCK_READ,
								  .sector = 16,
								  .count = 8,
								  .pieces = users[0].pieces,
								  .piece_count = 1,
								  .owner = &users[0].out,
								  .done = user_done};
			block_submit(disk, &users[0].request);
			CHECK_IN(drain());
			CHECK(disk->sectors_max < 8 || !users[0].request.error);
		}
		memset(back, want, sizeof(back));
		CHECK(disk->sectors_max < 8 || !memcmp(users[0].memory, back, 4096));
		device_end();
	}
}

/* 10^6 steps with a device that lies now and then, or all the time. */
static void hostile(uint64_t seed)
{
	struct block_device *disk;

	device_begin(seed, seed % 4 ? 1 + (unsigned)(seed % 40) : 300);
	if (probe(&model.device)) {
		while (block_count) /* of a device that does not come out of reset */
			free(blocks[--block_count]);
		return;
	}
	disk = block_at(0);
	CHECK(disk);
	for (unsigned step = 0; step < 300; step++) {
		unsigned i = (unsigned)draw(REQUESTS);

		if (!users[i].out)
			user_begin(i, disk, (enum block_op)draw(5));
		if (draw(3) == 0)
			block_kick(disk);
		if (draw(3) == 0 && model.size && disk->sectors == DISK_SECTORS)
			work((unsigned)draw(20));
		if (draw(50) == 0)
			virtio_interrupt_config(&model.device);
		if (draw(200) == 0)
			model.silent = !model.silent;
		if (draw(20) == 0)
			time_passes();
		if (draw(10) == 0)
			attend_it();
		if (draw(3000) == 0)
			virtio_removed(&model.device);
	}
	model.silent = disk->sectors != DISK_SECTORS;
	CHECK_IN(drain());
	device_end();
}

TEST(a_device_that_lies)
{
	for (uint64_t seed = 0; seed < 3500; seed++)
		CHECK_IN(hostile(seed));
}

TEST(a_silent_device_times_out)
{
	unsigned periods = 0;

	device_begin(3, 0);
	model.features = VIRTIO_F_VERSION_1;
	model.queue_max = 64;
	CHECK(!probe(&model.device));
	model.silent = true;
	user_begin(0, block_at(0), BLOCK_READ);
	while (out_count && periods < 10) {
		time_passes();
		periods++;
		attend_it();
	}
	CHECK(periods == 3 && users[0].request.error == -ETIMEDOUT);
	/* It works again after the reset. */
	model.silent = false;
	user_begin(1, block_at(0), BLOCK_READ);
	work(1);
	CHECK(!out_count);
	device_end();
}

/* The device is asked once more: what is done then needs no reset. */
static void late(bool lost_notification)
{
	device_begin(3, 0);
	model.features = VIRTIO_F_VERSION_1;
	model.queue_max = 64;
	CHECK(!probe(&model.device));
	model.prompt = !lost_notification;
	user_begin(0, block_at(0), BLOCK_READ);
	model.prompt = true;
	for (unsigned periods = 0; out_count && periods < 10; periods++) {
		time_passes();
		attend_it();
	}
	CHECK(!out_count && !users[0].request.error);
	CHECK(!((struct blk *)model.device.driver_data)->resets);
	device_end();
}

TEST(a_lost_interrupt_is_made_good)
{
	late(false);
}

TEST(a_lost_notification_is_made_good)
{
	late(true);
}

TEST(an_unplugged_device)
{
	device_begin(3, 0);
	model.queue_max = 64;
	CHECK(!probe(&model.device));
	for (unsigned i = 0; i < REQUESTS; i++)
		user_begin(i, block_at(0), BLOCK_READ);
	virtio_removed(&model.device);
	attend_it();
	CHECK(!out_count && !block_at(0));
	device_end();
}
