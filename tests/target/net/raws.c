/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw sockets: what a ping program does, to this machine and to the gateway. */
#define _GNU_SOURCE
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

#include "suite.h"

#define ID     0x4321
#define LENGTH 56

struct echo {
	struct icmphdr header;
	char data[LENGTH];
};

static uint16_t sum_of(const void *data, size_t size)
{
	const uint8_t *at = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static struct echo request(int sequence)
{
	struct echo echo = {.header = {.type = ICMP_ECHO}};

	echo.header.un.echo.id = htons(ID);
	echo.header.un.echo.sequence = htons((uint16_t)sequence);
	memset(echo.data, sequence, LENGTH);
	echo.header.checksum = sum_of(&echo, sizeof(echo));
	return echo;
}

static struct sockaddr_in at(uint32_t address)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
}

static int raw4(void)
{
	struct timeval patience = {WAIT_MS / 1000, 0};
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	EXPECT(fd >= 0);
	EXPECT(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	return fd;
}

/* The answer to a request, whatever else comes; its time to live, or -1. */
static int await(int fd, const struct sockaddr_in *from, int sequence)
{
	union {
		struct ip ip;
		char bytes[200];
	} packet;
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	struct echo *echo;
	ssize_t n;

	while ((n = recvfrom(fd, &packet, sizeof(packet), 0, (void *)&peer, &size)) > 0) {
		echo = (void *)(packet.bytes + packet.ip.ip_hl * 4);
		if (echo->header.type != ICMP_ECHOREPLY)
			continue;
		EXPECT(n == packet.ip.ip_hl * 4 + (ssize_t)sizeof(*echo));
		EXPECT(packet.ip.ip_v == 4 && packet.ip.ip_p == IPPROTO_ICMP);
		EXPECT(ntohs(packet.ip.ip_len) == n);
		EXPECT(packet.ip.ip_src.s_addr == from->sin_addr.s_addr);
		EXPECT(peer.sin_addr.s_addr == from->sin_addr.s_addr && !peer.sin_port);
		EXPECT(echo->header.un.echo.id == htons(ID) && !sum_of(echo, sizeof(*echo)));
		EXPECT(echo->header.un.echo.sequence == htons((uint16_t)sequence));
		return packet.ip.ip_ttl;
	}
	return -1;
}

static void ping(void)
{
	/* This machine, and the gateway by way of the card. */
	const uint32_t targets[] = {0x7f000001, 0x0a000001};
	int fd = raw4(), one = 1, ttl = 7;

	CHECK(!setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)));
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in to = at(targets[i]);

		for (int n = 1; n <= 3; n++) {
			struct echo echo = request(n);

			CHECK(sendto(fd, &echo, sizeof(echo), 0, (void *)&to, sizeof(to)) ==
			      sizeof(echo));
			CHECK(await(fd, &to, n) > 0);
		}
	}
	CHECK_ERRNO(recv(fd, &one, 1, MSG_DONTWAIT), EAGAIN);
	CHECK(!close(fd));
}

/* Types that are not wanted do not come; a connected socket hears its peer only. */
static void filter(void)
{
	uint32_t unwanted = ~(1u << ICMP_ECHOREPLY), told;
	struct sockaddr_in here = at(0x7f000001), gateway = at(0x0a000001);
	int fd = raw4(), other = raw4();
	struct echo echo = request(9);
	socklen_t size = sizeof(told);
	char packet[200];

	CHECK(!setsockopt(fd, SOL_RAW, 1, &unwanted, sizeof(unwanted)));
	CHECK(!getsockopt(fd, SOL_RAW, 1, &told, &size) && told == unwanted);
	CHECK(!connect(other, (void *)&gateway, sizeof(gateway)));
	CHECK(!connect(fd, (void *)&here, sizeof(here)));
	CHECK(send(fd, &echo, sizeof(echo), 0) == sizeof(echo));
	CHECK(recv(fd, packet, sizeof(packet), 0) == 20 + sizeof(echo));
	CHECK(packet[20] == ICMP_ECHOREPLY);
	CHECK_ERRNO(recv(fd, packet, sizeof(packet), MSG_DONTWAIT), EAGAIN);
	CHECK_ERRNO(recv(other, packet, sizeof(packet), MSG_DONTWAIT), EAGAIN);
	CHECK(!close(fd) && !close(other));
}

/* The program's own header; another socket sees the datagram that it makes, and so does UDP. */
static void own_header(void)
{
	struct {
		struct ip ip;
		uint16_t udp[4];
		char text[8];
	} packet = {.text = "payload"};
	struct sockaddr_in here = at(0x7f000001), from;
	socklen_t size = sizeof(from);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), one = 0, port;
	int see = socket(AF_INET, SOCK_RAW, IPPROTO_UDP), udp = socket(AF_INET, SOCK_DGRAM, 0);
	char text[64];

	size = sizeof(one);
	CHECK(!getsockopt(fd, IPPROTO_IP, IP_HDRINCL, &one, &size) && one);
	CHECK(!bind(udp, (void *)&here, sizeof(here)));
	port = port_of(udp);
	packet.ip = (struct ip){.ip_hl = 5, .ip_v = 4, .ip_ttl = 5, .ip_p = IPPROTO_UDP};
	packet.ip.ip_dst = here.sin_addr;
	packet.udp[0] = htons(99), packet.udp[1] = htons((uint16_t)port);
	packet.udp[2] = htons(16);
	CHECK(sendto(fd, &packet, sizeof(packet), 0, (void *)&here, sizeof(here)) ==
	      sizeof(packet));
	size = sizeof(from);
	CHECK(recvfrom(udp, text, sizeof(text), 0, (void *)&from, &size) == 8);
	CHECK(!memcmp(text, "payload", 8) && from.sin_port == htons(99));
	CHECK(recv(see, text, sizeof(text), 0) == 36 && text[8] == 5 && text[9] == IPPROTO_UDP);
	packet.ip.ip_hl = 4;
	CHECK_ERRNO(sendto(fd, &packet, sizeof(packet), 0, (void *)&here, sizeof(here)), EINVAL);
	CHECK_ERRNO(sendto(fd, &packet, 19, 0, (void *)&here, sizeof(here)), EINVAL);
	CHECK(!close(fd) && !close(see) && !close(udp));
}

static void six(void)
{
	struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct icmp6_hdr echo = {.icmp6_type = ICMP6_ECHO_REQUEST}, back;
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	struct icmp6_filter wanted;

	ICMP6_FILTER_SETBLOCKALL(&wanted);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &wanted);
	CHECK(!setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &wanted, sizeof(wanted)));
	echo.icmp6_id = htons(ID), echo.icmp6_seq = htons(5), echo.icmp6_cksum = 77;
	CHECK(sendto(fd, &echo, sizeof(echo), 0, (void *)&here, sizeof(here)) == sizeof(echo));
	CHECK(wait_for(fd, POLLIN));
	CHECK(recv(fd, &back, sizeof(back), 0) == sizeof(back));
	CHECK(back.icmp6_type == ICMP6_ECHO_REPLY && back.icmp6_id == htons(ID));
	CHECK_ERRNO(recv(fd, &back, sizeof(back), MSG_DONTWAIT), EAGAIN);
	CHECK_ERRNO(sendto(fd, &echo, 3, 0, (void *)&here, sizeof(here)), EINVAL);
	CHECK(!close(fd));
}

/* Echo requests without being raw: the identifier is the socket's, no header comes. */
static void echo_socket(void)
{
	struct sockaddr_in here = at(0x7f000001), own;
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), off = 0;
	struct echo echo = request(3), back;
	socklen_t size = sizeof(own);

	CHECK_ERRNO(send(fd, &echo, sizeof(echo), 0), EDESTADDRREQ);
	CHECK_ERRNO(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, 4), ENOPROTOOPT);
	CHECK_ERRNO(shutdown(fd, SHUT_RD), ENOTCONN);
	CHECK(!connect(fd, (void *)&here, sizeof(here)));
	CHECK(!getsockname(fd, (void *)&own, &size));
	CHECK(send(fd, &echo, sizeof(echo), 0) == sizeof(echo));
	CHECK(wait_for(fd, POLLIN) && recv(fd, &back, sizeof(back), 0) == sizeof(back));
	CHECK(back.header.type == ICMP_ECHOREPLY && back.header.un.echo.id == own.sin_port);
	CHECK(!memcmp(back.data, echo.data, LENGTH));
	echo.header.type = ICMP_ECHOREPLY;
	CHECK_ERRNO(send(fd, &echo, sizeof(echo), 0), EINVAL);
	CHECK(!shutdown(fd, SHUT_WR));
	CHECK_ERRNO(send(fd, &echo, sizeof(echo), MSG_NOSIGNAL), EPIPE);
	CHECK(!close(fd));
}

static void wrong(void)
{
	struct sockaddr_in here = at(0x7f000001), far = at(0xc0000201), all = at(0x0a0000ff);
	static char data[65536];
	int fd = raw4();

	CHECK_ERRNO(socket(AF_INET, SOCK_RAW, 0), EPROTONOSUPPORT);
	CHECK_ERRNO(socket(AF_INET, SOCK_RAW, 256), EINVAL);
	CHECK_ERRNO(socket(AF_INET, SOCK_RAW, -1), EINVAL);
	CHECK_ERRNO(send(fd, data, 8, 0), EDESTADDRREQ);
	CHECK_ERRNO(sendto(fd, data, 8, 0, (void *)&here, 4), EINVAL);
	CHECK_ERRNO(sendto(fd, data, sizeof(data), 0, (void *)&here, sizeof(here)), EMSGSIZE);
	CHECK_ERRNO(sendto(fd, (void *)8, 8, 0, (void *)&here, sizeof(here)), EFAULT);
	CHECK_ERRNO(sendto(fd, data, 8, 0, (void *)&all, sizeof(all)), EACCES);
	CHECK_ERRNO(bind(fd, (void *)&far, sizeof(far)), EADDRNOTAVAIL);
	CHECK_ERRNO(listen(fd, 1), EOPNOTSUPP);
	CHECK_ERRNO(accept(fd, NULL, NULL), EOPNOTSUPP);
	CHECK_ERRNO(setsockopt(fd, IPPROTO_IP, IP_HDRINCL, data, 1), EINVAL);
	CHECK(!bind(fd, (void *)&here, sizeof(here)) && !close(fd));
}

static const struct test tests[] = {
	TEST(ping),	   TEST(filter), TEST(own_header), TEST(six),
	TEST(echo_socket), TEST(wrong),	 TEST_END,
};
const struct suite raw_suite = {"raw_sockets", tests};
