/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of the program, by id, beside pthreads: with a name, a priority and a CPU of one's
 * choice. Such a thread is a pthread, too, so that stdio, errno and thread-local variables work in
 * it.
 *
 * A thread ends when its function returns, by thread_exit(), or by a fault, which ends it alone.
 * Its stack and record are kept until it is joined; those of a detached thread are given back at
 * its end.
 *
 * Functions return 0 or more, or a negative errno. They may be called by any thread of the program.
 */
#ifndef UNISHYPER_THREAD_H
#define UNISHYPER_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define THREAD_NAME_SIZE	16 /* with the ending zero; a longer name is cut */
#define THREAD_PRIORITY_DEFAULT 8  /* of 0 (lowest) to THREAD_PRIORITY_MAX */
#define THREAD_PRIORITY_MAX	63
#define THREAD_CORE_ANY		(-1)

/*
 * Start fn(arg), which may run before this returns. Returns the new thread's id, -ENOMEM, or
 * -EINVAL for an option that cannot be. A thread bound to a core runs there only, from the first
 * instruction of fn.
 */
int thread_spawn(void (*fn)(void *arg), void *arg);
int thread_spawn_name(void (*fn)(void *arg), void *arg, const char *name);
int thread_spawn_on_core(void (*fn)(void *arg), void *arg, int core);

/* The same, but it waits for thread_wake() before it calls fn. */
int thread_spawn_suspended(void (*fn)(void *arg), void *arg, const char *name);

struct thread_options {
	const char *name;   /* NULL: "thread" */
	size_t stack_bytes; /* 0: what pthreads have */
	int priority;
	int core;
	bool detached;
	bool suspended; /* it begins when thread_wake() is called */
};

#define THREAD_OPTIONS_DEFAULT                                                                     \
	{                                                                                          \
		NULL, 0, THREAD_PRIORITY_DEFAULT, THREAD_CORE_ANY, false, false                    \
	}

int thread_spawn_with(void (*fn)(void *arg), void *arg, const struct thread_options *options);

/*
 * Wait for the end of a thread, which may have come already. Each thread of the program, however it
 * was started, can be joined once: -ESRCH if there is none of this id or it was joined, -EINVAL if
 * it is detached or somebody else joins it, -EDEADLK for oneself.
 */
int thread_join(int id);

/* Nobody will join it. Errors as above. */
int thread_detach(int id);

__attribute__((__noreturn__)) void thread_exit(void);

/*
 * End another thread in order: cleanup handlers and destructors run, robust locks are released,
 * joiners see PTHREAD_CANCELED. It is a request: the thread ends in the cancellation point where it
 * waits or which it comes to, or wherever it computes in code of the program, but never inside the
 * C library, and not while it has disabled cancellation. -ESRCH if there is none or it has ended,
 * -EPERM for the main thread, which is the program.
 */
int thread_kill(int id);

/*
 * The call in which another thread waits, or else the next one in which it would, returns early,
 * as for a signal: with EINTR where that is an error of the call. -ESRCH: there is no such thread.
 */
int thread_interrupt(int id);

/* Let other threads of the same priority run. */
void thread_yield(void);

/* Sleep, never shorter than asked. */
void thread_sleep_ns(uint64_t ns);
void thread_sleep_ms(uint64_t ms);

/*
 * Sleep until somebody calls thread_wake() for the calling thread. A call that came since the last
 * time is not lost: then it returns at once. Always 0; with a time limit 0 or -ETIMEDOUT, and never
 * early.
 */
int thread_block(void);
int thread_block_for(uint64_t timeout_ns);

/*
 * Wake a thread that blocks, or let one begin that was spawned suspended. It runs after the ready
 * threads of its priority; to_front: before them. 0, or -ESRCH: it has ended, or is none of the
 * program's.
 */
int thread_wake(int id);
int thread_wake_to_front(int id);

int thread_current_id(void);

/* Is there a living thread of this id, whoever started it. */
bool thread_exists(int id);

int thread_set_priority(int id, int priority);

/* The CPU the calling thread runs on at this moment, and how many there are. */
int thread_current_core(void);
int thread_core_count(void);

/*
 * A value for each thread under a key: NULL until it is set. The destructor (or NULL) is called by
 * an ending thread with its value if that is not NULL. thread_key_create() returns a key or
 * -EAGAIN (there are 128); the others -EINVAL, and thread_key_get() NULL, where there is no such
 * key.
 */
int thread_key_create(void (*destructor)(void *value));
int thread_key_destroy(int key);
int thread_key_set(int key, void *value);
void *thread_key_get(int key);

enum thread_state {
	THREAD_NEW,
	THREAD_READY,
	THREAD_RUNNING,
	THREAD_BLOCKED,
	THREAD_DEAD,
};

struct thread_info {
	int id;
	char name[THREAD_NAME_SIZE];
	enum thread_state state;
	int priority;
	int core;	 /* where it runs or ran last */
	bool kernel;	 /* not of the program */
	uint64_t run_ns; /* processor time */
};

/* What there is to know of one living thread, whoever started it. 0 or -ESRCH. */
int thread_lookup(int id, struct thread_info *info);

/*
 * All living threads but the idle ones, by id: writes up to `max` of them, returns how many were
 * written. Threads that come or go meanwhile may be missed.
 */
int thread_list(struct thread_info *list, int max);

#ifdef __cplusplus
}
#endif

#endif
