/* SPDX-License-Identifier: BSD-2-Clause */
/* The paths that system calls take, brought into kernel memory. Thread context. */
#pragma once

#include <stdint.h>

#include <base/guard.h>
#include <fs/path.h>

struct path_arg {
	struct inode *start; /* where a relative path begins; NULL: the current directory */
	char *text;
	char small[128]; /* holds most of them */
};

/*
 * Copy the path and find the directory of `dirfd` (AT_FDCWD: the current one). 0, -EFAULT,
 * -ENAMETOOLONG, -ENOMEM, -EBADF, -ENOTDIR. path_arg_end() in any case, for CLEANUP.
 */
int path_arg_begin(struct path_arg *arg, int dirfd, const char *user);
void path_arg_end(struct path_arg *arg);

/*
 * Find what a path names: AT_SYMLINK_NOFOLLOW says how, and AT_EMPTY_PATH that "" means the file
 * that `dirfd` stands for; other bits are the caller's to check.
 */
int path_arg_lookup(int dirfd, const char *user, unsigned flags, struct inode **inode);

/* Take the bits that new files must not have off a mode. */
uint32_t umask_apply(uint32_t mode);
