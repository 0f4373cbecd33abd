/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounted file systems. The root is mounted when it is asked for first, so a program that names no
 * file has none: it is memory, filled from the initial RAM disks of the image and of the firmware,
 * and /dev is mounted on it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/list.h>
#include <kernel/mutex.h>

struct inode;
struct mount;
struct statfs;

struct mount_ops {
	const char *type;
	void (*statfs)(struct mount *mount, struct statfs *stat);
	int (*sync)(struct mount *mount); /* may be NULL */
	void (*end)(struct mount *mount); /* the machine is about to go; may be NULL */
};

struct mount {
	const struct mount_ops *ops;
	struct inode *root;    /* referenced */
	struct inode *covered; /* the directory it hides, referenced; NULL: the root of all */
	struct mutex lock;     /* guards all names; see fs/inode.h */
	bool read_only;	       /* nothing changes: its operations that would are missing */
	bool folds_case;       /* "a" and "A" are one name */
	uint64_t device;       /* st_dev */
	struct list node;      /* in the order of mounting */
};

/*
 * The root directory: a reference. The first call mounts it; a corrupt initial RAM disk stops the
 * kernel. Thread.
 */
struct inode *fs_root(void);

/*
 * Mount on a directory. The new file system's `ops` and `root` are set; the rest is filled in here.
 * 0, -ENOTDIR, -EBUSY. There is no way to unmount yet. Thread.
 */
int mount_on(struct mount *mount, struct inode *dir);

/* Call fn for every mounted file system until it returns non-zero; returns that. Thread. */
int mount_for_each(int (*fn)(struct mount *mount, void *arg), void *arg);

/* Everything to the media before the machine goes; later writes are refused. Thread. */
void mount_end_all(void);

/* Write back everything. 0 or the first error. */
int mount_sync_all(void);
