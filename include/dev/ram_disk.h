/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks in memory: for tests, and for programs that want a file system without a device. */
#pragma once

#include <dev/block.h>

/*
 * Make and register one of `bytes` (rounded down to pages), all zeros: "ram0", "ram1", … Its memory
 * is taken at once. 0, -EINVAL (too small), -ENOMEM. Thread.
 */
int ram_disk_create(uint64_t bytes, struct block_device **disk);

/* Give it back: nobody uses it, its partitions are forgotten. Thread. */
void ram_disk_destroy(struct block_device *disk);

/*
 * The one that the boot word ramdisk=SIZE (bytes, or with K, M or G behind) asks for. 0; -ENOENT:
 * none; else as above. For who mounts disks at the start.
 */
int ram_disk_from_boot(struct block_device **disk);

/* That function, in the images that know RAM disks: a linker set of one or none. */
typedef int (*ram_disk_maker)(struct block_device **disk);
SET_DECLARE(const ram_disk_maker, ram_disk);
