/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that echoes, or a thread that asks an echo: `server` (the default) or `client`. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINES 100

static struct sockaddr_in name = {.sin_family = AF_INET};

static int send_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t count = send(fd, data, size, MSG_NOSIGNAL);

		if (count < 0)
			return -1;
		data += count;
		size -= (size_t)count;
	}
	return 0;
}

/* One connection, until its peer closes it. NULL: all went well. */
static void *netdemo_server(void *arg)
{
	int listening = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;
	unsigned long long total = 0;
	char data[1024];
	ssize_t count;

	(void)arg;
	name.sin_addr.s_addr = htonl(INADDR_ANY);
	if (listening < 0 || setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listening, (struct sockaddr *)&name, sizeof(name)) || listen(listening, 1)) {
		perror("listen");
		return "listen";
	}
	printf("netdemo_server: listen on port %u\n", ntohs(name.sin_port));
	fflush(stdout);
	fd = accept(listening, NULL, NULL);
	close(listening);
	if (fd < 0) {
		perror("accept");
		return "accept";
	}
	while ((count = recv(fd, data, sizeof(data), 0)) > 0) {
		if (send_all(fd, data, (size_t)count)) {
			count = -1;
			break;
		}
		total += (unsigned long long)count;
	}
	if (count < 0)
		perror("echo");
	close(fd);
	printf("netdemo_server: echoed %llu bytes\n", total);
	return count < 0 ? "echo" : NULL;
}

/* Sends a line and compares what comes back. */
static int exchange(int fd, int number)
{
	char line[64], answer[sizeof(line)];
	size_t size = (size_t)snprintf(line, sizeof(line), "line %d of the client\n", number);

	if (send_all(fd, line, size))
		return -1;
	for (size_t done = 0; done < size;) {
		ssize_t count = recv(fd, answer + done, size - done, 0);

		if (count <= 0)
			return -1;
		done += (size_t)count;
	}
	return memcmp(line, answer, size) ? 1 : 0;
}

static void *netdemo_client(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), bad = 0;

	(void)arg;
	if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name))) {
		perror("connect");
		return "connect";
	}
	for (int i = 0; i < LINES; i++) {
		int result = exchange(fd, i);

		if (result < 0) {
			fprintf(stderr, "netdemo_client: the peer ended at line %d\n", i);
			return "ended";
		}
		bad += result;
	}
	close(fd);
	printf("netdemo_client: %d lines, %d wrong\n", LINES, bad);
	return bad ? "wrong" : NULL;
}

int main(int argc, char **argv)
{
	bool client = argc > 1 && !strcmp(argv[1], "client");
	pthread_t thread;
	void *result;

	if (argc > 1 && !client && strcmp(argv[1], "server")) {
		fprintf(stderr, "net_demo: server [PORT], or client [PORT [ADDRESS]]\n");
		return 2;
	}
	name.sin_port = htons((uint16_t)(argc > 2 ? atoi(argv[2]) : 4444));
	name.sin_addr.s_addr = inet_addr(argc > 3 ? argv[3] : "10.0.0.1");
	if (pthread_create(&thread, NULL, client ? netdemo_client : netdemo_server, NULL)) {
		fprintf(stderr, "net_demo: no memory for a thread\n");
		return 1;
	}
	pthread_setname_np(thread, client ? "netdemo_client" : "netdemo_server");
	pthread_join(thread, &result);
	return result ? 1 : 0;
}
