/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader of cpio archives in the "newc" form (magic 070701), as used for an initial RAM disk.
 * Nothing is copied: names and data point into the archive. Any bytes may be given: nothing outside
 * them is read, and what is not an archive is -EINVAL. Names are what the archive says; whether
 * "../x" or "/x" is wanted is for the caller to decide.
 */
#ifndef BASE_CPIO_H
#define BASE_CPIO_H

#include <stddef.h>
#include <stdint.h>

struct cpio {
	const uint8_t *archive;
	size_t size;
	size_t offset; /* of the next header; after an error, of the bad one */
};

struct cpio_entry {
	const char *name; /* NUL-terminated, 1 byte or more */
	size_t name_len;
	const uint8_t *data;
	size_t size;
	uint32_t mode;	/* type and permissions as in st_mode */
	uint32_t inode; /* with nlink > 1: equal numbers are one file, */
	uint32_t nlink; /* and its data come with one of the names */
	uint32_t uid, gid;
	uint32_t mtime; /* seconds since 1970 */
	uint32_t rdev_major, rdev_minor;
};

void cpio_open(struct cpio *cpio, const void *archive, size_t size);

/* 1 and the next entry; 0 at the trailer; -EINVAL, and again at every further call: malformed. */
int cpio_next(struct cpio *cpio, struct cpio_entry *entry);

#endif
