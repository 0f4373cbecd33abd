/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers that send signals, and setting the clock. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

static sigset_t set, old_set;

static int signals;
static struct signalfd_siginfo info;

static void block(int signal)
{
	sigemptyset(&set);
	sigaddset(&set, signal);
	EXPECT(!pthread_sigmask(SIG_BLOCK, &set, &old_set));
	EXPECT((signals = signalfd(-1, &set, 0)) >= 0);
}

static void unblock(void)
{
	while (ready(signals, POLLIN))
		EXPECT(read(signals, &info, sizeof(info)) == sizeof(info));
	EXPECT(!close(signals) && !pthread_sigmask(SIG_SETMASK, &old_set, NULL));
}

/* The signal that comes next, in `info`. */
static int next(void)
{
	return read(signals, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : -1;
}

static struct itimerspec setting(uint64_t value_ns, uint64_t interval_ns)
{
	return (struct itimerspec){
		.it_value = {(time_t)(value_ns / 1000000000), (long)(value_ns % 1000000000)},
		.it_interval = {(time_t)(interval_ns / 1000000000),
				(long)(interval_ns % 1000000000)},
	};
}

static struct sigevent by_signal(int signal, int value)
{
	return (struct sigevent){.sigev_notify = SIGEV_SIGNAL,
				 .sigev_signo = signal,
				 .sigev_value.sival_int = value};
}

static void once(void)
{
	struct sigevent event = by_signal(SIGRTMIN + 1, 42);
	struct itimerspec spec = setting(1000000 * MS, 0), now;
	uint64_t begin;
	timer_t timer;

	block(SIGRTMIN + 1);
	CHECK(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	CHECK(!timer_gettime(timer, &now) && !now.it_value.tv_sec && !now.it_value.tv_nsec);
	CHECK(!timer_settime(timer, 0, &spec, NULL) && !timer_gettime(timer, &now));
	CHECK(now.it_value.tv_sec > 900 && now.it_value.tv_sec <= 1000);
	begin = now_ns();
	spec = setting(3 * MS, 0);
	CHECK(!timer_settime(timer, 0, &spec, &now) && now.it_value.tv_sec > 900);
	CHECK(next() == SIGRTMIN + 1 && now_ns() - begin >= 3 * MS);
	CHECK(info.ssi_code == SI_TIMER && info.ssi_int == 42);
	CHECK(timer_getoverrun(timer) == 0 && !timer_gettime(timer, &now) && !now.it_value.tv_nsec);
	/* A time of the clock, here one that has passed. */
	spec = setting(1, 0);
	CHECK(!timer_settime(timer, TIMER_ABSTIME, &spec, NULL));
	CHECK(next() == SIGRTMIN + 1 && !timer_delete(timer));
	CHECK(timer_delete(timer)); /* the C library returns -EINVAL here */
	unblock();
}

static void again_and_again(void)
{
	struct sigevent event = by_signal(SIGRTMIN + 1, 1);
	struct itimerspec spec = setting(MS, MS), now;
	uint64_t begin = now_ns(), count = 0;
	timer_t timer;

	block(SIGRTMIN + 1);
	CHECK(!timer_create(CLOCK_REALTIME, &event, &timer));
	CHECK(!timer_settime(timer, 0, &spec, NULL));
	for (int i = 0; i < 5; i++) {
		CHECK(next() == SIGRTMIN + 1);
		count += 1 + (uint64_t)timer_getoverrun(timer);
	}
	CHECK(count >= 5 && count <= (now_ns() - begin) / MS);
	CHECK(!timer_gettime(timer, &now) && now.it_interval.tv_nsec == (long)MS);
	/* Blocked for a while: one signal, the others are counted. A short interval is no storm. */
	spec = setting(1000, 1000);
	CHECK(!timer_settime(timer, 0, &spec, NULL));
	/* The CPU that has the timer may be away for a while. */
	for (count = 0; count < 10; count += (uint64_t)timer_getoverrun(timer))
		CHECK(!usleep(5000) && next() == SIGRTMIN + 1);
	CHECK(!timer_delete(timer));
	unblock();
}

static void silent(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_NONE};
	struct itimerspec spec = setting(2 * MS, 0), now;
	timer_t timer;

	CHECK(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	CHECK(!timer_settime(timer, 0, &spec, NULL) && !usleep(3000));
	CHECK(!timer_gettime(timer, &now) && !now.it_value.tv_sec && !now.it_value.tv_nsec);
	spec = setting(2 * MS, 1000000 * MS);
	CHECK(!timer_settime(timer, 0, &spec, NULL) && !usleep(3000));
	CHECK(!timer_gettime(timer, &now) && now.it_value.tv_sec > 900 && !timer_delete(timer));
}

static int calls;

static void called(union sigval value)
{
	__atomic_add_fetch(&calls, value.sival_int, __ATOMIC_RELAXED);
}

static void by_thread(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD,
				 .sigev_notify_function = called,
				 .sigev_value.sival_int = 5};
	struct itimerspec spec = setting(MS, MS);
	timer_t timer;

	/* The C library's thread waits by this call. */
	sigemptyset(&set);
	if (sigtimedwait(&set, NULL, &(struct timespec){0, 0}) == -1 && errno == ENOSYS)
		return;
	calls = 0;
	CHECK(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	CHECK(!timer_settime(timer, 0, &spec, NULL));
	while (__atomic_load_n(&calls, __ATOMIC_RELAXED) < 15)
		usleep(1000);
	CHECK(!timer_delete(timer));
}

static void wrong(void)
{
	struct sigevent event = by_signal(65, 0);
	struct itimerspec spec = setting(MS, 0), bad = setting(MS, 0);
	static timer_t list[100];
	int count = 0;
	timer_t timer;

	CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL);
	event = by_signal(-1, 0);
	CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL);
	event = (struct sigevent){.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
	CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &event, &timer), EINVAL);
	CHECK_ERRNO(timer_create(99, NULL, &timer), EINVAL);
	CHECK_ERRNO(timer_create(-3, NULL, &timer), EINVAL);
	event = by_signal(SIGUSR1, 0);
	while (count < 100 && !timer_create(CLOCK_MONOTONIC, &event, &list[count]))
		count++;
	CHECK(errno == EAGAIN && count == 64);
	bad.it_value.tv_nsec = -1;
	CHECK_ERRNO(timer_settime(list[0], 0, &bad, NULL), EINVAL);
	CHECK_ERRNO(timer_settime(list[0], 0, BAD_POINTER, NULL), EFAULT);
	CHECK_ERRNO(timer_gettime(list[0], BAD_POINTER), EFAULT);
	while (count)
		CHECK(!timer_delete(list[--count]));
	CHECK_ERRNO(timer_settime(list[0], 0, &spec, NULL), EINVAL);
	CHECK_ERRNO(timer_gettime(list[0], &spec), EINVAL);
	CHECK_ERRNO(timer_getoverrun((timer_t)1000), EINVAL);
	CHECK(timer_delete((timer_t)1000));
}

static uint64_t ns_of(clockid_t clock)
{
	struct timespec time;

	EXPECT(!clock_gettime(clock, &time));
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void compute_until_signal(void)
{
	for (uint64_t begin = now_ns(); !ready(signals, POLLIN) && now_ns() - begin < 20000 * MS;)
		;
}

/* Sleeping takes no processor time, so nothing comes; computing does. */
static void processor_time_of(clockid_t clock)
{
	struct sigevent event = by_signal(SIGRTMIN + 1, 7);
	struct itimerspec spec = setting(30 * MS, 0), now;
	uint64_t begin, used, count = 1;
	timer_t timer;

	block(SIGRTMIN + 1);
	CHECK(!timer_create(clock, &event, &timer));
	begin = ns_of(clock);
	CHECK(!timer_settime(timer, 0, &spec, NULL) && !usleep(60000));
	/* In this order: the host may take the CPU away between the two. */
	CHECK(!ready(signals, POLLIN) || ns_of(clock) - begin >= 30 * MS);
	CHECK(!timer_gettime(timer, &now) && now.it_value.tv_nsec <= 30 * (long)MS);
	compute_until_signal();
	CHECK(next() == SIGRTMIN + 1 && info.ssi_int == 7 && ns_of(clock) - begin >= 30 * MS);
	/* A time of that clock, and then again and again: what was missed is counted. */
	begin = ns_of(clock);
	spec = setting(begin + 5 * MS, 2 * MS);
	CHECK(!timer_settime(timer, TIMER_ABSTIME, &spec, NULL));
	for (int i = 0; i < 3; i++) {
		compute_until_signal();
		CHECK(next() == SIGRTMIN + 1);
		count += 1 + (uint64_t)timer_getoverrun(timer);
	}
	used = ns_of(clock) - begin;
	CHECK(used >= 9 * MS && count - 1 <= 1 + (used - 5 * MS) / (2 * MS));
	CHECK(!timer_delete(timer));
	unblock();
}

static void processor_time(void)
{
	struct itimerval value = {.it_value = {0, 5000}}, off = {0};
	struct itimerspec spec = setting(3 * MS, 0), now;
	struct sigevent nobody = {.sigev_notify = SIGEV_NONE};
	clockid_t own;
	uint64_t begin;
	timer_t timer;

	CHECK(!pthread_getcpuclockid(pthread_self(), &own));
	processor_time_of(CLOCK_PROCESS_CPUTIME_ID);
	processor_time_of(CLOCK_THREAD_CPUTIME_ID);
	processor_time_of(own);
	CHECK(!timer_create(CLOCK_THREAD_CPUTIME_ID, &nobody, &timer));
	begin = ns_of(own);
	CHECK(!timer_settime(timer, 0, &spec, NULL) && !timer_gettime(timer, &now));
	/* Nothing is left only if so much was used: a host that takes the CPU away does that. */
	CHECK(now.it_value.tv_nsec <= 3 * (long)MS &&
	      (now.it_value.tv_nsec > 0 || ns_of(own) - begin >= 3 * MS));
	for (begin = ns_of(own); ns_of(own) - begin < 3 * MS;)
		;
	CHECK(!timer_gettime(timer, &now) && !now.it_value.tv_nsec && !timer_delete(timer));
	for (int which = ITIMER_VIRTUAL; which <= ITIMER_PROF; which++) {
		int signal = which == ITIMER_PROF ? SIGPROF : SIGVTALRM;

		block(signal);
		begin = ns_of(CLOCK_PROCESS_CPUTIME_ID);
		CHECK(!setitimer(which, &value, NULL));
		compute_until_signal();
		CHECK(next() == signal && ns_of(CLOCK_PROCESS_CPUTIME_ID) - begin >= 5 * MS);
		CHECK(!setitimer(which, &off, NULL));
		unblock();
	}
}

static void *wait_for_end(void *arg)
{
	pause();
	return arg;
}

/* Whose clock it is ends: the timer stays silent. */
static void clock_of_the_dead(void)
{
	struct sigevent event = by_signal(SIGRTMIN + 1, 0);
	struct itimerspec spec = setting(MS, MS), now;
	struct timespec shown;
	pthread_t thread;
	clockid_t clock;
	timer_t timer;

	block(SIGRTMIN + 1);
	CHECK(!pthread_create(&thread, NULL, wait_for_end, NULL));
	CHECK(!pthread_getcpuclockid(thread, &clock) && !timer_create(clock, &event, &timer));
	CHECK(!timer_settime(timer, 0, &spec, NULL) && !pthread_cancel(thread));
	CHECK(!pthread_join(thread, NULL));
	/* It is gone, and its clock with it, a moment after its joiner knows. */
	while (!clock_gettime(clock, &shown))
		usleep(1000);
	CHECK(!usleep(30000));
	while (ready(signals, POLLIN))
		next();
	CHECK(!timer_gettime(timer, &now) && !now.it_value.tv_nsec && !timer_delete(timer));
	unblock();
}

/* Timers of many threads, set, read and deleted as fast as they go off. */
static void *storm_thread(void *arg)
{
	struct sigevent event = by_signal(SIGRTMIN + 1, 0);
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < 60; i++) {
		struct itimerspec spec = setting((unsigned)rand_r(&seed) % 50000,
						 (unsigned)rand_r(&seed) % 30000);
		struct itimerspec old;
		timer_t timer;

		if (timer_create(CLOCK_MONOTONIC, &event, &timer)) {
			EXPECT(0);
			break;
		}
		EXPECT(!timer_settime(timer, 0, &spec, NULL));
		usleep((unsigned)rand_r(&seed) % 100);
		EXPECT(!timer_settime(timer, 0, &spec, &old) && !timer_gettime(timer, &spec));
		EXPECT(!timer_delete(timer));
	}
	return NULL;
}

static void storm(void)
{
	block(SIGRTMIN + 1);
	threads_start(6, storm_thread);
	threads_join();
	unblock();
}

static void old_interface(void)
{
	struct itimerval value = {.it_value = {0, 2000}}, old;
	unsigned left;
	uint64_t begin;

	block(SIGALRM);
	begin = now_ns();
	CHECK(alarm(1000) == 0);
	left = alarm(500);
	/* Rounded up: a second less only if one has passed, the host having taken the CPU away. */
	CHECK(left == 1000 || (left < 1000 && now_ns() - begin >= (1000 - left) * 1000 * MS));
	CHECK(!getitimer(ITIMER_REAL, &old) && old.it_value.tv_sec >= 490);
	left = alarm(0);
	CHECK(left <= 500 && left >= 490);
	begin = now_ns();
	CHECK(!setitimer(ITIMER_REAL, &value, NULL) && next() == SIGALRM);
	CHECK(now_ns() - begin >= 2 * MS && !getitimer(ITIMER_REAL, &old) && !old.it_value.tv_usec);
	value.it_interval.tv_usec = 1000;
	CHECK(!setitimer(ITIMER_REAL, &value, NULL) && next() == SIGALRM && next() == SIGALRM);
	value = (struct itimerval){0};
	CHECK(!setitimer(ITIMER_REAL, &value, &old) && old.it_interval.tv_usec == 1000);
	/* 584 years and what the machine ran so far are more than 64 bits of nanoseconds. */
	value.it_value = (struct timeval){18446744072, 999999};
	CHECK(!setitimer(ITIMER_REAL, &value, NULL) && !getitimer(ITIMER_REAL, &old));
	CHECK(old.it_value.tv_sec > 1000000000);
	value = (struct itimerval){0};
	CHECK(!setitimer(ITIMER_REAL, &value, NULL));
	CHECK_ERRNO(setitimer(9, &value, NULL), EINVAL);
	CHECK_ERRNO(getitimer(ITIMER_PROF + 1, &old), EINVAL);
	CHECK_ERRNO(getitimer(-1, &old), EINVAL);
	value.it_value.tv_usec = 1000000;
	CHECK_ERRNO(setitimer(ITIMER_REAL, &value, NULL), EINVAL);
	CHECK_ERRNO(setitimer(ITIMER_REAL, BAD_POINTER, NULL), EFAULT);
	CHECK_ERRNO(getitimer(ITIMER_REAL, BAD_POINTER), EFAULT);
	unblock();
}

static void time_of_day(void)
{
	struct timespec before, then, after;

	CHECK(!clock_gettime(CLOCK_REALTIME, &before));
	then = before;
	then.tv_sec += 100000;
	CHECK(!clock_settime(CLOCK_REALTIME, &then) && !clock_gettime(CLOCK_REALTIME, &after));
	CHECK(after.tv_sec >= then.tv_sec && after.tv_sec < then.tv_sec + 100);
	CHECK(!clock_settime(CLOCK_REALTIME, &before));
	CHECK_ERRNO(clock_settime(CLOCK_MONOTONIC, &then), EINVAL);
	then.tv_nsec = 1000000000;
	CHECK_ERRNO(clock_settime(CLOCK_REALTIME, &then), EINVAL);
	CHECK_ERRNO(clock_settime(CLOCK_REALTIME, BAD_POINTER), EFAULT);
}

static void *sleep_until(void *arg)
{
	EXPECT(!clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, arg, NULL));
	return NULL;
}

static void *wait_until(void *arg)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;

	pthread_mutex_lock(&mutex);
	EXPECT(pthread_cond_timedwait(&never, &mutex, arg) == ETIMEDOUT);
	return NULL;
}

static void *receive_until(void *arg)
{
	struct mq_attr few = {.mq_maxmsg = 1, .mq_msgsize = 8};
	mqd_t queue = mq_open("/until", O_CREAT | O_RDWR, 0600, &few);
	char data[8];

	EXPECT(mq_timedreceive(queue, data, sizeof(data), NULL, arg) == -1 && errno == ETIMEDOUT);
	EXPECT(!mq_close(queue) && !mq_unlink("/until"));
	return NULL;
}

/* Who waits for a time of day waits for the clock to show it; spans stay what they are. */
static void clock_jumps(void)
{
	void *(*const waits[])(void *) = {sleep_until, wait_until, receive_until};
	struct sigevent event = by_signal(SIGUSR1, 1);
	struct itimerspec at = {0}, span = setting(600000000000, 0), left;
	pthread_t threads[3];
	struct timespec before, later;
	timer_t date, relative;

	block(SIGUSR1);
	CHECK(!timer_create(CLOCK_REALTIME, &event, &date));
	CHECK(!timer_create(CLOCK_REALTIME, &event, &relative));
	CHECK(!clock_gettime(CLOCK_REALTIME, &before));
	at.it_value = later = before;
	at.it_value.tv_sec += 600;
	later.tv_sec += 540;
	CHECK(!timer_settime(date, TIMER_ABSTIME, &at, NULL) &&
	      !timer_settime(relative, 0, &span, NULL));
	for (int i = 0; i < 3; i++)
		CHECK(!pthread_create(&threads[i], NULL, waits[i], &at.it_value));
	usleep(5000);
	CHECK(!clock_settime(CLOCK_REALTIME, &later) && !ready(signals, POLLIN));
	CHECK(!timer_gettime(date, &left) && left.it_value.tv_sec <= 60);
	CHECK(!timer_gettime(relative, &left) && left.it_value.tv_sec >= 540);
	/* Back again, and over the moment. */
	CHECK(!clock_settime(CLOCK_REALTIME, &before));
	CHECK(!timer_gettime(date, &left) && left.it_value.tv_sec >= 540);
	at.it_value.tv_sec++;
	CHECK(!clock_settime(CLOCK_REALTIME, &at.it_value));
	at.it_value.tv_sec--;
	for (int i = 0; i < 3; i++)
		CHECK(!pthread_join(threads[i], NULL));
	CHECK(next() == SIGUSR1);
	CHECK(!timer_delete(date) && !timer_delete(relative));
	CHECK(!clock_settime(CLOCK_REALTIME, &before));
	unblock();
}

static const struct test tests[] = {
	TEST(once),
	TEST(again_and_again),
	TEST(silent),
	TEST(by_thread),
	TEST(wrong),
	TEST(storm),
	TEST(old_interface),
	TEST(time_of_day),
	TEST(clock_jumps),
	TEST(processor_time),
	TEST(clock_of_the_dead),
	TEST_END,
};
const struct suite timer_suite = {"timers", tests};
