/* SPDX-License-Identifier: BSD-2-Clause */
/* Part of test_sched.c: what threads wait for. */

static struct mutex mutex;
static unsigned inside_count, total;

static void locker(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20; i++) {
		mutex_lock(&mutex);
		EXPECT(++inside_count == 1);
		if (sim_random(4) == 0)
			sim_work(sim_random(100));
		else if (sim_random(8) == 0)
			thread_yield();
		total++;
		EXPECT(inside_count-- == 1);
		mutex_unlock(&mutex);
		if (sim_random(4) == 0)
			thread_yield();
	}
}

static void mutex_main(void *arg)
{
	int32_t ids[10];

	(void)arg;
	mutex_init(&mutex);
	for (int i = 0; i < 10; i++)
		ids[i] = spawn(4 + (unsigned)sim_random(20), locker, NULL);
	for (int i = 0; i < 10; i++)
		join(ids[i]);
	EXPECT(total == 200);
	done();
}

TEST(one_thread_at_a_time_holds_a_mutex)
{
	run(mutex_main, 1, 4);
}

static struct sem sem;
static unsigned acquired, released;

static void consumer(void *arg)
{
	(void)arg;
	for (int i = 0; i < 15; i++) {
		uint64_t deadline = sim_random(2) ? clock_monotonic_ns() + sim_random(5000)
						  : DEADLINE_NEVER;
		int error = sem_acquire(&sem, deadline);

		EXPECT(!error || (error == -ETIMEDOUT && clock_monotonic_ns() >= deadline));
		if (!error)
			__atomic_fetch_add(&acquired, 1, __ATOMIC_RELAXED);
	}
}

static void producer(void *arg)
{
	unsigned count = (unsigned)(uintptr_t)arg;

	while (count--) {
		sim_work(sim_random(300));
		__atomic_fetch_add(&released, 1, __ATOMIC_RELAXED);
		sem_release(&sem);
	}
}

/* As many as consumers can take at most: nobody may be left, and none may be lost. */
static void sem_main(void *arg)
{
	int32_t ids[9];

	(void)arg;
	sem_setup(&sem, 0);
	for (int i = 0; i < 6; i++)
		ids[i] = spawn(4 + (unsigned)sim_random(20), consumer, NULL);
	for (int i = 6; i < 9; i++)
		ids[i] = spawn(4 + (unsigned)sim_random(20), producer, (void *)30);
	for (int i = 0; i < 9; i++)
		join(ids[i]);
	EXPECT(released == 90 && sem.count == (long)(released - acquired));
	done();
}

TEST(semaphores_count)
{
	run(sem_main, 1, 4);
}

/* Negative at first: so many releases are swallowed. */
static void negative_main(void *arg)
{
	int32_t id;

	(void)arg;
	sem_setup(&hold, -2);
	id = spawn(31, wait_hold, NULL);
	sem_release(&hold);
	sem_release(&hold);
	EXPECT(thread_join(id, NULL, clock_monotonic_ns() + 20000) == -ETIMEDOUT);
	sem_release(&hold);
	join(id);
	done();
}

TEST(semaphores_may_begin_below_zero)
{
	run(negative_main, 1, 3);
}

static struct waitq queues[2] = {WAITQ_INIT(queues[0]), WAITQ_INIT(queues[1])};
static unsigned woken, timed_out, given;

static void waiter(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10; i++) {
		struct waitq *queue = &queues[sim_random(2)];
		uint64_t deadline = clock_monotonic_ns() + sim_random(4000);
		struct irq_state state = waitq_lock(queue);
		int error = waitq_sleep(queue, &state, 1 + sim_random(2), deadline);

		waitq_unlock(queue, state);
		EXPECT(!error || error == -ETIMEDOUT);
		if (error)
			EXPECT(clock_monotonic_ns() >= deadline);
		__atomic_fetch_add(error ? &timed_out : &woken, 1, __ATOMIC_RELAXED);
	}
}

static void lock_two(struct irq_state *state)
{
	*state = waitq_lock(&queues[0]);
	spinlock_acquire(&queues[1].lock);
}

static void unlock_two(struct irq_state state)
{
	spinlock_release(&queues[1].lock);
	waitq_unlock(&queues[0], state);
}

static void waker(void *arg)
{
	(void)arg;
	for (int i = 0; i < 40; i++) {
		struct irq_state state;
		size_t count = 0, from = sim_random(2);

		sim_work(sim_random(200));
		if (sim_random(3) == 0) {
			lock_two(&state);
			waitq_move(&queues[from], 1 + sim_random(2), &queues[sim_random(2)],
				   1 + sim_random(2), 1 + sim_random(3));
			unlock_two(state);
		} else {
			state = waitq_lock(&queues[from]);
			count = waitq_wake(&queues[from], 1 + sim_random(2), 1 + sim_random(3));
			waitq_unlock(&queues[from], state);
		}
		__atomic_fetch_add(&given, count, __ATOMIC_RELAXED);
	}
}

/* Either the timer or a waker decides, also while the waiter is moved: the sums agree. */
static void race_main(void *arg)
{
	int32_t ids[12];

	(void)arg;
	for (int i = 0; i < 8; i++)
		ids[i] = spawn(4 + (unsigned)sim_random(20), waiter, NULL);
	for (int i = 8; i < 12; i++)
		ids[i] = spawn(4 + (unsigned)sim_random(20), waker, NULL);
	for (int i = 0; i < 12; i++)
		join(ids[i]);
	EXPECT(woken + timed_out == 80 && woken == given);
	EXPECT(list_empty(&queues[0].waiters) && list_empty(&queues[1].waiters));
	done();
}

TEST(a_wake_or_the_deadline_but_not_both)
{
	run(race_main, 1, 4);
}

static struct sem through;
static unsigned interrupted, asked, left_alone;

/* On a queue that is gone right after each wait, as a sleeper's is. */
static void interruptible(void *arg)
{
	(void)arg;
	while (interrupted < 100 && asked < 4000) {
		struct waitq own = WAITQ_INIT(own);
		struct irq_state state = waitq_lock(&own);
		uint64_t deadline = clock_monotonic_ns() + sim_random(9000);
		int error = waitq_sleep(&own, &state, 0, deadline);

		waitq_unlock(&own, state);
		memset(&own, 0xff, sizeof(own));
		EXPECT(error == -EINTR || error == -ETIMEDOUT);
		EXPECT(error == -EINTR || clock_monotonic_ns() >= deadline);
		if (error == -EINTR) {
			/* Perhaps for nothing: who asked may be late. */
			__atomic_and_fetch(&thread_current()->pending, ~PENDING_INTERRUPT_MASK,
					   __ATOMIC_RELAXED);
			__atomic_fetch_add(&interrupted, 1, __ATOMIC_RELAXED);
		}
	}
}

static void uninterruptible(void *arg)
{
	struct irq_state state = waitq_lock(&through.queue);

	(void)arg;
	EXPECT(!waitq_sleep_through(&through.queue, &state, 0, DEADLINE_NEVER));
	left_alone++;
	waitq_unlock(&through.queue, state);
	EXPECT(thread_current()->pending & PENDING_KILL);
	/* What is pending before a wait ends it at once. */
	EXPECT(sem_acquire(&through, DEADLINE_NEVER) == -EINTR);
}

static void interrupter(void *arg)
{
	static const uint32_t bits[] = {PENDING_EXIT, PENDING_SIGNAL, PENDING_KILL};

	thread_sleep_until(clock_monotonic_ns() + 1000);
	for (int i = 0; i < 200; i++) {
		thread_interrupt(arg, bits[sim_random(3)]);
		__atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
		if (sim_random(2))
			sim_work(sim_random(300));
		else if (sim_random(2))
			thread_yield();
		else if (sim_random(4) == 0)
			thread_sleep_until(clock_monotonic_ns() + sim_random(3000));
	}
}

static void interrupt_main(void *arg)
{
	struct thread *sleeper, *deaf;
	int32_t ids[3];

	(void)arg;
	sem_setup(&through, 0);
	sleeper = spawn_with((struct thread_attr){.priority = 15}, interruptible, NULL);
	deaf = spawn_with((struct thread_attr){.priority = 10}, uninterruptible, NULL);
	while (deaf->state != THREAD_BLOCKED)
		thread_sleep_until(clock_monotonic_ns() + 5000);
	for (int i = 0; i < 3; i++)
		ids[i] = spawn(4 + (unsigned)sim_random(12), interrupter, sleeper);
	thread_interrupt(deaf, PENDING_KILL);
	for (int i = 0; i < 3; i++)
		join(ids[i]);
	EXPECT(interrupted > 0);
	EXPECT(deaf->state == THREAD_BLOCKED);
	EXPECT(!left_alone);
	struct irq_state state = waitq_lock(&through.queue);
	EXPECT(waitq_wake(&through.queue, 0, 9) == 1);
	waitq_unlock(&through.queue, state);
	join(deaf->id);
	EXPECT(left_alone == 1);
	asked = 4000;
	join(sleeper->id);
	done();
}

TEST(waits_are_interrupted)
{
	run(interrupt_main, 1, 4);
}

static int wake_order[6], wake_count;

static void ordered(void *arg)
{
	struct irq_state state = waitq_lock(&queues[0]);

	waitq_sleep(&queues[0], &state, 7, DEADLINE_NEVER);
	wake_order[wake_count++] = (int)(intptr_t)arg;
	waitq_unlock(&queues[0], state);
}

/* The most urgent first, then who came first; also after a move. */
static void order_main(void *arg)
{
	static const unsigned priorities[6] = {5, 9, 5, 12, 9, 5};
	static const int expected[6] = {3, 1, 4, 0, 2, 5};
	int32_t ids[6];
	struct irq_state state;

	(void)arg;
	for (int i = 0; i < 6; i++) {
		ids[i] = spawn(priorities[i], ordered, (void *)(intptr_t)i);
		while (thread_find(ids[i])->state != THREAD_BLOCKED)
			thread_sleep_until(clock_monotonic_ns() + 5000);
	}
	if (sim_random(2)) {
		lock_two(&state);
		EXPECT(waitq_move(&queues[0], 7, &queues[1], 8, 100) == 6);
		EXPECT(waitq_move(&queues[1], 8, &queues[0], 9, 3) == 3);
		EXPECT(waitq_move(&queues[1], 8, &queues[0], 9, 100) == 3);
		EXPECT(waitq_move(&queues[0], 9, &queues[0], 7, 100) == 6);
		unlock_two(state);
	}
	for (int i = 0; i < 6; i++) {
		state = waitq_lock(&queues[0]);
		EXPECT(waitq_wake(&queues[0], 7, 1) == 1);
		waitq_unlock(&queues[0], state);
		join(ids[expected[i]]);
	}
	for (int i = 0; i < 6; i++)
		EXPECT(wake_order[i] == expected[i]);
	done();
}

TEST(the_most_urgent_waiter_is_woken_first)
{
	run(order_main, 1, 2);
}

/* A condition variable as the C library makes it: a broadcast moves all but one to the mutex. */
static uint32_t word, lock_word;
static unsigned passed;

static void word_lock(void)
{
	while (__atomic_exchange_n(&lock_word, 2, __ATOMIC_ACQUIRE))
		futex_wait(&lock_word, 2, DEADLINE_NEVER);
}

static void word_unlock(void)
{
	__atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE);
	EXPECT(futex_wake(&lock_word, 1) >= 0);
}

static unsigned turn;

static void turn_waiter(void *arg)
{
	unsigned wanted = (unsigned)(uintptr_t)arg;

	word_lock();
	while (turn < wanted) {
		uint32_t seen = __atomic_load_n(&word, __ATOMIC_RELAXED);
		int error;

		word_unlock();
		error = futex_wait(&word, seen,
				   sim_random(4) ? DEADLINE_NEVER
						 : clock_monotonic_ns() + sim_random(9000));
		EXPECT(!error || error == -EAGAIN || error == -ETIMEDOUT);
		word_lock();
	}
	passed++;
	word_unlock();
}

static void futex_main(void *arg)
{
	uint32_t other = 12345, seen;
	int32_t ids[12];

	(void)arg;
	for (unsigned i = 0; i < 12; i++)
		ids[i] = spawn(4 + (unsigned)sim_random(20), turn_waiter,
			       (void *)(uintptr_t)(1 + i % 3));
	for (unsigned i = 0; i < 3; i++) {
		sim_work(sim_random(3000));
		word_lock();
		turn++;
		seen = __atomic_add_fetch(&word, 1, __ATOMIC_RELAXED);
		EXPECT(futex_requeue(&word, 1, &lock_word, 100, &other) == -EAGAIN);
		if (sim_random(2))
			EXPECT(futex_requeue(&word, 1, &lock_word, 100, &seen) >= 0);
		else
			EXPECT(futex_wake(&word, 100) >= 0);
		word_unlock();
	}
	for (int i = 0; i < 12; i++)
		join(ids[i]);
	EXPECT(passed == 12);
	EXPECT(futex_wait((uint32_t *)((char *)&word + 1), 0, 0) == -EINVAL);
	EXPECT(futex_wake((uint32_t *)((char *)&word + 2), 1) == -EINVAL);
	EXPECT(futex_wait(NULL, 0, 0) == -EFAULT);
	done();
}

TEST(futexes_lose_no_wake)
{
	run(futex_main, 1, 4);
}
