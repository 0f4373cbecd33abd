/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/thread.h>: what needs no record. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <unishyper/thread.h>

#include "native.h"

_Static_assert((int)THREAD_DEAD == (int)UK_THREAD_DEAD &&
		       (int)THREAD_READY == (int)UK_THREAD_READY &&
		       THREAD_NAME_SIZE == sizeof(((struct uk_thread_info *)0)->name),
	       "one list of states");

void thread_sleep_ns(uint64_t ns)
{
	struct timespec left = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};

	while (nanosleep(&left, &left))
		;
}

void thread_sleep_ms(uint64_t ms)
{
	struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left))
		;
}

int thread_current_id(void)
{
	return gettid();
}

static void tell(const struct uk_thread_info *from, struct thread_info *to)
{
	*to = (struct thread_info){
		.id = from->id,
		.state = from->state,
		.priority = from->priority,
		.core = from->cpu,
		.kernel = from->kernel,
		.run_ns = from->run_ns,
	};
	memcpy(to->name, from->name, sizeof(to->name));
}

int thread_lookup(int id, struct thread_info *info)
{
	struct uk_thread_info found;

	if (id <= 0 || uk_sys_thread_next(id - 1, &found) || found.id != id ||
	    found.state == UK_THREAD_DEAD)
		return -ESRCH;
	tell(&found, info);
	return 0;
}

bool thread_exists(int id)
{
	struct thread_info info;

	return !thread_lookup(id, &info);
}

int thread_set_priority(int id, int priority)
{
	return (int)uk_sys_thread_set_priority(id, (unsigned)priority);
}

int thread_current_core(void)
{
	return sched_getcpu();
}

int thread_core_count(void)
{
	struct uk_thread_info info;

	return uk_sys_thread_next(0, &info) ? 1 : info.cpus;
}

int thread_list(struct thread_info *list, int max)
{
	struct uk_thread_info info = {.id = 0};
	int count = 0;

	while (count < max && !uk_sys_thread_next(info.id, &info))
		tell(&info, &list[count++]);
	return count;
}
