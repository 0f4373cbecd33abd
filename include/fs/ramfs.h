/* SPDX-License-Identifier: BSD-2-Clause */
/* A file system in memory. Its size is that of free memory, less a reserve. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct inode;
struct mount;

/* A new empty one, not mounted yet; NULL: memory is out. Thread. */
struct mount *ramfs_create(void);

/* A folder right below the root of one, made if it is not there: a reference. Thread. */
int ramfs_folder(struct inode *root, const char *name, uint32_t mode, struct inode **dir);

/*
 * Let a fresh regular file consist of bytes that stay where they are and never change: they are
 * read from there, and a page of them is copied when it is written.
 */
void ramfs_borrow(struct inode *file, const void *data, size_t size);

/*
 * Unpack a cpio archive into the directory `root` of a ramfs that nobody uses yet; file data is
 * borrowed. An archive that is corrupt, or does not fit into memory, stops the kernel. Thread.
 */
void initrd_unpack(struct inode *root, const void *archive, size_t size);
