/* SPDX-License-Identifier: BSD-2-Clause */
/* What ended threads leave is kept for the next ones, as long as there is memory enough. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "suite.h"

#define WAVE 50
#define FEW  8 /* that are kept in any case */

static pthread_barrier_t all_alive;

static void *where(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&all_alive);
	return __builtin_frame_address(0);
}

/* So many threads that are alive at once, all joined. Addresses of their stacks. */
static bool wave(void *stacks[WAVE])
{
	pthread_t threads[WAVE];
	int made = 0;

	pthread_barrier_init(&all_alive, NULL, WAVE);
	while (made < WAVE && !pthread_create(&threads[made], NULL, where, NULL))
		made++;
	if (made < WAVE)
		return false;
	for (int i = 0; i < WAVE; i++)
		pthread_join(threads[i], &stacks[i]);
	pthread_barrier_destroy(&all_alive);
	return true;
}

/* How many of the addresses are mapped. */
static int mapped(void *const addresses[WAVE])
{
	int pipe_ends[2], count = 0;

	if (pipe(pipe_ends))
		return -1;
	for (int i = 0; i < WAVE; i++)
		count += write(pipe_ends[1], addresses[i], 1) == 1;
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	return count;
}

static void waves_map_nothing(void)
{
	void *first[WAVE], *second[WAVE];
	int again = 0;

	CHECK(wave(first) && mapped(first) == WAVE);
	CHECK(wave(second) && mapped(second) == WAVE);
	for (int i = 0; i < WAVE; i++)
		for (int j = 0; j < WAVE; j++)
			again += first[i] == second[j];
	EXPECT(again == WAVE);
	EXPECT(mapped(first) == WAVE);
}

static void *nothing(void *arg)
{
	return arg;
}

/* With most of the memory taken, who creates a thread lets go of what the others left. */
static void scarce_memory_is_given_back(void)
{
	void *stacks[WAVE];
	struct sysinfo info;
	pthread_t thread;
	char *taken;
	size_t size;
	int left;

	CHECK(wave(stacks) && !sysinfo(&info));
	size = (size_t)(info.freeram - info.totalram / 16) * info.mem_unit & -4096ul;
	taken = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
		     -1, 0);
	CHECK(taken != MAP_FAILED);
	EXPECT(wave(stacks) && !pthread_create(&thread, NULL, nothing, NULL) &&
	       !pthread_join(thread, NULL));
	left = mapped(stacks);
	munmap(taken, size);
	EXPECT(left >= 0 && left <= FEW + 1);
	/* And now they are kept again. */
	EXPECT(wave(stacks) && wave(stacks) && mapped(stacks) == WAVE);
}

static const struct test tests[] = {
	TEST(waves_map_nothing),
	TEST(scarce_memory_is_given_back),
	TEST_END,
};
const struct suite kept_suite = {"kept", tests};
