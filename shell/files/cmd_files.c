/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on files. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unishyper/cwd.h>
#include <unishyper/stream.h>
#include <unistd.h>

#include "files.h"

/* Apply fn to each argument; the status is 1 if one failed. */
static int each(int argc, char **argv, int (*fn)(const char *path))
{
	int status = 0;

	for (int i = 1; i < argc && !shell_interrupted(); i++)
		if (fn(argv[i]))
			status = shell_fail(argv[0], argv[i]);
	return status;
}

/*
 * --- directories -------------------------------------------------------------------------------
 */

void shell_folder_open(struct shell_folder *folder, const char *path)
{
	folder->fd = shell_open(path, O_RDONLY | O_DIRECTORY);
	folder->at = folder->count = 0;
}

/* The next name, valid until the next call; NULL: there is none, and the directory is closed. */
const char *shell_folder_next(struct shell_folder *folder)
{
	struct dirent *entry;
	int n;

	do {
		if (folder->at == folder->count) {
			n = getdents(folder->fd, (void *)folder->bytes, sizeof(folder->bytes));
			if (n <= 0) {
				close(folder->fd);
				return NULL;
			}
			folder->count = (unsigned)n;
			folder->at = 0;
		}
		entry = (void *)(folder->bytes + folder->at);
		folder->at += entry->d_reclen;
	} while (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."));
	return entry->d_name;
}

/* Of what `at` has under that name. */
static void list_one(unsigned number, int at, const char *name)
{
	static const char types[] = "??c?d?b?-?l";
	struct stat of;
	unsigned type;

	if (fstatat(at, name, &of, AT_SYMLINK_NOFOLLOW))
		of.st_size = of.st_mode = 0;
	type = of.st_mode >> 12;
	fprintf(shell_out, "[%2u]:%c %lld\t%s\n", number,
		type < sizeof(types) - 1 ? types[type] : '?', (long long)of.st_size, name);
}

/* By name, without a table of its own: Shell's method. */
static void sort(const char **names, size_t count)
{
	for (size_t gap = count / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (size_t i = gap; i < count; i++) {
			const char *name = names[i];
			size_t at = i;

			for (; at >= gap && strcmp(names[at - gap], name) > 0; at -= gap)
				names[at] = names[at - gap];
			names[at] = name;
		}
}

/*
 * The names of a directory, sorted, in memory of `size` bytes: pointers at its begin, texts at its
 * end. Returns how many there are; where they need more they are not all written.
 */
static size_t names_of(const char *path, char *memory, size_t *size)
{
	const char **names = (const char **)memory, *name;
	size_t count = 0, texts = 0;
	struct shell_folder folder;

	shell_folder_open(&folder, path);
	while ((name = shell_folder_next(&folder))) {
		texts += strlen(name) + 1;
		count++;
		if (texts + count * sizeof(*names) <= *size)
			names[count - 1] = strcpy(memory + *size - texts, name);
	}
	if (texts + count * sizeof(*names) <= *size)
		sort(names, count);
	*size = texts + count * sizeof(*names);
	return count;
}

static int list(const char *path)
{
	size_t room = 64 << 10, size, count;
	char *memory;
	int file;

	for (;;) {
		memory = shell_memory(room);
		if (!memory)
			return shell_fail("ls", path);
		size = room;
		count = names_of(path, memory, &size);
		if (size <= room)
			break;
		munmap(memory, room);
		room = size + size / 4; /* it may grow */
	}
	file = shell_open(path, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < count && !shell_interrupted(); i++)
		list_one((unsigned)i, file, ((const char **)memory)[i]);
	close(file);
	munmap(memory, room);
	return 0;
}

static int run_ls(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : ".";
	struct stat of;
	int file;

	if (stat(path, &of)) {
		shell_say("ls: cannot access '%s': %s\n", path, strerror(errno));
		return 1;
	}
	if (S_ISDIR(of.st_mode)) {
		file = shell_open(path, O_RDONLY | O_DIRECTORY);
		if (file < 0)
			return shell_fail("ls", path);
		close(file);
	}
	fprintf(shell_out, "[  ]:[T] [size]\t[name]\n");
	if (S_ISDIR(of.st_mode))
		return list(path);
	list_one(0, AT_FDCWD, path);
	return 0;
}
FILE_COMMAND(ls) = {"ls", "[PATH]", "list a directory", run_ls, 0, 1};

/*
 * --- files -------------------------------------------------------------------------------------
 */

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

static int show_file(const char *path)
{
	int file = shell_open(path, O_RDONLY), failed;

	failed = file < 0 || copy(file, shell_out);
	if (failed)
		failed = shell_fail("cat", path);
	if (file >= 0)
		close(file);
	return failed;
}

static int run_cat(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc && !shell_interrupted(); i++)
		status |= show_file(argv[i]);
	return status;
}
FILE_COMMAND(cat) = {"cat", "FILE...", "print files", run_cat, 1, SHELL_ANY};

static int make_directory(const char *path)
{
	return mkdir(path, 0777);
}

static int run_mkdir(int argc, char **argv)
{
	return each(argc, argv, make_directory);
}
FILE_COMMAND(mkdir) = {"mkdir", "DIR...", "make directories", run_mkdir, 1, SHELL_ANY};

static int run_rmdir(int argc, char **argv)
{
	return each(argc, argv, rmdir);
}
FILE_COMMAND(rmdir) = {"rmdir", "DIR...", "remove empty directories", run_rmdir, 1, SHELL_ANY};

/* "Path/first entry of it", or what was wrong with the directory. */
static int go_in(char *path)
{
	size_t length = strlen(path);
	struct shell_folder folder;
	const char *name;

	shell_folder_open(&folder, path);
	name = shell_folder_next(&folder);
	if (!name)
		return -1;
	close(folder.fd);
	if (length + strlen(name) + 2 > PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	path[length] = '/';
	strcpy(path + length + 1, name);
	return 0;
}

/* Each directory's first entry until it has none: the depth costs no stack. */
static int remove_tree(const char *top)
{
	size_t length = strlen(top);
	char path[PATH_MAX];

	if (length >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(path, top);
	while (!shell_interrupted()) {
		if (!unlink(path) || (errno == EISDIR && !rmdir(path))) {
			if (!path[length])
				return 0;
			*strrchr(path, '/') = '\0';
		} else if (errno != ENOTEMPTY || go_in(path)) {
			return -1;
		}
	}
	return -1;
}

static int run_rm(int argc, char **argv)
{
	bool tree = !strcmp(argv[1], "-r");

	if (!tree)
		return each(argc, argv, unlink);
	if (argc < 3)
		return shell_usage(shell_find("rm"));
	argv[1] = argv[0];
	return each(argc - 1, argv + 1, remove_tree);
}
FILE_COMMAND(rm) = {"rm", "[-r] FILE...", "remove files, with -r directories", run_rm,
		    1,	  SHELL_ANY};

static int touch(const char *path)
{
	int file = shell_open(path, O_WRONLY | O_CREAT);

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
FILE_COMMAND(touch) = {"touch",	  "FILE...", "make files, or set their time to now",
		       run_touch, 1,	     SHELL_ANY};

/* The name in a directory, where that is the destination. NULL: it is too long. */
static const char *destination(char path[PATH_MAX], const char *from, const char *to)
{
	const char *slash = strrchr(from, '/'), *name = slash ? slash + 1 : from;
	struct stat of;

	if (stat(to, &of) || !S_ISDIR(of.st_mode))
		return to;
	if (strlen(to) + strlen(name) + 2 > PATH_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	strcpy(stpcpy(stpcpy(path, to), "/"), name);
	return path;
}

static bool is_same(int from, const char *to)
{
	struct stat from_of, to_of;

	return !fstat(from, &from_of) && !stat(to, &to_of) && from_of.st_dev == to_of.st_dev &&
	       from_of.st_ino == to_of.st_ino;
}

static int copy_to(int from, const char *from_path, const char *to)
{
	struct stream_memory memory;
	int file, failed;
	FILE *out;

	if (is_same(from, to)) {
		shell_say("cp: %s and %s are the same file\n", from_path, to);
		return 1;
	}
	file = shell_open(to, O_WRONLY | O_CREAT | O_TRUNC);
	if (file < 0)
		return shell_fail("cp", to);
	out = stream_to(&memory, file);
	failed = copy(from, out) ? shell_fail("cp", from_path) : 0;
	if (stream_end(out) && !failed)
		failed = shell_fail("cp", to);
	return failed;
}

static int run_cp(int argc, char **argv)
{
	char path[PATH_MAX];
	const char *to = destination(path, argv[1], argv[2]);
	int from, failed;

	(void)argc;
	if (!to)
		return shell_fail("cp", argv[2]);
	from = shell_open(argv[1], O_RDONLY);
	if (from < 0)
		return shell_fail("cp", argv[1]);
	failed = copy_to(from, argv[1], to);
	close(from);
	return failed;
}
FILE_COMMAND(cp) = {"cp", "FROM TO", "copy a file", run_cp, 2, 2};

static int run_mv(int argc, char **argv)
{
	char path[PATH_MAX];
	const char *to = destination(path, argv[1], argv[2]);

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
FILE_COMMAND(mv) = {"mv", "FROM TO", "rename or move a file", run_mv, 2, 2};

static int run_cd(int argc, char **argv)
{
	const char *to = argc > 1 ? argv[1] : "/";

	return chdir(to) ? shell_fail("cd", to) : 0;
}
FILE_COMMAND(cd) = {"cd", "[DIR]", "change the working directory", run_cd, 0, 1};

static int run_pwd(int argc, char **argv)
{
	char path[PATH_MAX];

	(void)argc, (void)argv;
	errno = -cwd_path(path, sizeof(path));
	if (errno)
		return shell_fail("pwd", "the working directory");
	fprintf(shell_out, "%s\n", path);
	return 0;
}
FILE_COMMAND(pwd) = {"pwd", "", "print the working directory", run_pwd, 0, 0};

/* A row: less only at the end. Its bytes, or -1. */
static ssize_t read_row(int file, unsigned char row[16])
{
	size_t have = 0;
	ssize_t n;

	do {
		n = read(file, row + have, 16 - have);
		if (n < 0)
			return n;
		have += (size_t)n;
	} while (n && have < 16);
	return (ssize_t)have;
}

static int run_hexdump(int argc, char **argv)
{
	int file = shell_open(argv[1], O_RDONLY), failed;
	unsigned char row[16];
	unsigned long at = 0;
	ssize_t n = 0;

	(void)argc;
	for (; file >= 0 && !shell_interrupted() && (n = read_row(file, row)) > 0; at += 16) {
		fprintf(shell_out, "%08lx ", at);
		for (ssize_t i = 0; i < 16; i++) {
			if (i < n)
				fprintf(shell_out, " %02x", row[i]);
			else
				fprintf(shell_out, "   ");
			if (row[i] < ' ' || row[i] > 126)
				row[i] = '.';
		}
		fprintf(shell_out, "  %.*s\n", (int)n, (char *)row);
	}
	failed = file < 0 || n < 0 ? shell_fail("hexdump", argv[1]) : 0;
	close(file);
	return failed;
}
FILE_COMMAND(hexdump) = {"hexdump", "FILE", "print a file in hexadecimal", run_hexdump, 1, 1};

static int run_sync(int argc, char **argv)
{
	(void)argc, (void)argv;
	sync();
	return 0;
}
FILE_COMMAND(sync) = {"sync", "", "write everything to the disks", run_sync, 0, 0};
