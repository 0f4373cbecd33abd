/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets of echo requests. */
#include <netinet/ip_icmp.h>

#include "suite.h"

struct echo {
	struct icmphdr header;
	char text[8];
};

static void answered(void)
{
	struct echo out = {{.type = ICMP_ECHO, .un.echo = {.sequence = htons(7)}}, "abcdefg"}, in;
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	int other = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct address to = own(0);

	CHECK(fd >= 0 && other >= 0 && ready(fd, POLLIN | POLLOUT) == POLLOUT);
	CHECK(sendto(fd, &out, sizeof(out), 0, TO(to)) == sizeof(out));
	CHECK(wait_for(fd, POLLIN) == POLLIN && recv(fd, &in, sizeof(in), 0) == sizeof(in));
	CHECK(in.header.type == ICMP_ECHOREPLY && in.header.un.echo.sequence == htons(7));
	CHECK(!strcmp(in.text, "abcdefg"));
	/* The answer is for the socket that asked. */
	CHECK_ERRNO(recv(other, &in, sizeof(in), MSG_DONTWAIT), EAGAIN);
	CHECK_ERRNO(send(other, &out, sizeof(out), 0), EDESTADDRREQ);
	CHECK(!connect(other, TO(to)) && send(other, &out, sizeof(out), 0) == sizeof(out));
	CHECK(wait_for(other, POLLIN) == POLLIN && recv(other, &in, 4, 0) == 4);
	CHECK(!close(fd) && !close(other));
}

static void bad(void)
{
	struct echo out = {.header = {.type = ICMP_ECHOREPLY}};
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct address to = own(0);

	CHECK_ERRNO(sendto(fd, &out, sizeof(out), 0, TO(to)), EINVAL);
	out.header.type = ICMP_ECHO;
	CHECK_ERRNO(sendto(fd, &out, 7, 0, TO(to)), EINVAL);
	CHECK_ERRNO(sendto(fd, &out, 0, 0, TO(to)), EINVAL);
	CHECK_ERRNO(sendto(fd, (void *)8, 64, 0, TO(to)), EFAULT);
	CHECK_ERRNO(sendto(fd, &out, 65536, 0, TO(to)), EMSGSIZE);
	CHECK_ERRNO(sendto(fd, &out, sizeof(out), MSG_OOB, TO(to)), EOPNOTSUPP);
	CHECK_ERRNO(listen(fd, 1), EOPNOTSUPP);
	CHECK_ERRNO(recv(fd, &out, sizeof(out), MSG_OOB), EOPNOTSUPP);
	CHECK(!close(fd));
	CHECK_ERRNO(socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMP), EPROTONOSUPPORT);
}

static const struct test tests[] = {TEST(answered), TEST(bad), TEST_END};
const struct suite echo_suite = {"echoes", tests};
