/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/fd: names of the program's descriptors. A file that has a name elsewhere is found as if by
 * that name, and opened anew; what has none is the open file itself.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <base/compiler.h>
#include <base/fmt.h>
#include <fs/devfs.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <mem/heap.h>

#define FIRST_NUMBER (UINT64_C(1) << 40) /* of inodes: behind those of the device files */
#define LIMIT	     1024		 /* descriptors that are looked for */

struct file *(*devfs_descriptor)(int fd);

/* A descriptor's file that has no inode, as long as somebody looks at it. */
struct entry {
	struct inode inode;
	int fd;
};

static struct file *file_of(unsigned fd)
{
	return devfs_descriptor && fd < LIMIT ? devfs_descriptor((int)fd) : NULL;
}

static int entry_open(struct inode *inode, unsigned flags, struct file **file)
{
	struct entry *entry = CONTAINER_OF(inode, struct entry, inode);
	unsigned wanted = (flags + 1) & 3;

	*file = file_of((unsigned)entry->fd);
	if (!*file)
		return -ENXIO; /* closed meanwhile */
	if (((*file)->rights & wanted) == wanted)
		return 0;
	file_put(*file);
	return -EACCES;
}

static const struct file_ops entry_file_ops = {.open = entry_open};

static struct inode *entry_release(struct inode *inode)
{
	heap_free(CONTAINER_OF(inode, struct entry, inode));
	return NULL;
}

static const struct inode_ops entry_ops = {.release = entry_release};

static int entry_make(struct inode *dir, unsigned fd, uint32_t mode, struct inode **found)
{
	struct entry *entry = heap_alloc_zeroed(sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->fd = (int)fd;
	entry->inode.ops = &entry_ops;
	entry->inode.file_ops = &entry_file_ops;
	entry->inode.mount = dir->mount;
	entry->inode.refs = 1;
	entry->inode.nlink = 1;
	entry->inode.mode = mode;
	entry->inode.number = FIRST_NUMBER + 1 + fd;
	mutex_init(&entry->inode.lock);
	*found = &entry->inode;
	return 0;
}

static int fd_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	struct file *file;
	unsigned fd = 0;
	int error = 0;

	if (length > 4 || (name[0] == '0' && length > 1))
		return -ENOENT;
	for (size_t i = 0; i < length; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -ENOENT;
		fd = fd * 10 + (unsigned)(name[i] - '0');
	}
	file = file_of(fd);
	if (!file)
		return -ENOENT;
	if (file->inode)
		*found = inode_get(file->inode);
	else
		error = entry_make(dir, fd, file->ops->mode, found);
	file_put(file);
	return error;
}

static int fd_entries(struct inode *dir, int64_t *position, struct dir_sink *sink)
{
	char name[16];

	(void)dir;
	for (int64_t fd = *position - 2; fd < LIMIT; fd++) {
		struct file *file = file_of((unsigned)fd);
		uint32_t mode;
		size_t length;

		if (!file)
			continue;
		mode = file->inode ? file->inode->mode : file->ops->mode;
		file_put(file);
		length = (size_t)fmt_string(name, sizeof(name), "%d", (int)fd);
		if (!sink->entry(sink, name, length, FIRST_NUMBER + 1 + (uint64_t)fd, mode & S_IFMT,
				 fd + 3))
			break;
		*position = fd + 3;
	}
	return 0;
}

static struct inode *never_released(struct inode *inode)
{
	(void)inode;
	return NULL;
}

static const struct inode_ops fd_dir_ops = {.release = never_released};

INODE_OP(lookup, fd_dir_ops, fd_lookup);
INODE_OP(entries, fd_dir_ops, fd_entries);

static struct inode fd_dir = {
	.ops = &fd_dir_ops,
	.refs = 1,
	.mode = S_IFDIR | 0555,
	.nlink = 1,
	.number = FIRST_NUMBER,
	.lock = MUTEX_INIT(fd_dir.lock),
};

int dev_fd_enter(struct inode *root)
{
	int error;

	fd_dir.mount = root->mount;
	fd_dir.parent = root;
	inode_touch(&fd_dir, INODE_ATIME | INODE_MTIME | INODE_CTIME);
	error = inode_op(root, link)(root, "fd", 2, &fd_dir);
	if (!error) {
		inode_get(root);
		root->nlink++;
	}
	return error;
}
