/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unpacking an initial RAM disk. Nobody else uses the file system yet, so no lock is taken; names
 * are followed here and not by fs/path.c, since the root that absolute links mean is not there yet.
 */
#include <errno.h>
#include <sys/stat.h>

#include <base/cpio.h>
#include <base/fmt.h>
#include <base/guard.h>
#include <base/str.h>
#include <fs/inode.h>
#include <fs/ramfs.h>
#include <kernel/clock.h>
#include <kernel/power.h>
#include <mem/heap.h>

/* A file with several names, until all of them have come. */
struct linked {
	struct linked *next;
	uint32_t number;     /* in the archive */
	struct inode *inode; /* referenced */
};

/* One name of an entry's path: what is left behind it begins after `length` bytes. */
static size_t name_length(const char *name)
{
	size_t length = 0;

	while (name[length] && name[length] != '/')
		length++;
	return length;
}

static int find_or_make(struct inode *dir, const char *name, size_t length,
			const struct inode_make *make, struct inode **inode)
{
	int error = inode_op(dir, lookup)(dir, name, length, inode);

	return error == -ENOENT ? inode_op(dir, create)(dir, name, length, make, inode) : error;
}

/* "./" and "/" ahead, and between names, mean nothing. */
static const char *skip_here(const char *name)
{
	while (*name == '/' || (*name == '.' && (name[1] == '/' || !name[1])))
		name++;
	return name;
}

/*
 * Walk to the directory of the entry's last name, making those that the archive does not mention.
 * The last name is "" for the root itself. Takes the reference to `dir` and returns another in
 * *parent.
 */
static int walk(struct inode *dir, const char *name, struct inode **parent, const char **last)
{
	const struct inode_make make = {.mode = S_IFDIR | 0755};
	struct inode *next;
	int error = 0;

	*parent = dir;
	for (name = skip_here(name);; name = skip_here(name + name_length(name))) {
		size_t length = name_length(name);

		if (!inode_is_dir(*parent) || (length == 2 && str_equal_n(name, "..", 2)))
			return -EINVAL;
		*last = name;
		if (!*skip_here(name + length))
			return 0;
		error = find_or_make(*parent, name, length, &make, &next);
		if (error)
			return error;
		inode_put(*parent);
		*parent = next;
	}
}

static struct inode *find_linked(const struct linked *list, uint32_t number)
{
	for (; list; list = list->next)
		if (list->number == number)
			return list->inode;
	return NULL;
}

/* The file of an entry that has the name `name` in `dir`: made, or another name of one. */
static int make_file(struct inode *dir, const char *name, const struct cpio_entry *entry,
		     struct linked **links, struct inode **inode)
{
	const struct inode_make make = {
		.mode = entry->mode,
		.target = (const char *)entry->data,
		.target_length = S_ISLNK(entry->mode) ? entry->size : 0,
	};
	size_t length = name_length(name);
	struct linked *linked;
	int error;

	/* A later entry replaces what an earlier one, or another archive, had there. */
	if (!inode_op(dir, lookup)(dir, name, length, inode)) {
		if (S_ISDIR(entry->mode) && inode_is_dir(*inode))
			return 0;
		error = inode_op(dir, remove)(dir, name, length, *inode);
		inode_put(*inode);
		if (error)
			return error;
	}
	if (!S_ISREG(entry->mode) || entry->nlink < 2)
		return inode_op(dir, create)(dir, name, length, &make, inode);
	*inode = find_linked(*links, entry->inode);
	if (*inode)
		return inode_op(dir, link)(dir, name, length, inode_get(*inode));
	error = inode_op(dir, create)(dir, name, length, &make, inode);
	if (error)
		return error;
	linked = heap_alloc(sizeof(*linked));
	if (!linked)
		return -ENOMEM;
	*linked = (struct linked){*links, entry->inode, inode_get(*inode)};
	*links = linked;
	return 0;
}

static int add_entry(struct inode *root, const struct cpio_entry *entry, struct linked **links)
{
	struct inode *dir CLEANUP(inode_drop) = NULL, *inode = NULL;
	const char *last;
	int error;

	/* Devices come with their drivers, pipes and sockets with the programs that use them. */
	if (!S_ISREG(entry->mode) && !S_ISDIR(entry->mode) && !S_ISLNK(entry->mode))
		return 0;
	if (S_ISLNK(entry->mode) && (!entry->size || entry->size >= PATH_BYTES_MAX))
		return -EINVAL;
	error = walk(inode_get(root), entry->name, &dir, &last);
	if (error)
		return error;
	if (*last)
		error = make_file(dir, last, entry, links, &inode);
	else
		inode = S_ISDIR(entry->mode) ? inode_get(dir) : NULL;
	if (error || !inode)
		return error ? error : -EINVAL;
	inode->mode = entry->mode;
	inode->uid = entry->uid;
	inode->gid = entry->gid;
	inode->atime_ns = inode->mtime_ns = (int64_t)(entry->mtime * NS_PER_S);
	if (S_ISREG(entry->mode) && entry->size)
		ramfs_borrow(inode, entry->data, entry->size);
	inode_put(inode);
	return 0;
}

static NORETURN void stop(const struct cpio *cpio, int error)
{
	char text[64];

	if (error == -ENOMEM || error == -ENOSPC)
		power_stop("initrd: out of memory");
	fmt_string(text, sizeof(text), "initrd: corrupt archive at offset %zu", cpio->offset);
	power_stop(text);
}

void initrd_unpack(struct inode *root, const void *archive, size_t size)
{
	struct linked *links = NULL, *next;
	struct cpio_entry entry;
	struct cpio cpio;
	int more = 0;

	if (!size)
		return;
	for (cpio_open(&cpio, archive, size); (more = cpio_next(&cpio, &entry)) > 0;) {
		more = add_entry(root, &entry, &links);
		if (more)
			break;
	}
	for (; links; links = next) {
		next = links->next;
		inode_put(links->inode);
		heap_free(links);
	}
	if (more)
		stop(&cpio, more);
}
