/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in files. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "suite.h"

#define BIG 300000

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 31 + i / 251);
}

static void what_is_written_is_read(void)
{
	uint8_t *data = malloc(BIG);
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	struct stat info;

	CHECK(data && fd >= 0);
	for (size_t i = 0; i < BIG; i++)
		data[i] = byte_at(i);
	for (size_t at = 0, n = 1; at < BIG; at += n, n = n * 3 % 7919)
		CHECK(write(fd, data + at, n < BIG - at ? n : BIG - at) > 0);
	CHECK(lseek(fd, 0, SEEK_CUR) == BIG && !fstat(fd, &info) && info.st_size == BIG);
	memset(data, 0, BIG);
	CHECK(lseek(fd, 100, SEEK_SET) == 100 && read(fd, data, BIG) == BIG - 100 &&
	      read(fd, data, 1) == 0);
	for (size_t i = 100; i < BIG; i++)
		CHECK(data[i - 100] == byte_at(i));
	free(data);
	CHECK(!close(fd) && !unlink("file"));
}

static void positioned_and_scattered(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	char a[4] = "", b[4] = "";
	struct iovec out[3] = {{"abc", 3}, {NULL, 0}, {"defg", 4}}, in[2] = {{a, 3}, {b, 3}};

	CHECK(writev(fd, out, 3) == 7 && pwrite(fd, "XY", 2, 2) == 2 &&
	      pwritev(fd, out, 1, 10) == 3);
	CHECK(lseek(fd, 0, SEEK_CUR) == 7 && preadv(fd, in, 2, 1) == 6);
	CHECK(!strcmp(a, "bXY") && !strcmp(b, "efg"));
	CHECK(readv(fd, in, 2) == 6 && !memcmp(a, "\0\0\0", 3) && !strcmp(b, "abc"));
	CHECK_ERRNO(pread(fd, a, 1, -1), EINVAL);
	CHECK_ERRNO(writev(fd, out, -1), EINVAL);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK(!close(fd) && !unlink("file"));
}

static void open_flags(void)
{
	int fd;

	CHECK_ERRNO(open("file", O_RDONLY), ENOENT);
	CHECK(put("file", "text"));
	CHECK_ERRNO(open("file", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK((fd = open("file", O_WRONLY | O_APPEND)) >= 0 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(write(fd, "s", 1) == 1 && lseek(fd, 0, SEEK_CUR) == 5 &&
	      !strcmp(get("file"), "texts"));
	CHECK_ERRNO(read(fd, &fd, 1), EBADF);
	CHECK(!close(fd) && (fd = open("file", O_RDWR | O_TRUNC)) >= 0 && !*get("file"));
	CHECK(!close(fd) && (fd = open("file", O_RDONLY)) >= 0);
	CHECK_ERRNO(write(fd, "x", 1), EBADF);
	CHECK_ERRNO(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_ERRNO(open(".", O_WRONLY), EISDIR);
	CHECK_ERRNO(open("file/", O_RDONLY), ENOTDIR);
	CHECK(!close(fd) && !unlink("file"));
}

static void holes_and_truncation(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	char text[16];
	struct stat info;

	CHECK(pwrite(fd, "end", 3, 1ll << 32) == 3 && !fstat(fd, &info));
	CHECK(info.st_size == (1ll << 32) + 3 && info.st_blocks == 8);
	CHECK(pread(fd, text, 8, 12345678) == 8 && !memcmp(text, "\0\0\0\0\0\0\0\0", 8));
	CHECK(!ftruncate(fd, (1ll << 32) + 1) && pread(fd, text, 16, (1ll << 32) - 1) == 2);
	CHECK(!ftruncate(fd, (1ll << 32) + 9) && pread(fd, text, 16, (1ll << 32) - 1) == 10);
	CHECK(!memcmp(text, "\0e\0\0\0\0\0\0\0\0", 10));
	CHECK(!truncate("file", 0) && !fstat(fd, &info) && info.st_size == 0 &&
	      info.st_blocks == 0);
	CHECK(!posix_fallocate(fd, 5000, 5000) && !fstat(fd, &info) && info.st_size == 10000);
	CHECK(info.st_blocks == 16);
	CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
	CHECK_ERRNO(pwrite(fd, "x", 1, INT64_MAX), EFBIG);
	CHECK(!close(fd) && !unlink("file"));
}

static void bad_pointers(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static const char constant[] = "constant";

	CHECK(fd >= 0 && map != MAP_FAILED && !munmap(map + 4096, 4096));
	memset(map, 'x', 4096);
	CHECK_ERRNO(write(fd, NULL, 1), EFAULT);
	CHECK_ERRNO(write(fd, map + 4096, 1), EFAULT);
	CHECK_ERRNO(write(fd, (void *)-4096, 1), EFAULT);
	CHECK(write(fd, map + 4000, 200) == 96);
	CHECK(pread(fd, map + 4090, 50, 0) == 6);
	CHECK_ERRNO(pread(fd, (void *)constant, 1, 0), EFAULT);
	CHECK_ERRNO(pread(fd, (void *)(uintptr_t)bad_pointers, 1, 0), EFAULT);
	CHECK_ERRNO(open(map + 4096, O_RDONLY), EFAULT);
	CHECK(!getcwd((char *)8, 100) && errno == EFAULT);
	CHECK_ERRNO(write(1, map + 4096, 10), EFAULT);
	CHECK(!munmap(map, 4096) && !close(fd) && !unlink("file"));
}

static void a_full_machine_says_so_and_lives_on(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	size_t size = 1 << 20;
	char *data = malloc(size);
	ssize_t n;

	CHECK(data && fd >= 0);
	memset(data, 'f', size);
	while ((n = write(fd, data, size)) > 0)
		;
	CHECK(n == -1 && errno == ENOSPC && lseek(fd, 0, SEEK_END) > (off_t)size);
	CHECK_ERRNO(open("another", O_CREAT | O_WRONLY, 0600), ENOSPC);
	CHECK_ERRNO(mkdir("another", 0700), ENOSPC);
	CHECK(pread(fd, data, 10, 1234567) == 10 && !memcmp(data, "ffffffffff", 10));
	free(data);
	CHECK(!ftruncate(fd, 0) && write(fd, "x", 1) == 1 && !close(fd) && !unlink("file"));
}

static void files_of_the_image(void)
{
	char line[64];
	int fd = open("/given/pages.txt", O_RDWR);
	struct stat info;

	CHECK(!strcmp(get("/given/text.txt"), "given with the image\n"));
	CHECK(fd >= 0 && !fstat(fd, &info) && S_ISREG(info.st_mode) && info.st_size % 300 == 0);
	CHECK(pread(fd, line, 38, 200 * 37) == 38 &&
	      !memcmp(line, "line 0200 of a file of several pages\nl", 38));
	CHECK(pwrite(fd, "LINE", 4, 110 * 37) == 4 && pread(fd, line, 9, 110 * 37) == 9);
	CHECK(!memcmp(line, "LINE 0110", 9) && pwrite(fd, "line", 4, 110 * 37) == 4);
	CHECK(pread(fd, line, 37, 109 * 37) == 37 &&
	      !memcmp(line, "line 0109 of a file of several pages\n", 37));
	CHECK(!close(fd));
}

static const struct test tests[] = {
	TEST(what_is_written_is_read),
	TEST(positioned_and_scattered),
	TEST(open_flags),
	TEST_IN_MEMORY(holes_and_truncation),
	TEST(bad_pointers),
	TEST_IN_MEMORY(a_full_machine_says_so_and_lives_on),
	TEST(files_of_the_image),
	{0},
};
const struct suite data_suite = {"data", tests};
