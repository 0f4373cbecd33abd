/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs where. Other CPUs' queues are looked at without their locks: what is read is a hint, and
 * the thread that is moved for it can be moved again. That no CPU idles while a thread waits that
 * it could run does not rest on hints, but on sched_offer() and sched_idle().
 */
#include "run_queue.h"

#define STEAL_LOOKS 64 /* threads that are looked at with another CPU's lock held */

/* A level that is less than all of those: nobody runs. */
static int running_level(const struct cpu *cpu)
{
	return (int)READ_ONCE(queue_of(cpu)->running) - 1;
}

/* Threads that want the CPU. */
static unsigned load_of(const struct cpu *cpu)
{
	return READ_ONCE(queue_of(cpu)->ready_count) + (running_level(cpu) >= 0);
}

static bool is_idle(const struct cpu *cpu)
{
	return READ_ONCE(sched_idle_cpus) >> cpu->index & 1 &&
	       !READ_ONCE(queue_of(cpu)->ready_count);
}

/* Who runs there is less urgent, or no more urgent and fewer want to run. */
static bool is_better(const struct cpu *cpu, const struct cpu *other)
{
	int here = running_level(cpu), there = running_level(other);

	return here != there ? here < there : load_of(cpu) < load_of(other);
}

/*
 * Where it was, if that CPU idles; one that idles; where the least urgent thread runs; among those
 * where the fewest wait; and where it was rather than elsewhere.
 */
struct cpu *sched_choose_cpu(const struct thread *thread)
{
	struct cpu *last = thread->cpu, *best = queue_allowed(thread, last) ? last : NULL;

	if (best && is_idle(last))
		return last;
	for (unsigned i = 0, count = known_cpus(); i < count; i++) {
		struct cpu *cpu = cpu_list[i];

		if (!queue_allowed(thread, cpu))
			continue;
		if (is_idle(cpu))
			return cpu;
		if (!best || is_better(cpu, best))
			best = cpu;
	}
	return best ? best : last;
}

/* The fence is the other half of the one in sched_idle(). */
void sched_offer(const struct thread *thread)
{
	uint64_t idle;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	idle = READ_ONCE(sched_idle_cpus) & thread->affinity & ~(1UL << thread->cpu->index);
	if (idle)
		arch_ipi_send(cpu_list[bit_lowest(idle)]);
}

bool sched_somebody_waits(const struct cpu *self)
{
	for (unsigned i = known_cpus(); i--;) {
		const struct cpu *cpu = cpu_list[i];
		bool takes_one = cpu == self || running_level(cpu) < 0;

		if (READ_ONCE(queue_of(cpu)->ready_count) > takes_one)
			return true;
	}
	return false;
}

/* The most urgent that may run on `cpu`. The queue's lock is held. */
static struct thread *find_movable(struct run_queue *queue, const struct cpu *cpu)
{
	unsigned looks = 0;

	for (uint64_t mask = queue->ready_mask; mask;) {
		unsigned level = bit_highest(mask);

		LIST_FOR_EACH (struct thread, thread, &queue->ready[level], run_node)
			if (queue_allowed(thread, cpu) || ++looks == STEAL_LOOKS)
				return looks == STEAL_LOOKS ? NULL : thread;
		mask ^= 1UL << level;
	}
	return NULL;
}

/*
 * What is found is this CPU's at once. Left to the CPU where it waited, which idles too perhaps and
 * has not got up yet, it would be handed to and fro.
 */
void sched_steal(struct cpu *cpu)
{
	for (unsigned i = known_cpus(); i--;) {
		struct run_queue *queue = queue_of(cpu_list[i]);
		struct thread *found;

		if (!READ_ONCE(queue->ready_mask))
			continue;
		spinlock_acquire(&queue->lock);
		found = find_movable(queue, cpu);
		if (found) {
			queue_remove(queue, found);
			found->state = THREAD_BLOCKED;
			found->cpu = cpu;
		}
		spinlock_release(&queue->lock);
		if (found) {
			sched_wake_masked(found);
			return;
		}
	}
}
