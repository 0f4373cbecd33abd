/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include <base/guard.h>
#include <fs/mount.h>
#include <fs/path.h>

/* Is `dir` the directory `inode` or somewhere below it? The lock is held. */
static bool is_within(const struct inode *dir, const struct inode *inode)
{
	while (dir && dir != inode)
		dir = dir->parent;
	return dir;
}

/* What may be renamed to what; `victim` may be NULL. */
static int check(const struct path *from, const struct inode *inode, const struct path *to,
		 const struct inode *victim, unsigned flags)
{
	bool dir = inode_is_dir(inode);

	if (victim && (flags & PATH_NOREPLACE))
		return -EEXIST;
	if (!dir && (from->trailing || to->trailing))
		return -ENOTDIR;
	if (dir && is_within(to->dir, inode))
		return -EINVAL;
	if (victim && is_within(from->dir, victim))
		return -ENOTEMPTY;
	if (inode->covered_by)
		return -EBUSY;
	if (!victim)
		return path_may_add(to->dir);
	if (victim->covered_by)
		return -EBUSY;
	if (dir && !inode_is_dir(victim))
		return -ENOTDIR;
	if (!dir && inode_is_dir(victim))
		return -EISDIR;
	return 0;
}

static int swap(const struct path *from, struct inode *inode, const struct path *to,
		struct inode *other)
{
	INODE_OP_TYPE(exchange) exchange = inode_op(from->dir, exchange);
	bool dirs = inode_is_dir(inode) && inode_is_dir(other);

	if (!dirs &&
	    ((from->trailing && !inode_is_dir(inode)) || (to->trailing && !inode_is_dir(other))))
		return -ENOTDIR;
	if (is_within(to->dir, inode) || is_within(from->dir, other))
		return -EINVAL;
	if (inode->covered_by || other->covered_by)
		return -EBUSY;
	if (inode == other)
		return 0;
	if (!exchange)
		return -EINVAL;
	return exchange(from->dir, from->name, from->length, inode, to->dir, to->name, to->length,
			other);
}

/* One name, spelled in another way, where the file system sees no difference. */
static bool is_other_case(const struct path *from, const struct path *to)
{
	return from->dir == to->dir && from->dir->mount->folds_case &&
	       (from->length != to->length || memcmp(from->name, to->name, to->length));
}

static int rename_locked(const struct path *from, const struct path *to, unsigned flags)
{
	struct inode *inode CLEANUP(inode_drop) = NULL, *victim CLEANUP(inode_drop) = NULL;
	INODE_OP_TYPE(rename) rename;
	int error = path_find(from, &inode);

	if (error)
		return error;
	error = path_find(to, &victim);
	if (error && (error != -ENOENT || !to->dir->nlink))
		return error;
	if (from->dir->ops != to->dir->ops) /* /dev/fd is not like the rest of /dev */
		return -EXDEV;
	if (flags & PATH_EXCHANGE)
		return victim ? swap(from, inode, to, victim) : -ENOENT;
	error = check(from, inode, to, victim, flags);
	if (error)
		return error;
	if (inode == victim) { /* two names of one file: both stay [POSIX rename] */
		if (!is_other_case(from, to))
			return 0;
		inode_put(victim);
		victim = NULL;
	}
	rename = inode_op(from->dir, rename);
	if (!rename)
		return -EROFS;
	return rename(from->dir, from->name, from->length, inode, to->dir, to->name, to->length,
		      victim);
}

int path_rename(struct inode *from_start, const char *from_text, struct inode *to_start,
		const char *to_text, unsigned flags)
{
	struct path from CLEANUP(path_end) = {0};
	struct path to CLEANUP(path_end) = {0};
	int error = path_begin(&from, from_start, from_text);

	if (!error)
		error = path_begin(&to, to_start, to_text);
	if (error)
		return error;
	if (from.dir->mount != to.dir->mount)
		return -EXDEV;
	if (path_is_dots(&from))
		return -EBUSY;
	if (path_is_dots(&to))
		return flags & PATH_NOREPLACE ? -EEXIST : -EBUSY;
	GUARD(mutex, &from.dir->mount->lock);
	return rename_locked(&from, &to, flags);
}
