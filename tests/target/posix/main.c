/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs all suites and prints a line for each test, which tests/run.py reads. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unishyper/thread.h>
#include <unistd.h>

#include "suite.h"

#define DESCRIPTORS 1024
#define LEAK_ROUNDS 64 /* a leak shows in each of them; what the heap keeps by chance does not */

#ifdef SUITES /* another folder's main.c has its own */
static const struct suite *const suites[] = {SUITES};
#else
static const struct suite *const suites[] = {
	&string_suite,	  &mutex_suite,	  &condition_suite,  &lock_suite,    &pthread_suite,
	&semaphore_suite, &native_suite,  &futex_suite,	     &time_suite,    &memory_suite,
	&malloc_suite,	  &pointer_suite, &sched_suite,	     &system_suite,  &fault_suite,
	&sleeper_suite,	  &natives_suite, &bad_thread_suite, &inherit_suite, &kept_suite,
	&stale_suite,
};
#endif

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

int cpus(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

unsigned long free_frames(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.freeram;
}

static unsigned threads(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.procs;
}

static int descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < DESCRIPTORS; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* An ended thread is gone a moment after its joiner knows. */
static bool threads_return_to(unsigned count)
{
	for (int i = 0; i < 20000 && threads() != count; i++)
		usleep(1000);
	return threads() == count;
}

void until_it_waits(int id)
{
	struct thread_info info;

	do
		usleep(1000);
	while (!thread_lookup(id, &info) && info.state != THREAD_DEAD &&
	       (info.state != THREAD_BLOCKED || !info.run_ns));
}

static void *nothing(void *arg)
{
	return arg;
}

/* What ended threads leave is given back, but for what is kept, when a thread is created. */
static void settle(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, nothing, NULL))
		pthread_join(thread, NULL);
}

static void run_for_leaks(const struct test *test, unsigned count)
{
	long lost = 0;
	int open = descriptors();

	for (int round = 0; round < LEAK_ROUNDS; round++) {
		unsigned long before;

		threads_return_to(count);
		settle();
		threads_return_to(count);
		before = free_frames();
		test->run();
		if (failure[0])
			return;
		if (!threads_return_to(count)) {
			snprintf(failure, sizeof(failure), "%u threads, %u before", threads(),
				 count);
			return;
		}
		if (descriptors() != open) {
			snprintf(failure, sizeof(failure), "%d descriptors, %d before",
				 descriptors(), open);
			return;
		}
		settle();
		threads_return_to(count);
		lost = (long)(before - free_frames());
		if (lost <= test->keeps)
			return;
	}
	snprintf(failure, sizeof(failure), "loses %ld frames each time", lost);
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;
	unsigned count;

	/* The thread that started us ends a moment after. */
	usleep(20000);
	count = threads();
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned s = 0; s < sizeof(suites) / sizeof(suites[0]); s++) {
		if (argc > 1 && strcmp(argv[1], suites[s]->name))
			continue;
		for (const struct test *test = suites[s]->tests; test->name; test++) {
			if (argc > 2 && strcmp(argv[2], test->name))
				continue;
			failure[0] = '\0';
			threads_return_to(count);
			test->run();
			if (!failure[0])
				run_for_leaks(test, count);
			printf("%s %s/%s%s%s\n", failure[0] ? "FAIL" : "PASS", suites[s]->name,
			       test->name, failure[0] ? ": " : "", failure);
			*(failure[0] ? &failed : &passed) += 1;
		}
	}
	printf("DONE %d passed %d failed\n", passed, failed);
	return failed != 0;
}
