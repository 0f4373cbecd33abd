/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs all suites and prints a line for each test, which tests/run.py reads. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "suite.h"

#define LEAK_ROUNDS 4 /* a leak shows in each of them; what is only kept for later does not */

extern const struct suite pipe_suite, poll_suite, limit_suite, event_suite, epoll_suite,
	socket_suite, timer_suite, queue_suite;

static const struct suite *const suites[] = {&pipe_suite,  &poll_suite,	 &limit_suite,
					     &event_suite, &epoll_suite, &socket_suite,
					     &timer_suite, &queue_suite};

static char failure[200];

void suite_fail(const char *why, const char *file, int line)
{
	static int busy;

	while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		sched_yield();
	if (!failure[0])
		snprintf(failure, sizeof(failure), "%s (%s:%d)", why, file, line);
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int ready(int fd, int events)
{
	struct pollfd one = {.fd = fd, .events = (short)events};
	int count = poll(&one, 1, 0);

	EXPECT(count == (one.revents != 0));
	return one.revents;
}

static pthread_t threads[THREADS_MAX];
static int thread_count;

void threads_start(int count, void *(*work)(void *))
{
	thread_count = count;
	for (intptr_t i = 0; i < count; i++)
		EXPECT(!pthread_create(&threads[i], NULL, work, (void *)i));
}

void threads_join(void)
{
	for (int i = 0; i < thread_count; i++)
		EXPECT(!pthread_join(threads[i], NULL));
}

struct state {
	long frames, threads, descriptors;
};

static struct state state_now(void)
{
	struct state state = {0};
	struct sysinfo info;

	sysinfo(&info);
	state.frames = (long)info.freeram;
	state.threads = info.procs;
	for (int fd = 0; fd < 1024; fd++)
		state.descriptors += fcntl(fd, F_GETFD) >= 0;
	return state;
}

/* An ended thread is gone a moment after its joiner knows. */
static struct state state_settled(long threads_before)
{
	struct state state = state_now();

	for (int i = 0; i < 1000 && state.threads != threads_before; i++) {
		usleep(1000);
		state = state_now();
	}
	return state;
}

static void run_for_leaks(const struct test *test, long threads_before)
{
	struct state before = {0}, after = {0};

	for (int round = 0; round < LEAK_ROUNDS; round++) {
		before = state_settled(threads_before);
		test->run();
		if (failure[0])
			return;
		after = state_settled(threads_before);
		if (after.threads != before.threads || after.descriptors != before.descriptors) {
			snprintf(failure, sizeof(failure), "%ld threads and %ld descriptors stay",
				 after.threads - before.threads,
				 after.descriptors - before.descriptors);
			return;
		}
		if (after.frames >= before.frames)
			return;
	}
	snprintf(failure, sizeof(failure), "loses %ld frames each time",
		 before.frames - after.frames);
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;
	long threads_before = state_now().threads;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned s = 0; s < sizeof(suites) / sizeof(suites[0]); s++) {
		if (argc > 1 && strcmp(argv[1], suites[s]->name))
			continue;
		for (const struct test *test = suites[s]->tests; test->name; test++) {
			if (argc > 2 && strcmp(argv[2], test->name))
				continue;
			failure[0] = '\0';
			test->run();
			if (!failure[0])
				run_for_leaks(test, threads_before);
			printf("%s %s/%s%s%s\n", failure[0] ? "FAIL" : "PASS", suites[s]->name,
			       test->name, failure[0] ? ": " : "", failure);
			*(failure[0] ? &failed : &passed) += 1;
		}
	}
	printf("DONE %d passed %d failed\n", passed, failed);
	return failed != 0;
}
