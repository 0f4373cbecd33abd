/* SPDX-License-Identifier: BSD-2-Clause */
/* Beginning and end of pthreads, and what is each thread's own. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

#define THREADS 8

static void *return_arg(void *arg)
{
	return arg;
}

static void *exit_arg(void *arg)
{
	pthread_exit(arg);
}

static void join_value(void)
{
	pthread_t thread;
	void *value;

	CHECK(!pthread_create(&thread, NULL, return_arg, (void *)17));
	CHECK(!pthread_join(thread, &value) && value == (void *)17);
	CHECK(!pthread_create(&thread, NULL, exit_arg, (void *)18));
	CHECK(!pthread_join(thread, &value) && value == (void *)18);
}

static void many(void)
{
	for (int round = 0; round < 20; round++) {
		pthread_t threads[THREADS];

		for (long i = 0; i < THREADS; i++)
			CHECK(!pthread_create(&threads[i], NULL, return_arg, (void *)i));
		for (long i = 0; i < THREADS; i++) {
			void *value;

			CHECK(!pthread_join(threads[i], &value) && value == (void *)i);
		}
	}
}

static pthread_t first_seen;

static void *compare_handle(void *arg)
{
	return pthread_equal(first_seen, pthread_self()) ? arg : NULL;
}

/* The new thread may run before pthread_create() returns: its handle is there already. */
static void handle_is_there(void)
{
	void *value;

	for (int i = 0; i < 100; i++) {
		first_seen = NULL;
		CHECK(!pthread_create(&first_seen, NULL, compare_handle, (void *)19));
		CHECK(!pthread_join(first_seen, &value) && value == (void *)19);
	}
}

static int done;

static void *count_down(void *arg)
{
	__atomic_sub_fetch(&done, 1, __ATOMIC_SEQ_CST);
	return arg;
}

static void detached(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	done = 2 * THREADS;
	for (int i = 0; i < THREADS; i++) {
		CHECK(!pthread_create(&thread, &attr, count_down, NULL));
		CHECK(!pthread_create(&thread, NULL, count_down, NULL));
		CHECK(!pthread_detach(thread));
	}
	while (__atomic_load_n(&done, __ATOMIC_SEQ_CST))
		sched_yield();
}

static void *touch_stack(void *arg)
{
	volatile char big[3 << 18];

	for (size_t i = 0; i < sizeof(big); i += 4096)
		big[i] = 1;
	return big[0] ? arg : NULL;
}

static void stack_size(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	void *value;

	pthread_attr_init(&attr);
	CHECK(!pthread_attr_setstacksize(&attr, 1 << 20));
	CHECK(!pthread_create(&thread, &attr, touch_stack, "touched"));
	CHECK(!pthread_join(thread, &value) && value);
}

static __thread long local = 41;
static __thread char zeroes[100];

static void *change_locals(void *arg)
{
	EXPECT(local == 41 && !zeroes[0] && !zeroes[99]);
	errno = (int)(long)arg;
	local = (long)arg;
	memset(zeroes, 1, sizeof(zeroes));
	sched_yield();
	EXPECT(local == (long)arg && errno == (int)(long)arg);
	return &local;
}

static void thread_local_storage(void)
{
	pthread_t threads[THREADS];
	void *places[THREADS];

	for (long i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, change_locals, (void *)(i + 100)));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], &places[i]);
	CHECK(local == 41 && places[0] != &local);
}

static pthread_key_t key;
static long destroyed;

static void destroy(void *value)
{
	__atomic_add_fetch(&destroyed, (long)value, __ATOMIC_SEQ_CST);
}

static void *use_key(void *arg)
{
	EXPECT(!pthread_getspecific(key));
	pthread_setspecific(key, arg);
	sched_yield();
	EXPECT(pthread_getspecific(key) == arg);
	return NULL;
}

static void keys(void)
{
	pthread_t threads[THREADS];

	destroyed = 0;
	CHECK(!pthread_key_create(&key, destroy));
	for (long i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, use_key, (void *)(i + 1)));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(!pthread_key_delete(key));
	CHECK(destroyed == THREADS * (THREADS + 1) / 2);
}

static pthread_once_t once;
static int initialised;

static void initialise(void)
{
	usleep(2000);
	initialised++;
}

static void *use_once(void *arg)
{
	pthread_once(&once, initialise);
	EXPECT(initialised == 1);
	return arg;
}

static void only_once(void)
{
	pthread_t threads[THREADS];

	once = (pthread_once_t)PTHREAD_ONCE_INIT;
	initialised = 0;
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, use_once, NULL));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(initialised == 1);
}

static void note(void *arg)
{
	*(int *)arg = *(int *)arg * 10 + 1;
}

static void note_more(void *arg)
{
	*(int *)arg = *(int *)arg * 10 + 2;
}

static void *leave_with_handlers(void *arg)
{
	pthread_cleanup_push(note, arg);
	pthread_cleanup_push(note_more, arg);
	pthread_exit(NULL);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return arg;
}

static void cleanup_handlers(void)
{
	pthread_t thread;
	int order = 0;

	CHECK(!pthread_create(&thread, NULL, leave_with_handlers, &order));
	pthread_join(thread, NULL);
	CHECK(order == 21);
}

static volatile int may_be_cancelled;

static void *until_cancelled(void *arg)
{
	pthread_cleanup_push(note, arg);
	may_be_cancelled = 1;
	for (;;)
		usleep(1000); /* a cancellation point */
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancellation(void)
{
	pthread_t thread;
	int order = 0;
	void *value;

	may_be_cancelled = 0;
	CHECK(!pthread_create(&thread, NULL, until_cancelled, &order));
	while (!may_be_cancelled)
		usleep(1000);
	CHECK(!pthread_cancel(thread));
	CHECK(!pthread_join(thread, &value) && value == PTHREAD_CANCELED);
	CHECK(order == 1);
}

/* Held while somebody asks for the id of a thread, which must not have ended. */
static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER;

static void *remember_tid(void *arg)
{
	*(pid_t *)arg = gettid();
	pthread_mutex_lock(&asking);
	pthread_mutex_unlock(&asking);
	return NULL;
}

static void ids(void)
{
	pid_t seen = 0, again = 0;
	pthread_t thread;
	clockid_t clock;

	CHECK(gettid() > 0 && gettid() != getppid());
	pthread_mutex_lock(&asking);
	CHECK(!pthread_create(&thread, NULL, remember_tid, &seen));
	CHECK(!pthread_getcpuclockid(thread, &clock));
	pthread_mutex_unlock(&asking);
	pthread_join(thread, NULL);
	CHECK(!pthread_create(&thread, NULL, remember_tid, &again));
	pthread_join(thread, NULL);
	CHECK(seen > 0 && again > 0 && seen != again && seen != gettid());
	CHECK(~(clock >> 3) == seen);
}

static void own_name(void)
{
	char name[16];

	CHECK(!pthread_setname_np(pthread_self(), "a name of 15 ch"));
	CHECK(!pthread_getname_np(pthread_self(), name, sizeof(name)) &&
	      !strcmp(name, "a name of 15 ch"));
	CHECK(pthread_setname_np(pthread_self(), "one that is too long") == ERANGE);
	CHECK(!pthread_setname_np(pthread_self(), "main"));
}

static const struct test tests[] = {
	TEST(join_value),
	TEST(many),
	TEST(detached),
	TEST(stack_size),
	TEST(thread_local_storage),
	TEST(keys),
	TEST(only_once),
	TEST(cleanup_handlers),
	TEST(cancellation),
	TEST(ids),
	TEST(own_name),
	TEST(handle_is_there),
	TEST_END,
};
const struct suite pthread_suite = {"pthreads", tests};
