/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests/bench/run.py counts between MARK(0) and MARK(1): `files ROW FOLDER`, in FOLDER. It
 * runs here and on Linux. The file `big` of BIG_MIB, whose words number it, is there from the start
 * and nothing of it has been read. Prints `rounds N`.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <abi/mark.h>

#define MIB	     (1 << 20)
#define BIG_MIB	     256
#define BLOCK	     4096
#define BIG_BLOCKS   (BIG_MIB * (MIB / BLOCK))
#define RANDOM	     4096 /* random reads, random writes */
#define SYNC_EACH    64
#define CACHED	     10000
#define FOLDERS	     100
#define FOLDER_FILES 100

static char *buffer;

static void check(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "files: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_big(int flags)
{
	int fd = open("big", flags);

	check(fd >= 0, "big");
	return fd;
}

/* Each block once, in an order without order: 40503 is odd, and BIG_BLOCKS a power of two. */
static uint32_t random_block(uint32_t i)
{
	return (i * 40503u ^ i * 40503u >> 5) % BIG_BLOCKS;
}

/* The first words of block n are n * 1024, n * 1024 + 1, ... */
static int is_block(const char *data, uint32_t n)
{
	uint32_t word;

	memcpy(&word, data, sizeof(word));
	return word == n * (BLOCK / 4);
}

static int file_read(void)
{
	int fd, right = 0;

	MARK(0);
	fd = open_big(O_RDONLY);
	for (int i = 0; i < BIG_MIB; i++)
		right += read(fd, buffer, MIB) == MIB && is_block(buffer, i * (MIB / BLOCK));
	close(fd);
	MARK(1);
	check(right == BIG_MIB, "a part of big is not what was written");
	return BIG_MIB;
}

static int file_write(void)
{
	int fd, done = 0;

	memset(buffer, 'w', MIB);
	MARK(0);
	fd = open("new", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	for (int i = 0; i < BIG_MIB; i++)
		done += write(fd, buffer, MIB) == MIB;
	done += fsync(fd) == 0;
	done += close(fd) == 0;
	MARK(1);
	check(done == BIG_MIB + 2, "writing");
	return BIG_MIB;
}

static int random_read(void)
{
	int fd = open_big(O_RDONLY), right = 0;

	MARK(0);
	for (uint32_t i = 0; i < RANDOM; i++) {
		uint32_t n = random_block(i);

		right += pread(fd, buffer, BLOCK, (off_t)n * BLOCK) == BLOCK && is_block(buffer, n);
	}
	MARK(1);
	check(right == RANDOM, "a block of big is not what was written");
	return RANDOM;
}

static int random_write(void)
{
	int fd = open_big(O_WRONLY), done = 0;

	memset(buffer, 'r', BLOCK);
	MARK(0);
	for (uint32_t i = 0; i < RANDOM; i++) {
		done += pwrite(fd, buffer, BLOCK, (off_t)random_block(i) * BLOCK) == BLOCK;
		if ((i + 1) % SYNC_EACH == 0)
			done += fsync(fd) == 0;
	}
	MARK(1);
	check(done == RANDOM + RANDOM / SYNC_EACH, "writing");
	return RANDOM;
}

static int cached_read(void)
{
	int fd = open_big(O_RDONLY), done = 0;

	for (int i = 0; i < 32; i++)
		check(pread(fd, buffer, BLOCK, i % 16 * BLOCK) == BLOCK, "big");
	MARK(0);
	for (int i = 0; i < CACHED; i++)
		done += pread(fd, buffer, BLOCK, i % 16 * BLOCK) == BLOCK;
	MARK(1);
	check(done == CACHED, "reading");
	return CACHED;
}

/* A folder is filled, then emptied; all in turn. */
static int small_files(void)
{
	char name[32];
	int done = 0;

	memset(buffer, 's', BLOCK);
	MARK(0);
	for (int d = 0; d < FOLDERS; d++) {
		snprintf(name, sizeof(name), "d%d", d);
		done += mkdir(name, 0755) == 0 && chdir(name) == 0;
		for (int i = 0; i < FOLDER_FILES; i++) {
			int fd;

			snprintf(name, sizeof(name), "small file %d", i);
			fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
			done += write(fd, buffer, BLOCK) == BLOCK && close(fd) == 0;
		}
		for (int i = 0; i < FOLDER_FILES; i++) {
			snprintf(name, sizeof(name), "small file %d", i);
			done += unlink(name) == 0;
		}
		done += chdir("..") == 0;
	}
	sync();
	MARK(1);
	check(done == FOLDERS * (2 * FOLDER_FILES + 2), "small files");
	return FOLDERS * FOLDER_FILES;
}

/* What is left of the memory in KiB, after big was read to its end if it is there. */
static int memory_left(void)
{
	int fd = open("big", O_RDONLY);
	struct sysinfo info;

	while (read(fd, buffer, BLOCK) > 0)
		;
	close(fd);
	check(sysinfo(&info) == 0, "sysinfo");
	return (int)(info.freeram * info.mem_unit / 1024);
}

static const struct {
	const char *name;
	int (*run)(void);
} rows[] = {
	{"file_read", file_read},	{"file_write", file_write},   {"random_read", random_read},
	{"random_write", random_write}, {"cached_read", cached_read}, {"smallfiles", small_files},
	{"memory_left", memory_left},
};

int main(int argc, char **argv)
{
	check(argc == 3 && chdir(argv[2]) == 0, "files ROW FOLDER");
	check(posix_memalign((void **)&buffer, BLOCK, MIB) == 0, "memory");
	memset(buffer, 0, MIB);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(argv[1], rows[i].name))
			continue;
		printf("rounds %d\n", rows[i].run());
		return 0;
	}
	fprintf(stderr, "files: no row %s\n", argv[1]);
	return 2;
}
