/* SPDX-License-Identifier: BSD-2-Clause */
/* poll and select. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/select.h>
#include <time.h>

#include "suite.h"

#define PAIRS 20

static int pipes[PAIRS][2];

static void answers(void)
{
	struct pollfd list[5];
	int fds[2], file;
	char c;

	CHECK(!pipe(fds) && (file = open("/tmp/regular", O_RDWR | O_CREAT, 0600)) >= 0);
	list[0] = (struct pollfd){.fd = file, .events = POLLIN | POLLOUT | POLLPRI};
	list[1] = (struct pollfd){.fd = fds[0], .events = POLLIN};
	list[2] = (struct pollfd){.fd = 900, .events = POLLIN};
	list[3] = (struct pollfd){.fd = -1, .events = POLLIN, .revents = 77};
	list[4] = (struct pollfd){.fd = fds[1], .events = POLLOUT | POLLWRNORM};
	CHECK(poll(list, 5, -1) == 3);
	CHECK(list[0].revents == (POLLIN | POLLOUT) && list[1].revents == 0);
	CHECK(list[2].revents == POLLNVAL && list[3].revents == 0);
	CHECK(list[4].revents == (POLLOUT | POLLWRNORM));
	CHECK(write(fds[1], "x", 1) == 1 && poll(list + 1, 1, -1) == 1 &&
	      list[1].revents == POLLIN);
	CHECK(ready(1, POLLOUT) == POLLOUT);
	CHECK(read(fds[0], &c, 1) == 1);
	CHECK(!close(file) && !unlink("/tmp/regular") && !close(fds[0]) && !close(fds[1]));
}

static void time_is_up(void)
{
	struct pollfd one = {.events = POLLIN};
	struct timespec time = {0, 3 * MS};
	uint64_t begin = now_ns();
	int fds[2];

	CHECK(!pipe(fds));
	one.fd = fds[0];
	CHECK(poll(&one, 1, 5) == 0 && now_ns() - begin >= 5 * MS);
	begin = now_ns();
	CHECK(ppoll(&one, 1, &time, NULL) == 0 && now_ns() - begin >= 3 * MS);
	CHECK(poll(NULL, 0, 2) == 0);
	begin = now_ns();
	CHECK(poll(&one, 1, 0) == 0 &&
	      select(0, NULL, NULL, NULL, &(struct timeval){0, 2000}) == 0);
	CHECK(now_ns() - begin >= 2 * MS);
	CHECK(!close(fds[0]) && !close(fds[1]));
}

static void bad_arguments(void)
{
	struct pollfd one = {.fd = 1, .events = POLLOUT};
	struct timespec wrong = {0, 1000000000}, negative = {-1, 0};
	fd_set set;

	CHECK_ERRNO(poll(BAD_POINTER, 1, 0), EFAULT);
	CHECK_ERRNO(poll(NULL, 1, 0), EFAULT);
	CHECK_ERRNO(poll(&one, 100000, 0), EINVAL);
	CHECK_ERRNO(poll(&one, (nfds_t)1 << 61, 0), EINVAL);
	CHECK_ERRNO(ppoll(&one, 1, &wrong, NULL), EINVAL);
	CHECK_ERRNO(ppoll(&one, 1, &negative, NULL), EINVAL);
	CHECK_ERRNO(ppoll(&one, 1, NULL, BAD_POINTER), EFAULT);
	FD_ZERO(&set);
	FD_SET(500, &set);
	CHECK_ERRNO(select(501, &set, NULL, NULL, NULL), EBADF);
	CHECK_ERRNO(select(-1, NULL, NULL, NULL, NULL), EINVAL);
	CHECK_ERRNO(select(1, BAD_POINTER, NULL, NULL, NULL), EFAULT);
	CHECK_ERRNO(select(0, NULL, NULL, NULL, &(struct timeval){-1, 0}), EINVAL);
	CHECK(select(500, &set, NULL, NULL, &(struct timeval){0, 0}) == 0 && !FD_ISSET(500, &set));
}

static void sets(void)
{
	fd_set in, out, except;
	int fds[2], other[2];

	CHECK(!pipe(fds) && !pipe(other) && write(fds[1], "x", 1) == 1 && !close(other[0]));
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&except);
	FD_SET(fds[0], &in);
	FD_SET(fds[1], &out);
	FD_SET(fds[0], &except);
	FD_SET(other[1], &in);
	FD_SET(other[1], &except);
	/* An error makes reading not block; it is no exception. */
	CHECK(select(64, &in, &out, &except, NULL) == 3);
	CHECK(FD_ISSET(fds[0], &in) && FD_ISSET(fds[1], &out) && FD_ISSET(other[1], &in));
	CHECK(!FD_ISSET(fds[0], &except) && !FD_ISSET(other[1], &except));
	FD_ZERO(&in);
	FD_SET(fds[1], &in);
	CHECK(pselect(64, &in, NULL, NULL, &(struct timespec){0, MS}, NULL) == 0);
	CHECK(!FD_ISSET(fds[1], &in));
	CHECK(!close(fds[0]) && !close(fds[1]) && !close(other[1]));
}

/* Bytes come in at random places; one thread collects them all by poll. */
static int sent;

static void *send_some(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg + 5;

	for (int i = 0; i < 500; i++) {
		EXPECT(write(pipes[rand_r(&seed) % PAIRS][1], "y", 1) == 1);
		__atomic_add_fetch(&sent, 1, __ATOMIC_RELAXED);
		if (seed % 16 == 0)
			sched_yield();
	}
	return NULL;
}

static void open_pipes(struct pollfd *list)
{
	for (int i = 0; i < PAIRS; i++) {
		EXPECT(!pipe2(pipes[i], O_NONBLOCK));
		list[i] = (struct pollfd){.fd = pipes[i][0], .events = POLLIN};
	}
}

static void close_pipes(void)
{
	for (int i = 0; i < PAIRS; i++)
		EXPECT(!close(pipes[i][0]) && !close(pipes[i][1]));
}

static void nothing_lost(void)
{
	struct pollfd list[PAIRS];
	char buffer[64];
	int got = 0;

	sent = 0;
	open_pipes(list);
	threads_start(4, send_some);
	while (got < 4 * 500) {
		int count = poll(list, PAIRS, -1);

		EXPECT(count > 0);
		if (count <= 0)
			break;
		for (int i = 0; i < PAIRS; i++) {
			if (list[i].revents & POLLIN) {
				ssize_t n = read(list[i].fd, buffer, sizeof(buffer));

				EXPECT(n > 0);
				got += (int)n;
				count--;
			}
		}
		EXPECT(count == 0);
	}
	threads_join();
	CHECK(got == sent && poll(list, PAIRS, 0) == 0);
	close_pipes();
}

/* Several threads wait for the same byte, by poll and by select. */
static int woken;
static int may_be_late; /* and find the descriptor closed */

static void *wait_there(void *arg)
{
	struct pollfd one = {.fd = pipes[0][0], .events = POLLIN};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(pipes[0][0], &set);
	if ((uintptr_t)arg % 2)
		EXPECT(poll(&one, 1, -1) == 1 &&
		       (one.revents == POLLIN || (may_be_late && one.revents == POLLNVAL)));
	else
		EXPECT(select(pipes[0][0] + 1, &set, NULL, NULL, NULL) == 1 ||
		       (may_be_late && errno == EBADF));
	__atomic_add_fetch(&woken, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void all_learn_of_it(void)
{
	struct pollfd list[PAIRS];

	woken = 0;
	open_pipes(list);
	threads_start(6, wait_there);
	usleep(3000);
	CHECK(woken == 0 && write(pipes[0][1], "w", 1) == 1);
	threads_join();
	CHECK(woken == 6);
	close_pipes();
}

/* The descriptor is closed while somebody polls: he goes on with the file he began with. */
static void closed_while_polled(void)
{
	struct pollfd list[PAIRS];
	int spare;

	woken = 0;
	may_be_late = 1;
	open_pipes(list);
	spare = dup(pipes[0][0]);
	threads_start(2, wait_there);
	usleep(3000);
	CHECK(!close(pipes[0][0]) && write(pipes[0][1], "w", 1) == 1);
	threads_join();
	may_be_late = 0;
	CHECK(woken == 2 && dup2(spare, pipes[0][0]) == pipes[0][0] && !close(spare));
	close_pipes();
}

static void *hang_up(void *arg)
{
	usleep(2000);
	EXPECT(!close(pipes[0][1]));
	return arg;
}

static void hang_up_is_seen(void)
{
	struct pollfd one = {.events = 0};

	CHECK(!pipe(pipes[0]));
	one.fd = pipes[0][0];
	threads_start(1, hang_up);
	CHECK(poll(&one, 1, -1) == 1 && one.revents == POLLHUP);
	threads_join();
	CHECK(!close(pipes[0][0]));
}

static const struct test tests[] = {
	TEST(answers),	    TEST(time_is_up),	   TEST(bad_arguments),	      TEST(sets),
	TEST(nothing_lost), TEST(all_learn_of_it), TEST(closed_while_polled), TEST(hang_up_is_seen),
	TEST_END,
};
const struct suite poll_suite = {"polls", tests};
