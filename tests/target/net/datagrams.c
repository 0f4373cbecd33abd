/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <sys/ioctl.h>

#include "suite.h"

static int bound(struct address *address)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	*address = own(0);
	EXPECT(fd >= 0 && !bind(fd, TO(*address)));
	*address = own(port_of(fd));
	return fd;
}

static void there_and_back(void)
{
	struct address a, b;
	struct sockaddr_storage from = {0};
	socklen_t size = sizeof(from);
	int one = bound(&a), two = bound(&b), count;
	char text[8];

	CHECK(ready(two, POLLIN | POLLOUT) == POLLOUT);
	CHECK_ERRNO(recv(two, text, 8, MSG_DONTWAIT), EAGAIN);
	CHECK(sendto(one, "first", 5, 0, TO(b)) == 5 && sendto(one, "", 0, 0, TO(b)) == 0);
	CHECK(sendto(one, "third one", 9, 0, TO(b)) == 9);
	CHECK(wait_for(two, POLLIN) == POLLIN && !ioctl(two, FIONREAD, &count) && count == 5);
	CHECK(recvfrom(two, text, 8, MSG_PEEK, NULL, NULL) == 5);
	CHECK(recvfrom(two, text, 8, 0, (void *)&from, &size) == 5 && !memcmp(text, "first", 5));
	CHECK(size == a.size && !memcmp(&from, &a.name, size));
	CHECK(recv(two, text, 8, 0) == 0);
	CHECK(recv(two, text, 8, MSG_TRUNC) == 9 && !memcmp(text, "third on", 8));
	CHECK_ERRNO(send(one, "x", 1, 0), EDESTADDRREQ);
	CHECK(!connect(one, TO(b)) && send(one, "x", 1, 0) == 1 && recv(two, text, 8, 0) == 1);
	size = sizeof(from);
	CHECK(!getpeername(one, (void *)&from, &size) && !memcmp(&from, &b.name, size));
	CHECK(!close(one) && !close(two));
}
BOTH(there_and_back)

/* Nobody is at the port: who is connected is told, once and by each way. */
static void refused(void)
{
	struct address gone;
	int fd = socket(family, SOCK_DGRAM, 0), other = bound(&gone), error = 0;
	socklen_t size = sizeof(error);
	char byte;

	CHECK(!close(other));
	/* Who is not connected hears nothing. */
	CHECK(sendto(fd, "x", 1, 0, TO(gone)) == 1);
	CHECK_ERRNO(recv(fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
	CHECK(!connect(fd, TO(gone)) && send(fd, "x", 1, 0) == 1);
	CHECK(wait_for(fd, POLLIN) & POLLERR);
	CHECK_ERRNO(recv(fd, &byte, 1, 0), ECONNREFUSED);
	CHECK_ERRNO(recv(fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
	CHECK(send(fd, "x", 1, 0) == 1);
	CHECK_ERRNO(send(fd, "x", 1, 0), ECONNREFUSED);
	CHECK(send(fd, "x", 1, 0) == 1);
	CHECK(!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) && error == ECONNREFUSED);
	CHECK_ERRNO(recv(fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
	CHECK(!close(fd));
}
BOTH(refused)

/* The longest there are, in fragments, and one byte more. */
static void long_ones(void)
{
	static uint8_t data[65508], back[65508];
	struct address a, b;
	int one = bound(&a), two = bound(&b);
	const size_t sizes[] = {1472, 1473, 8000, 32767, 32768, 32769, 60000, 65507};

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 13 + i / 251);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(back, 0, sizeof(back));
		CHECK(sendto(one, data, sizes[i], 0, TO(b)) == (ssize_t)sizes[i]);
		CHECK(wait_for(two, POLLIN));
		CHECK(recv(two, back, sizeof(back), 0) == (ssize_t)sizes[i]);
		CHECK(!memcmp(data, back, sizes[i]));
	}
	CHECK_ERRNO(sendto(one, data, 65508, 0, TO(b)), EMSGSIZE);
	CHECK(!close(one) && !close(two));
}

/* What nobody takes is dropped beyond a limit, and nothing is lost for ever. */
static void overflow(void)
{
	struct address a, b;
	int one = bound(&a), two = bound(&b), count = 0, small = 4096;
	char text[1000];

	CHECK(!setsockopt(two, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)));
	for (int i = 0; i < 100; i++)
		CHECK(sendto(one, text, sizeof(text), 0, TO(b)) == sizeof(text));
	while (recv(two, text, sizeof(text), MSG_DONTWAIT) == sizeof(text))
		count++;
	CHECK(count > 2 && count < 20);
	CHECK(sendto(one, "x", 1, 0, TO(b)) == 1 && recv(two, text, 8, 0) == 1);
	CHECK(!close(one) && !close(two));
}
BOTH(overflow)

/* A socket of the newer family takes both kinds of addresses, but not when it is told not to. */
static void both_kinds(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6}, from;
	socklen_t size = sizeof(from);
	int six = socket(AF_INET6, SOCK_DGRAM, 0), four = socket(AF_INET, SOCK_DGRAM, 0), port;
	int yes = 1;
	struct address to;
	char text[8];

	CHECK(!bind(six, (void *)&any, sizeof(any)));
	port = port_of(six);
	family = AF_INET;
	to = own(port);
	CHECK(sendto(four, "four", 4, 0, TO(to)) == 4);
	CHECK(recvfrom(six, text, 8, 0, (void *)&from, &size) == 4);
	CHECK(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr));
	CHECK(sendto(six, "back", 4, 0, (void *)&from, size) == 4 && recv(four, text, 8, 0) == 4);
	CHECK(!close(six));
	six = socket(AF_INET6, SOCK_DGRAM, 0);
	CHECK(!setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)));
	any.sin6_port = htons((uint16_t)port);
	CHECK(!bind(six, (void *)&any, sizeof(any)));
	CHECK(sendto(four, "four", 4, 0, TO(to)) == 4);
	CHECK(ready(six, POLLIN) == 0);
	CHECK(!close(six) && !close(four));
}

static const struct test tests[] = {
	TEST(there_and_back_both), TEST(refused_both), TEST(long_ones),
	TEST(overflow_both),	   TEST(both_kinds),   TEST_END,
};
const struct suite datagram_suite = {"datagrams", tests};
