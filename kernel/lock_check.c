/* SPDX-License-Identifier: BSD-2-Clause */
/* PROFILE=debug: the order of locks, and what may not be done with a spinlock held. */
#ifdef DEBUG
#include <arch/cpu.h>
#include <base/compiler.h>
#include <kernel/cpu.h>
#include <kernel/lock_check.h>
#include <kernel/log.h>
#include <kernel/mutex.h>
#include <kernel/panic.h>
#include <kernel/thread.h>
#include <mem/boot_map.h>

#define HELD_MAX    16	/* spinlocks a CPU holds at a time */
#define MUTEXES_MAX 128 /* mutexes held by all threads; more are not checked */
#define EDGES_MAX   512 /* pairs of classes; more are not checked */

struct held {
	const void *lock;
	uintptr_t class, place;
};

/* Each is its CPU's own: a spinlock is released on the CPU that took it. */
static struct cpu_locks {
	unsigned count;
	struct held held[HELD_MAX];
} cpu_locks[CPU_MAX];

/* Guarded by `busy`. */
static struct mutex_held {
	const struct thread *thread;
	struct held held;
} mutexes[MUTEXES_MAX];

/* A lock of class `second` was taken with one of class `first` held. Guarded by `busy`. */
static struct edge {
	uintptr_t first, second, first_place, second_place;
	bool seen; /* by a search */
} edges[EDGES_MAX];
static unsigned edge_count;

static uint32_t busy;
static uint32_t over; /* the machine stops: no more checks */

static struct irq_state begin(void)
{
	struct irq_state state = arch_irq_save();

	while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		arch_cpu_relax();
	return state;
}

static void end(struct irq_state state)
{
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	arch_irq_restore(state);
}

/* The places are shown as a backtrace, so that the runner names them. */
static void show(const char *what, unsigned number, uintptr_t place)
{
	log_raw("%s\n  #%u 0x%lx\n", what, number, (unsigned long)place);
}

static _Noreturn void stop(const char *reason)
{
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	panic("%s", reason);
}

/* The log's own lock may be held. False: another CPU is at it already. */
static bool stop_begin(void)
{
	if (__atomic_exchange_n(&over, 1, __ATOMIC_ACQ_REL))
		return false;
	arch_irq_disable();
	log_enter_panic();
	log_raw("\n");
	return true;
}

static void stop_for_order(const struct held *held, uintptr_t place, const struct edge *other)
{
	if (!stop_begin())
		return;
	show("a lock is taken", 1, place);
	show("while one is held that was taken", 2, held->place);
	show("elsewhere a lock of the first one's kind was taken", 3, other->first_place);
	show("and, with it held, one (in the end of the second one's kind)", 4,
	     other->second_place);
	stop("locks are taken in two orders");
}

static void stop_for(const char *reason, uintptr_t place, const struct held *held)
{
	if (!stop_begin())
		return;
	show("this happens", 1, place);
	if (held)
		show("with the spinlock held that was taken", 2, held->place);
	stop(reason);
}

/* The first step of a way from one class to the other, or NULL. Breadth first. busy held. */
static struct edge *way(uintptr_t from, uintptr_t to)
{
	bool again = true;

	for (unsigned i = 0; i < edge_count; i++)
		edges[i].seen = edges[i].second == to;
	/* Backwards: an edge is seen when it leads to `to`. */
	while (again) {
		again = false;
		for (unsigned i = 0; i < edge_count; i++) {
			if (!edges[i].seen)
				continue;
			for (unsigned k = 0; k < edge_count; k++) {
				if (!edges[k].seen && edges[k].second == edges[i].first) {
					edges[k].seen = true;
					again = true;
				}
			}
		}
	}
	for (unsigned i = 0; i < edge_count; i++)
		if (edges[i].seen && edges[i].first == from)
			return &edges[i];
	return NULL;
}

/* busy held. */
static void check_order(const struct held *held, uintptr_t class, uintptr_t place)
{
	const struct edge *other;

	if (!held->class || !class || held->class == class)
		return;
	for (unsigned i = 0; i < edge_count; i++)
		if (edges[i].first == held->class && edges[i].second == class)
			return;
	other = way(class, held->class);
	if (other)
		stop_for_order(held, place, other);
	if (edge_count < EDGES_MAX)
		edges[edge_count++] = (struct edge){held->class, class, held->place, place, false};
}

static uintptr_t class_of(const struct spinlock *lock)
{
	uintptr_t address = (uintptr_t)lock;

	if (lock->class)
		return lock->class;
	return address >= (uintptr_t)__image_start && address < (uintptr_t)__image_end ? address
										       : 0;
}

void lock_check_acquire(struct spinlock *lock, uintptr_t place)
{
	struct cpu_locks *own = &cpu_locks[cpu_self()->index];

	if (!over) {
		struct irq_state state;

		if (arch_irq_enabled())
			stop_for("a spinlock is taken with interrupts on", place, NULL);
		state = begin();
		for (unsigned i = 0; i < own->count; i++) {
			if (own->held[i].lock == lock)
				stop_for("a spinlock is taken twice", place, &own->held[i]);
			check_order(&own->held[i], class_of(lock), place);
		}
		end(state);
	}
	while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED))
			arch_cpu_relax();
	if (own->count < HELD_MAX)
		own->held[own->count++] = (struct held){lock, class_of(lock), place};
	else
		stop_for("too many spinlocks are held", place, NULL);
}

void spinlock_acquire(struct spinlock *lock)
{
	lock_check_acquire(lock, LOCK_PLACE);
}

void spinlock_release(struct spinlock *lock)
{
	struct cpu_locks *own = &cpu_locks[cpu_self()->index];
	unsigned i = own->count;

	while (i-- && own->held[i].lock != lock)
		;
	if (i < own->count) {
		own->count--;
		for (; i < own->count; i++)
			own->held[i] = own->held[i + 1];
	} else if (!over) {
		stop_for("a spinlock is released that was not held", LOCK_PLACE, NULL);
	}
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

void lock_check_sleep(const struct spinlock *except, uintptr_t place)
{
	const struct cpu_locks *own;

	if (over || arch_irq_enabled())
		return; /* none is held */
	own = &cpu_locks[cpu_self()->index];
	for (unsigned i = 0; i < own->count; i++)
		if (own->held[i].lock != except)
			stop_for("a thread may sleep with a spinlock held", place, &own->held[i]);
}

/* Apart from the class of the spinlock inside. */
static uintptr_t mutex_class(const struct mutex *mutex)
{
	uintptr_t class = class_of(&mutex->queue.lock);

	return class ? class ^ 1UL << 63 : 0;
}

void lock_check_mutex(struct mutex *mutex, uintptr_t place)
{
	const struct thread *self = thread_current();
	struct mutex_held *free = NULL;
	struct irq_state state;

	lock_check_sleep(NULL, place);
	if (over)
		return;
	state = begin();
	for (unsigned i = 0; i < MUTEXES_MAX; i++) {
		if (mutexes[i].thread == self)
			check_order(&mutexes[i].held, mutex_class(mutex), place);
		else if (!mutexes[i].thread)
			free = &mutexes[i];
	}
	if (free)
		*free = (struct mutex_held){self, {mutex, mutex_class(mutex), place}};
	end(state);
}

void lock_check_mutex_drop(struct mutex *mutex)
{
	struct irq_state state = begin();

	for (unsigned i = 0; i < MUTEXES_MAX; i++)
		if (mutexes[i].held.lock == mutex && mutexes[i].thread == thread_current())
			mutexes[i].thread = NULL;
	end(state);
}
#endif
