/* SPDX-License-Identifier: BSD-2-Clause */
/* Breaks the rules about locks, which PROFILE=debug checks; and faults of the kernel. */
#include <errno.h>

#include <base/compiler.h>
#include <base/str.h>
#include <kernel/clock.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include <kernel/waitq.h>
#include <mem/user.h>

static struct spinlock spinlocks[3];
static struct mutex mutexes[2];
static struct waitq queue = WAITQ_INIT(queue);

static NOINLINE void take_two(struct spinlock *first, struct spinlock *second)
{
	struct irq_state state = spinlock_lock(first);

	spinlock_acquire(second);
	spinlock_release(second);
	spinlock_unlock(first, state);
}

static void order(void)
{
	take_two(&spinlocks[0], &spinlocks[1]);
	take_two(&spinlocks[1], &spinlocks[0]);
}

/* No two of them are taken in both orders. */
static void circle(void)
{
	take_two(&spinlocks[0], &spinlocks[1]);
	take_two(&spinlocks[1], &spinlocks[2]);
	take_two(&spinlocks[2], &spinlocks[0]);
}

static void mutex_order(void)
{
	mutex_init(&mutexes[0]);
	mutex_init(&mutexes[1]);
	for (unsigned i = 0; i < 2; i++) {
		mutex_lock(&mutexes[i]);
		mutex_lock(&mutexes[!i]);
		mutex_unlock(&mutexes[!i]);
		mutex_unlock(&mutexes[i]);
	}
}

static void twice(void)
{
	take_two(&spinlocks[0], &spinlocks[0]);
}

static void with_interrupts(void)
{
	spinlock_acquire(&spinlocks[0]);
	spinlock_release(&spinlocks[0]);
}

static void sleep_locked(void)
{
	struct irq_state outer = spinlock_lock(&spinlocks[0]), state = waitq_lock(&queue);

	waitq_sleep(&queue, &state, 0, 0);
	waitq_unlock(&queue, state);
	spinlock_unlock(&spinlocks[0], outer);
}

static void mutex_locked(void)
{
	struct irq_state state = spinlock_lock(&spinlocks[0]);

	mutex_init(&mutexes[0]);
	mutex_lock(&mutexes[0]);
	mutex_unlock(&mutexes[0]);
	spinlock_unlock(&spinlocks[0], state);
}

/* A word of the program that tells that it is where it is to be interrupted. */
static uintptr_t flag;

static void write_null(struct timer *timer)
{
	uintptr_t ready = 1;

	if (flag && user_peek(flag, &ready) && !ready)
		timer->deadline_ns += NS_PER_MS;
	else
		*(volatile int *)(timer->deadline_ns & 0) = 1;
}

/* A fault of a handler, while the kernel loops. */
static void fault_in_interrupt(void)
{
	static struct timer timer = {.fire = write_null};

	arch_irq_disable();
	timer_arm(&timer, 0);
	arch_irq_enable();
	for (;;)
		arch_cpu_relax();
}

/* The same while the program loops. */
static void fault_later(void)
{
	static struct timer timer = {.fire = write_null};

	timer_arm(&timer, clock_monotonic_ns() + NS_PER_MS);
}

static void fault(void)
{
	volatile int *place = (volatile int *)(uintptr_t)thread_current()->fault_depth;

	*place = 1;
}

static volatile int last = -1;

static int deeper(int depth)
{
	volatile char room[256];

	room[depth & 255] = (char)depth;
	return depth == last ? 0 : deeper(depth + 1) + room[0];
}

static void overflow(void)
{
	deeper(0);
}

static const struct misuse {
	const char *name;
	void (*run)(void);
} misuses[] = {
	{"order", order},
	{"circle", circle},
	{"mutex_order", mutex_order},
	{"twice", twice},
	{"with_interrupts", with_interrupts},
	{"sleep_locked", sleep_locked},
	{"mutex_locked", mutex_locked},
	{"fault", fault},
	{"fault_in_interrupt", fault_in_interrupt},
	{"fault_later", fault_later},
	{"overflow", overflow},
};

/* The stub's function; see main.c. */
long sys_misuse(const char *what, char *buffer);

long sys_misuse(const char *what, char *buffer)
{
	char name[20], copy[8];

	if (user_copy_string(name, what, sizeof(name)) < 0)
		return -EFAULT;
	if (str_equal(name, "copy_locked")) {
		struct irq_state state = spinlock_lock(&spinlocks[0]);
		int error = user_copy_in(copy, buffer, sizeof(copy));

		spinlock_unlock(&spinlocks[0], state);
		return error;
	}
	if (str_equal(name, "fault_later"))
		flag = (uintptr_t)buffer;
	for (unsigned i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++)
		if (str_equal(name, misuses[i].name))
			misuses[i].run();
	return 0;
}
