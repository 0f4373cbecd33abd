/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs all suites and prints a line for each test, which tests/run.py reads. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "suite.h"

#define LEAK_ROUNDS 64 /* a leak shows in each of them; what is only kept for later does not */

static const struct suite *const suites[] = {
	&data_suite,	  &descriptor_suite, &name_suite,	  &directory_suite,
	&attribute_suite, &stdio_suite,	     &device_suite,	  &thread_suite,
	&mapping_suite,	  &space_suite,	     &bad_argument_suite, &object_suite,
};

static char failure[200];

void suite_fail(const char *why, const char *file, int line)
{
	static int busy;

	while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		sched_yield();
	if (!failure[0])
		snprintf(failure, sizeof(failure), "%s (%s:%d)", why, file, line);
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

bool put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	return !close(fd) && good;
}

const char *get(const char *name)
{
	static char text[4096];
	int fd = open(name, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return n < 0 ? "?" : text;
}

static unsigned long free_bytes(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.freeram * info.mem_unit;
}

static bool is_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	int entries = 0;

	while (dir && readdir(dir))
		entries++;
	closedir(dir);
	return entries == 2;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)info, (void)type, (void)at;
	return remove(path);
}

static void remove_tree(const char *folder)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Free memory that a run took and did not give back. */
static long run_once(const struct test *test)
{
	unsigned long before = free_bytes();

	if (mkdir(TEST_FOLDER, 0755) || chdir(TEST_FOLDER))
		suite_fail("no folder for the test", __FILE__, __LINE__);
	test->run();
	if (chdir("/"))
		suite_fail("no way back", __FILE__, __LINE__);
	if (!failure[0] && !is_empty(TEST_FOLDER))
		suite_fail("it leaves files behind", __FILE__, __LINE__);
	remove_tree(TEST_FOLDER);
	/* What a disk's cache keeps is no loss. */
	return ON_DISK ? 0 : (long)(before - free_bytes());
}

static void run(const struct test *test)
{
	long lost = 1;

	run_once(test);
	for (int round = 0; round < LEAK_ROUNDS && lost > 0 && !failure[0]; round++)
		lost = run_once(test);
	if (lost > 0 && !failure[0])
		snprintf(failure, sizeof(failure), "loses %ld bytes each time", lost);
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned s = 0; s < sizeof(suites) / sizeof(suites[0]); s++) {
		if (argc > 1 && strcmp(argv[1], suites[s]->name))
			continue;
		for (const struct test *test = suites[s]->tests; test->name; test++) {
			if (!test->run)
				continue;
			if (argc > 2 && strcmp(argv[2], test->name))
				continue;
			failure[0] = '\0';
			run(test);
			printf("%s %s/%s%s%s\n", failure[0] ? "FAIL" : "PASS", suites[s]->name,
			       test->name, failure[0] ? ": " : "", failure);
			*(failure[0] ? &failed : &passed) += 1;
		}
	}
	printf("DONE %d passed %d failed\n", passed, failed);
	return failed != 0;
}
