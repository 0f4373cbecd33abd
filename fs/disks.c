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
#include <kernel/boot.h>
#include <kernel/log.h>
#include <kernel/power.h>
#include <kernel/start.h>

#include "fat_repair.h"

LOG_MODULE(fs);

#define FIRST "/fatfs"

struct found {
	const char *root; /* the device that becomes FIRST; NULL: any */
	bool first;	  /* it is there */
	unsigned others;  /* devices without a file system that is known */
};

static int mount_at(struct mount *mount, const char *path)
{
	const struct inode_make make = {.mode = S_IFDIR | 0755};
	struct inode *dir;
	int error = path_make(NULL, path, &make);

	if (error && error != -EEXIST)
		return error;
	error = path_lookup(NULL, path, 0, &dir);
	if (error)
		return error;
	error = mount_on(mount, dir);
	inode_put(dir);
	return error;
}

/* -EINVAL: there is no file system. */
static int mount_device(struct block_device *device, struct found *found)
{
	bool first = !found->first && (!found->root || str_equal(found->root, device->name));
	char path[sizeof(device->name) + 1] = "/";
	struct mount *mount;
	int error = fat_mount(device, !fat_repair(device), &mount);

	if (error)
		return error;
	str_copy(path + 1, device->name, sizeof(path) - 1);
	error = mount_at(mount, first ? FIRST : path);
	if (error) {
		fat_unmount(mount);
		return error;
	}
	found->first |= first;
	log_info("%s: %s at %s%s", device->name, mount->ops->type, first ? FIRST : path,
		 mount->read_only ? ", read-only" : "");
	return 0;
}

static void try_device(struct block_device *device, struct found *found)
{
	int error = mount_device(device, found);

	if (error == -EINVAL)
		found->others++;
	else if (error)
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

static void enter(const struct found *found)
{
	const char *path = boot_word("cwd");
	struct inode *dir;
	int error;

	if (!path && !found->first)
		return;
	error = path_lookup(NULL, path ? path : FIRST, PATH_FOLLOW, &dir);
	if (!error) {
		error = fs_set_cwd(dir);
		inode_put(dir);
	}
	if (error)
		log_error("cwd=%s: error %d", path, -error);
}

static void mount_disks(void)
{
	struct found found = {.root = boot_word("root")};
	struct block_device *disk;
	unsigned index = 0;

	ram_disk_from_boot(&disk);
	while ((disk = block_at(index++)))
		try_disk(disk, &found);
	if (found.root && !found.first && !str_equal(found.root, "none"))
		log_error("root=%s: no such device with a FAT file system", found.root);
	else if (!found.first && found.others)
		log_warn("no disk has a FAT file system: `make disk` makes one");
	power_register_end(mount_end_all);
	enter(&found);
}

START_HOOK(FS, disks) = {mount_disks};
