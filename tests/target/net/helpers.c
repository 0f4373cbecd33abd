/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite.h"

int family = AF_INET;

struct address own(int port)
{
	struct address address = {.size = sizeof(struct sockaddr_in)};
	struct sockaddr_in *in = (void *)&address.name;
	struct sockaddr_in6 *in6 = (void *)&address.name;

	if (family == AF_INET) {
		*in = (struct sockaddr_in){.sin_family = AF_INET,
					   .sin_port = htons((uint16_t)port)};
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		*in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
					     .sin6_port = htons((uint16_t)port)};
		in6->sin6_addr = in6addr_loopback;
		address.size = sizeof(*in6);
	}
	return address;
}

int port_of(int fd)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	if (getsockname(fd, (void *)&name, &size))
		return -1;
	return ntohs(name.ss_family == AF_INET ? ((struct sockaddr_in *)(void *)&name)->sin_port
					       : ((struct sockaddr_in6 *)(void *)&name)->sin6_port);
}

int listener(int *port, int backlog)
{
	int fd = socket(family, SOCK_STREAM, 0);
	struct address address = own(0);

	EXPECT(fd >= 0 && !bind(fd, TO(address)) && !listen(fd, backlog));
	*port = port_of(fd);
	EXPECT(*port > 0);
	return fd;
}

bool connected(int fds[2])
{
	int port, listening = listener(&port, 1);
	struct address address = own(port);

	fds[0] = socket(family, SOCK_STREAM, 0);
	EXPECT(!connect(fds[0], TO(address)));
	fds[1] = accept(listening, NULL, NULL);
	EXPECT(!close(listening));
	EXPECT(fds[0] >= 0 && fds[1] >= 0);
	return fds[0] >= 0 && fds[1] >= 0;
}

int ready(int fd, int events)
{
	struct pollfd one = {.fd = fd, .events = (short)events};
	int count = poll(&one, 1, 0);

	EXPECT(count == (one.revents != 0));
	return one.revents;
}

int wait_for(int fd, int events)
{
	struct pollfd one = {.fd = fd, .events = (short)events};

	return poll(&one, 1, WAIT_MS) == 1 ? one.revents : 0;
}
