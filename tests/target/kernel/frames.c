/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/kstack.h>
#include <mem/linear.h>
#include <mem/vm.h>

#include "suite.h"

TEST(frames, contiguous_and_aligned)
{
	for (size_t align = 1; align <= 512; align *= 8) {
		uint64_t pa = frame_alloc_contiguous(37, align);

		CHECK(pa && !(pa & (align * PAGE_SIZE - 1)));
		for (size_t i = 0; i < 37 * PAGE_SIZE; i += 512)
			*(uint64_t *)((char *)linear_address(pa) + i) = pa + i;
		for (size_t i = 0; i < 37 * PAGE_SIZE; i += 512)
			CHECK(*(uint64_t *)((char *)linear_address(pa) + i) == pa + i);
		frame_free_contiguous(pa, 37);
	}
}

TEST(frames, freed_neighbours_become_one)
{
	uint64_t run = frame_alloc_contiguous(64, 64), pa = run;

	CHECK(run);
	/* In pieces and out of order. */
	for (size_t i = 0; i < 64; i += 2)
		frame_free(run + i * PAGE_SIZE);
	for (size_t i = 63; i < 64; i -= 2)
		frame_free(run + i * PAGE_SIZE);
	pa = frame_alloc_contiguous(64, 64);
	EXPECT(pa == run);
	frame_free_contiguous(pa, 64);
}

TEST(frames, zeroed_are_zero)
{
	for (int round = 0; round < 20; round++) {
		uint64_t pa = frame_alloc_zeroed();
		uint64_t *words = linear_address(pa);

		CHECK(pa);
		for (size_t i = 0; i < PAGE_SIZE / 8; i++)
			EXPECT(words[i] == 0);
		for (size_t i = 0; i < PAGE_SIZE / 8; i++)
			words[i] = ~0UL;
		frame_free(pa);
	}
}

/* All that are left, chained by their first words. */
static uint64_t take_all(void)
{
	uint64_t first = 0, pa;

	while ((pa = frame_alloc())) {
		*(uint64_t *)linear_address(pa) = first;
		first = pa;
	}
	return first;
}

static void give_back(uint64_t pa)
{
	while (pa) {
		uint64_t next = *(uint64_t *)linear_address(pa);

		frame_free(pa);
		pa = next;
	}
}

static void nothing(void *arg)
{
	(void)arg;
}

/* Everybody who asks is told, and nothing is lost by it. */
TEST(frames, out_of_memory_is_an_error)
{
	const struct thread_attr attr = {.kernel_only = true, .entry = nothing, .detached = true};
	uintptr_t at = 0;
	uint64_t frames = take_all();
	int create = 0, fault = 0, populate = 0, mapped;
	void *large = heap_alloc(100000);
	bool none = !frame_alloc() && !frame_alloc_zeroed() && !frame_alloc_contiguous(1, 1);

	/* Small blocks and kept stacks may be left: take those, too. */
	while (!create)
		create = thread_create(&attr, NULL);
	mapped = vm_map(&at, 16 * PAGE_SIZE, PAGE_READ | PAGE_WRITE | PAGE_APP, VM_ANON, 0, "test");
	if (!mapped) {
		fault = vm_fault(at, PAGE_WRITE);
		populate = vm_populate(at, 16 * PAGE_SIZE);
	}
	give_back(frames);
	EXPECT(none && !large);
	EXPECT(create == -ENOMEM);
	EXPECT(mapped == -ENOMEM || (fault == -ENOMEM && populate == -ENOMEM));
	if (!mapped)
		EXPECT(!vm_fault(at, PAGE_WRITE) && !vm_unmap(at, 16 * PAGE_SIZE));
	while (thread_count() > 2)
		thread_sleep_until(in_ns(10000));
}
