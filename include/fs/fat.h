/* SPDX-License-Identifier: BSD-2-Clause */
/* FAT12, FAT16, FAT32 and exFAT file systems on block devices. Thread context. */
#pragma once

#include <stdbool.h>

struct block_device;
struct mount;

/*
 * A file system that is not mounted anywhere yet. 0, -EINVAL (there is none on the device, or what
 * its boot sector says cannot be), -EIO, -ENOMEM.
 */
int fat_mount(struct block_device *device, bool read_only, struct mount **mount);

/* Write everything back and end it: nobody has an inode of it but its root. */
void fat_unmount(struct mount *mount);
