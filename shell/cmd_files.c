/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on files. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "shell.h"

/* Apply fn to each argument; the status is 1 if one failed. */
static int each(int argc, char **argv, int (*fn)(const char *path))
{
	int status = 0;

	for (int i = 1; i < argc && !shell_interrupted(); i++)
		if (fn(argv[i]))
			status = shell_fail(argv[0], argv[i]);
	return status;
}

static int join(char *path, size_t size, const char *folder, const char *name)
{
	size_t length = strlen(folder);
	const char *slash = length && folder[length - 1] == '/' ? "" : "/";

	if (snprintf(path, size, "%s%s%s", folder, slash, name) < (int)size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static void list_one(unsigned number, const char *path, const char *name)
{
	struct stat of;
	char type = '?';

	if (!lstat(path, &of))
		type = S_ISDIR(of.st_mode)   ? 'd'
		       : S_ISLNK(of.st_mode) ? 'l'
		       : S_ISCHR(of.st_mode) ? 'c'
		       : S_ISBLK(of.st_mode) ? 'b'
					     : '-';
	else
		of.st_size = 0;
	fprintf(shell_out, "[%2u]:%c %lld\t%s\n", number, type, (long long)of.st_size, name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

static int run_ls(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : ".";
	struct dirent **entries = NULL;
	char path[4096];
	struct stat of;
	int count;

	if (stat(folder, &of)) {
		shell_say("ls: cannot access '%s': %s\n", folder, strerror(errno));
		return 1;
	}
	fprintf(shell_out, "[  ]:[T] [size]\t[name]\n");
	if (!S_ISDIR(of.st_mode)) {
		list_one(0, folder, folder);
		return 0;
	}
	count = scandir(folder, &entries, no_dots, by_name);
	if (count < 0)
		return shell_fail("ls", folder);
	for (int i = 0; i < count; i++) {
		if (!shell_interrupted() && !join(path, sizeof(path), folder, entries[i]->d_name))
			list_one((unsigned)i, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
SHELL_COMMAND(ls) = {"ls", "[PATH]", "list a directory", run_ls, 0, 1};

/* Copy until the end of the file or ^C. -1 with errno, also for an interruption. */
static int copy(int from, FILE *to)
{
	char chunk[512];
	ssize_t n;

	while (!shell_interrupted() && (n = read(from, chunk, sizeof(chunk))) != 0) {
		if (n < 0)
			return -1;
		if (fwrite(chunk, 1, (size_t)n, to) != (size_t)n)
			return -1;
	}
	return 0;
}

int shell_show_file(const char *name, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), failed;

	failed = file < 0 || copy(file, shell_out);
	if (failed)
		failed = shell_fail(name, path);
	if (file >= 0)
		close(file);
	return failed;
}

static int run_cat(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc && !shell_interrupted(); i++)
		status |= shell_show_file("cat", argv[i]);
	return status;
}
SHELL_COMMAND(cat) = {"cat", "FILE...", "print files", run_cat, 1, SHELL_ANY};

static int make_directory(const char *path)
{
	return mkdir(path, 0777);
}

static int run_mkdir(int argc, char **argv)
{
	return each(argc, argv, make_directory);
}
SHELL_COMMAND(mkdir) = {"mkdir", "DIR...", "make directories", run_mkdir, 1, SHELL_ANY};

static int run_rmdir(int argc, char **argv)
{
	return each(argc, argv, rmdir);
}
SHELL_COMMAND(rmdir) = {"rmdir", "DIR...", "remove empty directories", run_rmdir, 1, SHELL_ANY};

static int remove_tree(const char *path)
{
	char inner[4096];
	struct dirent *entry;
	struct stat of;
	DIR *directory;
	int error = 0;

	if (lstat(path, &of))
		return -1;
	if (!S_ISDIR(of.st_mode))
		return unlink(path);
	directory = opendir(path);
	if (!directory)
		return -1;
	while (!error && !shell_interrupted() && (entry = readdir(directory)))
		if (no_dots(entry))
			error = join(inner, sizeof(inner), path, entry->d_name) ||
				remove_tree(inner);
	closedir(directory);
	return error ? -1 : rmdir(path);
}

static int run_rm(int argc, char **argv)
{
	bool tree = !strcmp(argv[1], "-r");

	if (!tree)
		return each(argc, argv, unlink);
	if (argc < 3) {
		shell_say("usage: rm [-r] FILE...\n");
		return 2;
	}
	argv[1] = argv[0];
	return each(argc - 1, argv + 1, remove_tree);
}
SHELL_COMMAND(rm) = {"rm", "[-r] FILE...", "remove files, with -r directories", run_rm,
		     1,	   SHELL_ANY};

static int touch(const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (file < 0)
		return -1;
	if (futimens(file, NULL)) {
		close(file);
		return -1;
	}
	return close(file);
}

static int run_touch(int argc, char **argv)
{
	return each(argc, argv, touch);
}
SHELL_COMMAND(touch) = {"touch",   "FILE...", "make files, or set their time to now",
			run_touch, 1,	      SHELL_ANY};

/* The name in a directory, where that is the destination. */
static const char *destination(char *path, size_t size, const char *from, const char *to)
{
	const char *slash = strrchr(from, '/');
	struct stat of;

	if (stat(to, &of) || !S_ISDIR(of.st_mode))
		return to;
	return join(path, size, to, slash ? slash + 1 : from) ? NULL : path;
}

static int run_cp(int argc, char **argv)
{
	char path[4096];
	const char *to = destination(path, sizeof(path), argv[1], argv[2]);
	struct stat from_of, to_of;
	FILE *out;
	int from, failed;

	(void)argc;
	from = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return shell_fail("cp", argv[1]);
	if (to && !fstat(from, &from_of) && !stat(to, &to_of) && from_of.st_dev == to_of.st_dev &&
	    from_of.st_ino == to_of.st_ino) {
		close(from);
		shell_say("cp: %s and %s are the same file\n", argv[1], to);
		return 1;
	}
	out = to ? fopen(to, "we") : NULL;
	if (!out) {
		failed = shell_fail("cp", argv[2]);
	} else {
		failed = copy(from, out) ? shell_fail("cp", argv[1]) : 0;
		if (fclose(out) && !failed)
			failed = shell_fail("cp", to);
	}
	close(from);
	return failed;
}
SHELL_COMMAND(cp) = {"cp", "FROM TO", "copy a file", run_cp, 2, 2};

static int run_mv(int argc, char **argv)
{
	char path[4096];
	const char *to = destination(path, sizeof(path), argv[1], argv[2]);

	(void)argc;
	if (!to)
		return shell_fail("mv", argv[2]);
	if (!rename(argv[1], to))
		return 0;
	if (errno != EXDEV)
		return shell_fail("mv", argv[1]);
	argv[2] = (char *)to;
	return run_cp(3, argv) || (unlink(argv[1]) && shell_fail("mv", argv[1]));
}
SHELL_COMMAND(mv) = {"mv", "FROM TO", "rename or move a file", run_mv, 2, 2};

static int run_cd(int argc, char **argv)
{
	const char *to = argc > 1 ? argv[1] : "/";

	return chdir(to) ? shell_fail("cd", to) : 0;
}
SHELL_COMMAND(cd) = {"cd", "[DIR]", "change the working directory", run_cd, 0, 1};

static int run_pwd(int argc, char **argv)
{
	char path[4096];

	(void)argc, (void)argv;
	if (!getcwd(path, sizeof(path)))
		return shell_fail("pwd", "the working directory");
	fprintf(shell_out, "%s\n", path);
	return 0;
}
SHELL_COMMAND(pwd) = {"pwd", "", "print the working directory", run_pwd, 0, 0};

static int run_hexdump(int argc, char **argv)
{
	unsigned char row[16];
	FILE *file = fopen(argv[1], "re");
	size_t n;

	(void)argc;
	if (!file)
		return shell_fail("hexdump", argv[1]);
	for (unsigned long at = 0; !shell_interrupted() && (n = fread(row, 1, 16, file)); at += n) {
		fprintf(shell_out, "%08lx ", at);
		for (size_t i = 0; i < 16; i++)
			if (i < n)
				fprintf(shell_out, " %02x", row[i]);
			else
				fputs("   ", shell_out);
		fputs("  ", shell_out);
		for (size_t i = 0; i < n; i++)
			fputc(isprint(row[i]) ? row[i] : '.', shell_out);
		fputc('\n', shell_out);
	}
	n = ferror(file) ? (size_t)shell_fail("hexdump", argv[1]) : 0;
	fclose(file);
	return (int)n;
}
SHELL_COMMAND(hexdump) = {"hexdump", "FILE", "print a file in hexadecimal", run_hexdump, 1, 1};

static int run_df(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : ".";
	struct statvfs of;

	if (statvfs(path, &of))
		return shell_fail("df", path);
	fprintf(shell_out, "%12s %12s %12s  PATH\n", "KiB", "USED", "FREE");
	fprintf(shell_out, "%12llu %12llu %12llu  %s\n",
		(unsigned long long)of.f_blocks * of.f_frsize / 1024,
		(unsigned long long)(of.f_blocks - of.f_bfree) * of.f_frsize / 1024,
		(unsigned long long)of.f_bavail * of.f_frsize / 1024, path);
	return 0;
}
SHELL_COMMAND(df) = {"df", "[PATH]", "space of the file system that holds PATH", run_df, 0, 1};

static int run_sync(int argc, char **argv)
{
	(void)argc, (void)argv;
	sync();
	return 0;
}
SHELL_COMMAND(sync) = {"sync", "", "write everything to the disks", run_sync, 0, 0};
