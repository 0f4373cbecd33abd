/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/mount.h>

#include <errno.h>

#include <base/guard.h>
#include <base/str.h>
#include <fs/inode.h>

static struct mutex list_lock = MUTEX_INIT(list_lock);
static struct list mounts = LIST_INIT(mounts); /* guarded by list_lock, as all covered_by */

bool mount_has_source(const char *source)
{
	GUARD(mutex, &list_lock);
	LIST_FOR_EACH (struct mount, mount, &mounts, node)
		if (mount->source && str_equal(mount->source, source))
			return true;
	return false;
}

int mount_on(struct mount *mount, struct inode *dir)
{
	static uint64_t last_device;

	if (dir && !inode_is_dir(dir))
		return -ENOTDIR;
	GUARD(mutex, &list_lock);
	if (dir && dir->covered_by)
		return -EBUSY;
	mount->covered = dir ? inode_get(dir) : NULL;
	mount->device = ++last_device;
	list_push_back(&mounts, &mount->node);
	if (dir)
		__atomic_store_n(&dir->covered_by, mount, __ATOMIC_RELEASE);
	return 0;
}

struct inode *mount_root_on(struct inode *dir)
{
	GUARD(mutex, &list_lock);
	return dir->covered_by ? inode_get(dir->covered_by->root) : NULL;
}

int mount_off(struct inode *root)
{
	struct mount *mount = root->mount;
	struct inode *covered;

	mutex_lock(&list_lock);
	inode_put(root);
	if (root != mount->root || !mount->covered || !mount->ops->free ||
	    mount->ops->busy(mount)) {
		mutex_unlock(&list_lock);
		return root == mount->root ? -EBUSY : -EINVAL;
	}
	covered = mount->covered;
	__atomic_store_n(&covered->covered_by, NULL, __ATOMIC_RELEASE);
	list_remove(&mount->node);
	mount->ops->free(mount);
	mutex_unlock(&list_lock);
	inode_put(covered);
	return 0;
}

int mount_for_each(int (*fn)(struct mount *mount, void *arg), void *arg)
{
	int result;

	GUARD(mutex, &list_lock);
	LIST_FOR_EACH (struct mount, mount, &mounts, node) {
		result = fn(mount, arg);
		if (result)
			return result;
	}
	return 0;
}

static int sync_one(struct mount *mount, void *arg)
{
	int error = mount->ops->sync ? mount->ops->sync(mount) : 0;

	if (error && !*(int *)arg)
		*(int *)arg = error;
	return 0;
}

static int end_one(struct mount *mount, void *arg)
{
	(void)arg;
	if (mount->ops->end)
		mount->ops->end(mount);
	return 0;
}

void mount_end_all(void)
{
	mount_for_each(end_one, NULL);
}

int mount_sync_all(void)
{
	int error = 0;

	mount_for_each(sync_one, &error);
	return error;
}
