/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `folder N PATH`: what a name costs in a folder of N files. Between MARK(0) and MARK(1) ROUNDS
 * files at its end are looked at, up to MARK(2) as many are made and taken away. Prints
 * `rounds ROUNDS`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <abi/mark.h>

#define ROUNDS 500

static void check(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "folder: %s: %s\n", what, strerror(errno));
	exit(1);
}

static const char *name_of(int number)
{
	static char name[32];

	snprintf(name, sizeof(name), "small file %d", number);
	return name;
}

static int make(int number)
{
	int fd = open(name_of(number), O_WRONLY | O_CREAT | O_EXCL, 0644);

	return fd >= 0 && close(fd) == 0;
}

int main(int argc, char **argv)
{
	int count = argc == 3 ? atoi(argv[1]) : 0, done = 0;
	struct stat stat_now;

	check(count >= ROUNDS, "folder N PATH");
	check(chdir(argv[2]) == 0 && mkdir("folder", 0755) == 0 && chdir("folder") == 0, argv[2]);
	for (int i = 0; i < count; i++)
		check(make(i), name_of(i));
	MARK(0);
	for (int i = 0; i < ROUNDS; i++)
		done += stat(name_of(count - 1 - i), &stat_now) == 0;
	MARK(1);
	for (int i = 0; i < ROUNDS; i++) {
		done += make(count + i);
		done += unlink(name_of(count + i)) == 0;
	}
	MARK(2);
	check(done == 3 * ROUNDS, "a name");
	printf("rounds %d\n", ROUNDS);
	return 0;
}
