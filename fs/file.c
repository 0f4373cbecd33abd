/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* O_PATH */
#include <fs/file.h>

#include <fcntl.h>

#include <fs/inode.h>
#include <mem/heap.h>

/* Of open(2)'s flags, what stays with the file. */
#define FLAGS_KEPT                                                                                 \
	(3u | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_DIRECT | O_NOATIME | O_PATH |           \
	 O_DIRECTORY | O_NOFOLLOW | O_ASYNC)

void (*file_unwatch)(struct file *file);

struct file *file_create(const struct file_ops *ops, struct inode *inode, unsigned flags)
{
	struct file *file = heap_alloc_zeroed(sizeof(*file));

	if (!file)
		return NULL;
	file->ops = ops;
	file->inode = inode;
	file->refs = 1;
	file->flags = flags & FLAGS_KEPT;
	/* O_RDONLY 0, O_WRONLY 1, O_RDWR 2; 3 is for ioctl alone. */
	file->rights = flags & O_PATH ? 0 : (flags + 1) & 3;
	mutex_init(&file->lock);
	return file;
}

void file_put(struct file *file)
{
	if (!__atomic_sub_fetch(&file->refs, 1, __ATOMIC_ACQ_REL))
		file_end(file);
}

void file_end(struct file *file)
{
	if (file->watched)
		file_unwatch(file);
	if (file->ops->release)
		file->ops->release(file);
	inode_put(file->inode);
	heap_free(file);
}
