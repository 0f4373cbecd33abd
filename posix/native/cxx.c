/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What C++ programs call without naming it: new and delete, the guards of static variables of
 * functions, the end of a virtual call that leads nowhere. The names are those of the Itanium C++
 * ABI, which all our processors use. This is C, so that only programs in C++ need a compiler for
 * it. There are no exceptions: what would throw ends the program (cxx_throw.c).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "native.h"

#define FUTEX_WAIT_PRIVATE (0 | 128)
#define FUTEX_WAKE_PRIVATE (1 | 128)

void *__dso_handle;

/* "A virtual function of a base class that has none." */
_Noreturn void __cxa_pure_virtual(void);
_Noreturn void __cxa_pure_virtual(void)
{
	abort();
}

_Noreturn void __cxa_deleted_virtual(void);
_Noreturn void __cxa_deleted_virtual(void)
{
	abort();
}

/*
 * [Itanium C++ ABI 3.3.3] The compiler asks whether the first byte is 0 before it calls. The state
 * is in the second half: 0 nobody, 1 somebody is at it, 2 others wait for that.
 */
struct guard {
	uint8_t done;
	uint8_t unused[3];
	uint32_t state;
};

_Static_assert(sizeof(struct guard) == 8 && offsetof(struct guard, state) == 4, "the ABI's guard");

int __cxa_guard_acquire(struct guard *guard);
void __cxa_guard_release(struct guard *guard);
void __cxa_guard_abort(struct guard *guard);

void __cxa_guard_abort(struct guard *guard)
{
	if (__atomic_exchange_n(&guard->state, 0, __ATOMIC_RELEASE) == 2)
		uk_sys_futex(&guard->state, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

int __cxa_guard_acquire(struct guard *guard)
{
	while (!__atomic_load_n(&guard->done, __ATOMIC_ACQUIRE)) {
		uint32_t seen = 0;

		if (__atomic_compare_exchange_n(&guard->state, &seen, 1, false, __ATOMIC_ACQUIRE,
						__ATOMIC_ACQUIRE))
			break;
		if (seen == 2 || __atomic_compare_exchange_n(&guard->state, &seen, 2, false,
							     __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
			uk_sys_futex(&guard->state, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
	}
	if (!__atomic_load_n(&guard->done, __ATOMIC_ACQUIRE))
		return 1;
	/* It was done just before, or is done already: others may wait for the state meanwhile. */
	if (__atomic_load_n(&guard->state, __ATOMIC_RELAXED))
		__cxa_guard_abort(guard);
	return 0;
}

void __cxa_guard_release(struct guard *guard)
{
	__atomic_store_n(&guard->done, 1, __ATOMIC_RELEASE);
	__cxa_guard_abort(guard);
}
