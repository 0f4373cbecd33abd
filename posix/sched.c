/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scheduling. Ordinary threads (SCHED_OTHER) have the kernel's default priority; SCHED_RR and
 * SCHED_FIFO, which are the same here, have those above it, counted from 1.
 */
#include <errno.h>
#include <sched.h>

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
	info->priority = thread->priority;
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

long sys_sched_yield(void)
{
	return thread_yield();
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

#define REAL_TIME_MAX (PRIORITY_COUNT - 1 - PRIORITY_DEFAULT)

long sys_sched_get_priority_max(int policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return REAL_TIME_MAX;
	return policy == SCHED_OTHER ? 0 : -EINVAL;
}

long sys_sched_get_priority_min(int policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return 1;
	return policy == SCHED_OTHER ? 0 : -EINVAL;
}

int sched_level(int policy, int priority)
{
	long low = sys_sched_get_priority_min(policy), high = sys_sched_get_priority_max(policy);

	if (low < 0)
		return (int)low;
	return priority < low || priority > high ? -EINVAL : PRIORITY_DEFAULT + priority;
}

/* What the kernel reads of struct sched_param is its first number. */
long sys_sched_setscheduler(int tid, int policy, const struct sched_param *param)
{
	int level;

	if (user_copy_in(&level, param, sizeof(level)))
		return -EFAULT;
	level = sched_level(policy, level);
	return level < 0 ? level : sys_thread_set_priority(tid, (unsigned)level);
}

long sys_sched_setparam(int tid, const struct sched_param *param)
{
	long policy = sys_sched_getscheduler(tid);

	return policy < 0 ? policy : sys_sched_setscheduler(tid, (int)policy, param);
}

long sys_sched_getscheduler(int tid)
{
	struct uk_thread_info info;
	int error = search_id(tid, &info);

	if (error)
		return error;
	return info.priority > PRIORITY_DEFAULT ? SCHED_RR : SCHED_OTHER;
}

long sys_sched_getparam(int tid, struct sched_param *param)
{
	struct uk_thread_info info;
	int error = search_id(tid, &info);
	int level;

	if (error)
		return error;
	level = info.priority > PRIORITY_DEFAULT ? info.priority - PRIORITY_DEFAULT : 0;
	return user_copy_out(param, &level, sizeof(level));
}
