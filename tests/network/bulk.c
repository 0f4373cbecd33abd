/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bulk ADDRESS PORT BYTES: sends so many bytes of a pattern, and receives such bytes until the end.
 * bulk listen PORT BYTES: for whoever connects, receives first.
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

static long sent, received, wrong;

static int send_all(int fd, long size)
{
	while (sent < size) {
		size_t most = (size_t)(size - sent) < PIECE ? (size_t)(size - sent) : PIECE;
		ssize_t n = send(fd, pattern + sent % TURN, most, 0);

		if (n < 0)
			return -1;
		sent += n;
	}
	return shutdown(fd, SHUT_WR);
}

static int receive_all(int fd)
{
	ssize_t n;

	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0) {
		wrong += memcmp(piece, pattern + received % TURN, (size_t)n) != 0;
		received += n;
	}
	return (int)n;
}

int main(int argc, char **argv)
{
	int listens = argc == 4 && !strcmp(argv[1], "listen"), fd;
	long size;

	if (argc != 4)
		return 2;
	size = atol(argv[3]);
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (unsigned char)(i % TURN);
	fd = listens ? await(argv[2]) : reach(argv[1], argv[2]);
	if (fd < 0 || (listens && receive_all(fd)) || send_all(fd, size) ||
	    (!listens && receive_all(fd)))
		perror("bulk");
	printf("sent %ld, received %ld, wrong pieces %ld\n", sent, received, wrong);
	return wrong || sent != size;
}
