/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of descriptors: the lowest, the limit, copies. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "suite.h"

static void lowest_first(void)
{
	int a = dup(0), b = dup(0), c = dup(0);

	CHECK(a >= 3 && b == a + 1 && c == b + 1 && !close(b) && dup(1) == b);
	CHECK(fcntl(0, F_DUPFD, c) == c + 1 && fcntl(0, F_DUPFD_CLOEXEC, 500) == 500);
	CHECK(fcntl(500, F_GETFD) == FD_CLOEXEC && fcntl(c + 1, F_GETFD) == 0);
	CHECK(!fcntl(c, F_SETFD, FD_CLOEXEC) && fcntl(c, F_GETFD) == FD_CLOEXEC);
	CHECK(dup2(c, b) == b && fcntl(b, F_GETFD) == 0 && dup2(b, b) == b);
	CHECK(dup3(c, 700, O_CLOEXEC) == 700 && fcntl(700, F_GETFD) == FD_CLOEXEC);
	CHECK_ERRNO(dup3(c, c, 0), EINVAL);
	CHECK_ERRNO(dup3(c, 700, O_APPEND), EINVAL);
	CHECK_ERRNO(dup2(c, 1024), EBADF);
	CHECK_ERRNO(dup2(c, -1), EBADF);
	CHECK_ERRNO(dup2(999, 3), EBADF);
	CHECK_ERRNO(dup(-1), EBADF);
	CHECK_ERRNO(dup(INT32_MAX), EBADF);
	CHECK_ERRNO(fcntl(0, F_DUPFD, -1), EINVAL);
	CHECK_ERRNO(fcntl(0, F_DUPFD, 1024), EINVAL);
	CHECK_ERRNO(fcntl(0, 99, 0), EINVAL);
	CHECK_ERRNO(fcntl(800, F_GETFL), EBADF);
	CHECK(!close(700) && !close(500) && !close(a) && !close(b) && !close(c) && !close(c + 1));
	CHECK_ERRNO(close(c), EBADF);
	CHECK_ERRNO(close(-1), EBADF);
}

static void no_more(void)
{
	static int list[1024];
	int count = 0, pair[2] = {77, 78};

	while ((list[count] = dup(1)) >= 0)
		count++;
	CHECK(errno == EMFILE && count == 1021);
	CHECK_ERRNO(dup(1), EMFILE);
	CHECK_ERRNO(fcntl(1, F_DUPFD, 5), EMFILE);
	CHECK_ERRNO(open("/dev/null", O_RDONLY), EMFILE);
	CHECK_ERRNO(pipe(pair), EMFILE);
	CHECK(!close(list[--count]));
	CHECK_ERRNO(pipe(pair), EMFILE);
	CHECK(pair[0] == 77 && pair[1] == 78 && dup(1) == list[count++]);
	while (count)
		CHECK(!close(list[--count]));
}

static void lower_limit(void)
{
	struct rlimit old, limit;
	int fds[2];

	CHECK(!getrlimit(RLIMIT_NOFILE, &old) && old.rlim_cur == 1024 && old.rlim_max == 1024);
	limit = old;
	limit.rlim_cur = 4;
	CHECK(!setrlimit(RLIMIT_NOFILE, &limit) && dup(0) == 3);
	CHECK(sysconf(_SC_OPEN_MAX) == 4);
	CHECK_ERRNO(dup(0), EMFILE);
	CHECK_ERRNO(dup2(0, 4), EBADF);
	CHECK_ERRNO(pipe(fds), EMFILE);
	CHECK(!close(3));
	CHECK_ERRNO(pipe(fds), EMFILE);
	CHECK_ERRNO(poll(NULL, 5, 0), EFAULT);
	limit.rlim_cur = limit.rlim_max = 2000;
	CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
	limit = (struct rlimit){5, 4};
	CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EINVAL);
	CHECK(!setrlimit(RLIMIT_NOFILE, &old));
}

/* What is opened, copied and closed at the same time never ends up in two hands. */
static void *open_and_close(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	char text[1], c;

	for (int i = 0; i < 200; i++) {
		int fds[2];

		if (pipe(fds)) {
			EXPECT(0);
			break;
		}
		text[0] = (char)rand_r(&seed);
		EXPECT(write(fds[1], text, 1) == 1);
		if (seed % 2) {
			int copy = dup(fds[0]);

			EXPECT(copy >= 0 && !close(fds[0]));
			fds[0] = copy;
		}
		EXPECT(read(fds[0], &c, 1) == 1 && c == text[0]);
		EXPECT(!close(fds[0]) && !close(fds[1]));
	}
	return NULL;
}

static void at_the_same_time(void)
{
	threads_start(8, open_and_close);
	threads_join();
}

static const struct test tests[] = {TEST(lowest_first), TEST(no_more), TEST(lower_limit),
				    TEST(at_the_same_time), TEST_END};
const struct suite limit_suite = {"limits", tests};
