/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is taken in a scope is given back when the scope is left: by its end, by return, break or
 * goto, and by unwinding after a fault.
 *
 *	GUARD(spinlock, &queue->lock);
 *
 * declares a nameless `struct spinlock_guard`, made by spinlock_guard_begin(&queue->lock) and
 * handed to spinlock_guard_end(struct spinlock_guard *) at the end of the block. A kind is these
 * three names. Guards of one block end in reverse order.
 *
 *	struct page *page CLEANUP(page_drop) = page_take();
 *	...
 *	return TAKE(page);
 *
 * calls page_drop(struct page **) unless the page was handed on with TAKE, which leaves NULL
 * behind.
 */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H

#include <stddef.h>

#define CLEANUP(release) __attribute__((cleanup(release)))

#define GUARD_JOIN_(a, b)   a##b
#define GUARD_NAME_(number) GUARD_JOIN_(guard_, number)
#define GUARD(kind, ...)                                                                           \
	__attribute__((unused)) struct kind##_guard GUARD_NAME_(__COUNTER__)                       \
		CLEANUP(kind##_guard_end) = kind##_guard_begin(__VA_ARGS__)

#define TAKE(pointer)                                                                              \
	({                                                                                         \
		__typeof__(pointer) take_ = (pointer);                                             \
		(pointer) = NULL;                                                                  \
		take_;                                                                             \
	})

#endif
