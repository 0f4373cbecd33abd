/* SPDX-License-Identifier: BSD-2-Clause */
/* Echoes one connection after another; with a second argument ends after so many. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int echo(int fd)
{
	char data[4096];
	ssize_t count;

	while ((count = recv(fd, data, sizeof(data), 0)) > 0) {
		for (ssize_t done = 0, sent; done < count; done += sent) {
			sent = send(fd, data + done, (size_t)(count - done), MSG_NOSIGNAL);
			if (sent < 0)
				return -1;
		}
	}
	return count < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in name = {.sin_family = AF_INET};
	int listening = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	long left = argc > 2 ? strtol(argv[2], NULL, 10) : -1;

	name.sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 4444));
	if (listening < 0 || setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listening, (struct sockaddr *)&name, sizeof(name)) || listen(listening, 16)) {
		perror("listen");
		return 1;
	}
	printf("echo at port %d\n", ntohs(name.sin_port));
	fflush(stdout);
	while (left < 0 || left-- > 0) {
		int fd = accept(listening, NULL, NULL);

		if (fd < 0 || echo(fd))
			perror("echo");
		if (fd >= 0)
			close(fd);
	}
	return 0;
}
