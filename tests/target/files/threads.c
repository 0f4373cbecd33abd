/* SPDX-License-Identifier: BSD-2-Clause */
/* Several threads on the same files. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

#define THREADS 4
#define ROUNDS	200
#define RECORD	100

static int shared;

static void run_all(void *(*work)(void *))
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		EXPECT(!pthread_create(&threads[i], NULL, work, (void *)i));
	for (int i = 0; i < THREADS; i++)
		EXPECT(!pthread_join(threads[i], NULL));
}

/* Every record whole, none lost: at the end of the file (odd threads) or at the common position. */
static void *append(void *arg)
{
	char record[RECORD];

	memset(record, 'a' + (int)(uintptr_t)arg, RECORD);
	for (int i = 0; i < ROUNDS; i++)
		EXPECT(write(shared, record, RECORD) == RECORD);
	return NULL;
}

static void *take(void *arg)
{
	char record[RECORD];
	ssize_t n;

	while ((n = read(shared, record, RECORD)) > 0) {
		EXPECT(n == RECORD);
		for (int i = 1; i < RECORD; i++)
			EXPECT(record[i] == record[0]);
		__atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *take_counted(void *arg)
{
	static int counts[THREADS];

	counts[(uintptr_t)arg] = 0;
	take(&counts[(uintptr_t)arg]);
	return (void *)(intptr_t)counts[(uintptr_t)arg];
}

static void records_stay_whole(void)
{
	pthread_t threads[THREADS];
	void *count;
	int total = 0;

	for (int append_flag = 0; append_flag <= O_APPEND; append_flag += O_APPEND) {
		CHECK((shared = open("file", O_RDWR | O_CREAT | O_TRUNC | append_flag, 0600)) >= 0);
		run_all(append);
		CHECK(lseek(shared, 0, SEEK_END) == THREADS * ROUNDS * RECORD &&
		      !lseek(shared, 0, SEEK_SET));
		for (uintptr_t i = 0; i < THREADS; i++)
			CHECK(!pthread_create(&threads[i], NULL, take_counted, (void *)i));
		for (int i = 0; i < THREADS; i++) {
			CHECK(!pthread_join(threads[i], &count));
			total += (int)(intptr_t)count;
		}
		CHECK(!close(shared));
	}
	CHECK(total == 2 * THREADS * ROUNDS && !unlink("file"));
}

/* Exactly one of those who try makes the file, and one removes it. */
static int made, removed;

static void *contend(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		int fd = open("prize", O_CREAT | O_EXCL | O_WRONLY, 0600);

		if (fd >= 0) {
			__atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
			EXPECT(!close(fd));
		} else {
			EXPECT(errno == EEXIST);
		}
		if (!unlink("prize"))
			__atomic_add_fetch(&removed, 1, __ATOMIC_RELAXED);
		else
			EXPECT(errno == ENOENT);
	}
	return NULL;
}

static void one_wins(void)
{
	made = removed = 0;
	run_all(contend);
	CHECK(made > 0 && made == removed);
}

/* Folders are moved into each other while others walk through them. */
static void *shuffle(void *arg)
{
	static const char *const names[] = {"a", "b", "a/c", "b/c", "a/c/b", "b/c/a"};
	unsigned seed = (unsigned)(uintptr_t)arg + 1;
	struct stat info;
	char cwd[256];

	for (int i = 0; i < 5 * ROUNDS; i++) {
		const char *from = names[rand_r(&seed) % 6], *to = names[rand_r(&seed) % 6];

		if (rand_r(&seed) % 2)
			rename(from, to);
		else if (rand_r(&seed) % 3)
			stat(from, &info);
		else
			mkdir(to, 0755);
		EXPECT(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, TEST_FOLDER));
	}
	return NULL;
}

static int remove_tree(const char *name)
{
	char below[300];

	if (!rmdir(name) || errno == ENOENT)
		return 0;
	for (const char *c = "abc"; *c; c++) {
		snprintf(below, sizeof(below), "%s/%c", name, *c);
		remove_tree(below);
	}
	return rmdir(name);
}

static void moving_folders(void)
{
	CHECK(!mkdir("a", 0755) && !mkdir("b", 0755) && !mkdir("a/c", 0755));
	run_all(shuffle);
	CHECK(!remove_tree("a") && !remove_tree("b"));
}

static const struct test tests[] = {
	TEST(records_stay_whole), TEST(one_wins), TEST(moving_folders), {0}};
const struct suite thread_suite = {"threads", tests};
