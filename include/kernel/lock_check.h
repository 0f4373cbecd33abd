/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PROFILE=debug: locks are taken in one order everywhere, and nobody sleeps, or touches memory of
 * the program that may have to be filled, with a spinlock held. What does is stopped with a panic
 * that shows the places.
 *
 * Locks are of one class when they were initialised by the same line; a lock of the image that
 * needs no initialisation is a class of its own. Locks of one class may be held together.
 */
#pragma once

#include <stdint.h>

#include <kernel/spinlock.h>

struct mutex;

#ifdef DEBUG
/* The lock's class is the line that called the function this stands in. */
#define LOCK_CLASS_OF_CALLER(lock) ((lock)->class = (uintptr_t)__builtin_return_address(0))
#define LOCK_PLACE		   ((uintptr_t)__builtin_return_address(0))

/* spinlock_acquire() on behalf of `place`. Interrupts off. */
void lock_check_acquire(struct spinlock *lock, uintptr_t place);

/* The caller may sleep, and give up `except` (NULL: nothing) while it does. Any context. */
void lock_check_sleep(const struct spinlock *except, uintptr_t place);

/* The calling thread takes and drops a mutex. */
void lock_check_mutex(struct mutex *mutex, uintptr_t place);
void lock_check_mutex_drop(struct mutex *mutex);
#else
#define LOCK_CLASS_OF_CALLER(lock)	((void)0)
#define LOCK_PLACE			0
#define lock_check_sleep(except, place) ((void)0)
#define lock_check_mutex(mutex, place)	((void)0)
#define lock_check_mutex_drop(mutex)	((void)0)
#define lock_check_acquire(lock, place) spinlock_acquire_here(lock)
#endif
