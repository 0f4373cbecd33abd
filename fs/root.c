/* SPDX-License-Identifier: BSD-2-Clause */
/* The root file system, mounted when somebody first names a file. */
#include <errno.h>
#include <sys/stat.h>

#include <base/compiler.h>
#include <base/guard.h>
#include <fs/devfs.h>
#include <fs/mount.h>
#include <fs/path.h>
#include <fs/ramfs.h>
#include <kernel/boot.h>
#include <kernel/power.h>
#include <mem/boot_map.h>
#include <mem/linear.h>

#include <fs/root_hook.h>

SET_DECLARE(const struct root_hook, root_hook);

static struct mutex root_lock = MUTEX_INIT(root_lock);
static struct mount *root_mount; /* atomic; set once, under root_lock */

/* A directory of the root; the archives may have it already. */
static int make_dir(struct inode *root, const char *name, size_t length, uint32_t mode,
		    struct inode **dir)
{
	const struct inode_make make = {.mode = S_IFDIR | mode};
	int error = root->ops->lookup(root, name, length, dir);

	return error == -ENOENT ? root->ops->create(root, name, length, &make, dir) : error;
}

static int mount_root(struct mount *mount)
{
	struct mount *dev = ramfs_create();
	struct inode *dir;
	int error;

	if (!dev)
		return -ENOMEM;
	initrd_unpack(mount->root, __initrd_start, (size_t)(__initrd_end - __initrd_start));
	if (boot_info.initrd_size)
		initrd_unpack(mount->root, linear_address(boot_info.initrd_pa),
			      boot_info.initrd_size);
	error = make_dir(mount->root, "tmp", 3, 01777, &dir);
	if (error)
		return error;
	inode_put(dir);
	error = make_dir(mount->root, "dev", 3, 0755, &dir);
	if (error)
		return error;
	mount_on(mount, NULL);
	error = mount_on(dev, dir);
	inode_put(dir);
	if (!error)
		error = devfs_fill(dev->root);
	SET_FOR_EACH (const struct root_hook, root_hook, hook)
		if (!error)
			error = hook->run(mount->root);
	return error;
}

struct inode *fs_root(void)
{
	struct mount *mount = __atomic_load_n(&root_mount, __ATOMIC_ACQUIRE);

	if (!mount) {
		GUARD(mutex, &root_lock);
		mount = root_mount;
		if (!mount) {
			mount = ramfs_create();
			if (!mount || mount_root(mount))
				power_stop("root file system: out of memory");
			__atomic_store_n(&root_mount, mount, __ATOMIC_RELEASE);
		}
	}
	return inode_get(mount->root);
}
