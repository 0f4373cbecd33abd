/* SPDX-License-Identifier: BSD-2-Clause */
/* pthread_cancel(): at cancellation points, in them, and at any time. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../posix/suite.h"

static volatile int started, requested, cleaned, destroyed, passed;
static pthread_key_t key;
static sem_t semaphore;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void clean(void *arg)
{
	(void)arg;
	cleaned++;
}

static void destroy(void *arg)
{
	(void)arg;
	destroyed++;
}

static void *run(void *arg)
{
	void (*wait)(void) = *(void (**)(void))arg;

	pthread_setspecific(key, &key);
	pthread_cleanup_push(clean, NULL);
	started = 1;
	wait();
	pthread_cleanup_pop(0);
	return NULL;
}

static bool cancels(void (*wait)(void), int delay_us)
{
	pthread_t thread;
	void *result = NULL;

	started = requested = cleaned = destroyed = passed = 0;
	EXPECT(!pthread_key_create(&key, destroy));
	EXPECT(!pthread_create(&thread, NULL, run, &wait));
	while (!started)
		sched_yield();
	if (delay_us)
		usleep((unsigned)delay_us);
	EXPECT(!pthread_cancel(thread));
	requested = 1;
	EXPECT(!pthread_join(thread, &result));
	pthread_key_delete(key);
	return result == PTHREAD_CANCELED && cleaned == 1 && destroyed == 1;
}

static void in_sleep(void)
{
	sleep(100);
}

static void in_semaphore(void)
{
	sem_wait(&semaphore);
}

static void unlock(void *arg)
{
	(void)arg;
	passed = pthread_mutex_unlock(&mutex) == 0;
}

static void in_condition(void)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, NULL);
	for (;;)
		pthread_cond_wait(&condition, &mutex);
	pthread_cleanup_pop(1);
}

static void in_sigwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigwaitinfo(&set, NULL);
}

static void in_suspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
}

static void *forever(void *arg)
{
	for (;;)
		sleep(100);
	return arg;
}

static pthread_t joined;

static void in_join(void)
{
	pthread_join(joined, NULL);
}

static void asleep(void)
{
	sem_init(&semaphore, 0, 0);
	for (int delay = 0; delay <= 4000; delay += 2000) {
		CHECK(cancels(in_sleep, delay));
		CHECK(cancels(in_semaphore, delay));
		CHECK(cancels(in_condition, delay) && passed);
		CHECK(cancels(in_sigwait, delay));
		CHECK(cancels(in_suspend, delay));
	}
	CHECK(!pthread_mutex_trylock(&mutex));
	pthread_mutex_unlock(&mutex);
	CHECK(!pthread_create(&joined, NULL, forever, NULL));
	CHECK(cancels(in_join, 2000));
	pthread_cancel(joined);
	pthread_join(joined, NULL);
}

static void computing(void)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	for (;;)
		;
}

static void deferred(void)
{
	while (!requested)
		;
	passed = 1;
	pthread_testcancel();
}

static void any_time(void)
{
	CHECK(cancels(computing, 0));
	CHECK(cancels(computing, 3000));
	CHECK(cancels(deferred, 0) && passed);
}

/* Not now; then the wait has its effect in spite of the request. */
static void disabled(void)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	EXPECT(!sem_wait(&semaphore));
	passed = 1;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	pthread_testcancel();
}

static void *post_later(void *arg)
{
	while (!requested)
		usleep(1000);
	usleep(2000);
	sem_post(&semaphore);
	return arg;
}

static void not_now(void)
{
	pthread_t thread;

	sem_init(&semaphore, 0, 0);
	requested = 0;
	CHECK(!pthread_create(&thread, NULL, post_later, NULL));
	CHECK(cancels(disabled, 2000) && passed);
	pthread_join(thread, NULL);
}

static void *wait_once(void *arg)
{
	int *got = arg;

	started = 1;
	sem_wait(&semaphore);
	*got = 1;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return arg;
}

/* Either cancelled without taking, or taken and returned: nothing is lost in between. */
static void no_loss(void)
{
	int cancelled = 0;

	sem_init(&semaphore, 0, 0);
	for (int i = 0; i < 100; i++) {
		pthread_t thread;
		void *result;
		int got = 0, value;

		started = 0;
		CHECK(!pthread_create(&thread, NULL, wait_once, &got));
		while (!started)
			sched_yield();
		if (i % 3)
			usleep((unsigned)(i % 7) * 30);
		sem_post(&semaphore);
		pthread_cancel(thread);
		pthread_join(thread, &result);
		sem_getvalue(&semaphore, &value);
		CHECK(value == !got);
		CHECK((result == PTHREAD_CANCELED) == !got || got);
		cancelled += result == PTHREAD_CANCELED;
		if (value)
			sem_wait(&semaphore);
	}
}

static void *busy_with_memory(void *arg)
{
	for (;;) {
		char *memory;

		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
		memory = malloc(100);
		memory[0] = 1;
		free(memory);
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
		pthread_testcancel();
	}
	return arg;
}

static void storm(void)
{
	pthread_t threads[8];

	for (int round = 0; round < 12; round++) {
		void *result;

		for (int i = 0; i < 8; i++)
			CHECK(!pthread_create(&threads[i], NULL, i & 1 ? busy_with_memory : forever,
					      NULL));
		if (round & 1)
			usleep(500);
		for (int i = 0; i < 8; i++)
			CHECK(!pthread_cancel(threads[i]));
		for (int i = 0; i < 8; i++)
			CHECK(!pthread_join(threads[i], &result) && result == PTHREAD_CANCELED);
	}
}

static void *cancel_self(void *arg)
{
	pthread_cancel(pthread_self());
	passed = 1;
	pthread_testcancel();
	return arg;
}

static void oneself(void)
{
	pthread_t thread;
	void *result;

	passed = 0;
	CHECK(!pthread_create(&thread, NULL, cancel_self, NULL));
	CHECK(!pthread_join(thread, &result) && result == PTHREAD_CANCELED && passed);
}

static const struct test tests[] = {
	TEST(asleep),	      TEST(any_time), TEST(not_now), {"no_loss", no_loss, 1},
	{"storm", storm, 16}, TEST(oneself),  TEST_END,
};
const struct suite cancel_suite = {"cancel", tests};
