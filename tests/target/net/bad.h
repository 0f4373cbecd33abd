/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets of each kind for the tests of what is wrong, and a check of the error that is told. */
#pragma once

#include "suite.h"

static int tcp, udp, listening, pair[2], file, closed;
static struct address address;
static struct sockaddr_in elsewhere;
static char buffer[16];
static void *volatile bad = (void *)8;
static struct iovec vector = {buffer, 8};
static socklen_t size, minus __attribute__((unused)) = (socklen_t)-1;

static void expect(int code, long result, const char *text, int line)
{
	char why[160];

	if (result == -1 && errno == code)
		return;
	snprintf(why, sizeof(why), "%s: %ld, errno %d, not %d", text, result, errno, code);
	suite_fail(why, __FILE__, line);
}

#define E(code, call) (errno = 0, expect(code, (long)(call), #call, __LINE__))
#define NAME	      (const struct sockaddr *)&address.name

static void begin(void)
{
	int port;

	listening = listener(&port, 1);
	address = own(port);
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	connected(pair);
	file = open("/dev/null", O_RDWR);
	closed = dup(file);
	close(closed);
	elsewhere = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(9)};
	elsewhere.sin_addr.s_addr = htonl(0xc0000201);
	size = sizeof(address.name);
}

static void end(void)
{
	EXPECT(!close(listening) && !close(tcp) && !close(udp) && !close(file));
	EXPECT(!close(pair[0]) && !close(pair[1]));
}
