/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/block.c lib/str.c
// flags: -Iinclude/arch/host -Iarch/host
#include <errno.h>

#include <base/str.h>
#include <dev/block.h>
#include <kernel/log.h>
#include <kernel/waitq.h>

#include "fresh.h"

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	(void)module, (void)level, (void)format;
}

/* One thread: locks are free, and to wait lets the device work. */
struct irq_state spinlock_lock(struct spinlock *lock)
{
	(void)lock;
	return (struct irq_state){0};
}

void spinlock_unlock(struct spinlock *lock, struct irq_state state)
{
	(void)lock, (void)state;
}

static struct block_request *waiting[64];
static unsigned waiting_count, kicks, finished;
static int next_error;
static uint8_t disk_bytes[64 * 512];

static void work(void)
{
	struct block_request *request = waiting[0];
	uint8_t *at = disk_bytes + request->sector * 512;

	memmove(waiting, waiting + 1, --waiting_count * sizeof(*waiting));
	for (unsigned i = 0; i < request->piece_count; i++) {
		if (request->op == BLOCK_READ)
			memcpy(request->pieces[i].address, at, request->pieces[i].len);
		else
			memcpy(at, request->pieces[i].address, request->pieces[i].len);
		at += request->pieces[i].len;
	}
	if (request->op == BLOCK_ZERO)
		memset(at, 0, request->count * 512);
	request->error = next_error;
	next_error = 0;
	request->done(request);
}

void waitq_init(struct waitq *queue)
{
	list_init(&queue->waiters);
}

int waitq_sleep_through(struct waitq *queue, struct irq_state *state, uintptr_t key,
			uint64_t deadline_ns)
{
	(void)queue, (void)state, (void)key, (void)deadline_ns;
	work();
	return 0;
}

size_t waitq_wake(struct waitq *queue, uintptr_t key, size_t count)
{
	(void)queue, (void)key;
	return count;
}

static void submit(struct block_device *device, struct block_request *request)
{
	(void)device;
	waiting[waiting_count++] = request;
}

static void kick(struct block_device *device)
{
	(void)device;
	kicks++;
}

static const struct block_ops ops = {submit, kick};
static struct block_device disk = {.ops = &ops,
				   .name = "vda",
				   .sectors = 64,
				   .block = 512,
				   .sectors_max = 8,
				   .pieces_max = 2,
				   .can_flush = true};

static void done(struct block_request *request)
{
	(void)request;
	finished++;
}

static uint8_t memory[4096];
static struct block_piece pieces[3];

/* The error of one request; -1: it went to the driver and back. */
static int submitted(struct block_device *device, enum block_op op, uint64_t sector, uint64_t count,
		     unsigned piece_count)
{
	struct block_request request = {.op = op,
					.sector = sector,
					.count = count,
					.pieces = pieces,
					.piece_count = piece_count,
					.error = -1,
					.done = done};
	unsigned before = finished;

	block_submit(device, &request);
	if (waiting_count) {
		waiting_count = 0;
		return finished == before ? -1 : -2;
	}
	return finished == before + 1 ? request.error : -2;
}

static void one_piece(uint32_t len)
{
	pieces[0] = (struct block_piece){memory, len};
}

FRESH_TEST(what_the_device_cannot_do_never_reaches_it)
{
	one_piece(512);
	CHECK(!block_register(&disk));
	CHECK(submitted(&disk, BLOCK_READ, 0, 1, 1) == -1);
	CHECK(submitted(&disk, BLOCK_READ, 63, 1, 1) == -1);
	CHECK(submitted(&disk, BLOCK_READ, 64, 1, 1) == -ENOSPC);
	CHECK(submitted(&disk, BLOCK_READ, UINT64_MAX, 1, 1) == -ENOSPC);
	CHECK(submitted(&disk, BLOCK_READ, 1, UINT64_MAX, 1) == -ENOSPC);
	CHECK(submitted(&disk, BLOCK_WRITE, 60, 5, 1) == -ENOSPC);
	CHECK(submitted(&disk, BLOCK_READ, 0, 9, 1) == -EINVAL);
	CHECK(submitted(&disk, BLOCK_READ, 0, 2, 1) == -EINVAL);
	CHECK(submitted(&disk, BLOCK_READ, 0, 1, 0) == -EINVAL);
	CHECK(submitted(&disk, BLOCK_READ, 0, 1, 3) == -EINVAL);
	CHECK(submitted(&disk, BLOCK_READ, 5, 0, 0) == 0);
	CHECK(submitted(&disk, BLOCK_DISCARD, 0, 1, 0) == -EOPNOTSUPP);
	CHECK(submitted(&disk, BLOCK_ZERO, 0, 1, 0) == -EOPNOTSUPP);
	CHECK(submitted(&disk, (enum block_op)77, 0, 1, 1) == -EOPNOTSUPP);
	CHECK(submitted(&disk, BLOCK_FLUSH, 0, 0, 0) == -1);
	one_piece(0);
	CHECK(submitted(&disk, BLOCK_READ, 0, 1, 1) == -EINVAL);
	pieces[0] = (struct block_piece){memory, 100};
	pieces[1] = (struct block_piece){memory, 924};
	CHECK(submitted(&disk, BLOCK_READ, 0, 2, 2) == -1);
	pieces[1].address = NULL;
	CHECK(submitted(&disk, BLOCK_READ, 0, 2, 2) == -EINVAL);
	/* 2^32 bytes in two pieces are not 0 bytes. */
	pieces[0] = pieces[1] = (struct block_piece){memory, UINT32_C(1) << 31};
	CHECK(submitted(&disk, BLOCK_READ, 0, 1, 2) == -EINVAL);
}

FRESH_TEST(read_only_and_without_cache)
{
	one_piece(512);
	disk.read_only = true;
	CHECK(submitted(&disk, BLOCK_READ, 0, 1, 1) == -1);
	CHECK(submitted(&disk, BLOCK_WRITE, 0, 1, 1) == -EROFS);
	disk.can_discard = disk.can_zero = true;
	CHECK(submitted(&disk, BLOCK_DISCARD, 0, 1, 0) == -EROFS);
	CHECK(submitted(&disk, BLOCK_ZERO, 0, 1, 0) == -EROFS);
	CHECK(submitted(&disk, BLOCK_FLUSH, 0, 0, 0) == 0);
	disk.read_only = false;
	disk.clear_max = 16;
	CHECK(submitted(&disk, BLOCK_DISCARD, 0, 16, 0) == -1);
	CHECK(submitted(&disk, BLOCK_ZERO, 0, 17, 0) == -EINVAL);
	disk.can_flush = false;
	CHECK(submitted(&disk, BLOCK_FLUSH, 0, 0, 0) == 0);
	CHECK(disk.reads == 1 && disk.writes == 5 && disk.flushes == 2);
}

FRESH_TEST(large_blocks)
{
	disk.block = 4096;
	one_piece(4096);
	CHECK(!block_register(&disk));
	CHECK(submitted(&disk, BLOCK_READ, 8, 8, 1) == -1);
	CHECK(submitted(&disk, BLOCK_READ, 4, 8, 1) == -EINVAL);
	one_piece(512);
	CHECK(submitted(&disk, BLOCK_READ, 8, 1, 1) == -EINVAL);
}

FRESH_TEST(partitions_end_where_they_end)
{
	struct block_device part = disk;
	struct block_request request = {.op = BLOCK_WRITE,
					.sector = 2,
					.count = 1,
					.pieces = pieces,
					.piece_count = 1,
					.done = done};

	one_piece(512);
	part.whole = &disk;
	part.first = 16;
	part.sectors = 8;
	str_copy(part.name, "vda1", sizeof(part.name));
	CHECK(!block_register(&disk) && !block_register(&part));
	CHECK(submitted(&part, BLOCK_READ, 8, 1, 1) == -ENOSPC);
	block_submit(&part, &request);
	CHECK(waiting_count == 1 && waiting[0]->sector == 18);
	block_kick(&part);
	CHECK(kicks == 1);
	work();
	CHECK(finished == 2 && part.writes == 1 && disk.writes == 1);
	CHECK(block_at(0) == &disk && !block_at(1) && block_find("vda1") == &part);
	/* The disk has shrunk under it. */
	block_changed(&disk, 20);
	CHECK(submitted(&part, BLOCK_READ, 3, 1, 1) == -1);
	CHECK(submitted(&part, BLOCK_READ, 4, 1, 1) == -ENOSPC);
	block_removed(&disk);
	CHECK(submitted(&part, BLOCK_READ, 0, 1, 1) == -ENODEV);
	CHECK(!block_at(0) && !block_find("vda"));
}

FRESH_TEST(limits_and_names_are_checked)
{
	static const struct block_device good = {
		.name = "x", .block = 512, .sectors_max = 1, .pieces_max = 1};
	struct block_device a = good, b = good;

	a.block = 0;
	CHECK(block_register(&a) == -EINVAL);
	a.block = 1000;
	CHECK(block_register(&a) == -EINVAL);
	a.block = 8192;
	CHECK(block_register(&a) == -EINVAL);
	a.block = 4096;
	CHECK(block_register(&a) == -EINVAL);
	a = good;
	a.pieces_max = 0;
	CHECK(block_register(&a) == -EINVAL);
	a = good;
	a.sectors = UINT64_MAX;
	CHECK(block_register(&a) == -EINVAL);
	a = good;
	a.sectors_max = UINT32_MAX;
	CHECK(block_register(&a) == -EINVAL);
	a = good;
	CHECK(!block_register(&a));
	CHECK(block_register(&b) == -EEXIST);
	block_unregister(&a);
	CHECK(!block_register(&b));
}

FRESH_TEST(names_go_on_behind_z)
{
	static struct block_device many[30];

	for (unsigned i = 0; i < 30; i++) {
		many[i] = disk;
		block_name(&many[i], "vd");
		CHECK(!block_register(&many[i]));
	}
	CHECK(!strcmp(many[0].name, "vda") && !strcmp(many[25].name, "vdz"));
	CHECK(!strcmp(many[26].name, "vdaa") && !strcmp(many[29].name, "vdad"));
	CHECK(block_at(29) == &many[29] && !block_at(30));
}

FRESH_TEST(a_long_transfer_is_several_requests)
{
	static uint8_t back[20 * 512], data[20 * 512];

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 512);
	CHECK(!block_transfer(&disk, BLOCK_WRITE, 40, data, 20));
	CHECK(!memcmp(disk_bytes + 40 * 512, data, sizeof(data)));
	CHECK(!block_transfer(&disk, BLOCK_READ, 40, back, 20));
	CHECK(!memcmp(back, data, sizeof(data)));
	CHECK(disk.reads == 3 && disk.writes == 3 && kicks == 6);
	next_error = -EIO;
	CHECK(block_transfer(&disk, BLOCK_READ, 40, back, 20) == -EIO);
	CHECK(block_transfer(&disk, BLOCK_READ, 40, back, 25) == -ENOSPC);
	next_error = -EIO;
	CHECK(block_flush(&disk) == -EIO && !block_flush(&disk));
	disk.can_zero = true;
	CHECK(!block_transfer(&disk, BLOCK_ZERO, 41, NULL, 9));
	CHECK(!disk_bytes[41 * 512 + 1] && disk_bytes[50 * 512 + 1]);
	CHECK(!block_transfer(&disk, BLOCK_READ, 0, back, 0));
}
