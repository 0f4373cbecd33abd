/* SPDX-License-Identifier: BSD-2-Clause */
/* [mount(2), umount2(2)] File systems that come and go while the program runs. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

#include <base/guard.h>
#include <base/str.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "path_arg.h"

#define NAME_MAX_HERE 32 /* of a disk or a type */
/* What makes no difference here: there are no users, programs or devices in such a file system. */
#define FLAGS_IGNORED                                                                              \
	(MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME |             \
	 MS_STRICTATIME | MS_SILENT)

static struct mutex mounting = MUTEX_INIT(mounting);

extern const struct fs_type __start_fs_types[], __stop_fs_types[];
FS_TYPE(none) = {NULL, NULL}; /* so that there is a set without disks, too */

static const struct fs_type *find_type(const char *name)
{
	for (const struct fs_type *type = __start_fs_types; type < __stop_fs_types; type++)
		if (type->name && str_equal(type->name, name))
			return type;
	return NULL;
}

static int mount_new(const struct fs_type *type, const char *source, bool read_only,
		     struct inode *dir)
{
	struct mount *mount;
	int error;

	if (!inode_is_dir(dir))
		return -ENOTDIR;
	GUARD(mutex, &mounting);
	error = type->mount(source, read_only, &mount);
	if (error)
		return error;
	error = mount_on(mount, dir);
	if (error)
		mount->ops->free(mount);
	return error;
}

long sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	       const void *data)
{
	struct inode *dir CLEANUP(inode_drop) = NULL;
	char source_text[NAME_MAX_HERE], type_text[NAME_MAX_HERE];
	const struct fs_type *found;
	long length;
	int error;

	(void)data;
	if (flags & ~(unsigned long)(MS_RDONLY | FLAGS_IGNORED))
		return -EINVAL;
	length = user_copy_string(type_text, type, sizeof(type_text));
	if (length == -EFAULT)
		return -EFAULT;
	found = length < 0 ? NULL : find_type(type_text);
	if (!found)
		return -ENODEV;
	length = user_copy_string(source_text, source, sizeof(source_text));
	if (length < 0)
		return length == -EFAULT ? -EFAULT : -ENODEV;
	error = path_arg_lookup(AT_FDCWD, target, 0, &dir);
	return error ? error : mount_new(found, source_text, flags & MS_RDONLY, dir);
}

long sys_umount2(const char *target, int flags)
{
	struct inode *root;
	int error;

	if (flags & ~MNT_FORCE)
		return -EINVAL;
	error = path_arg_lookup(AT_FDCWD, target, 0, &root);
	if (error)
		return error;
	/* What waits for a commit lets go of its inode. */
	if (root->mount->ops->sync)
		root->mount->ops->sync(root->mount);
	return mount_off(root);
}
