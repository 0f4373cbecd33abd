/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* AT_EMPTY_PATH, struct statx */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <fs/file.h>
#include <fs/mount.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "path_arg.h"

#define STAT_FLAGS (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)

static int stat_file(int fd, struct stat *stat)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	if (!file)
		return -EBADF;
	file_stat(file, stat);
	return 0;
}

/* "" with AT_EMPTY_PATH may stand for a file without inode, as the console is one. */
static bool is_file_itself(int dirfd, const char *path, int flags)
{
	char first[1];

	return (flags & AT_EMPTY_PATH) && dirfd != AT_FDCWD &&
	       user_copy_string(first, path, 1) == 0;
}

static int stat_path(int dirfd, const char *path, int flags, struct stat *stat)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	int error;

	if (is_file_itself(dirfd, path, flags))
		return stat_file(dirfd, stat);
	error = path_arg_lookup(dirfd, path, (unsigned)flags, &inode);
	if (!error)
		inode_stat(inode, stat);
	return error;
}

long sys_fstat(int fd, struct stat *st)
{
	struct stat stat;
	int error = stat_file(fd, &stat);

	return error ? error : user_copy_out(st, &stat, sizeof(stat));
}

long sys_newfstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	struct stat stat;
	int error;

	if (flags & ~STAT_FLAGS)
		return -EINVAL;
	error = stat_path(dirfd, path, flags, &stat);
	return error ? error : user_copy_out(st, &stat, sizeof(stat));
}

static struct statx_timestamp statx_time(struct timespec time)
{
	return (struct statx_timestamp){.tv_sec = time.tv_sec, .tv_nsec = (uint32_t)time.tv_nsec};
}

long sys_statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *st)
{
	struct statx x = {0};
	struct stat stat;
	int error;

	if ((flags & ~(STAT_FLAGS | AT_STATX_SYNC_TYPE)) || (mask & 0x80000000))
		return -EINVAL;
	error = stat_path(dirfd, path, flags, &stat);
	if (error)
		return error;
	x.stx_mask = STATX_BASIC_STATS; /* all at once costs no more than what was asked for */
	x.stx_blksize = (uint32_t)stat.st_blksize;
	x.stx_nlink = (uint32_t)stat.st_nlink;
	x.stx_uid = stat.st_uid;
	x.stx_gid = stat.st_gid;
	x.stx_mode = (uint16_t)stat.st_mode;
	x.stx_ino = stat.st_ino;
	x.stx_size = (uint64_t)stat.st_size;
	x.stx_blocks = (uint64_t)stat.st_blocks;
	x.stx_atime = statx_time(stat.st_atim);
	x.stx_ctime = statx_time(stat.st_ctim);
	x.stx_mtime = statx_time(stat.st_mtim);
	x.stx_rdev_major = major(stat.st_rdev);
	x.stx_rdev_minor = minor(stat.st_rdev);
	x.stx_dev_major = major(stat.st_dev);
	x.stx_dev_minor = minor(stat.st_dev);
	return user_copy_out(st, &x, sizeof(x));
}

static long statfs_of(struct inode *inode, struct statfs *user)
{
	struct statfs stat;

	memset(&stat, 0, sizeof(stat));
	inode->mount->ops->statfs(inode->mount, &stat);
	return user_copy_out(user, &stat, sizeof(stat));
}

long sys_statfs(const char *path, struct statfs *st)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	int error = path_arg_lookup(AT_FDCWD, path, 0, &inode);

	return error ? error : statfs_of(inode, st);
}

long sys_fstatfs(int fd, struct statfs *st)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	if (!file)
		return -EBADF;
	return file->inode ? statfs_of(file->inode, st) : -ENOSYS;
}
