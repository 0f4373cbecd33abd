/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads and what synchronises them, called wrongly. Each row is a call and the error number that
 * POSIX names; that nothing was lost or changed by it is seen by the suite's counts.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <unishyper/mm.h>
#include <unishyper/pthread.h>
#include <unishyper/sem.h>
#include <unishyper/thread.h>

#include "suite.h"

static void expect(const char *call, int got, int wanted, int line)
{
	static char why[150];

	if (got == wanted)
		return;
	snprintf(why, sizeof(why), "%.100s: %d, not %d", call, got, wanted);
	suite_fail(why, __FILE__, line);
}

/* A call that returns the error number; one that returns -1 and sets errno; one of <unishyper>. */
#define ROW(wanted, ...) expect(#__VA_ARGS__, (__VA_ARGS__), (wanted), __LINE__)
#define ROW_ERRNO(wanted, ...)                                                                     \
	expect(#__VA_ARGS__, (errno = 0, (__VA_ARGS__) == -1 ? errno : 0), (wanted), __LINE__)
#define ROW_NATIVE(wanted, ...) expect(#__VA_ARGS__, -(__VA_ARGS__), (wanted), __LINE__)

#define NO_THREAD ((pthread_t)0x7000000000)
#define NO_ID	  0x3ffffff

static const struct timespec past = {1, 0}, too_many_ns = {1, 1000000000}, negative_ns = {1, -1};

static void *wait_for_sem(void *arg)
{
	while (sem_wait(arg))
		;
	return NULL;
}

static int left; /* detached threads that are done with the semaphore */

static void *wait_and_leave(void *arg)
{
	wait_for_sem(arg);
	__atomic_store_n(&left, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *nothing(void *arg)
{
	return arg;
}

static void nothing_native(void *arg)
{
	(void)arg;
}

static void joining(void)
{
	pthread_t ended, sleeping, detached;
	void *value;
	sem_t go;

	sem_init(&go, 0, 0);
	left = 0;
	CHECK(!pthread_create(&ended, NULL, nothing, NULL) && !pthread_join(ended, NULL));
	/* Before its memory is another thread's. */
	ROW(ESRCH, pthread_join(ended, &value));
	ROW(ESRCH, pthread_detach(ended));
	CHECK(!pthread_create(&sleeping, NULL, wait_for_sem, &go));
	CHECK(!pthread_create(&detached, NULL, wait_and_leave, &go) && !pthread_detach(detached));
	ROW(EDEADLK, pthread_join(pthread_self(), &value));
	ROW(ESRCH, pthread_join(NO_THREAD, &value));
	ROW(ESRCH, pthread_join(NULL, &value));
	ROW(EINVAL, pthread_join(detached, &value));
	ROW(ESRCH, pthread_detach(NO_THREAD));
	ROW(EINVAL, pthread_detach(detached));
	ROW(EBUSY, pthread_tryjoin_np(sleeping, &value));
	ROW(ETIMEDOUT, pthread_timedjoin_np(sleeping, &value, &past));
	ROW(EINVAL, pthread_timedjoin_np(sleeping, &value, &too_many_ns));
	ROW(EINVAL, pthread_timedjoin_np(sleeping, &value, &negative_ns));
	sem_post(&go);
	sem_post(&go);
	ROW(0, pthread_join(sleeping, &value));
	ROW(ESRCH, pthread_join(sleeping, &value));
	while (!__atomic_load_n(&left, __ATOMIC_SEQ_CST))
		sched_yield();
}

static void attributes(void)
{
	static const struct sched_param high = {.sched_priority = 1000},
					low = {.sched_priority = -1}, some = {.sched_priority = 5};
	cpu_set_t none, far;
	pthread_attr_t attr;
	pthread_t thread;

	CPU_ZERO(&none);
	CPU_ZERO(&far);
	CPU_SET(63, &far);
	pthread_attr_init(&attr);
	ROW(EINVAL, pthread_attr_setdetachstate(&attr, 7));
	ROW(EINVAL, pthread_attr_setinheritsched(&attr, 7));
	ROW(EINVAL, pthread_attr_setscope(&attr, 7));
	ROW(ENOTSUP, pthread_attr_setscope(&attr, PTHREAD_SCOPE_PROCESS));
	ROW(EINVAL, pthread_attr_setschedpolicy(&attr, 77));
	ROW(EINVAL, pthread_attr_setschedparam(&attr, &high));
	ROW(EINVAL, pthread_attr_setschedparam(&attr, &low));
	ROW(EINVAL, pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN - 1));
	ROW(EINVAL, pthread_attr_setstacksize(&attr, SIZE_MAX));
	ROW(EINVAL, pthread_attr_setstack(&attr, &attr, 1));
	ROW(EINVAL, pthread_attr_setguardsize(&attr, SIZE_MAX));
	ROW(EINVAL, pthread_attr_setaffinity_np(&attr, sizeof(none), &none));
	/* A priority that the policy, which counts now, does not have. */
	ROW(0, pthread_attr_setschedparam(&attr, &some));
	ROW(0, pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED));
	ROW(EINVAL, pthread_create(&thread, &attr, nothing, NULL));
	pthread_attr_init(&attr);
	ROW(0, pthread_attr_setaffinity_np(&attr, sizeof(far), &far));
	ROW(EINVAL, pthread_create(&thread, &attr, nothing, NULL));
	pthread_attr_init(&attr);
	ROW(0, pthread_attr_setstacksize(&attr, (size_t)1 << 45));
	ROW(EAGAIN, pthread_create(&thread, &attr, nothing, NULL));
}

static void scheduling(void)
{
	struct sched_param high = {.sched_priority = 1000}, zero = {0}, one = {.sched_priority = 1};
	struct timespec slice;
	cpu_set_t none;
	int policy;

	CPU_ZERO(&none);
	ROW(EINVAL, pthread_setschedparam(pthread_self(), 77, &zero));
	ROW(EINVAL, pthread_setschedparam(pthread_self(), SCHED_RR, &high));
	ROW(EINVAL, pthread_setschedparam(pthread_self(), SCHED_FIFO, &zero));
	ROW(EINVAL, pthread_setschedparam(pthread_self(), SCHED_OTHER, &one));
	ROW(EINVAL, pthread_setschedprio(pthread_self(), 1000));
	ROW(0, pthread_getschedparam(pthread_self(), &policy, &one));
	ROW(SCHED_OTHER, policy);
	ROW_ERRNO(EINVAL, sched_setscheduler(0, 77, &zero));
	ROW_ERRNO(EINVAL, sched_setscheduler(0, SCHED_RR, &high));
	ROW_ERRNO(ESRCH, sched_setscheduler(NO_ID, SCHED_OTHER, &zero));
	ROW_ERRNO(ESRCH, sched_getscheduler(NO_ID));
	ROW_ERRNO(ESRCH, sched_getparam(NO_ID, &zero));
	ROW_ERRNO(ESRCH, sched_setparam(NO_ID, &zero));
	ROW_ERRNO(EINVAL, sched_get_priority_max(77));
	ROW_ERRNO(EINVAL, sched_get_priority_min(77));
	ROW_ERRNO(EINVAL, sched_setaffinity(0, sizeof(none), &none));
	ROW_ERRNO(ESRCH, sched_getaffinity(NO_ID, sizeof(none), &none));
	ROW_ERRNO(0, sched_getparam(getpid(), &zero));
	ROW_ERRNO(0, sched_setscheduler(getpid(), SCHED_OTHER, &zero));
	(void)slice;
}

static void keys(void)
{
	pthread_key_t all[PTHREAD_KEYS_MAX], one;
	int count = 0;

	while (count < PTHREAD_KEYS_MAX && !pthread_key_create(&all[count], NULL))
		count++;
	CHECK(count > 100);
	ROW(EAGAIN, pthread_key_create(&one, NULL));
	ROW_NATIVE(EAGAIN, thread_key_create(NULL));
	one = all[--count];
	ROW(0, pthread_key_delete(one));
	ROW(EINVAL, pthread_key_delete(one));
	ROW(EINVAL, pthread_setspecific(one, &one));
	ROW(EINVAL, pthread_setspecific(PTHREAD_KEYS_MAX, &one));
	ROW(EINVAL, pthread_key_delete(PTHREAD_KEYS_MAX));
	CHECK(!pthread_getspecific(one) && !pthread_getspecific(UINT_MAX));
	ROW_NATIVE(EINVAL, thread_key_set(-1, &one));
	ROW_NATIVE(EINVAL, thread_key_destroy(-1));
	CHECK(!thread_key_get(-1));
	while (count)
		CHECK(!pthread_key_delete(all[--count]));
}

static void locks(void)
{
	pthread_mutexattr_t kind;
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
	pthread_barrier_t barrier;
	pthread_condattr_t clocks;
	pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
	pthread_spinlock_t spin;

	pthread_mutexattr_init(&kind);
	ROW(EINVAL, pthread_mutexattr_settype(&kind, 77));
	ROW(EINVAL, pthread_mutexattr_setpshared(&kind, 77));
	ROW(EINVAL, pthread_mutexattr_setrobust(&kind, 77));
	ROW(0, pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK));
	ROW(0, pthread_mutex_init(&mutex, &kind));
	ROW(EPERM, pthread_mutex_unlock(&mutex));
	ROW(EINVAL, pthread_mutex_consistent(&mutex));
	ROW(0, pthread_mutex_lock(&mutex));
	ROW(EDEADLK, pthread_mutex_lock(&mutex));
	ROW(EBUSY, pthread_mutex_trylock(&mutex));
	ROW(ETIMEDOUT, pthread_cond_timedwait(&condition, &mutex, &past));
	ROW(EINVAL, pthread_cond_timedwait(&condition, &mutex, &too_many_ns));
	ROW(EINVAL, pthread_cond_timedwait(&condition, &mutex, &negative_ns));
	ROW(0, pthread_mutex_unlock(&mutex));
	ROW(0, pthread_mutex_destroy(&mutex));
	ROW(0, pthread_condattr_init(&clocks));
	ROW(EINVAL, pthread_condattr_setclock(&clocks, 77));
	ROW(EINVAL, pthread_condattr_setpshared(&clocks, 77));
	ROW(EPERM, pthread_rwlock_unlock(&rwlock));
	ROW(0, pthread_rwlock_wrlock(&rwlock));
	ROW(EBUSY, pthread_rwlock_tryrdlock(&rwlock));
	ROW(EBUSY, pthread_rwlock_trywrlock(&rwlock));
	ROW(EDEADLK, pthread_rwlock_rdlock(&rwlock));
	ROW(EDEADLK, pthread_rwlock_wrlock(&rwlock));
	ROW(EDEADLK, pthread_rwlock_timedrdlock(&rwlock, &past));
	ROW(0, pthread_rwlock_unlock(&rwlock));
	ROW(0, pthread_rwlock_rdlock(&rwlock));
	ROW(ETIMEDOUT, pthread_rwlock_timedwrlock(&rwlock, &past));
	ROW(EINVAL, pthread_rwlock_timedwrlock(&rwlock, &too_many_ns));
	ROW(0, pthread_rwlock_unlock(&rwlock));
	ROW(EPERM, pthread_rwlock_unlock(&rwlock));
	ROW(EINVAL, pthread_barrier_init(&barrier, NULL, 0));
	ROW(0, pthread_spin_init(&spin, 0));
	ROW(0, pthread_spin_lock(&spin));
	ROW(EBUSY, pthread_spin_trylock(&spin));
	ROW(0, pthread_spin_unlock(&spin));
}

static void semaphores(void)
{
	sem_t zero, full;

	ROW_ERRNO(EINVAL, sem_init(&zero, 0, (unsigned)SEM_VALUE_MAX + 1));
	ROW_ERRNO(0, sem_init(&zero, 0, 0));
	ROW_ERRNO(0, sem_init(&full, 0, SEM_VALUE_MAX));
	ROW_ERRNO(EOVERFLOW, sem_post(&full));
	ROW_ERRNO(EAGAIN, sem_trywait(&zero));
	ROW_ERRNO(ETIMEDOUT, sem_timedwait(&zero, &past));
	ROW_ERRNO(EINVAL, sem_timedwait(&zero, &too_many_ns));
	ROW_ERRNO(EINVAL, sem_timedwait(&zero, &negative_ns));
}

static void native(void)
{
	struct thread_options options = THREAD_OPTIONS_DEFAULT;
	struct thread_info info;
	void *memory;

	ROW_NATIVE(EINVAL, thread_spawn(NULL, NULL));
	options.core = 1000;
	ROW_NATIVE(EINVAL, thread_spawn_with(nothing_native, NULL, &options));
	ROW_NATIVE(EDEADLK, thread_join(thread_current_id()));
	ROW_NATIVE(ESRCH, thread_join(NO_ID));
	ROW_NATIVE(ESRCH, thread_join(0));
	ROW_NATIVE(ESRCH, thread_join(INT_MIN));
	ROW_NATIVE(ESRCH, thread_detach(NO_ID));
	ROW_NATIVE(ESRCH, thread_wake(NO_ID));
	ROW_NATIVE(ESRCH, thread_wake_to_front(-1));
	ROW_NATIVE(ESRCH, thread_lookup(NO_ID, &info));
	ROW_NATIVE(ESRCH, thread_lookup(INT_MAX, &info));
	ROW_NATIVE(ESRCH, thread_set_priority(NO_ID, 3));
	ROW_NATIVE(EINVAL, thread_set_priority(thread_current_id(), THREAD_PRIORITY_MAX + 1));
	ROW_NATIVE(ETIMEDOUT, thread_block_for(0));
	ROW_NATIVE(EINVAL, mm_allocate(0, &memory));
	ROW_NATIVE(EINVAL, mm_allocate(1, NULL));
	ROW_NATIVE(ENOMEM, mm_allocate(SIZE_MAX, &memory));
	ROW_NATIVE(ENOMEM, mm_allocate((size_t)1 << 45, &memory));
	ROW_NATIVE(EINVAL, mm_deallocate(NULL));
	ROW_NATIVE(EINVAL, mm_deallocate(&memory));
	ROW_NATIVE(0, mm_allocate(5000, &memory));
	ROW_NATIVE(EINVAL, mm_deallocate((char *)memory + 4096));
	ROW_NATIVE(0, mm_deallocate(memory));
	ROW_NATIVE(EINVAL, mm_deallocate(memory));
}

/* As many as there may be; then EAGAIN, and afterwards all is as it was. */
static void out_of_threads(void)
{
	static pthread_t threads[5000];
	int count = 0, error;
	sem_t go;

	sem_init(&go, 0, 0);
	do {
		error = pthread_create(&threads[count], NULL, wait_for_sem, &go);
		count += !error;
	} while (!error && count < 5000);
	for (int i = 0; i < count; i++)
		sem_post(&go);
	for (int i = 0; i < count; i++)
		EXPECT(!pthread_join(threads[i], NULL));
	ROW(EAGAIN, error);
	CHECK(count == 2047);
}

static const struct test tests[] = {
	TEST(joining),	  TEST(attributes), TEST(scheduling),	  TEST(keys), TEST(locks),
	TEST(semaphores), TEST(native),	    TEST(out_of_threads), TEST_END,
};
const struct suite bad_thread_suite = {"bad_threads", tests};
