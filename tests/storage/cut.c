/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cut ROOT SEED COUNT THREADS [errors]: writes files and says what must be on the disk if the power
 * fails from now on. THREADS more write other files. With `errors`, what fails with EIO is told and
 * tried again. Each line waits for a byte of standard input, so that the host can note how far the
 * log of the disk is. Bytes of a file are made from its number; see powercut.py. With `errors` the
 * last lines tell of all files, after a sync that returned no error, and a file BIG is read.
 *
 *	has NAME NUMBER SIZE	the file has these bytes (after fsync)
 *	grows NAME		it becomes longer from now on
 *	changes NAME		anything may become of its bytes
 *	leaves NAME		it will be unlinked
 *	gone NAME		it is (after sync)
 *	moves FROM TO NUMBER SIZE	FROM will be renamed to TO
 *	moved FROM TO		it is (after sync)
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 24

struct file {
	uint64_t number;
	uint64_t size;
	int there;
};

static const char *root;
static uint64_t random_state, numbers;
static struct file files[FILES];

static uint64_t next(void)
{
	uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void die(const char *what)
{
	printf("error %s: %s\n", what, strerror(errno));
	exit(1);
}

static int expect_errors;

/* A call's result; true: to be tried again. */
static int again(int failed, const char *what, unsigned *tries)
{
	if (!failed)
		return 0;
	/* What failed may have been done all the same. */
	if (*tries && (errno == ENOENT || errno == EEXIST))
		return 0;
	if (!expect_errors || errno != EIO || ++*tries > 4)
		die(what);
	printf("error %s\n", what);
	fflush(stdout);
	return 1;
}
#define TRY(call)                                                                                  \
	do {                                                                                       \
		unsigned tries_ = 0;                                                               \
		while (again((call) < 0, #call, &tries_))                                          \
			;                                                                          \
	} while (0)

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	va_list arguments;
	char byte;

	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	if (read(0, &byte, 1) != 1)
		die("read");
}

/* Names long enough to cross sectors of a directory now and then; some in a folder. */
static const char *name(unsigned index)
{
	static char names[4][200];
	static unsigned turn;
	char *to = names[turn++ % 4];

	if (index % 4 == 0)
		snprintf(to, 200, "F%u.DAT", index);
	else if (index % 4 == 1)
		snprintf(to, 200, "a name that is long enough to have many parts, number %u",
			 index);
	else
		snprintf(to, 200, "folder %u/file number %u.text", index % 4, index);
	return to;
}

static const char *path(const char *file)
{
	static char paths[4][300];
	static unsigned turn;
	char *to = paths[turn++ % 4];

	snprintf(to, 300, "%s/%s", root, file);
	return to;
}

/* The file's byte `at`, of 8 byte words. */
static void fill(char *to, uint64_t number, uint64_t at, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint64_t word = (number << 32) + (at + i) / 8;

		word *= UINT64_C(0x9e3779b97f4a7c15);
		to[i] = (char)(word >> (at + i) % 8 * 8);
	}
}

static void write_bytes(int fd, uint64_t number, uint64_t from, uint64_t size)
{
	static char buffer[8192];

	while (size) {
		size_t piece = size < sizeof(buffer) ? (size_t)size : 1 + next() % sizeof(buffer);

		piece = piece > size ? (size_t)size : piece;
		fill(buffer, number, from, piece);
		TRY(pwrite(fd, buffer, piece, (off_t)from));
		from += piece;
		size -= piece;
	}
}

static uint64_t some_size(void)
{
	return next() % 3 ? next() % 9000 : next() % 120000;
}

/* sync() would tell of no error. */
static void sync_all(void)
{
	int fd;

	TRY(fd = open(root, O_RDONLY | O_DIRECTORY));
	TRY(fsync(fd));
	close(fd);
}

static void file_sync(int fd, unsigned index)
{
	TRY(fsync(fd));
	files[index].there = 1;
	tell("has %s|%" PRIu64 "|%" PRIu64, name(index), files[index].number, files[index].size);
}

/* A new file, or new bytes for an old one. */
static void file_write(unsigned index)
{
	struct file *file = &files[index];
	int fd;

	tell("changes %s", name(index));
	TRY(fd = open(path(name(index)), O_RDWR | O_CREAT | O_TRUNC, 0644));
	file->number = ++numbers;
	file->size = some_size();
	write_bytes(fd, file->number, 0, file->size);
	file_sync(fd, index);
	close(fd);
}

static void file_grow(unsigned index)
{
	struct file *file = &files[index];
	uint64_t more = some_size();
	int fd;

	tell("grows %s", name(index));
	TRY(fd = open(path(name(index)), O_RDWR, 0644));
	write_bytes(fd, file->number, file->size, more);
	file->size += more;
	if (next() % 3)
		file_sync(fd, index);
	close(fd);
}

/* The way editors save: a new file takes the name. */
static void file_replace(unsigned index)
{
	struct file *file = &files[index];
	int fd;

	tell("changes NEW.TMP");
	TRY(fd = open(path("NEW.TMP"), O_RDWR | O_CREAT | O_TRUNC, 0644));
	file->number = ++numbers;
	file->size = some_size();
	write_bytes(fd, file->number, 0, file->size);
	TRY(fsync(fd));
	close(fd);
	tell("moves NEW.TMP|%s|%" PRIu64 "|%" PRIu64, name(index), file->number, file->size);
	TRY(rename(path("NEW.TMP"), path(name(index))));
	if (next() % 2) {
		sync_all();
		file->there = 1;
		tell("has %s|%" PRIu64 "|%" PRIu64, name(index), file->number, file->size);
	}
	file->there = 1;
}

static void file_move(unsigned from, unsigned to)
{
	tell("moves %s|%s|%" PRIu64 "|%" PRIu64, name(from), name(to), files[from].number,
	     files[from].size);
	TRY(rename(path(name(from)), path(name(to))));
	files[to] = files[from];
	files[from].there = 0;
	if (next() % 2) {
		sync_all();
		tell("moved %s|%s|%" PRIu64 "|%" PRIu64, name(from), name(to), files[to].number,
		     files[to].size);
	}
}

static void file_remove(unsigned index)
{
	tell("leaves %s", name(index));
	TRY(unlink(path(name(index))));
	files[index].there = 0;
	if (next() % 2) {
		sync_all();
		tell("gone %s", name(index));
	}
}

/* Folders come and go, and files nobody promised anything about. */
static void noise(void)
{
	char other[64], byte = 1;
	int fd;

	snprintf(other, sizeof(other), "%s/noise %u", root, (unsigned)(next() % 8));
	switch (next() % 3) {
	case 0:
		mkdir(other, 0755);
		break;
	case 1:
		rmdir(other);
		break;
	}
	snprintf(other, sizeof(other), "%s/scratch %u", root, (unsigned)(next() % 30));
	if (next() % 3 == 0) {
		unlink(other);
		return;
	}
	TRY(fd = open(other, O_WRONLY | O_CREAT | O_APPEND, 0644));
	for (unsigned i = next() % 20; i; i--)
		TRY(write(fd, &byte, 1));
	TRY(ftruncate(fd, (off_t)(next() % 20000)));
	close(fd);
}

/* A file that was there from the start, larger than the cache: its reads fail now and then, too. */
static void read_big(void)
{
	static char expected[4096], found[4096];
	struct stat stat;
	int fd;

	TRY(fd = open(path("BIG"), O_RDONLY));
	TRY(fstat(fd, &stat));
	for (unsigned i = 0; i < 8; i++) {
		uint64_t at = next() % (uint64_t)(stat.st_size - 4096);

		fill(expected, 0, at, 4096);
		TRY(pread(fd, found, 4096, (off_t)at));
		if (memcmp(expected, found, 4096))
			die("other bytes in BIG");
	}
	close(fd);
}

static volatile int stop;

/* Other threads write all the time. */
static void *disturb(void *argument)
{
	unsigned number = (unsigned)(uintptr_t)argument;
	static char block[3][10000];
	char other[64];

	for (unsigned i = 0; !stop; i++) {
		int fd;

		snprintf(other, sizeof(other), "%s/disturb %u %u", root, number, i % 5);
		fd = open(other, O_WRONLY | O_CREAT | (i % 7 ? O_APPEND : O_TRUNC), 0644);
		if (fd < 0)
			die("open");
		if (write(fd, block[number], 1000 + i % 9000) < 0)
			die("write");
		if (i % 5 == 0)
			fsync(fd);
		close(fd);
		if (i % 11 == 0)
			unlink(other);
		usleep(2000);
	}
	return NULL;
}

/* What the disk must have after an orderly end, whatever was tried again. */
static void tell_all(void)
{
	sync_all();
	for (unsigned i = 0; i < FILES; i++)
		if (files[i].there)
			tell("has %s|%" PRIu64 "|%" PRIu64, name(i), files[i].number,
			     files[i].size);
		else
			tell("gone %s", name(i));
}

int main(int argc, char **argv)
{
	pthread_t threads[3];
	unsigned threads_count;

	if (argc < 5)
		return 2;
	root = argv[1];
	random_state = strtoull(argv[2], NULL, 10);
	threads_count = (unsigned)atoi(argv[4]);
	expect_errors = argc > 5;
	for (unsigned i = 2; i < 4; i++) {
		char folder[16];

		snprintf(folder, sizeof(folder), "folder %u", i);
		TRY(mkdir(path(folder), 0755));
	}
	sync_all();
	for (unsigned i = 0; i < threads_count && i < 3; i++)
		pthread_create(&threads[i], NULL, disturb, (void *)(uintptr_t)i);
	for (unsigned i = 0; i < (unsigned)atoi(argv[3]); i++) {
		unsigned index = next() % FILES, other = next() % FILES;

		if (expect_errors)
			read_big();
		if (!files[index].there) {
			if (next() % 2)
				file_write(index);
			else
				file_replace(index);
			continue;
		}
		switch (next() % 8) {
		case 0:
			file_write(index);
			break;
		case 1:
		case 2:
			file_grow(index);
			break;
		case 3:
		case 4:
			file_replace(index);
			break;
		case 5:
			if (other != index)
				file_move(index, other);
			break;
		case 6:
			file_remove(index);
			break;
		default:
			for (unsigned j = 0; j < 5; j++)
				noise();
		}
	}
	stop = 1;
	for (unsigned i = 0; i < threads_count && i < 3; i++)
		pthread_join(threads[i], NULL);
	if (expect_errors)
		tell_all();
	tell("end");
	return 0;
}
