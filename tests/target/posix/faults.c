/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault ends the thread that made it, in order, and nothing else: cleanup handlers and
 * destructors run, it can be joined. Each prints its report on the console.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "suite.h"

static pthread_key_t key;
static int cleaned, destroyed;

static void clean(void *arg)
{
	(void)arg;
	cleaned++;
}

static void destroy(void *value)
{
	(void)value;
	destroyed++;
}

static void *run_guarded(void *arg)
{
	void (*fault)(void);

	memcpy(&fault, &arg, sizeof(fault));
	pthread_setspecific(key, &key);
	pthread_cleanup_push(clean, NULL);
	fault();
	pthread_cleanup_pop(0);
	return NULL;
}

static void ends_by(void (*fault)(void))
{
	pthread_t thread;
	void *arg, *value = NULL;

	memcpy(&arg, &fault, sizeof(arg));
	cleaned = destroyed = 0;
	CHECK(!pthread_key_create(&key, destroy));
	CHECK(!pthread_create(&thread, NULL, run_guarded, arg));
	CHECK(!pthread_join(thread, &value));
	pthread_key_delete(key);
	CHECK(value == PTHREAD_CANCELED && cleaned == 1 && destroyed == 1);
}

static volatile uintptr_t zero;
static const int constant = 3;

static void write_null(void)
{
	*(volatile int *)zero = 1;
}

static void call_null(void)
{
	((void (*)(void))zero)();
}

static void write_code(void)
{
	*(volatile int *)((uintptr_t)write_null & -4ul) = 1;
}

static void write_constant(void)
{
	*(volatile int *)(uintptr_t)&constant = 4;
}

static void execute_data(void)
{
	static long data[8] = {0};

	((void (*)(void))((uintptr_t)data + zero))();
}

static void read_hole(void)
{
	(void)*(volatile int *)(0x2000000000 + zero);
}

static void read_nowhere(void)
{
	(void)*(volatile int *)((1ul << 62) + zero);
}

static void trap(void)
{
	__builtin_trap();
}

static int deeper(int depth)
{
	volatile char room[200];

	room[depth & 127] = 1;
	return depth < 0 ? room[0] : deeper(depth + 1) + room[1];
}

static void overflow(void)
{
	deeper((int)zero);
}

/* Below the guard in one step. */
static void overflow_far(void)
{
	volatile char room[1 << 20];

	for (long i = sizeof(room) - 1; i >= 0; i -= 1024)
		room[i] = 1;
}

static __attribute__((__noinline__)) void smash(char *at)
{
	memset(at, 0x55, 40 + zero);
}

static __attribute__((__noinline__)) void overrun(void)
{
	char room[16];

	smash(room);
}

static void test_write_null(void)
{
	ends_by(write_null);
}

static void test_call_null(void)
{
	ends_by(call_null);
}

static void test_write_code(void)
{
	ends_by(write_code);
}

static void test_write_constant(void)
{
	ends_by(write_constant);
}

static void test_execute_data(void)
{
	ends_by(execute_data);
}

static void test_read_hole(void)
{
	ends_by(read_hole);
}

static void test_read_nowhere(void)
{
	ends_by(read_nowhere);
}

static void test_trap(void)
{
	ends_by(trap);
}

static void test_overflow(void)
{
	ends_by(overflow);
}

static void test_overflow_far(void)
{
	ends_by(overflow_far);
}

static void test_overrun(void)
{
	ends_by(overrun);
}

/* Many at once: the reports come one after the other. */
static void *fault_at_once(void *arg)
{
	*(volatile int *)zero = 1;
	return arg;
}

static void at_once(void)
{
	pthread_t threads[4];
	void *value;

	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, fault_at_once, NULL));
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_join(threads[i], &value) && value == PTHREAD_CANCELED);
}

static const struct test tests[] = {
	{"write_null", test_write_null, 0},
	{"call_null", test_call_null, 0},
	{"write_code", test_write_code, 0},
	{"write_constant", test_write_constant, 0},
	{"execute_data", test_execute_data, 0},
	{"read_hole", test_read_hole, 0},
	{"read_nowhere", test_read_nowhere, 0},
	{"trap", test_trap, 0},
	{"overflow", test_overflow, 0},
	{"overflow_far", test_overflow_far, 0},
	{"overrun", test_overrun, 0},
	TEST(at_once),
	TEST_END,
};
const struct suite fault_suite = {"faults", tests};
