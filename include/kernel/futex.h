/* SPDX-License-Identifier: BSD-2-Clause */
/* Wait and wake by the address of an application word. Thread context, no spinlock held. */
#pragma once

#include <stddef.h>
#include <stdint.h>

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
