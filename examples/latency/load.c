/* SPDX-License-Identifier: BSD-2-Clause */
/* Ordinary threads that leave the measuring ones no idle CPU. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "latency.h"

#define LOAD_MAX   64
#define AREA_BYTES 65536

static pthread_t threads[LOAD_MAX];
static int started;
static volatile bool stopping;

/* Memory: copying, the allocator, and pages that come and go. */
static void load_memory(void)
{
	char *area = mmap(NULL, AREA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);

	if (area == MAP_FAILED)
		return;
	for (int i = 0; i < 16; i++) {
		char *block = malloc(1000u + 500u * (unsigned)i);

		memset(area + i * 4096, i, 4096);
		if (block)
			memcpy(block, area + i * 4096, 1000);
		free(block);
	}
	memmove(area, area + AREA_BYTES / 2, AREA_BYTES / 2);
	munmap(area, AREA_BYTES);
}

static void load_calls(void)
{
	struct timespec now, brief = {0, 50000};

	for (int i = 0; i < 100; i++) {
		getppid();
		clock_gettime(CLOCK_REALTIME, &now);
	}
	nanosleep(&brief, NULL);
}

static void load_yields(void)
{
	for (int i = 0; i < 100; i++)
		sched_yield();
}

static void *load(void *arg)
{
	static void (*const kinds[])(void) = {load_memory, load_calls, load_yields};
	long number = (long)arg;

	while (!stopping)
		kinds[number % 3]();
	return NULL;
}

int load_start(int count)
{
	for (; started < count; started++) {
		int error = pthread_create(&threads[started], NULL, load, (void *)(long)started);

		if (error)
			return error;
	}
	return 0;
}

void load_stop(void)
{
	stopping = true;
	while (started)
		pthread_join(threads[--started], NULL);
}
