/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that change the address space at the same time, each in a window of its own, against an
 * array that says what each page must be; the same while there is no memory left.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "stress.h"

#define THREADS	  4
#define WINDOW	  96 /* pages */
#define WINDOWS	  0x3000000000ul
#define STRIDE	  (16ul << 20)
#define PAGE	  4096ul
#define OPS	  1000
#define OPS_SHORT 100 /* without memory */
#define ANYWHERE  4
#define BITE	  8 /* pages */
#define ANON	  (MAP_PRIVATE | MAP_ANONYMOUS)

struct page {
	bool reserved, filled;
	int rights;
	uint64_t content;
};

struct worker {
	pthread_t thread;
	unsigned number, ops;
	uint32_t seed;
	bool scarce; /* what is not filled must not be touched: there is no memory for it */
	int ends[2]; /* a pipe: what a system call may touch */
	uint64_t next;
	struct page pages[WINDOW];
	struct {
		uint64_t *at;
		size_t pages;
		uint64_t content;
	} others[ANYWHERE];
	unsigned refused;
	const char *why;
};

static struct worker workers[THREADS];
static pthread_barrier_t gate;

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition) && !worker->why)                                                  \
			worker->why = #condition;                                                  \
	} while (0)

static uint64_t *word_of(const struct worker *worker, size_t page)
{
	return (uint64_t *)(WINDOWS + worker->number * STRIDE + page * PAGE);
}

static bool all_reserved(const struct worker *worker, size_t at, size_t count, bool reserved)
{
	for (size_t i = at; i < at + count; i++)
		if (worker->pages[i].reserved != reserved)
			return false;
	return true;
}

/* Without memory a call may be refused; then nothing has changed. */
static bool refused(struct worker *worker, bool failed)
{
	bool is = failed && worker->scarce && errno == ENOMEM;

	worker->refused += is;
	return is;
}

static void set(struct worker *worker, size_t at, size_t count, struct page page)
{
	for (size_t i = at; i < at + count; i++)
		worker->pages[i] = page;
}

static void do_map(struct worker *worker, size_t at, size_t count, int rights)
{
	bool replace = random_next(&worker->seed) % 2, fill = random_next(&worker->seed) % 4 == 0;
	bool taken = !all_reserved(worker, at, count, false);
	int how = ANON | (replace ? MAP_FIXED : MAP_FIXED_NOREPLACE);
	void *got;

	if (worker->scarce) {
		rights = PROT_READ; /* else it is refused at once, with a line in the log */
		fill = true;
	}
	/* When filling fails, what was there is gone. */
	if (fill && rights && !(worker->scarce && replace))
		how |= MAP_POPULATE;
	got = mmap(word_of(worker, at), count * PAGE, rights, how, -1, 0);
	if (refused(worker, got == MAP_FAILED))
		return;
	if (!replace && taken) {
		EXPECT(got == MAP_FAILED && errno == EEXIST);
		return;
	}
	EXPECT(got == word_of(worker, at));
	set(worker, at, count, (struct page){true, how & MAP_POPULATE, rights, 0});
}

static void do_unmap(struct worker *worker, size_t at, size_t count)
{
	int error = munmap(word_of(worker, at), count * PAGE);

	if (refused(worker, error))
		return;
	EXPECT(!error);
	set(worker, at, count, (struct page){0});
}

static void do_protect(struct worker *worker, size_t at, size_t count, int rights)
{
	int error = mprotect(word_of(worker, at), count * PAGE, rights);
	bool whole = all_reserved(worker, at, count, true);

	if (whole && refused(worker, error))
		return;
	EXPECT(whole ? !error : error && errno == ENOMEM);
	for (size_t i = at; !error && i < at + count; i++)
		worker->pages[i].rights = rights;
}

static void do_discard(struct worker *worker, size_t at, size_t count)
{
	int error = madvise(word_of(worker, at), count * PAGE, MADV_DONTNEED);

	EXPECT(all_reserved(worker, at, count, true) ? !error : error && errno == ENOMEM);
	for (size_t i = at; !error && i < at + count; i++) {
		worker->pages[i].filled = false;
		worker->pages[i].content = 0;
	}
}

/* Over what is there. What is not one region may be refused. */
static void do_move(struct worker *worker, size_t at, size_t count, size_t to)
{
	struct page old[WINDOW];
	void *got;

	if (to + count > WINDOW || (to < at + count && at < to + count))
		return;
	got = mremap(word_of(worker, at), count * PAGE, count * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		     word_of(worker, to));
	if (refused(worker, got == MAP_FAILED) || (got == MAP_FAILED && errno == EFAULT))
		return;
	EXPECT(got == word_of(worker, to) && all_reserved(worker, at, count, true));
	memcpy(old, &worker->pages[at], count * sizeof(old[0]));
	set(worker, at, count, (struct page){0});
	memcpy(&worker->pages[to], old, count * sizeof(old[0]));
}

/* In place or not at all. */
static void do_shrink(struct worker *worker, size_t at, size_t count)
{
	size_t keep = (count + 1) / 2;
	void *got = mremap(word_of(worker, at), count * PAGE, keep * PAGE, 0);

	if (refused(worker, got == MAP_FAILED) || (got == MAP_FAILED && errno == EFAULT))
		return;
	EXPECT(got == word_of(worker, at) && all_reserved(worker, at, count, true));
	set(worker, at + keep, count - keep, (struct page){0});
}

static void do_touch(struct worker *worker, size_t at)
{
	struct page *page = &worker->pages[at];
	volatile uint64_t *word = word_of(worker, at);

	if (!(page->rights & PROT_READ) || (worker->scarce && !page->filled))
		return;
	EXPECT(*word == page->content);
	page->filled = true;
	if (page->rights & PROT_WRITE)
		*word = page->content = (uint64_t)worker->number << 56 | ++worker->next;
}

/* What a system call says of a page. */
static void do_ask(struct worker *worker, size_t at)
{
	const struct page *page = &worker->pages[at];
	uint64_t content = 0;
	ssize_t size;

	if (worker->scarce && page->reserved && !page->filled)
		return;
	size = write(worker->ends[1], word_of(worker, at), sizeof(content));
	if (!(page->rights & PROT_READ)) {
		EXPECT(size < 0 && errno == EFAULT);
		return;
	}
	EXPECT(size == sizeof(content));
	EXPECT(read(worker->ends[0], &content, sizeof(content)) == sizeof(content));
	EXPECT(content == page->content);
}

/* Anywhere: addresses and frames that others had a moment ago. */
static void do_anywhere(struct worker *worker, unsigned slot, size_t count)
{
	uint64_t *at = worker->others[slot].at;
	int error;

	if (at) {
		for (size_t i = 0; i < worker->others[slot].pages; i++)
			EXPECT(at[i * PAGE / 8] == worker->others[slot].content + i);
		/* It may have become one with its neighbours: to cut it off takes memory. */
		error = munmap(at, worker->others[slot].pages * PAGE);
		if (refused(worker, error))
			return;
		EXPECT(!error);
		worker->others[slot].at = NULL;
		return;
	}
	if (worker->scarce)
		return;
	at = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, ANON, -1, 0);
	EXPECT(at != MAP_FAILED);
	if (worker->why)
		return;
	worker->next += count;
	worker->others[slot].at = at;
	worker->others[slot].pages = count;
	worker->others[slot].content = (uint64_t)worker->number << 56 | worker->next;
	for (size_t i = 0; i < count; i++) {
		EXPECT(at[i * PAGE / 8] == 0);
		at[i * PAGE / 8] = worker->others[slot].content + i;
	}
}

static char *hog, *hog_end; /* memory that is taken for nothing */

static size_t total_memory(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.totalram * info.mem_unit;
}

/* What came free meanwhile. */
static void take_again(void)
{
	char *at;

	do
		at = __atomic_fetch_add(&hog_end, PAGE, __ATOMIC_RELAXED);
	while (!madvise(at, PAGE, MADV_WILLNEED));
}

static void step(struct worker *worker)
{
	static const int rights[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_WRITE};
	size_t at = random_next(&worker->seed) % WINDOW;
	size_t count = 1 + random_next(&worker->seed) % (random_next(&worker->seed) % 8 ? 6 : 60);
	int wanted = rights[random_next(&worker->seed) % 4];

	count = count > WINDOW - at ? WINDOW - at : count;
	switch (random_next(&worker->seed) % 16) {
	case 0:
	case 1:
		do_map(worker, at, count, wanted);
		break;
	case 2:
		do_unmap(worker, at, count);
		break;
	case 3:
	case 4:
		do_protect(worker, at, count, wanted);
		break;
	case 5:
		do_discard(worker, at, count);
		break;
	case 6:
		do_move(worker, at, count, random_next(&worker->seed) % WINDOW);
		break;
	case 7:
		do_shrink(worker, at, count);
		break;
	case 8:
	case 9:
		do_anywhere(worker, random_next(&worker->seed) % ANYWHERE, count);
		break;
	case 10:
		do_ask(worker, at);
		break;
	default:
		do_touch(worker, at);
	}
	if (worker->scarce)
		take_again();
	if (random_next(&worker->seed) % 64 == 0)
		bind_to(random_next(&worker->seed));
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	volatile char stack[6 * PAGE];

	for (size_t i = 0; i < sizeof(stack); i += PAGE)
		stack[i] = 1;	     /* now there is memory for it */
	pthread_barrier_wait(&gate); /* all have theirs */
	pthread_barrier_wait(&gate); /* the rest of it is taken */
	for (unsigned i = 0; i < worker->ops && !worker->why; i++)
		step(worker);
	for (size_t i = 0; i < WINDOW && !worker->why; i++)
		do_ask(worker, i);
	return NULL;
}

/* Take all memory there is. */
static void take_all(void)
{
	size_t size = total_memory();

	hog = mmap(NULL, size, PROT_READ, ANON | MAP_NORESERVE, -1, 0);
	if (hog == MAP_FAILED)
		return;
	hog_end = hog;
	while (!madvise(hog_end, BITE * PAGE, MADV_WILLNEED))
		hog_end += BITE * PAGE;
	take_again();
}

static const char *run_workers(unsigned ops, bool scarce)
{
	static uint32_t seed = 1;
	const char *why = NULL;

	pthread_barrier_init(&gate, NULL, THREADS + 1);
	for (unsigned i = 0; i < THREADS; i++) {
		struct worker *worker = &workers[i];

		worker->seed = seed++;
		worker->ops = ops;
		worker->scarce = scarce;
		CHECK(!pthread_create(&worker->thread, NULL, work, worker), "no thread");
	}
	pthread_barrier_wait(&gate);
	if (scarce)
		take_all();
	pthread_barrier_wait(&gate);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		why = why ? why : workers[i].why;
	}
	if (scarce)
		munmap(hog, total_memory());
	pthread_barrier_destroy(&gate);
	return why;
}

static const char *run(unsigned scale, bool scarce)
{
	unsigned refusals = 0;
	const char *why;

	memset(workers, 0, sizeof(workers));
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].number = i;
		CHECK(!pipe(workers[i].ends), "no pipe");
	}
	why = run_workers(OPS * (scarce ? 1 : scale), false);
	/* A refusal takes long: it looks whether anything can still be given back. */
	for (unsigned i = 0; scarce && !why && i * 10 < scale; i++) {
		why = run_workers(OPS_SHORT, true);
		why = why ? why : run_workers(OPS_SHORT / 4, false);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		struct worker *worker = &workers[i];

		for (unsigned slot = 0; slot < ANYWHERE; slot++)
			if (worker->others[slot].at)
				do_anywhere(worker, slot, 0);
		munmap(word_of(worker, 0), WINDOW * PAGE);
		close(worker->ends[0]);
		close(worker->ends[1]);
		why = why ? why : worker->why;
		refusals += worker->refused;
	}
	CHECK(why || !scarce || refusals, "nothing was refused without memory");
	return why;
}

static const char *against_a_model(unsigned scale)
{
	return run(scale, false);
}

static const char *without_memory(unsigned scale)
{
	return run(scale, true);
}

const struct stress memory_stress[] = {
	{"memory_against_a_model", against_a_model},
	{"memory_when_there_is_none", without_memory},
	{NULL, NULL},
};
