/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing back: pages in the order of the device, so that neighbours become one request; and the
 * commit, which takes class after class with a flush between.
 */
#include <base/bits.h>
#include <base/guard.h>

#include "cache.h"

#define COLLECT_MAX ((size_t)32)   /* pages looked at with interrupts off */
#define BATCH_MAX   ((size_t)2048) /* pages sorted at a time */

/*
 * From the place in the list of dirty pages that is marked, of a few pages: take those that have
 * sectors of the class and are no younger than `stamp`. What they have is on its way from now on,
 * and no page is taken twice before it has arrived. They are added to *list, and to *count, which
 * does not exceed `most`. True: the mark stands where to go on. write_lock is held: there is one
 * mark at a time.
 */
static bool collect(struct block_cache *cache, enum block_class class, uint64_t stamp, size_t most,
		    struct list *mark, struct cache_page **list, size_t *count)
{
	struct irq_state state = waitq_lock(&cache->queue);
	struct list *node = mark->next;
	bool more = true;

	list_remove(mark);
	for (size_t looked = 0; looked < COLLECT_MAX; looked++) {
		struct cache_page *page = LIST_ENTRY(node, struct cache_page, node);

		more = node != &cache->dirty && *count < most &&
		       !(cache_dirty(page) && page->stamp > stamp);
		if (!more)
			break;
		node = node->next;
		/* Data may have become dirty again: the page is in the list already. */
		if (!page->dirty[class] || page->writing)
			continue;
		page->writing = page->dirty[class];
		cache_clear_dirty(cache, page, class, page->writing);
		page->next = *list;
		*list = page;
		++*count;
	}
	if (more)
		list_insert_before(node, mark);
	waitq_unlock(&cache->queue, state);
	return more;
}

static struct cache_page *merge(struct cache_page *a, struct cache_page *b)
{
	struct cache_page *first = NULL, **link = &first;

	while (a && b) {
		struct cache_page **lower = a->number < b->number ? &a : &b;

		*link = *lower;
		link = &(*lower)->next;
		*lower = *link;
	}
	*link = a ? a : b;
	return first;
}

/* Runs that are in order already, ascending or descending, are taken as they are. */
static struct cache_page *take_run(struct cache_page **rest)
{
	struct cache_page *first = *rest, *last = first, *next = first->next;

	if (next && next->number < first->number) {
		last->next = NULL;
		while (next && next->number < first->number) {
			struct cache_page *behind = next->next;

			next->next = first;
			first = next;
			next = behind;
		}
		*rest = next;
		return first;
	}
	while (next && next->number > last->number) {
		last = next;
		next = last->next;
	}
	last->next = NULL;
	*rest = next;
	return first;
}

static struct cache_page *sort(struct cache_page *list)
{
	struct cache_page *bin[32] = {NULL}, *run;
	unsigned at, used = 0;

	while (list) {
		run = take_run(&list);
		for (at = 0; at < used && bin[at]; at++) {
			run = merge(bin[at], run);
			bin[at] = NULL;
		}
		bin[at] = run;
		used = MAX(used, at + 1);
	}
	for (run = NULL, at = 0; at < used; at++)
		if (bin[at])
			run = run ? merge(bin[at], run) : bin[at];
	return run;
}

/* Hand over pages whose sectors in `writing` are of the class. */
static void write_list(struct block_cache *cache, enum block_class class, struct cache_page *list)
{
	struct cache_batch batch = {
		.cache = cache, .op = BLOCK_WRITE, .class = class, .may_wait = true};

	for (struct cache_page *page = list, *next; page; page = next) {
		next = page->next; /* the page may be gone once its request is done */
		(void)cache_batch_add(&batch, page, page->writing);
	}
	cache_batch_end(&batch);
}

static void await_writes(struct block_cache *cache)
{
	struct irq_state state = waitq_lock(&cache->queue);

	while (cache->writes_out)
		cache_wait(cache, &state);
	waitq_unlock(&cache->queue, state);
}

static size_t collect_all(struct block_cache *cache, enum block_class class, uint64_t stamp,
			  size_t most, struct cache_page **list)
{
	struct irq_state state = waitq_lock(&cache->queue);
	struct list mark;
	size_t count = 0;

	list_push_front(&cache->dirty, &mark);
	waitq_unlock(&cache->queue, state);
	*list = NULL;
	while (collect(cache, class, stamp, most, &mark, list, &count))
		;
	return count;
}

int cache_write_back(struct block_cache *cache, enum block_class class, uint64_t stamp,
		     size_t pages_max)
{
	struct cache_page *list;
	size_t count;

	await_writes(cache); /* what block_cache_push() began */
	cache->write_error = 0;
	while (pages_max && !cache->write_error) {
		count = collect_all(cache, class, stamp, MIN(pages_max, BATCH_MAX), &list);
		if (!count)
			break;
		write_list(cache, class, sort(list));
		await_writes(cache);
		pages_max -= count;
	}
	return cache->write_error;
}

int cache_write_page(struct block_cache *cache, struct cache_page *page)
{
	struct irq_state state;

	GUARD(mutex, &cache->write_lock);
	await_writes(cache);
	cache->write_error = 0;
	state = waitq_lock(&cache->queue);
	page->next = NULL;
	page->writing |= page->dirty[BLOCK_DATA];
	cache_clear_dirty(cache, page, BLOCK_DATA, CACHE_ALL);
	waitq_unlock(&cache->queue, state);
	write_list(cache, BLOCK_DATA, page);
	await_writes(cache);
	return cache->write_error;
}

void block_cache_push(struct block_cache *cache)
{
	struct cache_page *list;

	GUARD(mutex, &cache->write_lock);
	if (READ_ONCE(cache->writes_out))
		return;
	if (collect_all(cache, BLOCK_DATA, UINT64_MAX, cache->io_pages, &list))
		write_list(cache, BLOCK_DATA, sort(list));
}

/* What was written so far is on the medium. */
static int flush(struct block_cache *cache)
{
	struct irq_state state = waitq_lock(&cache->queue);
	bool needed = cache->unflushed;
	int error;

	cache->unflushed = false;
	waitq_unlock(&cache->queue, state);
	if (!needed || cache->device->read_only)
		return 0;
	error = block_flush(cache->device);
	state = waitq_lock(&cache->queue);
	cache->stats.flushes++;
	if (error) {
		cache->unflushed = true;
		cache_failed(cache, error);
	}
	waitq_unlock(&cache->queue, state);
	return error;
}

int cache_commit_locked(struct block_cache *cache, enum block_class last)
{
	struct irq_state state;
	uint64_t stamp;
	int error = 0;

	GUARD(mutex, &cache->write_lock);
	state = waitq_lock(&cache->queue);
	stamp = cache->stamp;
	waitq_unlock(&cache->queue, state);
	await_writes(cache);
	for (unsigned class = BLOCK_DATA; class <= last && !error; class ++) {
		if (!READ_ONCE(cache->class_pages[class]))
			continue;
		if (class != BLOCK_DATA)
			error = flush(cache);
		if (!error)
			error = cache_write_back(cache, (enum block_class) class, stamp, SIZE_MAX);
	}
	return error;
}

void block_cache_hold(struct block_cache *cache)
{
	mutex_lock(&cache->commit_lock);
}

int block_cache_commit_held(struct block_cache *cache, enum block_class last)
{
	int error = cache_commit_locked(cache, last);

	if (!error)
		error = flush(cache);
	mutex_unlock(&cache->commit_lock);
	return error;
}

int block_cache_commit(struct block_cache *cache)
{
	block_cache_hold(cache);
	return block_cache_commit_held(cache, BLOCK_REMOVAL);
}
