/* SPDX-License-Identifier: BSD-2-Clause */
/* Holes, space in advance, bytes moved between files. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "suite.h"

#define PAGE 4096l
#ifndef FALLOC_FL_ZERO_RANGE
#define FALLOC_FL_ZERO_RANGE 0x10
#endif

static blkcnt_t pages_of(int fd)
{
	struct stat info;

	return fstat(fd, &info) ? -1 : info.st_blocks / 8;
}

static off_t size_of(int fd)
{
	struct stat info;

	return fstat(fd, &info) ? -1 : info.st_size;
}

static void holes_are_found(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);

	CHECK(!ftruncate(fd, 100 * PAGE) && pwrite(fd, "x", 1, 10 * PAGE + 7) == 1);
	CHECK(pwrite(fd, "x", 1, 11 * PAGE) == 1 && pwrite(fd, "x", 1, 70 * PAGE) == 1);
	CHECK(lseek(fd, 0, SEEK_DATA) == 10 * PAGE && lseek(fd, 0, SEEK_CUR) == 10 * PAGE);
	CHECK(lseek(fd, 10 * PAGE + 5, SEEK_DATA) == 10 * PAGE + 5);
	CHECK(lseek(fd, 0, SEEK_HOLE) == 0 && lseek(fd, 10 * PAGE + 1, SEEK_HOLE) == 12 * PAGE);
	CHECK(lseek(fd, 12 * PAGE, SEEK_DATA) == 70 * PAGE);
	CHECK_ERRNO((int)lseek(fd, 71 * PAGE, SEEK_DATA), ENXIO);
	CHECK_ERRNO((int)lseek(fd, 100 * PAGE, SEEK_HOLE), ENXIO);
	CHECK_ERRNO((int)lseek(fd, -1, SEEK_DATA), ENXIO);
	CHECK_ERRNO((int)lseek(fd, 0, 99), EINVAL);
	CHECK(!ftruncate(fd, 70 * PAGE + 1) && lseek(fd, 70 * PAGE, SEEK_HOLE) == 70 * PAGE + 1);
	CHECK(!close(fd) && !unlink("file"));
}

static void space_in_advance(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600), other;
	char text[8];

	CHECK(!fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 5 * PAGE) && size_of(fd) == 0);
	CHECK(pages_of(fd) == 5 && !posix_fallocate(fd, PAGE, PAGE) && size_of(fd) == 2 * PAGE);
	CHECK(pwrite(fd, "abcdefgh", 8, 2 * PAGE - 4) == 8);
	CHECK(!fallocate(fd, FALLOC_FL_ZERO_RANGE, 2 * PAGE - 2, 4));
	CHECK(pread(fd, text, 8, 2 * PAGE - 4) == 8 && !memcmp(text, "ab\0\0\0\0gh", 8));
	CHECK(!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, PAGE + 3));
	CHECK(pread(fd, text, 8, 2 * PAGE - 4) == 8 && !memcmp(text, "\0\0\0\0\0\0\0h", 8));
	CHECK(pages_of(fd) == 4 && size_of(fd) == 2 * PAGE + 4);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, PAGE), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, 0x40, 0, PAGE), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, 0, -1, PAGE), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, INT64_MAX, 1), EFBIG);
	CHECK(posix_fallocate(fd, 0, 1l << 45) == ENOSPC && pages_of(fd) == 4);
	CHECK(posix_fallocate(1, 0, 1) == ENODEV && posix_fallocate(99, 0, 1) == EBADF);
	CHECK((other = open("file", O_RDONLY)) >= 0);
	CHECK_ERRNO(fallocate(other, 0, 0, 1), EBADF);
	CHECK(!close(other) && !close(fd) && !unlink("file"));
	/* Of a file of the image what is punched out does not come back. */
	fd = open("/given/text.txt", O_RDWR);
	CHECK(!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1) &&
	      pread(fd, text, 2, 0) == 2 && !memcmp(text, "\0i", 2));
	CHECK(pwrite(fd, "g", 1, 0) == 1 && !close(fd));
	CHECK(!posix_fadvise(fd = open(".", O_RDONLY), 0, 0, POSIX_FADV_WILLNEED));
	CHECK(posix_fadvise(fd, 0, 0, 99) == EINVAL && posix_fadvise(99, 0, 0, 0) == EBADF);
	CHECK(posix_fadvise(1, 0, 0, POSIX_FADV_NORMAL) == ESPIPE && !close(fd));
}

static void between_files(void)
{
	int from = open("from", O_RDWR | O_CREAT, 0600), to = open("to", O_RDWR | O_CREAT, 0600);
	static char data[30000], copy[30000];
	off_t at = 100, back = 5;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 256);
	CHECK(write(from, data, sizeof(data)) == sizeof(data));
	CHECK(sendfile(to, from, &at, 20000) == 20000 && at == 20100 &&
	      lseek(to, 0, SEEK_CUR) == 20000);
	CHECK(lseek(from, 0, SEEK_CUR) == sizeof(data) && sendfile(to, from, NULL, 10) == 0);
	CHECK(pread(to, copy, 20000, 0) == 20000 && !memcmp(copy, data + 100, 20000));
	at = 29000;
	CHECK(copy_file_range(from, &at, to, &back, 5000, 0) == 1000 && at == 30000 &&
	      back == 1005);
	CHECK(pread(to, copy, 1000, 5) == 1000 && !memcmp(copy, data + 29000, 1000));
	CHECK(lseek(from, 10, SEEK_SET) == 10 && copy_file_range(from, NULL, to, NULL, 4, 0) == 4);
	CHECK(lseek(from, 0, SEEK_CUR) == 14 && lseek(to, 0, SEEK_CUR) == 20004);
	at = 0, back = 100;
	CHECK_ERRNO((int)copy_file_range(from, &at, from, &back, 200, 0), EINVAL);
	CHECK_ERRNO((int)copy_file_range(from, &at, to, &back, 1, 1), EINVAL);
	CHECK_ERRNO((int)copy_file_range(99, NULL, to, NULL, 1, 0), EBADF);
	CHECK_ERRNO((int)copy_file_range(from, NULL, 1, NULL, 1, 0), EINVAL);
	CHECK_ERRNO((int)sendfile(to, 99, NULL, 1), EBADF);
	CHECK_ERRNO((int)sendfile(to, from, (off_t *)8, 1), EFAULT);
	at = -1;
	CHECK_ERRNO((int)sendfile(to, from, &at, 1), EINVAL);
	CHECK(!close(from) && !close(to) && !unlink("from") && !unlink("to"));
}

static void nameless_files(void)
{
	int fd = memfd_create("anything", MFD_CLOEXEC), tmp = open(".", O_TMPFILE | O_RDWR, 0600);
	struct stat info;
	char *at;

	CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && !ftruncate(fd, PAGE));
	CHECK((at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) != MAP_FAILED);
	at[5] = 'x';
	CHECK(lseek(fd, 5, SEEK_SET) == 5 && read(fd, at, 1) == 1 && at[0] == 'x' && !close(fd));
	CHECK(at[5] == 'x' && !munmap(at, PAGE));
	CHECK(memfd_create("x", 64) == -1 && errno == EINVAL && memfd_create(NULL, 0) == -1 &&
	      errno == EFAULT);
	CHECK(tmp >= 0 && write(tmp, "text", 4) == 4 && !fstat(tmp, &info) && info.st_nlink == 0);
	CHECK(!linkat(tmp, "", AT_FDCWD, "name", AT_EMPTY_PATH) && !strcmp(get("name"), "text"));
	CHECK(!close(tmp) && !unlink("name"));
	CHECK_ERRNO(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	CHECK_ERRNO(open("none", O_TMPFILE | O_RDWR, 0600), ENOENT);
	CHECK_ERRNO(open("/dev/null", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
}

static void vectors(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	static struct iovec many[1025];
	struct iovec one = {"abcdef", 6};
	char text[7] = "";

	for (int i = 0; i < 1025; i++)
		many[i] = (struct iovec){"x", 1};
	CHECK(writev(fd, many, 1024) == 1024);
	CHECK_ERRNO((int)writev(fd, many, 1025), EINVAL);
	many[1].iov_len = SSIZE_MAX;
	CHECK_ERRNO((int)writev(fd, many, 2), EINVAL);
	CHECK(pwritev2(fd, &one, 1, 3, RWF_DSYNC) == 6 && pwritev2(fd, &one, 1, -1, RWF_SYNC) == 6);
	CHECK(lseek(fd, 0, SEEK_CUR) == 1030);
	one.iov_base = text;
	CHECK(preadv2(fd, &one, 1, 3, RWF_HIPRI) == 6 && !strcmp(text, "abcdef"));
	CHECK_ERRNO((int)preadv2(fd, &one, 1, 0, 1 << 20), EOPNOTSUPP);
	CHECK_ERRNO((int)preadv2(fd, &one, 1, -2, RWF_HIPRI), EINVAL);
	CHECK(!close(fd) && !unlink("file"));
}

static const struct test tests[] = {
	TEST_IN_MEMORY(holes_are_found),
	TEST_IN_MEMORY(space_in_advance),
	TEST(between_files),
	TEST_IN_MEMORY(nameless_files),
	TEST(vectors),
	{0},
};
const struct suite space_suite = {"space", tests};
