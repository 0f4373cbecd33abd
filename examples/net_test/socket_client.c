/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks an echo server: 100 numbered lines, or (third argument `-`) those of standard input. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all, *one;
	int error = getaddrinfo(host, port, &hints, &all), fd = -1;

	if (error) {
		fprintf(stderr, "%s: %s\n", host, gai_strerror(error));
		return -1;
	}
	for (one = all; one && fd < 0; one = one->ai_next) {
		fd = socket(one->ai_family, one->ai_socktype, one->ai_protocol);
		if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen)) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(all);
	if (fd < 0)
		perror("connect");
	return fd;
}

/* The line comes back: 0. */
static int exchange(int fd, const char *line)
{
	size_t size = strlen(line), done = 0;
	char answer[4096];

	if (send(fd, line, size, MSG_NOSIGNAL) != (ssize_t)size) {
		perror("send");
		return -1;
	}
	while (done < size) {
		ssize_t count = recv(fd, answer + done, size - done, 0);

		if (count <= 0) {
			fprintf(stderr, "the server ended\n");
			return -1;
		}
		done += (size_t)count;
	}
	if (memcmp(line, answer, size)) {
		fprintf(stderr, "another answer: %.*s", (int)size, answer);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int fd = connect_to(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "4444");
	int input = argc > 3 && !strcmp(argv[3], "-"), count = 0;
	char line[4096];

	if (fd < 0)
		return 1;
	for (;; count++) {
		if (input ? !fgets(line, sizeof(line), stdin) : count == 100)
			break;
		if (!input)
			snprintf(line, sizeof(line), "message %d\n", count);
		if (exchange(fd, line))
			return 1;
	}
	close(fd);
	printf("%d lines came back\n", count);
	return 0;
}
