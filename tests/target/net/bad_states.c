/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets' calls: what is no socket, nothing where something must be, states, flags. */
#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <sys/epoll.h>

#include "bad.h"

/* Every call with a descriptor that is none, was one, or is one of something else. */
struct call {
	const char *name;
	long (*make)(int fd);
};
#define CALL(id, expression)                                                                       \
	static long call_##id(int fd)                                                              \
	{                                                                                          \
		return expression;                                                                 \
	}
static struct msghdr whole = {.msg_iov = &vector, .msg_iovlen = 1};
static struct mmsghdr several = {.msg_hdr = {.msg_iov = &vector, .msg_iovlen = 1}};
static int number = 1;
static socklen_t number_size = sizeof(number);
CALL(bind, bind(fd, NAME, address.size))
CALL(connect, connect(fd, NAME, address.size))
CALL(listen, listen(fd, 1))
CALL(accept, accept(fd, NULL, NULL))
CALL(accept4, accept4(fd, NULL, NULL, SOCK_CLOEXEC))
CALL(shutdown, shutdown(fd, SHUT_RDWR))
CALL(getsockname, getsockname(fd, (void *)buffer, &size))
CALL(getpeername, getpeername(fd, (void *)buffer, &size))
CALL(getsockopt, getsockopt(fd, SOL_SOCKET, SO_TYPE, &number, &number_size))
CALL(setsockopt, setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &number, sizeof(number)))
CALL(send, send(fd, buffer, 1, 0))
CALL(sendto, sendto(fd, buffer, 1, 0, NAME, address.size))
CALL(sendmsg, sendmsg(fd, &whole, 0))
CALL(sendmmsg, sendmmsg(fd, &several, 1, 0))
CALL(recv, recv(fd, buffer, 1, 0))
CALL(recvfrom, recvfrom(fd, buffer, 1, 0, NULL, NULL))
CALL(recvmsg, recvmsg(fd, &whole, 0))
CALL(recvmmsg, recvmmsg(fd, &several, 1, 0, NULL))
#define ENTRY(id)                                                                                  \
	{                                                                                          \
#id, call_##id                                                                     \
	}
static const struct call calls[] = {
	ENTRY(bind),	   ENTRY(connect),    ENTRY(listen),	  ENTRY(accept),
	ENTRY(accept4),	   ENTRY(shutdown),   ENTRY(getsockname), ENTRY(getpeername),
	ENTRY(getsockopt), ENTRY(setsockopt), ENTRY(send),	  ENTRY(sendto),
	ENTRY(sendmsg),	   ENTRY(sendmmsg),   ENTRY(recv),	  ENTRY(recvfrom),
	ENTRY(recvmsg),	   ENTRY(recvmmsg),
};

static void no_sockets(void)
{
	int pipes[2], set = epoll_create1(0), folder = open("/", O_RDONLY | O_DIRECTORY);

	CHECK(!pipe(pipes) && set >= 0 && folder >= 0);
	begin();
	const struct {
		int fd, code;
	} fds[] = {{-1, EBADF},		 {INT_MIN, EBADF},    {INT_MAX, EBADF}, {closed, EBADF},
		   {100000, EBADF},	 {file, ENOTSOCK},    {set, ENOTSOCK},	{folder, ENOTSOCK},
		   {pipes[0], ENOTSOCK}, {pipes[1], ENOTSOCK}};
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		for (unsigned k = 0; k < sizeof(fds) / sizeof(fds[0]); k++) {
			errno = 0;
			expect(fds[k].code, calls[i].make(fds[k].fd), calls[i].name, __LINE__);
		}
	CHECK(!close(pipes[0]) && !close(pipes[1]) && !close(set) && !close(folder));
	end();
}

/* No address at all, and no buffer. */
static void nothing_there(void)
{
	begin();
	E(EFAULT, bind(tcp, NULL, address.size));
	E(EFAULT, connect(tcp, NULL, address.size));
	E(EFAULT, connect(udp, NULL, address.size));
	E(EFAULT, getsockname(tcp, NULL, &size));
	E(EFAULT, getsockname(tcp, (void *)buffer, NULL));
	E(EFAULT, getpeername(pair[0], (void *)buffer, NULL));
	E(EFAULT, send(pair[0], NULL, 1, 0));
	E(EFAULT, sendto(udp, NULL, 1, 0, TO(address)));
	E(EFAULT, sendmsg(pair[0], NULL, 0));
	E(EFAULT, setsockopt(tcp, SOL_SOCKET, SO_KEEPALIVE, NULL, 4));
	E(EFAULT, getsockopt(tcp, SOL_SOCKET, SO_TYPE, NULL, &number_size));
	E(EFAULT, getsockopt(tcp, SOL_SOCKET, SO_TYPE, &number, NULL));
	CHECK(send(pair[0], NULL, 0, 0) == 0 && sendto(udp, NULL, 0, 0, TO(address)) == 0);
	CHECK(send(pair[1], "a", 1, 0) == 1 && wait_for(pair[0], POLLIN));
	E(EFAULT, recv(pair[0], NULL, 1, 0));
	end();
}

static volatile sig_atomic_t broken;
static void on_pipe(int signal)
{
	(void)signal;
	broken++;
}

/* What a stream says in each of its states. */
static void states(void)
{
	/* Nobody has this address, which takes seconds to find out. */
	struct sockaddr_in again, silent = {.sin_family = AF_INET, .sin_port = htons(9)};
	int late = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), twin;
	void (*before)(int) = signal(SIGPIPE, on_pipe);

	begin();
	silent.sin_addr.s_addr = htonl(0x0a00004d);
	E(EINPROGRESS, connect(late, (void *)&silent, sizeof(silent)));
	E(EALREADY, connect(late, (void *)&silent, sizeof(silent)));
	E(EAGAIN, send(late, "x", 1, 0));
	E(EAGAIN, recv(late, buffer, 1, 0));
	E(ENOTCONN, getpeername(late, (void *)buffer, &size));
	size = sizeof(again);
	CHECK(!getsockname(pair[0], (void *)&again, &size));
	twin = socket(AF_INET, SOCK_STREAM, 0);
	E(EADDRINUSE, bind(twin, TO(address)));
	E(EISCONN, connect(pair[0], (void *)&elsewhere, sizeof(elsewhere)));
	CHECK(sendto(pair[0], "x", 1, 0, TO(address)) == 1 || errno == EISCONN);
	CHECK(!shutdown(pair[0], SHUT_WR));
	broken = 0;
	E(EPIPE, send(pair[0], "x", 1, MSG_NOSIGNAL));
	CHECK(!broken);
	E(EPIPE, send(pair[0], "x", 1, 0));
	CHECK(broken == 1);
	E(EPIPE, write(pair[0], "x", 1));
	CHECK(broken == 2);
	CHECK(!close(late) && !close(twin));
	signal(SIGPIPE, before);
	end();
}

/* The flags and the limits in time. */
static void ways(void)
{
	struct timeval soon = {0, 20000}, never = {0, 1000000}, past = {-1, 0};
	static char large[1 << 20];
	char text[8];

	begin();
	CHECK(send(pair[1], "abc", 3, 0) == 3 && wait_for(pair[0], POLLIN));
	CHECK(recv(pair[0], text, 8, MSG_PEEK) == 3 && recv(pair[0], text, 2, MSG_PEEK) == 2);
	CHECK(recv(pair[0], text, 3, MSG_WAITALL) == 3 && !memcmp(text, "abc", 3));
	CHECK(!setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)));
	E(EAGAIN, recv(pair[0], text, 1, 0));
	CHECK(send(pair[1], "de", 2, 0) == 2 && wait_for(pair[0], POLLIN));
	CHECK(recv(pair[0], text, 8, MSG_WAITALL) == 2);
	E(EDOM, setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &never, sizeof(never)));
	CHECK(!setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &past, sizeof(past)));
	CHECK(!setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon)));
	/* What was on its way when the time was over may make room once more. */
	do {
		while (send(pair[0], large, sizeof(large), 0) > 0)
			;
		CHECK(errno == EAGAIN);
	} while (send(pair[0], large, 1, MSG_DONTWAIT) == 1);
	CHECK(errno == EAGAIN);
	E(EMSGSIZE, sendto(udp, large, 65508, 0, TO(address)));
	E(EOPNOTSUPP, send(pair[0], "x", 1, MSG_OOB));
	E(EOPNOTSUPP, sendto(udp, "x", 1, MSG_OOB, TO(address)));
	end();
}

static const struct test tests[] = {
	TEST(no_sockets), TEST(nothing_there), TEST(states), TEST(ways), TEST_END,
};
const struct suite bad_state_suite = {"bad_states", tests};
