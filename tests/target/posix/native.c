/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/thread.h> and <unishyper/sem.h> */
#include <stdlib.h>
#include <string.h>

#include <unishyper/sem.h>
#include <unishyper/thread.h>

#include "suite.h"

#define THREADS 6
#define ROUNDS	50

static void set_flag(void *arg)
{
	__atomic_store_n((int *)arg, thread_current_id(), __ATOMIC_SEQ_CST);
}

static void spawn_and_join(void)
{
	int seen = 0, id = thread_spawn(set_flag, &seen);

	CHECK(id > 0);
	CHECK(!thread_join(id) && seen == id);
	CHECK(thread_join(id) == -ESRCH);
	CHECK(thread_join(thread_current_id()) == -EDEADLK);
	CHECK(thread_join(-5) == -ESRCH);
	CHECK(!thread_exists(id) && thread_exists(thread_current_id()) && !thread_exists(0));
}

static void wait_for(void *arg)
{
	semaphore_acquire(arg);
}

static void detach(void)
{
	struct semaphore go = SEMAPHORE_INIT(0);
	struct thread_options options = THREAD_OPTIONS_DEFAULT;
	int id = thread_spawn(wait_for, &go), other;

	CHECK(id > 0);
	CHECK(!thread_detach(id) && thread_detach(id) == -EINVAL && thread_join(id) == -EINVAL);
	options.detached = true;
	other = thread_spawn_with(wait_for, &go, &options);
	CHECK(other > 0 && thread_join(other) == -EINVAL);
	semaphore_release(&go);
	semaphore_release(&go);
	while (thread_exists(id) || thread_exists(other))
		thread_yield();
	CHECK(thread_join(id) == -ESRCH);
}

static void options_that_cannot_be(void)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;

	options.priority = THREAD_PRIORITY_MAX + 1;
	CHECK(thread_spawn_with(wait_for, NULL, &options) == -EINVAL);
	options.priority = -1;
	CHECK(thread_spawn_with(wait_for, NULL, &options) == -EINVAL);
	options.priority = 5;
	options.core = thread_core_count();
	CHECK(thread_spawn_with(wait_for, NULL, &options) == -EINVAL);
	options.core = 0;
	options.stack_bytes = 100;
	CHECK(thread_spawn_with(wait_for, NULL, &options) == -EINVAL);
	options.stack_bytes = (size_t)1 << 50;
	CHECK(thread_spawn_with(wait_for, NULL, &options) == -ENOMEM);
	CHECK(thread_spawn(NULL, NULL) == -EINVAL);
}

static void note_core(void *arg)
{
	for (int i = 0; i < 20; i++) {
		EXPECT(thread_current_core() == *(int *)arg);
		thread_yield();
	}
}

static void on_core(void)
{
	for (int core = 0; core < thread_core_count(); core++) {
		int id = thread_spawn_on_core(note_core, &core, core);

		CHECK(id > 0 && !thread_join(id));
	}
}

/*
 * On one CPU, the more urgent of two threads that became ready runs first. They may go only when
 * both are there: to start one may take a wait for memory, and the other would have run meanwhile.
 */
static int order[2], ordered;
static struct semaphore may_go[2];

static void note_order(void *arg)
{
	semaphore_acquire(&may_go[(long)arg - 1]);
	order[__atomic_fetch_add(&ordered, 1, __ATOMIC_SEQ_CST)] = (int)(long)arg;
}

static void start_two(void *arg)
{
	struct thread_options low = THREAD_OPTIONS_DEFAULT, high = THREAD_OPTIONS_DEFAULT;
	int first, second;

	(void)arg;
	low.core = high.core = 0;
	low.priority = 10;
	high.priority = 20;
	first = thread_spawn_with(note_order, (void *)1, &low);
	second = thread_spawn_with(note_order, (void *)2, &high);
	until_it_waits(first);
	until_it_waits(second);
	semaphore_release(&may_go[0]);
	semaphore_release(&may_go[1]);
	thread_join(first);
	thread_join(second);
}

static void priorities(void)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;
	int id;

	ordered = 0;
	may_go[0] = may_go[1] = (struct semaphore)SEMAPHORE_INIT(0);
	options.core = 0;
	options.priority = 30;
	id = thread_spawn_with(start_two, NULL, &options);
	CHECK(id > 0 && !thread_join(id));
	CHECK(ordered == 2 && order[0] == 2 && order[1] == 1);
	CHECK(thread_set_priority(thread_current_id(), THREAD_PRIORITY_MAX + 1) == -EINVAL);
	CHECK(thread_set_priority(123456789, 3) == -ESRCH);
}

static void list(void)
{
	struct semaphore go = SEMAPHORE_INIT(0);
	struct thread_info all[32];
	int id = thread_spawn_name(wait_for, &go, "a name that is too long"), count, seen = 0;

	CHECK(id > 0);
	/* Until it has run and sleeps: one that another CPU takes over looks like that, too. */
	do {
		thread_sleep_ms(1);
		count = thread_list(all, 32);
	} while (all[count - 1].id != id || all[count - 1].state != THREAD_BLOCKED ||
		 !all[count - 1].run_ns);
	for (int i = 0; i < count; i++) {
		CHECK(!i || all[i].id > all[i - 1].id);
		if (all[i].id == id) {
			seen++;
			EXPECT(!strcmp(all[i].name, "a name that is "));
			EXPECT(all[i].state == THREAD_BLOCKED && !all[i].kernel);
			EXPECT(all[i].priority == THREAD_PRIORITY_DEFAULT && all[i].run_ns > 0);
		}
		seen += all[i].id == thread_current_id() && all[i].state == THREAD_RUNNING;
	}
	EXPECT(thread_list(all, 1) == 1);
	semaphore_release(&go);
	thread_join(id);
	CHECK(seen == 2);
}

static void leave(void *arg)
{
	set_flag(arg);
	thread_exit();
}

static void exit_early(void)
{
	int seen = 0, id = thread_spawn(leave, &seen);

	CHECK(id > 0 && !thread_join(id) && seen == id);
}

static void negative_start(void)
{
	struct semaphore all = SEMAPHORE_INIT(-2);

	CHECK(semaphore_count(&all) == -2 && !semaphore_try_acquire(&all));
	semaphore_release(&all);
	semaphore_release(&all);
	CHECK(semaphore_count(&all) == 0 && !semaphore_try_acquire(&all));
	semaphore_release(&all);
	CHECK(semaphore_try_acquire(&all) && semaphore_count(&all) == 0);
}

static void full(void)
{
	struct semaphore most = SEMAPHORE_INIT(INT32_MAX), least = SEMAPHORE_INIT(INT32_MIN);

	semaphore_release(&most);
	CHECK(semaphore_count(&most) == INT32_MAX && semaphore_try_acquire(&most));
	CHECK(semaphore_count(&most) == INT32_MAX - 1);
	semaphore_release(&least);
	CHECK(semaphore_count(&least) == INT32_MIN + 1 && !semaphore_try_acquire(&least));
}

struct order {
	struct semaphore *semaphore;
	int number, *seen;
};

static void take_turn(void *arg)
{
	struct order *order = arg;

	semaphore_acquire(order->semaphore);
	order->seen[semaphore_count(&order->semaphore[1])] = order->number;
	semaphore_release(&order->semaphore[1]);
}

/* Who is more urgent is served first, then who came first: on one CPU that can be seen. */
static void served_in_order(void)
{
	struct semaphore list[2] = {SEMAPHORE_INIT(0), SEMAPHORE_INIT(0)};
	int ids[THREADS], seen[THREADS];
	struct order orders[THREADS];

	for (int i = 0; i < THREADS; i++) {
		orders[i] = (struct order){list, i, seen};
		struct thread_options options = THREAD_OPTIONS_DEFAULT;

		options.priority = i == THREADS - 1 ? 12 : 8;
		options.core = 0;
		ids[i] = thread_spawn_with(take_turn, &orders[i], &options);
		CHECK(ids[i] > 0);
		until_it_waits(ids[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		semaphore_release(&list[0]);
		while (semaphore_count(&list[1]) <= i)
			thread_yield();
	}
	for (int i = 0; i < THREADS; i++) {
		CHECK(!thread_join(ids[i]));
		CHECK(seen[i] == (i + THREADS - 1) % THREADS);
	}
}

static struct semaphore meeting, items, room;
static long sum;

static void work(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		semaphore_acquire(&items);
		__atomic_add_fetch(&sum, 1, __ATOMIC_SEQ_CST);
		semaphore_release(&room);
	}
	(void)arg;
	semaphore_release(&meeting);
}

static void bounded_buffer(void)
{
	int ids[THREADS];

	sum = 0;
	semaphore_init(&meeting, 1 - THREADS);
	semaphore_init(&items, 0);
	semaphore_init(&room, 3);
	for (int i = 0; i < THREADS; i++)
		CHECK((ids[i] = thread_spawn(work, NULL)) > 0);
	for (int i = 0; i < THREADS * ROUNDS; i++) {
		semaphore_acquire(&room);
		semaphore_release(&items);
	}
	semaphore_acquire(&meeting);
	for (int i = 0; i < THREADS; i++)
		CHECK(!thread_join(ids[i]));
	CHECK(sum == THREADS * ROUNDS && semaphore_count(&room) == 3 &&
	      semaphore_count(&items) == 0);
}

static void release_soon(void *arg)
{
	thread_sleep_ms(3);
	semaphore_release(arg);
}

static void time_limit(void)
{
	struct semaphore semaphore = SEMAPHORE_INIT(0);
	uint64_t start = now_ns();
	int id;

	CHECK(!semaphore_acquire_for(&semaphore, 4 * MS) && now_ns() - start >= 4 * MS);
	CHECK(!semaphore_acquire_for(&semaphore, 0));
	id = thread_spawn(release_soon, &semaphore);
	CHECK(semaphore_acquire_for(&semaphore, 60000 * MS));
	CHECK(!thread_join(id));
}

static const struct test tests[] = {
	TEST(spawn_and_join),
	TEST(detach),
	TEST(options_that_cannot_be),
	TEST(on_core),
	TEST(priorities),
	TEST(list),
	TEST(exit_early),
	TEST(negative_start),
	TEST(full),
	TEST(served_in_order),
	TEST(bounded_buffer),
	TEST(time_limit),
	TEST_END,
};
const struct suite native_suite = {"native", tests};
