/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <unishyper/thread.h>: threads that are started here are pthreads with a record, found by the
 * kernel's id.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <unishyper/thread.h>

#include "native.h"

struct record {
	struct record *next;
	pthread_t thread;
	int id;
	bool detached, joining, ended;
	void (*fn)(void *arg);
	void *arg;
	int priority, core;
};

/* Guards the list and in each record what changes after its start. */
static pthread_mutex_t records_lock = PTHREAD_MUTEX_INITIALIZER;
static struct record *records;

/* The link that points to the record of `id`, or the NULL at the end. */
static struct record **find(int id)
{
	struct record **link = &records;

	while (*link && (*link)->id != id)
		link = &(*link)->next;
	return link;
}

static void drop(struct record **link)
{
	struct record *record = *link;

	*link = record->next;
	free(record);
}

/* However the thread ends. */
static void record_end(void *arg)
{
	struct record *record = arg;

	pthread_mutex_lock(&records_lock);
	record->ended = true;
	if (record->detached)
		drop(find(record->id));
	pthread_mutex_unlock(&records_lock);
}

static void *thread_begin(void *arg)
{
	struct record *record = arg;
	unsigned long mask = 1ul << (record->core & 63);

	if (record->priority != THREAD_PRIORITY_DEFAULT)
		uk_sys_thread_set_priority(0, record->priority);
	if (record->core >= 0)
		sched_setaffinity(0, sizeof(mask), (const cpu_set_t *)&mask);
	pthread_cleanup_push(record_end, record);
	record->fn(record->arg);
	pthread_cleanup_pop(1);
	return NULL;
}

/*
 * The C library keeps a thread's id to itself, but tells the number of its clock, which is made of
 * it.
 */
static int id_of(pthread_t thread)
{
	clockid_t clock;

	return pthread_getcpuclockid(thread, &clock) ? 0 : ~(clock >> 3);
}

/* On success the record is entered. */
static int start(struct record *record, const struct thread_options *options)
{
	pthread_attr_t attr;
	int error;

	pthread_attr_init(&attr);
	if (options->stack_bytes && pthread_attr_setstacksize(&attr, options->stack_bytes))
		return -EINVAL;
	if (options->detached)
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	/*
	 * The lock keeps the thread from ending, and the record from being looked for, before it is
	 * entered.
	 */
	pthread_mutex_lock(&records_lock);
	error = pthread_create(&record->thread, &attr, thread_begin, record);
	if (!error) {
		record->id = id_of(record->thread);
		record->next = records;
		records = record;
		if (options->name)
			uk_sys_thread_set_name(record->id, options->name);
		error = -record->id;
	}
	pthread_mutex_unlock(&records_lock);
	return -error;
}

int thread_spawn_with(void (*fn)(void *arg), void *arg, const struct thread_options *options)
{
	struct record *record;
	int id;

	if (!fn || options->priority < 0 || options->priority > THREAD_PRIORITY_MAX ||
	    options->core >= thread_core_count())
		return -EINVAL;
	record = calloc(1, sizeof(*record));
	if (!record)
		return -ENOMEM;
	record->fn = fn;
	record->arg = arg;
	record->priority = options->priority;
	record->core = options->core;
	record->detached = options->detached;
	id = start(record, options);
	if (id < 0)
		free(record);
	return id == -EAGAIN ? -ENOMEM : id;
}

int thread_spawn(void (*fn)(void *arg), void *arg)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;

	return thread_spawn_with(fn, arg, &options);
}

int thread_spawn_name(void (*fn)(void *arg), void *arg, const char *name)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;

	options.name = name;
	return thread_spawn_with(fn, arg, &options);
}

int thread_spawn_on_core(void (*fn)(void *arg), void *arg, int core)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;

	options.core = core;
	return thread_spawn_with(fn, arg, &options);
}

/*
 * The record of a thread that may be joined or detached, else NULL and why not. The lock is held.
 */
static struct record *take(int id, int *error)
{
	struct record *record = *find(id);

	*error = !record ? -ESRCH : record->detached || record->joining ? -EINVAL : 0;
	return *error ? NULL : record;
}

int thread_join(int id)
{
	struct record *record;
	int error;

	if (id == gettid())
		return -EDEADLK;
	pthread_mutex_lock(&records_lock);
	record = take(id, &error);
	if (record)
		record->joining = true;
	pthread_mutex_unlock(&records_lock);
	if (!record)
		return error;
	pthread_join(record->thread, NULL);
	pthread_mutex_lock(&records_lock);
	drop(find(id));
	pthread_mutex_unlock(&records_lock);
	return 0;
}

int thread_detach(int id)
{
	struct record *record;
	int error;

	pthread_mutex_lock(&records_lock);
	record = take(id, &error);
	if (record) {
		pthread_detach(record->thread);
		record->detached = true;
		if (record->ended)
			drop(find(id));
	}
	pthread_mutex_unlock(&records_lock);
	return error;
}

void thread_exit(void)
{
	pthread_exit(NULL);
}
