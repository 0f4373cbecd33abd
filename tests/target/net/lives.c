/* SPDX-License-Identifier: BSD-2-Clause */
/* How streams begin and end. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/epoll.h>

#include "suite.h"

static void refused(void)
{
	int port, fd = listener(&port, 1), error;
	struct address address = own(port);
	socklen_t size = sizeof(error);

	CHECK(!close(fd));
	fd = socket(family, SOCK_STREAM, 0);
	CHECK_ERRNO(connect(fd, TO(address)), ECONNREFUSED);
	CHECK_ERRNO(connect(fd, TO(address)), ECONNREFUSED);
	CHECK(!close(fd));
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK_ERRNO(connect(fd, TO(address)), EINPROGRESS);
	CHECK(wait_for(fd, POLLOUT) & POLLOUT);
	CHECK(!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) && error == ECONNREFUSED);
	CHECK(!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) && error == 0);
	CHECK(!close(fd));
}
BOTH(refused)

static void non_blocking(void)
{
	int port, listening = listener(&port, 5), fd, accepted, error = -1;
	struct address address = own(port);
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	char c;

	CHECK(!fcntl(listening, F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(accept(listening, NULL, NULL), EAGAIN);
	CHECK(ready(listening, POLLIN) == 0);
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK_ERRNO(recv(fd, &c, 1, 0), ENOTCONN);
	CHECK_ERRNO(connect(fd, TO(address)), EINPROGRESS);
	CHECK(wait_for(fd, POLLOUT) == POLLOUT);
	CHECK_ERRNO(connect(fd, TO(address)), EISCONN);
	CHECK(wait_for(listening, POLLIN) == POLLIN);
	accepted = accept4(listening, (void *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK(accepted >= 0 && size == address.size && peer.ss_family == family);
	CHECK(fcntl(accepted, F_GETFL) & O_NONBLOCK && fcntl(accepted, F_GETFD) == FD_CLOEXEC);
	CHECK_ERRNO(recv(accepted, &c, 1, 0), EAGAIN);
	size = sizeof(error);
	CHECK(!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) && error == 0);
	CHECK(!close(fd) && !close(accepted) && !close(listening));
}
BOTH(non_blocking)

static void half_closed(void)
{
	int fds[2];
	char text[8];

	CHECK(connected(fds));
	CHECK(!shutdown(fds[0], SHUT_WR));
	CHECK_ERRNO(send(fds[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK(read(fds[1], text, 8) == 0);
	CHECK(wait_for(fds[1], POLLIN | POLLRDHUP) == (POLLIN | POLLRDHUP));
	CHECK(send(fds[1], "still", 5, 0) == 5 && read(fds[0], text, 8) == 5);
	CHECK(!shutdown(fds[1], SHUT_WR));
	CHECK(read(fds[0], text, 8) == 0);
	CHECK(wait_for(fds[0], POLLIN) & POLLHUP);
	CHECK_ERRNO(send(fds[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK(!close(fds[0]) && !close(fds[1]));
}
BOTH(half_closed)

/* Closed with unread bytes, or without lingering: a reset. */
static void reset(void)
{
	int fds[2];
	char c;
	struct linger none = {1, 0};

	CHECK(connected(fds));
	CHECK(send(fds[0], "unread", 6, 0) == 6 && wait_for(fds[1], POLLIN));
	CHECK(!close(fds[1]));
	CHECK_ERRNO(recv(fds[0], &c, 1, 0), ECONNRESET);
	CHECK(recv(fds[0], &c, 1, 0) == 0);
	CHECK_ERRNO(send(fds[0], &c, 1, MSG_NOSIGNAL), EPIPE);
	CHECK(!close(fds[0]));

	CHECK(connected(fds));
	CHECK(!setsockopt(fds[0], SOL_SOCKET, SO_LINGER, &none, sizeof(none)));
	CHECK(!close(fds[0]));
	CHECK(wait_for(fds[1], POLLIN) & POLLERR);
	CHECK_ERRNO(send(fds[1], &c, 1, MSG_NOSIGNAL), ECONNRESET);
	CHECK(!close(fds[1]));
}
BOTH(reset)

static volatile sig_atomic_t pipes;
static void on_pipe(int number)
{
	pipes += number == SIGPIPE;
}

static void broken_pipe(void)
{
	int fds[2], before = pipes;
	void (*old)(int) = signal(SIGPIPE, on_pipe);

	CHECK(connected(fds) && !shutdown(fds[0], SHUT_WR));
	CHECK_ERRNO(write(fds[0], "x", 1), EPIPE);
	CHECK(pipes == before + 1);
	CHECK_ERRNO(send(fds[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK(pipes == before + 1);
	signal(SIGPIPE, old);
	CHECK(!close(fds[0]) && !close(fds[1]));
}

static void names(void)
{
	int port, listening = listener(&port, 5), fd = socket(family, SOCK_STREAM, 0), accepted;
	struct address address = own(port);
	struct sockaddr_storage a, b;
	socklen_t size = sizeof(a);

	CHECK(!connect(fd, TO(address)));
	memset(&a, 0, sizeof(a)), memset(&b, 0, sizeof(b));
	CHECK(!getpeername(fd, (void *)&a, &size) && size == address.size);
	CHECK(!memcmp(&a, &address.name, size));
	accepted = accept(listening, (void *)&a, &size);
	CHECK(accepted >= 0 && size == address.size);
	CHECK(!getsockname(fd, (void *)&b, &size) && !memcmp(&a, &b, size));
	CHECK(!getsockname(accepted, (void *)&b, &size) && !memcmp(&b, &address.name, size));
	CHECK(!close(fd));
	CHECK(read(accepted, &b, 1) == 0);
	CHECK(!getpeername(accepted, (void *)&b, &size) && !memcmp(&a, &b, size));
	CHECK(!close(accepted) && !close(listening));
}
BOTH(names)

/* As many as the backlog, and more, connect one after another; all are served in the end. */
#define CLIENTS 10
static int clients_port;
static void *client(void *arg)
{
	struct address address = own(clients_port);
	int fd = socket(family, SOCK_STREAM, 0);
	char c = (char)(intptr_t)arg, back = 0;

	EXPECT(!connect(fd, TO(address)));
	EXPECT(write(fd, &c, 1) == 1 && read(fd, &back, 1) == 1 && back == c);
	EXPECT(read(fd, &back, 1) == 0 && !close(fd));
	return NULL;
}

static void backlog(void)
{
	int listening = listener(&clients_port, 6);
	pthread_t threads[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		threads[i] = STEP(client, i);
	for (int i = 0; i < CLIENTS; i++) {
		char c;
		int fd = accept(listening, NULL, NULL);

		EXPECT(fd >= 0 && read(fd, &c, 1) == 1 && write(fd, &c, 1) == 1 && !close(fd));
	}
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(threads[i], NULL);
	CHECK(!close(listening));
}

/* Connections nobody accepted are reset with their listener. */
static void not_accepted(void)
{
	int port, listening = listener(&port, 5), fd = socket(family, SOCK_STREAM, 0);
	struct address address = own(port);
	char c;

	CHECK(!connect(fd, TO(address)) && send(fd, "x", 1, 0) == 1);
	CHECK(!close(listening));
	CHECK_ERRNO(recv(fd, &c, 1, 0), ECONNRESET);
	CHECK(!close(fd));
}
BOTH(not_accepted)

static void time_outs(void)
{
	int fds[2], port, listening = listener(&port, 1);
	struct timeval time = {0, 20000};
	uint64_t before = now_ns();
	char c;

	CHECK(connected(fds));
	CHECK(!setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
	CHECK_ERRNO(recv(fds[0], &c, 1, 0), EAGAIN);
	CHECK(now_ns() - before >= 20 * MS);
	CHECK(!setsockopt(listening, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
	CHECK_ERRNO(accept(listening, NULL, NULL), EAGAIN);
	CHECK(!close(fds[0]) && !close(fds[1]) && !close(listening));
}

static void epolls(void)
{
	int port, listening = listener(&port, 1), fd = socket(family, SOCK_STREAM, 0), accepted;
	int epoll = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = 1}, got[4];
	struct address address = own(port);

	CHECK(!epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &event));
	CHECK(epoll_wait(epoll, got, 4, 0) == 0);
	CHECK(!connect(fd, TO(address)));
	CHECK(epoll_wait(epoll, got, 4, WAIT_MS) == 1 && got[0].data.u32 == 1);
	accepted = accept(listening, NULL, NULL);
	event = (struct epoll_event){.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u32 = 2};
	CHECK(!epoll_ctl(epoll, EPOLL_CTL_ADD, accepted, &event));
	CHECK(epoll_wait(epoll, got, 4, 0) == 0);
	CHECK(write(fd, "x", 1) == 1);
	CHECK(epoll_wait(epoll, got, 4, WAIT_MS) == 1 && got[0].data.u32 == 2);
	CHECK(got[0].events == EPOLLIN && epoll_wait(epoll, got, 4, 0) == 0);
	CHECK(!shutdown(fd, SHUT_WR));
	CHECK(epoll_wait(epoll, got, 4, WAIT_MS) == 1 && got[0].events == (EPOLLIN | EPOLLRDHUP));
	CHECK(!close(epoll) && !close(accepted) && !close(fd) && !close(listening));
}
BOTH(epolls)

static const struct test tests[] = {
	TEST(refused_both),
	TEST(non_blocking_both),
	TEST(half_closed_both),
	TEST(reset_both),
	TEST(broken_pipe),
	TEST(names_both),
	TEST(backlog),
	TEST(not_accepted_both),
	TEST(time_outs),
	TEST(epolls_both),
	TEST_END,
};
const struct suite stream_life_suite = {"stream_lives", tests};
