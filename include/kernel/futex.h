/* SPDX-License-Identifier: BSD-2-Clause */
/* Wait and wake by the address of an application word. Thread context, no spinlock held. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct waitq;

/*
 * Sleep if *word still is `expected`. 0, -EAGAIN, -ETIMEDOUT, -EINTR, -EFAULT, -EINVAL
 * (misaligned).
 */
int futex_wait(const uint32_t *word, uint32_t expected, uint64_t deadline_ns);

/* Wake up to `count`; how many, or negative errno. */
long futex_wake(const uint32_t *word, size_t count);

/*
 * Wake `wake`, move up to `move` others to wait on `to`; if `compare` is not NULL, only while *word
 * equals it (-EAGAIN else). How many were woken or moved.
 */
long futex_requeue(const uint32_t *word, size_t wake, const uint32_t *to, size_t move,
		   const uint32_t *compare);

/* The queue of a word's waiters, and of others'. */
struct waitq *futex_queue(const uint32_t *word);

/* Read the word, so that it is there. 0, -EFAULT, -EINVAL. */
int futex_touch(const uint32_t *word, uint32_t *value);

/* The same with spinlocks held: -EFAULT also when it would first have to be filled. */
int futex_read_locked(const uint32_t *word, uint32_t *value);

/*
 * Words that hold their owner's thread id, which inherits its waiters' priority. 0: it is the
 * caller's; -EDEADLK, -ETIMEDOUT, -EINTR, -EFAULT, -EINVAL; if only tried, -EAGAIN.
 */
int futex_pi_lock(uint32_t *word, uint64_t deadline_ns, bool try);
/* 0, -EPERM, -EFAULT, -EINVAL. */
int futex_pi_unlock(uint32_t *word);
/* The calling thread ends: what others wait for is theirs, marked FUTEX_OWNER_DIED. */
void futex_pi_thread_ended(void);
