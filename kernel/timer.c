/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers: a tree by deadline for each CPU, and the CPU's one-shot timer set to the earliest event. */
#include <arch/cpu.h>
#include <base/compiler.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/timer.h>

static struct timer_queue {
	struct spinlock lock;
	struct avl_tree tree;
	uint64_t programmed_ns; /* what the CPU's timer is set to; own CPU */
	bool firing;		/* timer_interrupt() is at it and programs at its end; own CPU */
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

/* Own CPU, interrupts off, queue lock held. */
static void program(struct timer_queue *queue, struct cpu *cpu)
{
	uint64_t next = earliest(queue), slice = sched_slice_end(cpu);

	if (slice < next)
		next = slice;
	if (next == queue->programmed_ns)
		return;
	queue->programmed_ns = next;
	arch_timer_set(next == UINT64_MAX ? UINT64_MAX : clock_to_counter(next));
}

void timer_init_cpu(struct cpu *cpu)
{
	queues[cpu->index].programmed_ns = UINT64_MAX;
	arch_timer_init_cpu();
}

void timer_reprogram(void)
{
	struct cpu *cpu = cpu_self();
	struct timer_queue *queue = &queues[cpu->index];

	if (queue->firing)
		return;
	spinlock_acquire(&queue->lock);
	program(queue, cpu);
	spinlock_release(&queue->lock);
}

void timer_arm(struct timer *timer, uint64_t deadline_ns)
{
	struct irq_state state = arch_irq_save();
	struct cpu *cpu = cpu_self();
	struct timer_queue *queue = &queues[cpu->index];
	struct avl_node *parent = NULL, **link;

	spinlock_acquire(&queue->lock);
	timer->deadline_ns = deadline_ns;
	timer->cpu = cpu;
	link = &queue->tree.root;
	while (*link) {
		parent = *link;
		link = &parent->child[timer_of(parent)->deadline_ns <= deadline_ns];
	}
	avl_insert(&queue->tree, &timer->node, parent, link);
	if (deadline_ns < queue->programmed_ns)
		program(queue, cpu);
	spinlock_release(&queue->lock);
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
 * The callback runs before the timer counts as off, under the lock: who cancels waits until it is done.
 */
void timer_interrupt(void)
{
	struct cpu *cpu = cpu_self();
	struct timer_queue *queue = &queues[cpu->index];
	uint64_t now = clock_monotonic_ns();

	spinlock_acquire(&queue->lock);
	queue->firing = true;
	queue->programmed_ns = 0; /* unknown: whatever comes next is programmed */
	while (earliest(queue) <= now) {
		struct timer *timer = timer_of(avl_first(&queue->tree));

		avl_remove(&queue->tree, &timer->node);
		timer->fire(timer);
		__atomic_store_n(&timer->cpu, NULL, __ATOMIC_RELEASE);
	}
	sched_timer(cpu, now);
	queue->firing = false;
	program(queue, cpu);
	spinlock_release(&queue->lock);
}
