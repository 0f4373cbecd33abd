/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages from the system, and blocks from the heap, a hundred at a time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests.h"

#define PAGE  4096
#define BATCH 100

static void one_page(struct measure *allocate, struct measure *deallocate)
{
	uint64_t start = test_now(), middle;
	void *page;
	int error = test_page(&page);

	middle = test_now();
	if (error)
		test_fails("no memory", error);
	measure_add(allocate, middle - start);
	start = test_now();
	test_page_end(page);
	measure_add(deallocate, test_now() - start);
}

void test_mm_thread(int rounds)
{
	struct measure allocate, deallocate;

	for (int i = -rounds; i < rounds; i++) {
		if (i == -rounds || i == 0) {
			measure_begin(&allocate);
			measure_begin(&deallocate);
		}
		one_page(&allocate, &deallocate);
		if (i > 0 && i % 1000 == 0)
			printf("[TEST] test_mm_thread round %d\n", i);
	}
	measure_print(&allocate, "test_mm_thread allocate", rounds);
	measure_print(&deallocate, "test_mm_thread deallocate", rounds);
	printf("[TEST] test_mm_thread finished***\n");
}

static void one_batch(struct measure *allocate, struct measure *deallocate, int zeroed)
{
	void *blocks[BATCH];
	uint64_t start = test_now();

	for (int i = 0; i < BATCH; i++)
		blocks[i] = zeroed ? calloc(1, PAGE) : malloc(PAGE);
	measure_add(allocate, test_now() - start);
	for (int i = 0; i < BATCH; i++)
		if (!blocks[i])
			test_fails("no memory", ENOMEM);
	start = test_now();
	for (int i = 0; i < BATCH; i++)
		free(blocks[i]);
	measure_add(deallocate, test_now() - start);
}

static void batches(const char *allocate_name, const char *free_name, int rounds, int zeroed)
{
	struct measure allocate, deallocate;

	for (int i = -rounds; i < rounds; i++) {
		if (i == -rounds || i == 0) {
			measure_begin(&allocate);
			measure_begin(&deallocate);
		}
		one_batch(&allocate, &deallocate, zeroed);
	}
	measure_print(&allocate, allocate_name, rounds);
	measure_print(&deallocate, free_name, rounds);
}

static int batches_of(int rounds)
{
	return rounds < BATCH ? 1 : rounds / BATCH;
}

void test_allocator_thread(int rounds)
{
	batches("test_allocator_thread allocate", "test_allocator_thread deallocate",
		batches_of(rounds), 0);
}

void test_mm_alloc(int rounds)
{
	batches("test_mm_alloc allocate", "test_mm_alloc deallocate", batches_of(rounds), 1);
}
