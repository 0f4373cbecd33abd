/* SPDX-License-Identifier: BSD-2-Clause */
/* The root file system, mounted when somebody first needs it. Its contents: root_fill.c. */
#include <base/guard.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/ramfs.h>
#include <kernel/power.h>

static struct mutex root_lock = MUTEX_INIT(root_lock);
static struct mount *root_mount; /* atomic; set once, under root_lock */

struct inode *fs_root_bare(void)
{
	struct mount *mount = __atomic_load_n(&root_mount, __ATOMIC_ACQUIRE);

	if (!mount) {
		GUARD(mutex, &root_lock);
		mount = root_mount;
		if (!mount) {
			mount = ramfs_create();
			if (!mount)
				power_stop("root file system: out of memory");
			mount_on(mount, NULL);
			__atomic_store_n(&root_mount, mount, __ATOMIC_RELEASE);
		}
	}
	return inode_get(mount->root);
}
