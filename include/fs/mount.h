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

#include <base/compiler.h>
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
	/*
	 * Unmounting; both NULL: it stays. Nobody can get the root while these run: does anybody
	 * have it, or another inode? Write back and free everything.
	 */
	bool (*busy)(struct mount *mount);
	void (*free)(struct mount *mount);
};

struct mount {
	const struct mount_ops *ops;
	struct inode *root;    /* referenced */
	struct inode *covered; /* the directory it hides, referenced; NULL: the root of all */
	struct mutex lock;     /* guards all names; see fs/inode.h */
	bool read_only;	       /* nothing changes: its operations that would are missing */
	bool folds_case;       /* "a" and "A" are one name */
	uint64_t device;       /* st_dev */
	const char *source;    /* name of the disk; NULL: memory */
	struct list node;      /* in the order of mounting */
};

/*
 * The root directory: a reference. The first call mounts it; a corrupt initial RAM disk stops the
 * kernel. Thread.
 */
struct inode *fs_root(void);

/*
 * The same for who only mounts there: it has no contents before fs_root() is called. Who never
 * calls that, in an image where no program names a file, needs no /dev and no initial RAM disk.
 */
struct inode *fs_root_bare(void);

/*
 * Mount on a directory. The new file system's `ops` and `root` are set; the rest is filled in here.
 * 0, -ENOTDIR, -EBUSY. Thread.
 */
int mount_on(struct mount *mount, struct inode *dir);

/* Is a file system on this disk mounted? Thread. */
bool mount_has_source(const char *source);

/*
 * Unmount what has this root, a reference that is taken in any case. 0, -EINVAL (it is no root),
 * -EBUSY (in use, or it belongs to the system). Thread.
 */
int mount_off(struct inode *root);

/* What is mounted on a directory that is covered: its root, referenced; NULL: nothing any more. */
struct inode *mount_root_on(struct inode *dir);

/*
 * Kinds of file systems that mount(2) knows: a linker set, linked with that call. `mount` gives one
 * that is not mounted anywhere yet: 0, -ENODEV (no such disk), -EBUSY (it is mounted), -EINVAL (it
 * holds no such file system). One call at a time.
 */
struct fs_type {
	const char *name;
	int (*mount)(const char *source, bool read_only, struct mount **mount);
};

#define FS_TYPE(id)                                                                                \
	static const struct fs_type fs_type_##id                                                   \
		__attribute__((used, section("fs_types"), aligned(8)))

/* Call fn for every mounted file system until it returns non-zero; returns that. Thread. */
int mount_for_each(int (*fn)(struct mount *mount, void *arg), void *arg);

/* Everything to the media before the machine goes; later writes are refused. Thread. */
void mount_end_all(void);

/* Write back everything. 0 or the first error. */
int mount_sync_all(void);
