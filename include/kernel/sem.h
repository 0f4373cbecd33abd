/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting semaphore. */
#pragma once

#include <stdint.h>

#include <kernel/waitq.h>

struct sem {
	struct waitq queue;
	long count; /* guarded by queue.lock; may start negative: so many posts are swallowed */
};

void sem_setup(struct sem *sem, long count);
/* 0, -ETIMEDOUT, -EINTR. Thread. */
int sem_acquire(struct sem *sem, uint64_t deadline_ns);
/* Any context. */
void sem_release(struct sem *sem);
