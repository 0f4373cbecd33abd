/* SPDX-License-Identifier: BSD-2-Clause */
/* Short forms of the calls, for tests of files. */
#pragma once

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <posix/syscalls.h>

static inline int open_file(const char *path, int flags)
{
	return (int)sys_openat(AT_FDCWD, path, flags, 0644);
}

static inline long make_dir(const char *path)
{
	return sys_mkdirat(AT_FDCWD, path, 0755);
}

static inline long remove_file(const char *path)
{
	return sys_unlinkat(AT_FDCWD, path, 0);
}

static inline struct stat stat_of(const char *path)
{
	struct stat stat = {0};

	sys_newfstatat(AT_FDCWD, path, &stat, AT_SYMLINK_NOFOLLOW);
	return stat;
}

/* The whole file as a string. */
static inline const char *text_of(const char *path)
{
	static char text[8192];
	int fd = open_file(path, O_RDONLY);
	long n = fd < 0 ? fd : sys_read(fd, text, sizeof(text) - 1);

	sys_close(fd);
	text[n < 0 ? 0 : n] = 0;
	return n < 0 ? "?" : text;
}
