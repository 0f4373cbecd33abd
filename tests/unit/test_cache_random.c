/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/block.c fs/cache.c fs/cache_page.c fs/cache_io.c fs/cache_read.c fs/cache_write.c
// sources: fs/cache_commit.c fs/cache_flusher.c fs/cache_direct.c fs/io.c lib/str.c
// flags: -D_GNU_SOURCE -Iinclude/arch/host -Iarch/host -I.
/*
 * The block cache in workloads that nobody chose: power cuts at any write, where what is on the
 * medium is compared with the order that the contract promises; and any bytes at any place, with
 * failing requests, against plain memory.
 */
#include "cache_disk.h"

/* What each sector holds: the steps of its versions, and their classes. */
#define STEPS 4000
struct step {
	uint64_t sector;
	enum block_class class;
};
static struct step steps[STEPS];
static unsigned step_count;

static unsigned step_of(const uint8_t *bytes)
{
	unsigned step;

	memcpy(&step, bytes, sizeof(step));
	return step;
}

/*
 * With this on the medium: is there, for what is of a class, everything of the classes ahead of it
 * that was written earlier?
 */
static bool in_order(uint8_t disk_after[SECTORS][512])
{
	unsigned newest[BLOCK_CLASSES] = {0};

	for (unsigned s = 0; s < SECTORS; s++) {
		unsigned step = step_of(disk_after[s]);

		if (step && step > newest[steps[step].class])
			newest[steps[step].class] = step;
	}
	for (unsigned class = BLOCK_REMOVAL; class > 0; class --)
		if (newest[class] > newest[class - 1])
			newest[class - 1] = newest[class];
	for (unsigned step = 1; step <= step_count; step++)
		if (steps[step].class < BLOCK_REMOVAL && step < newest[steps[step].class + 1] &&
		    step_of(disk_after[steps[step].sector]) < step)
			return false;
	return true;
}

static bool survives(unsigned synced)
{
	static uint8_t after[SECTORS][512];

	memcpy(after, medium, sizeof(after));
	for (unsigned i = 0; i < version_count; i++)
		if (unit_random(&seed) & 1)
			memcpy(after[versions[i].sector], versions[i].bytes, 512);
	for (unsigned step = 1; step <= synced; step++)
		if (step_of(after[steps[step].sector]) < step)
			return false;
	return in_order(after);
}

static bool cut_anywhere_ok = true;
static unsigned synced_steps, cuts;

static void maybe_cut(uint64_t sector, const uint8_t *bytes)
{
	(void)sector, (void)bytes;
	if (unit_random(&seed) % 8)
		return;
	cuts++;
	if (!survives(synced_steps))
		cut_anywhere_ok = false;
}

static void write_steps(struct block_cache *cache, unsigned sectors)
{
	uint8_t bytes[8 * 512] = {0};
	enum block_class class = (enum block_class)(unit_random(&seed) % BLOCK_CLASSES);
	unsigned count = 1 + (unsigned)(unit_random(&seed) % 8);
	uint64_t sector = unit_random(&seed) % (sectors - count);

	/* One sector is one step; several at once are several. */
	for (unsigned i = 0; i < count && step_count + 1 < STEPS; i++) {
		step_count++;
		steps[step_count] = (struct step){sector + i, class};
		memcpy(bytes, &step_count, sizeof(step_count));
		if (block_cache_write(cache, class, (sector + i) * 512, bytes, 512))
			cut_anywhere_ok = false;
	}
}

static void random_cuts(uint64_t run)
{
	struct block_cache *cache;
	unsigned sectors = 64 + (unsigned)(run % 3) * 200;

	seed = run;
	memset(medium, 0, sizeof(medium));
	memset(present, 0, sizeof(present));
	version_count = step_count = synced_steps = 0;
	cache = open_cache(16 + run % 30, run % 5 * 512);
	on_write = maybe_cut;
	while (step_count + 9 < STEPS / 4 && cut_anywhere_ok) {
		unsigned before = step_count;

		switch (unit_random(&seed) % 40) {
		case 0:
			if (block_cache_commit(cache))
				cut_anywhere_ok = false;
			synced_steps = before;
			break;
		case 1:
			cache_tick(cache);
			break;
		case 2:
			block_cache_push(cache);
			break;
		case 3:
			block_cache_prefetch(cache, unit_random(&seed) % sectors * 512, 20000);
			break;
		case 4:
			work();
			break;
		default:
			write_steps(cache, sectors);
		}
		maybe_cut(0, NULL);
	}
	if (block_cache_close(cache) || !is_gone())
		cut_anywhere_ok = false;
	synced_steps = step_count;
	version_count = 0;
	if (!survives(step_count))
		cut_anywhere_ok = false;
	on_write = NULL;
}

FRESH_TEST(power_cuts_keep_the_order)
{
	for (uint64_t run = 1; run <= 300; run++) {
		random_cuts(run);
		if (!cut_anywhere_ok)
			printf("run %u\n", (unsigned)run);
		CHECK(cut_anywhere_ok);
	}
	CHECK(cuts > 10000);
}

/* Any bytes at any place, with failing requests, against plain memory. */
static uint8_t model[SECTORS * 512];

/* By kernel memory, or as an application does: then large ones go past the cache. */
static int move(struct block_cache *cache, bool write, enum block_class class, uint64_t at,
		uint8_t *bytes, size_t size)
{
	struct io io;
	int error;

	if (class != BLOCK_DATA)
		return write ? block_cache_write(cache, class, at, bytes, size)
			     : block_cache_read(cache, at, bytes, size);
	io_buffer(&io, bytes, size);
	error = write ? block_cache_write_io(cache, at, size, &io)
		      : block_cache_read_io(cache, at, size, &io);
	if (!error && io.done != size)
		abort();
	return error;
}

static bool random_write(struct block_cache *cache, enum block_class class, uint64_t at,
			 uint8_t *bytes, size_t size)
{
	int error;

	fill(bytes, size);
	error = move(cache, true, class, at, bytes, size);
	/* What an error leaves behind is not known: once more, without. */
	fail_countdown = -1;
	if (error && move(cache, true, class, at, bytes, size))
		return false;
	memcpy(model + at, bytes, size);
	return true;
}

static size_t random_size(void)
{
	switch (unit_random(&seed) % 16) {
	case 0:
		return 131072 + unit_random(&seed) % 300000;
	case 1:
	case 2:
	case 3:
		return unit_random(&seed) % 40000;
	default:
		return unit_random(&seed) % 600;
	}
}

static bool random_step(struct block_cache *cache, bool failing)
{
	uint8_t *bytes = large + unit_random(&seed) % 512 * 4;
	size_t size = random_size();
	uint64_t at = unit_random(&seed) % (sizeof(model) - size);
	enum block_class class = (enum block_class)(unit_random(&seed) % BLOCK_CLASSES);
	int error = 0;

	if (unit_random(&seed) % 2)
		at &= ~4095ul;
	if (failing && unit_random(&seed) % 16 == 0)
		fail_countdown = (int)(unit_random(&seed) % 10);
	switch (unit_random(&seed) % 16) {
	case 0:
		error = block_cache_commit(cache);
		break;
	case 1:
		cache_tick(cache);
		break;
	case 2:
		block_cache_push(cache);
		break;
	case 3:
		block_cache_prefetch(cache, at, size);
		break;
	case 4:
		work();
		break;
	case 5:
		error = block_cache_zero(cache, at, size);
		fail_countdown = -1;
		if (error && block_cache_zero(cache, at, size))
			return false;
		memset(model + at, 0, size);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
	case 10:
		return random_write(cache, class, at, bytes, size);
	default:
		error = move(cache, false, class, at, bytes, size);
		if (!error && memcmp(model + at, bytes, size))
			return false;
	}
	return failing || !error;
}

FRESH_TEST(random_steps)
{
	uint64_t direct = 0;

	make_large();
	for (uint64_t run = 1; run <= 60; run++) {
		struct block_cache_stats stats;
		bool failing = run & 1;
		struct block_cache *cache;

		seed = run;
		disk.block = 512u << run % 4;
		disk.sectors_max = run % 7 ? 2048 : 8;
		disk.pieces_max = run % 5 ? 254 : 1;
		frames_most = run % 11 ? 10000 : 70;
		cache = open_cache(16 + run % 60, run % 3 * 4096 + run % 2 * 512);
		on_write = NULL;
		fill(present[0], sizeof(present));
		memcpy(model, present, sizeof(model));
		memcpy(medium, present, sizeof(medium));
		version_count = 0;
		for (unsigned i = 0; i < 400; i++) {
			CHECK(random_step(cache, failing));
			if (version_count > VERSIONS_MAX - 3000)
				flush_done(flushes_asked + 1);
		}
		fail_countdown = -1;
		block_cache_stats(cache, &stats);
		direct += stats.direct;
		CHECK(!block_cache_close(cache) && is_gone());
		CHECK(!memcmp(medium, model, sizeof(medium)));
		CHECK(!memcmp(present, model, sizeof(present)));
	}
	CHECK(direct > 5 << 20);
}
