/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The break, for programs that bring an allocator of their own: the C library's functions refuse to
 * move it. Addresses are reserved when it is first asked for; memory is given as the break rises
 * and taken back as it falls.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define RESERVED (1ul << 30)
#define PAGE	 4096ul

static int busy; /* guards: */
static uintptr_t first, now;

static uintptr_t page_end(uintptr_t address)
{
	return (address + PAGE - 1) & -PAGE;
}

static int reserve(void)
{
	void *at = mmap(NULL, RESERVED, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return -1;
	first = now = (uintptr_t)at;
	return 0;
}

static int move(uintptr_t to)
{
	uintptr_t old_end = page_end(now), new_end = page_end(to);

	if (to < first || to > first + RESERVED) {
		errno = ENOMEM;
		return -1;
	}
	if (new_end > old_end &&
	    mprotect((void *)old_end, new_end - old_end, PROT_READ | PROT_WRITE))
		return -1;
	if (new_end < old_end && (madvise((void *)new_end, old_end - new_end, MADV_DONTNEED) ||
				  mprotect((void *)new_end, old_end - new_end, PROT_NONE)))
		return -1;
	now = to;
	return 0;
}

/* The old break, or -1. With `absolute`, `to` is the new one, else the distance to it. */
static uintptr_t change(uintptr_t to, int absolute)
{
	uintptr_t result = -1;

	while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		sched_yield();
	if (first || !reserve()) {
		uintptr_t old = now;

		if (!move(absolute ? to : old + to))
			result = old;
	}
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return result;
}

int brk(void *to)
{
	return change((uintptr_t)to, 1) == (uintptr_t)-1 ? -1 : 0;
}

void *sbrk(intptr_t distance)
{
	return (void *)change((uintptr_t)distance, 0);
}
