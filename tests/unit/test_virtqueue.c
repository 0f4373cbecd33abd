/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/virtio/queue.c
#include <errno.h>
#include <stdarg.h>

#include <dev/virtqueue.h>
#include <kernel/log.h>

#include "unit.h"

#define SIZE_MAX_TESTED 64

static unsigned complaints;

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	(void)module;
	(void)level;
	(void)format;
	complaints++;
}

/* The device's side, written from the standard alone. */
struct model {
	uint8_t *shared;
	unsigned size;
	uint16_t seen, used;
};

static uint16_t get16(const struct model *model, size_t at)
{
	uint16_t value;

	memcpy(&value, model->shared + at, 2);
	return value;
}

static void put16(struct model *model, size_t at, uint16_t value)
{
	memcpy(model->shared + at, &value, 2);
}

static uint32_t get32(const struct model *model, size_t at)
{
	return get16(model, at) | (uint32_t)get16(model, at + 2) << 16;
}

static void put32(struct model *model, size_t at, uint32_t value)
{
	memcpy(model->shared + at, &value, 4);
}

/* The head of the next chain, or -1. */
static int model_next(struct model *model)
{
	size_t avail = virtqueue_avail_offset(model->size);

	if (get16(model, avail + 2) == model->seen)
		return -1;
	return get16(model, avail + 4 + model->seen++ % model->size * 2);
}

static void model_finish(struct model *model, uint32_t head, uint32_t len)
{
	size_t used = virtqueue_used_offset(model->size);

	put32(model, used + 4 + model->used % model->size * 8, head);
	put32(model, used + 8 + model->used % model->size * 8, len);
	put16(model, used + 2, ++model->used);
}

struct fixture {
	struct virtqueue queue;
	struct model model;
	void *records;
};

static void fixture_begin(struct fixture *f, unsigned size, bool event_index)
{
	f->model = (struct model){.size = size};
	f->model.shared = aligned_alloc(16, (virtqueue_shared_bytes(size) + 15) & ~15UL);
	f->records = malloc(virtqueue_private_bytes(size));
	complaints = 0;
	virtqueue_init(&f->queue, size, f->model.shared, f->records, event_index);
}

static void fixture_end(struct fixture *f)
{
	free(f->model.shared);
	free(f->records);
}

TEST(a_chain_goes_and_comes_back)
{
	struct virtqueue_piece pieces[3] = {{0x1000, 16}, {0x2000, 512}, {0x3000, 1}};
	struct fixture f;
	uint32_t written;
	int head, token;
	size_t at;

	fixture_begin(&f, 8, false);
	CHECK(!virtqueue_take(&f.queue, &written) && !virtqueue_must_notify(&f.queue));
	CHECK(!virtqueue_add(&f.queue, pieces, 1, 2, &token));
	CHECK(virtqueue_must_notify(&f.queue) && !virtqueue_must_notify(&f.queue));
	head = model_next(&f.model);
	CHECK(head >= 0 && model_next(&f.model) == -1);
	at = (size_t)head * 16;
	CHECK(get32(&f.model, at) == 0x1000 && get32(&f.model, at + 8) == 16);
	CHECK(get16(&f.model, at + 12) == 1);
	at = get16(&f.model, at + 14) * 16UL;
	CHECK(get32(&f.model, at) == 0x2000 && get16(&f.model, at + 12) == 3);
	at = get16(&f.model, at + 14) * 16UL;
	CHECK(get32(&f.model, at) == 0x3000 && get16(&f.model, at + 12) == 2);
	model_finish(&f.model, (uint32_t)head, 513);
	CHECK(virtqueue_take(&f.queue, &written) == &token && written == 513);
	CHECK(!virtqueue_take(&f.queue, &written) && !complaints);
	CHECK(f.queue.free_count == 8);
	fixture_end(&f);
}

TEST(a_full_queue)
{
	struct virtqueue_piece pieces[5] = {{0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}};
	struct fixture f;
	int token;

	fixture_begin(&f, 4, false);
	CHECK(virtqueue_add(&f.queue, pieces, 0, 0, &token) == -ENOSPC);
	CHECK(virtqueue_add(&f.queue, pieces, 2, 3, &token) == -ENOSPC);
	CHECK(!virtqueue_add(&f.queue, pieces, 1, 2, &token));
	CHECK(virtqueue_add(&f.queue, pieces, 1, 1, &token) == -ENOSPC);
	CHECK(!virtqueue_add(&f.queue, pieces, 1, 0, &token));
	CHECK(virtqueue_reclaim(&f.queue) && virtqueue_reclaim(&f.queue));
	CHECK(!virtqueue_reclaim(&f.queue) && f.queue.free_count == 4);
	fixture_end(&f);
}

/* Each of these is told once, and the queue gives nothing more. */
TEST(a_device_that_lies)
{
	static const struct {
		uint32_t head, len;
		unsigned times;
	} lies[] = {
		{8, 0, 1},
		{UINT32_MAX, 0, 1},
		{5, 0, 1},
		{0, 0, 2},
	};
	struct virtqueue_piece pieces[2] = {{0x1000, 16}, {0x2000, 513}};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct fixture f;
		uint32_t written;
		int token;

		fixture_begin(&f, 8, false);
		CHECK(!virtqueue_add(&f.queue, pieces, 1, 1, &token));
		for (unsigned n = 0; n < lies[i].times; n++)
			model_finish(&f.model, lies[i].head, lies[i].len);
		for (unsigned n = 1; n < lies[i].times; n++)
			CHECK(virtqueue_take(&f.queue, &written));
		CHECK(!virtqueue_take(&f.queue, &written) && complaints == 1);
		CHECK(!virtqueue_take(&f.queue, &written) && complaints == 1);
		CHECK(virtqueue_add(&f.queue, pieces, 1, 1, &token) == -EIO);
		CHECK(!virtqueue_must_notify(&f.queue) && !virtqueue_interrupts_on(&f.queue));
		fixture_end(&f);
	}
}

/* Shyper's counts what it read: never more than there was room for comes out. */
TEST(a_length_beyond_the_room)
{
	struct virtqueue_piece pieces[2] = {{0x1000, 16}, {0x2000, 513}};
	struct fixture f;
	uint32_t written;
	int token;

	fixture_begin(&f, 8, false);
	CHECK(!virtqueue_add(&f.queue, pieces, 1, 1, &token));
	model_finish(&f.model, (uint32_t)model_next(&f.model), UINT32_MAX);
	CHECK(virtqueue_pending(&f.queue));
	CHECK(virtqueue_take(&f.queue, &written) == &token && written == 513 && !complaints);
	CHECK(!virtqueue_pending(&f.queue));
	fixture_end(&f);
}

TEST(indirect_chains_take_one_descriptor)
{
	struct virtqueue_piece pieces[4] = {{0x1000, 16}, {0x2000, 512}, {0x3000, 8}, {0x4000, 1}};
	static _Alignas(16) uint8_t memory[4][4 * VIRTQUEUE_TABLE_ENTRY];
	uint8_t want[64];
	struct fixture f;
	uint32_t written;
	int tokens[4];

	fixture_begin(&f, 4, false);
	for (unsigned i = 0; i < 4; i++) {
		struct virtqueue_table table = {memory[i], 0x9000 + i, 4};

		CHECK(!virtqueue_add_indirect(&f.queue, &table, pieces, 1, 3, &tokens[i]));
		table.entries = 3;
		CHECK(virtqueue_add_indirect(&f.queue, &table, pieces, 1, 3, &tokens[i]) ==
		      -ENOSPC);
	}
	CHECK(f.queue.free_count == 0);
	for (unsigned i = 0; i < 4; i++) {
		int head = model_next(&f.model);
		size_t at = (size_t)head * 16;

		CHECK(head >= 0 && get32(&f.model, at) == 0x9000 + i);
		CHECK(get32(&f.model, at + 8) == 64 && get16(&f.model, at + 12) == 4);
		model_finish(&f.model, (uint32_t)head, 521);
		CHECK(virtqueue_take(&f.queue, &written) == &tokens[i] && written == 521);
	}
	for (unsigned i = 0; i < 4; i++) {
		struct model table = {.shared = want};

		memcpy(want, memory[3], sizeof(want));
		CHECK(get32(&table, i * 16) == pieces[i].pa &&
		      get32(&table, i * 16 + 8) == pieces[i].len);
		CHECK(get16(&table, i * 16 + 12) == (i == 0 ? 1 : i < 3 ? 3 : 2));
		CHECK(get16(&table, i * 16 + 14) == (i < 3 ? i + 1 : 0));
	}
	CHECK(f.queue.free_count == 4 && !complaints);
	fixture_end(&f);
}

TEST(an_index_that_runs_away)
{
	struct virtqueue_piece piece = {0x1000, 16};
	struct fixture f;
	uint32_t written;
	int token;

	fixture_begin(&f, 8, false);
	CHECK(!virtqueue_add(&f.queue, &piece, 1, 0, &token));
	put16(&f.model, virtqueue_used_offset(8) + 2, 9);
	CHECK(!virtqueue_take(&f.queue, &written) && f.queue.broken && complaints == 1);
	CHECK(virtqueue_reclaim(&f.queue) == &token);
	fixture_end(&f);
}

/* Whether the device must be told, against the rule of the standard, over the turn of the index. */
TEST(event_indices)
{
	struct virtqueue_piece piece = {0x1000, 16};
	struct fixture f;
	uint32_t written;
	uint64_t seed = 5;
	int token;

	fixture_begin(&f, 8, true);
	for (unsigned step = 0; step < 100000; step++) {
		uint16_t old = f.queue.avail_index, new;
		unsigned batch = 1 + (unsigned)(unit_random(&seed) % 8);
		uint16_t event = (uint16_t)(old + unit_random(&seed) % 12 - 2);

		put16(&f.model, virtqueue_used_offset(8) + 4 + 8 * 8, event);
		for (unsigned i = 0; i < batch; i++)
			CHECK(!virtqueue_add(&f.queue, &piece, 1, 0, &token));
		new = f.queue.avail_index;
		CHECK(virtqueue_must_notify(&f.queue) ==
		      ((uint16_t)(new - event - 1) < (uint16_t)(new - old)));
		for (unsigned i = 0; i < batch; i++) {
			CHECK(!virtqueue_interrupts_on(&f.queue));
			model_finish(&f.model, (uint32_t)model_next(&f.model), 0);
			CHECK(get16(&f.model, virtqueue_avail_offset(8) + 4 + 8 * 2) ==
			      f.queue.used_index);
			CHECK(virtqueue_interrupts_on(&f.queue));
			CHECK(virtqueue_take(&f.queue, &written));
		}
	}
	CHECK(!complaints);
	fixture_end(&f);
}

/* An honest device that finishes in any order, sizes of all kinds, many turns of the index. */
TEST(random_work)
{
	for (unsigned size = 1; size <= SIZE_MAX_TESTED; size *= 2) {
		struct virtqueue_piece pieces[SIZE_MAX_TESTED];
		uint32_t held[SIZE_MAX_TESTED], lengths[SIZE_MAX_TESTED], written;
		bool out[SIZE_MAX_TESTED] = {false};
		unsigned count = 0, in_flight = 0;
		uint64_t seed = size;
		struct fixture f;

		fixture_begin(&f, size, size & 1);
		for (unsigned step = 0; step < 20000; step++) {
			unsigned readable = (unsigned)(unit_random(&seed) % 3);
			unsigned writable = (unsigned)(unit_random(&seed) % 3);
			unsigned slot;
			int head;
			bool *token;

			for (slot = 0; slot < size && out[slot]; slot++)
				;
			for (unsigned i = 0; i < readable + writable; i++)
				pieces[i] = (struct virtqueue_piece){slot, 10};
			if (slot < size && readable + writable &&
			    !virtqueue_add(&f.queue, pieces, readable, writable, &out[slot])) {
				out[slot] = true;
				in_flight++;
			}
			while ((head = model_next(&f.model)) >= 0) {
				held[count] = (uint32_t)head;
				for (lengths[count] = 0;;
				     head = get16(&f.model, (size_t)head * 16 + 14)) {
					uint16_t flags = get16(&f.model, (size_t)head * 16 + 12);

					lengths[count] += flags & 2 ? 10 : 0;
					if (!(flags & 1))
						break;
				}
				count++;
			}
			if (count && unit_random(&seed) % 2) {
				unsigned pick = (unsigned)(unit_random(&seed) % count);

				model_finish(&f.model, held[pick], lengths[pick]);
				held[pick] = held[--count];
				lengths[pick] = lengths[count];
			}
			while ((token = virtqueue_take(&f.queue, &written))) {
				CHECK(*token && written % 10 == 0);
				*token = false;
				in_flight--;
			}
			CHECK(in_flight == count && !complaints);
		}
		fixture_end(&f);
	}
}

/* A device that writes anything anywhere, 10^6 times: what comes back was given, once. */
TEST(a_hostile_device)
{
	uint64_t seed = 99;

	for (unsigned round = 0; round < 2000; round++) {
		struct virtqueue_piece pieces[4] = {{1, 1}, {2, 2}, {3, 3}, {4, 4}};
		bool out[16] = {false};
		struct fixture f;
		uint32_t written;
		bool *token;

		fixture_begin(&f, 16, round & 1);
		for (unsigned step = 0; step < 500; step++) {
			size_t bytes = virtqueue_shared_bytes(16);
			unsigned slot = (unsigned)(unit_random(&seed) % 16);

			if (!out[slot] &&
			    !virtqueue_add(&f.queue, pieces, 1, (unsigned)(unit_random(&seed) % 4),
					   &out[slot]))
				out[slot] = true;
			if (unit_random(&seed) % 4)
				model_finish(&f.model, (uint32_t)(unit_random(&seed) % 17),
					     (uint32_t)(unit_random(&seed) % 11));
			else
				f.model.shared[unit_random(&seed) % bytes] =
					(uint8_t)unit_random(&seed);
			virtqueue_must_notify(&f.queue);
			virtqueue_interrupts_on(&f.queue);
			token = virtqueue_take(&f.queue, &written);
			CHECK(!token || (*token && written <= 9));
			if (token)
				*token = false;
		}
		CHECK(complaints <= 1);
		while ((token = virtqueue_reclaim(&f.queue))) {
			CHECK(*token);
			*token = false;
		}
		for (unsigned i = 0; i < 16; i++)
			CHECK(!out[i]);
		CHECK(f.queue.free_count == 16);
		fixture_end(&f);
	}
}
