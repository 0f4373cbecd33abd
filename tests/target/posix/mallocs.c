/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
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

/* Each thread frees what the one before allocated. */
static _Atomic(size_t *) handed[THREADS][BLOCKS];

/* Blocks tell their size in their first word and in all bytes behind it. */
static void look_and_free(size_t *block)
{
	const unsigned char *bytes = (const unsigned char *)block;

	if (block) {
		EXPECT(bytes[sizeof(*block)] == (unsigned char)*block);
		EXPECT(bytes[*block - 1] == (unsigned char)*block);
	}
	free(block);
}

static void *hand_over(void *arg)
{
	long me = (long)arg;
	unsigned seed = (unsigned)me + 5;

	for (int i = 0; i < ROUNDS * 4; i++) {
		int slot = rand_r(&seed) % BLOCKS;
		size_t size = 16 + (size_t)rand_r(&seed) % 1000, *block = malloc(size);

		EXPECT(block);
		if (!block)
			continue;
		memset(block, (int)size, size);
		*block = size;
		look_and_free(atomic_exchange(&handed[(me + 1) % THREADS][slot], block));
		look_and_free(atomic_exchange(&handed[me][slot], NULL));
	}
	return NULL;
}

static void handed_over(void)
{
	pthread_t threads[THREADS];

	for (long i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, hand_over, (void *)i));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < THREADS; i++)
		for (int slot = 0; slot < BLOCKS; slot++)
			look_and_free(atomic_exchange(&handed[i][slot], NULL));
}

static void alone(void)
{
	for (long seed = 1; seed < 4; seed++)
		use_blocks((void *)seed);
}

/* Every size of small ones, some of the others, all bytes used, and what is told of it. */
static void sizes(void)
{
	for (size_t size = 0; size < 300000; size += size < 6000 ? 1 : size / 13) {
		unsigned char *a = malloc(size), *b = calloc(size, 1);

		CHECK(a && b && a != b && !((uintptr_t)a & 15));
		CHECK(malloc_usable_size(a) == size);
		memset(a, 0xff, size);
		CHECK(!size || (!b[0] && !b[size - 1]));
		free(a);
		free(b);
	}
}

/* Contents follow a block that grows and shrinks through all kinds. */
static void resized(void)
{
	size_t size = 1;
	unsigned char *at = NULL;

	for (; size < 300000; size += size / 3 + 1) {
		at = realloc(at, size);
		CHECK(at && (size < 2 || at[size / 2 - 1] == (unsigned char)(size / 2 - 1)));
		for (size_t i = 0; i < size; i++)
			at[i] = (unsigned char)i;
	}
	for (size /= 2; size > 1; size /= 2) {
		at = realloc(at, size);
		CHECK(at && at[size - 1] == (unsigned char)(size - 1) && !at[0]);
	}
	at = realloc(at, 0);
	free(at);
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

static const struct test tests[] = {{"stress", stress, 8},
				    {"handed_over", handed_over, 8},
				    {"alone", alone, 8},
				    TEST(sizes),
				    TEST(resized),
				    TEST(aligned),
				    TEST(too_much),
				    TEST(gives_back),
				    TEST_END};
const struct suite malloc_suite = {"malloc", tests};
