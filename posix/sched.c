/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scheduling. Ordinary threads (SCHED_OTHER) have the kernel's default level, SCHED_RR and
 * SCHED_FIFO 1 to 47 the levels 16 to 62. The native call gives a level and has the policy follow.
 */
#include <errno.h>
#include <sched.h>
#include <time.h>

#include <abi/start.h>
#include <base/str.h>
#include <kernel/cpu.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "program.h"

STATIC_ASSERT(UK_THREAD_DEAD == (int)THREAD_DEAD && UK_THREAD_BLOCKED == (int)THREAD_BLOCKED);

struct search {
	int32_t after;		     /* looks for the smallest id above this one */
	struct uk_thread_info found; /* id 0: none */
};

static void search_one(const struct thread *thread, void *arg)
{
	struct search *search = arg;
	struct uk_thread_info *info = &search->found;

	if (thread->id <= search->after || (info->id && info->id < thread->id) ||
	    __atomic_load_n(&thread->ending, __ATOMIC_ACQUIRE))
		return;
	info->id = thread->id;
	str_copy(info->name, thread->name, sizeof(info->name));
	info->state = thread->state;
	info->priority = thread->base_priority;
	info->effective = thread->priority;
	info->policy = thread->policy;
	info->cpu = (unsigned char)thread->cpu->index;
	info->kernel = thread->kernel_only;
	info->cpus = (unsigned char)cpu_count;
	info->affinity = thread->affinity & ((2UL << (cpu_count - 1)) - 1);
	info->run_ns = program_thread_time_ns(thread);
}

/* The thread with the smallest id above `after`; false: there is none. */
static bool search_after(int32_t after, struct uk_thread_info *info)
{
	struct search search = {.after = after};

	thread_for_each(search_one, &search);
	*info = search.found;
	return info->id;
}

/* Thread `tid`, 0 being the caller. 0 or -ESRCH. */
static int search_id(int tid, struct uk_thread_info *info)
{
	if (!tid)
		tid = thread_current()->id;
	return tid > 0 && search_after(tid - 1, info) && info->id == tid ? 0 : -ESRCH;
}

long sys_thread_next(int after, struct uk_thread_info *user)
{
	struct uk_thread_info info;

	if (!search_after(after, &info))
		return -ESRCH;
	return user_copy_out(user, &info, sizeof(info));
}

long sys_thread_set_priority(int tid, unsigned int priority)
{
	return thread_set_priority(tid ? tid : thread_current()->id, priority);
}

long sys_thread_to_front(int tid)
{
	return thread_to_front(tid);
}

long sys_sched_getaffinity(int tid, size_t len, unsigned long *mask)
{
	struct uk_thread_info info;
	int error = search_id(tid, &info);

	if (error)
		return error;
	if (len < sizeof(info.affinity) || len % sizeof(long))
		return -EINVAL;
	error = user_copy_out(mask, &info.affinity, sizeof(info.affinity));
	return error ? error : (long)sizeof(info.affinity);
}

long sys_sched_setaffinity(int tid, size_t len, const unsigned long *mask)
{
	unsigned long wanted = 0;

	if (user_copy_in(&wanted, mask, len < sizeof(wanted) ? len : sizeof(wanted)))
		return -EFAULT;
	return wanted ? thread_set_affinity(tid ? tid : thread_current()->id, wanted) : -EINVAL;
}

long sys_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	unsigned index = thread_current()->cpu->index;

	(void)unused;
	if (cpu && user_copy_out(cpu, &index, sizeof(index)))
		return -EFAULT;
	return node ? user_zero(node, sizeof(*node)) : 0;
}

#define REAL_TIME_MAX (PRIORITY_COUNT - 1 - PRIORITY_REAL_TIME)
STATIC_ASSERT(POLICY_OTHER == SCHED_OTHER && POLICY_FIFO == SCHED_FIFO && POLICY_RR == SCHED_RR);

static bool is_real_time(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

long sys_sched_get_priority_max(int policy)
{
	if (is_real_time(policy))
		return REAL_TIME_MAX;
	return policy == SCHED_OTHER ? 0 : -EINVAL;
}

long sys_sched_get_priority_min(int policy)
{
	if (is_real_time(policy))
		return 1;
	return policy == SCHED_OTHER ? 0 : -EINVAL;
}

int sched_level(int policy, int priority)
{
	long low = sys_sched_get_priority_min(policy), high = sys_sched_get_priority_max(policy);

	if (low < 0)
		return (int)low;
	if (priority < low || priority > high)
		return -EINVAL;
	return is_real_time(policy) ? PRIORITY_REAL_TIME - 1 + priority : PRIORITY_DEFAULT;
}

/* What the kernel reads of struct sched_param is its first number. */
long sys_sched_setscheduler(int tid, int policy, const struct sched_param *param)
{
	int level;

	if (tid < 0)
		return -EINVAL;
	if (user_copy_in(&level, param, sizeof(level)))
		return -EFAULT;
	level = sched_level(policy, level);
	if (level < 0)
		return level;
	return thread_set_schedule(tid ? tid : thread_current()->id, (unsigned)policy,
				   (unsigned)level, SCHED_ORDER_TAIL);
}

long sys_sched_setparam(int tid, const struct sched_param *param)
{
	long policy = sys_sched_getscheduler(tid);

	return policy < 0 ? policy : sys_sched_setscheduler(tid, (int)policy, param);
}

long sys_sched_getscheduler(int tid)
{
	struct uk_thread_info info;
	int error = tid < 0 ? -EINVAL : search_id(tid, &info);

	return error ? error : info.policy;
}

long sys_sched_getparam(int tid, struct sched_param *param)
{
	struct uk_thread_info info;
	int error = tid < 0 ? -EINVAL : search_id(tid, &info);
	int level = 0;

	if (error)
		return error;
	if (is_real_time(info.policy) && info.priority >= PRIORITY_REAL_TIME)
		level = info.priority - PRIORITY_REAL_TIME + 1;
	return user_copy_out(param, &level, sizeof(level));
}

/* FIFO threads have no slice: 0. */
long sys_sched_rr_get_interval(int tid, struct timespec *interval)
{
	struct timespec slice = {0};
	long policy = sys_sched_getscheduler(tid);

	if (policy < 0)
		return policy;
	if (policy != SCHED_FIFO)
		slice.tv_nsec = SCHED_SLICE_NS;
	return user_copy_out(interval, &slice, sizeof(slice));
}
