/* SPDX-License-Identifier: BSD-2-Clause */
/* The rest of malloc's family, on malloc() and free(). */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *block;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	if (bytes > MALLOC_OURS_MAX)
		return __libc_calloc(count, size);
	block = malloc(bytes);
	return block ? memset(block, 0, bytes) : NULL;
}

static bool is_ours(const void *block)
{
	return (uintptr_t)block - malloc_heap.base < malloc_heap.slots * GRANULE;
}

static size_t room_of(const void *block)
{
	size_t number = ((uintptr_t)block - malloc_heap.base) / SPAN_BYTES;
	unsigned kind = malloc_heap.classes[number];

	return kind == CLASS_RUN ? malloc_heap.spans[number].used * (size_t)SPAN_BYTES
				 : malloc_classes[kind].size;
}

/* What was asked for, of a block of ours. Ends the program if it is none. */
static size_t size_of(const void *block)
{
	uintptr_t slot = slot_of(&malloc_heap, block);
	unsigned mark = slot < malloc_heap.slots ? malloc_heap.marks[slot] : MARK_NONE;
	size_t size;

	if (mark - 1u >= MARK_SLACK && mark != MARK_LARGE)
		malloc_report("use of a block that is not in use", block);
	size = mark == MARK_LARGE ? large_size(&malloc_heap, slot) : room_of(block) - mark;
	if (((const uint8_t *)block)[size] != malloc_heap.canary)
		malloc_report("a write past the end of a block", block);
	return size;
}

size_t malloc_usable_size(void *block)
{
	if (!block)
		return 0;
	return is_ours(block) ? size_of(block) : __libc_malloc_usable_size(block);
}

/* In place, if it is worth it: the room stays. */
static bool resize(void *block, size_t room, size_t size)
{
	uintptr_t slot = slot_of(&malloc_heap, block);

	if (size >= room || size < room / 2)
		return false;
	if (malloc_heap.marks[slot] == MARK_LARGE)
		large_size_set(&malloc_heap, slot, size);
	else if (room - size <= MARK_SLACK)
		malloc_heap.marks[slot] = (uint8_t)(room - size);
	else
		return false;
	((uint8_t *)block)[size] = malloc_heap.canary;
	return true;
}

void *realloc(void *block, size_t size)
{
	size_t old, room;
	void *moved;

	if (!block)
		return malloc(size);
	if (!is_ours(block))
		return __libc_realloc(block, size);
	old = size_of(block);
	room = room_of(block);
	if (resize(block, room, size))
		return block;
	moved = malloc(size);
	if (!moved)
		return NULL;
	memcpy(moved, block, old < size ? old : size);
	free(block);
	return moved;
}

/* The first kind of a multiple of the alignment: all its blocks are aligned. */
static void *aligned(size_t align, size_t size)
{
	const struct size_class *kind = malloc_classes + 1;

	if (align <= GRANULE || !heap_start())
		return align <= GRANULE ? malloc(size) : __libc_aligned_alloc(align, size);
	while (kind < malloc_classes + CLASSES && (kind->size <= size || kind->size % align))
		kind++;
	if (kind == malloc_classes + CLASSES)
		return __libc_aligned_alloc(align, size);
	/* The kind before may have room, too, which malloc() would take. */
	return malloc(kind[-1].size > size ? kind[-1].size : size);
}

static bool is_power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

void *aligned_alloc(size_t align, size_t size)
{
	if (!is_power_of_two(align)) {
		errno = EINVAL;
		return NULL;
	}
	return aligned(align, size);
}

void *memalign(size_t align, size_t size)
{
	return aligned_alloc(align, size);
}

int posix_memalign(void **block, size_t align, size_t size)
{
	int before = errno;
	void *found;

	if (!is_power_of_two(align) || align < sizeof(void *))
		return EINVAL;
	found = aligned(align, size);
	errno = before;
	if (!found)
		return ENOMEM;
	*block = found;
	return 0;
}
