/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of the program: what the C library's clone() becomes, and their end. */
#include <errno.h>

#include <abi/start.h>
#include <arch/switch.h>
#include <arch/user.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/futex.h>
#include <kernel/inherit.h>
#include <mem/user.h>
#include <posix/process.h>
#include <posix/syscalls.h>

#include "program.h"
#include "signals.h"

uint64_t program_ended_counts;
void (*program_pass_on)(void);

STATIC_ASSERT(UK_MAIN_THREAD_ID == THREAD_ID_FIRST);

struct creation {
	struct uk_thread_start start;
	int32_t id;
};

/*
 * The C library reads the new thread's id as soon as its own call returns, the new thread even
 * before.
 */
static void thread_created(struct thread *thread, void *arg)
{
	struct creation *creation = arg;

	creation->id = thread->id;
	thread->signal_mask = thread_current()->signal_mask;
	thread->clear_child_tid = (uint32_t *)creation->start.life;
	/* "thread", in two words. */
	if (!thread->name[0])
		__builtin_memcpy(thread->name, "thread\0", 8);
	if (user_word_ok(creation->start.tid))
		arch_user_store32((uint32_t *)creation->start.tid, (uint32_t)thread->id);
	if (user_word_ok(creation->start.life)) {
		arch_user_store32((uint32_t *)creation->start.life, (uint32_t)thread->id);
		arch_user_store32((uint32_t *)creation->start.life + 1, (uint32_t)thread->id);
	}
	__atomic_fetch_add(&program_threads, 1, __ATOMIC_RELAXED);
}

/* What the program asks for, where it does not leave it to be the creator's. */
static int thread_wishes(const struct uk_thread_start *start, struct thread_attr *attr,
			 char name[THREAD_NAME_MAX])
{
	uint64_t cpus = (2UL << (cpu_count - 1)) - 1;
	int level = start->priority;

	if (start->scheduled == UK_SCHEDULED_POSIX)
		level = sched_level(start->policy, start->priority);
	if (start->scheduled) {
		if (level < 0 || level >= PRIORITY_COUNT)
			return -EINVAL;
		attr->priority = (uint8_t)level;
		attr->policy = start->scheduled == UK_SCHEDULED_POSIX ? (uint8_t)start->policy
			       : level < PRIORITY_REAL_TIME	      ? POLICY_OTHER
								      : POLICY_RR;
	}
	if (start->affinity && !(start->affinity & cpus))
		return -EINVAL;
	if (start->affinity)
		attr->affinity = start->affinity & cpus;
	if (!start->name)
		return 0;
	attr->name = name;
	return user_copy_string(name, start->name, THREAD_NAME_MAX) == -EFAULT ? -EFAULT : 0;
}

/* Before the first one that others could be in the way of. */
NOINLINE static void become_threaded(void)
{
	program_on_thread_fault(program_thread_faulted);
	program_enable_requeue();
	inherit_enable();
}

long sys_thread_create(struct uk_thread_start *start)
{
	struct creation creation;
	char name[THREAD_NAME_MAX] = "";
	struct thread *thread; /* may have ended by the time we look */
	int error = user_copy_in(&creation.start, start, sizeof(*start));

	if (error)
		return error;
	if (__atomic_load_n(&program_threads, __ATOMIC_RELAXED) >= PROGRAM_THREADS_MAX)
		return -EAGAIN;
	if (!READ_ONCE(inherit_hook))
		become_threaded();
	struct thread_attr attr = {
		.explicit_priority = true,
		.priority = thread_current()->base_priority,
		.policy = thread_current()->policy,
		.affinity = thread_current()->affinity,
		.detached = true,
		.app_pc = (uintptr_t)creation.start.entry,
		.app_arg = (uintptr_t)creation.start.arg,
		.app_sp = (uintptr_t)creation.start.stack,
		.app_tp = (uintptr_t)creation.start.tp,
		.app_fault_exit = (uintptr_t)creation.start.fault_exit,
		.on_created = thread_created,
		.on_created_arg = &creation,
	};

	error = thread_wishes(&creation.start, &attr, name);
	if (!error)
		error = thread_create(&attr, &thread);
	return error ? error : creation.id;
}

uint64_t program_thread_time_ns(const struct thread *thread)
{
	return thread_cpu_time_ns(thread);
}

_Noreturn void program_thread_end(int status)
{
	struct thread *self = thread_current();

	/* Who joined it must not find it any more. */
	__atomic_store_n(&self->ending, true, __ATOMIC_SEQ_CST);
	if (signal_hooks)
		signal_hooks->thread_ended();
	if (program_pass_on)
		program_pass_on();
	if (user_word_ok(self->clear_child_tid) && !arch_user_store32(self->clear_child_tid, 0))
		futex_wake(self->clear_child_tid, 1);
	if (__atomic_sub_fetch(&program_threads, 1, __ATOMIC_ACQ_REL) == 0)
		process_exit(status);
	__atomic_fetch_add(&program_ended_counts, thread_own_counts(), __ATOMIC_RELAXED);
	thread_exit(status);
}

long sys_thread_ending(void)
{
	thread_current()->signal_mask = UINT64_MAX;
	return 0;
}

long sys_exit(int status)
{
	program_thread_end(status);
}

long sys_set_tid_address(int *clear_tid)
{
	thread_current()->clear_child_tid = (uint32_t *)clear_tid;
	return thread_current()->id;
}

long sys_gettid(void)
{
	return thread_current()->id;
}

/*
 * In this order: a switch in between writes what the CPU has, which is still the old one, to the
 * thread.
 */
long sys_set_tp(uintptr_t tp)
{
	thread_current()->app_tp = tp;
	arch_set_tp(tp);
	return 0;
}
