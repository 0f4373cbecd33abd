/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeps and time limits of all lengths at once: none is early, none is lost. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define SLEEPERS 24
#define SLEEPS	 5 /* times the scale */

struct sleeper {
	pthread_t thread;
	uint32_t seed;
	unsigned count, early, wrong;
};

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

static int sleep_by_clock(uint64_t until)
{
	struct timespec at = timespec_of(until);

	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static int sleep_by_condition(uint64_t until)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct timespec at = timespec_of(until);
	pthread_condattr_t attr;
	pthread_cond_t cond;
	int result = 0;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&cond, &attr);
	pthread_mutex_lock(&mutex);
	while (!result)
		result = pthread_cond_timedwait(&cond, &mutex, &at);
	pthread_mutex_unlock(&mutex);
	return result == ETIMEDOUT ? 0 : result;
}

static int sleep_by_descriptor(uint64_t until)
{
	struct itimerspec at = {.it_value = timespec_of(until)};
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t count = 0;

	if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) ||
	    read(fd, &count, sizeof(count)) != sizeof(count) || count != 1)
		return -1;
	return close(fd);
}

static void *sleep_often(void *arg)
{
	static int (*const ways[])(uint64_t) = {sleep_by_clock, sleep_by_condition,
						sleep_by_descriptor};
	struct sleeper *sleeper = arg;

	for (unsigned i = 0; i < sleeper->count; i++) {
		uint64_t until = now_ns() + random_next(&sleeper->seed) % (2 * MS);

		if (ways[random_next(&sleeper->seed) % 3](until))
			sleeper->wrong++;
		if (now_ns() < until)
			sleeper->early++;
	}
	return NULL;
}

static const char *storm(unsigned scale)
{
	struct sleeper sleepers[SLEEPERS];

	for (unsigned i = 0; i < SLEEPERS; i++) {
		sleepers[i] = (struct sleeper){.seed = i, .count = SLEEPS * scale};
		CHECK(!pthread_create(&sleepers[i].thread, NULL, sleep_often, &sleepers[i]),
		      "no thread");
	}
	for (unsigned i = 0; i < SLEEPERS; i++)
		pthread_join(sleepers[i].thread, NULL);
	for (unsigned i = 0; i < SLEEPERS; i++) {
		CHECK(!sleepers[i].wrong, "a sleep failed");
		CHECK(!sleepers[i].early, "a sleep was short");
	}
	return NULL;
}

/* A post and a time limit race for each waiter: exactly one of them wins. */
struct race {
	sem_t sem;
	unsigned rounds, got;
};

static void *wait_a_moment(void *arg)
{
	struct race *race = arg;

	for (unsigned i = 0; i < race->rounds; i++) {
		struct timespec at;

		clock_gettime(CLOCK_REALTIME, &at);
		at.tv_nsec += 100000;
		if (at.tv_nsec >= 1000000000) {
			at.tv_nsec -= 1000000000;
			at.tv_sec++;
		}
		if (!sem_timedwait(&race->sem, &at))
			race->got++;
	}
	return NULL;
}

static const char *posts_against_limits(unsigned scale)
{
	struct race race = {.rounds = 80 * scale};
	pthread_t thread;
	uint32_t seed = 1;
	int left;

	sem_init(&race.sem, 0, 0);
	CHECK(!pthread_create(&thread, NULL, wait_a_moment, &race), "no thread");
	unsigned posts = 20 * scale;

	for (unsigned i = 0; i < posts; i++) {
		sleep_by_clock(now_ns() + random_next(&seed) % 400000);
		sem_post(&race.sem);
	}
	pthread_join(thread, NULL);
	sem_getvalue(&race.sem, &left);
	CHECK(race.got + (unsigned)left == posts, "a post is lost, or was taken twice");
	return NULL;
}

const struct stress timer_stress[] = {
	{"timers_storm", storm},
	{"posts_against_limits", posts_against_limits},
	{NULL, NULL},
};
