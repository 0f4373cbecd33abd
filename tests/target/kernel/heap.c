/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/heap.h>

#include "suite.h"

#define HELD   60
#define ROUNDS 3000

struct held {
	uint8_t *at;
	uint32_t size;
	uint8_t tag;
};

static bool intact(const struct held *held)
{
	for (uint32_t i = 0; i < held->size; i++)
		if (held->at[i] != held->tag)
			return false;
	return true;
}

static void fill(struct held *held, uint64_t random)
{
	held->size = (uint32_t)(random & 0xf00 ? (random >> 16) % 600 : (random >> 16) % 9000);
	held->tag = (uint8_t)(random >> 40);
	held->at = heap_alloc(held->size);
	EXPECT(held->at && !((uintptr_t)held->at & 15));
	for (uint32_t i = 0; held->at && i < held->size; i++)
		held->at[i] = held->tag;
}

/* Blocks that overlap, or that another CPU was given too, show by their contents. */
static void stress(void *arg)
{
	uint64_t state = (uintptr_t)arg;
	struct held *held = heap_alloc_zeroed(HELD * sizeof(*held));

	EXPECT(held);
	for (int i = 0; held && i < ROUNDS; i++) {
		struct held *one = &held[next_random(&state) % HELD];

		if (one->at) {
			EXPECT(intact(one));
			heap_free(one->at);
			one->at = NULL;
		} else {
			fill(one, next_random(&state));
		}
	}
	for (int i = 0; held && i < HELD; i++) {
		EXPECT(!held[i].at || intact(&held[i]));
		heap_free(held[i].at);
	}
	heap_free(held);
}

TEST(heap, all_cpus_at_once)
{
	int32_t ids[8];

	for (uintptr_t i = 0; i < 8; i++)
		ids[i] = spawn(8, 0, stress, (void *)(i + 1));
	for (int i = 0; i < 8; i++)
		join(ids[i]);
}

static void *passed[64];

/* Blocks go from one CPU to another, which gives them back. */
static void receive(void *arg)
{
	(void)arg;
	for (int i = 0; i < 64 * 20; i++) {
		void *block;

		while (!(block = __atomic_exchange_n(&passed[i % 64], NULL, __ATOMIC_ACQUIRE)))
			thread_sleep_until(in_ns(1000));
		EXPECT(*(int *)block == i);
		heap_free(block);
	}
}

TEST(heap, freed_by_another_thread)
{
	int32_t id = spawn(16, 0, receive, NULL);

	for (int i = 0; i < 64 * 20; i++) {
		int *block = heap_alloc(4 + (size_t)i % 1500);

		EXPECT(block);
		*block = i;
		while (__atomic_load_n(&passed[i % 64], __ATOMIC_RELAXED))
			thread_sleep_until(in_ns(1000));
		__atomic_store_n(&passed[i % 64], block, __ATOMIC_RELEASE);
	}
	join(id);
}
