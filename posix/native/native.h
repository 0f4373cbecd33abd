/* SPDX-License-Identifier: BSD-2-Clause */
/* The stubs (posix/table.def) that <unishyper/...> is made of. A negative errno is an error. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <abi/start.h>

struct timespec;

#pragma GCC visibility push(hidden)
long uk_sys_fact_read(const char *name, char *text, size_t size);
long uk_sys_fact_write(const char *name, const char *text);
long uk_sys_futex(volatile uint32_t *word, int op, uint32_t value, const struct timespec *timeout,
		  uint32_t *word2, uint32_t value3);
long uk_sys_sched_yield(void);
long uk_sys_semaphore_acquire(uint64_t *word, uint64_t deadline_ns);
long uk_sys_semaphore_release(uint64_t *word);
long uk_sys_thread_interrupt(int tid);
long uk_sys_thread_next(int after, struct uk_thread_info *info);
long uk_sys_thread_set_name(int tid, const char *name);
long uk_sys_thread_set_priority(int tid, unsigned int priority);
#pragma GCC visibility pop
