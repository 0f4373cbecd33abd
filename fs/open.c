/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* O_PATH, O_TMPFILE */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <base/guard.h>
#include <fs/file.h>
#include <fs/mount.h>
#include <fs/path.h>

/* O_PATH: the file can be named, and nothing else. */
static const struct file_ops path_only_ops;

static const struct file_ops *file_ops_of(const struct inode *inode)
{
	if (inode->file_ops)
		return inode->file_ops;
	if (S_ISREG(inode->mode))
		return &inode_file_ops;
	return inode_is_dir(inode) ? &inode_dir_ops : NULL;
}

int inode_open(struct inode *inode, unsigned flags, struct file **file)
{
	const struct file_ops *ops = flags & O_PATH ? &path_only_ops : file_ops_of(inode);
	INODE_OP_TYPE(mark) mark = inode_op(inode, mark);
	bool dir = inode_is_dir(inode);
	int error;

	if ((flags & O_DIRECTORY) && !dir)
		return -ENOTDIR;
	if (!(flags & O_PATH)) {
		if (inode_is_link(inode))
			return -ELOOP;
		if (dir && ((flags & 3) != O_RDONLY || (flags & O_CREAT)))
			return -EISDIR;
		if (!ops)
			return -ENXIO;
		if (S_ISREG(inode->mode) && ((flags & 3) != O_RDONLY || flags & O_TRUNC) &&
		    inode->mount->read_only)
			return -EROFS;
		if ((flags & O_TRUNC) && S_ISREG(inode->mode)) {
			error = inode_truncate(inode, 0);
			if (error)
				return error;
		}
	}
	if (ops->open)
		return ops->open(inode, flags, file);
	*file = file_create(ops, inode_get(inode), flags);
	if (*file && mark)
		(*file)->mark = mark(inode);
	if (*file)
		return 0;
	inode_put(inode);
	return -ENOMEM;
}

/* Find the last name or make it: *created tells. What is found may be a symbolic link. */
static int find_or_create(struct path *path, uint32_t mode, struct inode **inode, bool *created)
{
	const struct inode_make make = {.mode = S_IFREG | (mode & 07777)};
	int error;

	GUARD(mutex, &path->dir->mount->lock);
	error = path_find(path, inode);
	if (error != -ENOENT)
		return error;
	error = path_may_add(path->dir);
	if (!error)
		error = inode_op(path->dir, create)(path->dir, path->name, path->length, &make,
						    inode);
	*created = !error;
	return error;
}

static int open_creating(struct inode *start, const char *text, unsigned flags, uint32_t mode,
			 struct file **file)
{
	struct path path CLEANUP(path_end);
	struct inode *inode;
	bool created = false;
	int error = path_begin(&path, start, text);

	while (!error) {
		if (path_is_dots(&path))
			return flags & O_EXCL ? -EEXIST : -EISDIR;
		if (path.trailing)
			return -EISDIR;
		error = find_or_create(&path, mode, &inode, &created);
		if (error)
			break;
		if (created) {
			error = inode_open(inode, flags & ~(unsigned)O_TRUNC, file);
		} else if (flags & O_EXCL) {
			error = -EEXIST;
		} else if (inode_is_link(inode) && !(flags & O_NOFOLLOW)) {
			error = path_follow(&path, inode);
			inode_put(inode);
			continue;
		} else {
			error = inode_open(inode, flags, file);
		}
		inode_put(inode);
		break;
	}
	return error;
}

int inode_make_unnamed(struct inode *dir, unsigned flags, uint32_t mode, struct file **file)
{
	const struct inode_make make = {.mode = S_IFREG | (mode & 07777)};
	struct inode *inode;
	int error;

	if (!inode_is_dir(dir))
		return -ENOTDIR;
	if (!inode_op(dir, create))
		return -EROFS;
	mutex_lock(&dir->mount->lock);
	error = inode_op(dir, create)(dir, "", 0, &make, &inode);
	mutex_unlock(&dir->mount->lock);
	if (error)
		return error;
	inode->nameable = !(flags & O_EXCL);
	error = inode_open(inode, flags & ~(unsigned)(O_TMPFILE | O_CREAT | O_EXCL), file);
	inode_put(inode);
	return error;
}

static int open_unnamed(struct inode *start, const char *text, unsigned flags, uint32_t mode,
			struct file **file)
{
	struct inode *dir;
	int error;

	if ((flags & 3) == O_RDONLY || flags & O_CREAT)
		return -EINVAL;
	error = path_lookup(start, text, PATH_FOLLOW, &dir);
	if (error)
		return error;
	error = inode_make_unnamed(dir, flags, mode, file);
	inode_put(dir);
	return error;
}

int path_open(struct inode *start, const char *text, unsigned flags, uint32_t mode,
	      struct file **file)
{
	struct inode *inode;
	int error;

	/* Its bits contain O_DIRECTORY's, so that it fails on systems that do not have it. */
	if ((flags & O_TMPFILE) == O_TMPFILE && !(flags & O_PATH))
		return open_unnamed(start, text, flags, mode, file);
	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
	if ((flags & O_CREAT) && (flags & O_DIRECTORY))
		return -EINVAL;
	if (flags & O_CREAT)
		return open_creating(start, text, flags, mode, file);
	error = path_lookup(start, text, flags & O_NOFOLLOW ? 0 : PATH_FOLLOW, &inode);
	if (error)
		return error;
	error = inode_open(inode, flags, file);
	inode_put(inode);
	return error;
}
