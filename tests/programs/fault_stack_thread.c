/* SPDX-License-Identifier: BSD-2-Clause */
/* Overflows the stack of a thread: that thread ends, main goes on. */
#include <pthread.h>
#include <stddef.h>

static volatile int sink, last = -1;

static int deeper(int depth)
{
	volatile char room[256];

	room[depth & 255] = (char)depth;
	sink += room[depth & 255];
	return depth == last ? 0 : deeper(depth + 1) + room[0];
}

static void *work(void *arg)
{
	deeper(0);
	return arg;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, work, NULL))
		return 1;
	pthread_join(thread, NULL);
	return 42;
}
