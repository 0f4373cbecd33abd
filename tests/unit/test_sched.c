/* SPDX-License-Identifier: BSD-2-Clause */
// sources: kernel/sched.c kernel/sched_change.c kernel/sched_balance.c kernel/thread.c kernel/waitq.c kernel/timer.c kernel/mutex.c kernel/inherit_hook.c kernel/sem.c kernel/futex.c kernel/cpu.c kernel/clock.c kernel/spinlock.c lib/avl.c lib/timeconv.c lib/str.c lib/fmt.c arch/host/sim.c arch/host/sim_rest.c arch/host/stop.c arch/host/memory.c mem/frame.c
// flags: -Iinclude/arch/host -Iarch/host -finstrument-functions -finstrument-functions-exclude-file-list=arch/host,tests/unit,lib/ -DUNIT_SIM
#include <errno.h>

#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/futex.h>
#include <kernel/mutex.h>
#include <kernel/sched.h>
#include <kernel/sem.h>
#include <kernel/thread.h>
#include <kernel/timer.h>

#include "fresh.h"
#include "host.h"
#include "sim.h"

#define SEEDS 4 /* SIM_SEEDS=1000 in the environment for more, SIM_SEED=7 for one */
#define STEPS 3000000

/* What a run found wrong; the run goes on. */
static char found[200];

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition) && !found[0])                                                     \
			snprintf(found, sizeof(found), "%s (%s:%d)", #condition, __FILE__,         \
				 __LINE__);                                                        \
	} while (0)

static unsigned run_cpus;
static uint64_t run_seed;
static void (*run_main)(void *);

/* CPUs' own stacks: three each but for the boot CPU; all threads are gone at the end. */
static void run_one(void)
{
	bool ended = sim_run(run_cpus, run_seed, STEPS, run_main);

	if (!ended)
		snprintf(unit_failure, sizeof(unit_failure), "seed %lu: %s",
			 (unsigned long)run_seed, sim_wrong);
	else if (found[0])
		snprintf(unit_failure, sizeof(unit_failure), "seed %lu: %s",
			 (unsigned long)run_seed, found);
	else if (thread_count() || sim_stacks != 3 * (run_cpus - 1))
		snprintf(unit_failure, sizeof(unit_failure),
			 "seed %lu: %zu threads are left, %u stacks", (unsigned long)run_seed,
			 thread_count(), sim_stacks);
}

static void run(void (*main)(void *), unsigned from, unsigned to)
{
	const char *only = getenv("SIM_SEED"), *more = getenv("SIM_SEEDS");
	uint64_t seeds = more ? strtoul(more, NULL, 0) : SEEDS;

	run_main = main;
	for (run_cpus = from; run_cpus <= to && !unit_failure[0]; run_cpus++)
		for (run_seed = 1; run_seed <= seeds && !unit_failure[0]; run_seed++)
			if (!only || run_seed == strtoul(only, NULL, 0))
				fresh_run(run_one);
	if (unit_failure[0])
		printf("  on %u CPUs\n", run_cpus - 1);
}

static struct thread *spawn_with(struct thread_attr attr, void (*entry)(void *), void *arg)
{
	struct thread *thread = NULL;

	attr.explicit_priority |= attr.priority != 0;
	attr.entry = entry;
	attr.arg = arg;
	attr.kernel_only = true;
	EXPECT(!thread_create(&attr, &thread));
	return thread;
}

static int32_t spawn(unsigned priority, void (*entry)(void *), void *arg)
{
	return spawn_with((struct thread_attr){.priority = (uint8_t)priority}, entry, arg)->id;
}

static void join(int32_t id)
{
	int status = -1;

	EXPECT(!thread_join(id, &status, DEADLINE_NEVER));
	EXPECT(status == 0);
}

static void done(void)
{
	EXPECT(!thread_detach(thread_current()->id));
}

/* ---- Beginning and end */

static unsigned counter;

static void count_up(void *arg)
{
	(void)arg;
	sim_work(sim_random(200));
	__atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
}

static void nothing_main(void *arg)
{
	(void)arg;
	done();
}

TEST(a_thread_that_does_nothing)
{
	run(nothing_main, 1, 5);
}

static void join_main(void *arg)
{
	int32_t ids[30];

	(void)arg;
	for (int i = 0; i < 30; i++)
		ids[i] = spawn(1 + (unsigned)sim_random(31), count_up, NULL);
	for (int i = 29; i >= 0; i--)
		join(ids[i]);
	EXPECT(counter == 30);
	EXPECT(thread_join(ids[0], NULL, DEADLINE_NEVER) == -ESRCH);
	EXPECT(thread_join(thread_current()->id, NULL, DEADLINE_NEVER) == -EDEADLK);
	done();
}

TEST(threads_are_joined)
{
	run(join_main, 1, 4);
}

static void detach_main(void *arg)
{
	(void)arg;
	for (int i = 0; i < 30; i++) {
		struct thread_attr attr = {.detached = sim_random(2)};
		struct thread *thread;
		int32_t id;

		/* It may be over before its id can be read, if it is detached. */
		if (attr.detached) {
			spawn_with(attr, count_up, NULL);
			continue;
		}
		thread = spawn_with(attr, count_up, NULL);
		id = thread->id;
		sim_work(sim_random(300));
		EXPECT(!thread_detach(id));
		EXPECT(thread_detach(id) < 0);
	}
	while (__atomic_load_n(&counter, __ATOMIC_RELAXED) < 30)
		thread_sleep_until(clock_monotonic_ns() + 1000);
	done();
}

TEST(threads_are_detached)
{
	run(detach_main, 1, 4);
}

static struct sem hold;

static void wait_hold(void *arg)
{
	(void)arg;
	sem_acquire(&hold, DEADLINE_NEVER);
}

static void join_it(void *arg)
{
	int32_t id = (int32_t)(intptr_t)arg;
	int error = thread_join(id, NULL, DEADLINE_NEVER);

	EXPECT(error == -EINVAL || error == -ESRCH);
}

/* Who waits for a thread that is detached then does not wait for ever. */
static void detach_joined_main(void *arg)
{
	int32_t id, joiner;

	(void)arg;
	sem_setup(&hold, 0);
	id = spawn(8, wait_hold, NULL);
	EXPECT(thread_join(id, NULL, clock_monotonic_ns() + 1000) == -ETIMEDOUT);
	joiner = spawn(8, join_it, (void *)(intptr_t)id);
	sim_work(sim_random(2000));
	EXPECT(!thread_detach(id));
	join(joiner);
	sem_release(&hold);
	done();
}

TEST(a_joiner_learns_of_detaching)
{
	run(detach_joined_main, 1, 3);
}

/* ---- Time */

static void sleeper(void *arg)
{
	(void)arg;
	for (int i = 0; i < 5; i++) {
		uint64_t until = clock_monotonic_ns() + sim_random(100000);

		EXPECT(!thread_sleep_until(until));
		EXPECT(clock_monotonic_ns() >= until);
	}
}

static void sleep_main(void *arg)
{
	int32_t ids[20];

	(void)arg;
	for (int i = 0; i < 20; i++)
		ids[i] = spawn(1 + (unsigned)sim_random(31), sleeper, NULL);
	for (int i = 0; i < 20; i++)
		join(ids[i]);
	EXPECT(!thread_sleep_until(0));
	done();
}

TEST(sleep_is_never_short)
{
	run(sleep_main, 1, 4);
}

static unsigned fired_order[50], fired_count;
static struct order {
	struct timer timer;
	unsigned rank;
} orders[50];

static void note_order(struct timer *timer)
{
	struct order *order = (struct order *)timer;

	EXPECT(clock_monotonic_ns() >= timer->deadline_ns);
	fired_order[fired_count++] = order->rank;
}

/* Later deadlines fire later, equal ones in the order they were armed; cancelled ones never. */
static void timer_main(void *arg)
{
	uint64_t base = clock_monotonic_ns() + 1000000;
	unsigned cancelled = 0;

	(void)arg;
	EXPECT(!thread_set_affinity(thread_current()->id, 1));
	for (unsigned i = 0; i < 50; i++) {
		orders[i].rank = i;
		orders[i].timer.fire = note_order;
		timer_arm(&orders[i].timer, base + sim_random(4) * 1000);
	}
	for (unsigned i = 0; i < 50; i += 1 + (unsigned)sim_random(5)) {
		if (orders[i].timer.cpu) {
			EXPECT(timer_cancel(&orders[i].timer));
			cancelled++;
		}
		EXPECT(!timer_cancel(&orders[i].timer));
	}
	thread_sleep_until(base + 100000);
	EXPECT(fired_count == 50 - cancelled);
	for (unsigned i = 1; i < fired_count; i++) {
		struct order *a = &orders[fired_order[i - 1]], *b = &orders[fired_order[i]];

		EXPECT(a->timer.deadline_ns < b->timer.deadline_ns ||
		       (a->timer.deadline_ns == b->timer.deadline_ns && a->rank < b->rank));
	}
	done();
}

TEST(timers_fire_in_order)
{
	run(timer_main, 1, 2);
}

static bool may_fire[SIM_CPUS_MAX * 4];
static struct timer racing[SIM_CPUS_MAX * 4];

static void note_fire(struct timer *timer)
{
	EXPECT(may_fire[timer - racing]);
	sim_point();
	EXPECT(may_fire[timer - racing]);
}

/* After timer_cancel() the callback neither runs nor is running, whichever CPU it is on. */
static void cancel_race(void *arg)
{
	size_t mine = (size_t)arg;

	for (int i = 0; i < 30; i++) {
		may_fire[mine] = true;
		racing[mine].fire = note_fire;
		timer_arm(&racing[mine], clock_monotonic_ns() + sim_random(3000));
		sim_work(sim_random(400));
		if (sim_random(3) == 0)
			thread_set_affinity(thread_current()->id, 1 + sim_random(15));
		timer_cancel(&racing[mine]);
		may_fire[mine] = false;
	}
}

static void cancel_main(void *arg)
{
	int32_t ids[8];

	(void)arg;
	for (size_t i = 0; i < 8; i++)
		ids[i] = spawn(8, cancel_race, (void *)i);
	for (int i = 0; i < 8; i++)
		join(ids[i]);
	done();
}

TEST(a_cancelled_timer_does_not_fire)
{
	run(cancel_main, 1, 4);
}

#include "sched_locks.h"
#include "sched_order.h"
