/* SPDX-License-Identifier: BSD-2-Clause */
/* fcntl(2) with F_SETLK and its kin, over fs/record_lock.c. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <base/guard.h>
#include <fs/file.h>
#include <fs/record_lock.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "record_lock.h"

/* From where l_start counts. */
static int64_t base_of(struct file *file, int whence)
{
	struct stat stat;

	if (whence == SEEK_SET)
		return 0;
	if (whence == SEEK_END) {
		file_stat(file, &stat);
		return stat.st_size;
	}
	GUARD(mutex, &file->lock);
	return file->position;
}

/* 0, -EINVAL or -EOVERFLOW. */
static int range_of(struct file *file, const struct flock *lock, struct record_range *range)
{
	int64_t first, last;

	if (lock->l_whence < SEEK_SET || lock->l_whence > SEEK_END)
		return -EINVAL;
	if (__builtin_add_overflow(base_of(file, lock->l_whence), lock->l_start, &first))
		return -EOVERFLOW;
	last = INT64_MAX;
	if (lock->l_len > 0 && __builtin_add_overflow(first, lock->l_len - 1, &last))
		return -EOVERFLOW;
	if (lock->l_len < 0) {
		last = first - 1;
		if (__builtin_add_overflow(first, lock->l_len, &first))
			return -EINVAL;
	}
	if (first < 0 || last < first)
		return -EINVAL;
	range->first = (uint64_t)first;
	range->last = (uint64_t)last;
	return 0;
}

static long get(struct file *file, struct record_range *range, struct flock *lock, void *user)
{
	if (file_record_get(file, range)) {
		lock->l_type = range->write ? F_WRLCK : F_RDLCK;
		lock->l_whence = SEEK_SET;
		lock->l_start = (int64_t)range->first;
		lock->l_len = range->last == INT64_MAX ? 0
						       : (int64_t)(range->last - range->first) + 1;
		lock->l_pid = range->process ? (int)sys_getpid() : -1;
	} else {
		lock->l_type = F_UNLCK;
	}
	return user_copy_out(user, lock, sizeof(*lock));
}

long record_lock(struct file *file, int command, void *user)
{
	bool asks = command == F_GETLK || command == F_OFD_GETLK;
	struct record_range range;
	struct flock lock;
	int error;

	if (user_copy_in(&lock, user, sizeof(lock)))
		return -EFAULT;
	if (lock.l_type != F_RDLCK && lock.l_type != F_WRLCK &&
	    (lock.l_type != F_UNLCK || command == F_OFD_GETLK))
		return -EINVAL;
	range.process = command == F_GETLK || command == F_SETLK || command == F_SETLKW;
	if (!range.process && lock.l_pid)
		return -EINVAL;
	range.write = lock.l_type == F_WRLCK;
	range.free = lock.l_type == F_UNLCK;
	error = range_of(file, &lock, &range);
	if (error)
		return error;
	if (asks)
		return get(file, &range, &lock, user);
	if (!range.free && !(file->rights & (range.write ? FILE_WRITE : FILE_READ)))
		return -EBADF;
	return file_record_set(file, &range, command == F_SETLKW || command == F_OFD_SETLKW);
}
