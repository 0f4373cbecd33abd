/* SPDX-License-Identifier: BSD-2-Clause */
/* Wait queues and what is made of them, with real CPUs racing. */
#include <arch/layout.h>
#include <kernel/futex.h>
#include <kernel/mutex.h>
#include <kernel/sem.h>
#include <kernel/waitq.h>

#include "suite.h"

static struct waitq queues[2] = {WAITQ_INIT(queues[0]), WAITQ_INIT(queues[1])};
static uint32_t woken, late, given, wakers;

static void waiter(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	for (int i = 0; i < 100; i++) {
		struct waitq *queue = &queues[next_random(&random) % 2];
		uint64_t deadline = in_ns(next_random(&random) % 60000);
		struct irq_state state = waitq_lock(queue);
		int error = waitq_sleep(queue, &state, 1 + next_random(&random) % 2, deadline);

		waitq_unlock(queue, state);
		EXPECT(!error || (error == -ETIMEDOUT && clock_monotonic_ns() >= deadline));
		__atomic_fetch_add(error ? &late : &woken, 1, __ATOMIC_RELAXED);
	}
}

static void move_some(uint64_t *random)
{
	struct irq_state state = waitq_lock(&queues[0]);

	spinlock_acquire(&queues[1].lock);
	waitq_move(&queues[next_random(random) % 2], 1 + next_random(random) % 2,
		   &queues[next_random(random) % 2], 1 + next_random(random) % 2, 2);
	spinlock_release(&queues[1].lock);
	waitq_unlock(&queues[0], state);
}

static void waker(void *arg)
{
	uint64_t random = (uintptr_t)arg + 100;

	for (int i = 0; i < 300; i++) {
		struct waitq *queue = &queues[next_random(&random) % 2];
		struct irq_state state;

		compute_ns(next_random(&random) % 20000);
		if (i % 4 == 0)
			move_some(&random);
		state = waitq_lock(queue);
		__atomic_fetch_add(&given,
				   (uint32_t)waitq_wake(queue, 1 + next_random(&random) % 2, 1),
				   __ATOMIC_RELAXED);
		waitq_unlock(queue, state);
	}
}

TEST(wait, a_wake_or_the_deadline_but_not_both)
{
	int32_t ids[8];

	woken = late = given = wakers = 0;
	for (uintptr_t i = 0; i < 8; i++)
		ids[i] = spawn(8, 0, i < 5 ? waiter : waker, (void *)(i + 1));
	for (int i = 0; i < 8; i++)
		join(ids[i]);
	CHECK(woken + late == 500 && woken == given);
	CHECK(list_empty(&queues[0].waiters) && list_empty(&queues[1].waiters));
}

static struct sem never;
static uint32_t ended_by, going;

static void be_interrupted(void *arg)
{
	(void)arg;
	while (__atomic_load_n(&going, __ATOMIC_ACQUIRE)) {
		if (sem_acquire(&never, in_ns(50000)) == -EINTR)
			__atomic_fetch_add(&ended_by, 1, __ATOMIC_RELAXED);
		__atomic_fetch_and(&thread_current()->pending, ~PENDING_INTERRUPT_MASK,
				   __ATOMIC_RELAXED);
	}
}

/* A wait without a deadline ends with -EINTR, and one that is not interruptible goes on. */
static void wait_for_ever(void *arg)
{
	struct irq_state state = waitq_lock(&never.queue);
	int error = waitq_sleep_through(&never.queue, &state, 1, DEADLINE_NEVER);

	(void)arg;
	waitq_unlock(&never.queue, state);
	EXPECT(!error);
	EXPECT(sem_acquire(&never, DEADLINE_NEVER) == -EINTR);
	EXPECT(thread_sleep_until(in_ns(60 * NS_PER_S)) == -EINTR);
	EXPECT(thread_join(123, NULL, DEADLINE_NEVER) == -ESRCH);
}

TEST(wait, waits_are_interrupted)
{
	struct irq_state state;
	int32_t id;

	sem_setup(&never, 0);
	ended_by = 0;
	going = 1;
	id = spawn(8, 0, be_interrupted, NULL);
	/* Its CPU may stand still for as long as the host likes: until one has met it asleep. */
	for (int i = 0; i < 300 || !__atomic_load_n(&ended_by, __ATOMIC_RELAXED); i++) {
		thread_interrupt(thread_find(id), PENDING_SIGNAL);
		if (i % 8 == 0)
			thread_sleep_until(in_ns(30000));
	}
	__atomic_store_n(&going, 0, __ATOMIC_RELEASE);
	join(id);
	id = spawn(20, 0, wait_for_ever, NULL);
	while (list_empty(&never.queue.waiters))
		thread_sleep_until(in_ns(10000));
	thread_interrupt(thread_find(id), PENDING_KILL);
	CHECK(thread_join(id, NULL, in_ns(2 * NS_PER_MS)) == -ETIMEDOUT);
	state = waitq_lock(&never.queue);
	EXPECT(waitq_wake(&never.queue, 1, 1) == 1);
	waitq_unlock(&never.queue, state);
	join(id);
}

static struct mutex mutex;
static uint64_t inside, total;

static void locker(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	for (int i = 0; i < 300; i++) {
		mutex_lock(&mutex);
		EXPECT(++inside == 1);
		if (next_random(&random) % 8 == 0)
			thread_yield();
		if (next_random(&random) % 64 == 0)
			thread_sleep_until(in_ns(20000));
		total++;
		EXPECT(inside-- == 1);
		mutex_unlock(&mutex);
	}
}

TEST(wait, one_thread_holds_a_mutex)
{
	int32_t ids[10];

	mutex_init(&mutex);
	inside = total = 0;
	for (uintptr_t i = 0; i < 10; i++)
		ids[i] = spawn(4 + (unsigned)i, 0, locker, (void *)(i + 1));
	for (int i = 0; i < 10; i++)
		join(ids[i]);
	CHECK(total == 3000);
}

static struct sem sem;
static uint32_t taken;

static void taker(void *arg)
{
	uint64_t random = (uintptr_t)arg;

	for (int i = 0; i < 200; i++) {
		uint64_t deadline = i % 2 ? DEADLINE_NEVER : in_ns(next_random(&random) % 30000);
		int error = sem_acquire(&sem, deadline);

		EXPECT(!error || (error == -ETIMEDOUT && clock_monotonic_ns() >= deadline));
		if (!error)
			__atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
	}
}

static void releaser(void *arg)
{
	(void)arg;
	for (int i = 0; i < 400; i++) {
		sem_release(&sem);
		if (i % 16 == 0)
			thread_yield();
	}
}

TEST(wait, semaphores_lose_nothing)
{
	int32_t ids[6];

	sem_setup(&sem, 0);
	taken = 0;
	for (uintptr_t i = 0; i < 6; i++)
		ids[i] = spawn(8, 0, i < 4 ? taker : releaser, (void *)(i + 1));
	for (int i = 0; i < 6; i++)
		join(ids[i]);
	CHECK(sem.count == 800 - (long)taken);
}

static struct sem ping, pong;

static void answer(void *arg)
{
	(void)arg;
	for (int i = 0; i < 1000; i++) {
		sem_acquire(&ping, DEADLINE_NEVER);
		sem_release(&pong);
	}
}

/* Between two CPUs, and on one: each wake depends on the one before. */
TEST(wait, ping_pong)
{
	for (unsigned cpu = 0; cpu < (cpu_count > 1 ? 2 : 1); cpu++) {
		int32_t id;

		sem_setup(&ping, 0);
		sem_setup(&pong, 0);
		go_to_cpu(0);
		id = spawn(16, 1UL << cpu, answer, NULL);
		for (int i = 0; i < 1000; i++) {
			sem_release(&ping);
			CHECK(!sem_acquire(&pong, in_ns(60 * NS_PER_S)));
		}
		join(id);
	}
}

static uint32_t word, gate, arrived;

/* A lock as the C library makes it of a word. */
static void gate_lock(void)
{
	while (__atomic_exchange_n(&gate, 2, __ATOMIC_ACQUIRE))
		EXPECT(futex_wait(&gate, 2, DEADLINE_NEVER) != -EFAULT);
}

static void gate_unlock(void)
{
	__atomic_store_n(&gate, 0, __ATOMIC_RELEASE);
	EXPECT(futex_wake(&gate, 1) >= 0);
}

static void wait_turn(void *arg)
{
	uint32_t turn = (uint32_t)(uintptr_t)arg, seen;

	while ((seen = __atomic_load_n(&word, __ATOMIC_ACQUIRE)) < turn) {
		int error = futex_wait(&word, seen, DEADLINE_NEVER);

		EXPECT(!error || error == -EAGAIN);
	}
	gate_lock();
	arrived++;
	gate_unlock();
}

/* All wait for a turn; one is woken each time, the rest is moved to the lock's word. */
TEST(wait, futexes_are_requeued)
{
	int32_t ids[60];
	uint32_t wrong = 99;

	word = gate = arrived = 0;
	for (uintptr_t i = 0; i < 60; i++)
		ids[i] = spawn(8, 0, wait_turn, (void *)(1 + i % 3));
	for (uint32_t turn = 1; turn <= 3; turn++) {
		thread_sleep_until(in_ns(NS_PER_MS));
		gate_lock();
		__atomic_store_n(&word, turn, __ATOMIC_RELEASE);
		EXPECT(futex_requeue(&word, 1, &gate, 100, &wrong) == -EAGAIN);
		EXPECT(futex_requeue(&word, 1, &gate, 100, &turn) >= 0);
		gate_unlock();
	}
	for (int i = 0; i < 60; i++)
		join(ids[i]);
	CHECK(arrived == 60);
}

TEST(wait, futexes_refuse_bad_words)
{
	uint32_t value = 5;

	CHECK(futex_wait(&value, 4, DEADLINE_NEVER) == -EAGAIN);
	CHECK(futex_wait(&value, 5, in_ns(1000)) == -ETIMEDOUT);
	CHECK(futex_wait((uint32_t *)((char *)&value + 2), 5, DEADLINE_NEVER) == -EINVAL);
	CHECK(futex_wait(NULL, 0, DEADLINE_NEVER) == -EFAULT);
	CHECK(futex_wait((uint32_t *)ARCH_APP_END, 0, DEADLINE_NEVER) == -EFAULT);
	CHECK(futex_wake(&value, 100) == 0);
	CHECK(futex_requeue(NULL, 1, &value, 1, NULL) == -EFAULT);
	CHECK(futex_requeue(&value, 1, (uint32_t *)1, 1, NULL) == -EINVAL);
}
