/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends bytes to the port of this computer that its argument names, and ends at once. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_in peer = {.sin_family = AF_INET,
				   .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)),
				   .sin_addr.s_addr = inet_addr("10.0.0.1")};
	static char bytes[20000];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(bytes, 'x', sizeof(bytes));
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)) ||
	    send(fd, bytes, sizeof(bytes), 0) != sizeof(bytes)) {
		perror("last_words");
		return 1;
	}
	return 0;
}
