/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel heap. Small blocks: pages of equal blocks with a header and a list of free blocks;
 * pages with a free block hang on the list of their size. Large blocks: neighbouring frames with
 * the same header. A block's page start therefore always tells what it is.
 */
#include <string.h>

#include <base/bits.h>
#include <base/list.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

#define HEAP_MAGIC  0x48454150u
#define CLASS_LARGE 0xff
#define HEADER_SIZE 48

static const uint16_t class_size[] = {32, 64, 96, 128, 192, 256, 336, 496, 1008, 2016};
#define CLASS_COUNT ARRAY_SIZE(class_size)

struct heap_page {
	uint32_t magic;
	uint8_t class;
	uint16_t used;	  /* blocks given out */
	size_t frames;	  /* of a large block */
	struct list node; /* on partial[class] while there are free blocks */
	struct free_block *free;
};

struct free_block {
	struct free_block *next;
};

STATIC_ASSERT(sizeof(struct heap_page) <= HEADER_SIZE);

/* All guarded by heap_lock. A list head of zeroes is an empty list that was never used. */
static struct spinlock heap_lock;
static struct list partial[CLASS_COUNT];
static size_t used_bytes;

/* With the lock or without: large blocks do not take it. */
static void count_bytes(long change)
{
	__atomic_fetch_add(&used_bytes, change, __ATOMIC_RELAXED);
}

static struct heap_page *page_of(const void *block)
{
	return (struct heap_page *)((uintptr_t)block & ~PAGE_MASK);
}

static struct heap_page *page_new(unsigned class)
{
	uint64_t pa = frame_alloc();
	struct heap_page *page;
	char *block;

	if (!pa)
		return NULL;
	page = linear_address(pa);
	page->magic = HEAP_MAGIC;
	page->class = (uint8_t) class;
	page->used = 0;
	page->free = NULL;
	block = (char *)page + HEADER_SIZE;
	for (; block + class_size[class] <= (char *)page + PAGE_SIZE; block += class_size[class]) {
		((struct free_block *)block)->next = page->free;
		page->free = (struct free_block *)block;
	}
	list_push_front(&partial[class], &page->node);
	return page;
}

static void *alloc_small(unsigned class)
{
	struct irq_state state = spinlock_lock(&heap_lock);
	struct heap_page *page;
	struct free_block *block = NULL;

	if (!partial[class].next)
		list_init(&partial[class]);
	page = list_empty(&partial[class]) ? page_new(class)
					   : LIST_FIRST(&partial[class], struct heap_page, node);
	if (page) {
		block = page->free;
		page->free = block->next;
		page->used++;
		if (!page->free)
			list_remove(&page->node);
		count_bytes((long)class_size[class]);
	}
	spinlock_unlock(&heap_lock, state);
	return block;
}

static void *alloc_large(size_t size)
{
	size_t frames = (size + HEADER_SIZE + PAGE_MASK) / PAGE_SIZE;
	uint64_t pa = size < ARCH_LINEAR_SIZE ? frame_alloc_contiguous(frames, 1) : 0;
	struct heap_page *page;

	if (!pa)
		return NULL;
	page = linear_address(pa);
	page->magic = HEAP_MAGIC;
	page->class = CLASS_LARGE;
	page->frames = frames;
	count_bytes((long)(frames * PAGE_SIZE));
	return (char *)page + HEADER_SIZE;
}

void *heap_alloc(size_t size)
{
	for (unsigned class = size <= class_size[5] ? 0 : 6; class < CLASS_COUNT; class ++)
		if (size <= class_size[class])
			return alloc_small(class);
	return alloc_large(size);
}

void *heap_alloc_zeroed(size_t size)
{
	void *block = heap_alloc(size);

	if (block)
		memset(block, 0, size);
	return block;
}

static void free_small(struct heap_page *page, void *block)
{
	struct irq_state state = spinlock_lock(&heap_lock);
	struct free_block *freed = block;

	if (!page->free)
		list_push_front(&partial[page->class], &page->node);
	freed->next = page->free;
	page->free = freed;
	count_bytes(-(long)class_size[page->class]);
	if (--page->used == 0) {
		list_remove(&page->node);
		page->magic = 0;
		frame_free(linear_physical(page));
	}
	spinlock_unlock(&heap_lock, state);
}

void heap_free(void *block)
{
	struct heap_page *page = page_of(block);

	if (!block)
		return;
	if (page->magic != HEAP_MAGIC)
		panic("heap_free of %p, which the heap did not give out", block);
	if (page->class != CLASS_LARGE) {
		free_small(page, block);
		return;
	}
	page->magic = 0;
	count_bytes(-(long)(page->frames * PAGE_SIZE));
	frame_free_contiguous(linear_physical(page), page->frames);
}

size_t heap_used(void)
{
	return used_bytes;
}
