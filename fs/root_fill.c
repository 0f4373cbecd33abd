/* SPDX-License-Identifier: BSD-2-Clause */
/* The contents of the root file system, made when somebody first names a file. */
#include <base/compiler.h>
#include <base/guard.h>
#include <fs/devfs.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/ramfs.h>
#include <fs/root_hook.h>
#include <kernel/boot.h>
#include <kernel/power.h>
#include <mem/boot_map.h>
#include <mem/linear.h>

SET_DECLARE(const struct root_hook, root_hook);

static struct mutex fill_lock = MUTEX_INIT(fill_lock);
static bool filled; /* atomic; set once, under fill_lock */

/* What the terminal has of files (shell/files), in images that have a terminal. */
static void link_commands(void)
{
	LINKS_IF_ANY(terminal_files);
}

/* The archives may have the directories already. */
static int fill(struct inode *root)
{
	struct mount *dev = ramfs_create();
	struct inode *dir;
	int error;

	link_commands();
	if (!dev)
		return -1;
	initrd_unpack(root, __initrd_start, (size_t)(__initrd_end - __initrd_start));
	if (boot_info.initrd_size)
		initrd_unpack(root, linear_address(boot_info.initrd_pa), boot_info.initrd_size);
	error = ramfs_folder(root, "tmp", 01777, &dir);
	if (error)
		return error;
	inode_put(dir);
	error = ramfs_folder(root, "dev", 0755, &dir);
	if (error)
		return error;
	error = mount_on(dev, dir);
	inode_put(dir);
	if (!error)
		error = devfs_fill(dev->root);
	SET_FOR_EACH (const struct root_hook, root_hook, hook)
		if (!error)
			error = hook->run(root);
	return error;
}

struct inode *fs_root(void)
{
	struct inode *root = fs_root_bare();

	if (!__atomic_load_n(&filled, __ATOMIC_ACQUIRE)) {
		GUARD(mutex, &fill_lock);
		if (!filled && fill(root))
			power_stop("root file system: out of memory");
		__atomic_store_n(&filled, true, __ATOMIC_RELEASE);
	}
	return root;
}
