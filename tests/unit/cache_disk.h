/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk that answers in any order, fails, and loses power, for unit tests of the block cache; and
 * what lies below the cache, for one thread: locks are free (but none is taken twice), and to wait
 * lets the disk work.
 */
#pragma once

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

static inline void make_large(void)
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

static inline struct block_cache *open_cache(size_t pages, uint64_t grid)
{
	struct block_cache_config config = {.pages_max = pages, .grid = grid};
	struct block_cache *cache = NULL;

	if (block_cache_open(&disk, &config, &cache))
		abort();
	return cache;
}

/* Bytes that tell their place and their version. */
static inline void fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)unit_random(&seed);
}

static inline bool is_gone(void)
{
	return !frames_out && !blocks_out && !flusher_is_there && !waiting_count && !pins;
}
