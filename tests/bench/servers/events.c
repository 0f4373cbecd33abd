/* SPDX-License-Identifier: BSD-2-Clause */
/* Many connections that stay, by epoll, with a page of 612 bytes; datagrams; idle connections. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "../../../include/abi/mark.h"
#include "server.h"

#define PAGE_BYTES 612
#define IDLE_WARM  32
#define IDLE_COUNT 256

int serve_events(void)
{
	int listener = listen_on_port(), events = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[64];
	static char page[1024], request[4096];
	size_t size = (size_t)snprintf(page, sizeof(page),
				       "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
				       "Content-Length: %d\r\n\r\n",
				       PAGE_BYTES);
	long requests = 0;

	memset(page + size, 'x', PAGE_BYTES);
	size += PAGE_BYTES;
	epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		int count = epoll_wait(events, ready, 64, -1);

		for (int i = 0; i < count; i++) {
			int fd = ready[i].data.fd;

			if (fd == listener) {
				event.data.fd = accept(listener, NULL, NULL);
				epoll_ctl(events, EPOLL_CTL_ADD, event.data.fd, &event);
				continue;
			}
			if (read(fd, request, sizeof(request)) <= 0 ||
			    write(fd, page, size) != (ssize_t)size) {
				close(fd);
				continue;
			}
			requests++;
			if (requests == WARM)
				MARK(EVENT_MARK);
			if (requests == WARM + ROUNDS)
				MARK(EVENT_MARK + 1);
		}
	}
}

int serve_udp(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)}, peer;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char data[2048];

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any))) {
		perror("server");
		return 1;
	}
	for (long count = 1;; count++) {
		socklen_t length = sizeof(peer);
		ssize_t n = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&peer, &length);

		sendto(fd, data, n > 0 ? (size_t)n : 0, 0, (struct sockaddr *)&peer, length);
		if (count == WARM)
			MARK(UDP_MARK);
		if (count == WARM + ROUNDS)
			MARK(UDP_MARK + 1);
	}
}

static long free_bytes(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return (long)(info.freeram * info.mem_unit);
}

/* What the system's free memory shrinks by for each connection that nothing happens on. */
int serve_idle(void)
{
	int listener = listen_on_port();
	long before = 0;

	printf("ready\n");
	fflush(stdout);
	for (int i = 0; i < IDLE_WARM + IDLE_COUNT; i++) {
		if (i == IDLE_WARM) {
			before = free_bytes();
			printf("warm\n");
			fflush(stdout);
		}
		if (accept(listener, NULL, NULL) < 0) {
			perror("accept");
			return 1;
		}
	}
	printf("idle %ld\n", (before - free_bytes()) / IDLE_COUNT);
	fflush(stdout);
	return pause();
}
