/* SPDX-License-Identifier: BSD-2-Clause */
/* Two threads that pass a byte to and fro through two pipes. */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#include "prims.h"

static int there[2], back[2];

static void *answerer(void *arg)
{
	char byte;

	while (read(there[0], &byte, 1) == 1)
		if (write(back[1], &byte, 1) != 1)
			break;
	return arg;
}

static void turn(void)
{
	char byte = 'x';

	write(there[1], &byte, 1);
	read(back[0], &byte, 1);
}

static int pipe_pingpong(void)
{
	pthread_t thread;
	int error, rounds;

	if (pipe(there) || pipe(back))
		return -errno;
	error = pthread_create(&thread, NULL, answerer, NULL);
	if (error)
		return -error;
	rounds = COUNT(turn());
	close(there[1]);
	pthread_join(thread, NULL);
	return rounds;
}

const struct row file_rows[] = {{"pipe_pingpong", pipe_pingpong}, {NULL, NULL}};
