/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The native threads and semaphores, step by step. Every line comes in the same order on every run.
 */
#include <stdio.h>
#include <string.h>

#include <unishyper/sem.h>
#include <unishyper/thread.h>

#define WORKERS 3
#define ROUNDS	3

/* Each worker waits for its turn and passes it on. */
static struct semaphore turn[WORKERS];
/* Starts below zero: free when all workers are done. */
static struct semaphore all_done = SEMAPHORE_INIT(1 - WORKERS);

static void worker(void *arg)
{
	long me = (long)arg;

	for (int round = 1; round <= ROUNDS; round++) {
		semaphore_acquire(&turn[me]);
		printf("worker %ld: round %d\n", me, round);
		semaphore_release(&turn[(me + 1) % WORKERS]);
	}
	semaphore_release(&all_done);
}

static void take_turns(void)
{
	static const char *const names[WORKERS] = {"one", "two", "three"};
	int ids[WORKERS];

	for (long i = 0; i < WORKERS; i++)
		ids[i] = thread_spawn_name(worker, (void *)i, names[i]);
	printf("%d workers are waiting\n", WORKERS);
	semaphore_release(&turn[0]);
	semaphore_acquire(&all_done);
	for (int i = 0; i < WORKERS; i++)
		thread_join(ids[i]);
	printf("all workers are done\n");
}

static void say_where(void *arg)
{
	int *core = arg;

	*core = thread_current_core();
}

static void visit_cores(void)
{
	int wrong = 0;

	for (int core = 0; core < thread_core_count(); core++) {
		int seen = -1;

		thread_join(thread_spawn_on_core(say_where, &seen, core));
		wrong += seen != core;
	}
	printf("a thread bound to each core ran %s\n", wrong ? "ELSEWHERE" : "there");
}

static void wait_in_vain(void)
{
	struct semaphore never = SEMAPHORE_INIT(0);

	printf("waiting 20 ms for nothing: %s\n",
	       semaphore_acquire_for(&never, 20 * 1000 * 1000) ? "GOT IT" : "time is over");
}

static void sleeper(void *arg)
{
	(void)arg;
	thread_sleep_ms(10);
	thread_exit();
}

static void look_up(void)
{
	struct thread_info list[16];
	int id = thread_spawn_name(sleeper, NULL, "sleeper"), count = thread_list(list, 16);

	for (int i = 0; i < count; i++)
		if (!strcmp(list[i].name, "sleeper"))
			printf("the sleeper is in the list, priority %d\n", list[i].priority);
	thread_join(id);
	printf("after joining it is %s\n", thread_exists(id) ? "STILL THERE" : "gone");
	printf("joining it again: error %d\n", -thread_join(id));
}

int main(void)
{
	printf("main thread: %d\n", thread_current_id());
	take_turns();
	visit_cores();
	wait_in_vain();
	look_up();
	return 0;
}
