/* SPDX-License-Identifier: BSD-2-Clause */
/* All connections in one thread, by epoll: each is read, or written, or is waiting to end. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http.h"

#define IDLE_S 30

struct connection {
	struct connection *next, **link;
	int fd;
	bool writing, ending;
	time_t used; /* when it last moved */
	char data[REQUEST_MAX];
	size_t size;	      /* of data */
	size_t sent;	      /* of the head */
	struct answer answer; /* while writing */
};

static struct connection *all;
static long open_count;
static int events;

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void drop(struct connection *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	if (c->writing && c->answer.file >= 0)
		close(c->answer.file);
	close(c->fd);
	free(c);
	open_count--;
}

static void watch(struct connection *c, uint32_t what)
{
	struct epoll_event event = {.events = what, .data.ptr = c};

	epoll_ctl(events, EPOLL_CTL_MOD, c->fd, &event);
}

/* 1: all of the answer is out, 0: later, -1: the connection broke. */
static int write_some(struct connection *c)
{
	struct answer *answer = &c->answer;
	ssize_t count;

	while (c->sent < answer->head_size) {
		count = send(c->fd, answer->head + c->sent, answer->head_size - c->sent,
			     answer->file < 0 ? 0 : MSG_MORE);
		if (count < 0)
			return errno == EAGAIN ? 0 : -1;
		c->sent += (size_t)count;
	}
	while (answer->file >= 0 && answer->file_size > 0) {
		count = sendfile(c->fd, answer->file, NULL, (size_t)answer->file_size);
		if (count <= 0)
			return count && errno == EAGAIN ? 0 : -1;
		answer->file_size -= count;
	}
	if (answer->file >= 0)
		close(answer->file);
	return 1;
}

/* Answers what is complete. False: the connection is gone. */
static bool go_on(struct connection *c)
{
	for (;;) {
		int result;

		if (!c->writing) {
			size_t used = http_answer(c->data, c->size, &c->answer);

			if (!used)
				return true;
			c->size -= used;
			memmove(c->data, c->data + used, c->size);
			c->writing = true;
			c->sent = 0;
			watch(c, EPOLLOUT);
		}
		result = write_some(c);
		if (!result)
			return true;
		if (result < 0) {
			drop(c);
			return false;
		}
		c->writing = false;
		watch(c, EPOLLIN);
		if (c->answer.last) {
			/* It ends when the peer has read all. */
			shutdown(c->fd, SHUT_WR);
			c->ending = true;
			return true;
		}
	}
}

static void on_event(struct connection *c)
{
	c->used = now();
	if (!c->writing) {
		size_t at = c->ending ? 0 : c->size;
		ssize_t count = recv(c->fd, c->data + at, sizeof(c->data) - at, 0);

		if (count < 0 && errno == EAGAIN)
			return;
		if (count <= 0) {
			drop(c);
			return;
		}
		if (c->ending)
			return;
		c->size += (size_t)count;
	}
	go_on(c);
}

static void on_connection(int listening)
{
	struct connection *c;
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (c) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};

		c->fd = fd;
		c->used = now();
		if (!epoll_ctl(events, EPOLL_CTL_ADD, fd, &event)) {
			c->next = all;
			c->link = &all;
			if (all)
				all->link = &c->next;
			all = c;
			open_count++;
			return;
		}
		free(c);
	}
	close(fd);
}

static void drop_idle(void)
{
	for (struct connection *c = all, *next; c; c = next) {
		next = c->next;
		if (now() - c->used > (c->ending ? 2 : IDLE_S))
			drop(c);
	}
}

int main(int argc, char **argv)
{
	struct options options = http_options(argc, argv);
	struct epoll_event event = {.events = EPOLLIN}, ready[64];
	int listening = http_listen(&options);
	time_t swept = now();

	events = epoll_create1(EPOLL_CLOEXEC);
	if (events < 0 || epoll_ctl(events, EPOLL_CTL_ADD, listening, &event)) {
		perror("httpd");
		return 1;
	}
	while (options.connections || open_count) {
		int count = epoll_wait(events, ready, 64, 1000);

		for (int i = 0; i < count; i++) {
			if (ready[i].data.ptr) {
				on_event(ready[i].data.ptr);
			} else if (options.connections) {
				on_connection(listening);
				if (options.connections > 0 && !--options.connections)
					epoll_ctl(events, EPOLL_CTL_DEL, listening, NULL);
			}
		}
		if (now() != swept) {
			drop_idle();
			swept = now();
		}
	}
	return 0;
}
