/* SPDX-License-Identifier: BSD-2-Clause */
/* What other CPUs remember of pages that are gone: never anybody else's memory, not for long. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suite.h"

#define OTHERS 3
#define ROUNDS 4
#define PAGE   4096ul
#define COUNT  8 /* pages */
#define ROOM   (128ul << 20)
#define AWAY   (64ul << 20)
#define WORDS  (COUNT * PAGE / sizeof(uint64_t))
#define OLD    0x0123456789abcdefull
#define NEW    0xfedcba9876543210ull

static volatile uint64_t *shared; /* at the beginning of ROOM of ours: nobody else comes there */
static unsigned begun, ended;
static bool writes, told, wrong;
static __thread sigjmp_buf back;

static void on_fault(int signal)
{
	(void)signal;
	siglongjmp(back, 1);
}

/* Reads or writes until it must not. */
static void *use(void *arg)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)(intptr_t)arg % (size_t)cpus(), &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (!sigsetjmp(back, 1)) {
		for (uint64_t i = 0;; i++) {
			volatile uint64_t *word = &shared[i % COUNT * PAGE / sizeof(*word)];
			bool was_told = __atomic_load_n(&told, __ATOMIC_ACQUIRE);

			if (writes)
				*word = OLD;
			else if (*word != (was_told ? 0 : OLD) && (was_told || *word))
				__atomic_store_n(&wrong, true, __ATOMIC_RELAXED);
			if (i == COUNT)
				__atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
		}
	}
	__atomic_fetch_add(&ended, 1, __ATOMIC_RELAXED);
	return NULL;
}

static bool start(pthread_t threads[OTHERS], bool writing)
{
	struct sigaction action = {.sa_handler = on_fault};

	sigaction(SIGSEGV, &action, NULL);
	begun = ended = 0;
	writes = writing;
	wrong = told = false;
	shared = mmap(NULL, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (shared == MAP_FAILED ||
	    mmap((void *)shared, COUNT * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return false;
	for (size_t i = 0; i < WORDS; i++)
		shared[i] = OLD;
	for (intptr_t i = 0; i < OTHERS; i++)
		if (pthread_create(&threads[i], NULL, use, (void *)(i + 1)))
			return false;
	while (__atomic_load_n(&begun, __ATOMIC_RELAXED) < OTHERS)
		usleep(100);
	return true;
}

/* All have met their fault. */
static bool end(pthread_t threads[OTHERS])
{
	uint64_t begin = now_ns();

	while (__atomic_load_n(&ended, __ATOMIC_RELAXED) < OTHERS)
		if (now_ns() - begin > 20000 * MS)
			return false;
	for (int i = 0; i < OTHERS; i++)
		pthread_join(threads[i], NULL);
	signal(SIGSEGV, SIG_DFL);
	return true;
}

/* The pages' frames, if they can be had, somewhere else. They keep what is written to them. */
static void use_again(pthread_t threads[OTHERS], uint64_t value)
{
	uint64_t *again = mmap((char *)shared + AWAY, 4 * COUNT * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	bool same = true;

	EXPECT(again != MAP_FAILED);
	for (size_t i = 0; i < 4 * WORDS; i++) {
		same = same && !again[i];
		again[i] = value;
	}
	EXPECT(end(threads));
	for (size_t i = 0; i < 4 * WORDS; i++)
		same = same && again[i] == value;
	EXPECT(same && !wrong);
	munmap((void *)shared, ROOM);
}

static void reading_what_was_unmapped(void)
{
	pthread_t threads[OTHERS];

	for (int round = 0; round < ROUNDS; round++) {
		CHECK(start(threads, false));
		CHECK(!munmap((void *)shared, COUNT * PAGE));
		use_again(threads, NEW);
	}
}

static void writing_what_was_unmapped(void)
{
	pthread_t threads[OTHERS];

	for (int round = 0; round < ROUNDS; round++) {
		CHECK(start(threads, true));
		CHECK(!munmap((void *)shared, COUNT * PAGE));
		use_again(threads, NEW);
	}
}

/* From the return of mprotect() on nobody writes. */
static void writing_what_was_protected(void)
{
	pthread_t threads[OTHERS];

	for (int round = 0; round < ROUNDS; round++) {
		bool same = true;

		CHECK(start(threads, true));
		CHECK(!mprotect((void *)shared, COUNT * PAGE, PROT_READ));
		/* The same frames, to be written elsewhere: nobody writes over it. */
		uint64_t *moved = mremap((void *)shared, COUNT * PAGE, COUNT * PAGE,
					 MREMAP_MAYMOVE | MREMAP_FIXED, (char *)shared + AWAY);
		CHECK(moved != MAP_FAILED &&
		      !mprotect(moved, COUNT * PAGE, PROT_READ | PROT_WRITE));
		for (size_t i = 0; i < WORDS; i++)
			moved[i] = NEW;
		EXPECT(end(threads));
		for (size_t i = 0; i < WORDS; i++)
			same = same && moved[i] == NEW;
		EXPECT(same);
		munmap((void *)shared, ROOM);
	}
}

/* From the return of madvise() on all see zeros. */
static void reading_what_was_discarded(void)
{
	pthread_t threads[OTHERS];

	for (int round = 0; round < ROUNDS; round++) {
		CHECK(start(threads, false));
		CHECK(!madvise((void *)shared, COUNT * PAGE, MADV_DONTNEED));
		__atomic_store_n(&told, true, __ATOMIC_RELEASE);
		usleep(2000);
		EXPECT(!munmap((void *)shared, COUNT * PAGE));
		EXPECT(end(threads) && !wrong);
		munmap((void *)shared, ROOM);
	}
}

/* Not even the calling CPU may keep it. */
static void own_access(void)
{
	struct sigaction action = {.sa_handler = on_fault};
	volatile int faults = 0;

	sigaction(SIGSEGV, &action, NULL);
	for (int i = 0; i < 100; i++) {
		volatile char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		at[0] = 1;
		munmap((void *)at, PAGE);
		if (sigsetjmp(back, 1))
			faults++;
		else
			at[0] = 2;
	}
	signal(SIGSEGV, SIG_DFL);
	EXPECT(faults == 100);
}

static const struct test tests[] = {
	TEST(reading_what_was_unmapped),
	TEST(writing_what_was_unmapped),
	TEST(writing_what_was_protected),
	TEST(reading_what_was_discarded),
	TEST(own_access),
	TEST_END,
};
const struct suite stale_suite = {"stale", tests};
