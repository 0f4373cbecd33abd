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
#include <kernel/sched.h>
#include <mem/user.h>
#include <posix/process.h>
#include <posix/syscalls.h>

#include "program.h"
#include "signals.h"

uint64_t program_ended_counts;
void (*program_pass_on)(void);

STATIC_ASSERT(UK_MAIN_THREAD_ID == THREAD_ID_FIRST);

/*
 * The C library reads the new thread's id as soon as its own call returns, the new thread even
 * before.
 */
static void tell_id(const struct uk_thread_start *start, int32_t id)
{
	if (user_word_ok(start->tid))
		arch_user_store32((uint32_t *)start->tid, (uint32_t)id);
	if (user_word_ok(start->life)) {
		arch_user_store32((uint32_t *)start->life, (uint32_t)id);
		arch_user_store32((uint32_t *)start->life + 1, (uint32_t)id);
	}
}

struct wishes {
	uint64_t affinity;
	uint8_t priority, policy;
};

/* What the program asks for, where it does not leave it to be the creator's. */
static int thread_wishes(const struct uk_thread_start *start, struct wishes *wishes)
{
	uint64_t cpus = (2UL << (cpu_count - 1)) - 1;
	const struct thread *self = thread_current();
	int level = start->priority;

	*wishes = (struct wishes){self->affinity, self->base_priority, self->policy};
	if (start->scheduled == UK_SCHEDULED_POSIX)
		level = sched_level(start->policy, start->priority);
	if (start->scheduled) {
		if (level < 0 || level >= PRIORITY_COUNT)
			return -EINVAL;
		wishes->priority = (uint8_t)level;
		wishes->policy = start->scheduled == UK_SCHEDULED_POSIX ? (uint8_t)start->policy
				 : level < PRIORITY_REAL_TIME		? POLICY_OTHER
									: POLICY_RR;
	}
	if (start->affinity && !(start->affinity & cpus))
		return -EINVAL;
	if (start->affinity)
		wishes->affinity = start->affinity & cpus;
	return 0;
}

/* Before the first one that others could be in the way of. */
NOINLINE static void become_threaded(void)
{
	program_on_thread_fault(program_thread_faulted);
	program_enable_requeue();
	inherit_enable();
}

/* In two words. */
union name {
	char text[THREAD_NAME_MAX];
	uint64_t words[2];
};
STATIC_ASSERT(sizeof(union name) == THREAD_NAME_MAX);
STATIC_ASSERT(offsetof(struct thread, name) % sizeof(uint64_t) == 0);

/* "thread" if it has none. */
static int thread_name(const struct uk_thread_start *start, union name *name)
{
	static const union name usual = {"thread"};

	name->words[0] = name->words[1] = 0;
	if (start->name && user_copy_string(name->text, start->name, THREAD_NAME_MAX) == -EFAULT)
		return -EFAULT;
	name->text[THREAD_NAME_MAX - 1] = 0;
	if (!name->text[0])
		*name = usual;
	return 0;
}

long sys_thread_create(struct uk_thread_start *user_start)
{
	struct uk_thread_start start;
	union name name;
	struct wishes wishes;
	struct thread *thread; /* may have ended by the time we look */
	int32_t id;
	int error = user_copy_in(&start, user_start, sizeof(start));

	if (error)
		return error;
	if (__atomic_load_n(&program_threads, __ATOMIC_RELAXED) >= PROGRAM_THREADS_MAX)
		return -EAGAIN;
	if (!READ_ONCE(inherit_hook))
		become_threaded();
	error = thread_wishes(&start, &wishes);
	if (!error)
		error = thread_name(&start, &name);
	if (error)
		return error;
	thread = thread_new();
	if (!thread)
		return -ENOMEM;
	__builtin_memcpy(__builtin_assume_aligned(thread->name, sizeof(uint64_t)), &name,
			 sizeof(name));
	thread->policy = wishes.policy;
	thread->priority = wishes.priority;
	thread->affinity = wishes.affinity;
	thread->app_pc = (uintptr_t)start.entry;
	thread->app_arg = (uintptr_t)start.arg;
	thread->app_sp = (uintptr_t)start.stack;
	thread->app_tp = (uintptr_t)start.tp;
	thread->app_fault_exit = (uintptr_t)start.fault_exit;
	thread->clear_child_tid = (uint32_t *)start.life;
	thread->signal_mask = thread_current()->signal_mask;
	thread_enter(thread);
	id = thread->id;
	tell_id(&start, id);
	__atomic_fetch_add(&program_threads, 1, __ATOMIC_RELAXED);
	/* It runs next where that is fair: its end often comes before who joins it. */
	if (start.detached) {
		sched_wake(thread);
		return id;
	}
	arch_irq_disable();
	sched_hand_over(thread);
	return id;
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
