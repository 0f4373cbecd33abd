/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What several CPUs cost each other: time by the clock, for -smp 4 and not under instruction
 * counting (docs/decisions/20-malloc.md, docs/memory.md). Lines "name value unit".
 *
 *   smp [threads [seconds of each malloc row]]
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define THREADS_MAX 16
#define HELD	    64
#define PAGE	    4096

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *nothing(void *arg)
{
	return arg;
}

/* `total` threads, so many at a time. */
static void threads(int total, int wave)
{
	pthread_t ids[64];
	double start = now();

	for (int done = 0; done < total; done += wave) {
		for (int i = 0; i < wave; i++)
			if (pthread_create(&ids[i], NULL, nothing, NULL))
				abort();
		for (int i = 0; i < wave; i++)
			pthread_join(ids[i], NULL);
	}
	printf("threads_in_waves_of_%d %.1f us\n", wave, (now() - start) * 1e6 / total);
}

struct job {
	pthread_t thread;
	unsigned seed;
	size_t low, high;
	double seconds;
	unsigned long pairs;
};

static bool stop;

static unsigned next(unsigned *seed)
{
	return *seed = *seed * 1664525u + 1013904223u;
}

static void *allocate(void *arg)
{
	struct job *job = arg;
	unsigned char *held[HELD] = {0};

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		unsigned at = (next(&job->seed) >> 16) % HELD;
		size_t size = job->low + (next(&job->seed) >> 8) % (job->high - job->low + 1);

		free(held[at]);
		held[at] = malloc(size);
		if (!held[at])
			abort();
		held[at][0] = held[at][size - 1] = 1;
		job->pairs++;
	}
	for (unsigned i = 0; i < HELD; i++)
		free(held[i]);
	return NULL;
}

static void *unmap(void *arg)
{
	struct job *job = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		char *at = mmap(NULL, job->low, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0);

		if (at == MAP_FAILED)
			abort();
		for (size_t i = 0; i < job->low; i += PAGE)
			at[i] = 1;
		munmap(at, job->low);
		job->pairs++;
	}
	return NULL;
}

static void *spin(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		;
	return arg;
}

static void row(const char *name, void *(*fn)(void *), size_t low, size_t high, int count,
		int spinners, double seconds)
{
	static struct job jobs[THREADS_MAX];
	pthread_t spinning[THREADS_MAX];
	double start = now();
	unsigned long pairs = 0;

	stop = false;
	for (int i = 0; i < spinners; i++)
		pthread_create(&spinning[i], NULL, spin, NULL);
	for (int i = 0; i < count; i++) {
		jobs[i] = (struct job){.seed = (unsigned)i + 1, .low = low, .high = high};
		if (pthread_create(&jobs[i].thread, NULL, fn, &jobs[i]))
			abort();
	}
	while (now() < start + seconds)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < count; i++) {
		pthread_join(jobs[i].thread, NULL);
		pairs += jobs[i].pairs;
	}
	seconds = now() - start;
	for (int i = 0; i < spinners; i++)
		pthread_join(spinning[i], NULL);
	printf("%s_%zu_%zu_threads_%d %.0f pairs/s\n", name, low, high, count,
	       (double)pairs / seconds);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const size_t borders[] = {16, 2048, 16 << 10, 128 << 10, 256 << 10};
	int total = argc > 1 ? atoi(argv[1]) : 2000;
	double seconds = argc > 2 ? atof(argv[2]) : 0.5;

	threads(total, 1);
	threads(total, 8);
	threads(total, 50);
	for (int i = 0; i < 4; i++)
		for (int count = 1; count <= 4; count += 3)
			row("malloc", allocate, borders[i], borders[i + 1], count, 0, seconds);
	row("unmap", unmap, 16 << 10, 16 << 10, 1, 0, seconds);
	row("unmap", unmap, 1 << 20, 1 << 20, 1, 0, seconds);
	row("unmap_others_busy", unmap, 16 << 10, 16 << 10, 1, 3, seconds);
	row("unmap_others_busy", unmap, 1 << 20, 1 << 20, 1, 3, seconds);
	row("unmap", unmap, 16 << 10, 16 << 10, 4, 0, seconds);
	return 0;
}
