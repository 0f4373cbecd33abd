/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Levels and affinity of a thread change: it is put where it belongs, wherever it is. The order
 * among equals is POSIX's [XSH 2.8.4 Process Scheduling].
 */
#include <kernel/clock.h>

#include "run_queue.h"

unsigned (*sched_effective_hook)(const struct thread *thread);

struct run_queue *sched_lock_queue(struct thread *thread)
{
	return lock_queue_here(thread);
}

/*
 * The queue of the thread's CPU, locked. A thread that is ready, and neither runs nor is queued, is
 * on its way to a queue: it arrives.
 */
static struct run_queue *lock_settled(struct thread *thread)
{
	struct run_queue *queue = sched_lock_queue(thread);

	while (thread->state == THREAD_READY && !is_queued(thread) &&
	       thread->cpu->current != thread) {
		spinlock_release(&queue->lock);
		arch_cpu_relax();
		queue = sched_lock_queue(thread);
	}
	return queue;
}

/* The lock is held and released. A queued thread looks for a CPU like one that is woken. */
static void wake_again(struct run_queue *queue, struct thread *thread)
{
	queue_remove(queue, thread);
	thread->state = THREAD_BLOCKED;
	spinlock_release(&queue->lock);
	sched_wake_masked(thread);
}

/*
 * The effective level, with the thread's place in the queue of its CPU: behind its new equals, or
 * ahead of them. The lock is held and released.
 */
static void set_level(struct run_queue *queue, struct thread *thread, unsigned level, bool front)
{
	struct cpu *cpu = thread->cpu;

	if (is_queued(thread)) {
		queue_remove(queue, thread);
		thread->priority = (uint8_t)level;
		queue_push(queue, thread, front);
		if (!front) {
			wake_again(queue, thread);
			return;
		}
	} else {
		thread->priority = (uint8_t)level;
		if (cpu->current == thread && thread != cpu->idle) {
			queue->running = level + 1;
			if (!front)
				thread->special |= SPECIAL_TAIL;
			if (queue->ready_mask >> level)
				sched_look_again(cpu);
		}
	}
	spinlock_release(&queue->lock);
}

void sched_set_effective(struct thread *thread, unsigned level)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = lock_settled(thread);
	unsigned old = thread->priority;

	if (level == old)
		spinlock_release(&queue->lock);
	else
		set_level(queue, thread, level, level < old || thread->cpu->current == thread);
	arch_irq_restore(state);
	if (level != old)
		waitq_reorder(thread);
}

void sched_set_base(struct thread *thread, unsigned policy, unsigned level, enum sched_order order)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = lock_settled(thread);
	unsigned old = thread->priority, effective;

	thread->policy = (uint8_t)policy;
	thread->base_priority = (uint8_t)level;
	thread->slice_left = sched_full_slice(thread);
	effective = sched_effective_hook ? sched_effective_hook(thread) : level;
	/* While it has what others lent it, it keeps its place. */
	if (effective == old && (effective != level || order == SCHED_ORDER_BY_CHANGE))
		spinlock_release(&queue->lock);
	else
		set_level(queue, thread, effective,
			  order == SCHED_ORDER_BY_CHANGE && effective < old);
	arch_irq_restore(state);
	if (effective != old)
		waitq_reorder(thread);
}

void sched_set_affinity(struct thread *thread, uint64_t affinity)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = lock_settled(thread);
	struct cpu *cpu = thread->cpu;

	thread->affinity = affinity;
	if (is_queued(thread)) {
		wake_again(queue, thread);
	} else {
		if (cpu->current == thread) {
			thread->special &= (uint8_t)~SPECIAL_STRAY;
			if (!queue_allowed(thread, cpu)) {
				thread->special |= SPECIAL_STRAY;
				sched_look_again(cpu);
			}
		}
		spinlock_release(&queue->lock);
	}
	arch_irq_restore(state);
}

void sched_to_front(struct thread *thread)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = lock_settled(thread);

	if (is_queued(thread)) {
		queue_remove(queue, thread);
		queue_push(queue, thread, true);
	}
	spinlock_unlock(&queue->lock, state);
}

void sched_kick(struct thread *thread)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = sched_lock_queue(thread);

	if (thread->cpu->current == thread && thread->cpu != cpu_self())
		arch_ipi_send(thread->cpu);
	spinlock_unlock(&queue->lock, state);
}

uint64_t sched_run_counts(struct thread *thread)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = sched_lock_queue(thread);
	uint64_t counts = thread->run_total;

	if (thread->cpu->current == thread)
		counts += arch_counter_read() - thread->run_started;
	spinlock_unlock(&queue->lock, state);
	return counts;
}
