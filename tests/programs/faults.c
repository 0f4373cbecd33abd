/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wrong accesses, each in a thread of its own, which ends; main goes on to the next. The last
 * argument names what main does itself in the end, and dies of; without one it returns 42.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <unishyper/thread.h>

static const char text[] = "constant";
static unsigned char data[64] = {1};
static volatile int sink, last = -1;

static void write_code(void)
{
	volatile char *code = (volatile char *)(uintptr_t)write_code;

	code[0] = 0;
}

static void write_constant(void)
{
	volatile char *place = (volatile char *)text;

	place[last + 2] = 'x';
}

static void call(uintptr_t address)
{
	void (*function)(void);

	memcpy(&function, &address, sizeof(function));
	function();
	sink++;
}

static void execute_data(void)
{
	call((uintptr_t)data);
}

static void execute_stack(void)
{
	volatile unsigned char room[64] = {1};

	call((uintptr_t)room);
	sink += room[1];
}

static void read_null(void)
{
	sink = *(volatile int *)(uintptr_t)(last + 17);
}

static void write_null(void)
{
	*(volatile int *)(uintptr_t)(last + 1) = 1;
}

static void call_null(void)
{
	call((uintptr_t)(last + 1));
}

static int deeper(int depth)
{
	volatile char room[256];

	room[depth & 255] = (char)depth;
	sink += room[depth & 255];
	return depth == last ? 0 : deeper(depth + 1) + room[0];
}

static void overflow(void)
{
	deeper(0);
}

/* Reserved is more than there is: what is touched in the end cannot be given. */
static void out_of_memory(void)
{
	const size_t size = (size_t)64 << 20;

	for (int i = 0; i < 64; i++) {
		volatile char *block = mmap(NULL, size, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		for (size_t at = 0; block != MAP_FAILED && at < size; at += 4096)
			block[at] = 1;
	}
}

static volatile int nothing;

/* Only x86_64 minds. */
static void divide(void)
{
	nothing = 7 / nothing;
}

/* No memory can be there: x86_64 does not say which address it was. */
static void wild(void)
{
	nothing = *(volatile int *)0x8123456789abcde0;
}

static const struct fault {
	const char *name;
	void (*commit)(void);
} faults[] = {
	{"write_code", write_code},
	{"write_constant", write_constant},
	{"execute_data", execute_data},
	{"execute_stack", execute_stack},
	{"read_null", read_null},
	{"write_null", write_null},
	{"call_null", call_null},
	{"overflow", overflow},
	{"out_of_memory", out_of_memory},
	{"abort", abort},
	{"divide", divide},
	{"wild", wild},
};

#define THREADS 8 /* the others end the program, or leave no memory for it */

static void *work(void *arg)
{
	const struct fault *fault = arg;

	pthread_setname_np(pthread_self(), fault->name);
	/* On one CPU it runs only when main waits for it. */
	thread_set_priority(thread_current_id(), 1);
	fault->commit();
	return arg;
}

static void commit(const char *name)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (!strcmp(faults[i].name, name))
			faults[i].commit();
}

int main(int argc, char **argv)
{
	pthread_t thread;
	void *result;

	if (argc > 1)
		commit(argv[1]);
	for (int i = 0; i < THREADS; i++) {
		if (pthread_create(&thread, NULL, work, (void *)(uintptr_t)&faults[i]))
			return 1;
		pthread_join(thread, &result);
		if (result != PTHREAD_CANCELED)
			return 2;
	}
	return 42;
}
