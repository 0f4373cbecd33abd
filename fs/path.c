/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking a path [POSIX.1-2017, XBD 4.13]. */
#include <fs/path.h>

#include <errno.h>
#include <string.h>

#include <base/guard.h>
#include <base/str.h>
#include <fs/mount.h>
#include <mem/heap.h>

#define LINKS_MAX 40 /* symbolic links in one path */

/* What is mounted on a directory hides it. Takes and gives a reference. */
static struct inode *cross_down(struct inode *inode)
{
	struct inode *root;

	while (__atomic_load_n(&inode->covered_by, __ATOMIC_ACQUIRE) &&
	       (root = mount_root_on(inode))) {
		inode_put(inode);
		inode = root;
	}
	return inode;
}

static bool is_dot(const char *name, size_t length)
{
	return length == 1 && name[0] == '.';
}

static bool is_dot_dot(const char *name, size_t length)
{
	return length == 2 && name[0] == '.' && name[1] == '.';
}

bool path_is_dots(const struct path *path)
{
	return !path->length || is_dot(path->name, path->length) ||
	       is_dot_dot(path->name, path->length);
}

static struct inode *step_up(struct inode *dir)
{
	while (dir == dir->mount->root && dir->mount->covered)
		dir = dir->mount->covered;
	GUARD(mutex, &dir->mount->lock);
	return inode_get(dir->parent ? dir->parent : dir);
}

int path_step(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	int error;

	if (!inode_is_dir(dir))
		return -ENOTDIR;
	if (length > NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	if (!length || is_dot(name, length)) {
		*found = inode_get(dir);
		return 0;
	}
	if (is_dot_dot(name, length)) {
		*found = step_up(dir);
		return 0;
	}
	mutex_lock(&dir->mount->lock);
	error = inode_op(dir, lookup)(dir, name, length, found);
	mutex_unlock(&dir->mount->lock);
	if (!error)
		*found = cross_down(*found);
	return error;
}

int path_find(const struct path *path, struct inode **found)
{
	return inode_op(path->dir, lookup)(path->dir, path->name, path->length, found);
}

int path_may_add(const struct inode *dir)
{
	if (!dir->nlink)
		return -ENOENT;
	return inode_op(dir, create) ? 0 : -EROFS;
}

static void set_dir(struct path *path, struct inode *dir)
{
	inode_put(path->dir);
	path->dir = dir;
}

/*
 * Put the text of a symbolic link ahead of the rest of the path. An absolute one starts again at
 * the root. `rest` lies in the caller's text or in path->buffer.
 */
static int splice(struct path *path, struct inode *link, const char **rest)
{
	size_t rest_size = str_length(*rest) + 1;
	char *buffer;
	long length;

	if (++path->links > LINKS_MAX)
		return -ELOOP;
	buffer = heap_alloc(PATH_BYTES_MAX);
	if (!buffer)
		return -ENOMEM;
	length = inode_op(link, readlink)(link, buffer, PATH_BYTES_MAX);
	if (length >= 0 && (size_t)length + rest_size > PATH_BYTES_MAX)
		length = -ENAMETOOLONG;
	if (length < 0) {
		heap_free(buffer);
		return (int)length;
	}
	memcpy(buffer + length, *rest, rest_size);
	heap_free(path->buffer);
	path->buffer = buffer;
	*rest = buffer;
	if (buffer[0] == '/')
		set_dir(path, fs_root());
	return 0;
}

static const char *skip_slashes(const char *text)
{
	while (*text == '/')
		text++;
	return text;
}

/* Follow all names but the last one. */
static int walk(struct path *path, const char *rest)
{
	struct inode *next;
	const char *end;
	int error = 0;

	while (!error) {
		rest = skip_slashes(rest);
		for (end = rest; *end && *end != '/'; end++)
			;
		path->name = rest;
		path->length = (size_t)(end - rest);
		path->trailing = *end == '/';
		if (!inode_is_dir(path->dir))
			return -ENOTDIR;
		if (path->length > NAME_BYTES_MAX)
			return -ENAMETOOLONG;
		if (!*skip_slashes(end))
			return 0;
		error = path_step(path->dir, path->name, path->length, &next);
		if (error)
			return error;
		rest = end;
		if (inode_is_link(next)) {
			error = splice(path, next, &rest);
			inode_put(next);
		} else {
			set_dir(path, next);
		}
	}
	return error;
}

int path_begin(struct path *path, struct inode *start, const char *text)
{
	*path = (struct path){0};
	if (!*text)
		return -ENOENT;
	if (*text == '/')
		path->dir = fs_root();
	else
		path->dir = start ? inode_get(start) : fs_cwd();
	return walk(path, text);
}

int path_follow(struct path *path, struct inode *link)
{
	const char *rest = path->name + path->length;
	int error = splice(path, link, &rest);

	return error ? error : walk(path, rest);
}

void path_end(struct path *path)
{
	inode_put(path->dir);
	heap_free(path->buffer);
}

int path_lookup(struct inode *start, const char *text, unsigned flags, struct inode **inode)
{
	struct path path CLEANUP(path_end);
	struct inode *found;
	int error = path_begin(&path, start, text);

	while (!error) {
		error = path_step(path.dir, path.name, path.length, &found);
		if (error)
			break;
		if (!inode_is_link(found) || (!(flags & PATH_FOLLOW) && !path.trailing)) {
			if (!path.trailing || inode_is_dir(found)) {
				*inode = found;
				break;
			}
			error = -ENOTDIR;
		} else {
			error = path_follow(&path, found);
		}
		inode_put(found);
	}
	return error;
}
