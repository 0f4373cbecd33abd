/* SPDX-License-Identifier: BSD-2-Clause */
/* POSIX semaphores. */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "suite.h"

#define ROUNDS 1000

static sem_t ping, pong;
static int turn;

static void *answer(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		sem_wait(&ping);
		EXPECT(turn == 1);
		turn = 0;
		sem_post(&pong);
	}
	return arg;
}

static void ping_pong(void)
{
	pthread_t thread;

	sem_init(&ping, 0, 0);
	sem_init(&pong, 0, 0);
	CHECK(!pthread_create(&thread, NULL, answer, NULL));
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(turn == 0);
		turn = 1;
		sem_post(&ping);
		sem_wait(&pong);
	}
	pthread_join(thread, NULL);
}

static void try_and_value(void)
{
	sem_t semaphore;
	int value;

	sem_init(&semaphore, 0, 2);
	CHECK(!sem_trywait(&semaphore) && !sem_trywait(&semaphore));
	CHECK_ERRNO(sem_trywait(&semaphore), EAGAIN);
	CHECK(!sem_post(&semaphore) && !sem_getvalue(&semaphore, &value) && value == 1);
}

static void time_over(void)
{
	struct timespec until;
	uint64_t start;
	sem_t semaphore;

	sem_init(&semaphore, 0, 0);
	start = now_ns(); /* first: the host may take the CPU away between the two */
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 6 * MS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	CHECK_ERRNO(sem_timedwait(&semaphore, &until), ETIMEDOUT);
	CHECK(now_ns() - start >= 6 * MS);
}

static const struct test tests[] = {TEST(ping_pong), TEST(try_and_value), TEST(time_over),
				    TEST_END};
const struct suite semaphore_suite = {"semaphores", tests};
