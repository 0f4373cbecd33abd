/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/block.c fs/cache.c fs/cache_page.c fs/cache_io.c fs/cache_read.c fs/cache_write.c
// sources: fs/cache_commit.c fs/cache_flusher.c fs/cache_direct.c fs/io.c lib/str.c
// flags: -Iinclude/arch/host -Iarch/host -I.
/*
 * The block cache on a disk that answers in any order, fails, and loses power: what reaches its
 * medium when is compared with what the cache's contract says.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>

#include <base/str.h>
#include <dev/block.h>
#include <fs/block_cache.h>
#include <fs/io.h>
#include <kernel/log.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>
#include <mem/user.h>
#include <mem/vm_pin.h>

#include "../../fs/cache.h"
#include "fresh.h"

/*
 * What lies below, for one thread: locks are free (but a mutex is not taken twice), and to wait lets
 * the disk work.
 */
static uint64_t seed = 1;
static long frames_out, blocks_out, frames_most = 100000;
static bool flusher_is_there;

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	(void)module, (void)level, (void)format;
}

struct irq_state spinlock_lock(struct spinlock *lock)
{
	if (lock->held++)
		abort();
	return (struct irq_state){0};
}

void spinlock_unlock(struct spinlock *lock, struct irq_state state)
{
	(void)state;
	if (--lock->held)
		abort();
}

static bool work(void);

void waitq_init(struct waitq *queue)
{
	*queue = (struct waitq){.lock = SPINLOCK_INIT};
	list_init(&queue->waiters);
}

int waitq_sleep_through(struct waitq *queue, struct irq_state *state, uintptr_t key,
			uint64_t deadline_ns)
{
	(void)key, (void)deadline_ns;
	spinlock_unlock(&queue->lock, *state);
	if (!work())
		abort(); /* it would wait for ever */
	*state = spinlock_lock(&queue->lock);
	return 0;
}

size_t waitq_wake(struct waitq *queue, uintptr_t key, size_t count)
{
	(void)queue, (void)key;
	return count;
}

void mutex_init(struct mutex *mutex)
{
	mutex->owner = 0;
}

void mutex_lock(struct mutex *mutex)
{
	if (mutex->owner++)
		abort();
}

void mutex_unlock(struct mutex *mutex)
{
	if (--mutex->owner)
		abort();
}

long thread_yield(void)
{
	work();
	return 0;
}

int thread_create(const struct thread_attr *attr, struct thread **thread)
{
	(void)attr, (void)thread;
	flusher_is_there = true;
	return 0;
}

int thread_join(int32_t id, int *status, uint64_t deadline_ns)
{
	(void)id, (void)status, (void)deadline_ns;
	flusher_is_there = false;
	return 0;
}

_Noreturn void thread_exit(int status)
{
	(void)status;
	abort();
}

uint64_t clock_monotonic_ns(void)
{
	return 0;
}

void *heap_alloc(size_t size)
{
	blocks_out++;
	return memset(malloc(size), 0xa5, size);
}

void *heap_alloc_zeroed(size_t size)
{
	return memset(heap_alloc(size), 0, size);
}

void heap_free(void *block)
{
	blocks_out -= block != NULL;
	free(block);
}

uint64_t frame_alloc(void)
{
	if (frames_out >= frames_most)
		return 0;
	frames_out++;
	return linear_physical(memset(aligned_alloc(4096, 4096), 0xa5, 4096));
}

void frame_free(uint64_t pa)
{
	frames_out--;
	free(linear_address(pa));
}

size_t frame_free_count(void)
{
	return (size_t)(frames_most - frames_out);
}

void frame_stats(struct frame_stats *stats)
{
	*stats = (struct frame_stats){.total = 1024};
}

/* The application's memory is there up to an address. */
static uintptr_t user_end = UINTPTR_MAX;

static int user_copy(void *to, const void *from, const void *user, size_t size)
{
	if ((uintptr_t)user + size > user_end) {
		if ((uintptr_t)user < user_end)
			memcpy(to, from, user_end - (uintptr_t)user);
		return -EFAULT;
	}
	memcpy(to, from, size);
	return 0;
}

int user_copy_in(void *to, const void *user_from, size_t size)
{
	return user_copy(to, user_from, user_from, size);
}

int user_copy_out(void *user_to, const void *from, size_t size)
{
	return user_copy(user_to, from, user_to, size);
}

int user_zero(void *user_to, size_t size)
{
	memset(user_to, 0, size);
	return 0;
}

/* Large buffers of the application: the pages lie in memory in another order. */
#define LARGE (128 * 4096ul)
static uint8_t *large, *large_memory;
static unsigned pins;

static void make_large(void)
{
	int fd = memfd_create("large", 0);

	if (ftruncate(fd, LARGE))
		abort();
	large_memory = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	large = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (unsigned i = 0; i < LARGE / 4096; i++)
		if (mmap(large + i * 4096, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			 (off_t)(i ^ 5) * 4096) == MAP_FAILED)
			abort();
}

size_t vm_pin(struct vm_pin *pin, uintptr_t address, size_t size, unsigned access, uint64_t *frames)
{
	uintptr_t from = (uintptr_t)large;
	size_t count = 0;

	(void)access;
	pin->start = pin->end = address & ~4095ul;
	if (address < from || address >= from + LARGE)
		return 0;
	for (; pin->end < address + size; pin->end += 4096)
		frames[count++] =
			linear_physical(large_memory + (((pin->end - from) / 4096) ^ 5) * 4096);
	pins++;
	return count;
}

void vm_unpin(struct vm_pin *pin)
{
	(void)pin;
	pins--;
}

/*
 * The disk. A write lies in its cache until a flush that was asked for behind it; requests end in
 * any order. What is there after a power cut is, for each sector, any of the versions since the
 * last flush.
 */
#define SECTORS	     2048
#define WAITING_MAX  64
#define VERSIONS_MAX 16384

struct version {
	uint64_t sector;
	unsigned age; /* flushes were asked for when it was complete */
	uint8_t bytes[512];
};

static uint8_t medium[SECTORS][512], present[SECTORS][512]; /* present: with the disk's cache */
static struct version versions[VERSIONS_MAX];
static unsigned version_count, flushes_asked;
static struct block_request *waiting[WAITING_MAX];
static unsigned waiting_age[WAITING_MAX], waiting_count;
static uint8_t *waiting_early[WAITING_MAX];
static unsigned kicks, reads, writes, flushes, longest;
static int fail_countdown = -1; /* the n-th request from now on fails */
static int fail_forever;
static int64_t bad_sector = -1;
static void (*on_write)(uint64_t sector, const uint8_t *bytes);

static void put_version(uint64_t sector, const uint8_t *bytes)
{
	if (version_count == VERSIONS_MAX)
		abort();
	versions[version_count].sector = sector;
	versions[version_count].age = flushes_asked;
	memcpy(versions[version_count++].bytes, bytes, 512);
	memcpy(present[sector], bytes, 512);
	if (on_write)
		on_write(sector, bytes);
}

static void flush_done(unsigned age)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < version_count; i++) {
		if (versions[i].age < age)
			memcpy(medium[versions[i].sector], versions[i].bytes, 512);
		else
			versions[kept++] = versions[i];
	}
	version_count = kept;
}

/* Half of the writes take their bytes at once, the others when they end. */
static void take_early(struct block_request *request, uint8_t **early)
{
	size_t filled = 0;

	*early = NULL;
	if (request->op != BLOCK_WRITE || unit_random(&seed) & 1)
		return;
	*early = malloc(request->count * 512);
	for (unsigned i = 0; i < request->piece_count; i++) {
		memcpy(*early + filled, request->pieces[i].address, request->pieces[i].len);
		filled += request->pieces[i].len;
	}
}

static void transfer(struct block_request *request, const uint8_t *early)
{
	uint64_t sector = request->sector;
	uint8_t buffer[512];
	unsigned filled = 0;

	for (unsigned i = 0; early && i < request->count; i++)
		put_version(sector + i, early + i * 512);
	for (unsigned i = 0; !early && i < request->piece_count; i++) {
		uint8_t *at = request->pieces[i].address;

		for (uint32_t n = 0; n < request->pieces[i].len; n++) {
			if (request->op == BLOCK_READ)
				at[n] = present[sector][filled];
			else
				buffer[filled] = at[n];
			if (++filled == 512) {
				if (request->op == BLOCK_WRITE)
					put_version(sector, buffer);
				sector++;
				filled = 0;
			}
		}
	}
}

static bool work(void)
{
	struct block_request *request;
	unsigned at, age;
	uint8_t *early;

	if (!waiting_count)
		return false;
	at = (unsigned)(unit_random(&seed) % waiting_count);
	request = waiting[at];
	age = waiting_age[at];
	early = waiting_early[at];
	waiting_count--;
	waiting[at] = waiting[waiting_count];
	waiting_age[at] = waiting_age[waiting_count];
	waiting_early[at] = waiting_early[waiting_count];
	request->error = fail_forever;
	if (fail_countdown >= 0 && fail_countdown-- == 0)
		request->error = -EIO;
	if (request->op != BLOCK_FLUSH && bad_sector >= (int64_t)request->sector &&
	    bad_sector < (int64_t)(request->sector + request->count))
		request->error = -EIO;
	if (request->op == BLOCK_FLUSH && !request->error)
		flush_done(age);
	else if (!request->error)
		transfer(request, early);
	free(early);
	reads += request->op == BLOCK_READ;
	writes += request->op == BLOCK_WRITE;
	flushes += request->op == BLOCK_FLUSH;
	if (request->count > longest)
		longest = (unsigned)request->count;
	request->done(request);
	return true;
}

static void submit(struct block_device *device, struct block_request *request)
{
	(void)device;
	if (waiting_count == WAITING_MAX)
		abort();
	if (request->op == BLOCK_FLUSH)
		flushes_asked++;
	waiting_age[waiting_count] = flushes_asked;
	take_early(request, &waiting_early[waiting_count]);
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
				   .sectors = SECTORS,
				   .block = 512,
				   .sectors_max = 2048,
				   .pieces_max = 254,
				   .can_flush = true};

static struct block_cache *open_cache(size_t pages, uint64_t grid)
{
	struct block_cache_config config = {.pages_max = pages, .grid = grid};
	struct block_cache *cache = NULL;

	if (block_cache_open(&disk, &config, &cache))
		abort();
	return cache;
}

/* Bytes that tell their place and their version. */
static void fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)unit_random(&seed);
}

static bool is_gone(void)
{
	return !frames_out && !blocks_out && !flusher_is_there && !waiting_count && !pins;
}

FRESH_TEST(reads_what_is_there)
{
	struct block_cache *cache = open_cache(0, 0);
	uint8_t bytes[5000];
	struct block_cache_stats stats;

	fill(present[0], sizeof(present));
	CHECK(!block_cache_read(cache, 1000, bytes, 5000));
	CHECK(!memcmp(bytes, present[0] + 1000, 5000));
	CHECK(reads == 1 && kicks >= 1);
	CHECK(!block_cache_read(cache, 4000, bytes, 100) && reads == 1);
	CHECK(block_cache_read(cache, SECTORS * 512 - 10, bytes, 11) == -ENOSPC);
	CHECK(block_cache_read(cache, UINT64_MAX - 3, bytes, 11) == -ENOSPC);
	CHECK(!block_cache_read(cache, SECTORS * 512 - 10, bytes, 10));
	CHECK(!memcmp(bytes, present[SECTORS - 1] + 502, 10));
	block_cache_stats(cache, &stats);
	CHECK(stats.pages == 3 && stats.pages_max == 128 && !stats.dirty);
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(a_grid_that_is_moved)
{
	struct block_cache *cache = open_cache(0, 3 * 512);
	uint8_t bytes[4096];

	fill(present[0], sizeof(present));
	/* A cluster from the grid on is one page; the first page has what is ahead of it. */
	CHECK(!block_cache_read(cache, 3 * 512, bytes, 4096) && reads == 1 && longest == 8);
	CHECK(!memcmp(bytes, present[3], 4096));
	CHECK(!block_cache_read(cache, 0, bytes, 4096));
	CHECK(!memcmp(bytes, present[0], 4096));
	CHECK(!block_cache_read(cache, SECTORS * 512 - 4096, bytes, 4096));
	CHECK(!memcmp(bytes, present[SECTORS - 8], 4096));
	fill(bytes, 4096);
	CHECK(!block_cache_write(cache, BLOCK_DATA, 0, bytes, 4096));
	CHECK(!block_cache_close(cache) && is_gone());
	CHECK(!memcmp(bytes, medium[0], 4096));
}

FRESH_TEST(one_request_for_neighbours)
{
	struct block_cache *cache = open_cache(128, 0);
	static uint8_t bytes[128 << 10];

	fill(present[0], sizeof(present));
	CHECK(!block_cache_read(cache, 0, bytes, 128 << 10));
	CHECK(!memcmp(bytes, present[0], 128 << 10));
	CHECK(reads == 1 && longest == 256);
	for (unsigned i = 0; i < 16; i++)
		CHECK(!block_cache_write(cache, BLOCK_DATA, (i * 7 % 16) * 4096, bytes, 4096));
	CHECK(!writes && !block_cache_commit(cache) && writes == 1 && flushes == 1);
	/* Nothing to do, and nothing that the disk may keep. */
	CHECK(!block_cache_commit(cache) && writes == 1 && flushes == 1);
	CHECK(!block_cache_close(cache) && is_gone() && flushes == 1);
}

FRESH_TEST(reads_ahead)
{
	struct block_cache *cache = open_cache(128, 0);
	struct block_ahead ahead = {0};
	uint8_t bytes[4096];

	fill(present[0], sizeof(present));
	for (unsigned at = 0; at < 512 * 512; at += 4096) {
		block_cache_ahead(cache, &ahead, at, 4096, SECTORS * 512);
		CHECK(!block_cache_read(cache, at, bytes, 4096));
		CHECK(!memcmp(bytes, present[0] + at, 4096));
	}
	CHECK(reads < 8);
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(bytes_that_fill_no_sector)
{
	struct block_cache *cache = open_cache(0, 0);
	static uint8_t bytes[8192];

	fill(present[0], sizeof(present));
	memcpy(bytes, present[4], 8192);
	memset(bytes + 100, 1, 700);
	CHECK(!block_cache_write(cache, BLOCK_DATA, 4 * 512 + 100, bytes + 100, 700));
	CHECK(reads == 1);
	memset(bytes + 1024, 2, 512);
	CHECK(!block_cache_write(cache, BLOCK_DATA, 6 * 512, bytes + 1024, 512) && reads == 1);
	block_cache_fresh(cache, 7 * 512, 512);
	memset(bytes + 1536, 0, 512);
	memset(bytes + 1536, 3, 5);
	CHECK(!block_cache_write(cache, BLOCK_DATA, 7 * 512, bytes + 1536, 5) && reads == 1);
	CHECK(!block_cache_zero(cache, 9 * 512 + 1, 3000));
	memset(bytes + 5 * 512 + 1, 0, 3000);
	CHECK(!block_cache_close(cache) && is_gone());
	CHECK(!memcmp(medium[4], bytes, 4 * 512));
	CHECK(!memcmp(medium[9], bytes + 5 * 512, 4 * 512));
}

FRESH_TEST(dropped_is_not_written)
{
	struct block_cache *cache = open_cache(0, 0);
	uint8_t bytes[4096];

	fill(bytes, 4096);
	for (unsigned i = 0; i < 8; i++)
		CHECK(!block_cache_write(cache, BLOCK_DATA, i * 4096, bytes, 4096));
	block_cache_drop(cache, 512, 7 * 4096 + 512);
	CHECK(!block_cache_close(cache) && is_gone());
	CHECK(!memcmp(medium[0], bytes, 512) && !medium[8][0] && !medium[1][3]);
	CHECK(!memcmp(medium[58], bytes + 1024, 6 * 512) && writes == 2);
}

FRESH_TEST(errors_are_told_once_for_each_mark)
{
	struct block_cache *cache = open_cache(0, 0);
	uint32_t a = block_cache_mark(cache), b = a, late;
	uint8_t bytes[512];

	fill(bytes, 512);
	CHECK(!block_cache_write(cache, BLOCK_DATA, 0, bytes, 512));
	CHECK(!block_cache_write(cache, BLOCK_ENTRY, 4096, bytes, 512));
	fail_countdown = 0;
	CHECK(block_cache_commit(cache) == -EIO && writes == 1 &&
	      !memcmp(present[8], medium[9], 512));
	CHECK(block_cache_error(cache, &a) == -EIO && !block_cache_error(cache, &a));
	late = block_cache_mark(cache);
	CHECK(!block_cache_commit(cache) && !memcmp(medium[0], bytes, 512));
	CHECK(!block_cache_error(cache, &a) && !block_cache_error(cache, &late));
	CHECK(block_cache_error(cache, &b) == -EIO && !block_cache_error(cache, &b));
	CHECK(!memcmp(medium[8], bytes, 512));
	/* A flush that fails is an error, too, and tried again. */
	bytes[0]++;

	CHECK(!block_cache_write(cache, BLOCK_DATA, 0, bytes, 512));
	fail_countdown = 1;
	CHECK(block_cache_commit(cache) == -EIO && block_cache_error(cache, &a) == -EIO);
	CHECK(memcmp(medium[0], bytes, 512));
	CHECK(!block_cache_commit(cache) && !block_cache_error(cache, &a));
	CHECK(!memcmp(medium[0], bytes, 512));
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(a_sector_that_cannot_be_read)
{
	struct block_cache *cache = open_cache(0, 0);
	static uint8_t bytes[65536];

	fill(present[0], sizeof(present));
	bad_sector = 100;
	CHECK(block_cache_read(cache, 0, bytes, 65536) == -EIO);
	CHECK(!block_cache_read(cache, 0, bytes, 12 * 4096)); /* only its own page is lost */
	CHECK(block_cache_read(cache, 100 * 512, bytes, 1) == -EIO);
	bad_sector = -1;
	CHECK(!block_cache_read(cache, 0, bytes, 65536) && !memcmp(bytes, present[0], 65536));
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(a_disk_that_goes_away)
{
	struct block_cache *cache = open_cache(16, 0);
	uint8_t bytes[4096];
	int error = 0;

	fill(bytes, 4096);
	fail_forever = -ENODEV;
	for (unsigned i = 0; i < 64 && !error; i++)
		error = block_cache_write(cache, i & 1 ? BLOCK_DATA : BLOCK_ENTRY, i * 4096, bytes,
					  4096);
	CHECK(error == -ENODEV);
	CHECK(block_cache_read(cache, 63 * 4096, bytes, 4096) == -ENODEV);
	CHECK(block_cache_commit(cache) == -ENODEV);
	CHECK(block_cache_close(cache) == -ENODEV && is_gone());
}

FRESH_TEST(a_fault_in_the_middle)
{
	struct block_cache *cache = open_cache(0, 0);
	static uint8_t bytes[4096];
	struct io io;

	fill(present[0], sizeof(present));
	fill(bytes, 4096);
	user_end = (uintptr_t)bytes + 1000;
	CHECK(!io_buffer(&io, bytes, 4096));
	CHECK(!block_cache_write_io(cache, 0, 4096, &io) && io.fault && io.done % 512 == 0);
	user_end = UINTPTR_MAX;
	CHECK(!block_cache_commit(cache));
	CHECK(!memcmp(present[0], bytes, io.done) && memcmp(present[7], bytes + 7 * 512, 512));
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(large_ones_are_not_copied)
{
	struct block_cache *cache = open_cache(0, 0);
	struct block_cache_stats stats;
	struct io io;

	make_large();
	fill(present[0], sizeof(present));
	memset(large, 1, LARGE);
	/* What the cache has counts. */
	CHECK(!block_cache_write(cache, BLOCK_DATA, 300 * 1024 + 5, "hello", 5));
	reads = 0;
	io_buffer(&io, large + 20, 400 << 10);
	CHECK(!block_cache_read_io(cache, 0, 400 << 10, &io) && io.done == 400 << 10);
	block_cache_stats(cache, &stats);
	CHECK(stats.direct == 300 << 10 && reads <= 4);
	CHECK(!memcmp(large + 20 + (300 << 10) + 5, "hello", 5));
	memcpy(large + 20 + (300 << 10) + 5, present[0] + (300 << 10) + 5, 5);
	CHECK(!memcmp(large + 20, present[0], 400 << 10));
	/* A sector that cannot be read: up to its page all is there. */
	bad_sector = 100;
	io_buffer(&io, large + 20, 256 << 10);
	CHECK(block_cache_read_io(cache, 0, 256 << 10, &io) == -EIO && io.done == 12 * 4096);
	bad_sector = -1;
	/* Written: the cache forgets what it had. */
	fill(large, LARGE);
	io_buffer(&io, large + 4, 400 << 10);
	CHECK(!block_cache_write_io(cache, 0, 400 << 10, &io) && io.done == 400 << 10);
	CHECK(!memcmp(present[0], large + 4, 400 << 10));
	flushes = 0;
	CHECK(!block_cache_commit(cache) && flushes == 1);
	CHECK(!memcmp(medium[0], large + 4, 400 << 10));
	CHECK(!block_cache_close(cache) && is_gone());
}

FRESH_TEST(read_only)
{
	struct block_cache *cache;
	uint8_t bytes[512] = {0};

	disk.read_only = true;
	cache = open_cache(0, 0);
	CHECK(block_cache_write(cache, BLOCK_DATA, 0, bytes, 512) == -EROFS);
	CHECK(block_cache_zero(cache, 0, 512) == -EROFS);
	CHECK(!block_cache_commit(cache) && !flushes);
	CHECK(!block_cache_close(cache) && is_gone());
	disk.block = 1024;
	disk.read_only = false;
	cache = open_cache(0, 512); /* not on a block: the grid stays where it was */
	CHECK(!block_cache_write(cache, BLOCK_DATA, 512, bytes, 512) && reads == 1);
	CHECK(!block_cache_close(cache) && is_gone());
}

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
