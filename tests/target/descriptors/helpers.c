/* SPDX-License-Identifier: BSD-2-Clause */
#include <poll.h>

#include "suite.h"

int ready(int fd, int events)
{
	struct pollfd one = {.fd = fd, .events = (short)events};
	int count = poll(&one, 1, 0);

	EXPECT(count == (one.revents != 0));
	return one.revents;
}

static pthread_t threads[THREADS_MAX];
static int thread_count;

void threads_start(int count, void *(*work)(void *))
{
	thread_count = count;
	for (intptr_t i = 0; i < count; i++)
		EXPECT(!pthread_create(&threads[i], NULL, work, (void *)i));
}

void threads_join(void)
{
	for (int i = 0; i < thread_count; i++)
		EXPECT(!pthread_join(threads[i], NULL));
}
