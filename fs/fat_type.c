/* SPDX-License-Identifier: BSD-2-Clause */
/* FAT and exFAT for mount(2): a disk or partition by its name, with or without "/dev/". */
#include <errno.h>

#include <base/str.h>
#include <dev/block.h>
#include <fs/fat.h>
#include <fs/mount.h>

#include "fat_repair.h"

static int mount_disk(const char *source, bool read_only, struct mount **mount)
{
	static const char dev[] = "/dev/";
	struct block_device *device;

	if (str_equal_n(source, dev, sizeof(dev) - 1))
		source += sizeof(dev) - 1;
	device = block_find(source);
	if (!device)
		return -ENODEV;
	if (mount_has_source(device->name))
		return -EBUSY;
	/* Repairing writes. */
	return fat_mount(device, read_only || !fat_repair(device), mount);
}

FS_TYPE(vfat) = {"vfat", mount_disk};
FS_TYPE(exfat) = {"exfat", mount_disk};
