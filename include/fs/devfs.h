/* SPDX-License-Identifier: BSD-2-Clause */
/* /dev: names of devices. */
#pragma once

#include <stdint.h>

struct file;
struct file_ops;
struct inode;

/* st_rdev as the C library takes it apart, for numbers below 256. */
#define DEVICE_NUMBER(major, minor) ((uint64_t)(major) << 8 | (minor))

/* Fill the root directory of an empty file system. 0 or a negative errno. Thread. */
int devfs_fill(struct inode *root);

/* Enter /dev/fd. As above. */
int dev_fd_enter(struct inode *root);

/* Enter /dev/mem and /dev/ram, given the root of all. As above. */
int dev_mem_make(struct inode *root);

/* Who has descriptors says how /dev/fd finds their files (with a reference, or NULL). */
extern struct file *(*devfs_descriptor)(int fd);

extern const struct file_ops dev_null_ops, dev_zero_ops, dev_random_ops;
