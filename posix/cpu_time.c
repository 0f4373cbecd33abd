/* SPDX-License-Identifier: BSD-2-Clause */
/* Processor time. There is no line between user and system: all of it is called user time. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/times.h>

#include <base/compiler.h>
#include <kernel/clock.h>
#include <mem/user.h>
#include <mem/vm.h>
#include <posix/syscalls.h>

#include "program.h"

#define TICKS_PER_SECOND 100 /* what sysconf(_SC_CLK_TCK) says */

struct search {
	int32_t id;
	bool found;
	uint64_t ns;
};

static void search_add(const struct thread *thread, void *arg)
{
	struct search *search = arg;

	if (search->id ? thread->id != search->id : thread->kernel_only)
		return;
	search->ns += program_thread_time_ns(thread);
	search->found = true;
}

int program_time(int32_t id, uint64_t *ns)
{
	struct search search = {.id = id};

	if (!id)
		search.ns = clock_span_ns(__atomic_load_n(&program_ended_counts, __ATOMIC_RELAXED));
	thread_for_each(search_add, &search);
	*ns = search.ns;
	return search.found ? 0 : -EINVAL;
}

long sys_getrusage(int who, struct rusage *usage)
{
	struct rusage result = {0};
	struct vm_stats memory;
	uint64_t ns = 0;

	/* The structure ends in words of the C library's that the call does not fill. */
	STATIC_ASSERT(offsetof(struct rusage, __reserved) == 18 * sizeof(long));
	if (who != RUSAGE_CHILDREN && who != RUSAGE_SELF && who != RUSAGE_THREAD)
		return -EINVAL;
	if (who != RUSAGE_CHILDREN) {
		program_time(who == RUSAGE_THREAD ? thread_current()->id : 0, &ns);
		vm_stats(&memory);
		result.ru_maxrss = (long)memory.resident_frames * 4;
	}
	result.ru_utime.tv_sec = (time_t)(ns / NS_PER_S);
	result.ru_utime.tv_usec = (suseconds_t)(ns % NS_PER_S / NS_PER_US);
	return user_copy_out(usage, &result, offsetof(struct rusage, __reserved));
}

long sys_times(struct tms *times)
{
	struct tms result = {0};
	uint64_t ns;

	program_time(0, &ns);
	result.tms_utime = (clock_t)(ns / (NS_PER_S / TICKS_PER_SECOND));
	if (times && user_copy_out(times, &result, sizeof(result)))
		return -EFAULT;
	return (long)(clock_monotonic_ns() / (NS_PER_S / TICKS_PER_SECOND));
}
