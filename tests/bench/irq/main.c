/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the store that raises an interrupt, behind MARK(0), to the first instruction of the thread
 * of the program that waited for it, MARK(1): ROUNDS times. The store is done by a less urgent
 * thread: on the same CPU, which is busy with it, or with two CPUs on the other one, so that CPU 0,
 * which serves devices, idles.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <unishyper/thread.h>

#include <abi/mark.h>

#define ROUNDS	       200
#define WAITER_URGENCY (THREAD_PRIORITY_DEFAULT + 4)

long uk_sys_uart_setup(void);
long uk_sys_uart_raise(void);
long uk_sys_uart_wait(void);

static volatile int woken;

static void waiter(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		uk_sys_uart_wait();
		MARK(1);
		woken = i + 1;
	}
}

/* The waiter sleeps again, and its CPU has time to idle. */
static void settle(int id)
{
	struct thread_info info;

	while (!thread_lookup(id, &info) && info.state != THREAD_BLOCKED)
		;
	for (volatile int i = 0; i < 5000; i++)
		;
}

int main(void)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;
	cpu_set_t cpus;
	long error = uk_sys_uart_setup();
	int id, last = thread_core_count() - 1;

	if (error) {
		printf("no interrupt: %s\n", strerror((int)-error));
		return 1;
	}
	CPU_ZERO(&cpus);
	CPU_SET(last, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	options.priority = WAITER_URGENCY;
	options.core = 0;
	id = thread_spawn_with(waiter, NULL, &options);
	if (id < 0)
		return 1;
	thread_sleep_ms(1);
	for (int i = 0; i < ROUNDS; i++) {
		settle(id);
		uk_sys_uart_raise();
		while (woken <= i)
			;
	}
	thread_join(id);
	printf("rounds %d\n", ROUNDS);
	return 0;
}
