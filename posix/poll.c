/* SPDX-License-Identifier: BSD-2-Clause */
/* poll(2). */
#include <errno.h>

#include <fs/console_file.h>
#include <fs/poll.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "poll.h"

#define FEW 8 /* for which there is room on the stack */

static int take_in(const struct pollfd *user, unsigned count, struct poll_entry *entries)
{
	struct pollfd one;

	for (unsigned i = 0; i < count; i++) {
		if (user_copy_in(&one, user + i, sizeof(one)))
			return -EFAULT;
		entries[i] = (struct poll_entry){.watch.events = (uint16_t)one.events |
								 POLL_ALWAYS};
		if (one.fd < 0)
			continue;
		entries[i].file = fd_get(one.fd);
		if (!entries[i].file)
			entries[i].ready = POLLNVAL;
	}
	return 0;
}

static int give_out(struct pollfd *user, unsigned count, const struct poll_entry *entries)
{
	short ready;

	for (unsigned i = 0; i < count; i++) {
		ready = (short)entries[i].ready;
		if (user_copy_out(&user[i].revents, &ready, sizeof(ready)))
			return -EFAULT;
	}
	return 0;
}

static long poll_entries(struct pollfd *user, unsigned count, struct poll_entry *entries,
			 uint64_t deadline_ns)
{
	long result = take_in(user, count, entries);

	if (!result)
		result = poll_wait(entries, count, deadline_ns);
	for (unsigned i = 0; i < count; i++)
		fd_drop(&entries[i].file);
	return result >= 0 && give_out(user, count, entries) ? -EFAULT : result;
}

static long poll_all(struct pollfd *user, unsigned long count, uint64_t deadline_ns)
{
	struct poll_entry few[FEW] = {0}, *many;
	long result;

	if (count <= FEW)
		return poll_entries(user, (unsigned)count, few, deadline_ns);
	if (count > fd_limit())
		return -EINVAL;
	many = heap_alloc_zeroed(count * sizeof(*many));
	if (!many)
		return -ENOMEM;
	result = poll_entries(user, (unsigned)count, many, deadline_ns);
	heap_free(many);
	return result;
}

long sys_ppoll(struct pollfd *fds, unsigned long count, const struct timespec *timeout,
	       const uint64_t *mask, size_t mask_size)
{
	struct poll_mask saved;
	uint64_t deadline;
	int error = poll_deadline(timeout, &deadline);

	if (!error)
		error = poll_mask_begin(&saved, mask, mask_size);
	if (error)
		return error;
	tty_link(); /* as read(): it may wait for the console */
	return poll_mask_end(&saved, poll_all(fds, count, deadline));
}
