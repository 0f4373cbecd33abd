/* SPDX-License-Identifier: BSD-2-Clause */
/* Size, permissions, owner, times. One user who may do everything: nothing here is -EPERM. */
#define _GNU_SOURCE /* AT_EMPTY_PATH */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fs/file.h>
#include <fs/mount.h>
#include <kernel/clock.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "path_arg.h"

long sys_ftruncate(int fd, int64_t len)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	if (!file)
		return -EBADF;
	if (len < 0 || !(file->rights & FILE_WRITE) || !file->ops->truncate)
		return -EINVAL;
	return file->ops->truncate(file, (uint64_t)len);
}

long sys_truncate(const char *path, int64_t len)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	int error = path_arg_lookup(AT_FDCWD, path, 0, &inode);

	if (len < 0)
		return -EINVAL;
	return error ? error : inode_truncate(inode, (uint64_t)len);
}

/* Files are in memory already: nothing to prepare. */
long sys_fadvise64(int fd, int64_t pos, int64_t len, int advice)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	(void)pos;
	if (!file)
		return -EBADF;
	if (len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		return -EINVAL;
	return file->ops->seek ? 0 : -ESPIPE;
}

static long sync_file(int fd)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	if (!file)
		return -EBADF;
	return file->ops->sync ? file->ops->sync(file) : -EINVAL;
}

long sys_fsync(int fd)
{
	return sync_file(fd);
}

long sys_fdatasync(int fd)
{
	return sync_file(fd);
}

long sys_sync(void)
{
	mount_sync_all();
	return 0;
}

/*
 * Only a file that is there and cannot be executed refuses anything; real and effective user are
 * the same one.
 */
long sys_faccessat2(int dirfd, const char *path, int mode, int flags)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	int error;

	if ((mode & ~(R_OK | W_OK | X_OK)) ||
	    (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	error = path_arg_lookup(dirfd, path, (unsigned)flags, &inode);
	if (error)
		return error;
	if ((mode & W_OK) && inode->mount->read_only && !S_ISCHR(inode->mode))
		return -EROFS;
	return (mode & X_OK) && S_ISREG(inode->mode) && !(inode->mode & 0111) ? -EACCES : 0;
}

long sys_faccessat(int dirfd, const char *path, int mode)
{
	return sys_faccessat2(dirfd, path, mode, 0);
}

/* The inode of a descriptor; -EINVAL: it has none that could be changed. */
static int inode_of(int fd, struct inode **inode)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);

	if (!file)
		return -EBADF;
	if (!file->inode)
		return -EINVAL;
	*inode = inode_get(file->inode);
	return 0;
}

long sys_fchmod(int fd, unsigned int mode)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	int error = inode_of(fd, &inode);

	return error ? error : inode_set_mode(inode, mode);
}

/* A symbolic link has no mode of its own. */
long sys_fchmodat2(int dirfd, const char *path, unsigned int mode, int flags)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	error = path_arg_lookup(dirfd, path, (unsigned)flags, &inode);
	if (error)
		return error;
	return S_ISLNK(inode->mode) ? -EOPNOTSUPP : inode_set_mode(inode, mode);
}

long sys_fchmodat(int dirfd, const char *path, unsigned int mode)
{
	return sys_fchmodat2(dirfd, path, mode, 0);
}

long sys_fchown(int fd, unsigned int uid, unsigned int gid)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	int error = inode_of(fd, &inode);

	return error ? error : inode_set_owner(inode, uid, gid);
}

long sys_fchownat(int dirfd, const char *path, unsigned int uid, unsigned int gid, int flags)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	error = path_arg_lookup(dirfd, path, (unsigned)flags, &inode);
	return error ? error : inode_set_owner(inode, uid, gid);
}

/* Years beyond those that 64 bits of nanoseconds count are cut to the last one. */
static int time_arg(const struct timespec *time, int64_t now, int64_t *ns)
{
	const int64_t limit = INT64_MAX / (int64_t)NS_PER_S - 1;

	if (time->tv_nsec == UTIME_NOW) {
		*ns = now;
	} else if (time->tv_nsec == UTIME_OMIT) {
		*ns = INODE_KEEP;
	} else {
		if (time->tv_nsec < 0 || time->tv_nsec >= (long)NS_PER_S)
			return -EINVAL;
		*ns = time->tv_sec > limit ? limit : time->tv_sec < -limit ? -limit : time->tv_sec;
		*ns = *ns * (int64_t)NS_PER_S + time->tv_nsec;
	}
	return 0;
}

long sys_utimensat(int dirfd, const char *path, const struct timespec *times, int flags)
{
	struct inode *inode CLEANUP(inode_drop) = NULL;
	struct timespec pair[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
	int64_t now = (int64_t)clock_realtime_ns(), atime, mtime;
	int error;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (times && user_copy_in(pair, times, sizeof(pair)))
		return -EFAULT;
	if (time_arg(&pair[0], now, &atime) || time_arg(&pair[1], now, &mtime))
		return -EINVAL;
	error = path ? path_arg_lookup(dirfd, path, (unsigned)flags, &inode)
		     : inode_of(dirfd, &inode);
	if (!error && (atime != INODE_KEEP || mtime != INODE_KEEP))
		error = inode_set_times(inode, atime, mtime);
	return error;
}
