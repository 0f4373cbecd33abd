/* SPDX-License-Identifier: BSD-2-Clause */
/* Permissions, owners, times. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "suite.h"

static void permissions(void)
{
	struct stat info;
	mode_t old = umask(027);
	int fd;

	CHECK((fd = open("file", O_CREAT | O_RDWR, 0666)) >= 0 && umask(old) == 027);
	CHECK(!fstat(fd, &info) && info.st_mode == (S_IFREG | 0640));
	CHECK(!chmod("file", 04711) && !stat("file", &info) && info.st_mode == (S_IFREG | 04711));
	CHECK(!fchmod(fd, 0) && !access("file", R_OK | W_OK) && !fchown(fd, 3, 4) &&
	      !fstat(fd, &info));
	CHECK(info.st_uid == 3 && info.st_gid == 4 && info.st_mode == S_IFREG);
	CHECK_ERRNO(access("file", X_OK), EACCES);
	CHECK_ERRNO(access("none", F_OK), ENOENT);
	CHECK(!chown("file", -1, 7) && !stat("file", &info) && info.st_uid == 3 &&
	      info.st_gid == 7);
	CHECK(!symlink("file", "link") && !lchown("link", 9, 9) && !stat("link", &info) &&
	      info.st_uid == 3);
	CHECK(!lstat("link", &info) && info.st_uid == 9 && S_ISLNK(info.st_mode) &&
	      info.st_size == 4);
	CHECK(!close(fd) && !unlink("link") && !unlink("file"));
}

static void times(void)
{
	struct timespec set[2] = {{100, 5}, {-200, 6}}, keep[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
	struct stat before, after;
	int fd = open("file", O_CREAT | O_RDWR, 0666);

	CHECK(!futimens(fd, set) && !fstat(fd, &before) && before.st_atim.tv_sec == 100);
	CHECK(before.st_mtim.tv_sec == -200 && before.st_mtim.tv_nsec == 6);
	CHECK(!utimensat(AT_FDCWD, "file", keep, 0) && !fstat(fd, &after));
	CHECK(after.st_atim.tv_sec == 100 && after.st_mtim.tv_sec >= before.st_ctim.tv_sec);
	usleep(2000);
	CHECK(write(fd, "x", 1) == 1 && !fstat(fd, &before) && !close(fd));
	CHECK(before.st_mtim.tv_sec > after.st_mtim.tv_sec ||
	      before.st_mtim.tv_nsec > after.st_mtim.tv_nsec);
	CHECK(!stat(".", &before) && (usleep(2000), !unlink("file")) && !stat(".", &after));
	CHECK(before.st_mtim.tv_sec != after.st_mtim.tv_sec ||
	      before.st_mtim.tv_nsec != after.st_mtim.tv_nsec);
}

static void file_systems(void)
{
	struct statvfs here, now;
	struct stat root, dev, null;
	struct statx x;
	int fd;

	CHECK(!stat("/", &root) && !stat("/dev", &dev) && root.st_dev != dev.st_dev);
	CHECK(!stat("/dev/null", &null) && S_ISCHR(null.st_mode) && null.st_rdev == makedev(1, 3));
	CHECK(!statvfs(".", &here) && here.f_bsize == 4096 && here.f_namemax == 255 &&
	      here.f_bfree < here.f_blocks);
	CHECK((fd = open("file", O_CREAT | O_RDWR, 0600)) >= 0 && !posix_fallocate(fd, 0, 1 << 20));
	CHECK(!fstatvfs(fd, &now) && now.f_bfree + 256 <= here.f_bfree);
	CHECK(!statx(fd, "", AT_EMPTY_PATH, STATX_ALL, &x) && x.stx_size == 1 << 20 &&
	      x.stx_blocks == 2048);
	sync();
	CHECK(!close(fd) && !unlink("file"));
}

static const struct test tests[] = {
	TEST_IN_MEMORY(permissions), TEST(times), TEST_IN_MEMORY(file_systems), {0}};
const struct suite attribute_suite = {"attributes", tests};
