/* SPDX-License-Identifier: BSD-2-Clause */
/* Misuses the allocator as its argument says: tests/integration/mallocs.py knows what it says. */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 100

static void *volatile block;

static void *other_thread(void *arg)
{
	free(block);
	return arg;
}

static void double_free_far(void)
{
	void *many[MANY];

	for (int i = 0; i < MANY; i++)
		many[i] = malloc(100);
	for (int i = 0; i < MANY; i++)
		free(many[i]);
	free(many[0]);
}

static void double_free_elsewhere(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, other_thread, NULL);
	pthread_join(thread, NULL);
	free(block);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	volatile size_t size = 40;
	char *at = block = malloc(size);

	if (!strcmp(how, "double_free")) {
		free(at);
		free(block);
	} else if (!strcmp(how, "double_free_far")) {
		double_free_far();
	} else if (!strcmp(how, "double_free_elsewhere")) {
		double_free_elsewhere();
	} else if (!strcmp(how, "free_inside")) {
		block = at + 16;
		free(block);
	} else if (!strcmp(how, "free_unaligned")) {
		block = at + 1;
		free(block);
	} else if (!strcmp(how, "overflow")) {
		at[size] = 0;
		free(at);
	} else if (!strcmp(how, "overflow_large")) {
		block = at = malloc(size * 50);
		at[size * 50] = 0;
		free(at);
	} else if (!strcmp(how, "overflow_run")) {
		block = at = malloc(size * 2500);
		at[size * 2500] = 0;
		free(at);
	} else if (!strcmp(how, "double_free_run")) {
		block = at = malloc(size * 2500);
		free(at);
		free(block);
	} else if (!strcmp(how, "overflow_realloc")) {
		at[size] = 0;
		at = realloc(at, size * 2);
	} else if (!strcmp(how, "realloc_freed")) {
		free(at);
		at = realloc(block, size * 2);
	} else if (!strcmp(how, "size_freed")) {
		free(at);
		size = malloc_usable_size(block);
	} else {
		puts("nothing wrong");
		free(at);
	}
	return 0;
}
