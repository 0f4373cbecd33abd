/* SPDX-License-Identifier: BSD-2-Clause */
/* What the four programs share: options, connections, whole transfers, the clock. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct bench {
	const char *address;
	uint16_t port;
	size_t bytes;  /* of a round */
	size_t rounds; /* that count */
	char *data;    /* of `bytes` */
};

static inline _Noreturn void bench_fail(const char *what)
{
	perror(what);
	exit(1);
}

static inline size_t bench_number(const char *text, const char *name, size_t most)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 0);

	if (*text < '0' || *text > '9' || *end || !value || value > most) {
		fprintf(stderr, "%s: %s is not a number from 1 to %zu\n", name, text, most);
		exit(2);
	}
	return value;
}

static inline struct bench bench_options(int argc, char **argv, const char *address, size_t bytes,
					 size_t rounds)
{
	struct bench bench = {.address = address, .port = 4444, .bytes = bytes, .rounds = rounds};
	int option;

	while ((option = getopt(argc, argv, "a:p:b:n:")) != -1) {
		switch (option) {
		case 'a':
			bench.address = optarg;
			break;
		case 'p':
			bench.port = (uint16_t)bench_number(optarg, "-p", 65535);
			break;
		case 'b':
			bench.bytes = bench_number(optarg, "-b", (size_t)1 << 30);
			break;
		case 'n':
			bench.rounds = bench_number(optarg, "-n", 1000000);
			break;
		default:
			fprintf(stderr, "options: -a ADDRESS -p PORT -b BYTES -n ROUNDS\n");
			exit(2);
		}
	}
	bench.data = calloc(1, bench.bytes);
	if (!bench.data)
		bench_fail("memory");
	return bench;
}

static inline struct sockaddr_in bench_name(const struct bench *bench)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(bench->port)};

	if (inet_pton(AF_INET, bench->address, &name.sin_addr) != 1) {
		fprintf(stderr, "%s is not an address\n", bench->address);
		exit(2);
	}
	return name;
}

/* The first connection that comes. */
static inline int bench_accept(const struct bench *bench)
{
	struct sockaddr_in name = bench_name(bench);
	int listening = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;

	if (listening < 0 || setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listening, (struct sockaddr *)&name, sizeof(name)) || listen(listening, 1))
		bench_fail("listen");
	printf("listen on: %s:%u\n", bench->address, bench->port);
	fflush(stdout);
	fd = accept(listening, NULL, NULL);
	if (fd < 0)
		bench_fail("accept");
	close(listening);
	return fd;
}

static inline int bench_connect(const struct bench *bench)
{
	struct sockaddr_in name = bench_name(bench);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name)))
		bench_fail("connect");
	return fd;
}

static inline void bench_no_delay(int fd)
{
	int on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		bench_fail("TCP_NODELAY");
}

static inline void bench_send(const struct bench *bench, int fd)
{
	for (size_t done = 0; done < bench->bytes;) {
		ssize_t count = send(fd, bench->data + done, bench->bytes - done, MSG_NOSIGNAL);

		if (count < 0)
			bench_fail("send");
		done += (size_t)count;
	}
}

static inline void bench_receive(const struct bench *bench, int fd)
{
	for (size_t done = 0; done < bench->bytes;) {
		ssize_t count = recv(fd, bench->data + done, bench->bytes - done, 0);

		if (count < 0)
			bench_fail("recv");
		if (!count) {
			fprintf(stderr, "the peer ended too early\n");
			exit(1);
		}
		done += (size_t)count;
	}
}

/* Wait until the peer has ended, which it does when it has everything, then end, too. */
static inline void bench_end(int fd)
{
	char byte;

	shutdown(fd, SHUT_WR);
	while (recv(fd, &byte, 1, 0) > 0)
		;
	close(fd);
}

static inline uint64_t bench_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
