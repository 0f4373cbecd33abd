/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#define THREADS 4
#define BLOCKS	64
#define ROUNDS	500

static size_t some_size(unsigned *seed)
{
	unsigned kind = (unsigned)rand_r(seed) % 16;

	if (kind < 12)
		return 1 + (size_t)rand_r(seed) % 300;
	return kind < 15 ? (size_t)rand_r(seed) % 6000 : (size_t)rand_r(seed) % 200000;
}

/* A block is filled with one byte and looked at before it goes. */
static void *use_blocks(void *arg)
{
	unsigned seed = (unsigned)(long)arg;
	struct {
		unsigned char *at;
		size_t size;
		unsigned char fill;
	} block[BLOCKS] = {0};

	for (int i = 0; i < ROUNDS; i++) {
		unsigned n = (unsigned)rand_r(&seed) % BLOCKS;
		size_t old = block[n].size, size = some_size(&seed);

		if (block[n].at) {
			EXPECT(block[n].at[0] == block[n].fill &&
			       block[n].at[old - 1] == block[n].fill);
			EXPECT(block[n].at[old / 2] == block[n].fill);
		}
		if (block[n].at && i % 3 == 0) {
			unsigned char *at = realloc(block[n].at, size + 1);

			EXPECT(at && at[0] == block[n].fill);
			EXPECT(at[(old < size + 1 ? old : size + 1) - 1] == block[n].fill);
			block[n].at = at;
		} else {
			free(block[n].at);
			block[n].at = i % 5 ? malloc(size + 1) : calloc(1, size + 1);
			EXPECT(block[n].at && (i % 5 || !block[n].at[size]));
		}
		EXPECT(!((uintptr_t)block[n].at & 15));
		block[n].size = size + 1;
		block[n].fill = (unsigned char)seed;
		memset(block[n].at, block[n].fill, size + 1);
	}
	for (int n = 0; n < BLOCKS; n++)
		free(block[n].at);
	return NULL;
}

static void stress(void)
{
	pthread_t threads[THREADS];

	for (long i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, use_blocks, (void *)(i * 77 + 1)));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void aligned(void)
{
	for (size_t align = 16; align <= 65536; align *= 2) {
		void *at = aligned_alloc(align, 3 * align);

		CHECK(at && !((uintptr_t)at & (align - 1)));
		free(at);
		CHECK(!posix_memalign(&at, align, 100) && !((uintptr_t)at & (align - 1)));
		free(at);
	}
}

static void too_much(void)
{
	volatile size_t huge = SIZE_MAX / 2, many = SIZE_MAX / 8;

	errno = 0;
	CHECK(!malloc(huge) && errno == ENOMEM);
	CHECK(!calloc(many, 16) && errno == ENOMEM);
	CHECK(!malloc(huge >> 20));
}

static void gives_back(void)
{
	unsigned long before;
	volatile char *big = malloc(4 << 20);

	CHECK(big);
	for (size_t i = 0; i < 4 << 20; i += 4096)
		big[i] = 1;
	before = free_frames();
	free((void *)big);
	CHECK(free_frames() - before >= 1000);
}

static const struct test tests[] = {
	{"stress", stress, 8}, TEST(aligned), TEST(too_much), TEST(gives_back), TEST_END};
const struct suite malloc_suite = {"malloc", tests};
