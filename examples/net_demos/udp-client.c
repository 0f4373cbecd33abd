/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends "hello" ten times, then "exit", to port 5555 of the gateway, and prints the answers. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Another address and port may be given. */
int main(int argc, char **argv)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(5555)};
	struct sockaddr_in peer = {.sin_family = AF_INET};
	struct timeval patience = {.tv_sec = 1};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), lost = 0;
	char answer[1100];

	peer.sin_addr.s_addr = inet_addr(argc > 1 ? argv[1] : "10.0.0.1");
	peer.sin_port = htons((uint16_t)(argc > 2 ? atoi(argv[2]) : 5555));
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) ||
	    connect(fd, (struct sockaddr *)&peer, sizeof(peer)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience))) {
		perror("udp-client");
		return 1;
	}
	for (int i = 0; i < 11; i++) {
		ssize_t count;

		if (send(fd, i < 10 ? "hello" : "exit", i < 10 ? 5 : 4, 0) < 0)
			perror("send");
		count = recv(fd, answer, sizeof(answer), 0);
		if (count < 0)
			lost++;
		else
			printf("%.*s\n", (int)count, answer);
	}
	return lost ? 1 : 0;
}
