/* SPDX-License-Identifier: BSD-2-Clause */
/* /dev and the standard files, as the runner sets them up: no terminal, and no input. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "suite.h"

static void nothing_and_zeros(void)
{
	char data[5000];
	int fd = open("/dev/zero", O_RDWR);

	memset(data, 1, sizeof(data));
	CHECK(read(fd, data, 5000) == 5000 && !data[0] && !data[4999] && write(fd, data, 7) == 7 &&
	      !close(fd));
	fd = open("/dev/null", O_RDWR | O_TRUNC);
	CHECK(read(fd, data, 5000) == 0 && write(fd, data, 5000) == 5000 &&
	      lseek(fd, 9, SEEK_SET) == 0);
	CHECK_ERRNO(isatty(fd) ? 0 : -1, ENOTTY);
	CHECK(!close(fd));
}

static void chance(void)
{
	unsigned char data[2][4096];
	unsigned counts[256] = {0};
	int fd = open("/dev/urandom", O_RDONLY), other = open("/dev/random", O_RDONLY);

	CHECK(read(fd, data[0], 4096) == 4096 && read(other, data[1], 4096) == 4096);
	CHECK(memcmp(data[0], data[1], 4096));
	for (unsigned i = 0; i < 4096; i++)
		counts[data[0][i]]++;
	/* 16 of each are expected; 60 or none come once in ten million runs. */
	for (unsigned i = 0; i < 256; i++)
		CHECK(counts[i] < 60);
	CHECK(!close(fd) && !close(other));
}

static void standard_files(void)
{
	struct termios settings;
	struct stat info;
	int fd, count = -1;
	char c;

	for (fd = 0; fd < 3; fd++)
		CHECK(!fstat(fd, &info) && S_ISCHR(info.st_mode) && !isatty(fd));
	CHECK_ERRNO(tcgetattr(0, &settings), ENOTTY);
	CHECK_ERRNO(lseek(1, 0, SEEK_CUR), ESPIPE);
	CHECK_ERRNO((int)pwrite(1, "x", 1, 0), ESPIPE);
	CHECK(read(0, &c, 1) == 0 && read(0, &c, 1) == 0 && !ioctl(0, FIONREAD, &count) &&
	      count == 0);
	CHECK((fd = open("/dev/console", O_RDWR)) >= 0 && read(fd, &c, 1) == 0 &&
	      write(fd, "", 0) == 0);
	CHECK(!close(fd) && (fd = open("/dev/tty", O_WRONLY)) >= 0 && !close(fd));
}

static const struct test tests[] = {
	TEST(nothing_and_zeros), TEST(chance), TEST(standard_files), {0}};
const struct suite device_suite = {"devices", tests};
