/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "suite.h"

static int fds[2], back[2];

static void open_and_close(void)
{
	struct stat info;
	char c = 0;

	CHECK(!pipe(fds) && fds[0] != fds[1]);
	CHECK(!fstat(fds[0], &info) && S_ISFIFO(info.st_mode));
	CHECK(write(fds[1], "x", 1) == 1 && read(fds[0], &c, 1) == 1 && c == 'x');
	CHECK(write(fds[1], "", 0) == 0 && read(fds[0], &c, 0) == 0);
	CHECK((fcntl(fds[0], F_GETFL) & O_ACCMODE) == O_RDONLY);
	CHECK((fcntl(fds[1], F_GETFL) & O_ACCMODE) == O_WRONLY);
	CHECK_ERRNO(write(fds[0], "x", 1), EBADF);
	CHECK_ERRNO(read(fds[1], &c, 1), EBADF);
	CHECK_ERRNO(lseek(fds[0], 0, SEEK_CUR), ESPIPE);
	CHECK_ERRNO(pread(fds[0], &c, 1, 0), ESPIPE);
	CHECK_ERRNO(ftruncate(fds[1], 0), EINVAL);
	CHECK(!close(fds[0]) && !close(fds[1]));
	CHECK_ERRNO(read(fds[0], &c, 1), EBADF);

	CHECK(!pipe2(fds, O_CLOEXEC | O_NONBLOCK));
	CHECK(fcntl(fds[0], F_GETFD) == FD_CLOEXEC && fcntl(fds[1], F_GETFL) & O_NONBLOCK);
	CHECK(!close(fds[0]) && !close(fds[1]));
	CHECK_ERRNO(pipe2(fds, O_APPEND), EINVAL);
	CHECK_ERRNO(pipe((int *)bad_pointer()), EFAULT);
}

static void ends(void)
{
	char c;

	CHECK(!pipe(fds) && write(fds[1], "ab", 2) == 2 && !close(fds[1]));
	CHECK(ready(fds[0], POLLIN) == (POLLIN | POLLHUP));
	CHECK(read(fds[0], &c, 1) == 1 && read(fds[0], &c, 1) == 1 && c == 'b');
	CHECK(read(fds[0], &c, 1) == 0 && read(fds[0], &c, 1) == 0 && !close(fds[0]));

	signal(SIGPIPE, SIG_IGN);
	CHECK(!pipe(fds) && !close(fds[0]));
	CHECK(ready(fds[1], POLLIN) == POLLERR);
	CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
	signal(SIGPIPE, SIG_DFL);
	CHECK(!close(fds[1]));
}

static void without_waiting(void)
{
	static char block[4096];
	int count = -1, total = 0;
	char c;

	CHECK(!pipe2(fds, O_NONBLOCK));
	CHECK_ERRNO(read(fds[0], &c, 1), EAGAIN);
	CHECK(ready(fds[0], POLLIN) == 0 && ready(fds[1], POLLOUT) == POLLOUT);
	while (write(fds[1], block, sizeof(block)) == sizeof(block))
		total += (int)sizeof(block);
	CHECK(errno == EAGAIN && total == 65536 && ready(fds[1], POLLOUT) == 0);
	CHECK(!ioctl(fds[0], FIONREAD, &count) && count == 65536);
	/* Up to PIPE_BUF all or nothing, above it what there is room for. */
	CHECK(read(fds[0], block, 4000) == 4000 && ready(fds[1], POLLOUT) == 0);
	CHECK_ERRNO(write(fds[1], block, 4096), EAGAIN);
	CHECK(write(fds[1], block, 4000) == 4000);
	CHECK(read(fds[0], block, 4000) == 4000);
	CHECK(ready(fds[0], POLLIN) == POLLIN);
	CHECK(writev(fds[1], (struct iovec[]){{block, 3000}, {block, 3000}}, 2) == 4000);
	while (read(fds[0], block, sizeof(block)) > 0)
		total -= 1;
	CHECK(errno == EAGAIN && !close(fds[0]) && !close(fds[1]));
}

static void sizes(void)
{
	static char block[70000];

	CHECK(!pipe2(fds, O_NONBLOCK) && fcntl(fds[0], F_GETPIPE_SZ) == 65536);
	CHECK(fcntl(fds[1], F_SETPIPE_SZ, 100000) == 131072);
	for (int i = 0; i < 70000; i++)
		block[i] = (char)(i * 7 + i / 256);
	CHECK(write(fds[1], block, 70000) == 70000);
	CHECK_ERRNO(fcntl(fds[1], F_SETPIPE_SZ, 4096), EBUSY);
	memset(block, 0, sizeof(block));
	CHECK(read(fds[0], block, 60001) == 60001);
	CHECK(fcntl(fds[0], F_SETPIPE_SZ, 1) == -1 && errno == EBUSY);
	CHECK(fcntl(fds[0], F_SETPIPE_SZ, 16384) == 16384);
	CHECK(read(fds[0], block + 60001, 70000) == 9999);
	for (int i = 0; i < 70000; i++)
		CHECK(block[i] == (char)(i * 7 + i / 256));
	CHECK(fcntl(fds[0], F_SETPIPE_SZ, 1) == 4096);
	CHECK(write(fds[1], block, 70000) == 4096);
	CHECK_ERRNO(fcntl(fds[1], F_SETPIPE_SZ, -1), EINVAL);
	CHECK_ERRNO(fcntl(fds[1], F_SETPIPE_SZ, 2 << 20), EPERM);
	CHECK_ERRNO(fcntl(0, F_GETPIPE_SZ), EINVAL);
	CHECK(!close(fds[0]) && !close(fds[1]));
}

static void bad_memory(void)
{
	char c = 0;

	CHECK(!pipe2(fds, O_NONBLOCK));
	CHECK_ERRNO(write(fds[1], BAD_POINTER, 1), EFAULT);
	CHECK_ERRNO(write(fds[1], BAD_POINTER, 100000), EFAULT);
	CHECK_ERRNO(write(fds[1], &c, (size_t)1 << 63), EINVAL);
	CHECK(ready(fds[0], POLLIN) == 0 && write(fds[1], "x", 1) == 1);
	CHECK_ERRNO(read(fds[0], BAD_POINTER, 1), EFAULT);
	CHECK(read(fds[0], &c, 1) == 1 && c == 'x');
	CHECK(!close(fds[0]) && !close(fds[1]));
}

/* Few bytes at a time, over borders of pages on both sides, into memory that is not there yet. */
static void small_pieces(void)
{
	enum { MOST = 34, ROUNDS = 3 * 4096 };
	unsigned char out[MOST], *to = mmap(NULL, ROUNDS, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int done = 0;

	CHECK(to != MAP_FAILED && !pipe(fds));
	for (int size = 1; done + MOST < ROUNDS - MOST; size = size % MOST + 1) {
		int first = size / 3;

		for (int i = 0; i < size; i++)
			out[i] = (unsigned char)((done + i) * 7);
		CHECK(write(fds[1], out, (size_t)size) == size);
		CHECK(read(fds[0], to + done, (size_t)first) == first);
		CHECK(read(fds[0], to + done + first, MOST + 1) == size - first);
		done += size;
	}
	for (int i = 0; i < done; i++)
		CHECK(to[i] == (unsigned char)(i * 7));
	CHECK(!munmap(to, ROUNDS) && !close(fds[0]) && !close(fds[1]));
}

static void *answer(void *arg)
{
	char c;

	while (read(fds[0], &c, 1) == 1)
		EXPECT(write(back[1], &c, 1) == 1);
	close(back[1]);
	return arg;
}

static void there_and_back(void)
{
	char c;

	CHECK(!pipe(fds) && !pipe(back));
	threads_start(1, answer);
	for (int i = 0; i < 2000; i++) {
		char x = (char)i;

		CHECK(write(fds[1], &x, 1) == 1 && read(back[0], &c, 1) == 1 && c == x);
	}
	CHECK(!close(fds[1]) && read(back[0], &c, 1) == 0);
	threads_join();
	CHECK(!close(fds[0]) && !close(back[0]));
}

/* Several writers, several readers: records of up to PIPE_BUF bytes are never mixed. */
#define SIDE	4
#define RECORDS 300

struct record {
	int writer, number, length;
	unsigned char fill[500];
};

static int seen[SIDE][RECORDS];
static int left;

static void *write_records(void *arg)
{
	struct record record = {.writer = (int)(intptr_t)arg};

	for (record.number = 0; record.number < RECORDS; record.number++) {
		record.length = record.number * 7 % 500;
		memset(record.fill, record.number, sizeof(record.fill));
		EXPECT(write(fds[1], &record, sizeof(record)) == sizeof(record));
	}
	return NULL;
}

static void *read_records(void *arg)
{
	struct record record;
	ssize_t n;

	(void)arg;
	while ((n = read(fds[0], &record, sizeof(record))) > 0) {
		EXPECT(n == sizeof(record) && record.writer < SIDE && record.number < RECORDS);
		for (int i = 0; i < 500; i++)
			EXPECT(record.fill[i] == (unsigned char)record.number);
		if (n != sizeof(record) || record.writer >= SIDE || record.number >= RECORDS)
			break;
		__atomic_add_fetch(&seen[record.writer][record.number], 1, __ATOMIC_RELAXED);
	}
	EXPECT(n == 0);
	return NULL;
}

static void *read_or_write(void *arg)
{
	intptr_t i = (intptr_t)arg;

	if (i >= SIDE)
		return read_records(arg);
	write_records(arg);
	if (!__atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED))
		EXPECT(!close(fds[1]));
	return NULL;
}

static void many_of_both(void)
{
	memset(seen, 0, sizeof(seen));
	left = SIDE;
	CHECK(!pipe(fds) && fcntl(fds[0], F_SETPIPE_SZ, 4096) == 4096);
	threads_start(2 * SIDE, read_or_write);
	threads_join();
	for (int i = 0; i < SIDE; i++)
		for (int k = 0; k < RECORDS; k++)
			CHECK(seen[i][k] == 1);
	CHECK(!close(fds[0]));
}

/* A stream larger than the pipe, in pieces of all sizes. */
#define STREAM 600000

static void *send_stream(void *arg)
{
	static unsigned char data[STREAM];
	size_t at = 0;
	unsigned seed = 1;

	for (int i = 0; i < STREAM; i++)
		data[i] = (unsigned char)(i ^ i >> 8 ^ i >> 16);
	while (at < STREAM) {
		size_t n = (size_t)rand_r(&seed) % (seed % 5 ? 300 : 100000) + 1;
		ssize_t written;

		if (n > STREAM - at)
			n = STREAM - at;
		written = write(fds[1], data + at, n);
		EXPECT(written == (ssize_t)n);
		if (written <= 0)
			break;
		at += (size_t)written;
	}
	EXPECT(!close(fds[1]));
	return arg;
}

static void stream(void)
{
	static unsigned char data[50000];
	int at = 0;
	unsigned seed = 2;
	ssize_t n;

	CHECK(!pipe(fds));
	threads_start(1, send_stream);
	while ((n = read(fds[0], data, (size_t)rand_r(&seed) % sizeof(data) + 1)) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			EXPECT(data[i] == (unsigned char)(at ^ at >> 8 ^ at >> 16));
	threads_join();
	CHECK(!n && at == STREAM && !close(fds[0]));
}

/* The end that a thread waits at is closed: its call goes on with the pipe it began with. */
static void *wait_for_byte(void *arg)
{
	char c = 0;
	ssize_t n = read(fds[0], &c, 1);

	/* Or it comes too late, and the descriptor is closed. */
	EXPECT((n == 1 && c == 'z') || (n == -1 && errno == EBADF));
	return arg;
}

static void closed_while_waiting(void)
{
	int spare;

	CHECK(!pipe(fds) && (spare = dup(fds[0])) >= 0);
	threads_start(1, wait_for_byte);
	usleep(5000);
	CHECK(!close(fds[0]) && write(fds[1], "z", 1) == 1);
	threads_join();
	CHECK(!close(spare));
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(fds[1], "z", 1), EPIPE);
	signal(SIGPIPE, SIG_DFL);
	CHECK(!close(fds[1]));
}

static void *fill_it(void *arg)
{
	static char block[100000];
	ssize_t n = write(fds[1], block, sizeof(block));

	/* Part of it was taken; then the reader went away. */
	EXPECT(n == 65536);
	return arg;
}

static void reader_goes_away(void)
{
	signal(SIGPIPE, SIG_IGN);
	CHECK(!pipe(fds));
	threads_start(1, fill_it);
	while (ready(fds[1], POLLOUT))
		usleep(1000);
	usleep(2000);
	CHECK(!close(fds[0]));
	threads_join();
	signal(SIGPIPE, SIG_DFL);
	CHECK(!close(fds[1]));
}

#define PIECES 600

static unsigned reads_done;

static void *count_reads(void *arg)
{
	char block[PIECES];
	size_t got = 0;

	while (got < PIECES) {
		ssize_t n = read(fds[0], block, sizeof(block));

		EXPECT(n > 0);
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			EXPECT(block[i] == (char)(got + (size_t)i));
		got += (size_t)n;
		reads_done++;
	}
	return arg;
}

/*
 * A reader that waits may get the CPU with the first byte, but who goes on writing keeps it: on one
 * CPU a few reads take all (a slice may end in between), not one for each byte.
 */
static void a_writer_goes_on(void)
{
	CHECK(!pipe(fds));
	reads_done = 0;
	threads_start(1, count_reads);
	usleep(2000);
	for (unsigned i = 0; i < PIECES; i++)
		CHECK(write(fds[1], &(char){(char)i}, 1) == 1);
	threads_join();
	EXPECT(reads_done >= 1 && (sysconf(_SC_NPROCESSORS_ONLN) > 1 || reads_done < PIECES / 4));
	CHECK(!close(fds[0]) && !close(fds[1]));
}

static const struct test tests[] = {
	TEST(open_and_close),
	TEST(ends),
	TEST(without_waiting),
	TEST(sizes),
	TEST(bad_memory),
	TEST(small_pieces),
	TEST(there_and_back),
	TEST(many_of_both),
	TEST(stream),
	TEST(closed_while_waiting),
	TEST(reader_goes_away),
	TEST(a_writer_goes_on),
	TEST_END,
};
const struct suite pipe_suite = {"pipes", tests};
