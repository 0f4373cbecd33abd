/* SPDX-License-Identifier: BSD-2-Clause */
/*
  * The block cache's own thread: what is dirty does not stay so for long. While there is any, it
 * looks at every tick and writes what was dirty at the tick before.
 */
#include <errno.h>

#include <base/guard.h>
#include <kernel/clock.h>

#include "cache.h"

void cache_tick(struct block_cache *cache)
{
	uint64_t old = cache->tick_stamp;
	struct irq_state state = waitq_lock(&cache->queue);
	bool metadata = cache_metadata(cache) && cache->metadata_stamp <= old;

	cache->tick_stamp = cache->stamp;
	waitq_unlock(&cache->queue, state);
	if (metadata) {
		if (cache->config.write_back)
			cache->config.write_back(cache->config.owner);
		else
			(void)block_cache_commit(cache);
		return;
	}
	GUARD(mutex, &cache->write_lock);
	(void)cache_write_back(cache, BLOCK_DATA, old, SIZE_MAX);
}

/* True: it is time for a tick; false: the end. */
static bool sleep(struct block_cache *cache)
{
	struct irq_state state = waitq_lock(&cache->flusher_queue);
	uint64_t deadline_ns = DEADLINE_NEVER;
	int error = 0;
	bool ending;

	while (!cache->ending && error != -ETIMEDOUT) {
		if (deadline_ns == DEADLINE_NEVER && READ_ONCE(cache->ticking))
			deadline_ns = clock_monotonic_ns() + CACHE_TICK_NS;
		error = waitq_sleep_through(&cache->flusher_queue, &state, 0, deadline_ns);
	}
	ending = cache->ending;
	waitq_unlock(&cache->flusher_queue, state);
	return !ending;
}

static void flusher(void *arg)
{
	struct block_cache *cache = arg;

	while (sleep(cache)) {
		struct irq_state state;

		cache_tick(cache);
		state = waitq_lock(&cache->queue);
		if (!cache->dirty_pages)
			WRITE_ONCE(cache->ticking, false);
		waitq_unlock(&cache->queue, state);
	}
	thread_exit(0);
}

void cache_flusher_wake(struct block_cache *cache)
{
	struct irq_state state;

	WRITE_ONCE(cache->ticking, true);
	state = waitq_lock(&cache->flusher_queue);
	waitq_wake(&cache->flusher_queue, 0, 1);
	waitq_unlock(&cache->flusher_queue, state);
}

static void created(struct thread *thread, void *arg)
{
	*(int32_t *)arg = thread->id;
}

int cache_flusher_start(struct block_cache *cache)
{
	struct thread_attr attr = {
		.name = "flush",
		.kernel_only = true,
		.entry = flusher,
		.arg = cache,
		.on_created = created,
		.on_created_arg = &cache->flusher_id,
	};

	waitq_init(&cache->flusher_queue);
	return thread_create(&attr, NULL);
}

void cache_flusher_stop(struct block_cache *cache)
{
	struct irq_state state = waitq_lock(&cache->flusher_queue);
	int status;

	cache->ending = true;
	waitq_wake(&cache->flusher_queue, 0, 1);
	waitq_unlock(&cache->flusher_queue, state);
	(void)thread_join(cache->flusher_id, &status, DEADLINE_NEVER);
}
