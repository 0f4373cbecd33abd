/* SPDX-License-Identifier: BSD-2-Clause */
/* Options are what they were set to, and refused where they make no sense. */
#include "suite.h"

static int get(int fd, int level, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, level, option, &value, &size) ? -errno : value;
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno : 0;
}

static void of_streams(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), port, listening = listener(&port, 1);
	struct linger linger = {1, 5};
	socklen_t size = sizeof(linger);

	CHECK(get(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM);
	CHECK(get(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET);
	CHECK(get(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP);
	CHECK(get(fd, SOL_SOCKET, SO_ACCEPTCONN) == 0);
	CHECK(get(listening, SOL_SOCKET, SO_ACCEPTCONN) == 1);
	CHECK(get(fd, IPPROTO_TCP, TCP_NODELAY) == 0 && !set(fd, IPPROTO_TCP, TCP_NODELAY, 1));
	CHECK(get(fd, IPPROTO_TCP, TCP_NODELAY) == 1);
	CHECK(!set(fd, SOL_SOCKET, SO_REUSEADDR, 1) && get(fd, SOL_SOCKET, SO_REUSEADDR) == 1);
	CHECK(!set(fd, SOL_SOCKET, SO_REUSEADDR, 0) && get(fd, SOL_SOCKET, SO_REUSEADDR) == 0);
	CHECK(!set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) && get(fd, SOL_SOCKET, SO_KEEPALIVE) == 1);
	CHECK(!set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 77) && get(fd, IPPROTO_TCP, TCP_KEEPIDLE) == 77);
	CHECK(!set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 7) && get(fd, IPPROTO_TCP, TCP_KEEPINTVL) == 7);
	CHECK(!set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3) && get(fd, IPPROTO_TCP, TCP_KEEPCNT) == 3);
	CHECK(set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 0) == -EINVAL);
	CHECK(set(fd, IPPROTO_TCP, 999, 0) == -ENOPROTOOPT);
	CHECK(!set(fd, SOL_SOCKET, SO_SNDBUF, 10000) && get(fd, SOL_SOCKET, SO_SNDBUF) == 20000);
	CHECK(!set(fd, SOL_SOCKET, SO_RCVBUF, 10000) && get(fd, SOL_SOCKET, SO_RCVBUF) == 20000);
	CHECK(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, size));
	linger = (struct linger){0, 0};
	CHECK(!getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size));
	CHECK(linger.l_onoff == 1 && linger.l_linger == 5);
	CHECK(!set(fd, IPPROTO_IP, IP_TTL, 5) && get(fd, IPPROTO_IP, IP_TTL) == 5);
	CHECK(set(fd, IPPROTO_IP, IP_TTL, 256) == -EINVAL);
	CHECK(set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) == -ENOPROTOOPT);
	CHECK(!close(fd) && !close(listening));
}

static void of_datagrams(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), six = socket(AF_INET6, SOCK_DGRAM, 0);

	CHECK(get(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM);
	CHECK(get(fd, SOL_SOCKET, SO_BROADCAST) == 0);
	CHECK(!set(fd, SOL_SOCKET, SO_BROADCAST, 1) && get(fd, SOL_SOCKET, SO_BROADCAST) == 1);
	CHECK(!set(fd, IPPROTO_IP, IP_MULTICAST_TTL, 9));
	CHECK(get(fd, IPPROTO_IP, IP_MULTICAST_TTL) == 9);
	CHECK(!set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1));
	CHECK(get(fd, IPPROTO_IP, IP_MULTICAST_LOOP) == 1);
	CHECK(!set(six, IPPROTO_IPV6, IPV6_V6ONLY, 1) && get(six, IPPROTO_IPV6, IPV6_V6ONLY) == 1);
	CHECK(set(fd, IPPROTO_TCP, TCP_NODELAY, 1) == -ENOPROTOOPT);
	CHECK(!close(fd) && !close(six));
}

/* The port of a listener is taken; free at once when it is closed, whatever is left of it. */
static void ports(void)
{
	int port, listening = listener(&port, 1), other = socket(AF_INET, SOCK_STREAM, 0), fd;
	int accepted;
	struct address address = own(port);
	char c;

	CHECK_ERRNO(bind(other, TO(address)), EADDRINUSE);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(!connect(fd, TO(address)) && (accepted = accept(listening, NULL, NULL)) >= 0);
	CHECK(!close(accepted) && read(fd, &c, 1) == 0 && !close(fd) && !close(listening));
	CHECK(!set(other, SOL_SOCKET, SO_REUSEADDR, 1));
	CHECK(!bind(other, TO(address)) && !listen(other, 1) && !close(other));
}

static const struct test tests[] = {
	TEST(of_streams),
	TEST(of_datagrams),
	TEST(ports),
	TEST_END,
};
const struct suite option_suite = {"options", tests};
