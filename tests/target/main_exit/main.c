/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main thread ends by pthread_exit(): the others go on, it can be joined like any thread, and
 * the last thread's end would be the program's. Its handlers and destructors run before.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_t first;
static int handled, destroyed;

static void handle(void *arg)
{
	(void)arg;
	handled = 1;
}

static void destroy(void *value)
{
	destroyed = (int)(long)value;
}

static int report(const char *name, int good)
{
	printf("%s main_exit/%s%s\n", good ? "PASS" : "FAIL", name, good ? "" : ": wrong");
	return good;
}

static void *go_on(void *arg)
{
	void *value = NULL;
	int passed = 0;

	usleep(20000);
	passed += report("joined", !pthread_join(first, &value) && value == (void *)33);
	passed += report("cleanup_handler", handled == 1);
	passed += report("destructor", destroyed == 44);
	printf("DONE %d passed %d failed\n", passed, 3 - passed);
	exit(passed != 3);
	return arg;
}

int main(void)
{
	pthread_t thread;
	pthread_key_t key;

	first = pthread_self();
	pthread_key_create(&key, destroy);
	pthread_setspecific(key, (void *)44);
	if (pthread_create(&thread, NULL, go_on, NULL))
		return 2;
	pthread_cleanup_push(handle, NULL);
	pthread_exit((void *)33);
	pthread_cleanup_pop(0);
}
