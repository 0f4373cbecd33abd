/* SPDX-License-Identifier: BSD-2-Clause */
/* fstatat(): what the C library does beside for older kernels would link fcntl(). */
#include <sys/stat.h>

#include "kstat.h"
#include "syscall.h"

int __fstatat(int fd, const char *restrict path, struct stat *restrict st, int flags)
{
	struct kstat found;
	long error = __syscall(SYS_fstatat, fd, path, &found, flags);

	if (!error)
		*st = (struct stat){
			.st_dev = found.st_dev,
			.st_ino = found.st_ino,
			.st_mode = found.st_mode,
			.st_nlink = found.st_nlink,
			.st_uid = found.st_uid,
			.st_gid = found.st_gid,
			.st_rdev = found.st_rdev,
			.st_size = found.st_size,
			.st_blksize = found.st_blksize,
			.st_blocks = found.st_blocks,
			.st_atim = {found.st_atime_sec, found.st_atime_nsec},
			.st_mtim = {found.st_mtime_sec, found.st_mtime_nsec},
			.st_ctim = {found.st_ctime_sec, found.st_ctime_nsec},
		};
	return (int)__syscall_ret((unsigned long)error);
}

weak_alias(__fstatat, fstatat);
