/* SPDX-License-Identifier: BSD-2-Clause */
/* The blocks of all threads, found by pthread_t, and those kept for later. */
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "threads.h"

#define BUCKETS	  64
#define LOOK_EACH 16 /* ends of threads */
/* Blocks that are kept in any case; more of them as long as memory is not scarce. */
#define KEEP_FEW   8
#define KEEP_SHARE 16 /* of the memory */
#define SCARCE	   8  /* less than this part of it is free (mem/frame.h) */
/* A kept block's stack may be full of what its thread left there; larger ones are not kept. */
#define KEEP_SIZE (256u << 10)

/* All guarded by the list lock. */
static struct thread_block *buckets[BUCKETS];
static struct thread_block *kept;
static unsigned kept_count, ended_count;
static size_t kept_bytes, keep_bytes;
volatile bool __uk_blocks_crowded;
static struct thread_block main_block;
volatile int __uk_list_waiters;

void __uk_list_wait(void)
{
	do
		__wait(&__thread_list_lock, &__uk_list_waiters, 1, 1);
	while (a_cas(&__thread_list_lock, 0, 1));
}

void __uk_list_wake(void)
{
	__wake(&__thread_list_lock, 1, 1);
}

void __tl_lock(void)
{
	list_lock();
}

void __tl_unlock(void)
{
	list_unlock();
}

/* Blocks lie at multiples of the page. */
static struct thread_block **bucket_of(pthread_t thread)
{
	return &buckets[((uint32_t)((uintptr_t)thread >> 12) * 0x9e3779b1u) >> 26];
}

struct thread_block *__uk_block_find(pthread_t thread)
{
	struct thread_block *block = *bucket_of(thread);

	while (block && block->thread != thread)
		block = block->hash_next;
	return block;
}

void __uk_block_enter(struct thread_block *block)
{
	struct thread_block **bucket = bucket_of(block->thread);

	block->hash_next = *bucket;
	*bucket = block;
}

void __uk_blocks_init(void)
{
	pthread_t self = __pthread_self();

	if (main_block.thread)
		return;
	main_block.id = main_block.running = self->tid;
	main_block.thread = self;
	__syscall(SYS_set_tid_address, &main_block.running);
	__uk_block_enter(&main_block);
	__uk_ids_enter(&main_block);
}

struct thread_block *__uk_block_self(void)
{
	pthread_t self = __pthread_self();

	if (!main_block.thread || self == main_block.thread)
		return &main_block;
	return (struct thread_block *)((char *)self->tsd + __pthread_tsd_size);
}

static void look_at_memory(void)
{
	struct sysinfo info;

	if (__syscall(SYS_sysinfo, &info))
		return;
	keep_bytes = info.freeram < info.totalram / SCARCE
			     ? 1
			     : info.totalram * info.mem_unit / KEEP_SHARE;
}

static bool too_much(const struct thread_block *block)
{
	return (kept_count > KEEP_FEW && kept_bytes > keep_bytes) || block->size > KEEP_SIZE ||
	       block->spoiled;
}

void __uk_block_retire(struct thread_block *block)
{
	struct thread_block **link = bucket_of(block->thread);

	while (*link != block)
		link = &(*link)->hash_next;
	*link = block->hash_next;
	__uk_ids_leave(block);
	if (!block->map)
		return;
	block->hash_next = kept;
	kept = block;
	kept_count++;
	kept_bytes += block->size;
	if (kept_count > KEEP_FEW && (!keep_bytes || ++ended_count % LOOK_EACH == 0))
		look_at_memory();
	if (too_much(block))
		__uk_blocks_crowded = true;
}

static struct thread_block *take(struct thread_block **link)
{
	struct thread_block *block = *link;

	*link = block->hash_next;
	kept_count--;
	kept_bytes -= block->size;
	return block;
}

struct thread_block *__uk_block_reuse(size_t size, size_t guard)
{
	for (struct thread_block **link = &kept; *link; link = &(*link)->hash_next)
		if ((*link)->size == size && (*link)->guard == guard && !(*link)->spoiled &&
		    !(*link)->running) {
			a_barrier();
			return take(link);
		}
	return NULL;
}

/* One that is too many; those whose threads have not left yet stay for another time. */
static struct thread_block *surplus(bool all)
{
	bool again = false;

	for (struct thread_block **link = &kept; *link; link = &(*link)->hash_next) {
		if (!all && !too_much(*link))
			continue;
		if (!(*link)->running) {
			a_barrier();
			return take(link);
		}
		again = true;
	}
	__uk_blocks_crowded = again;
	return NULL;
}

void __uk_blocks_trim(bool all)
{
	while (all || __uk_blocks_crowded) {
		struct thread_block *block;

		list_lock();
		block = surplus(all);
		list_unlock();
		if (!block)
			return;
		__munmap(block->map, block->size);
	}
}
