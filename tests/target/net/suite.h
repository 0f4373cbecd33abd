/* SPDX-License-Identifier: BSD-2-Clause */
/* What the suites of the network share, beside what those of ../posix have. */
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../posix/suite.h"

/* 127.0.0.1 or ::1, by the family that the test runs with now. */
extern int family;
struct address {
	struct sockaddr_storage name;
	socklen_t size;
};
struct address own(int port);
int port_of(int fd);
#define TO(address) (const struct sockaddr *)&(address).name, (address).size

/* A socket that listens at a port of the system's choice; its port. */
int listener(int *port, int backlog);
/* A connected pair: fds[0] connected, fds[1] was accepted. */
bool connected(int fds[2]);
/* poll's answer of now. */
int ready(int fd, int events);
/* So long, on a busy host too, is long enough for all that must come. */
#define WAIT_MS 20000
/* Wait so long for one of the events. */
int wait_for(int fd, int events);

/* Runs the test with both families. */
#define BOTH(function)                                                                             \
	static void function##_both(void)                                                          \
	{                                                                                          \
		family = AF_INET;                                                                  \
		function();                                                                        \
		family = AF_INET6;                                                                 \
		function();                                                                        \
		family = AF_INET;                                                                  \
	}

/* A thread with an argument that is a number. */
#define STEP(work, number)                                                                         \
	({                                                                                         \
		pthread_t thread_ = 0;                                                             \
		EXPECT(!pthread_create(&thread_, NULL, work, (void *)(intptr_t)(number)));         \
		thread_;                                                                           \
	})
