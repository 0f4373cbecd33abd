/* SPDX-License-Identifier: BSD-2-Clause */
/* A real disk behind the block class, whatever its driver. */
#include <string.h>

#include <base/str.h>

#include "disk.h"

#define FRAMES 64 /* of the test's buffers */
#define CHUNK  (FRAMES * 4096UL / BLOCK_SECTOR)

TEST(block, the_disks_are_there)
{
	struct block_device *disk = block_at(0), *second = block_at(1);

	CHECK(disk && second && !block_at(2));
	CHECK(disk->sectors == DISK_SECTORS && second->sectors == 2048);
	/* QEMU's NVMe controller does not tell. */
	CHECK(!disk->read_only && (second->read_only || str_equal(second->name, "nvme1")));
	CHECK(disk->block == 512 && disk->sectors_max >= 1024 && disk->pieces_max >= 64);
	CHECK(block_find(disk->name) == disk && !block_find("nothing"));
}

TEST(block, what_is_written_is_read)
{
	static const uint16_t counts[] = {1, 2, 7, 8, 9, 64, 255, 256, CHUNK};
	struct block_device *disk = block_at(0);
	uint8_t *out = buffer_alloc(FRAMES), *in = buffer_alloc(FRAMES);

	for (unsigned i = 0; disk && out && in && i < ARRAY_SIZE(counts); i++) {
		uint64_t sector = DISK_SECTORS - counts[i] - i;

		fill(out, sector, counts[i], i);
		memset(in, 0, FRAMES * 4096);
		EXPECT(!block_transfer(disk, BLOCK_WRITE, sector, out, counts[i]));
		EXPECT(!block_flush(disk));
		EXPECT(!block_transfer(disk, BLOCK_READ, sector, in, counts[i]));
		EXPECT(is_filled(in, sector, counts[i], i));
		/* Not a byte more. */
		EXPECT(counts[i] == CHUNK || !in[counts[i] * 512UL]);
	}
	buffer_free(out, FRAMES);
	buffer_free(in, FRAMES);
}

TEST(block, pieces_of_any_alignment)
{
	struct block_device *disk = block_at(0);
	uint8_t *out = buffer_alloc(FRAMES), *in = buffer_alloc(FRAMES);
	uint64_t seed = 7;

	for (unsigned round = 0; disk && out && in && round < 200; round++) {
		struct block_piece pieces[64];
		uint64_t count = 1 + next_random(&seed) % 64, left = count * 512, sector;
		struct block_request request = {.op = BLOCK_READ, .count = count, .pieces = pieces};
		struct batch batch;
		unsigned n = 0;

		sector = next_random(&seed) % (DISK_SECTORS - count);
		fill(out, sector, count, round);
		EXPECT(!block_transfer(disk, BLOCK_WRITE, sector, out, count));
		memset(in, 0, FRAMES * 4096);
		while (left) {
			uint64_t most = left < 2000 || n == 63 ? left : 2000;
			uint32_t len = (uint32_t)(n == 63 ? left : 1 + next_random(&seed) % most);

			pieces[n++] = (struct block_piece){in + count * 512 - left, len};
			left -= len;
		}
		request.sector = sector;
		request.piece_count = n;
		batch_init(&batch);
		batch_begin(&batch, disk, &request);
		block_kick(disk);
		if (!batch_wait(&batch))
			return;
		EXPECT(!batch.errors && is_filled(in, sector, count, round));
		if (test_failed())
			break;
	}
	buffer_free(out, FRAMES);
	buffer_free(in, FRAMES);
}

#define MANY 200

/* More than any queue holds, before the first kick. */
TEST(block, many_requests_at_a_time)
{
	static struct block_request requests[MANY];
	static struct block_piece pieces[MANY];
	struct block_device *disk = block_at(0);
	uint8_t *bytes = buffer_alloc(FRAMES);
	struct batch batch;

	for (unsigned write = 1; disk && bytes && write <= 1; write--) {
		batch_init(&batch);
		if (write)
			fill(bytes, 1000, MANY, 3);
		else
			memset(bytes, 0, FRAMES * 4096);
		for (unsigned i = 0; i < MANY; i++) {
			unsigned at = i * 77 % MANY;

			pieces[i] = (struct block_piece){bytes + at * 512, 512};
			requests[i] = (struct block_request){
				.op = write ? BLOCK_WRITE : BLOCK_READ,
				.sector = 1000 + at,
				.count = 1,
				.pieces = &pieces[i],
				.piece_count = 1,
			};
			batch_begin(&batch, disk, &requests[i]);
		}
		block_kick(disk);
		CHECK(batch_wait(&batch));
		EXPECT(!batch.errors);
	}
	EXPECT(!bytes || is_filled(bytes, 1000, MANY, 3));
	buffer_free(bytes, FRAMES);
}

struct user {
	uint64_t first, seed;
	struct block_device *disk;
};

static void use(void *arg)
{
	struct user *user = arg;
	uint8_t *bytes = buffer_alloc(4);

	for (unsigned round = 0; bytes && round < 150 && !test_failed(); round++) {
		uint64_t count = 1 + next_random(&user->seed) % 32;
		uint64_t sector = user->first + next_random(&user->seed) % (1024 - count);

		fill(bytes, sector, count, round);
		EXPECT(!block_transfer(user->disk, BLOCK_WRITE, sector, bytes, count));
		if (round % 16 == 0)
			EXPECT(!block_flush(user->disk));
		memset(bytes, 0, count * 512);
		EXPECT(!block_transfer(user->disk, BLOCK_READ, sector, bytes, count));
		EXPECT(is_filled(bytes, sector, count, round));
	}
	buffer_free(bytes, 4);
}

TEST(block, several_threads)
{
	struct user users[6];
	int32_t ids[6];

	CHECK(block_at(0));
	for (unsigned i = 0; i < 6; i++) {
		users[i] = (struct user){4096 + i * 1024, i, block_at(0)};
		ids[i] = spawn(16, 0, use, &users[i]);
	}
	for (unsigned i = 0; i < 6; i++)
		join(ids[i]);
}

/* One request after the other, each begun in the interrupt of the one before. */
struct chain {
	struct block_request request;
	struct block_piece piece;
	struct block_device *disk;
	struct waitq queue;
	unsigned left;
	int error;
};

static void next_of_chain(struct block_request *request)
{
	struct chain *chain = request->owner;
	struct irq_state state;

	chain->error = chain->error ? chain->error : request->error;
	if (chain->left > 1) {
		chain->left--;
		request->sector++;
		block_submit(chain->disk, request);
		block_kick(chain->disk);
		return;
	}
	state = waitq_lock(&chain->queue);
	chain->left = 0;
	waitq_wake(&chain->queue, 0, 1);
	waitq_unlock(&chain->queue, state);
}

TEST(block, requests_out_of_interrupts)
{
	struct chain chain = {.left = 100, .disk = block_at(0)};
	struct irq_state state;
	int error = 0;

	CHECK(chain.disk);
	chain.piece = (struct block_piece){buffer_alloc(1), 512};
	CHECK(chain.piece.address);
	chain.request = (struct block_request){.op = BLOCK_READ,
					       .count = 1,
					       .pieces = &chain.piece,
					       .piece_count = 1,
					       .owner = &chain,
					       .done = next_of_chain};
	waitq_init(&chain.queue);
	block_submit(chain.disk, &chain.request);
	block_kick(chain.disk);
	state = waitq_lock(&chain.queue);
	while (chain.left && !error)
		error = waitq_sleep_through(&chain.queue, &state, 0, DEADLINE_NEVER);
	waitq_unlock(&chain.queue, state);
	EXPECT(!error && !chain.error && chain.request.sector == 99);
	buffer_free(chain.piece.address, 1);
}

TEST(block, zeroes_and_discards)
{
	struct block_device *disk = block_at(0);
	uint8_t *bytes = buffer_alloc(8);

	CHECK(disk && bytes);
	fill(bytes, 20000, 64, 1);
	EXPECT(!block_transfer(disk, BLOCK_WRITE, 20000, bytes, 64));
	if (disk->can_zero) {
		EXPECT(!block_transfer(disk, BLOCK_ZERO, 20010, NULL, 20));
		EXPECT(!block_transfer(disk, BLOCK_READ, 20000, bytes, 64));
		EXPECT(is_filled(bytes, 20000, 10, 1) && is_filled(bytes + 30 * 512, 20030, 34, 1));
		for (unsigned i = 10 * 512; i < 30 * 512; i++)
			EXPECT(!bytes[i]);
	} else {
		EXPECT(block_transfer(disk, BLOCK_ZERO, 20010, NULL, 20) == -EOPNOTSUPP);
	}
	EXPECT(block_transfer(disk, BLOCK_DISCARD, 20000, NULL, 64) ==
	       (disk->can_discard ? 0 : -EOPNOTSUPP));
	EXPECT(!block_transfer(disk, BLOCK_READ, 20000, bytes, 64));
	buffer_free(bytes, 8);
}

TEST(block, what_may_not_be)
{
	struct block_device *disk = block_at(0), *second = block_at(1);
	uint8_t *bytes = buffer_alloc(1);
	int refused = second && second->read_only ? -EROFS : -EIO;

	CHECK(disk && second && bytes);
	EXPECT(block_transfer(disk, BLOCK_READ, DISK_SECTORS, bytes, 1) == -ENOSPC);
	EXPECT(block_transfer(disk, BLOCK_WRITE, DISK_SECTORS - 1, bytes, 2) == -ENOSPC);
	EXPECT(block_transfer(disk, BLOCK_READ, UINT64_MAX, bytes, 1) == -ENOSPC);
	EXPECT(!block_transfer(second, BLOCK_READ, 2047, bytes, 1));
	EXPECT(block_transfer(second, BLOCK_WRITE, 0, bytes, 1) == refused);
	EXPECT(block_transfer(second, BLOCK_ZERO, 0, NULL, 1) == refused);
	EXPECT(!block_flush(second));
	buffer_free(bytes, 1);
}
