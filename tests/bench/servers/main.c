/* SPDX-License-Identifier: BSD-2-Clause */
/* server [events|udp|idle|listen]: what net_rows.py drives. Mark 0: it listens. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../../include/abi/mark.h"
#include "server.h"

int listen_on_port(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 512)) {
		perror("server");
		exit(1);
	}
	MARK(0);
	return fd;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "simple";

	if (!strcmp(way, "listen"))
		return listen_on_port() < 0;
	if (!strcmp(way, "events"))
		return serve_events();
	if (!strcmp(way, "udp"))
		return serve_udp();
	return strcmp(way, "idle") ? serve_simple() : serve_idle();
}
