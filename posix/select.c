/* SPDX-License-Identifier: BSD-2-Clause */
/* select(2): three sets of bits instead of a list. */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <fs/console_file.h>
#include <fs/poll.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "poll.h"

#define SETS  3 /* to read, to write, exceptions */
#define WORDS (FD_MAX / 64)
#define FEW   8

/* What makes a member of each set ready [select(2)]. */
static const uint32_t meaning[SETS] = {POLL_READABLE | POLLHUP | POLLERR | POLLRDBAND,
				       POLL_WRITABLE | POLLERR | POLLWRBAND, POLLPRI};

struct sets {
	uint64_t *user[SETS]; /* may be NULL */
	unsigned words;
	unsigned count;		      /* of descriptors in any of them */
	uint64_t bits[SETS][WORDS];   /* what is asked for */
	uint64_t result[SETS][WORDS]; /* what is so */
};

static uint64_t asked(const struct sets *sets, unsigned word)
{
	return sets->bits[0][word] | sets->bits[1][word] | sets->bits[2][word];
}

static int sets_copy_in(struct sets *sets, unsigned limit)
{
	for (unsigned s = 0; s < SETS; s++) {
		size_t size = sets->words * sizeof(uint64_t);

		if (sets->user[s] && user_copy_in(sets->bits[s], sets->user[s], size))
			return -EFAULT;
		if (limit % 64)
			sets->bits[s][limit / 64] &= (UINT64_C(1) << limit % 64) - 1;
	}
	for (unsigned w = 0; w < sets->words; w++)
		sets->count += (unsigned)__builtin_popcountll(asked(sets, w));
	return 0;
}

/* An entry for each descriptor that is in a set, in their order. */
static int entries_begin(const struct sets *sets, struct poll_entry *entries)
{
	unsigned n = 0;

	for (unsigned w = 0; w < sets->words; w++) {
		for (uint64_t left = asked(sets, w); left; left &= left - 1) {
			uint64_t bit = left & -left;
			struct poll_entry *entry = &entries[n++];

			for (unsigned s = 0; s < SETS; s++)
				if (sets->bits[s][w] & bit)
					entry->watch.events |= meaning[s];
			entry->file = fd_get((int)(w * 64 + bit_lowest(left)));
			if (!entry->file)
				return -EBADF;
		}
	}
	return 0;
}

static long entries_end(struct sets *sets, const struct poll_entry *entries)
{
	unsigned n = 0;
	long count = 0;

	for (unsigned w = 0; w < sets->words; w++) {
		for (uint64_t left = asked(sets, w); left; left &= left - 1) {
			uint64_t bit = left & -left;
			const struct poll_entry *entry = &entries[n++];

			for (unsigned s = 0; s < SETS; s++) {
				if ((sets->bits[s][w] & bit) && (entry->ready & meaning[s])) {
					sets->result[s][w] |= bit;
					count++;
				}
			}
		}
	}
	for (unsigned s = 0; s < SETS; s++)
		if (sets->user[s] &&
		    user_copy_out(sets->user[s], sets->result[s], sets->words * sizeof(uint64_t)))
			return -EFAULT;
	return count;
}

static long select_entries(struct sets *sets, struct poll_entry *entries, uint64_t deadline_ns)
{
	long result = entries_begin(sets, entries);

	if (!result)
		result = poll_wait(entries, sets->count, deadline_ns);
	if (result >= 0)
		result = entries_end(sets, entries);
	for (unsigned i = 0; i < sets->count; i++)
		fd_drop(&entries[i].file);
	return result;
}

static long select_sets(struct sets *sets, unsigned limit, uint64_t deadline_ns)
{
	struct poll_entry few[FEW] = {0}, *many;
	long result = sets_copy_in(sets, limit);

	if (result)
		return result;
	if (sets->count <= FEW)
		return select_entries(sets, few, deadline_ns);
	many = heap_alloc_zeroed(sets->count * sizeof(*many));
	if (!many)
		return -ENOMEM;
	result = select_entries(sets, many, deadline_ns);
	heap_free(many);
	return result;
}

long sys_pselect6(int limit, uint64_t *read, uint64_t *write, uint64_t *except,
		  const struct timespec *timeout, const uintptr_t *mask)
{
	uintptr_t mask_words[2] = {0, sizeof(uint64_t)}; /* the set's address and size */
	struct poll_mask saved;
	struct sets *sets;
	uint64_t deadline;
	long result;

	if (limit < 0)
		return -EINVAL;
	if (mask && user_copy_in(mask_words, mask, sizeof(mask_words)))
		return -EFAULT;
	result = poll_deadline(timeout, &deadline);
	if (result)
		return result;
	sets = heap_alloc_zeroed(sizeof(*sets));
	if (!sets)
		return -ENOMEM;
	limit = MIN(limit, FD_MAX);
	sets->user[0] = read;
	sets->user[1] = write;
	sets->user[2] = except;
	sets->words = ((unsigned)limit + 63) / 64;
	result = poll_mask_begin(&saved, (const uint64_t *)mask_words[0], mask_words[1]);
	if (!result) {
		tty_link();
		result = poll_mask_end(&saved, select_sets(sets, (unsigned)limit, deadline));
	}
	heap_free(sets);
	return result;
}
