/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: creation, end, joining, the table of all. */
#include <errno.h>
#include <string.h>

#include <arch/switch.h>
#include <base/str.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/inherit.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <mem/boot_map.h>
#include <mem/kstack.h>

/*
 * table_lock guards the list, the ids and what thread.h says. Joiners sleep on a queue of their
 * own, by id: a thread may be interrupted by somebody who holds the table. Order: table, queue.
 */
static struct spinlock table_lock = SPINLOCK_INIT;
static struct waitq joins = WAITQ_INIT(joins);
static struct list threads = LIST_INIT(threads);
static int32_t next_id = THREAD_ID_FIRST;
static bool ids_return; /* all were given out once: they may be in use */
static size_t live_count;

static struct thread *thread_at(uintptr_t stack_bottom)
{
	struct thread *thread = (struct thread *)(stack_bottom + KSTACK_SIZE - THREAD_SIZE);

	memset(thread, 0, sizeof(*thread));
	thread->affinity = UINT64_MAX;
	return thread;
}

static uintptr_t stack_of(const struct thread *thread)
{
	return (uintptr_t)thread & ~(KSTACK_SIZE - 1);
}

static void make_idle(struct thread *thread, struct cpu *cpu)
{
	thread->id = (int32_t)(cpu->index + 1) * 11;
	str_copy(thread->name, "idle", sizeof(thread->name));
	thread->kernel_only = true;
	thread->cpu = cpu;
	cpu->idle = thread;
}

void thread_init_boot(void)
{
	struct thread *thread = thread_at((uintptr_t)__boot_stack_bottom);

	cpu_boot.self = &cpu_boot;
	cpu_boot.current = thread;
	cpu_boot.online = 1;
	make_idle(thread, &cpu_boot);
	thread->state = THREAD_RUNNING;
	sched_init_cpu(&cpu_boot);
}

static void run_idle(void *arg)
{
	(void)arg;
	sched_idle();
}

struct thread *thread_create_idle(struct cpu *cpu)
{
	uintptr_t stack = kstack_alloc(KSTACK_SIZE);
	struct thread *thread;

	if (!stack)
		return NULL;
	thread = thread_at(stack);
	make_idle(thread, cpu);
	thread->entry = run_idle;
	thread->state = THREAD_RUNNING;
	return thread;
}

static struct thread *find_locked(int32_t id)
{
	LIST_FOR_EACH (struct thread, thread, &threads, table_node)
		if (thread->id == id)
			return thread;
	return NULL;
}

struct thread *thread_find(int32_t id)
{
	struct irq_state state = spinlock_lock(&table_lock);
	struct thread *thread = find_locked(id);

	spinlock_unlock(&table_lock, state);
	return thread;
}

struct thread *thread_new(void)
{
	uintptr_t stack = kstack_alloc(KSTACK_SIZE);
	struct thread *thread;

	if (!stack)
		return NULL;
	thread = thread_at(stack);
	thread->cpu = thread_current()->cpu; /* a hint: waking chooses */
	thread->priority = PRIORITY_DEFAULT;
	thread->state = THREAD_NEW;
	thread->detached = true;
	return thread;
}

void thread_enter(struct thread *thread)
{
	struct irq_state state;

	thread->base_priority = thread->priority;
	thread->slice_left = sched_full_slice(thread);
	arch_thread_prepare(thread);
	state = spinlock_lock(&table_lock);
	do {
		thread->id = next_id++;
		if (next_id > INT32_MAX >> 2) {
			next_id = THREAD_ID_FIRST;
			ids_return = true;
		}
	} while (ids_return && find_locked(thread->id));
	list_push_back(&threads, &thread->table_node);
	live_count++;
	spinlock_unlock(&table_lock, state);
}

int thread_create(const struct thread_attr *attr, struct thread **created)
{
	struct thread *thread;

	if (attr->explicit_priority &&
	    (attr->priority >= PRIORITY_COUNT || attr->policy > POLICY_RR))
		return -EINVAL;
	thread = thread_new();
	if (!thread)
		return -ENOMEM;
	if (attr->explicit_priority) {
		thread->policy = attr->policy;
		thread->priority = attr->priority;
	}
	thread->app_tp = attr->app_tp;
	thread->kernel_only = attr->kernel_only;
	thread->detached = attr->detached;
	if (attr->affinity)
		thread->affinity = attr->affinity;
	if (attr->name)
		str_copy(thread->name, attr->name, sizeof(thread->name));
	thread->entry = attr->entry;
	thread->arg = attr->arg;
	thread->app_pc = attr->app_pc;
	thread->app_sp = attr->app_sp;
	thread->app_arg = attr->app_arg;
	thread_enter(thread);
	if (created)
		*created = thread;
	if (attr->on_created)
		attr->on_created(thread, attr->on_created_arg);
	sched_wake(thread);
	return 0;
}

void thread_entry(struct thread *previous)
{
	struct thread *self = thread_current();

	sched_finish_switch(previous);
	irq_watch_end();
	if (self->entry) {
		arch_irq_enable();
		self->entry(self->arg);
		arch_irq_disable();
	}
	if (!self->kernel_only)
		arch_app_enter(self->app_pc, self->app_sp, self->app_arg, self->app_tp);
	thread_exit(0);
}

void thread_exit(int status)
{
	struct thread *self = thread_current();

	arch_irq_disable();
	self->exit_status = status;
	sched_exit(self);
}

/* Table lock held. */
static void forget(struct thread *thread)
{
	list_remove(&thread->table_node);
	kstack_free(stack_of(thread));
}

/* Table lock held. */
static void wake_joiners(struct thread *thread)
{
	spinlock_acquire(&joins.lock);
	waitq_wake(&joins, (uintptr_t)thread->id, SIZE_MAX);
	spinlock_release(&joins.lock);
}

/* Counted last: who sees that it is gone finds its stack given back. */
void thread_release(struct thread *thread)
{
	struct irq_state state = spinlock_lock(&table_lock);

	thread->gone = true;
	if (thread->detached)
		forget(thread);
	else
		wake_joiners(thread);
	__atomic_store_n(&live_count, live_count - 1, __ATOMIC_RELEASE);
	spinlock_unlock(&table_lock, state);
}

int thread_join(int32_t id, int *status, uint64_t deadline_ns)
{
	struct irq_state state;
	struct thread *thread;
	int error = 0;

	if (id == thread_current()->id)
		return -EDEADLK;
	state = spinlock_lock(&table_lock);
	while (!error && (thread = find_locked(id)) && !thread->detached && !thread->gone) {
		spinlock_acquire(&joins.lock);
		spinlock_release(&table_lock);
		error = waitq_sleep(&joins, &state, (uintptr_t)id, deadline_ns);
		spinlock_release(&joins.lock);
		spinlock_acquire(&table_lock);
	}
	thread = find_locked(id);
	if (!thread) {
		error = -ESRCH;
	} else if (thread->detached) {
		error = -EINVAL;
	} else if (thread->gone) {
		error = 0;
		if (status)
			*status = thread->exit_status;
		forget(thread);
	}
	spinlock_unlock(&table_lock, state);
	return error;
}

int thread_detach(int32_t id)
{
	struct irq_state state = spinlock_lock(&table_lock);
	struct thread *thread = find_locked(id);
	int error = !thread ? -ESRCH : thread->detached ? -EINVAL : 0;

	if (!error) {
		thread->detached = true;
		wake_joiners(thread);
		if (thread->gone)
			forget(thread);
	}
	spinlock_unlock(&table_lock, state);
	return error;
}

int thread_sleep_until(uint64_t deadline_ns)
{
	struct waitq nobody;
	struct irq_state state;
	int error = 0;

	waitq_init(&nobody);
	state = waitq_lock(&nobody);
	while (!error && clock_monotonic_ns() < deadline_ns)
		error = waitq_sleep(&nobody, &state, 0, deadline_ns);
	waitq_unlock(&nobody, state);
	return error == -ETIMEDOUT ? 0 : error;
}

/* What is asked for is written before the wait is looked at: see waitq.c. */
void thread_interrupt(struct thread *thread, uint32_t pending_bits)
{
	__atomic_fetch_or(&thread->pending, pending_bits, __ATOMIC_SEQ_CST);
	if (pending_bits & PENDING_INTERRUPT_MASK)
		waitq_interrupt(thread);
	sched_kick(thread);
}

int thread_set_schedule(int32_t id, unsigned policy, unsigned priority, enum sched_order order)
{
	struct irq_state state;
	struct thread *thread;

	if (policy > POLICY_RR || priority >= PRIORITY_COUNT)
		return -EINVAL;
	state = spinlock_lock(&table_lock);
	thread = find_locked(id);
	if (thread && !thread->gone) {
		sched_set_base(thread, policy, priority, order);
		if (inherit_hook)
			inherit_hook->base_changed(thread);
	}
	spinlock_unlock(&table_lock, state);
	return thread ? 0 : -ESRCH;
}

int thread_set_priority(int32_t id, unsigned priority)
{
	return thread_set_schedule(id, priority < PRIORITY_REAL_TIME ? POLICY_OTHER : POLICY_RR,
				   priority, SCHED_ORDER_TAIL);
}

int thread_set_affinity(int32_t id, uint64_t mask)
{
	uint64_t present = cpu_count == 64 ? UINT64_MAX : (1UL << cpu_count) - 1;
	struct irq_state state;
	struct thread *thread;

	if (!(mask & present))
		return -EINVAL;
	state = spinlock_lock(&table_lock);
	thread = find_locked(id);
	if (thread && !thread->gone)
		sched_set_affinity(thread, mask & present);
	spinlock_unlock(&table_lock, state);
	/* One's own move happens now. */
	if (thread == thread_current())
		thread_yield();
	return thread ? 0 : -ESRCH;
}

int thread_to_front(int32_t id)
{
	struct irq_state state = spinlock_lock(&table_lock);
	struct thread *thread = find_locked(id);

	if (thread && !thread->gone)
		sched_to_front(thread);
	spinlock_unlock(&table_lock, state);
	return thread ? 0 : -ESRCH;
}

uint64_t thread_cpu_time_ns(const struct thread *thread)
{
	return clock_span_ns(sched_run_counts((struct thread *)thread));
}

uint64_t thread_own_counts(void)
{
	struct irq_state state = arch_irq_save();
	struct thread *self = thread_current();
	uint64_t counts = self->run_total + arch_counter_read() - self->run_started;

	arch_irq_restore(state);
	return counts;
}

size_t thread_count(void)
{
	return __atomic_load_n(&live_count, __ATOMIC_ACQUIRE);
}

void thread_for_each(void (*fn)(const struct thread *thread, void *arg), void *arg)
{
	struct irq_state state = spinlock_lock(&table_lock);

	LIST_FOR_EACH (struct thread, thread, &threads, table_node)
		fn(thread, arg);
	spinlock_unlock(&table_lock, state);
}
