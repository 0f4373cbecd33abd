/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small servers in one thread, for tests that attack them: TCP 7 echoes, TCP 80 answers and closes,
 * TCP 11 accepts and reads nothing until it is told to; UDP 7 echoes, UDP 9 takes orders:
 *
 *	counts      what the kernel holds
 *	drain       TCP 11 reads all and closes
 *	collect NS  connections that said nothing for so long are closed
 *	resolve     a name is asked for
 *	listen to all  the card takes frames for others, too
 *	quit        the program ends
 */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "counts.h"

void uk_sys_robust_counts(struct robust_counts *counts);

enum kind { ECHO, PAGE, LAZY, LISTENER, UDP_ECHO, ORDERS };

#define HELD 65536

struct peer {
	struct peer *next, **link;
	enum kind kind, serves; /* serves: of a listener */
	int fd;
	time_t used;
	char *held; /* what could not be sent yet */
	size_t at, size;
};

static struct peer *all;
static int events;
static unsigned long served, refused, resolved;
static bool full; /* no descriptors: listeners are not looked at */
static struct peer *listeners[3];

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void watch(struct peer *peer, uint32_t what)
{
	struct epoll_event event = {.events = what, .data.ptr = peer};

	epoll_ctl(events, EPOLL_CTL_MOD, peer->fd, &event);
}

static struct peer *add(enum kind kind, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct peer *peer = fd >= 0 ? calloc(1, sizeof(*peer)) : NULL;

	if (!peer) {
		close(fd);
		return NULL;
	}
	*peer = (struct peer){.kind = kind, .fd = fd, .used = now(), .next = all, .link = &all};
	if (kind == LAZY)
		event.events = 0;
	event.data.ptr = peer;
	if (epoll_ctl(events, EPOLL_CTL_ADD, fd, &event)) {
		close(fd);
		free(peer);
		return NULL;
	}
	if (all)
		all->link = &peer->next;
	all = peer;
	return peer;
}

static void drop(struct peer *peer)
{
	*peer->link = peer->next;
	if (peer->next)
		peer->next->link = peer->link;
	close(peer->fd);
	free(peer->held);
	free(peer);
	for (int i = 0; full && i < 3; i++)
		watch(listeners[i], EPOLLIN);
	full = false;
}

static void on_listener(struct peer *listener)
{
	/* No more than one, so that all others have their turn. */
	int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		add(listener->serves, fd);
		served++;
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
		refused++;
		full = true;
		for (int i = 0; i < 3; i++)
			watch(listeners[i], 0);
	}
}

static void on_page(struct peer *peer)
{
	static const char page[] = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
	char text[2048];
	ssize_t size = recv(peer->fd, text, sizeof(text), 0);

	if (size < 0 && errno == EAGAIN)
		return;
	if (size > 0)
		send(peer->fd, page, sizeof(page) - 1, MSG_NOSIGNAL);
	drop(peer);
}

/* What was held goes first. False: the peer is gone. */
static bool echo_held(struct peer *peer)
{
	ssize_t sent = send(peer->fd, peer->held + peer->at, peer->size - peer->at, MSG_NOSIGNAL);

	if (sent < 0 && errno == EAGAIN)
		return true;
	if (sent < 0) {
		drop(peer);
		return false;
	}
	peer->at += (size_t)sent;
	if (peer->at == peer->size) {
		free(peer->held);
		peer->held = NULL;
		watch(peer, EPOLLIN);
	}
	return true;
}

static void on_echo(struct peer *peer)
{
	static char buffer[HELD];
	ssize_t size, sent;

	if (peer->held) {
		echo_held(peer);
		return;
	}
	size = recv(peer->fd, buffer, sizeof(buffer), 0);
	if (size < 0 && errno == EAGAIN)
		return;
	if (size <= 0) {
		drop(peer);
		return;
	}
	sent = send(peer->fd, buffer, (size_t)size, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN) {
		drop(peer);
		return;
	}
	if (sent < size) {
		sent = sent < 0 ? 0 : sent;
		peer->size = (size_t)(size - sent);
		peer->at = 0;
		peer->held = malloc(peer->size);
		if (!peer->held) {
			drop(peer);
			return;
		}
		memcpy(peer->held, buffer + sent, peer->size);
		watch(peer, EPOLLOUT);
	}
}

static void drain(void)
{
	static char buffer[HELD];

	for (struct peer *peer = all, *next; peer; peer = next) {
		next = peer->next;
		if (peer->kind != LAZY)
			continue;
		while (recv(peer->fd, buffer, sizeof(buffer), 0) > 0)
			;
		drop(peer);
	}
}

static unsigned collect(time_t idle)
{
	unsigned count = 0;

	for (struct peer *peer = all, *next; peer; peer = next) {
		next = peer->next;
		if (peer->kind <= LAZY && now() - peer->used >= idle) {
			drop(peer);
			count++;
		}
	}
	return count;
}

/* While it waits for its answers nobody else is served. */
static void listen_to_all(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = {.ifr_ifindex = 2};

	ioctl(fd, SIOCGIFNAME, &request);
	ioctl(fd, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_PROMISC;
	ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
}

static void resolve(void)
{
	struct addrinfo *found = NULL;

	resolved = getaddrinfo("name.test", NULL, NULL, &found) ? 0 : 1;
	if (resolved)
		freeaddrinfo(found);
}

static int say(char *text, size_t room)
{
	struct robust_counts c;
	struct timespec time;

	uk_sys_robust_counts(&c);
	clock_gettime(CLOCK_MONOTONIC, &time);
	return snprintf(text, room,
			"frames=%lu heap=%lu threads=%lu files=%lu connections=%lu half_open=%lu "
			"orphans=%lu ended=%lu bound=%lu listening=%lu udp=%lu in=%lu out=%lu "
			"dropped=%lu busy=%lu served=%lu refused=%lu resolved=%lu clock_ms=%lu",
			c.free_frames, c.heap_bytes, c.threads, c.files, c.connections, c.half_open,
			c.orphans, c.ended, c.bound, c.listening, c.udp, c.frames_in, c.frames_out,
			c.dropped, c.busy_ns, served, refused, resolved,
			(unsigned long)(time.tv_sec * 1000 + time.tv_nsec / 1000000));
}

/* False: the end. */
static bool on_udp(struct peer *peer)
{
	static char text[65536];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(peer->fd, text, sizeof(text) - 1, MSG_DONTWAIT, (void *)&from, &size);
	bool quit = false;

	if (n < 0)
		return true;
	text[n] = '\0';
	if (peer->kind == ORDERS) {
		quit = !strcmp(text, "quit");
		if (!strcmp(text, "listen to all"))
			listen_to_all();
		else if (!strcmp(text, "drain"))
			drain();
		else if (!strcmp(text, "resolve"))
			resolve();
		else if (!strncmp(text, "collect ", 8))
			collect(atol(text + 8));
		n = say(text, sizeof(text));
	}
	sendto(peer->fd, text, (size_t)n, MSG_DONTWAIT, (void *)&from, size);
	return !quit;
}

static bool on_event(struct peer *peer)
{
	peer->used = now();
	switch (peer->kind) {
	case LISTENER:
		on_listener(peer);
		return true;
	case PAGE:
		on_page(peer);
		return true;
	case ECHO:
		on_echo(peer);
		return true;
	case LAZY:
		drop(peer); /* it broke */
		return true;
	default:
		return on_udp(peer);
	}
}

static struct peer *serve(enum kind kind, enum kind serves, int type, int port)
{
	int family = AF_INET6, on = 1;
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr *name = (void *)&any;
	socklen_t size = sizeof(any);
	struct peer *peer;
	int fd;

	if (type == SOCK_DGRAM) {
		family = AF_INET;
		name = (void *)&any4;
		size = sizeof(any4);
	}
	fd = socket(family, type | SOCK_NONBLOCK, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, name, size) || (type == SOCK_STREAM && listen(fd, 1024)) ||
	    !(peer = add(kind, fd))) {
		perror("robust");
		exit(1);
	}
	peer->serves = serves;
	return peer;
}

int main(void)
{
	struct epoll_event ready[64];

	events = epoll_create1(0);
	listeners[0] = serve(LISTENER, ECHO, SOCK_STREAM, 7);
	listeners[1] = serve(LISTENER, PAGE, SOCK_STREAM, 80);
	listeners[2] = serve(LISTENER, LAZY, SOCK_STREAM, 11);
	serve(UDP_ECHO, 0, SOCK_DGRAM, 7);
	serve(ORDERS, 0, SOCK_DGRAM, 9);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(events, ready, 1, -1);

		if (count == 1 && !on_event(ready[0].data.ptr))
			return 0;
	}
}
