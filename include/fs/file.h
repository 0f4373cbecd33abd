/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An open file: what a descriptor stands for. Created with one reference; each descriptor and each
 * call in progress holds one; the last one ends it.
 *
 * A kind of file is a const table. An operation that is NULL is one the kind does not have: the
 * caller answers with the error POSIX names for that. All operations: thread context, may block, no
 * locks held by the caller.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kernel/mutex.h>

struct file;
struct inode;
struct io;
struct poll_watch;
struct stat;
struct vm_region;

#define FILE_SHORT     32 /* bytes that are copied with a spinlock held */
#define FILE_OTHER_WAY INT64_MIN
#define OFFSET_CURRENT (-1) /* transfer at the file's position, and advance it */

/* One entry of a directory; returns false to stop (this entry counts as not delivered). */
struct dir_sink {
	bool (*entry)(struct dir_sink *sink, const char *name, size_t length, uint64_t inode_number,
		      unsigned type, int64_t next_position);
};

struct file_ops {
	uint32_t mode; /* st_mode where there is no inode */

	/* Opening by a name: NULL for a new file with these operations. */
	int (*open)(struct inode *inode, unsigned flags, struct file **file);

	/* Bytes moved (0: end of file) or a negative errno. */
	long (*read)(struct file *file, struct io *io, int64_t offset);
	long (*write)(struct file *file, struct io *io, int64_t offset);

	/*
	 * The same for 1 to FILE_SHORT bytes of one buffer of the application, where that is worth
	 * a way of its own. FILE_OTHER_WAY: nothing was done, it takes read or write.
	 */
	long (*read_short)(struct file *file, void *user, size_t size);
	long (*write_short)(struct file *file, const void *user, size_t size);

	/* The new position. NULL: -ESPIPE, for positioned reads and writes as well. */
	int64_t (*seek)(struct file *file, int64_t offset, int whence);

	/*
	 * What it is ready for now: POLLIN and so on (fs/poll.h). A watch, unless NULL, is hung up
	 * before the look. NULL: always ready.
	 */
	uint32_t (*poll)(struct file *file, struct poll_watch *watch);

	/* NULL: -ENOTTY. */
	long (*ioctl)(struct file *file, unsigned request, void *user);

	/* Commands of fcntl(2) that only this kind of file has. NULL: -EINVAL. */
	long (*control)(struct file *file, int command, unsigned long arg);

	/* Directories: entries from the file's position on. NULL: -ENOTDIR. */
	int (*entries)(struct file *file, struct dir_sink *sink);

	/* NULL: -EINVAL. */
	int (*truncate)(struct file *file, uint64_t size);
	int (*allocate)(struct file *file, uint64_t offset, uint64_t size, unsigned how);
	int (*sync)(struct file *file);

	/*
	 * mmap(2): `region` has attrs, first_page and shared; flags as vm_map(). NULL: -ENODEV.
	 */
	int (*map)(struct file *file, uintptr_t *address, size_t size, struct vm_region *region,
		   unsigned flags);

	/* The last reference is gone; the caller frees `file`. */
	void (*release)(struct file *file);
};

/* How `allocate` works: all may be combined, FILE_ZERO alone makes holes. */
#define FILE_KEEP_SIZE 1u
#define FILE_ZERO      2u /* what is there becomes zeros */
#define FILE_RESERVE   4u /* there is space afterwards */

#define FILE_READ  1u
#define FILE_WRITE 2u

struct file {
	const struct file_ops *ops;
	struct inode *inode;   /* NULL: has no name (console, pipes, sockets) */
	uint32_t refs;	       /* atomic */
	uint32_t flags;	       /* O_APPEND, O_NONBLOCK, … as F_GETFL tells; replaced as a whole */
	uint8_t rights;	       /* FILE_READ, FILE_WRITE; none: O_PATH */
	uint8_t advisory_lock; /* fs/flock.c */
	bool has_records;      /* fs/record_lock.c; only ever set */
	uint32_t mark;	       /* errors that sync has told; see inode_ops.sync */
	struct mutex lock;     /* guards position */
	int64_t position;
	void *data;    /* the kind's own */
	void *watched; /* what fs/epoll.c knows of it, or NULL */
};

/* A new file with one reference and the caller's reference to `inode`, or NULL: memory is out. */
struct file *file_create(const struct file_ops *ops, struct inode *inode, unsigned flags);

static inline struct file *file_get(struct file *file)
{
	__atomic_fetch_add(&file->refs, 1, __ATOMIC_RELAXED);
	return file;
}

void file_put(struct file *file);
void file_end(struct file *file); /* there is no reference any more */

/* Set by fs/epoll.c: a file that is `watched` ends. */
extern void (*file_unwatch)(struct file *file);

/* What fstat tells of a file with or without inode. */
void file_stat(struct file *file, struct stat *stat);

/*
 * flock(2): `operation` is LOCK_SH, LOCK_EX or LOCK_UN, perhaps with LOCK_NB. 0, -EINVAL,
 * -EWOULDBLOCK, -EINTR. Files without inode are never locked against another.
 */
int file_flock(struct file *file, int operation);
void file_flock_end(struct file *file); /* at the last close of a file that holds a lock */
