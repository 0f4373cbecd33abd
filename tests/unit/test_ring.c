/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/ring.c
#include <pthread.h>

#include <base/ring.h>

#include "unit.h"

TEST(bytes)
{
	uint8_t buffer[4];
	struct ring ring = RING_INIT(buffer);

	CHECK(ring_get(&ring) == -1 && ring_count(&ring) == 0 && ring_room(&ring) == 4);
	for (int i = 0; i < 4; i++)
		CHECK(ring_put(&ring, (uint8_t)(250 + i)));
	CHECK(!ring_put(&ring, 1) && ring_room(&ring) == 0 && ring_count(&ring) == 4);
	for (int i = 0; i < 4; i++)
		CHECK(ring_get(&ring) == 250 + i);
	CHECK(ring_get(&ring) == -1);
}

/* Against a plain queue, with positions that wrap. */
TEST(random_steps)
{
	uint8_t *buffer = malloc(64), model[64], data[100], out[100];
	struct ring ring;
	uint32_t used = 0;
	uint64_t seed = 8;

	ring_init(&ring, buffer, 64);
	ring.head = ring.tail = UINT32_MAX - 1000;
	for (int step = 0; step < 50000; step++) {
		uint32_t len = (uint32_t)(unit_random(&seed) % 100), take;
		uint64_t what = unit_random(&seed) % 4;

		for (uint32_t i = 0; i < len; i++)
			data[i] = (uint8_t)unit_random(&seed);
		if (what == 0) {
			take = ring_write(&ring, data, len);
			CHECK(take == (len < 64 - used ? len : 64 - used));
			memcpy(model + used, data, take);
			used += take;
		} else if (what == 1) {
			uint32_t keep;

			ring_write_over(&ring, data, len);
			take = len < 64 ? len : 64;
			keep = used < 64 - take ? used : 64 - take;
			memmove(model, model + used - keep, keep);
			memcpy(model + keep, data + len - take, take);
			used = keep + take;
		} else if (what == 2) {
			uint32_t skip = (uint32_t)(unit_random(&seed) % 70);

			take = ring_peek(&ring, skip, out, len);
			CHECK(take == (skip >= used ? 0 : len < used - skip ? len : used - skip));
			CHECK(!memcmp(out, model + skip, take));
		} else {
			take = ring_read(&ring, out, len);
			CHECK(take == (len < used ? len : used) && !memcmp(out, model, take));
			used -= take;
			memmove(model, model + take, used);
		}
		CHECK(ring_count(&ring) == used && ring_room(&ring) == 64 - used);
	}
	free(buffer);
}

TEST(drop)
{
	uint8_t buffer[8];
	struct ring ring = RING_INIT(buffer);

	ring_write(&ring, "abcdef", 6);
	ring_drop(&ring, 2);
	CHECK(ring_get(&ring) == 'c');
	ring_drop(&ring, 100);
	CHECK(ring_count(&ring) == 0 && ring_room(&ring) == 8);
}

#define STREAM 300000

static void *produce(void *argument)
{
	for (uint32_t i = 0; i < STREAM;)
		if (ring_put(argument, (uint8_t)(i * 7)))
			i++;
	return NULL;
}

TEST(two_threads_without_a_lock)
{
	uint8_t buffer[16];
	struct ring ring = RING_INIT(buffer);
	pthread_t thread;
	uint32_t wrong = 0;

	CHECK(!pthread_create(&thread, NULL, produce, &ring));
	for (uint32_t i = 0; i < STREAM;) {
		int byte = ring_get(&ring);

		if (byte >= 0)
			wrong += byte != (uint8_t)(i++ * 7);
	}
	pthread_join(thread, NULL);
	CHECK(!wrong);
}
