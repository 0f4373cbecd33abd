/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the stress tests: with the argument `long` all of what docs/threads.md promises. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define LONG_SCALE 250
#define FRAME	   4096
#define KEPT_BYTES (16ul * FRAME)
#define ROUNDS	   16 /* a leak shows in each of them; stacks and heap that are kept do not */

static const struct stress *const suites[] = {thread_stress, semaphore_stress, cancel_stress,
					      timer_stress,  native_stress,    memory_stress};

unsigned cpus(void)
{
	return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void bind_to(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % cpus(), &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

struct held {
	unsigned long free_bytes;
	unsigned threads;
	int descriptor; /* the lowest one that is free */
};

static struct held look(void)
{
	struct sysinfo info;
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	sysinfo(&info);
	return (struct held){info.freeram * info.mem_unit, info.procs, fd};
}

static const char *lost(const struct held *before)
{
	static char text[100];
	struct held now = look();

	/* An ended thread is gone a moment after its joiner knows. */
	for (int i = 0; i < 20000 && now.threads != before->threads; i++) {
		usleep(1000);
		now = look();
	}
	if (now.threads != before->threads)
		snprintf(text, sizeof(text), "%u threads, %u before", now.threads, before->threads);
	else if (now.descriptor != before->descriptor)
		snprintf(text, sizeof(text), "descriptor %d is free, %d before", now.descriptor,
			 before->descriptor);
	else if (now.free_bytes + KEPT_BYTES < before->free_bytes)
		snprintf(text, sizeof(text), "%lu KiB are lost",
			 (before->free_bytes - now.free_bytes) / 1024);
	else
		return NULL;
	return text;
}

static const char *run_one(const struct stress *test, unsigned scale)
{
	const char *why = NULL;

	for (int round = 0; round < ROUNDS; round++) {
		struct held before = look();

		why = test->run(round ? 1 : scale);
		if (why)
			return why;
		why = lost(&before);
		if (!why)
			return NULL;
	}
	return why;
}

int main(int argc, char **argv)
{
	unsigned scale = argc > 1 && !strcmp(argv[1], "long") ? LONG_SCALE : 1;
	int passed = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned s = 0; s < sizeof(suites) / sizeof(suites[0]); s++)
		for (const struct stress *test = suites[s]; test->name; test++) {
			uint64_t begin = now_ns();
			const char *why = run_one(test, scale);

			fprintf(stderr, "%s: %u ms\n", test->name,
				(unsigned)((now_ns() - begin) / MS));
			printf("%s stress/%s%s%s\n", why ? "FAIL" : "PASS", test->name,
			       why ? ": " : "", why ? why : "");
			*(why ? &failed : &passed) += 1;
		}
	printf("DONE %d passed %d failed\n", passed, failed);
	return failed != 0;
}
