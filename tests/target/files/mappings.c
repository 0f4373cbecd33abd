/* SPDX-License-Identifier: BSD-2-Clause */
/* Files mapped into memory. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

#define PAGE 4096ul
#define RW   (PROT_READ | PROT_WRITE)

static int make(const char *name, size_t pages)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	for (size_t i = 0; i < pages; i++)
		if (pwrite(fd, &(char){(char)('a' + i)}, 1, (off_t)(i * PAGE)) != 1)
			return -1;
	return ftruncate(fd, (off_t)(pages * PAGE)) ? -1 : fd;
}

static char *map(int fd, size_t pages, int prot, int flags)
{
	return mmap(NULL, pages * PAGE, prot, flags, fd, 0);
}

/* What a system call says that reads there: 0 or the errno. */
static int reading(const void *at)
{
	int fd = open("/dev/shm/probe", O_WRONLY | O_CREAT, 0600);
	int error = write(fd, at, 1) == 1 ? 0 : errno;

	close(fd);
	unlink("/dev/shm/probe");
	return error;
}

static void shared_is_the_file(void)
{
	int fd = make("file", 3);
	char *at = map(fd, 3, RW, MAP_SHARED), *again = map(fd, 3, PROT_READ, MAP_SHARED), c;

	CHECK(at != MAP_FAILED && again != MAP_FAILED && at != again);
	CHECK(at[0] == 'a' && again[2 * PAGE] == 'c' && at[100] == 0);
	at[100] = 'x';
	CHECK(again[100] == 'x' && pread(fd, &c, 1, 100) == 1 && c == 'x');
	CHECK(pwrite(fd, "yz", 2, PAGE - 1) == 2 && at[PAGE - 1] == 'y' && again[PAGE] == 'z');
	/* It outlives the descriptor and the name. */
	CHECK(!close(fd) && !unlink("file") && at[100] == 'x');
	at[PAGE] = 'w';
	CHECK(again[PAGE] == 'w' && !munmap(at, 3 * PAGE) && again[PAGE] == 'w');
	CHECK(!munmap(again + PAGE, PAGE) && again[100] == 'x' && again[2 * PAGE] == 'c');
	CHECK(!munmap(again, 3 * PAGE));
}

static void private_is_a_copy(void)
{
	int fd = make("file", 3);
	char *at = map(fd, 3, RW, MAP_PRIVATE), *constant = map(fd, 3, PROT_READ, MAP_PRIVATE), c;

	at[1] = 'x';
	CHECK(at[0] == 'a' && pread(fd, &c, 1, 1) == 1 && c == 0 && constant[1] == 0);
	CHECK(pwrite(fd, "Q", 1, 0) == 1 && at[0] == 'a' && constant[0] == 'Q');
	/* What could only be read becomes a copy before it can be written. */
	CHECK(constant[PAGE] == 'b' && !mprotect(constant, 2 * PAGE, RW));
	constant[PAGE] = 'B';
	CHECK(pread(fd, &c, 1, PAGE) == 1 && c == 'b' && constant[0] == 'Q');
	constant[0] = 'q';
	CHECK(!mprotect(constant, 2 * PAGE, PROT_READ) && constant[PAGE] == 'B');
	CHECK(!mprotect(constant, 3 * PAGE, PROT_NONE) && reading(constant + PAGE) == EFAULT);
	CHECK(!mprotect(constant, 3 * PAGE, RW) && constant[PAGE] == 'B' &&
	      constant[2 * PAGE] == 'c');
	/* Forgetting the copies shows the file again. */
	CHECK(!madvise(constant, 3 * PAGE, MADV_DONTNEED) && constant[PAGE] == 'b');
	CHECK(!madvise(at, PAGE, MADV_DONTNEED) && at[0] == 'Q' && at[1] == 0);
	CHECK(!munmap(at, 3 * PAGE) && !munmap(constant, 3 * PAGE));
	CHECK(!close(fd) && !unlink("file"));
}

static void rights_come_from_the_descriptor(void)
{
	int fd = make("file", 1), reads = open("file", O_RDONLY), writes = open("file", O_WRONLY);
	int names = open("file", O_PATH), folder = open(".", O_RDONLY);
	char *at;

	CHECK(map(reads, 1, RW, MAP_SHARED) == MAP_FAILED && errno == EACCES);
	CHECK(map(writes, 1, PROT_WRITE, MAP_SHARED) == MAP_FAILED && errno == EACCES);
	CHECK(map(writes, 1, PROT_READ, MAP_PRIVATE) == MAP_FAILED && errno == EACCES);
	CHECK(map(names, 1, PROT_READ, MAP_PRIVATE) == MAP_FAILED && errno == EBADF);
	CHECK(map(99, 1, PROT_READ, MAP_PRIVATE) == MAP_FAILED && errno == EBADF);
	CHECK(map(folder, 1, PROT_READ, MAP_PRIVATE) == MAP_FAILED && errno == ENODEV);
	CHECK(map(1, 1, PROT_READ, MAP_PRIVATE) == MAP_FAILED && errno == ENODEV);
	CHECK(map(fd, 1, PROT_READ, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 1) == MAP_FAILED && errno == EINVAL);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, INT64_MAX & -PAGE) == MAP_FAILED &&
	      errno == EOVERFLOW);
	at = map(reads, 1, PROT_READ, MAP_SHARED);
	CHECK_ERRNO(mprotect(at, PAGE, RW), EACCES);
	CHECK(!munmap(at, PAGE) && (at = map(reads, 1, RW, MAP_PRIVATE)) != MAP_FAILED);
	CHECK(!munmap(at, PAGE) && !close(fd) && !close(reads) && !close(writes));
	CHECK(!close(names) && !close(folder) && !unlink("file"));
}

static void the_end_of_the_file(void)
{
	int fd = make("file", 3);
	char *at = map(fd, 8, RW, MAP_SHARED), *own = map(fd, 8, RW, MAP_PRIVATE), c;

	CHECK(at[2 * PAGE] == 'c' && reading(at + 3 * PAGE) == EFAULT);
	own[PAGE] = 'x';
	/* Pages behind the new end go, also those that are copies. */
	CHECK(!ftruncate(fd, 100) && reading(at + PAGE) == EFAULT && reading(own + PAGE) == EFAULT);
	CHECK(at[0] == 'a' && at[100] == 0);
	/* What is written behind the end never becomes part of the file. */
	at[100] = 'y';
	CHECK(!ftruncate(fd, 5 * PAGE) && at[100] == 0 && at[PAGE] == 0 && own[PAGE] == 0);
	CHECK(!ftruncate(fd, 50));
	at[60] = 'z';
	CHECK(pwrite(fd, "w", 1, 70) == 1 && pread(fd, &c, 1, 60) == 1 && c == 0);
	at[80] = 'v';
	CHECK(!munmap(at, 8 * PAGE) && (at = map(fd, 1, PROT_READ, MAP_SHARED)) && at[80] == 0);
	CHECK(!munmap(at, PAGE) && !munmap(own, 8 * PAGE) && !close(fd) && !unlink("file"));
}

/* What the file grows into behind a mapping's beginning is in it, its own and others' copies. */
static void a_file_that_grows(void)
{
	int fd = make("file", 1);
	char *at = map(fd, 5, RW, MAP_SHARED), *own = map(fd, 5, RW, MAP_PRIVATE), c = 0;

	CHECK(reading(at + PAGE) == EFAULT && reading(own + PAGE) == EFAULT);
	CHECK(pwrite(fd, "new", 3, 2 * PAGE + 5) == 3);
	CHECK(at[PAGE] == 0 && at[2 * PAGE + 5] == 'n' && own[2 * PAGE + 6] == 'e');
	CHECK(reading(at + 3 * PAGE) == EFAULT && reading(own + 3 * PAGE) == EFAULT);
	at[PAGE + 1] = 's';
	own[2 * PAGE] = 'o';
	CHECK(pread(fd, &c, 1, PAGE + 1) == 1 && c == 's' && at[2 * PAGE] == 0);
	CHECK(!ftruncate(fd, 3 * PAGE + 1) && at[3 * PAGE] == 0 &&
	      reading(at + 4 * PAGE) == EFAULT);
	at[3 * PAGE] = 't';
	CHECK(!msync(at, 5 * PAGE, MS_SYNC) && pread(fd, &c, 1, 3 * PAGE) == 1 && c == 't');
	/* Shorter, and longer again: zeros. More than is mapped. */
	CHECK(!ftruncate(fd, PAGE) && reading(at + PAGE) == EFAULT);
	CHECK(!ftruncate(fd, 9 * PAGE) && at[PAGE + 1] == 0 && at[4 * PAGE] == 0 && own[PAGE] == 0);
	at[4 * PAGE] = 'u';
	CHECK(!munmap(at, 5 * PAGE) && !munmap(own, 5 * PAGE));
	CHECK(pread(fd, &c, 1, 4 * PAGE) == 1 && c == 'u' && pread(fd, &c, 1, 3 * PAGE) == 1 && !c);
	CHECK(!close(fd) && !unlink("file"));
}

static void holes_and_what_the_image_brings(void)
{
	int fd = open("/given/pages.txt", O_RDONLY), sparse = open("file", O_RDWR | O_CREAT, 0600);
	char line[40], *at = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);
	struct stat info;

	CHECK(pread(fd, line, 37, 2 * PAGE + 5) == 37 && !memcmp(at + PAGE + 5, line, 37));
	CHECK(!munmap(at, 3 * PAGE) && !close(fd));
	CHECK(!ftruncate(sparse, 1l << 40));
	at = mmap(NULL, PAGE, RW, MAP_SHARED, sparse, (1l << 40) - PAGE);
	CHECK(at != MAP_FAILED && at[9] == 0);
	at[9] = 'x';
	CHECK(pread(sparse, line, 1, (1l << 40) - PAGE + 9) == 1 && line[0] == 'x');
	CHECK(!fstat(sparse, &info) && info.st_blocks == 8);
	/* A hole under a mapping: zeros, and the mapping goes on. */
	CHECK(!fallocate(sparse, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1l << 40));
	CHECK(at[9] == 0 && (at[9] = 'y') && pread(sparse, line, 1, (1l << 40) - PAGE + 9) == 1 &&
	      line[0] == 'y');
	CHECK(!munmap(at, PAGE) && !close(sparse) && !unlink("file"));
}

static void moving_and_splitting(void)
{
	int fd = make("file", 8);
	char *at = map(fd, 5, RW, MAP_SHARED), *moved, c;
	/* In the way, where it takes nobody else's place. */
	char *wall = mmap(at + 4 * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			  -1, 0);

	CHECK(wall == at + 4 * PAGE && at[3 * PAGE] == 'd');
	moved = mremap(at, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	CHECK(moved != MAP_FAILED && moved != at && moved[3 * PAGE] == 'd' &&
	      moved[7 * PAGE] == 'h');
	moved[7 * PAGE] = 'H';
	CHECK(pread(fd, &c, 1, 7 * PAGE) == 1 && c == 'H');
	CHECK(mremap(moved + 2 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at) ==
	      at);
	CHECK(at[0] == 'c' && at[PAGE] == 'd' && reading(moved + 2 * PAGE) == EFAULT);
	CHECK(mmap(at + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == at + PAGE);
	CHECK(at[PAGE] == 'a' && at[0] == 'c');
	CHECK(!munmap(moved, 8 * PAGE) && !munmap(at, 5 * PAGE) && !close(fd) && !unlink("file"));
}

/* One call whose buffer is the file it moves. */
static void a_file_into_itself(void)
{
	int fd = make("file", 3);
	char *at = map(fd, 3, RW, MAP_SHARED);

	CHECK(pwrite(fd, at, PAGE, 2 * PAGE) == (ssize_t)PAGE && at[2 * PAGE] == 'a');
	CHECK(pread(fd, at + PAGE, PAGE, 0) == (ssize_t)PAGE && at[PAGE] == 'a');
	CHECK(!msync(at, 3 * PAGE, MS_SYNC) && !munmap(at, 3 * PAGE) && !close(fd));
	CHECK(!unlink("file"));
}

static void synchronising(void)
{
	int fd = make("file", 2);
	char *at = map(fd, 2, RW, MAP_SHARED);
	struct stat before, after;
	unsigned char there[3];

	CHECK(!fstat(fd, &before) && (usleep(2000), at[0] = 'x'));
	CHECK(!msync(at, PAGE, MS_SYNC) && !fstat(fd, &after));
	CHECK(before.st_mtim.tv_sec != after.st_mtim.tv_sec ||
	      before.st_mtim.tv_nsec != after.st_mtim.tv_nsec);
	CHECK_ERRNO(msync(at + 1, PAGE, MS_SYNC), EINVAL);
	CHECK_ERRNO(msync(at, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERRNO(msync(at, PAGE, 64), EINVAL);
	CHECK(!mincore(at, 2 * PAGE, there) && there[0] == 1);
	CHECK_ERRNO(mincore(at + 1, 1, there), EINVAL);
	CHECK_ERRNO(mincore(at, PAGE, (void *)8), EFAULT);
	CHECK(!munmap(at + PAGE, PAGE));
	CHECK_ERRNO(msync(at, 2 * PAGE, MS_SYNC), ENOMEM);
	CHECK_ERRNO(mincore(at, 2 * PAGE, there), ENOMEM);
	CHECK(!munmap(at, PAGE) && !close(fd) && !unlink("file"));
}

#define THREADS 4
#define PAGES	16

static struct {
	int fd;
	bool stop;
} race;

/* Touches pages while others cut them off: a fault there is the call's error and nothing else. */
static void *touch(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	bool shared = seed & 1;
	char *at = map(race.fd, PAGES, RW, shared ? MAP_SHARED : MAP_PRIVATE);
	int zero = open("/dev/zero", O_RDONLY);

	for (int i = 0; i < 300; i++) {
		char *page = at + (size_t)rand_r(&seed) % PAGES * PAGE;

		if (i % 50 == 49)
			EXPECT(!mprotect(at, PAGES * PAGE / 2, i % 100 == 99 ? RW : PROT_READ));
		EXPECT(read(zero, page, 8) == 8 || errno == EFAULT);
		if (i % 7 == 0)
			madvise(page, PAGE, MADV_DONTNEED);
	}
	EXPECT(!munmap(at, PAGES * PAGE) && !close(zero));
	return NULL;
}

static void *resize(void *arg)
{
	unsigned seed = 5;

	(void)arg;
	for (int i = 0; i < 300; i++) {
		EXPECT(!ftruncate(race.fd, rand_r(&seed) % (int)(PAGES * PAGE)));
		if (i % 3 == 0)
			EXPECT(pwrite(race.fd, "data", 4, rand_r(&seed) % (int)(PAGES * PAGE)) ==
			       4);
		if (i % 5 == 0)
			EXPECT(!fallocate(race.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					  (rand_r(&seed) % PAGES) * (int)PAGE, 3 * PAGE));
	}
	return NULL;
}

static void cutting_while_others_touch(void)
{
	pthread_t threads[THREADS + 1];

	race.fd = make("file", PAGES);
	CHECK(!pthread_create(&threads[THREADS], NULL, resize, NULL));
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, touch, (void *)(i + 1)));
	for (int i = 0; i <= THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(!close(race.fd) && !unlink("file"));
}

static const struct test tests[] = {
	TEST(shared_is_the_file),
	TEST(private_is_a_copy),
	TEST(rights_come_from_the_descriptor),
	TEST(the_end_of_the_file),
	TEST(a_file_that_grows),
	TEST_IN_MEMORY(holes_and_what_the_image_brings),
	TEST_IN_MEMORY(moving_and_splitting),
	TEST(a_file_into_itself),
	TEST(synchronising),
	TEST(cutting_while_others_touch),
	{0},
};
const struct suite mapping_suite = {"mappings", tests};
