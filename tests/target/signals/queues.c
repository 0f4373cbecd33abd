/* SPDX-License-Identifier: BSD-2-Clause */
/* Queued signals, and waiting for them. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../posix/suite.h"

static sigset_t set, old;

static void block(int signal)
{
	sigemptyset(&set);
	sigaddset(&set, signal);
	EXPECT(!pthread_sigmask(SIG_BLOCK, &set, &old));
}

static void unblock(void)
{
	EXPECT(!pthread_sigmask(SIG_SETMASK, &old, NULL));
}

static volatile int count, values[200];

static void keep(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (count < 200)
		values[count] = info->si_value.sival_int;
	count++;
}

static void in_order(void)
{
	struct sigaction action = {.sa_sigaction = keep, .sa_flags = SA_SIGINFO};

	count = 0;
	CHECK(!sigaction(SIGRTMIN, &action, NULL));
	block(SIGRTMIN);
	for (int i = 0; i < 50; i++)
		CHECK(!sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}));
	CHECK(!count);
	unblock();
	CHECK(count == 50);
	for (int i = 0; i < 50; i++)
		CHECK(values[i] == i);
	signal(SIGRTMIN, SIG_DFL);
}

static void full(void)
{
	int sent = 0, taken = 0;
	struct timespec now = {0};

	block(SIGRTMIN + 1);
	sigaddset(&set, SIGUSR1);
	CHECK(!pthread_sigmask(SIG_BLOCK, &set, NULL));
	while (sent < 100000 && !sigqueue(getpid(), SIGRTMIN + 1, (union sigval){0}))
		sent++;
	CHECK(errno == EAGAIN && sent >= 32);
	/* Standard signals are not lost for that. */
	CHECK(!raise(SIGUSR1));
	CHECK(sigtimedwait(&set, NULL, &now) == SIGUSR1);
	while (sigtimedwait(&set, NULL, &now) == SIGRTMIN + 1)
		taken++;
	CHECK(errno == EAGAIN && taken == sent);
	unblock();
}

static void taken(void)
{
	struct timespec soon = {0, 5000000}, bad = {0, 1000000000};
	siginfo_t info;
	uint64_t start;
	int number;

	block(SIGUSR1);
	CHECK(!sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 5}));
	CHECK(sigwaitinfo(&set, &info) == SIGUSR1 && info.si_code == SI_QUEUE);
	CHECK(info.si_value.sival_int == 5 && info.si_signo == SIGUSR1);
	start = now_ns();
	CHECK_ERRNO(sigtimedwait(&set, &info, &soon), EAGAIN);
	CHECK(now_ns() - start >= 5 * MS);
	CHECK_ERRNO(sigtimedwait(&set, &info, &bad), EINVAL);
	CHECK_ERRNO(sigtimedwait((void *)8, &info, &soon), EFAULT);
	raise(SIGUSR1);
	CHECK(!sigwait(&set, &number) && number == SIGUSR1);
	/* What is ignored by default can be waited for. */
	block(SIGCHLD);
	raise(SIGCHLD);
	CHECK(!sigwait(&set, &number) && number == SIGCHLD);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void *send_later(void *arg)
{
	usleep(5000);
	if (arg)
		pthread_kill(*(pthread_t *)arg, SIGUSR2);
	else
		kill(getpid(), SIGUSR2);
	return NULL;
}

static void woken(void)
{
	pthread_t thread, self = pthread_self();
	siginfo_t info;

	block(SIGUSR2);
	CHECK(!pthread_create(&thread, NULL, send_later, NULL));
	CHECK(sigwaitinfo(&set, &info) == SIGUSR2 && info.si_code == SI_USER);
	pthread_join(thread, NULL);
	CHECK(!pthread_create(&thread, NULL, send_later, &self));
	CHECK(sigwaitinfo(&set, &info) == SIGUSR2 && info.si_code == SI_USER);
	pthread_join(thread, NULL);
	unblock();
}

#define TAKERS 4
#define ROUNDS 200
static volatile int received;

static void *take(void *arg)
{
	siginfo_t info;

	for (;;) {
		EXPECT(sigwaitinfo(&set, &info) == SIGRTMIN + 3);
		if (info.si_value.sival_int < 0)
			return arg;
		__atomic_fetch_add(&received, 1, __ATOMIC_RELAXED);
	}
}

/* Each signal to the process reaches one waiting thread. */
static void shared(void)
{
	pthread_t threads[TAKERS];

	block(SIGRTMIN + 3);
	received = 0;
	for (int i = 0; i < TAKERS; i++)
		CHECK(!pthread_create(&threads[i], NULL, take, NULL));
	for (int i = 0; i < ROUNDS + TAKERS; i++)
		while (sigqueue(getpid(), SIGRTMIN + 3,
				(union sigval){.sival_int = i < ROUNDS ? i : -1}))
			usleep(100);
	for (int i = 0; i < TAKERS; i++)
		pthread_join(threads[i], NULL);
	CHECK(received == ROUNDS);
	unblock();
}

static volatile int handled;
static volatile pthread_t handler_thread;

static void handle(int signal)
{
	(void)signal;
	handler_thread = pthread_self();
	handled++;
}

static volatile int state;

static void *open_for_signals(void *arg)
{
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	state = 1;
	while (!handled)
		usleep(200);
	return arg;
}

/* Who does not block it takes it. */
static void elected(void)
{
	struct sigaction action = {.sa_handler = handle};
	pthread_t thread;

	handled = state = 0;
	CHECK(!sigaction(SIGUSR1, &action, NULL));
	block(SIGUSR1);
	CHECK(!kill(getpid(), SIGUSR1) && !handled);
	CHECK(!pthread_create(&thread, NULL, open_for_signals, NULL));
	pthread_join(thread, NULL);
	CHECK(handled == 1 && pthread_equal(handler_thread, thread));
	state = handled = 0;
	CHECK(!pthread_create(&thread, NULL, open_for_signals, NULL));
	while (!state)
		usleep(100);
	CHECK(!kill(getpid(), SIGUSR1));
	pthread_join(thread, NULL);
	CHECK(handled == 1 && pthread_equal(handler_thread, thread));
	unblock();
	signal(SIGUSR1, SIG_DFL);
}

static const struct test tests[] = {
	TEST(in_order), TEST(full), TEST(taken), TEST(woken), TEST(shared), TEST(elected), TEST_END,
};
const struct suite queue_suite = {"queue", tests};
