/* SPDX-License-Identifier: BSD-2-Clause */
/* Connected pairs of local sockets. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "suite.h"

static int fds[2];

static void close_both(void)
{
	EXPECT(!close(fds[0]) && !close(fds[1]));
}

static void streams(void)
{
	char text[64] = {0};
	int count;
	struct stat info;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	CHECK(fcntl(fds[0], F_GETFD) == FD_CLOEXEC && !fstat(fds[1], &info) &&
	      S_ISSOCK(info.st_mode));
	CHECK(ready(fds[0], POLLIN | POLLOUT) == POLLOUT);
	CHECK(write(fds[0], "hello ", 6) == 6 && send(fds[0], "world", 5, 0) == 5);
	CHECK(!ioctl(fds[1], FIONREAD, &count) && count == 11);
	CHECK(recv(fds[1], text, 64, MSG_PEEK) == 11 && !memcmp(text, "hello world", 11));
	CHECK(read(fds[1], text, 3) == 3 && recv(fds[1], text, 64, 0) == 8);
	CHECK(!memcmp(text, "lo world", 8));
	CHECK_ERRNO(recv(fds[1], text, 64, MSG_DONTWAIT), EAGAIN);
	/* The other way, and the end. */
	CHECK(write(fds[1], "x", 1) == 1 && !close(fds[1]));
	CHECK(ready(fds[0], POLLIN | POLLRDHUP) == (POLLIN | POLLHUP | POLLRDHUP));
	CHECK(read(fds[0], text, 9) == 1 && read(fds[0], text, 9) == 0);
	CHECK_ERRNO(send(fds[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK(!close(fds[0]));
}

static void messages(void)
{
	char text[16] = {0};

	for (int type = SOCK_DGRAM; type; type = type == SOCK_DGRAM ? SOCK_SEQPACKET : 0) {
		CHECK(!socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fds));
		CHECK(send(fds[0], "one", 3, 0) == 3 && send(fds[0], "", 0, 0) == 0);
		CHECK(send(fds[0], "twotwo", 6, 0) == 6 && send(fds[0], "threethree", 10, 0) == 10);
		CHECK(recv(fds[1], text, 16, 0) == 3 && recv(fds[1], text, 16, 0) == 0);
		CHECK(recv(fds[1], text, 3, MSG_PEEK) == 3 && !memcmp(text, "two", 3));
		CHECK(recv(fds[1], text, 3, 0) == 3);
		CHECK(recv(fds[1], text, 3, MSG_TRUNC) == 10);
		CHECK_ERRNO(recv(fds[1], text, 3, 0), EAGAIN);
		CHECK(!close(fds[1]));
		CHECK_ERRNO(send(fds[0], "x", 1, MSG_NOSIGNAL),
			    type == SOCK_DGRAM ? ECONNREFUSED : EPIPE);
		CHECK(!close(fds[0]));
	}
}

static void one_way(void)
{
	char c;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds) && write(fds[0], "a", 1) == 1);
	CHECK(!shutdown(fds[0], SHUT_WR) && read(fds[1], &c, 1) == 1 && read(fds[1], &c, 1) == 0);
	CHECK_ERRNO(send(fds[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK(write(fds[1], "b", 1) == 1 && read(fds[0], &c, 1) == 1 && c == 'b');
	CHECK(ready(fds[1], POLLIN | POLLRDHUP) == (POLLIN | POLLRDHUP));
	CHECK(!shutdown(fds[1], SHUT_WR) && ready(fds[0], 0) == 0);
	CHECK(!shutdown(fds[0], SHUT_RD) && ready(fds[0], 0) == POLLHUP);
	CHECK_ERRNO(shutdown(fds[0], 7), EINVAL);
	close_both();
}

static int send_fd(int socket, int fd, const char *text)
{
	char space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec piece = {(void *)text, strlen(text)};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = space,
				 .msg_controllen = sizeof(space)};
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(control), &fd, sizeof(int));
	return (int)sendmsg(socket, &message, 0);
}

static int receive_fd(int socket, char *text, size_t size, ssize_t *length, int *flags)
{
	char space[CMSG_SPACE(sizeof(int))];
	struct iovec piece = {text, size};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = space,
				 .msg_controllen = sizeof(space)};
	struct cmsghdr *control;
	int fd = -1;

	*length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	*flags = message.msg_flags;
	control = *length < 0 ? NULL : CMSG_FIRSTHDR(&message);
	if (control)
		memcpy(&fd, CMSG_DATA(control), sizeof(int));
	return fd;
}

static void descriptors(void)
{
	char text[16] = {0};
	ssize_t length;
	int pair[2], fd, flags;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds) && !pipe(pair));
	CHECK(write(fds[0], "before", 6) == 6 && send_fd(fds[0], pair[0], "with") == 4);
	CHECK(!close(pair[0]) && write(fds[0], "after", 5) == 5);
	/* They come with the bytes they were sent with. */
	CHECK(receive_fd(fds[1], text, 16, &length, &flags) == -1 && length == 6);
	fd = receive_fd(fds[1], text, 16, &length, &flags);
	CHECK(fd >= 0 && length == 4 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK(write(pair[1], "!", 1) == 1 && read(fd, text, 1) == 1 && *text == '!');
	CHECK(!close(fd) && read(fds[1], text, 16) == 5);
	/* Nobody wants it: it is closed. */
	CHECK(send_fd(fds[0], pair[1], "x") == 1 && read(fds[1], text, 16) == 1);
	CHECK(send_fd(fds[0], pair[1], "y") == 1);
	CHECK_ERRNO(send_fd(fds[0], 900, "z"), EBADF);
	CHECK(!close(pair[1]));
	close_both();
}

static void wrong(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(name);
	struct msghdr message = {0};
	int file = open("/dev/null", O_RDWR), value = 0;
	static char block[200000];
	char c;

	CHECK_ERRNO(socketpair(AF_INET, SOCK_STREAM, 0, fds), EAFNOSUPPORT);
	CHECK_ERRNO(socketpair(AF_UNIX, SOCK_RAW, 0, fds), ESOCKTNOSUPPORT);
	CHECK_ERRNO(socketpair(AF_UNIX, SOCK_STREAM, 99, fds), EPROTONOSUPPORT);
	CHECK_ERRNO(socketpair(AF_UNIX, SOCK_STREAM, 0, BAD_POINTER), EFAULT);
	CHECK_ERRNO(socket(AF_INET, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERRNO(send(900, "x", 1, 0), EBADF);
	CHECK_ERRNO(send(file, "x", 1, 0), ENOTSOCK);
	CHECK_ERRNO(recv(file, &c, 1, 0), ENOTSOCK);
	CHECK_ERRNO(shutdown(file, SHUT_RD), ENOTSOCK);
	CHECK_ERRNO(getsockname(-1, (void *)&name, &size), EBADF);
	CHECK_ERRNO(listen(file, 1), ENOTSOCK);
	CHECK_ERRNO(accept(-1, NULL, NULL), EBADF);
	CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, fds));
	CHECK_ERRNO(send(fds[0], BAD_POINTER, 1, 0), EFAULT);
	CHECK_ERRNO(send(fds[0], block, sizeof(block), 0), EMSGSIZE);
	message.msg_iov = BAD_POINTER;
	message.msg_iovlen = 1;
	CHECK_ERRNO(sendmsg(fds[0], &message, 0), EFAULT);
	CHECK_ERRNO(recvmsg(fds[0], &message, 0), EFAULT);
	message.msg_iovlen = 2000;
	CHECK_ERRNO(sendmsg(fds[0], &message, 0), EMSGSIZE);
	CHECK_ERRNO(listen(fds[0], 1), EOPNOTSUPP);
	CHECK_ERRNO(accept(fds[0], NULL, NULL), EOPNOTSUPP);
	CHECK_ERRNO(bind(fds[0], (void *)&name, sizeof(name)), EOPNOTSUPP);
	CHECK_ERRNO(bind(fds[0], (void *)&name, 1000), EINVAL);
	CHECK(send(fds[0], "x", 1, 0) == 1);
	CHECK_ERRNO(recv(fds[1], BAD_POINTER, 1, 0), EFAULT);
	CHECK(recv(fds[1], &c, 1, MSG_DONTWAIT) == 1 && c == 'x');
	CHECK(!getsockname(fds[0], (void *)&name, &size) && size == 2);
	size = sizeof(value);
	CHECK(!getsockopt(fds[0], SOL_SOCKET, SO_TYPE, &value, &size) && value == SOCK_DGRAM);
	CHECK(!getsockopt(fds[0], SOL_SOCKET, SO_DOMAIN, &value, &size) && value == AF_UNIX);
	CHECK(!getsockopt(fds[0], SOL_SOCKET, SO_ERROR, &value, &size) && value == 0);
	CHECK_ERRNO(getsockopt(fds[0], SOL_SOCKET, 999, &value, &size), ENOPROTOOPT);
	CHECK_ERRNO(getsockopt(fds[0], SOL_SOCKET, SO_TYPE, BAD_POINTER, &size), EFAULT);
	CHECK_ERRNO(setsockopt(fds[0], 99, 1, &value, sizeof(value)), ENOPROTOOPT);
	CHECK(!setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){0, 2000},
			  sizeof(struct timeval)));
	CHECK_ERRNO(recv(fds[0], &c, 1, 0), EAGAIN);
	close_both();
	CHECK(!close(file));
}

/* More than the other side takes at once, both ways at the same time. */
#define STREAM 400000

static void *send_stream(void *arg)
{
	int fd = fds[(intptr_t)arg / 2];
	unsigned char data[3000];
	unsigned seed = (unsigned)(uintptr_t)arg;
	int at = 0;

	if ((intptr_t)arg % 2) {
		while (at < STREAM) {
			int n = rand_r(&seed) % (int)sizeof(data) + 1;

			n = n < STREAM - at ? n : STREAM - at;
			for (int i = 0; i < n; i++)
				data[i] = (unsigned char)((at + i) ^ (at + i) >> 8);
			EXPECT(send(fd, data, (size_t)n, 0) == n);
			at += n;
		}
		EXPECT(!shutdown(fd, SHUT_WR));
	} else {
		ssize_t n;

		while ((n = recv(fd, data, (size_t)rand_r(&seed) % sizeof(data) + 1,
				 seed % 2 ? MSG_WAITALL : 0)) > 0)
			for (ssize_t i = 0; i < n; i++, at++)
				EXPECT(data[i] == (unsigned char)(at ^ at >> 8));
		EXPECT(n == 0 && at == STREAM);
	}
	return NULL;
}

static void both_ways(void)
{
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	threads_start(4, send_stream);
	threads_join();
	close_both();
}

/* Several senders and receivers: each message once and whole. */
static int received[4][200];

static void *exchange(void *arg)
{
	intptr_t who = (intptr_t)arg;
	int record[100];

	for (int i = 0; i < 200; i++) {
		if (who < 4) {
			for (int k = 0; k < 100; k++)
				record[k] = (int)who << 16 | i;
			EXPECT(send(fds[0], record, sizeof(record), 0) == sizeof(record));
		} else {
			EXPECT(recv(fds[1], record, sizeof(record), 0) == sizeof(record));
			for (int k = 1; k < 100; k++)
				EXPECT(record[k] == record[0]);
			if (record[0] >> 16 < 4 && (record[0] & 0xffff) < 200)
				__atomic_add_fetch(&received[record[0] >> 16][record[0] & 0xffff],
						   1, __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

static void many_of_both(void)
{
	memset(received, 0, sizeof(received));
	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds));
	CHECK(!setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int)));
	threads_start(8, exchange);
	threads_join();
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 200; k++)
			CHECK(received[i][k] == 1);
	close_both();
}

static void *wait_for_end(void *arg)
{
	char c;

	EXPECT(recv(fds[0], &c, 1, 0) == 0);
	return arg;
}

static void end_wakes(void)
{
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	threads_start(2, wait_for_end);
	usleep(3000);
	CHECK(!close(fds[1]));
	threads_join();
	CHECK(!close(fds[0]));
}

static const struct test tests[] = {
	TEST(streams),	 TEST(messages),     TEST(one_way),   TEST(descriptors), TEST(wrong),
	TEST(both_ways), TEST(many_of_both), TEST(end_wakes), TEST_END,
};
const struct suite socket_suite = {"sockets", tests};
