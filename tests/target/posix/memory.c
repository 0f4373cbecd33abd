/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suite.h"

#define PAGE 4096ul
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW   (PROT_READ | PROT_WRITE)

/* Can a system call read there. (/dev/null would not look.) */
static bool readable(const void *at)
{
	int fd = open("/sink", O_WRONLY | O_CREAT, 0600);
	bool good = write(fd, at, 1) == 1;

	close(fd);
	return good;
}

static void maps_zeroes(void)
{
	char *at = mmap(NULL, 10 * PAGE, RW, ANON, -1, 0);

	CHECK(at != MAP_FAILED && !((uintptr_t)at & (PAGE - 1)));
	for (size_t i = 0; i < 10 * PAGE; i++)
		CHECK(!at[i]);
	memset(at, 0xaa, 10 * PAGE);
	CHECK(!munmap(at, 10 * PAGE));
	at = mmap(NULL, 10 * PAGE, RW, ANON, -1, 0);
	CHECK(at != MAP_FAILED && !at[0] && !at[10 * PAGE - 1]);
	CHECK(!munmap(at, 10 * PAGE));
}

/*
 * A change of regions may give back what the kernel's heap had for others, which were unmapped
 * before, as soon as all CPUs have forgotten them. So what pages take is counted between changes.
 */
static void on_demand(void)
{
	unsigned long before = free_frames();
	char *at = mmap(NULL, 1024 * PAGE, RW, ANON, -1, 0);

	CHECK(at != MAP_FAILED && (long)(before - free_frames()) < 16);
	before = free_frames();
	for (int i = 0; i < 100; i++)
		at[i * 10 * PAGE] = 1;
	CHECK(before - free_frames() >= 100 && before - free_frames() < 120);
	CHECK(!madvise(at, 1024 * PAGE, MADV_DONTNEED));
	CHECK((long)(before - free_frames()) < 20 && !at[0]);
	CHECK(!munmap(at, 1024 * PAGE));
}

/* All pages are there: touching them takes nothing. */
static bool takes_no_frame(char *at, size_t pages)
{
	unsigned long before = free_frames();

	memset(at, 1, pages * PAGE);
	return free_frames() == before;
}

static void populate(void)
{
	unsigned long before;
	char *at = mmap(NULL, 64 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);

	CHECK(at != MAP_FAILED && takes_no_frame(at, 64));
	CHECK(!munmap(at, 64 * PAGE));
	at = mmap(NULL, 64 * PAGE, RW, ANON, -1, 0);
	before = free_frames();
	CHECK(!mlock(at, 64 * PAGE) && before - free_frames() >= 64);
	CHECK(!munlock(at, 64 * PAGE) && !munmap(at, 64 * PAGE));
}

static void holes(void)
{
	char *at = mmap(NULL, 9 * PAGE, RW, ANON, -1, 0);

	CHECK(at != MAP_FAILED);
	memset(at, 1, 9 * PAGE);
	CHECK(!munmap(at + 3 * PAGE, 2 * PAGE));
	CHECK(readable(at + 2 * PAGE) && !readable(at + 3 * PAGE) && !readable(at + 4 * PAGE) &&
	      readable(at + 5 * PAGE));
	CHECK(!munmap(at, 9 * PAGE)); /* over the hole */
	CHECK(!readable(at) && !readable(at + 8 * PAGE));
}

static void fixed(void)
{
	char *at = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);

	CHECK(at != MAP_FAILED);
	memset(at, 7, 4 * PAGE);
	CHECK(mmap(at + PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == at + PAGE);
	CHECK(at[0] == 7 && at[PAGE] == 0 && at[2 * PAGE] == 7);
	CHECK(mmap(at, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
	      errno == EEXIST);
	CHECK(mmap(at + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(!munmap(at, 4 * PAGE));
}

/* More than there is, at once, in the place of what is there: refused, and that stays. */
static void fixed_and_populated(void)
{
	const size_t most = 1ul << 33;
	char *at = mmap(NULL, most, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	unsigned long before;

	CHECK(at != MAP_FAILED && !mprotect(at, 2 * PAGE, RW));
	memset(at, 7, 2 * PAGE);
	before = free_frames();
	for (int i = 0; i < 3; i++)
		CHECK(mmap(at, most, i == 1 ? PROT_READ : RW,
			   ANON | MAP_FIXED | MAP_POPULATE | (i == 2 ? MAP_NORESERVE : 0), -1,
			   0) == MAP_FAILED &&
		      errno == ENOMEM);
	/* Kernel stacks that are kept may have been given back. */
	CHECK(at[0] == 7 && at[2 * PAGE - 1] == 7 && free_frames() + 4 > before);
	CHECK(mmap(at, 8 * PAGE, RW, ANON | MAP_FIXED | MAP_POPULATE, -1, 0) == at && !at[0]);
	CHECK(takes_no_frame(at, 8));
	/* Of what cannot be touched nothing is filled. */
	CHECK(mmap(at, 8 * PAGE, PROT_NONE, ANON | MAP_FIXED | MAP_POPULATE, -1, 0) == at);
	CHECK(!readable(at) && !munmap(at, most));
}

static void rights(void)
{
	char *at = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
	int pipe_end = open("/dev/zero", O_RDONLY);

	CHECK(at != MAP_FAILED && pipe_end >= 0);
	at[0] = at[PAGE] = 5;
	CHECK(!mprotect(at + PAGE, PAGE, PROT_READ));
	CHECK(at[PAGE] == 5);
	CHECK_ERRNO(read(pipe_end, at + PAGE, 1), EFAULT);
	CHECK(read(pipe_end, at, 1) == 1 && at[0] == 0);
	CHECK(!mprotect(at, 3 * PAGE, PROT_NONE) && !readable(at) && !readable(at + 2 * PAGE));
	CHECK(!mprotect(at, 3 * PAGE, RW) && at[PAGE] == 5 && at[2 * PAGE] == 0);
	close(pipe_end);
	CHECK(!munmap(at + PAGE, PAGE));
	CHECK_ERRNO(mprotect(at, 3 * PAGE, PROT_READ), ENOMEM);
	CHECK(!munmap(at, 3 * PAGE));
}

/* Memory is never writable and executable, and the image stays what it is. */
static void writing_and_executing(void)
{
	char *at = mmap(NULL, PAGE, RW | PROT_EXEC, ANON, -1, 0);

	CHECK(at == MAP_FAILED);
	at = mmap(NULL, PAGE, RW, ANON, -1, 0);
	CHECK(at != MAP_FAILED && mprotect(at, PAGE, RW | PROT_EXEC) == -1);
	CHECK(!munmap(at, PAGE));
	CHECK(mprotect((void *)((uintptr_t)rights & -PAGE), PAGE, RW) == -1);
	CHECK(munmap((void *)((uintptr_t)rights & -PAGE), PAGE) == -1);
}

static void grows_and_moves(void)
{
	char *at = mmap(NULL, 5 * PAGE, RW, ANON, -1, 0), *moved;

	CHECK(at != MAP_FAILED);
	for (int i = 0; i < 4; i++)
		at[i * PAGE] = (char)(i + 1);
	/* In the way, where it takes nobody else's place. */
	CHECK(mmap(at + 4 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0) == at + 4 * PAGE);
	CHECK(mremap(at, 4 * PAGE, 8 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
	moved = mremap(at, 4 * PAGE, 200 * PAGE, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED && moved != at && !readable(at));
	for (int i = 0; i < 4; i++)
		CHECK(moved[i * PAGE] == i + 1);
	CHECK(!moved[4 * PAGE] && !moved[199 * PAGE]);
	moved[100 * PAGE] = 9;
	CHECK(mremap(moved, 200 * PAGE, 2 * PAGE, 0) == moved && moved[PAGE] == 2);
	CHECK(!readable(moved + 2 * PAGE));
	CHECK(!munmap(moved, 2 * PAGE) && !munmap(at + 4 * PAGE, PAGE));
}

static void too_much(void)
{
	char *at = mmap(NULL, 1ul << 46, RW, ANON, -1, 0);

	CHECK(at == MAP_FAILED && errno == ENOMEM);
	at = mmap(NULL, (free_frames() + 1) * PAGE, RW, ANON, -1, 0);
	CHECK(at == MAP_FAILED && errno == ENOMEM);
	CHECK(mmap(NULL, 0, RW, ANON, -1, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
	CHECK_ERRNO(munmap((void *)1, PAGE), EINVAL);
	CHECK_ERRNO(munmap((void *)PAGE, 0), EINVAL);
}

static void the_break(void)
{
	unsigned long before;
	char *start = sbrk(0), *at;

	CHECK(start != (void *)-1 && (at = sbrk(100)) == start && sbrk(0) == start + 100);
	memset(start, 1, 100);
	CHECK(sbrk(100 * PAGE) == start + 100);
	before = free_frames();
	memset(start + 100, 1, 100 * PAGE);
	CHECK(before - free_frames() >= 100 && !brk(start + 50) && free_frames() + 8 >= before);
	CHECK(start[49] == 1 && !readable(start + PAGE));
	CHECK(sbrk(PTRDIFF_MAX) == (void *)-1 && errno == ENOMEM && sbrk(0) == start + 50);
	CHECK_ERRNO(brk((void *)8), ENOMEM);
	CHECK(!brk(start) && sbrk(2 * PAGE) == start && start[PAGE] == 0 && !brk(start));
}

#define THREADS 4

static void *map_and_unmap(void *arg)
{
	unsigned seed = (unsigned)(long)arg;

	for (int i = 0; i < 20; i++) {
		size_t pages = 1 + (size_t)rand_r(&seed) % 40;
		char *at = mmap(NULL, pages * PAGE, RW, ANON, -1, 0);

		EXPECT(at != MAP_FAILED);
		for (size_t p = 0; p < pages; p++) {
			EXPECT(at[p * PAGE] == 0);
			at[p * PAGE + 8] = (char)seed;
		}
		if (pages > 4)
			EXPECT(!mprotect(at + PAGE, 2 * PAGE, PROT_READ));
		EXPECT(!munmap(at, pages * PAGE));
	}
	return NULL;
}

static void from_many_threads(void)
{
	pthread_t threads[THREADS];

	for (long i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, map_and_unmap, (void *)(i + 1)));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static const struct test tests[] = {
	TEST(maps_zeroes),
	TEST(on_demand),
	TEST(populate),
	TEST(holes),
	TEST(fixed),
	TEST(fixed_and_populated),
	TEST(rights),
	TEST(writing_and_executing),
	TEST(grows_and_moves),
	TEST(too_much),
	TEST(the_break),
	TEST(from_many_threads),
	TEST_END,
};
const struct suite memory_suite = {"memory", tests};
