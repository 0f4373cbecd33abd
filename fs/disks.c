/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks at the start of a program with FS=y: each FAT file system is mounted, the first one, or the
 * one that the boot word root= names, at /fatfs, others at /NAME of their devices; and the program
 * begins at /fatfs, or where cwd= says.
 */
#include <errno.h>
#include <sys/stat.h>

#include <base/str.h>
#include <dev/block.h>
#include <dev/partition.h>
#include <dev/ram_disk.h>
#include <fs/fat.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/path.h>
#include <fs/ramfs.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <kernel/power.h>
#include <kernel/start.h>

#include "fat_repair.h"

LOG_MODULE(fs);

#define FIRST "fatfs"

struct found {
	const char *root; /* the device that becomes FIRST; NULL: any */
	bool first;	  /* it is there */
	unsigned others;  /* devices without a file system that is known */
};

static int mount_at(struct mount *mount, const char *name)
{
	struct inode *root = fs_root_bare(), *dir;
	int error = ramfs_folder(root, name, 0755, &dir);

	if (!error) {
		error = mount_on(mount, dir);
		inode_put(dir);
	}
	inode_put(root);
	return error;
}

/* -EINVAL: there is no file system. */
static int mount_device(struct block_device *device, struct found *found)
{
	bool first = !found->first && (!found->root || str_equal(found->root, device->name));
	const char *name = first ? FIRST : device->name;
	struct mount *mount;
	int error = fat_mount(device, !fat_repair(device), &mount);

	if (error)
		return error;
	error = mount_at(mount, name);
	if (error) {
		fat_unmount(mount);
		return error;
	}
	if (first) {
		found->first = true;
		fs_set_cwd(mount->root);
	}
	log_info("%s: %s at /%s%s", device->name, mount->ops->type, name,
		 mount->read_only ? ", read-only" : "");
	return 0;
}

static void try_device(struct block_device *device, struct found *found)
{
	int error = mount_device(device, found);

	if (error == -EINVAL)
		found->others++;
	else if (error != -ENOTSUP && error)
		log_error("%s: cannot be mounted: error %d", device->name, -error);
}

static void try_disk(struct block_device *disk, struct found *found)
{
	int count = partition_scan(disk);

	if (count < 0)
		log_error("%s: cannot be read: error %d", disk->name, -count);
	else if (!count)
		try_device(disk, found);
	for (int i = 0; i < count; i++)
		try_device(partition_at(disk, (unsigned)i), found);
}

/* DEVICES=all */
static bool has_all_drivers(void)
{
	return &__set_ram_disk_start[0] != &__set_ram_disk_end[0];
}

static void make_ram_disk(void)
{
	struct block_device *disk;

	if (!boot_word("ramdisk"))
		return;
	if (!has_all_drivers())
		log_error("ramdisk=: this image has no RAM disks: build it with DEVICES=all");
	SET_FOR_EACH (const ram_disk_maker, ram_disk, make)
		(*make)(&disk);
}

static void mount_disks(void)
{
	struct found found = {.root = boot_word("root")};
	struct block_device *disk;
	unsigned index = 0;

	make_ram_disk();
	while ((disk = block_at(index++)))
		try_disk(disk, &found);
	if (index == 1 && !has_all_drivers())
		log_info("no disk is found by this image's drivers, which are those of the BUS= "
			 "and DISK= it was built with, or of all with DEVICES=all");
	if (found.root && !found.first && !str_equal(found.root, "none"))
		log_error("root=%s: no such device with a FAT file system", found.root);
	else if (!found.first && found.others)
		log_warn("no disk has a FAT file system: `make disk` makes one");
	power_register_end(mount_end_all);
	fs_cwd_word = boot_word("cwd");
}

START_HOOK(FS, disks) = {mount_disks};
