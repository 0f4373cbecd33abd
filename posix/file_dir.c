/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading directories, and the current one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <base/bits.h>
#include <fs/file.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "path_arg.h"

/* What getdents64 fills its buffer with: the layout is part of the system call interface. */
struct entry {
	uint64_t inode_number;
	int64_t next_position;
	uint16_t size; /* of this record, a multiple of 8 */
	uint8_t type;  /* DT_… : the upper four bits of st_mode */
	char name[NAME_BYTES_MAX + 1 + 7];
};

struct entry_sink {
	struct dir_sink sink;
	char *user;
	size_t room, done;
	long error;
};

static bool add_entry(struct dir_sink *sink, const char *name, size_t length, uint64_t number,
		      unsigned type, int64_t next)
{
	struct entry_sink *to = CONTAINER_OF(sink, struct entry_sink, sink);
	size_t size = align_up(offsetof(struct entry, name) + length + 1, 8);
	struct entry entry;

	if (size > to->room - to->done) {
		to->error = -EINVAL; /* unless there are others */
		return false;
	}
	entry.inode_number = number;
	entry.next_position = next;
	entry.size = (uint16_t)size;
	entry.type = (uint8_t)(type >> 12);
	memcpy(entry.name, name, length);
	memset(entry.name + length, 0, size - offsetof(struct entry, name) - length);
	if (user_copy_out(to->user + to->done, &entry, size)) {
		to->error = -EFAULT;
		return false;
	}
	to->done += size;
	return true;
}

long sys_getdents64(int fd, void *buf, size_t len)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);
	struct entry_sink sink = {.sink.entry = add_entry, .user = buf, .room = len};
	int error;

	if (!file)
		return -EBADF;
	if (!file->ops->entries)
		return -ENOTDIR;
	error = file->ops->entries(file, &sink.sink);
	if (sink.done)
		return (long)MIN(sink.done, (size_t)INT32_MAX);
	return error ? error : sink.error;
}

long sys_chdir(const char *path)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	int error = path_arg_lookup(AT_FDCWD, path, 0, &inode);

	return error ? error : fs_set_cwd(inode);
}

long sys_fchdir(int fd)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	if (!file)
		return -EBADF;
	return file->inode ? fs_set_cwd(file->inode) : -ENOTDIR;
}

long sys_getcwd(char *buf, size_t len)
{
	struct inode *dir CLEANUP(inode_drop) = fs_cwd();
	size_t room = MIN(len, (size_t)PATH_BYTES_MAX);
	char *text = heap_alloc(MAX(room, (size_t)1));
	long size;

	if (!text)
		return -ENOMEM;
	size = path_of(dir, text, room);
	if (size > 0 && user_copy_out(buf, text, (size_t)size))
		size = -EFAULT;
	heap_free(text);
	return size;
}
