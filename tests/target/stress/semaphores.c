/* SPDX-License-Identifier: BSD-2-Clause */
/* 480 hand-offs of semaphores between threads of different CPUs; 1,002,000 with the long run. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>

#include "stress.h"

#define RING	       24
#define TOKENS	       12
#define HANDOFF(scale) ((scale) > 1 ? 4008 * (scale) : 480)
#define ADDERS	       8

struct link {
	sem_t sem;
	struct link *next;
	unsigned cpu, rounds;
};

static unsigned turn, inside, wrong;

/* Each link of the ring is on another CPU than the next one. */
static void *pass_on(void *arg)
{
	struct link *link = arg;

	bind_to(link->cpu);
	for (unsigned i = 0; i < link->rounds; i++) {
		while (sem_wait(&link->sem))
			;
		if (__atomic_fetch_add(&inside, 1, __ATOMIC_RELAXED) >= TOKENS)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&inside, 1, __ATOMIC_RELAXED);
		sem_post(&link->next->sem);
	}
	return NULL;
}

/* As many tokens go round as keep all CPUs at work; they end where they began. */
static const char *pass_tokens(unsigned tokens, unsigned handoffs)
{
	struct link ring[RING];
	pthread_t threads[RING];
	unsigned rounds = handoffs / RING;

	turn = inside = wrong = 0;
	for (unsigned i = 0; i < RING; i++) {
		ring[i].next = &ring[(i + 1) % RING];
		ring[i].cpu = i;
		ring[i].rounds = rounds;
		sem_init(&ring[i].sem, 0, i * tokens % RING < tokens);
	}
	for (unsigned i = 0; i < RING; i++)
		CHECK(!pthread_create(&threads[i], NULL, pass_on, &ring[i]), "no thread");
	for (unsigned i = 0; i < RING; i++)
		pthread_join(threads[i], NULL);
	CHECK(!wrong, "there are more tokens than there were");
	CHECK(turn == rounds * RING, "a hand-off is lost");
	for (unsigned i = 0; i < RING; i++) {
		int value;

		CHECK(!sem_getvalue(&ring[i].sem, &value) && value == (i * tokens % RING < tokens),
		      "a token is not where it began");
	}
	return NULL;
}

static const char *around_the_cpus(unsigned scale)
{
	return pass_tokens(TOKENS, HANDOFF(scale));
}

/* All CPUs but one are idle: each hand-off is a wake-up of an idle CPU. */
static const char *one_token(unsigned scale)
{
	return pass_tokens(1, 2 * RING * scale);
}

struct adder {
	pthread_mutex_t mutex;
	unsigned sum, each;
};

static void *add(void *arg)
{
	struct adder *adder = arg;

	for (unsigned i = 0; i < adder->each; i++) {
		pthread_mutex_lock(&adder->mutex);
		adder->sum++;
		pthread_mutex_unlock(&adder->mutex);
	}
	return NULL;
}

static const char *one_mutex(unsigned scale)
{
	struct adder adder = {PTHREAD_MUTEX_INITIALIZER, 0, 500 * scale};
	pthread_t threads[ADDERS];

	for (unsigned i = 0; i < ADDERS; i++)
		CHECK(!pthread_create(&threads[i], NULL, add, &adder), "no thread");
	for (unsigned i = 0; i < ADDERS; i++)
		pthread_join(threads[i], NULL);
	CHECK(adder.sum == ADDERS * adder.each, "two threads held the mutex");
	return NULL;
}

const struct stress semaphore_stress[] = {
	{"semaphores_around_the_cpus", around_the_cpus},
	{"semaphore_one_token", one_token},
	{"one_mutex", one_mutex},
	{NULL, NULL},
};
