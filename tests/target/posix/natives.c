/* SPDX-License-Identifier: BSD-2-Clause */
/* <unishyper/...>: being woken, blocking, keys, memory, time. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include <unishyper/mm.h>
#include <unishyper/pthread.h>
#include <unishyper/thread.h>
#include <unishyper/time.h>

#include "suite.h"

static void set(void *arg)
{
	__atomic_store_n((int *)arg, 1, __ATOMIC_SEQ_CST);
}

static void begins_when_woken(void)
{
	int begun = 0, id = thread_spawn_suspended(set, &begun, "later");
	struct thread_info info;

	CHECK(id > 0);
	do
		thread_sleep_ms(2);
	while (!thread_lookup(id, &info) && info.state != THREAD_BLOCKED);
	CHECK(!begun && !thread_lookup(id, &info) && info.id == id && !strcmp(info.name, "later"));
	CHECK(!thread_wake(id) && !thread_join(id) && begun);
	CHECK(thread_wake(id) == -ESRCH && thread_lookup(id, &info) == -ESRCH);
}

static void block_three_times(void *arg)
{
	for (int i = 0; i < 3; i++) {
		EXPECT(!thread_block());
		__atomic_add_fetch((int *)arg, 1, __ATOMIC_SEQ_CST);
	}
}

static void blocking(void)
{
	int count = 0, id = thread_spawn(block_three_times, &count);
	uint64_t start;

	CHECK(id > 0);
	for (int i = 0; i < 3; i++) {
		CHECK(!(i & 1 ? thread_wake_to_front(id) : thread_wake(id)));
		while (__atomic_load_n(&count, __ATOMIC_SEQ_CST) == i)
			thread_yield();
	}
	CHECK(!thread_join(id));
	/* One that comes before is not lost, two are one. */
	CHECK(!thread_wake(thread_current_id()) && !thread_wake(thread_current_id()));
	CHECK(!thread_block());
	start = time_now_ns();
	CHECK(thread_block_for(2 * MS) == -ETIMEDOUT && time_now_ns() - start >= 2 * MS);
}

static void block_for_ever(void *arg)
{
	for (;;)
		if (arg)
			thread_yield();
		else
			thread_block();
}

static void destroying(void)
{
	int ids[3] = {thread_spawn(block_for_ever, NULL), thread_spawn(block_for_ever, ids),
		      thread_spawn_suspended(set, NULL, "never")};

	for (int i = 0; i < 3; i++) {
		CHECK(ids[i] > 0);
		if (i != 1)
			until_it_waits(ids[i]);
		CHECK(!thread_kill(ids[i]) && !thread_join(ids[i]));
		CHECK(thread_kill(ids[i]) == -ESRCH && !thread_exists(ids[i]));
	}
}

static int order[3], ordered;

static void note(void *arg)
{
	order[__atomic_fetch_add(&ordered, 1, __ATOMIC_SEQ_CST)] = (int)(long)arg;
}

/*
 * On one processor, of higher priority than those it wakes. Those have no slices: one that ends
 * while the host has something else to do would send its thread to the end of the queue.
 */
static void wake_three(void *arg)
{
	const struct sched_param low = {.sched_priority = 1};
	struct thread_info own, other;
	struct thread_options options = THREAD_OPTIONS_DEFAULT;
	int ids[3];

	(void)arg;
	EXPECT(!thread_lookup(thread_current_id(), &own));
	options.core = 0;
	options.suspended = true;
	for (long i = 0; i < 3; i++)
		ids[i] = thread_spawn_with(note, (void *)i, &options);
	for (int i = 0; i < 3; i++) {
		until_it_waits(ids[i]);
		EXPECT(!sched_setscheduler(ids[i], SCHED_FIFO, &low));
		EXPECT(!thread_lookup(ids[i], &other) && other.priority < own.priority);
	}
	thread_wake(ids[0]);
	thread_wake(ids[1]);
	thread_wake_to_front(ids[2]);
	for (int i = 0; i < 3; i++)
		thread_join(ids[i]);
}

static void to_front(void)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;
	int id;

	ordered = 0;
	options.core = 0;
	options.priority = 20;
	id = thread_spawn_with(wake_three, NULL, &options);
	CHECK(id > 0 && !thread_join(id));
	CHECK(ordered == 3 && order[0] == 2 && order[1] == 0 && order[2] == 1);
}

static int destroyed_in;

static void destructor(void *value)
{
	*(int *)value += 1;
	destroyed_in = thread_current_id();
}

static int key;

static void use_key(void *arg)
{
	EXPECT(!thread_key_get(key) && !thread_key_set(key, arg) && thread_key_get(key) == arg);
}

static void keys(void)
{
	int destroyed = 0, id;

	key = thread_key_create(destructor);
	CHECK(key >= 0);
	id = thread_spawn(use_key, &destroyed);
	CHECK(id > 0 && !thread_join(id));
	CHECK(destroyed == 1 && destroyed_in == id && !thread_key_get(key));
	CHECK(!thread_key_destroy(key) && thread_key_destroy(key) == -EINVAL);
}

static void *shared_memory, *private_memory;

static void allocate_both(void *arg)
{
	(void)arg;
	EXPECT(!mm_allocate(10000, &shared_memory));
	EXPECT(!mm_allocate_private(10000, &private_memory));
	memset(private_memory, 1, 10000);
	memset(shared_memory, 1, 10000);
}

static void memory(void)
{
	void *own;
	int id = thread_spawn(allocate_both, NULL);

	CHECK(id > 0 && !thread_join(id));
	CHECK(mm_deallocate(private_memory) == -EINVAL);
	CHECK(((char *)shared_memory)[9999] == 1 && ((char *)shared_memory)[10000] == 0);
	CHECK(!mm_deallocate(shared_memory));
	CHECK(!mm_allocate_private(1, &own) && !*(char *)own && !mm_deallocate(own));
}

static void times(void)
{
	uint64_t ns = time_now_ns(), cycles = time_now_cycles();
	time_t now = time(NULL);

	thread_sleep_ms(3);
	CHECK(time_now_ns() - ns >= 3 * MS && time_now_cycles() > cycles);
	CHECK(time_now_us() >= ns / 1000 && time_now_ms() >= ns / MS);
	CHECK(time_now_s() >= ns / 1000000000);
	CHECK(time_boot_ns() / 1000000000 + time_now_s() + 2 >= (uint64_t)now);
}

static void *attributes_of_self(void *arg)
{
	pthread_attr_t attr;
	void *stack;
	size_t size, guard;
	cpu_set_t cpus;
	char here;

	(void)arg;
	EXPECT(!pthread_getattr_np(pthread_self(), &attr));
	EXPECT(!pthread_attr_getstack(&attr, &stack, &size) && size >= 64 << 10);
	EXPECT(!pthread_attr_getguardsize(&attr, &guard) && guard >= 4096);
	EXPECT(&here > (char *)stack && &here < (char *)stack + size);
	EXPECT(!pthread_attr_getaffinity_np(&attr, sizeof(cpus), &cpus) && CPU_ISSET(0, &cpus));
	return NULL;
}

static void true_attributes(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	cpu_set_t cpus;
	char name[16];

	attributes_of_self(NULL);
	pthread_attr_init(&attr);
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	CHECK(!pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus));
	CHECK(!pthread_create(&thread, &attr, attributes_of_self, NULL));
	CHECK(!pthread_setname_np(thread, "another") || true); /* it may have ended */
	CHECK(!pthread_join(thread, NULL));
	CHECK(!pthread_setname_np(pthread_self(), "main again"));
	CHECK(!pthread_getname_np(pthread_self(), name, sizeof(name)));
	CHECK(!strcmp(name, "main again") && !pthread_setname_np(pthread_self(), "main"));
}

static const struct test tests[] = {
	TEST(begins_when_woken),
	TEST(blocking),
	TEST(to_front),
	TEST(destroying),
	TEST(keys),
	TEST(memory),
	TEST(times),
	TEST(true_attributes),
	TEST_END,
};
const struct suite natives_suite = {"natives", tests};
