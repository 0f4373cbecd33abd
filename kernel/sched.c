/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: who runs next on this CPU. What changes a thread's level or affinity is in
 * sched_change.c, what looks at other CPUs in sched_balance.c. This file is compiled for speed.
 */
#include <arch/switch.h>
#include <kernel/clock.h>
#include <kernel/lock_check.h>
#include <kernel/panic.h>
#include <kernel/timer.h>
#include <mem/heap.h>

#include "run_queue.h"

#define SLICE_FOR_EVER (1UL << 62) /* in counts; timer_program() takes it for never */

uint64_t sched_idle_cpus;

static struct run_queue boot_queue;
static uint64_t slice = SLICE_FOR_EVER; /* in counts, so that a switch needs no conversion */

SMALL bool sched_init_cpu(struct cpu *cpu)
{
	struct run_queue *queue = cpu == &cpu_boot ? &boot_queue
						   : heap_alloc_zeroed(sizeof(*queue));

	cpu->run_queue = queue;
	if (queue)
		LOCK_CLASS_OF_CALLER(&queue->lock);
	if (queue && cpu != &cpu_boot)
		queue->shared = boot_queue.shared = 1;
	for (unsigned i = 0; queue && i < PRIORITY_COUNT; i++)
		list_init(&queue->ready[i]);
	return queue;
}

void sched_set_slice(void)
{
	slice = clock_span_counts(SCHED_SLICE_NS);
}

uint64_t sched_full_slice(const struct thread *thread)
{
	return thread->policy == POLICY_FIFO ? SLICE_FOR_EVER : slice;
}

static ALWAYS_INLINE struct thread *pick(struct run_queue *queue, struct cpu *cpu)
{
	struct thread *thread;
	struct list *list;
	unsigned level;

	if (!queue->ready_mask) {
		queue->running = 0;
		return cpu->idle;
	}
	level = bit_highest(queue->ready_mask);
	list = &queue->ready[level];
	thread = level_pop(list);
	if (list_empty(list))
		queue->ready_mask &= ~(1UL << level);
	queue->ready_count--;
	queue->running = level + 1;
	return thread;
}

/*
 * need_resched of the own CPU is set: it is seen when the system call that we are in ends, and an
 * interrupt looks itself. Where no system call ends, there has to be one.
 */
static void switch_soon(struct cpu *cpu, struct thread *current)
{
	if (!current->kernel_only)
		__atomic_fetch_or(&current->pending, PENDING_RESCHED, __ATOMIC_RELAXED);
	else if (current != cpu->idle)
		arch_ipi_send(cpu);
}

void sched_look_again(struct cpu *cpu)
{
	__atomic_store_n(&cpu->need_resched, 1, __ATOMIC_RELEASE);
	if (cpu == cpu_self())
		switch_soon(cpu, cpu->current);
	else
		arch_ipi_send(cpu);
}

/* A slice of the running thread ends when it ends, but only where somebody waits for it. */
static ALWAYS_INLINE void set_slice_timer(struct cpu *cpu, uint64_t end)
{
	if (end < cpu->timer_set)
		timer_program(end);
}

static ALWAYS_INLINE void request_switch(struct cpu *cpu, const struct thread *thread)
{
	struct thread *current = cpu->current;

	if (current == cpu->idle || current->priority < thread->priority)
		sched_look_again(cpu);
	else if (current->priority > thread->priority)
		return;
	else if (cpu == cpu_self())
		set_slice_timer(cpu, slice_end(current));
	else if (current->policy != POLICY_FIFO)
		arch_ipi_send(cpu);
}

/* READY and in no queue: nobody else touches it meanwhile. Returns its new CPU's queue, locked. */
SMALL static struct run_queue *send_away(struct thread *thread, struct run_queue *queue)
{
	struct cpu *target = sched_choose_cpu(thread);

	if (target == thread->cpu)
		return queue;
	thread->cpu = target;
	spinlock_release(&queue->lock);
	queue = queue_of(target);
	spinlock_acquire(&queue->lock);
	return queue;
}

void sched_wake_masked(struct thread *thread)
{
	struct run_queue *queue = lock_queue_here(thread);
	bool alone = cpu_count == 1;

	if (UNLIKELY(thread->cpu->current == thread)) {
		/* It is on its way to sleep and has not switched yet: it simply goes on. */
		if (thread->state == THREAD_BLOCKED)
			thread->state = THREAD_RUNNING;
	} else if (thread->state == THREAD_BLOCKED || thread->state == THREAD_NEW) {
		thread->state = THREAD_READY;
		if (!alone)
			queue = send_away(thread, queue);
		queue_push(queue, thread, false);
		request_switch(thread->cpu, thread);
		/* To a CPU that idles it went alone, or it has to wait. */
		if (!alone && (thread->cpu->current != thread->cpu->idle || queue->ready_count > 1))
			sched_offer(thread);
	}
	spinlock_release(&queue->lock);
}

void sched_wake(struct thread *thread)
{
	struct irq_state state = arch_irq_save();

	sched_wake_masked(thread);
	arch_irq_restore(state);
}

/* Off its CPU at last: the lock is held, and released. */
SMALL static void part_from(struct run_queue *queue, struct thread *previous)
{
	unsigned special = previous->special;

	previous->special = 0;
	spinlock_release(&queue->lock);
	if (special & SPECIAL_DEAD)
		thread_release(previous);
	else if (special & SPECIAL_MOVE)
		sched_wake_masked(previous);
}

/* The first thing a thread does after it was switched to; `previous` is not current any more. */
static ALWAYS_INLINE void finish_switch(struct thread *previous)
{
	struct run_queue *queue = queue_of(previous->cpu); /* this CPU's: it is locked */

	if (UNLIKELY(previous->special))
		part_from(queue, previous);
	else
		spinlock_release(&queue->lock);
}

void sched_finish_switch(struct thread *previous)
{
	finish_switch(previous);
}

/* Go on as `next`; own queue's lock held, interrupts off. */
static ALWAYS_INLINE void start_running(struct cpu *cpu, struct thread *previous,
					struct thread *next, uint64_t now)
{
	previous->run_total += now - previous->run_started;
	next->run_started = now;
	next->state = THREAD_RUNNING;
	cpu->current = next;
	finish_switch(arch_switch(previous, next));
}

/*
 * Account, and go on as `next`, whose slice counts if equals wait; own queue's lock held,
 * interrupts off.
 */
static ALWAYS_INLINE void switch_to(struct cpu *cpu, struct thread *previous, struct thread *next,
				    bool equals_wait)
{
	uint64_t now = arch_counter_read();

	cpu->need_resched = 0;
	if (equals_wait)
		set_slice_timer(cpu, now + next->slice_left);
	start_running(cpu, previous, next, now);
}

/* Choose the next; own queue's lock held, interrupts off. */
NOINLINE static void switch_locked(struct cpu *cpu, struct run_queue *queue, struct thread *self)
{
	struct thread *next = pick(queue, cpu);

	if (UNLIKELY(next == self)) {
		cpu->need_resched = 0;
		next->state = THREAD_RUNNING;
		spinlock_release(&queue->lock);
		return;
	}
	/* The idle thread only runs when nothing is ready. */
	switch_to(cpu, self, next, queue->ready_mask >> next->priority & 1);
}

/*
 * A running thread goes back to the queue. If it may not run here any more, or should not, it is
 * woken elsewhere once its context is saved.
 */
SMALL static void requeue(struct run_queue *queue, struct thread *self, bool front, bool leave)
{
	if (leave || self->special & SPECIAL_STRAY) {
		self->state = THREAD_BLOCKED;
		self->special = SPECIAL_MOVE;
		return;
	}
	self->state = THREAD_READY;
	self->special = 0;
	queue_push(queue, self, front);
	if (queue->shared)
		sched_offer(self);
}

NOINLINE static void switch_slowly(struct cpu *cpu, struct run_queue *queue, struct thread *self)
{
	spinlock_acquire_here(&queue->lock);
	if (UNLIKELY(self->state == THREAD_RUNNING)) { /* woken before it slept */
		spinlock_release(&queue->lock);
		return;
	}
	/* There would be nobody to run, and at boot it is idle. */
	ASSERT(self != cpu->idle || self->state < THREAD_BLOCKED);
	if (UNLIKELY(self->state == THREAD_DEAD))
		self->special = SPECIAL_DEAD;
	switch_locked(cpu, queue, self);
}

/*
 * On a single CPU a thread that waits or ends makes way for an equal one whose slice needs no
 * timer: the usual, for which nothing is searched for and nothing kept across the switch.
 */
void sched_switch(void)
{
	struct thread *self = thread_current(), *next;
	struct cpu *cpu = self->cpu;
	struct run_queue *queue = queue_of(cpu);
	unsigned level = self->priority;
	struct list *list = &queue->ready[level], *second;
	uint64_t now;

	if (UNLIKELY(self->state < THREAD_BLOCKED || queue->ready_mask >> level != 1 ||
		     queue->shared)) {
		switch_slowly(cpu, queue, self);
		return;
	}
	next = LIST_FIRST(list, struct thread, run_node);
	now = arch_counter_read();
	if (UNLIKELY(now + next->slice_left < cpu->timer_set)) {
		switch_slowly(cpu, queue, self);
		return;
	}
	spinlock_take(&queue->lock);
	second = next->run_node.next;
	next->run_node.next = NULL;
	list->next = second;
	second->prev = list;
	if (second == list)
		queue->ready_mask &= ~(1UL << level);
	queue->ready_count--;
	start_running(cpu, self, next, now);
}

/* SPECIAL_DEAD is for the short way in sched_switch(), where nobody else can write it. */
_Noreturn void sched_exit(struct thread *self)
{
	self->special = SPECIAL_DEAD;
	self->state = THREAD_DEAD;
	sched_switch();
	panic("a dead thread was resumed");
}

SMALL static long yield_slowly(struct cpu *cpu, struct run_queue *queue, struct thread *self)
{
	spinlock_acquire(&queue->lock);
	if (queue->ready_mask >> self->priority || self->special & SPECIAL_STRAY) {
		requeue(queue, self, false, false);
		switch_locked(cpu, queue, self);
	} else {
		spinlock_release(&queue->lock);
	}
	arch_irq_enable();
	return 0;
}

/* `first` of a level goes, and `node` becomes the last. */
static ALWAYS_INLINE void change_places(struct list *level, struct list *first, struct list *node)
{
	struct list *second = first->next;

	first->next = NULL;
	node->next = level;
	if (LIKELY(second == level)) {
		node->prev = level;
		level->next = node;
	} else {
		struct list *last = level->prev;

		node->prev = last;
		last->next = node;
		level->next = second;
		second->prev = level;
	}
	level->prev = node;
}

/*
 * Where only equals wait, and no slice has to be set, it changes places with the first of them: the
 * queue's figures stay. Nothing but the two threads is needed across the switch.
 */
__attribute__((optimize("omit-frame-pointer"))) long thread_yield(void)
{
	struct run_queue *queue;
	struct thread *self;
	struct cpu *cpu;

	arch_irq_disable();
	self = thread_current();
	cpu = self->cpu;
	queue = queue_of(cpu);
	if (LIKELY(queue->ready_mask >> self->priority == 1 && !self->special && !queue->shared)) {
		struct list *level = &queue->ready[self->priority];
		uint64_t now = arch_counter_read();
		struct thread *next;

		__asm__("" : "+r"(level)); /* or it would be computed twice */
		next = LIST_FIRST(level, struct thread, run_node);
		if (LIKELY(now + next->slice_left >= cpu->timer_set)) {
			spinlock_take(&queue->lock);
			change_places(level, &next->run_node, &self->run_node);
			self->state = THREAD_READY;
			start_running(cpu, self, next, now);
			arch_irq_enable();
			return 0;
		}
	}
	return yield_slowly(cpu, queue, self);
}

/* The system call is nothing else (posix/table.def), and its stub calls it without a detour. */
extern __typeof(thread_yield) sys_sched_yield __attribute__((alias("thread_yield")));

/*
 * Among equals who share the CPU in turn it is a matter of cost who of the two comes first, and a
 * switch now is cheaper than one that is asked for. A third one has its turn.
 */
long sched_hand_over(struct thread *thread)
{
	struct thread *self = thread_current();
	struct cpu *cpu = self->cpu;
	struct run_queue *queue = queue_of(cpu);
	uint64_t now = arch_counter_read();
	unsigned level = self->priority;

	/* Below PRIORITY_REAL_TIME nobody was promised an order. */
	if (UNLIKELY(queue->shared || queue->ready_mask >> level || self->special ||
		     level >= PRIORITY_REAL_TIME || level != thread->priority ||
		     now + thread->slice_left < cpu->timer_set)) {
		sched_wake_masked(thread);
	} else {
		struct list *list = &queue->ready[level];

		spinlock_take(&queue->lock);
		self->run_node.next = self->run_node.prev = list; /* it was empty */
		list->next = list->prev = &self->run_node;
		queue->ready_mask |= 1UL << level;
		queue->ready_count++;
		self->state = THREAD_READY;
		start_running(cpu, self, thread, now);
	}
	arch_irq_enable();
	return 0;
}

/* The running thread was interrupted, or a system call ends, and it may have to give way. */
SMALL static bool goes_on(struct cpu *cpu, struct run_queue *queue, struct thread *self)
{
	uint64_t used = arch_counter_read() - self->run_started;
	bool slice_over = used >= self->slice_left;
	bool tail = slice_over || self->special & SPECIAL_TAIL;
	uint64_t waits = queue->ready_mask >> self->priority; /* 0: nobody; 1: equals alone */

	if (!(self->special & SPECIAL_STRAY) && waits <= !tail) {
		self->special = 0;
		cpu->need_resched = 0;
		timer_program(sched_slice_end(cpu));
		return true;
	}
	/* Pushed aside, it has the rest of its slice left. */
	self->slice_left = slice_over ? sched_full_slice(self) : self->slice_left - used;
	requeue(queue, self, !tail, cpu_count > 1 && sched_choose_cpu(self) != cpu);
	return false;
}

/* The CPU may have been offered what waits and leave for something else: another one looks. */
SMALL static void leave_idle(struct cpu *cpu)
{
	uint64_t bit = 1UL << cpu->index;
	uint64_t idle = __atomic_and_fetch(&sched_idle_cpus, ~bit, __ATOMIC_RELAXED);

	if (idle && sched_somebody_waits(cpu))
		arch_ipi_send(cpu_list[bit_lowest(idle)]);
}

SMALL void sched_preempt(void)
{
	struct thread *self = thread_current();
	struct cpu *cpu = self->cpu;
	struct run_queue *queue = queue_of(cpu);

	spinlock_acquire(&queue->lock);
	if (self == cpu->idle) {
		if (queue->ready_mask)
			leave_idle(cpu);
	} else if (self->state == THREAD_RUNNING && goes_on(cpu, queue, self)) {
		spinlock_release(&queue->lock);
		return;
	}
	switch_locked(cpu, queue, self);
}

/* The fence in between is the other half of the one before sched_idle_cpus is looked at. */
SMALL void sched_idle(void)
{
	struct cpu *cpu = cpu_self();
	struct run_queue *queue = queue_of(cpu);
	uint64_t bit = 1UL << cpu->index;

	for (;;) {
		arch_irq_disable();
		__atomic_fetch_or(&sched_idle_cpus, bit, __ATOMIC_SEQ_CST);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (!READ_ONCE(queue->ready_mask) && cpu_count > 1)
			sched_steal(cpu);
		if (READ_ONCE(queue->ready_mask)) {
			leave_idle(cpu);
			thread_current()->state = THREAD_READY;
			sched_switch();
			arch_irq_enable();
			continue;
		}
		irq_watch_end();
		arch_cpu_idle();
	}
}

SMALL uint64_t sched_slice_end(struct cpu *cpu)
{
	struct thread *current = cpu->current;

	if (current == cpu->idle || !(queue_of(cpu)->ready_mask >> current->priority & 1))
		return UINT64_MAX;
	return slice_end(current);
}

SMALL uint64_t sched_timer(struct cpu *cpu)
{
	uint64_t end = sched_slice_end(cpu);

	if (end > arch_counter_read())
		return end;
	cpu->need_resched = 1;
	return UINT64_MAX;
}
