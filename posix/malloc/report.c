/* SPDX-License-Identifier: BSD-2-Clause */
/* The allocator's lock, and its last words. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <native.h>

#include "heap.h"

#define FUTEX_WAIT_PRIVATE (0 | 128)
#define FUTEX_WAKE_PRIVATE (1 | 128)

void malloc_lock(struct malloc_lock *lock)
{
	int seen = 0;

	if (__atomic_compare_exchange_n(&lock->word, &seen, 1, false, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE))
		uk_sys_futex((volatile uint32_t *)&lock->word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL,
			     0);
}

void malloc_unlock(struct malloc_lock *lock)
{
	if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
		uk_sys_futex((volatile uint32_t *)&lock->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL,
			     0);
}

void malloc_report(const char *what, const void *block)
{
	char text[96] = "malloc: ", *end = text + 8;
	uintptr_t address = (uintptr_t)block;

	end = stpcpy(stpcpy(end, what), ": 0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		if (address >> shift || !shift)
			*end++ = "0123456789abcdef"[address >> shift & 15];
	*end++ = '\n';
	write(STDERR_FILENO, text, (size_t)(end - text));
	abort();
}
