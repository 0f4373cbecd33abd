/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread's life, from its creation to its join, and the kernel's memory that it takes. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include <unishyper/thread.h>

#include "prims.h"

#define SLEEPERS    256
#define STACK_BYTES 16384

static void nothing(void *arg)
{
	(void)arg;
}

static void *posix_nothing(void *arg)
{
	return arg;
}

static int native_pair(void)
{
	int id = thread_spawn(nothing, NULL);

	return id < 0 ? id : thread_join(id);
}

static int posix_pair(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, posix_nothing, NULL);

	return error ? -error : -pthread_join(thread, NULL);
}

/* The program's first thread of all between the marks 2 and 3, then what follows. */
static int create_join(int (*pair)(void))
{
	int error;

	MARK(2);
	error = pair();
	MARK(3);
	return error ? error : COUNT(pair());
}

static int thread_create_join(void)
{
	return create_join(native_pair);
}

static int pthread_create_join(void)
{
	return create_join(posix_pair);
}

static void *sleeper(void *arg)
{
	sem_wait(arg);
	return NULL;
}

static unsigned long long free_bytes(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return (unsigned long long)info.freeram * info.mem_unit;
}

/* Their stacks are ours and in memory already. The rounds are bytes of one thread. */
static int thread_bytes(void)
{
	static pthread_t threads[SLEEPERS];
	unsigned long long before;
	pthread_attr_t attr;
	sem_t end;
	int taken;
	char *stacks = mmap(NULL, SLEEPERS * STACK_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stacks == MAP_FAILED)
		return -errno;
	memset(stacks, 1, SLEEPERS * STACK_BYTES);
	memset(threads, 1, sizeof(threads));
	sem_init(&end, 0, 0);
	pthread_attr_init(&attr);
	posix_pair();
	before = free_bytes();
	for (int i = 0; i < SLEEPERS; i++) {
		pthread_attr_setstack(&attr, stacks + i * STACK_BYTES, STACK_BYTES);
		if (pthread_create(&threads[i], &attr, sleeper, &end))
			return -EAGAIN;
	}
	/* The first word of each is said by a thread that then sleeps. */
	for (int i = 0; i < 4; i++)
		posix_pair();
	taken = (int)((before - free_bytes()) / SLEEPERS);
	for (int i = 0; i < SLEEPERS; i++)
		sem_post(&end);
	for (int i = 0; i < SLEEPERS; i++)
		pthread_join(threads[i], NULL);
	return taken;
}

const struct row thread_rows[] = {{"thread_create_join", thread_create_join},
				  {"pthread_create_join", pthread_create_join},
				  {"thread_bytes", thread_bytes},
				  {NULL, NULL}};
