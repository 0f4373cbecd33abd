/* SPDX-License-Identifier: BSD-2-Clause */
/* Making, moving and removing names; links. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

static ino_t number(const char *name)
{
	struct stat info;

	return lstat(name, &info) ? 0 : info.st_ino;
}

static void folders(void)
{
	struct stat info;

	CHECK(!mkdir("a", 0755) && !mkdir("a/b", 0700) && !mkdir("a/c/", 0755) &&
	      !stat("a", &info));
	CHECK(S_ISDIR(info.st_mode) && info.st_nlink == 4);
	CHECK_ERRNO(mkdir("a", 0755), EEXIST);
	CHECK_ERRNO(mkdir("none/b", 0755), ENOENT);
	CHECK_ERRNO(rmdir("a"), ENOTEMPTY);
	CHECK_ERRNO(unlink("a"), EISDIR);
	CHECK(put("a/file", ""));
	CHECK_ERRNO(mkdir("a/file/b", 0755), ENOTDIR);
	CHECK_ERRNO(rmdir("a/file"), ENOTDIR);
	CHECK_ERRNO(rmdir("a/b/."), EINVAL);
	CHECK_ERRNO(rmdir("/dev"), EBUSY);
	CHECK(!remove("a/file") && !remove("a/b") && !rmdir("a/c/") && !rmdir("a"));
}

static void renaming(void)
{
	ino_t one;

	CHECK(put("one", "1") && put("two", "2") && (one = number("one")));
	CHECK(!rename("one", "two") && number("two") == one && !number("one") &&
	      !strcmp(get("two"), "1"));
	CHECK(!mkdir("a", 0755) && !mkdir("b", 0755) && !rename("two", "a/two") &&
	      !rename("a/two", "a/two"));
	CHECK_ERRNO(rename("a", "a/below"), EINVAL);
	CHECK_ERRNO(rename("b", "a/two"), ENOTDIR);
	CHECK_ERRNO(rename("a/two", "b"), EISDIR);
	CHECK_ERRNO(rename("b", "a"), ENOTEMPTY);
	CHECK_ERRNO(rename("none", "a"), ENOENT);
	CHECK_ERRNO(rename("a", "/dev/a"), EXDEV);
	CHECK_ERRNO(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE), EEXIST);
	CHECK(!rename("a", "b") && number("b/two") == one && !rename("b", "c"));
	CHECK(!unlink("c/two") && !rmdir("c"));
}

static void hard_links(void)
{
	struct stat info;

	CHECK(put("one", "text") && !link("one", "two") && !stat("one", &info) &&
	      info.st_nlink == 2);
	CHECK(number("one") == number("two") && !unlink("one") && !strcmp(get("two"), "text"));
	CHECK(!link("two", "one") && !rename("one", "two") && number("one"));
	CHECK_ERRNO(link("one", "two"), EEXIST);
	CHECK_ERRNO(link(".", "folder"), EPERM);
	CHECK_ERRNO(link("none", "three"), ENOENT);
	CHECK(!unlink("one") && !unlink("two"));
}

static void symbolic_links(void)
{
	char text[PATH_MAX], *real;

	CHECK(!mkdir("real", 0755) && put("real/file", "text") && !symlink("real", "link"));
	CHECK(!symlink("../link/file", "real/again") && !strcmp(get("link/again"), "text"));
	CHECK(readlink("link", text, sizeof(text)) == 4 && !memcmp(text, "real", 4));
	CHECK(readlink("link", text, 2) == 2);
	CHECK_ERRNO(readlink("real", text, 10), EINVAL);
	CHECK_ERRNO(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK((real = realpath("link/../link/again", NULL)) &&
	      !strcmp(real, TEST_FOLDER "/real/file"));
	free(real);
	CHECK(!symlink(TEST_FOLDER "/new", "dangling"));
	CHECK_ERRNO(open("dangling", O_RDONLY), ENOENT);
	CHECK(put("dangling", "made") && !strcmp(get("new"), "made") && !unlink("new"));
	CHECK(!symlink("self", "self"));
	CHECK_ERRNO(open("self", O_RDONLY), ELOOP);
	CHECK_ERRNO(stat("self/x", &(struct stat){0}), ELOOP);
	CHECK_ERRNO(symlink("", "empty"), ENOENT);
	CHECK(!unlink("self") && !unlink("dangling") && !unlink("link") && !unlink("real/again"));
	CHECK(!unlink("real/file") && !rmdir("real"));
}

static void long_names(void)
{
	static char path[PATH_MAX + 10];

	memset(path, 'n', 256);
	CHECK_ERRNO(mkdir(path, 0755), ENAMETOOLONG);
	path[255] = 0;
	CHECK(!mkdir(path, 0755) && !rmdir(path));
	for (int i = 0; i < PATH_MAX; i++)
		path[i] = i % 2 ? '.' : '/';
	path[PATH_MAX] = 0;
	CHECK_ERRNO(stat(path, &(struct stat){0}), ENAMETOOLONG);
	path[PATH_MAX - 1] = 0;
	CHECK(!stat(path, &(struct stat){0}));
	CHECK_ERRNO(stat("", &(struct stat){0}), ENOENT);
}

static void temporary_files(void)
{
	char name[] = TEST_FOLDER "/nameXXXXXX", folder[] = "folderXXXXXX";
	int fd = mkstemp(name);
	FILE *file = tmpfile();

	CHECK(fd >= 0 && file && mkdtemp(folder) == folder);
	CHECK(fputs("text", file) >= 0 && !fclose(file));
	CHECK(!close(fd) && !unlink(name) && !rmdir(folder));
}

static const struct test tests[] = {
	TEST(folders),
	TEST_IN_MEMORY(renaming),
	TEST_IN_MEMORY(hard_links),
	TEST_IN_MEMORY(symbolic_links),
	TEST(long_names),
	TEST(temporary_files),
	{0},
};
const struct suite name_suite = {"names", tests};
