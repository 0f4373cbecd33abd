/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partitions of a disk: MBR with extended partitions, and GPT (its copy at the end of the disk, if
 * the first one is damaged). Each becomes a block device of its own: "vda1", or "nvme0p1" where the
 * disk's name ends in a digit. What lies outside of the disk or over another one is left out, and
 * the log tells. Thread context.
 */
#pragma once

#include <dev/block.h>

#define PARTITIONS_MAX 64 /* of one disk */

/*
 * Look for them, if nobody has yet. Returns how many there are; 0: there is no table (the disk as a
 * whole may hold a file system); -EIO and so on: it cannot be read; -ENOMEM.
 */
int partition_scan(struct block_device *disk);

/* The index-th in the order of the table, after a scan; NULL: there are not so many. */
struct block_device *partition_at(const struct block_device *disk, unsigned index);

/* They are no devices any more. Nobody uses them. */
void partition_forget(struct block_device *disk);
