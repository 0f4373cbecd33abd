/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers: a tree by deadline for each CPU, and the CPU's one-shot timer set to the earliest event.
 */
#include <arch/cpu.h>
#include <base/compiler.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/timer.h>

#define NEVER (1UL << 61) /* in counts: no machine runs that long */

static struct timer_queue {
	struct spinlock lock;
	struct avl_tree tree;
	bool firing; /* timer_interrupt() is at it and programs at its end; own CPU */
} queues[CPU_MAX];

static struct timer *timer_of(struct avl_node *node)
{
	return CONTAINER_OF(node, struct timer, node);
}

static uint64_t earliest(struct timer_queue *queue)
{
	struct avl_node *first = avl_first(&queue->tree);

	return first ? timer_of(first)->deadline_ns : UINT64_MAX;
}

void timer_init_cpu(struct cpu *cpu)
{
	cpu->timer_set = UINT64_MAX;
	arch_timer_init_cpu();
}

/* Unless it fires earlier anyway: then the interrupt looks again. */
void timer_program(uint64_t counter)
{
	struct cpu *cpu = cpu_self();

	if (counter >= cpu->timer_set || counter >= NEVER || queues[cpu->index].firing)
		return;
	cpu->timer_set = counter;
	arch_timer_set(counter);
}

static void insert(struct timer_queue *queue, struct timer *timer)
{
	struct avl_node *parent = NULL, **link = &queue->tree.root;

	while (*link) {
		parent = *link;
		link = &parent->child[timer_of(parent)->deadline_ns <= timer->deadline_ns];
	}
	avl_insert(&queue->tree, &timer->node, parent, link);
}

void timer_arm(struct timer *timer, uint64_t deadline_ns)
{
	struct irq_state state = arch_irq_save();
	struct cpu *cpu = cpu_self();
	struct timer_queue *queue = &queues[cpu->index];
	bool first;

	spinlock_acquire(&queue->lock);
	timer->deadline_ns = deadline_ns;
	timer->cpu = cpu;
	insert(queue, timer);
	first = avl_first(&queue->tree) == &timer->node;
	spinlock_release(&queue->lock);
	if (first)
		timer_program(clock_to_counter(deadline_ns));
	arch_irq_restore(state);
}

/* The CPU's timer is not set later: it finds nothing to do then. */
bool timer_cancel(struct timer *timer)
{
	struct cpu *cpu = __atomic_load_n(&timer->cpu, __ATOMIC_ACQUIRE);
	struct timer_queue *queue;
	struct irq_state state;
	bool armed;

	if (!cpu)
		return false;
	queue = &queues[cpu->index];
	state = spinlock_lock(&queue->lock);
	armed = timer->cpu;
	if (armed) {
		avl_remove(&queue->tree, &timer->node);
		timer->cpu = NULL;
	}
	spinlock_unlock(&queue->lock, state);
	return armed;
}

/*
 * The callback runs before the timer counts as off, under the lock: who cancels waits until it is
 * done.
 */
void timer_interrupt(void)
{
	struct cpu *cpu = cpu_self();
	struct timer_queue *queue = &queues[cpu->index];
	uint64_t now = clock_monotonic_ns(), next;

	spinlock_acquire(&queue->lock);
	queue->firing = true;
	cpu->timer_set = UINT64_MAX;
	arch_timer_set(UINT64_MAX);
	/* One at a time: the rest of many comes with the next interrupt, which is at once. */
	if (earliest(queue) <= now) {
		struct timer *timer = timer_of(avl_first(&queue->tree));
		uint64_t deadline_ns = timer->deadline_ns;

		avl_remove(&queue->tree, &timer->node);
		timer->fire(timer);
		if (timer->deadline_ns != deadline_ns)
			insert(queue, timer);
		else
			__atomic_store_n(&timer->cpu, NULL, __ATOMIC_RELEASE);
	}
	next = earliest(queue);
	queue->firing = false;
	spinlock_release(&queue->lock);
	timer_program(sched_timer(cpu));
	if (next != UINT64_MAX)
		timer_program(clock_to_counter(next));
}
