/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bulk ADDRESS PORT BYTES: sends so many bytes of a pattern, and receives such bytes until the end.
 * bulk listen PORT BYTES: the same to whoever connects.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURN  251 /* a prime: pieces of any usual size begin differently */
#define PIECE (64 << 10)

static unsigned char pattern[PIECE + TURN], piece[PIECE];

static int reach(const char *host, const char *port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	int error = getaddrinfo(host, port, &hints, &found), fd = -1;

	if (error) {
		fprintf(stderr, "bulk: %s: %s\n", host, gai_strerror(error));
		return -1;
	}
	for (int tries = 0; tries < 100 && fd < 0; tries++) {
		fd = socket(found->ai_family, SOCK_STREAM, 0);
		if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen)) {
			close(fd);
			fd = -1;
			usleep(100000);
		}
	}
	freeaddrinfo(found);
	return fd;
}

static int await(const char *port)
{
	struct sockaddr_in6 own = {.sin6_family = AF_INET6,
				   .sin6_port = htons((unsigned short)atoi(port))};
	int on = 1, listening = socket(AF_INET6, SOCK_STREAM, 0), fd = -1;

	setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(listening, (struct sockaddr *)&own, sizeof(own)) && !listen(listening, 1))
		fd = accept(listening, NULL, NULL);
	close(listening);
	return fd;
}

int main(int argc, char **argv)
{
	long size, sent = 0, received = 0, wrong = 0;
	ssize_t n = 0;
	int fd;

	if (argc != 4)
		return 2;
	size = atol(argv[3]);
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (unsigned char)(i % TURN);
	fd = strcmp(argv[1], "listen") ? reach(argv[1], argv[2]) : await(argv[2]);
	if (fd < 0) {
		perror("bulk");
		return 1;
	}
	while (sent < size) {
		size_t most = (size_t)(size - sent) < PIECE ? (size_t)(size - sent) : PIECE;

		n = send(fd, pattern + sent % TURN, most, 0);
		if (n <= 0)
			break;
		sent += n;
	}
	shutdown(fd, SHUT_WR);
	while (n >= 0 && (n = recv(fd, piece, sizeof(piece), 0)) > 0) {
		wrong += memcmp(piece, pattern + received % TURN, (size_t)n) != 0;
		received += n;
	}
	if (n < 0)
		perror("bulk");
	close(fd);
	printf("sent %ld, received %ld, wrong pieces %ld\n", sent, received, wrong);
	return n < 0 || wrong || sent != size;
}
