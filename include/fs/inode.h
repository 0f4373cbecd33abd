/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file as the file system knows it: a regular file, directory, symbolic link or device, whatever
 * its names. A file system embeds struct inode in its own and fills in the operations.
 *
 * Locks, in this order:
 *   mount->lock   everything about names: the contents of directories, `parent`, `nlink`
 *   inode->lock   the bytes of a regular file, its size and blocks
 * Attributes (mode, owner, times) are single words, stored and loaded whole, without a lock.
 *
 * References: each name in a directory, each open file, each directory to its parent, and each
 * caller that looks at it. A lookup returns a reference.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>
#include <kernel/mutex.h>

struct dir_sink;
struct file_ops;
struct inode;
struct io;
struct mount;
struct stat;
struct vm_source;

#define NAME_BYTES_MAX 255  /* of one name */
#define PATH_BYTES_MAX 4096 /* of a path, with its ending zero */

/* What is made by the operation `create`. */
struct inode_make {
	uint32_t mode;			 /* type and permissions */
	uint64_t device;		 /* st_rdev of a device */
	const struct file_ops *file_ops; /* of a device */
	const char *target;		 /* of a symbolic link: its text, … */
	size_t target_length;
};

/*
 * The operations and their types. Each of them is a linker set of its own, to which a file system
 * adds its function:
 *
 *	INODE_OP(rename, fat_inode_ops, fat_rename);
 *
 * It is linked when somebody asks for this operation (inode_op() below), so that an image has of
 * each file system what its program can reach: one that renames nothing has no rename on FAT.
 *
 * Names are `length` bytes, not zero-terminated, never "", "." or "..". All return 0 or a negative
 * errno.
 */
struct inode_calls {
	/* Of directories; mount->lock is held, and the caller has made POSIX's checks. */
	int (*lookup)(struct inode *dir, const char *name, size_t length, struct inode **found);
	/* Length 0: a regular file without a name. */
	int (*create)(struct inode *dir, const char *name, size_t length,
		      const struct inode_make *make, struct inode **made);
	int (*link)(struct inode *dir, const char *name, size_t length, struct inode *inode);
	/* Take the name away; -ENOTEMPTY where `inode` is a directory that has entries. */
	int (*remove)(struct inode *dir, const char *name, size_t length, struct inode *inode);
	/* Move a name, over `victim` unless it is NULL; -ENOTEMPTY as above. */
	int (*rename)(struct inode *from, const char *from_name, size_t from_length,
		      struct inode *inode, struct inode *to, const char *to_name, size_t to_length,
		      struct inode *victim);
	/*
	 * Let two names change places; neither is a directory above the other. NULL: -EINVAL.
	 */
	int (*exchange)(struct inode *dir, const char *name, size_t length, struct inode *inode,
			struct inode *other_dir, const char *other_name, size_t other_length,
			struct inode *other);
	/* Entries but "." and "..", from *position (at first 2) on; *position follows. */
	int (*entries)(struct inode *dir, int64_t *position, struct dir_sink *sink);

	/* Of regular files; inode->lock is held. Bytes moved or a negative errno. */
	long (*read)(struct inode *inode, struct io *io, uint64_t offset);
	long (*write)(struct inode *inode, struct io *io, uint64_t offset);
	int (*truncate)(struct inode *inode, uint64_t size);
	/*
	 * Make sure that writing there will not run out of space. `keep`: the size will stay as it
	 * is. NULL: -EOPNOTSUPP.
	 */
	int (*allocate)(struct inode *inode, uint64_t offset, uint64_t size, bool keep);
	/* Let bytes be zeros, and take no space if that can be. NULL: -EOPNOTSUPP. */
	int (*zero)(struct inode *inode, uint64_t offset, uint64_t size);
	/*
	 * The first offset from `offset` on with data, or in a hole; `offset` is within the file.
	 * -ENXIO: no more data. NULL: all of it is data.
	 */
	int64_t (*next)(struct inode *inode, uint64_t offset, bool hole);

	/* Where mappings get their pages from. NULL: -ENODEV. No lock. */
	struct vm_source *(*source)(struct inode *inode);
	/*
	 * Bytes from a page on will be mapped, and the source may no longer block then: read them.
	 * inode->lock is held. NULL: not needed.
	 */
	int (*prepare)(struct inode *inode, uint64_t first_page, size_t size);

	/* Of symbolic links: the text, not terminated; its length or a negative errno. No lock. */
	long (*readlink)(struct inode *inode, char *buffer, size_t size);

	/*
	 * Attributes were changed: a file system on a medium writes them back. May be NULL. No
	 * lock.
	 */
	void (*changed)(struct inode *inode);
	/*
	 * May these attributes be set? 0 or a negative errno; owners UINT32_MAX: not changed. NULL:
	 * all may. No lock.
	 */
	int (*may_set)(struct inode *inode, uint32_t mode, uint32_t uid, uint32_t gid);
	/*
	 * Write back everything. What could not be written since `mark`, which an open file got
	 * from `mark`, is an error once. Both may be NULL. No lock.
	 */
	int (*sync)(struct inode *inode, uint32_t *mark);
	uint32_t (*mark)(struct inode *inode);
};

/* A kind of inode, and the one operation that all have in every image. */
struct inode_ops {
	/*
	 * The last reference is gone: free it. Returns an inode that loses a reference by that (a
	 * directory's parent), or NULL. mount->lock may or may not be held.
	 */
	struct inode *(*release)(struct inode *inode);
};

struct inode {
	const struct inode_ops *ops;
	const struct file_ops *file_ops; /* what opening gives; NULL: what its type does */
	struct mount *mount;
	struct inode *parent;	  /* of a directory, referenced; its mount's root: NULL */
	struct mount *covered_by; /* what is mounted on this directory, or NULL */
	uint32_t refs;		  /* atomic */
	uint32_t mode;
	uint32_t nlink;
	uint32_t uid, gid;
	int32_t advisory_locks; /* fs/flock.c */
	uint64_t number;
	uint64_t device;		      /* st_rdev */
	int64_t atime_ns, mtime_ns, ctime_ns; /* since 1970 */
	struct mutex lock;
	uint64_t size;
	uint64_t blocks; /* of 512 bytes; atomic */
	bool nameable;	 /* nlink is 0, but it may be given a name */
};

static inline struct inode *inode_get(struct inode *inode)
{
	__atomic_fetch_add(&inode->refs, 1, __ATOMIC_RELAXED);
	return inode;
}

/* An element of the sets inode_lookup, inode_create, … */
struct inode_op {
	const struct inode_ops *of;
	void (*call)(void);
};

#define INODE_OP_TYPE(op)	     __typeof__((struct inode_calls){0}.op)
#define INODE_OP(op, kind, function) INODE_OP_AT("inode_" #op, op, kind, function)
/* The same, in images with an option only, and always there. */
#define INODE_OP_IF(option, op, kind, function)                                                    \
	INODE_OP_AT(".set.inode_" #op "." #option, op, kind, function)
#define INODE_OP_AT(place, op, kind, function)                                                     \
	_Static_assert(__builtin_types_compatible_p(INODE_OP_TYPE(op), __typeof__(&(function))),   \
		       #function " has another type");                                             \
	static const struct inode_op inode_##op##_of_##kind                                        \
		__attribute__((used, section(place), aligned(8))) = {&(kind),                      \
								     (void (*)(void))(function)}

/* The inode's function for an operation, or NULL: inode_op(dir, remove)(dir, name, …). */
#define inode_op(inode, op)                                                                        \
	({                                                                                         \
		extern const struct inode_op __start_inode_##op[], __stop_inode_##op[];            \
		(INODE_OP_TYPE(op))                                                                \
			inode_op_find((inode)->ops, __start_inode_##op, __stop_inode_##op);        \
	})
void (*inode_op_find(const struct inode_ops *of, const struct inode_op *op,
		     const struct inode_op *end))(void);

/* NULL is allowed. */
void inode_put(struct inode *inode);

/* For CLEANUP(inode_drop). */
static inline void inode_drop(struct inode **inode)
{
	inode_put(*inode);
}

bool inode_is_dir(const struct inode *inode);
bool inode_is_link(const struct inode *inode);

/* Set times to now: INODE_… bits. */
#define INODE_ATIME 1u
#define INODE_MTIME 2u
#define INODE_CTIME 4u
void inode_touch(struct inode *inode, unsigned times);

void inode_stat(struct inode *inode, struct stat *stat);

/*
 * Change attributes: each function sets the ctime and tells the file system. A time of INODE_KEEP
 * stays as it is. 0, -EROFS, or -EPERM where the file system cannot keep such an attribute.
 */
#define INODE_KEEP INT64_MIN
int inode_set_mode(struct inode *inode, uint32_t permissions);
int inode_set_owner(struct inode *inode, uint32_t uid, uint32_t gid); /* UINT32_MAX: keep */
int inode_set_times(struct inode *inode, int64_t atime_ns, int64_t mtime_ns);

/* 0, -EISDIR, -EINVAL (not a regular file), -EROFS, -EFBIG, -ENOSPC. */
int inode_truncate(struct inode *inode, uint64_t size);

/* The tables that regular files and directories are opened with. */
extern const struct file_ops inode_file_ops, inode_dir_ops;
