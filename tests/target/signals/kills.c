/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread_kill(): threads that wait, compute, hold locks, have not begun; while they use the heap.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <unishyper/thread.h>

#include "../posix/suite.h"

static volatile int started, cleaned;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void clean(void *arg)
{
	(void)arg;
	cleaned++;
}

static void unlock(void *arg)
{
	(void)arg;
	pthread_mutex_unlock(&mutex);
}

static void asleep(void *arg)
{
	pthread_cleanup_push(clean, NULL);
	started = 1;
	if (arg)
		thread_block();
	else
		thread_sleep_ms(100000);
	pthread_cleanup_pop(0);
}

static void computes(void *arg)
{
	(void)arg;
	pthread_cleanup_push(clean, NULL);
	started = 1;
	for (;;)
		;
	pthread_cleanup_pop(0);
}

static void computes_locked(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, NULL);
	started = 1;
	for (;;)
		;
	pthread_cleanup_pop(0);
}

/* The handler is the program's code, too, and is not left halfway. */
static void long_cleanup(void *arg)
{
	for (volatile int i = 0; i < 3000000; i++)
		;
	clean(arg);
}

static void cleans_long(void *arg)
{
	(void)arg;
	pthread_cleanup_push(long_cleanup, NULL);
	started = 1;
	thread_sleep_ms(100000);
	pthread_cleanup_pop(0);
}

static bool killed(void (*fn)(void *), void *arg, bool wait)
{
	int id;

	started = cleaned = 0;
	id = thread_spawn(fn, arg);
	while (wait && !started)
		sched_yield();
	return id > 0 && thread_kill(id) == 0 && thread_join(id) == 0;
}

static void waiting(void)
{
	for (int i = 0; i < 10; i++) {
		CHECK(killed(asleep, NULL, true) && cleaned == 1);
		CHECK(killed(asleep, &mutex, true) && cleaned == 1);
	}
	CHECK(killed(cleans_long, NULL, true) && cleaned == 1);
}

static void computing(void)
{
	for (int i = 0; i < 10; i++)
		CHECK(killed(computes, NULL, true) && cleaned == 1);
	CHECK(killed(computes_locked, NULL, true));
	CHECK(!pthread_mutex_trylock(&mutex));
	pthread_mutex_unlock(&mutex);
}

static void ready(void)
{
	for (int i = 0; i < 20; i++)
		CHECK(killed(i & 1 ? computes : asleep, NULL, false));
}

static void count(void *arg)
{
	(void)arg;
	cleaned++;
}

static void not_begun(void)
{
	int id;

	cleaned = 0;
	id = thread_spawn_suspended(count, NULL, "late");
	CHECK(id > 0 && !thread_kill(id));
	CHECK(!thread_join(id) && !cleaned);
}

static void kill_self(void *arg)
{
	pthread_cleanup_push(clean, NULL);
	thread_kill(thread_current_id());
	*(int *)arg = 1;
	pthread_cleanup_pop(0);
}

static void wrong(void)
{
	int survived = 0, id, again;

	cleaned = 0;
	id = thread_spawn(kill_self, &survived);
	CHECK(!thread_join(id) && !survived && cleaned == 1);
	CHECK(thread_kill(id) == -ESRCH);
	CHECK(thread_kill(-5) == -ESRCH && thread_kill(0) == -ESRCH &&
	      thread_kill(1 << 28) == -ESRCH);
	id = thread_spawn(asleep, NULL);
	CHECK(!thread_kill(id));
	again = thread_kill(id); /* it may be gone */
	CHECK(!again || again == -ESRCH);
	CHECK(!thread_join(id));
}

static void uses_heap(void *arg)
{
	unsigned size = 1;

	(void)arg;
	for (;;) {
		char *memory = malloc(size % 3000);

		if (memory)
			memory[0] = 1;
		free(memory);
		size = size * 1103515245 + 12345;
	}
}

static void formats(void *arg)
{
	char text[80];
	int number = 0;

	(void)arg;
	for (;; number++)
		snprintf(text, sizeof(text), "%d %s %x", number, "text", number);
}

/* Whatever they were doing, the heap works afterwards. */
static void storm(void)
{
	for (int round = 0; round < 10; round++) {
		int ids[6];
		void *memory;

		for (int i = 0; i < 6; i++)
			CHECK((ids[i] = thread_spawn(i & 1 ? formats : uses_heap, NULL)) > 0);
		usleep((unsigned)round * 300);
		for (int i = 0; i < 6; i++)
			CHECK(!thread_kill(ids[i]));
		for (int i = 0; i < 6; i++)
			CHECK(!thread_join(ids[i]));
		memory = malloc(500);
		CHECK(memory);
		free(memory);
	}
}

static const struct test tests[] = {
	TEST(waiting), TEST(computing),	     TEST(ready), TEST(not_begun),
	TEST(wrong),   {"storm", storm, 64}, TEST_END,
};
const struct suite kill_suite = {"kill", tests};
