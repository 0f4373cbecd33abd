/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <mem/frame.h>
#include <mem/linear.h>

#include "disk.h"

void *buffer_alloc(size_t frames)
{
	uint64_t pa = frame_alloc_contiguous(frames, 1);

	EXPECT(pa);
	return pa ? linear_address(pa) : NULL;
}

void buffer_free(void *buffer, size_t frames)
{
	if (buffer)
		frame_free_contiguous(linear_physical(buffer), frames);
}

static uint64_t word_of(uint64_t sector, uint64_t seed, unsigned i)
{
	return (sector << 8 | i) * UINT64_C(0x9e3779b97f4a7c15) ^ seed;
}

void fill(void *buffer, uint64_t sector, uint64_t count, uint64_t seed)
{
	uint64_t *word = buffer;

	for (; count--; sector++)
		for (unsigned i = 0; i < BLOCK_SECTOR / 8; i++)
			*word++ = word_of(sector, seed, i);
}

bool is_filled(const void *buffer, uint64_t sector, uint64_t count, uint64_t seed)
{
	const uint64_t *word = buffer;

	for (; count--; sector++)
		for (unsigned i = 0; i < BLOCK_SECTOR / 8; i++)
			if (*word++ != word_of(sector, seed, i))
				return false;
	return true;
}

void batch_init(struct batch *batch)
{
	*batch = (struct batch){.running = 0};
	waitq_init(&batch->queue);
}

static void one_done(struct block_request *request)
{
	struct batch *batch = request->owner;
	struct irq_state state = waitq_lock(&batch->queue);

	if (request->error) {
		batch->errors++;
		batch->last_error = request->error;
	}
	if (!--batch->running)
		waitq_wake(&batch->queue, 0, SIZE_MAX);
	waitq_unlock(&batch->queue, state);
}

void batch_begin(struct batch *batch, struct block_device *disk, struct block_request *request)
{
	struct irq_state state = waitq_lock(&batch->queue);

	batch->running++;
	waitq_unlock(&batch->queue, state);
	request->owner = batch;
	request->done = one_done;
	block_submit(disk, request);
}

bool batch_wait(struct batch *batch)
{
	struct irq_state state = waitq_lock(&batch->queue);
	int error = 0;

	/* As long as it takes: the requests are the caller's, on its stack. The driver gives up. */
	while (batch->running && !error)
		error = waitq_sleep_through(&batch->queue, &state, 0, DEADLINE_NEVER);
	waitq_unlock(&batch->queue, state);
	EXPECT(!error);
	return !error;
}
