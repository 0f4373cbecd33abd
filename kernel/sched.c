/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Run queues. A CPU's lock guards its queue, its current thread and the states of the threads that
 * belong to it (thread->cpu). It is held across arch_switch(): the next thread releases it, so a
 * thread that is not `current` anywhere has its context saved.
 */
#include <arch/smp.h>
#include <arch/switch.h>
#include <base/bits.h>
#include <base/list.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/lock_check.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include <mem/heap.h>

/* This file is compiled for speed; what is not in the way of a switch need not be. */
#define SMALL NOINLINE __attribute__((optimize("Os")))

struct run_queue {
	struct spinlock lock;
	uint32_t ready_mask; /* bit p: ready[p] is not empty */
	uint32_t ready_count;
	struct list ready[PRIORITY_COUNT];
};

static struct run_queue boot_queue;
static uint64_t slice; /* in counts, so that a switch needs no conversion */

static struct run_queue *queue_of(const struct cpu *cpu)
{
	return cpu->run_queue;
}

static void enqueue(struct run_queue *queue, struct thread *thread, bool front)
{
	struct list *level = &queue->ready[thread->priority];

	if (front)
		list_push_front(level, &thread->run_node);
	else
		list_push_back(level, &thread->run_node);
	queue->ready_mask |= 1U << thread->priority;
	queue->ready_count++;
}

static void dequeue(struct run_queue *queue, struct thread *thread)
{
	list_remove(&thread->run_node);
	if (list_empty(&queue->ready[thread->priority]))
		queue->ready_mask &= ~(1U << thread->priority);
	queue->ready_count--;
}

static struct thread *pick(struct run_queue *queue, struct cpu *cpu)
{
	struct thread *thread;
	unsigned level;

	if (!queue->ready_mask)
		return cpu->idle;
	level = bit_highest(queue->ready_mask);
	thread = LIST_ENTRY(list_pop_front(&queue->ready[level]), struct thread, run_node);
	if (list_empty(&queue->ready[level]))
		queue->ready_mask &= ~(1U << level);
	queue->ready_count--;
	return thread;
}

SMALL bool sched_init_cpu(struct cpu *cpu)
{
	struct run_queue *queue = cpu == &cpu_boot ? &boot_queue
						   : heap_alloc_zeroed(sizeof(*queue));

	cpu->run_queue = queue;
	if (queue)
		LOCK_CLASS_OF_CALLER(&queue->lock);
	for (unsigned i = 0; queue && i < PRIORITY_COUNT; i++)
		list_init(&queue->ready[i]);
	return queue;
}

void sched_set_slice(void)
{
	slice = clock_span_counts(SCHED_SLICE_NS);
}

static uint64_t slice_end(const struct thread *thread)
{
	return thread->run_started + slice;
}

static bool allowed(const struct thread *thread, const struct cpu *cpu)
{
	return thread->affinity >> cpu->index & 1;
}

/* So many elements of cpu_list can be seen to be there. */
static unsigned known_cpus(void)
{
	return __atomic_load_n(&cpu_count, __ATOMIC_ACQUIRE);
}

/* Where a woken thread should run: where it was, unless that CPU is busy and another one idles. */
SMALL static struct cpu *choose_cpu(const struct thread *thread)
{
	struct cpu *last = thread->cpu, *fallback = NULL;

	if (allowed(thread, last) && READ_ONCE(last->current) == last->idle &&
	    !queue_of(last)->ready_count)
		return last;
	for (unsigned i = 0, count = known_cpus(); i < count; i++) {
		struct cpu *cpu = cpu_list[i];

		if (!allowed(thread, cpu) || !__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE))
			continue;
		if (READ_ONCE(cpu->current) == cpu->idle && !READ_ONCE(queue_of(cpu)->ready_count))
			return cpu;
		if (!fallback || READ_ONCE(queue_of(cpu)->ready_count) <
					 READ_ONCE(queue_of(fallback)->ready_count))
			fallback = cpu;
	}
	return allowed(thread, last) || !fallback ? last : fallback;
}

/*
 * need_resched of the own CPU is set: it is seen when the system call that we are in ends, and an
 * interrupt looks itself. Where no system call ends, there has to be one.
 */
static void switch_soon(struct cpu *cpu, struct thread *current)
{
	if (current->kernel_only && current != cpu->idle)
		arch_ipi_send(cpu);
	else
		__atomic_fetch_or(&current->pending, PENDING_RESCHED, __ATOMIC_RELAXED);
}

/*
 * The thread was put in a queue and has to wait there. A CPU that idles, or went idle after the
 * queue was chosen, looks once more for what it can take: the fence is the other half of the one in
 * sched_idle().
 */
SMALL static void offer(const struct thread *thread)
{
	unsigned count = known_cpus();

	if (count == 1)
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < count; i++) {
		struct cpu *cpu = cpu_list[i];

		if (cpu != thread->cpu && allowed(thread, cpu) &&
		    READ_ONCE(cpu->current) == cpu->idle) {
			arch_ipi_send(cpu);
			return;
		}
	}
}

/* The thread became ready on `cpu`, whose lock is held: should it switch? */
static void request_switch(struct cpu *cpu, const struct thread *thread)
{
	struct thread *current = cpu->current;

	if (current != cpu->idle && current->priority > thread->priority)
		return;
	if (current != cpu->idle && current->priority == thread->priority) {
		/*
		 * The slice of the running thread counts from when there is somebody to give way
		 * to.
		 */
		if (cpu == cpu_self())
			timer_program(slice_end(current));
		else
			arch_ipi_send(cpu);
		return;
	}
	__atomic_store_n(&cpu->need_resched, 1, __ATOMIC_RELEASE);
	if (cpu != cpu_self())
		arch_ipi_send(cpu);
	else
		switch_soon(cpu, current);
}

static struct run_queue *lock_queue_of(struct thread *thread)
{
	for (;;) {
		struct cpu *cpu = READ_ONCE(thread->cpu);
		struct run_queue *queue = queue_of(cpu);

		spinlock_acquire(&queue->lock);
		if (READ_ONCE(thread->cpu) == cpu)
			return queue;
		spinlock_release(&queue->lock);
	}
}

void sched_wake(struct thread *thread)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = lock_queue_of(thread);
	struct cpu *target = thread->cpu;

	if (target->current == thread) {
		/* It is on its way to sleep and has not switched yet: it simply goes on. */
		if (thread->state == THREAD_BLOCKED)
			thread->state = THREAD_RUNNING;
	} else if (thread->state == THREAD_BLOCKED || thread->state == THREAD_NEW) {
		thread->state = THREAD_READY;
		target = choose_cpu(thread);
		if (target != thread->cpu) {
			/* READY and in no queue: nobody else touches it meanwhile. */
			thread->cpu = target;
			spinlock_release(&queue->lock);
			queue = queue_of(target);
			spinlock_acquire(&queue->lock);
		}
		enqueue(queue, thread, false);
		request_switch(target, thread);
		if (target->current != target->idle)
			offer(thread);
	}
	spinlock_release(&queue->lock);
	arch_irq_restore(state);
}

SMALL void sched_kick(struct thread *thread)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = lock_queue_of(thread);

	if (thread->cpu->current == thread && thread->cpu != cpu_self())
		arch_ipi_send(thread->cpu);
	spinlock_unlock(&queue->lock, state);
}

/* Priority or affinity of a thread changed: put it where it belongs now. */
SMALL void sched_update(struct thread *thread, unsigned priority, uint64_t affinity)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = lock_queue_of(thread);
	bool queued;

	/*
	 * Ready, and neither running nor queued: on its way to a queue that may be wrong
	 * afterwards.
	 */
	while (thread->state == THREAD_READY && list_empty(&thread->run_node) &&
	       thread->cpu->current != thread) {
		spinlock_release(&queue->lock);
		arch_cpu_relax();
		queue = lock_queue_of(thread);
	}
	queued = !list_empty(&thread->run_node);
	if (queued)
		dequeue(queue, thread);
	thread->priority = (uint8_t)priority;
	thread->affinity = affinity;
	if (queued) {
		thread->state = THREAD_BLOCKED;
	} else if (thread->cpu->current == thread) {
		__atomic_store_n(&thread->cpu->need_resched, 1, __ATOMIC_RELEASE);
		if (thread->cpu != cpu_self())
			arch_ipi_send(thread->cpu);
		else
			switch_soon(thread->cpu, thread);
	}
	spinlock_release(&queue->lock);
	if (queued)
		sched_wake(thread);
	arch_irq_restore(state);
}

SMALL void sched_to_front(struct thread *thread)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = lock_queue_of(thread);

	if (!list_empty(&thread->run_node)) {
		dequeue(queue, thread);
		enqueue(queue, thread, true);
	}
	spinlock_unlock(&queue->lock, state);
}

/* The first thing a thread does after it was switched to; `previous` is not current any more. */
static ALWAYS_INLINE void finish_switch(struct thread *previous)
{
	bool special = previous->state == THREAD_DEAD || previous->moving;

	spinlock_release(&queue_of(cpu_self())->lock);
	if (LIKELY(!special))
		return;
	if (previous->state == THREAD_DEAD) {
		thread_release(previous);
	} else {
		previous->moving = false;
		sched_wake(previous);
	}
}

void sched_finish_switch(struct thread *previous)
{
	finish_switch(previous);
}

/*
 * Account, and go on as `next`, whose slice counts if equals wait; own queue's lock held,
 * interrupts off.
 */
static ALWAYS_INLINE void switch_to(struct cpu *cpu, struct thread *next, bool equals_wait)
{
	struct thread *previous = cpu->current;
	uint64_t now = arch_counter_read();

	cpu->need_resched = 0;
	previous->run_total += now - previous->run_started;
	next->run_started = now;
	next->state = THREAD_RUNNING;
	cpu->current = next;
	if (equals_wait && slice_end(next) < cpu->timer_set)
		timer_program(slice_end(next));
	finish_switch(arch_switch(previous, next));
}

/* Choose the next; own queue's lock held, interrupts off. */
static void switch_locked(struct cpu *cpu, struct run_queue *queue)
{
	struct thread *next = pick(queue, cpu);

	if (next != cpu->current) {
		/* The idle thread only runs when nothing is ready. */
		switch_to(cpu, next, queue->ready_mask >> next->priority & 1);
		return;
	}
	cpu->need_resched = 0;
	next->state = THREAD_RUNNING;
	spinlock_release(&queue->lock);
}

/*
 * A running thread goes back to a queue. If it may not run here any more, it is woken elsewhere
 * once its context is saved.
 */
static void requeue(struct cpu *cpu, struct run_queue *queue, struct thread *self, bool front)
{
	if (allowed(self, cpu)) {
		self->state = THREAD_READY;
		enqueue(queue, self, front);
		offer(self);
	} else {
		self->state = THREAD_BLOCKED;
		self->moving = true;
	}
}

void sched_switch(void)
{
	struct cpu *cpu = cpu_self();
	struct run_queue *queue = queue_of(cpu);
	struct thread *self = cpu->current;

	spinlock_acquire(&queue->lock);
	if (self->state == THREAD_RUNNING) { /* woken before it slept */
		spinlock_release(&queue->lock);
		return;
	}
	if (self->state == THREAD_READY && self != cpu->idle)
		requeue(cpu, queue, self, false);
	switch_locked(cpu, queue);
}

int thread_yield(void)
{
	struct irq_state state = arch_irq_save();
	struct cpu *cpu = cpu_self();
	struct run_queue *queue = queue_of(cpu);
	struct thread *self = cpu->current;
	uint32_t waiting;

	spinlock_acquire(&queue->lock);
	waiting = queue->ready_mask >> self->priority;
	if (LIKELY(waiting == 1 && allowed(self, cpu))) {
		/*
		 * Only equals wait: change places with the first of them, the queue's figures stay.
		 */
		struct list *level = &queue->ready[self->priority];
		struct thread *next = LIST_ENTRY(list_pop_front(level), struct thread, run_node);

		self->state = THREAD_READY;
		list_push_back(level, &self->run_node);
		if (cpu_count > 1)
			offer(self);
		switch_to(cpu, next, true);
	} else if (waiting || !allowed(self, cpu)) {
		requeue(cpu, queue, self, false);
		switch_locked(cpu, queue);
	} else {
		spinlock_release(&queue->lock);
	}
	arch_irq_restore(state);
	return 0;
}

SMALL void sched_preempt(void)
{
	struct cpu *cpu = cpu_self();
	struct run_queue *queue = queue_of(cpu);
	struct thread *self = cpu->current;

	spinlock_acquire(&queue->lock);
	if (self->state == THREAD_RUNNING && self != cpu->idle) {
		bool slice_over = slice_end(self) <= arch_counter_read();

		if (allowed(self, cpu) &&
		    (!queue->ready_mask || bit_highest(queue->ready_mask) < self->priority ||
		     (bit_highest(queue->ready_mask) == self->priority && !slice_over))) {
			cpu->need_resched = 0;
			timer_program(sched_slice_end(cpu));
			spinlock_release(&queue->lock);
			return;
		}
		requeue(cpu, queue, self, !slice_over);
	}
	switch_locked(cpu, queue);
}

/* An idle CPU takes a waiting thread from the busiest queue. Interrupts off. */
SMALL static void steal(struct cpu *cpu)
{
	struct run_queue *own = queue_of(cpu);

	for (unsigned i = 1, count = known_cpus(); i < count; i++) {
		struct cpu *other = cpu_list[(cpu->index + i) % count];
		struct run_queue *queue = queue_of(other);
		struct thread *found = NULL;

		if (!READ_ONCE(queue->ready_count))
			continue;
		spinlock_acquire(&queue->lock);
		for (int level = PRIORITY_COUNT - 1; level >= 0 && !found; level--) {
			LIST_FOR_EACH (struct thread, thread, &queue->ready[level], run_node) {
				if (allowed(thread, cpu)) {
					found = thread;
					break;
				}
			}
		}
		if (found) {
			dequeue(queue, found);
			found->cpu = cpu;
		}
		spinlock_release(&queue->lock);
		if (!found)
			continue;
		spinlock_acquire(&own->lock);
		enqueue(own, found, false);
		spinlock_release(&own->lock);
		return;
	}
}

void sched_idle(void)
{
	struct cpu *cpu = cpu_self();

	for (;;) {
		arch_irq_disable();
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (!queue_of(cpu)->ready_mask)
			steal(cpu);
		if (queue_of(cpu)->ready_mask) {
			thread_current()->state = THREAD_READY;
			sched_switch();
			arch_irq_enable();
			continue;
		}
		irq_watch_end();
		arch_cpu_idle();
	}
}

uint64_t sched_run_counts(struct thread *thread)
{
	struct irq_state state = arch_irq_save();
	struct run_queue *queue = lock_queue_of(thread);
	uint64_t counts = thread->run_total;

	if (thread->cpu->current == thread)
		counts += arch_counter_read() - thread->run_started;
	spinlock_unlock(&queue->lock, state);
	return counts;
}

uint64_t sched_slice_end(struct cpu *cpu)
{
	struct thread *current = cpu->current;

	if (current == cpu->idle || !(queue_of(cpu)->ready_mask >> current->priority & 1))
		return UINT64_MAX;
	return slice_end(current);
}

uint64_t sched_timer(struct cpu *cpu)
{
	uint64_t end = sched_slice_end(cpu);

	if (end > arch_counter_read())
		return end;
	cpu->need_resched = 1;
	return UINT64_MAX;
}
