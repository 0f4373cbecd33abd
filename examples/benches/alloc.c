/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of random sizes from 64 bytes to 64 KiB, allocated and given back in random order by some
 * threads for a while. [-s MILLISECONDS] [-t THREADS]
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "now.h"

#define SLOTS	    256
#define MAX_THREADS 64
#define CHECK_EVERY 64

static uint64_t end_ns;

struct worker {
	pthread_t thread;
	uint32_t seed;
	uint64_t blocks, bytes;
	int error;
};

struct slot {
	unsigned char *block;
	size_t size;
	unsigned char mark;
};

static uint32_t next(struct worker *worker)
{
	worker->seed ^= worker->seed << 13;
	worker->seed ^= worker->seed >> 17;
	worker->seed ^= worker->seed << 5;
	return worker->seed;
}

/* Sizes of all magnitudes are equally frequent: 64 to 127 as often as 32768 to 65535. */
static size_t next_size(struct worker *worker)
{
	size_t least = (size_t)64 << next(worker) % 10;

	return least + next(worker) % least;
}

/* A block that was given back carries at both ends what was written there. */
static void change(struct worker *worker, struct slot *slot)
{
	if (slot->block) {
		if (slot->block[0] != slot->mark || slot->block[slot->size - 1] != slot->mark)
			worker->error = 1;
		free(slot->block);
	}
	slot->size = next_size(worker);
	slot->mark = (unsigned char)next(worker);
	slot->block = malloc(slot->size);
	if (!slot->block) {
		worker->error = 1;
		return;
	}
	slot->block[0] = slot->block[slot->size - 1] = slot->mark;
	worker->blocks++;
	worker->bytes += slot->size;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct slot slots[SLOTS];

	memset(slots, 0, sizeof(slots));
	while (!worker->error && now_ns() < end_ns)
		for (int i = 0; i < CHECK_EVERY && !worker->error; i++)
			change(worker, &slots[next(worker) % SLOTS]);
	for (int i = 0; i < SLOTS; i++)
		free(slots[i].block);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct worker workers[MAX_THREADS];
	long time_ms = 3000, threads = 1;
	uint64_t blocks = 0, bytes = 0;
	int option, errors = 0;

	while ((option = getopt(argc, argv, "s:t:")) != -1)
		*(option == 's' ? &time_ms : &threads) = option == '?' ? 0 : atol(optarg);
	if (time_ms < 1 || threads < 1 || threads > MAX_THREADS || optind < argc) {
		fprintf(stderr, "usage: %s [-s MILLISECONDS] [-t THREADS]\n", argv[0]);
		return 2;
	}
	end_ns = now_ns() + (uint64_t)time_ms * 1000000;
	for (int i = 0; i < threads; i++) {
		workers[i].seed = 12345u + (uint32_t)i;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) {
			fprintf(stderr, "thread %d cannot start\n", i);
			return 1;
		}
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		blocks += workers[i].blocks;
		bytes += workers[i].bytes;
		errors |= workers[i].error;
	}
	printf("%ld threads, %ld ms: %" PRIu64 " blocks, %" PRIu64 " MiB, %" PRIu64 " blocks/s\n",
	       threads, time_ms, blocks, bytes >> 20, blocks * 1000 / (uint64_t)time_ms);
	if (errors)
		fprintf(stderr, "no memory, or a block was overwritten\n");
	return errors;
}
