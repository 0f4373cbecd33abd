/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "suite.h"

static int set;

static int change(int to, int operation, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u64 = (uint64_t)fd << 32 | 7};

	return epoll_ctl(to, operation, fd, &event);
}

/* The events of the only descriptor that is ready, or 0. */
static uint32_t one(int fd)
{
	struct epoll_event event[4];
	int count = epoll_wait(set, event, 4, 0);

	if (!count)
		return 0;
	EXPECT(count == 1 && event[0].data.u64 == ((uint64_t)fd << 32 | 7));
	return event[0].events;
}

static void level_and_edge(void)
{
	int fds[2];
	char c;

	CHECK((set = epoll_create1(EPOLL_CLOEXEC)) >= 0 && fcntl(set, F_GETFD) == FD_CLOEXEC);
	CHECK(!pipe2(fds, O_NONBLOCK) && !change(set, EPOLL_CTL_ADD, fds[0], EPOLLIN));
	CHECK(one(fds[0]) == 0 && write(fds[1], "ab", 2) == 2);
	CHECK(one(fds[0]) == EPOLLIN && one(fds[0]) == EPOLLIN && read(fds[0], &c, 1) == 1);
	CHECK(one(fds[0]) == EPOLLIN && read(fds[0], &c, 1) == 1 && one(fds[0]) == 0);

	CHECK(!change(set, EPOLL_CTL_MOD, fds[0], EPOLLIN | EPOLLET));
	CHECK(write(fds[1], "a", 1) == 1 && one(fds[0]) == EPOLLIN && one(fds[0]) == 0);
	CHECK(write(fds[1], "b", 1) == 1 && one(fds[0]) == EPOLLIN && one(fds[0]) == 0);

	CHECK(!change(set, EPOLL_CTL_MOD, fds[0], EPOLLIN | EPOLLONESHOT));
	CHECK(one(fds[0]) == EPOLLIN && one(fds[0]) == 0 && write(fds[1], "c", 1) == 1);
	CHECK(one(fds[0]) == 0 && !change(set, EPOLL_CTL_MOD, fds[0], EPOLLIN | EPOLLONESHOT));
	CHECK(one(fds[0]) == EPOLLIN && !change(set, EPOLL_CTL_MOD, fds[0], 0) && one(fds[0]) == 0);
	CHECK(!close(fds[1]) && one(fds[0]) == EPOLLHUP);
	CHECK(!change(set, EPOLL_CTL_DEL, fds[0], 0) && one(fds[0]) == 0);
	CHECK_ERRNO(epoll_ctl(set, EPOLL_CTL_DEL, fds[0], NULL), ENOENT);
	CHECK(!close(fds[0]) && !close(set));
}

static void wrong(void)
{
	struct epoll_event event[2];
	int file = open("/dev/null", O_RDONLY), fds[2];

	CHECK(file >= 0 && !pipe(fds) && (set = epoll_create(1)) >= 0);
	CHECK_ERRNO(epoll_create(0), EINVAL);
	CHECK_ERRNO(epoll_create1(1), EINVAL);
	CHECK_ERRNO(change(set, EPOLL_CTL_ADD, file, EPOLLIN), EPERM);
	CHECK_ERRNO(change(set, EPOLL_CTL_ADD, 900, EPOLLIN), EBADF);
	CHECK_ERRNO(change(900, EPOLL_CTL_ADD, fds[0], EPOLLIN), EBADF);
	CHECK_ERRNO(change(1, EPOLL_CTL_ADD, fds[0], EPOLLIN), EINVAL);
	CHECK_ERRNO(change(set, EPOLL_CTL_ADD, set, EPOLLIN), EINVAL);
	CHECK_ERRNO(change(set, 99, fds[0], EPOLLIN), EINVAL);
	CHECK_ERRNO(change(set, EPOLL_CTL_MOD, fds[0], EPOLLIN), ENOENT);
	CHECK_ERRNO(epoll_ctl(set, EPOLL_CTL_ADD, fds[0], BAD_POINTER), EFAULT);
	CHECK(!change(set, EPOLL_CTL_ADD, fds[0], EPOLLIN));
	CHECK_ERRNO(change(set, EPOLL_CTL_ADD, fds[0], EPOLLIN), EEXIST);
	CHECK_ERRNO(epoll_wait(set, event, 0, 0), EINVAL);
	CHECK_ERRNO(epoll_wait(set, event, INT32_MAX, 0), EINVAL);
	CHECK_ERRNO(epoll_wait(1, event, 1, 0), EINVAL);
	CHECK_ERRNO(epoll_wait(900, event, 1, 0), EBADF);
	CHECK(write(fds[1], "x", 1) == 1);
	CHECK_ERRNO(epoll_wait(set, BAD_POINTER, 1, 0), EFAULT);
	CHECK(one(fds[0]) == EPOLLIN);
	CHECK_ERRNO(read(set, event, 1), EINVAL);
	CHECK(!close(file) && !close(fds[0]) && !close(fds[1]) && !close(set));
}

/* The set knows an open file by the number it was given: it is there until the last copy closes. */
static void copies(void)
{
	int fds[2], copy;

	CHECK((set = epoll_create1(0)) >= 0 && !pipe(fds) && (copy = dup(fds[0])) >= 0);
	CHECK(!change(set, EPOLL_CTL_ADD, fds[0], EPOLLIN) && write(fds[1], "x", 1) == 1);
	CHECK(!close(fds[0]) && one(fds[0]) == EPOLLIN);
	CHECK(!close(copy) && one(fds[0]) == 0);
	CHECK(!close(fds[1]) && !pipe(fds) && !change(set, EPOLL_CTL_ADD, fds[0], EPOLLIN));
	CHECK(!close(set) && !close(fds[0]) && !close(fds[1]));
}

static void sets_in_sets(void)
{
	int sets[7], fds[2], other;

	CHECK(!pipe(fds));
	for (int i = 0; i < 7; i++)
		CHECK((sets[i] = epoll_create1(0)) >= 0);
	for (int i = 0; i < 5; i++)
		CHECK(!change(sets[i], EPOLL_CTL_ADD, sets[i + 1], EPOLLIN));
	CHECK_ERRNO(change(sets[5], EPOLL_CTL_ADD, sets[6], EPOLLIN), ELOOP);
	CHECK_ERRNO(change(sets[6], EPOLL_CTL_ADD, sets[0], EPOLLIN), ELOOP);
	CHECK_ERRNO(change(sets[4], EPOLL_CTL_ADD, sets[1], EPOLLIN), ELOOP);
	CHECK(!change(sets[5], EPOLL_CTL_ADD, fds[0], EPOLLIN) && ready(sets[0], POLLIN) == 0);
	CHECK(write(fds[1], "x", 1) == 1);
	set = sets[0];
	CHECK(ready(sets[0], POLLIN) == POLLIN && one(sets[1]) == EPOLLIN);
	set = sets[5];
	CHECK(one(fds[0]) == EPOLLIN && read(fds[0], &other, 1) == 1 &&
	      ready(sets[0], POLLIN) == 0);
	for (int i = 0; i < 7; i++)
		CHECK(!close(sets[i]));
	CHECK(!close(fds[0]) && !close(fds[1]));
}

/* Several threads serve many files with one set, edge-triggered and for one event each. */
#define FILES 24
static int files[FILES];
static int taken;

static void *serve(void *arg)
{
	struct epoll_event events[5];
	eventfd_t value;
	int count;

	while ((count = epoll_wait(set, events, 5, -1)) > 0) {
		for (int i = 0; i < count; i++) {
			int fd = (int)(events[i].data.u64 >> 32);

			if (fd == files[0])
				return arg;
			if (!eventfd_read(fd, &value))
				__atomic_add_fetch(&taken, (int)value, __ATOMIC_RELAXED);
			else
				EXPECT(errno == EAGAIN);
			EXPECT(!change(set, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT));
		}
	}
	EXPECT(0);
	return arg;
}

static void many_servers(void)
{
	unsigned seed = 3;

	taken = 0;
	CHECK((set = epoll_create1(0)) >= 0);
	for (int i = 0; i < FILES; i++) {
		CHECK((files[i] = eventfd(0, EFD_NONBLOCK)) >= 0);
		CHECK(!change(set, EPOLL_CTL_ADD, files[i], EPOLLIN | (i ? EPOLLONESHOT : 0)));
	}
	threads_start(4, serve);
	for (int i = 0; i < 2000; i++)
		CHECK(!eventfd_write(files[1 + rand_r(&seed) % (FILES - 1)], 1));
	while (__atomic_load_n(&taken, __ATOMIC_RELAXED) < 2000)
		usleep(1000);
	CHECK(!eventfd_write(files[0], 1));
	threads_join();
	CHECK(taken == 2000);
	for (int i = 0; i < FILES; i++)
		CHECK(!close(files[i]));
	CHECK(!close(set));
}

/* Files come, go and become ready while others wait for them. */
static int finished;

static void *come_and_go(void *arg)
{
	for (int i = 0; i < 150; i++) {
		int fd = eventfd(0, 0);

		EXPECT(fd >= 0 && !change(set, EPOLL_CTL_ADD, fd, i % 2 ? EPOLLIN : EPOLLET));
		EXPECT(!eventfd_write(fd, 1));
		if (i % 3)
			EXPECT(!change(set, EPOLL_CTL_DEL, fd, 0));
		EXPECT(!close(fd));
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_RELEASE);
	return arg;
}

static void races(void)
{
	struct epoll_event events[8];

	finished = 0;
	CHECK((set = epoll_create1(0)) >= 0);
	threads_start(4, come_and_go);
	while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < 4)
		CHECK(epoll_wait(set, events, 8, 1) >= 0);
	threads_join();
	CHECK(epoll_wait(set, events, 8, 0) == 0 && !close(set));
}

static void *wake_it(void *arg)
{
	usleep(2000);
	EXPECT(!eventfd_write(files[0], 1));
	return arg;
}

static void waits(void)
{
	struct epoll_event event;
	uint64_t begin = now_ns();

	CHECK((set = epoll_create1(0)) >= 0 && (files[0] = eventfd(0, 0)) >= 0);
	CHECK(!change(set, EPOLL_CTL_ADD, files[0], EPOLLIN));
	CHECK(epoll_wait(set, &event, 1, 3) == 0 && now_ns() - begin >= 3 * MS);
	threads_start(1, wake_it);
	CHECK(epoll_pwait(set, &event, 1, -1, NULL) == 1 && event.events == EPOLLIN);
	threads_join();
	CHECK(!close(files[0]) && !close(set));
}

static const struct test tests[] = {
	TEST(level_and_edge), TEST(wrong), TEST(copies), TEST(sets_in_sets),
	TEST(many_servers),   TEST(races), TEST(waits),	 TEST_END};
const struct suite epoll_suite = {"epolls", tests};
