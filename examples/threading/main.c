/* SPDX-License-Identifier: BSD-2-Clause */
/* A hundred threads say who they are and give way to each other. */
#include <stdatomic.h>
#include <stdio.h>

#include <unishyper/thread.h>

#define TASKS 100

static atomic_int finished;

static void task(void *arg)
{
	printf("Hello, task %d! id = Tid(%d)\n", (int)(long)arg, thread_current_id());
	thread_yield();
	atomic_fetch_add(&finished, 1);
}

int main(void)
{
	int ids[TASKS];

	printf("Hello, main task!\n");
	for (long i = 0; i < TASKS; i++) {
		ids[i] = thread_spawn(task, (void *)i);
		if (ids[i] < 0) {
			printf("task %ld cannot start: error %d\n", i, -ids[i]);
			return 1;
		}
	}
	while (atomic_load(&finished) < TASKS)
		thread_yield();
	for (int i = 0; i < TASKS; i++)
		thread_join(ids[i]);
	printf("Task yielding tests run OK!\n");
	return 0;
}
