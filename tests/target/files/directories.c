/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading folders, the current one, and names relative to an open one. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

#define COUNT 300

static void entries_come_once(void)
{
	char seen[COUNT] = "", name[16];
	struct dirent *entry;
	int number, dots = 0;
	long place = 0;
	DIR *dir;

	for (int i = 0; i < COUNT; i++) {
		sprintf(name, "%d", i);
		CHECK(put(name, ""));
	}
	CHECK((dir = opendir(".")));
	while ((entry = readdir(dir))) {
		if (sscanf(entry->d_name, "%d", &number) == 1)
			CHECK(!seen[number]++ && entry->d_type == DT_REG);
		else
			CHECK(entry->d_type == DT_DIR && ++dots < 3);
		if (number == 7 && !place)
			place = telldir(dir);
	}
	CHECK(!memchr(seen, 0, COUNT) && dots == 2);
	seekdir(dir, place);
	CHECK(telldir(dir) == place && (rewinddir(dir), readdir(dir)) && readdir(dir));
	/* What is read may be removed meanwhile. */
	for (number = 0; (entry = readdir(dir)); number++)
		CHECK(!unlink(entry->d_name));
	CHECK(number == COUNT && !closedir(dir));
	CHECK_ERRNO((int)read(open(".", O_RDONLY), seen, 1), EISDIR);
	CHECK(!close(3));
}

static void the_current_folder(void)
{
	char text[64], *whole;
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	CHECK(!mkdir("a", 0755) && !chdir("a") && getcwd(text, 64) == text &&
	      !strcmp(text, TEST_FOLDER "/a"));
	CHECK(!getcwd(text, 11) && errno == ERANGE);
	CHECK(!chdir("/") && getcwd(text, 2) && !strcmp(text, "/") && !chdir("..") && !fchdir(fd));
	CHECK((whole = get_current_dir_name()) && !strcmp(whole, TEST_FOLDER));
	free(whole);
	CHECK_ERRNO(chdir("none"), ENOENT);
	CHECK_ERRNO(chdir("/dev/null"), ENOTDIR);
	/* A folder that is gone while one is in it. */
	CHECK(!chdir("a") && !rmdir("../a") && !getcwd(text, 64) && errno == ENOENT);
	CHECK_ERRNO(mkdir("b", 0755), ENOENT);
	CHECK(!chdir("..") && !close(fd));
}

static void relative_to_an_open_folder(void)
{
	struct stat info;
	int dir, fd;

	CHECK(!mkdir("a", 0755) && (dir = open("a", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK((fd = openat(dir, "file", O_CREAT | O_RDWR, 0600)) >= 0 && write(fd, "x", 1) == 1);
	CHECK(!fstatat(dir, "file", &info, 0) && info.st_size == 1 && !mkdirat(dir, "b", 0755));
	CHECK(!renameat(dir, "file", dir, "b/file") && !symlinkat("b", dir, "c"));
	CHECK(!linkat(dir, "c/file", AT_FDCWD, "here", 0) && !faccessat(dir, "../here", F_OK, 0));
	CHECK(!fstatat(fd, "", &info, AT_EMPTY_PATH) && info.st_nlink == 2);
	CHECK_ERRNO(openat(fd, "x", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(openat(99, "x", O_RDONLY), EBADF);
	CHECK(!close(fd) && !unlinkat(dir, "b/file", 0) && !unlinkat(dir, "b", AT_REMOVEDIR));
	CHECK(!unlinkat(dir, "c", 0) && !unlink("here") && !close(dir) && !rmdir("a"));
}

static int visited;

static int visit(const char *name, const struct stat *info, int kind, struct FTW *where)
{
	(void)info, (void)kind, (void)where;
	visited++;
	return remove(name);
}

static void library_functions_on_trees(void)
{
	glob_t found;

	CHECK(!mkdir("a", 0755) && !mkdir("a/b", 0755) && put("a/one.c", "") &&
	      put("a/b/two.c", ""));
	CHECK(!glob("a/*/*.c", 0, NULL, &found) && found.gl_pathc == 1);
	CHECK(!strcmp(found.gl_pathv[0], "a/b/two.c"));
	globfree(&found);
	visited = 0;
	CHECK(!nftw("a", visit, 10, FTW_DEPTH | FTW_PHYS) && visited == 4);
}

static const struct test tests[] = {
	TEST(entries_come_once),
	TEST(the_current_folder),
	TEST_IN_MEMORY(relative_to_an_open_folder),
	TEST(library_functions_on_trees),
	{0},
};
const struct suite directory_suite = {"directories", tests};
