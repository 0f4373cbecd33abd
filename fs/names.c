/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making and removing names. The checks POSIX wants are here, so that no file system repeats them.
 */
#include <errno.h>
#include <sys/stat.h>

#include <base/guard.h>
#include <fs/mount.h>
#include <fs/path.h>

/* With the lock held: the last name can be added. */
static int check_new_name(const struct path *path)
{
	struct inode *found;
	int error = path_find(path, &found);

	if (!error) {
		inode_put(found);
		return -EEXIST;
	}
	return error == -ENOENT ? path_may_add(path->dir) : error;
}

int path_make_inode(struct inode *start, const char *text, const struct inode_make *make,
		    struct inode **made)
{
	struct path path CLEANUP(path_end);
	int error = path_begin(&path, start, text);

	if (error)
		return error;
	if (path_is_dots(&path))
		return -EEXIST;
	GUARD(mutex, &path.dir->mount->lock);
	error = check_new_name(&path);
	if (!error && path.trailing && !S_ISDIR(make->mode))
		error = -ENOENT;
	if (!error)
		error = inode_op(path.dir, create)(path.dir, path.name, path.length, make, made);
	return error;
}

int path_make(struct inode *start, const char *text, const struct inode_make *make)
{
	struct inode *made;
	int error = path_make_inode(start, text, make, &made);

	if (!error)
		inode_put(made);
	return error;
}

int path_link(struct inode *inode, struct inode *start, const char *text)
{
	struct path path CLEANUP(path_end);
	INODE_OP_TYPE(link) link;
	int error = path_begin(&path, start, text);

	if (error)
		return error;
	if (path_is_dots(&path))
		return -EEXIST;
	GUARD(mutex, &path.dir->mount->lock);
	error = check_new_name(&path);
	if (error)
		return error;
	if (path.trailing)
		return -ENOENT;
	if (inode->mount != path.dir->mount)
		return -EXDEV;
	link = inode_op(inode, link);
	if (inode_is_dir(inode) || !link)
		return -EPERM;
	if (!inode->nlink && !inode->nameable)
		return -ENOENT;
	if (inode->nlink == UINT32_MAX)
		return -EMLINK;
	error = link(path.dir, path.name, path.length, inode);
	if (!error)
		inode->nameable = false;
	return error;
}

static int check_remove(const struct path *path, const struct inode *inode, bool directory)
{
	if (inode_is_dir(inode)) {
		if (!directory)
			return -EISDIR;
		if (inode->covered_by)
			return -EBUSY;
	} else if (directory || path->trailing) {
		return -ENOTDIR;
	}
	return inode_op(path->dir, remove) ? 0 : -EROFS;
}

/* rmdir("a/.") and the like: nothing that could be removed by that name. */
static int dots_error(const struct path *path, bool directory)
{
	if (!directory)
		return -EISDIR;
	if (!path->length)
		return -EBUSY;
	return path->length == 1 ? -EINVAL : -ENOTEMPTY;
}

int path_remove(struct inode *start, const char *text, bool directory)
{
	struct path path CLEANUP(path_end);
	struct inode *inode CLEANUP(inode_drop) = NULL;
	int error = path_begin(&path, start, text);

	if (error)
		return error;
	if (path_is_dots(&path))
		return dots_error(&path, directory);
	GUARD(mutex, &path.dir->mount->lock);
	error = path_find(&path, &inode);
	if (!error)
		error = check_remove(&path, inode, directory);
	if (!error)
		error = inode_op(path.dir, remove)(path.dir, path.name, path.length, inode);
	return error;
}
