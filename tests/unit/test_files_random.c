/* SPDX-License-Identifier: BSD-2-Clause */
// flags: -Iinclude/arch/host -Iarch/host
// sources: arch/host/services.c kernel/spinlock.c lib/avl.c lib/cpio.c lib/fmt.c lib/str.c
// sources: posix/record_lock.c fs/record_lock.c posix/ids.c
// sources: fs/console_file.c fs/cwd.c fs/devfs.c fs/file.c fs/file_stat.c fs/flock.c fs/initrd.c
// sources: fs/inode.c fs/inode_file.c fs/io.c fs/mount.c fs/names.c fs/open.c fs/pages.c fs/path.c
// sources: fs/ramfs.c fs/ramfs_dir.c fs/ramfs_file.c fs/rename.c fs/root.c fs/root_fill.c fs/ramfs_folder.c fs/poll.c fs/tty.c posix/fd.c
// sources: posix/file_attributes.c posix/file_descriptor.c posix/file_dir.c posix/file_names.c
// sources: posix/file_open.c posix/file_read.c posix/file_stat.c posix/file_transfer.c
// sources: posix/file_write.c posix/path_arg.c
// sources: arch/host/mapping.c fs/dev_fd.c fs/ramfs_map.c fs/ramfs_space.c
// sources: posix/file_space.c posix/file_copy.c posix/file_make.c posix/file_vector2.c posix/memory_file.c
/*
 * The calls of files against the machine's own: the same calls with the same arguments, chosen at
 * random, must have the same results and leave the same tree behind.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fs/path.h>
#include <posix/syscalls.h>

#include "services.h"
#include "unit.h"

#define DEPTH  40 /* of the directory all happens in, so that ".." stays below both roots */
#define FDS    8
#define BUFFER 20000

static uint64_t seed;
static char trace[64][256];
static unsigned steps;
static int ours[FDS], theirs[FDS]; /* descriptors of the same files */
static char top[64];

static unsigned pick(unsigned below)
{
	return (unsigned)(unit_random(&seed) % below);
}

/* The result of one of the machine's calls as ours have it. */
static long result(long value)
{
	return value < 0 ? -errno : value;
}

#define TRACE(...) snprintf(trace[steps % 64], sizeof(trace[0]), __VA_ARGS__)

static bool same(long mine, long other)
{
	if (mine == other)
		return true;
	for (unsigned i = steps > 40 ? steps - 40 : 0; i <= steps; i++)
		fprintf(stderr, "%u: %s\n", i, trace[i % 64]);
	fprintf(stderr, "ours %ld, theirs %ld\n", mine, other);
	return false;
}

static void random_path(char *path)
{
	static const char *const names[] = {"a", "b", "c", "e", "f", ".", "..", "a", "b", "c"};
	unsigned count = 1 + pick(3);

	*path = 0;
	for (unsigned i = 0; i < count; i++) {
		strcat(path, names[pick(10)]);
		if (i + 1 < count || !pick(12))
			strcat(path, pick(10) ? "/" : "//");
	}
}

static int random_open_flags(void)
{
	int flags = (int)pick(3);

	if (pick(2))
		flags |= O_CREAT;
	if (!pick(6))
		flags |= O_EXCL;
	/* Truncating what is open for reading alone is unspecified. */
	if (!pick(5) && (flags & 3) != O_RDONLY)
		flags |= O_TRUNC;
	if (!pick(6))
		flags |= O_APPEND;
	if (!pick(8))
		flags |= O_NOFOLLOW;
	if (!pick(8))
		flags |= O_DIRECTORY;
	if ((flags & O_CREAT) && (flags & O_DIRECTORY)) /* differs between versions of Linux */
		flags &= ~O_DIRECTORY;
	return flags;
}

static bool step_open(void)
{
	unsigned slot = pick(FDS);
	int flags = random_open_flags();
	char path[64];
	long mine, other;

	random_path(path);
	if (ours[slot] >= 0) {
		TRACE("close slot %u", slot);
		if (!same(sys_close(ours[slot]), result(close(theirs[slot]))))
			return false;
		steps++;
	}
	TRACE("open %s %o slot %u", path, flags, slot);
	mine = sys_openat(AT_FDCWD, path, flags, 0700);
	other = result(open(path, flags, 0700));
	ours[slot] = (int)mine;
	theirs[slot] = (int)other;
	return same(mine < 0 ? mine : 0, other < 0 ? other : 0);
}

static bool same_stat(const struct stat *mine, const struct stat *other)
{
	return same(mine->st_mode, other->st_mode) &&
	       (S_ISDIR(mine->st_mode) || (same((long)mine->st_nlink, (long)other->st_nlink) &&
					   same(mine->st_size, other->st_size)));
}

static bool step_bytes(void)
{
	static char in[BUFFER], mine_out[BUFFER], other_out[BUFFER];
	unsigned slot = pick(FDS), size = pick(4) ? pick(3000) : pick(BUFFER);
	int64_t at = pick(6) ? pick(30000) : pick(1 << 20);
	long mine, other;

	if (ours[slot] < 0)
		return true;
	for (unsigned i = 0; i < size; i++)
		in[i] = (char)unit_random(&seed);
	switch (pick(8)) {
	case 6: {
		static const int modes[] = {
			0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
			FALLOC_FL_ZERO_RANGE, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE};
		int mode = modes[pick(5)];

		TRACE("fallocate slot %u mode %d at %ld size %u", slot, mode, (long)at, size);
		other = result(fallocate(theirs[slot], mode, at, size));
		if (other == -EOPNOTSUPP) /* the machine's file system is simpler */
			return true;
		return same(sys_fallocate(ours[slot], mode, at, size), other);
	}
	case 0:
		TRACE("write slot %u size %u", slot, size);
		mine = sys_write(ours[slot], in, size);
		return same(mine, result(write(theirs[slot], in, size)));
	case 1:
		TRACE("pwrite slot %u size %u at %ld", slot, size, (long)at);
		mine = sys_pwrite64(ours[slot], in, size, at);
		return same(mine, result(pwrite(theirs[slot], in, size, at)));
	case 2:
		TRACE("read slot %u size %u", slot, size);
		mine = sys_read(ours[slot], mine_out, size);
		other = result(read(theirs[slot], other_out, size));
		break;
	case 3:
		TRACE("pread slot %u size %u at %ld", slot, size, (long)at);
		mine = sys_pread64(ours[slot], mine_out, size, at);
		other = result(pread(theirs[slot], other_out, size, at));
		break;
	case 4: {
		int whence = (int)pick(3);
		struct stat stat;

		/* Positions in directories are each file system's own. */
		if (fstat(theirs[slot], &stat) || S_ISDIR(stat.st_mode))
			return true;
		at -= 10000;
		TRACE("lseek slot %u %ld %d", slot, (long)at, whence);
		mine = sys_lseek(ours[slot], at, whence);
		return same(mine, result(lseek(theirs[slot], at, whence)));
	}
	case 5:
		TRACE("ftruncate slot %u %ld", slot, (long)at);
		mine = sys_ftruncate(ours[slot], at);
		return same(mine, result(ftruncate(theirs[slot], at)));
	default: {
		struct stat stat, other_stat;

		TRACE("fstat slot %u", slot);
		mine = sys_fstat(ours[slot], &stat);
		return same(mine, result(fstat(theirs[slot], &other_stat))) &&
		       same_stat(&stat, &other_stat);
	}
	}
	if (!same(mine, other))
		return false;
	return mine <= 0 || same(memcmp(mine_out, other_out, (size_t)mine), 0);
}

static bool step_stat(const char *path)
{
	struct stat mine_stat, other_stat;
	int flags = pick(2) ? AT_SYMLINK_NOFOLLOW : 0;
	long mine;

	TRACE("stat %s %d", path, flags);
	mine = sys_newfstatat(AT_FDCWD, path, &mine_stat, flags);
	return same(mine, result(fstatat(AT_FDCWD, path, &other_stat, flags))) &&
	       (mine || same_stat(&mine_stat, &other_stat));
}

static bool step_link_text(const char *path)
{
	char mine_text[64], other_text[64];
	size_t size = 1 + pick(20);
	long mine;

	TRACE("readlink %s", path);
	mine = sys_readlinkat(AT_FDCWD, path, mine_text, size);
	return same(mine, result(readlinkat(AT_FDCWD, path, other_text, size))) &&
	       (mine < 0 || same(memcmp(mine_text, other_text, (size_t)mine), 0));
}

static bool step_cwd(const char *path)
{
	char mine_text[PATH_MAX], other_text[PATH_MAX];
	long mine;

	TRACE("chdir %s", path);
	mine = sys_chdir(path);
	if (!same(mine, result(chdir(path))))
		return false;
	mine = sys_getcwd(mine_text, sizeof(mine_text));
	/* The raw call: the C library's asks differently for a directory that was removed. */
	if (!same(mine < 0 ? mine : 0,
		  result(syscall(SYS_getcwd, other_text, sizeof(other_text)) < 0 ? -1 : 0)))
		return false;
	return mine < 0 || same(strcmp(mine_text, other_text + strlen(top)), 0);
}

static bool step_names(void)
{
	char path[64], other[64];
	int flags = pick(3) ? 0 : AT_REMOVEDIR;

	random_path(path);
	random_path(other);
	switch (pick(13)) {
	case 11:
		TRACE("exchange %s %s", path, other);
		return same(sys_renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE),
			    result(renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE)));
	case 0:
	case 1:
		TRACE("mkdir %s", path);
		return same(sys_mkdirat(AT_FDCWD, path, 0755), result(mkdir(path, 0755)));
	case 2:
		TRACE("unlink %s %d", path, flags);
		return same(sys_unlinkat(AT_FDCWD, path, flags),
			    result(unlinkat(AT_FDCWD, path, flags)));
	case 3:
		TRACE("rename %s %s", path, other);
		return same(sys_renameat2(AT_FDCWD, path, AT_FDCWD, other, 0),
			    result(rename(path, other)));
	case 4:
		flags = pick(2) ? AT_SYMLINK_FOLLOW : 0;
		TRACE("link %s %s %d", path, other, flags);
		return same(sys_linkat(AT_FDCWD, path, AT_FDCWD, other, flags),
			    result(linkat(AT_FDCWD, path, AT_FDCWD, other, flags)));
	case 5:
		TRACE("symlink %s %s", path, other);
		return same(sys_symlinkat(path, AT_FDCWD, other), result(symlink(path, other)));
	case 6:
		return step_link_text(path);
	case 7:
		TRACE("truncate %s", path);
		return same(sys_truncate(path, 5000), result(truncate(path, 5000)));
	case 8:
		return step_cwd(path);
	case 9:
		TRACE("chmod %s", path);
		return same(sys_fchmodat(AT_FDCWD, path, 0711), result(chmod(path, 0711)));
	case 10:
		TRACE("noreplace %s %s", path, other);
		return same(sys_renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_NOREPLACE),
			    result(renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_NOREPLACE)));
	default:
		return step_stat(path);
	}
}

struct record {
	uint64_t number;
	int64_t next;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* All entries as sorted lines "name type". */
static size_t list(long (*read_some)(int, void *, size_t), int fd, char *text)
{
	static char buffer[256], lines[64][300];
	size_t count = 0, length = 0;
	long n;

	while ((n = read_some(fd, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			struct record *record = (struct record *)(buffer + at);

			snprintf(lines[count++], sizeof(lines[0]), "%s %u\n", record->name,
				 record->type);
			at += record->size;
		}
	}
	qsort(lines, count, sizeof(lines[0]), (int (*)(const void *, const void *))strcmp);
	for (size_t i = 0; i < count; i++)
		length += (size_t)sprintf(text + length, "%s", lines[i]);
	return length;
}

static long read_theirs(int fd, void *buffer, size_t size)
{
	return syscall(SYS_getdents64, fd, buffer, size);
}

static bool same_tree(int mine, int other, unsigned depth);

/* The file of one name in both directories. */
static bool same_entry(int mine, int other, const char *name, unsigned depth)
{
	static char mine_data[1 << 20], other_data[1 << 20];
	struct stat mine_stat, other_stat;
	int a, b;
	bool equal;

	if (sys_newfstatat(mine, name, &mine_stat, AT_SYMLINK_NOFOLLOW) ||
	    fstatat(other, name, &other_stat, AT_SYMLINK_NOFOLLOW) ||
	    !same_stat(&mine_stat, &other_stat))
		return false;
	if (S_ISLNK(mine_stat.st_mode))
		return true;
	a = (int)sys_openat(mine, name, O_RDONLY, 0);
	b = openat(other, name, O_RDONLY);
	if (S_ISDIR(mine_stat.st_mode)) {
		equal = same_tree(a, b, depth + 1);
	} else {
		long n = sys_read(a, mine_data, sizeof(mine_data));

		equal = same(n, read(b, other_data, sizeof(other_data))) &&
			same(memcmp(mine_data, other_data, (size_t)n), 0);
	}
	sys_close(a);
	close(b);
	return equal;
}

static bool same_tree(int mine, int other, unsigned depth)
{
	char mine_names[4096], other_names[4096];
	size_t n = list(sys_getdents64, mine, mine_names);
	char *name, *state;

	TRACE("tree at depth %u", depth);
	if (!same((long)n, (long)list(read_theirs, other, other_names)) ||
	    !same(memcmp(mine_names, other_names, n), 0))
		return false;
	mine_names[n] = 0;
	for (name = strtok_r(mine_names, "\n", &state); name; name = strtok_r(NULL, "\n", &state)) {
		*strrchr(name, ' ') = 0;
		if (strcmp(name, ".") && strcmp(name, "..") &&
		    !same_entry(mine, other, name, depth))
			return false;
	}
	return true;
}

static bool compare_trees(void)
{
	char theirs_top[80];
	int mine, other;
	bool equal;

	snprintf(theirs_top, sizeof(theirs_top), "%s/d", top);
	mine = (int)sys_openat(AT_FDCWD, "/d", O_RDONLY | O_DIRECTORY, 0);
	other = open(theirs_top, O_RDONLY | O_DIRECTORY);
	equal = mine >= 0 && other >= 0 && same_tree(mine, other, 0);
	sys_close(mine);
	close(other);
	return equal;
}

/* Both trees are the same, so the machine's tells what to remove from both. */
static void remove_all(const char *path)
{
	char name[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR)
			remove_all(name);
		else
			unlink(name), sys_unlinkat(AT_FDCWD, name + strlen(top), 0);
	}
	closedir(dir);
	rmdir(path);
	sys_unlinkat(AT_FDCWD, path + strlen(top), AT_REMOVEDIR);
}

static void run(uint64_t start, unsigned count)
{
	size_t blocks, frames;

	seed = start;
	snprintf(top, sizeof(top), "%s/test_files.XXXXXX", getenv("TMPDIR") ?: "/tmp");
	CHECK(mkdtemp(top) && !chdir(top));
	CHECK(!sys_chdir("/"));
	/* The descriptor table grows once. */
	CHECK(sys_dup3(1, 100, 0) == 100 && !sys_close(100));
	umask(022);
	blocks = host_blocks;
	frames = host_frames;
	for (unsigned i = 0; i < DEPTH; i++) {
		CHECK(!mkdir("d", 0755) && !chdir("d"));
		CHECK(!sys_mkdirat(AT_FDCWD, "d", 0755) && !sys_chdir("d"));
	}
	for (unsigned i = 0; i < FDS; i++)
		ours[i] = theirs[i] = -1;
	for (steps = 0; steps < count; steps++) {
		unsigned kind = pick(8);

		CHECK(kind == 0 ? step_open() : kind < 4 ? step_bytes() : step_names());
		if (steps % 500 == 499)
			CHECK(compare_trees());
	}
	CHECK(compare_trees());
	for (unsigned i = 0; i < FDS; i++)
		if (ours[i] >= 0)
			CHECK(!sys_close(ours[i]) && !close(theirs[i]));
	CHECK(!sys_chdir("/") && !chdir("/"));
	remove_all(top);
	CHECK(host_blocks == blocks);
	CHECK(host_frames == frames);
}

TEST(random_calls)
{
	const char *more = getenv("ROUNDS");
	unsigned rounds = more ? (unsigned)atoi(more) : 12;

	sys_umask(022);
	for (unsigned i = 0; i < rounds; i++)
		CHECK_IN(run(i * 1000003 + 1, 3000));
}
