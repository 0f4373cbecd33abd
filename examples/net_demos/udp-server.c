/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers each datagram with "response_" and what came. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define PORT 5555

/* Ends with the datagram "exit". */
int main(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)}, from;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char data[1024 + 9] = "response_";
	char *received = data + 9;

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any))) {
		perror("udp-server");
		return 1;
	}
	printf("listen on: 0.0.0.0:%d\n", PORT);
	fflush(stdout);
	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t count = recvfrom(fd, received, 1024, 0, (struct sockaddr *)&from, &size);

		if (count < 0) {
			perror("recvfrom");
			return 1;
		}
		printf("recv: %zdBytes from %u.%u.%u.%u:%u\n", count,
		       ((unsigned char *)&from.sin_addr)[0], ((unsigned char *)&from.sin_addr)[1],
		       ((unsigned char *)&from.sin_addr)[2], ((unsigned char *)&from.sin_addr)[3],
		       ntohs(from.sin_port));
		fflush(stdout);
		sendto(fd, data, (size_t)count + 9, 0, (struct sockaddr *)&from, size);
		if (count == 4 && !memcmp(received, "exit", 4))
			return 0;
	}
}
