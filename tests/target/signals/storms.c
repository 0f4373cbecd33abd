/* SPDX-License-Identifier: BSD-2-Clause */
/* Many signals at once: none is lost, nothing else is disturbed. */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include "../posix/suite.h"

#define SENDERS 3
#define ROUNDS	600

static volatile int handled, sum_handled, stop;
static pthread_t target;
static sem_t never;
static volatile unsigned turn;

static void count(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	__atomic_fetch_add(&handled, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&sum_handled, info->si_value.sival_int, __ATOMIC_RELAXED);
}

static void *send_many(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		while (sigqueue(getpid(), SIGRTMIN + 5, (union sigval){.sival_int = 1}))
			sched_yield();
	return arg;
}

static void *call_much(void *arg)
{
	unsigned long calls = 0;

	while (!stop) {
		EXPECT(getppid() == 0);
		calls++;
		if (!(calls & 1023))
			sched_yield();
	}
	return arg;
}

static void many(void)
{
	struct sigaction action = {.sa_sigaction = count, .sa_flags = SA_SIGINFO | SA_RESTART};
	pthread_t threads[SENDERS], busy[2];

	handled = sum_handled = stop = 0;
	CHECK(!sigaction(SIGRTMIN + 5, &action, NULL));
	for (int i = 0; i < 2; i++)
		CHECK(!pthread_create(&busy[i], NULL, call_much, NULL));
	for (int i = 0; i < SENDERS; i++)
		CHECK(!pthread_create(&threads[i], NULL, send_many, NULL));
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	while (handled < SENDERS * ROUNDS)
		usleep(1000);
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(busy[i], NULL);
	CHECK(handled == SENDERS * ROUNDS && sum_handled == handled);
	signal(SIGRTMIN + 5, SIG_DFL);
}

static volatile unsigned long hits;

static void hit(int signal)
{
	(void)signal;
	hits++;
}

/* System calls and computing, with signals at any instruction: results stay right. */
static void *work(void *arg)
{
	while (!stop) {
		double a = 1, b = 2;
		unsigned long sum = 0;

		for (int i = 0; i < 200; i++) {
			a = a * 1.01 + b;
			sum += (unsigned long)i;
		}
		EXPECT(sum == 19900 && getuid() == 0 && getpid() == 1 && a > 1);
	}
	return arg;
}

static void any_instruction(void)
{
	struct sigaction action = {.sa_handler = hit, .sa_flags = SA_RESTART};
	int sent = 0;

	hits = stop = 0;
	CHECK(!sigaction(SIGUSR1, &action, NULL));
	CHECK(!pthread_create(&target, NULL, work, NULL));
	for (int i = 0; i < (cpus() > 1 ? 150 : 30); i++) {
		unsigned long before = hits;

		CHECK(!pthread_kill(target, SIGUSR1));
		sent++;
		/* It comes without further help, however the thread was caught. */
		for (int tries = 0; hits == before; tries++) {
			CHECK(tries < 20000000);
			sched_yield();
		}
	}
	stop = 1;
	pthread_join(target, NULL);
	CHECK(hits == (unsigned long)sent);
	signal(SIGUSR1, SIG_DFL);
}

/* Waits of several kinds: their queues lie on the kernel's stack, each at another depth of it. */
static void *falls_asleep(void *arg)
{
	while (!stop) {
		turn++;
		EXPECT(usleep(100000000) == -1);
		turn++;
		EXPECT(poll(NULL, 0, 100000) == -1);
		turn++;
		EXPECT(sem_wait(&never) == -1);
	}
	stop = 2;
	return arg;
}

/* One at a time, or the thread would do nothing but handle them. */
static void disturb(void)
{
	unsigned long before = hits;

	CHECK(!pthread_kill(target, SIGUSR1));
	while (hits == before && stop < 2)
		sched_yield();
	for (volatile int i = 0; i < 1000; i++) /* it goes on, and may come to its wait */
		;
}

/* The signal comes while the thread begins to wait: what it does next is left alone. */
static void falling_asleep(void)
{
	struct sigaction action = {.sa_handler = hit};
	unsigned last = 0;

	turn = 0;
	stop = 0;
	CHECK(!sem_init(&never, 0, 0) && !sigaction(SIGUSR1, &action, NULL));
	CHECK(!pthread_create(&target, NULL, falls_asleep, NULL));
	for (int i = 0; i < (cpus() > 1 ? 600 : 60); i++) {
		while (turn == last)
			sched_yield();
		last = turn;
		for (volatile int wait = 0; wait < i % 300; wait++)
			;
		/* It may have come too early, before the wait. */
		do {
			disturb();
		} while (turn == last);
	}
	for (stop = 1; stop == 1;)
		disturb();
	pthread_join(target, NULL);
	signal(SIGUSR1, SIG_DFL);
	sem_destroy(&never);
}

static const struct test tests[] = {
	{"many", many, 1},
	TEST(any_instruction),
	TEST(falling_asleep),
	TEST_END,
};
const struct suite storm_suite = {"storm", tests};
