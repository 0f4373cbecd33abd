/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Run queues, for the scheduler's own files. A CPU's lock guards its queue, its current thread and
 * the scheduling fields of the threads that belong to it (thread->cpu). It is held across
 * arch_switch(): the next thread releases it, so a thread that is not `current` anywhere has its
 * context saved. No two run queues are locked at once.
 */
#pragma once

#include <arch/smp.h>
#include <base/bits.h>
#include <base/list.h>
#include <kernel/cpu.h>
#include <kernel/sched.h>
#include <kernel/thread.h>

/* What is not in the way of a switch need not be fast. */
#define SMALL NOINLINE __attribute__((optimize("Os")))

/* Bits of thread->special: a switch from the thread is not an ordinary one. */
#define SPECIAL_DEAD  1u /* to be let go once it is off its stack */
#define SPECIAL_MOVE  2u /* to be woken elsewhere once its context is saved */
#define SPECIAL_TAIL  4u /* running: behind its equals at the next look */
#define SPECIAL_STRAY 8u /* running where it may not any more */

struct run_queue {
	struct list ready[PRIORITY_COUNT]; /* first: without an offset its elements are near */
	struct spinlock lock;
	uint32_t ready_count;
	uint64_t ready_mask; /* bit p: ready[p] is not empty */
	uint32_t running;    /* 0: the CPU idles, else 1 + the running thread's level; a hint */
	uint32_t shared;     /* there are several CPUs */
};

/* Bit per CPU that found nothing to do and has not switched since; atomic. */
extern uint64_t sched_idle_cpus;

static inline struct run_queue *queue_of(const struct cpu *cpu)
{
	return cpu->run_queue;
}

static inline bool queue_allowed(const struct thread *thread, const struct cpu *cpu)
{
	return thread->affinity >> cpu->index & 1;
}

/* So many elements of cpu_list can be seen to be there. */
static inline unsigned known_cpus(void)
{
	return __atomic_load_n(&cpu_count, __ATOMIC_ACQUIRE);
}

/* A thread is queued while its run_node.next is not NULL. */
static inline bool is_queued(const struct thread *thread)
{
	return thread->run_node.next;
}

static inline void queue_push(struct run_queue *queue, struct thread *thread, bool front)
{
	struct list *level = &queue->ready[thread->priority];

	if (front)
		list_push_front(level, &thread->run_node);
	else
		list_push_back(level, &thread->run_node);
	queue->ready_mask |= 1UL << thread->priority;
	queue->ready_count++;
}

static inline void queue_remove(struct run_queue *queue, struct thread *thread)
{
	struct list *node = &thread->run_node;

	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = NULL;
	if (list_empty(&queue->ready[thread->priority]))
		queue->ready_mask &= ~(1UL << thread->priority);
	queue->ready_count--;
}

/* The first of a level that is not empty; mask and count are the caller's. */
static inline struct thread *level_pop(struct list *level)
{
	struct list *node = level->next, *second = node->next;

	level->next = second;
	second->prev = level;
	node->next = NULL;
	return LIST_ENTRY(node, struct thread, run_node);
}

static inline uint64_t slice_end(const struct thread *thread)
{
	return thread->run_started + thread->slice_left;
}

/* The queue of the thread's CPU, locked; the CPU may change until then. Interrupts off. */
static ALWAYS_INLINE struct run_queue *lock_queue_here(struct thread *thread)
{
	for (;;) {
		struct cpu *cpu = READ_ONCE(thread->cpu);
		struct run_queue *queue = queue_of(cpu);

		spinlock_acquire_here(&queue->lock);
		if (LIKELY(READ_ONCE(thread->cpu) == cpu))
			return queue;
		spinlock_release(&queue->lock);
	}
}

/* Have `cpu`, whose lock is held, look at its queue soon. */
void sched_look_again(struct cpu *cpu);

/* The same as a call. */
struct run_queue *sched_lock_queue(struct thread *thread);

/* sched_balance.c, for machines with several CPUs. */

/*
 * Where a woken thread should run, or one that runs and has to give way to somebody more urgent or
 * after its slice.
 */
struct cpu *sched_choose_cpu(const struct thread *thread);

/*
 * The thread was put in a queue and has to wait there: a CPU that idles, or went idle after the
 * queue was chosen, looks once more for what it can take.
 */
void sched_offer(const struct thread *thread);

/*
 * Is there a thread that waits, though each CPU that idles takes one; `self` is about to. A hint.
 */
bool sched_somebody_waits(const struct cpu *self);

/*
 * An idle CPU takes the most urgent thread that waits at another one. Interrupts off, no lock held.
 */
void sched_steal(struct cpu *cpu);
