/* SPDX-License-Identifier: BSD-2-Clause */
// flags: -Iinclude/arch/host -Iarch/host -isystem $(FATFS_INCLUDE)
// sources: arch/host/services.c kernel/spinlock.c lib/avl.c lib/cpio.c lib/fmt.c lib/str.c lib/date.c
// sources: posix/record_lock.c fs/record_lock.c posix/ids.c
// sources: fs/console_file.c fs/cwd.c fs/devfs.c fs/file.c fs/file_stat.c fs/flock.c fs/initrd.c
// sources: fs/inode.c fs/inode_file.c fs/io.c fs/mount.c fs/names.c fs/open.c fs/pages.c fs/path.c
// sources: fs/ramfs.c fs/ramfs_dir.c fs/poll.c fs/ramfs_file.c fs/rename.c fs/root.c fs/root_fill.c fs/ramfs_folder.c fs/tty.c posix/fd.c
// sources: posix/file_attributes.c posix/file_descriptor.c posix/file_dir.c posix/file_names.c posix/path_arg.c
// sources: posix/file_open.c posix/file_read.c posix/file_stat.c posix/file_transfer.c posix/file_write.c
// sources: arch/host/mapping.c fs/dev_fd.c fs/ramfs_map.c fs/ramfs_space.c posix/file_space.c posix/file_copy.c
// sources: posix/file_make.c posix/file_vector2.c posix/memory_file.c fs/fat_chain.c fs/fat_dir.c fs/fat_file.c
// sources: fs/fat_inode.c fs/fat_lib.c fs/fat_map.c fs/fat_mount.c fs/fat_ops.c fs/fat_volume.c fs/fat_drive.c fs/fat_index.c fs/fat_names.c fs/fat_removed.c fs/fat_links.c
/*
 * FAT on volumes made by mkfs.fat, through the calls that programs make; afterwards fsck.fat must
 * find nothing, and every inode and block must have been given back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <fs/fat.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/path.h>
#include <kernel/log.h>
#include <posix/syscalls.h>

#include "../../fs/fat.h"
#include "fat_disk.h"
#include "files.h"
#include "set.h"
#include "services.h"
#include "unit.h"

#define AT AT_FDCWD

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	(void)module, (void)level, (void)format;
}

static const struct kind {
	const char *name, *make;
	unsigned kib;
} kinds[] = {
	{"fat12", "mkfs.fat -F 12 -s 1", 1440},
	{"fat16", "mkfs.fat -F 16 -s 4", 16384},
	{"fat32", "mkfs.fat -F 32 -s 1", 40960},
	{"fat32 with sectors of 4096", "mkfs.fat -F 32 -S 4096 -s 1", 300000},
};

static char image[64];
static struct mount *volume;
static size_t blocks_before;

static int shell(const char *format, const char *a, const char *b)
{
	char line[512];

	snprintf(line, sizeof(line), format, a, b);
	return system(line);
}

/* A fresh volume at /m. */
static bool begin(const struct kind *kind)
{
	struct inode *dir;
	char size[32];
	int fd;

	snprintf(image, sizeof(image), "/tmp/test_fat.%d", getpid());
	snprintf(size, sizeof(size), "%uK", kind->kib);
	unlink(image);
	if (shell("truncate -s %s %s", size, image) ||
	    shell("PATH=$PATH:/usr/sbin:/sbin; %s %s >/dev/null", kind->make, image))
		return false;
	fd = open(image, O_RDWR);
	disk_size = (uint64_t)kind->kib * 1024;
	disk_bytes = mmap(NULL, disk_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	disk.sectors = disk_size / 512;
	disk_reads_left = disk_writes_left = ~0u;
	if (sys_mkdirat(AT, "/m", 0755) == -EEXIST) {
	}
	blocks_before = host_blocks;
	if (fat_mount(&disk, false, &volume))
		return false;
	if (path_lookup(NULL, "/m", 0, &dir))
		return false;
	if (mount_on(volume, dir))
		return false;
	inode_put(dir);
	return !sys_chdir("/m");
}

/* Nothing is left. */
static bool leave(void)
{
	struct inode *covered = volume->covered;

	sys_chdir("/");
	covered->covered_by = NULL;
	list_remove(&volume->node);
	/* As umount2() does: a file that became shorter lives until a commit. */
	volume->ops->sync(volume);
	if (volume->ops->busy(volume)) {
		fprintf(stderr, "the root has %u references\n", volume->root->refs);
		return false;
	}
	fat_unmount(volume);
	inode_put(covered);
	if (host_blocks != blocks_before) {
		fprintf(stderr, "%zd blocks are left\n", host_blocks - blocks_before);
		return false;
	}
	munmap(disk_bytes, disk_size);
	return true;
}

/* ... and nothing is wrong. */
static bool end(void)
{
	return leave() && !shell("PATH=$PATH:/usr/sbin:/sbin; fsck.fat -n %s >/dev/null || "
				 "{ fsck.fat -nv %s >&2; false; }",
				 image, image);
}

static bool put_text(const char *path, const char *text)
{
	int fd = (int)sys_openat(AT, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	bool good = fd >= 0 && sys_write(fd, text, strlen(text)) == (long)strlen(text);

	sys_close(fd);
	return good;
}

static void use(void)
{
	struct stat stat;
	int fd;

	CHECK(put_text("echo.txt", "hello"));
	CHECK(!strcmp(text_of("echo.txt"), "hello"));
	CHECK(!strcmp(text_of("ECHO.TXT"), "hello")); /* names fold case */
	CHECK(!strcmp(text_of("/m/echo.txt"), "hello"));
	CHECK(!make_dir("dir") && !make_dir("dir/A directory with a long name"));
	CHECK(stat_of("dir").st_nlink == 3 && stat_of(".").st_nlink == 3);
	CHECK(put_text("dir/A directory with a long name/Grüße \xf0\x9f\x98\x80.txt", "umlaut"));
	CHECK(!strcmp(text_of("dir/A directory with a long name/Grüße \xf0\x9f\x98\x80.txt"),
		      "umlaut"));
	/* unlink while open */
	fd = open_file("echo.txt", O_RDWR);
	CHECK(fd >= 0 && !remove_file("echo.txt"));
	CHECK(sys_openat(AT, "echo.txt", O_RDONLY, 0) == -ENOENT);
	CHECK(sys_write(fd, "HELLO, world", 12) == 12 && !sys_fstat(fd, &stat) && !stat.st_nlink);
	CHECK(put_text("echo.txt", "another"));
	CHECK(sys_lseek(fd, 0, SEEK_SET) == 0 && sys_read(fd, (char[16]){0}, 16) == 12);
	CHECK(!sys_close(fd));
	/* rename: new name, over another, across directories, another case */
	CHECK(!sys_renameat2(AT, "echo.txt", AT, "Renamed and long.txt", 0));
	CHECK(sys_openat(AT, "echo.txt", O_RDONLY, 0) == -ENOENT);
	CHECK(!strcmp(text_of("Renamed and long.txt"), "another"));
	CHECK(put_text("victim.txt", "victim"));
	fd = open_file("victim.txt", O_RDONLY);
	CHECK(!sys_renameat2(AT, "Renamed and long.txt", AT, "victim.txt", 0));
	CHECK(!strcmp(text_of("victim.txt"), "another"));
	CHECK(sys_read(fd, (char[16]){0}, 16) == 6 && !sys_close(fd));
	CHECK(!sys_renameat2(AT, "victim.txt", AT, "dir/moved.txt", 0));
	CHECK(!strcmp(text_of("dir/moved.txt"), "another"));
	CHECK(!sys_renameat2(AT, "dir/moved.txt", AT, "dir/MOVED.txt", 0));
	CHECK(!make_dir("other") && !sys_renameat2(AT, "dir", AT, "other/dir", 0));
	CHECK(!strcmp(text_of("other/dir/moved.txt"), "another"));
	CHECK(!strcmp(text_of("other/dir/../dir/moved.txt"), "another"));
	CHECK(stat_of("other").st_nlink == 3 && stat_of(".").st_nlink == 3);
	CHECK(sys_renameat2(AT, "other", AT, "other/dir/x", 0) == -EINVAL);
	CHECK(sys_unlinkat(AT, "other", AT_REMOVEDIR) == -ENOTEMPTY);
	/* holes are zeros, growing and shrinking */
	fd = (int)sys_openat(AT, "holes", O_RDWR | O_CREAT, 0644);
	CHECK(sys_pwrite64(fd, "end", 3, 100000) == 3);
	CHECK(!sys_fstat(fd, &stat) && stat.st_size == 100003 && stat.st_blocks * 512 >= 100003);
	static char big[100003];
	CHECK(sys_pread64(fd, big, sizeof(big), 0) == sizeof(big) &&
	      !memcmp(big + 100000, "end", 3));
	for (int i = 0; i < 100000; i++)
		CHECK(!big[i]);
	CHECK(!sys_ftruncate(fd, 10) && !sys_fsync(fd));
	CHECK(!sys_ftruncate(fd, 5000) && sys_pread64(fd, big, sizeof(big), 0) == 5000);
	CHECK(!sys_close(fd) && stat_of("holes").st_size == 5000);
	/* what FAT cannot do */
	CHECK(sys_linkat(AT, "holes", AT, "link", 0) == -EPERM);
	CHECK(sys_symlinkat("holes", AT, "link") == -EPERM);
	CHECK(sys_openat(AT, "a:b", O_CREAT | O_RDWR, 0644) == -EINVAL);
	CHECK(sys_openat(AT, "a\\b", O_CREAT | O_RDWR, 0644) == -EINVAL);
	CHECK(sys_openat(AT, "dot.", O_CREAT | O_RDWR, 0644) == -EINVAL);
	CHECK(sys_openat(AT, "a:b", O_RDONLY, 0644) == -ENOENT);
	CHECK(sys_fchmodat(AT, "holes", 0555) == 0 && stat_of("holes").st_mode == (S_IFREG | 0555));
	CHECK(sys_fchmodat(AT, "holes", 0600) == -EPERM && !sys_fchmodat(AT, "holes", 0755));
	CHECK(sys_fchownat(AT, "holes", 1, 1, 0) == -EPERM && !sys_fchownat(AT, "holes", 0, 0, 0));
}

TEST(files_and_directories)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		CHECK(begin(&kinds[i]));
		CHECK_IN(use());
		CHECK(end());
	}
}

/* Many names in one directory; read while they are removed; full. */
TEST(many_names)
{
	char name[80];

	for (unsigned k = 0; k < 3; k++) {
		CHECK(begin(&kinds[k]));
		CHECK(!make_dir("d"));
		for (int i = 0; i < 300; i++) {
			snprintf(name, sizeof(name), "d/file number %d with some more", i);
			CHECK(put_text(name, name));
		}
		for (int i = 0; i < 300; i++) {
			snprintf(name, sizeof(name), "d/file number %d with some more", i);
			CHECK(!strcmp(text_of(name), name));
			if (i % 2)
				CHECK(!remove_file(name));
		}
		CHECK(end());
	}
}

/* A volume that is full says so, and takes back what is given up. */
TEST(full)
{
	static char block[65536];
	struct statfs before, after;
	long n, total = 0;
	int fd;

	CHECK(begin(&kinds[0]));
	CHECK(!sys_statfs("/m", &before) && before.f_bfree);
	for (int round = 0; round < 3; round++) {
		fd = (int)sys_openat(AT, "big", O_RDWR | O_CREAT, 0644);
		CHECK(fd >= 0);
		for (total = 0; (n = sys_write(fd, block, sizeof(block))) > 0; total += n)
			;
		CHECK(n == -ENOSPC);
		CHECK((uint64_t)total == before.f_bfree * before.f_bsize);
		CHECK(make_dir("no") == -ENOSPC);
		CHECK(sys_ftruncate(fd, total + 1) == -ENOSPC);
		CHECK(!sys_statfs("/m", &after) && !after.f_bfree);
		CHECK(!sys_close(fd) && !remove_file("big"));
		CHECK(!make_dir("yes") && !sys_unlinkat(AT, "yes", AT_REMOVEDIR));
	}
	CHECK(!sys_sync());
	CHECK(!sys_statfs("/m", &after) && after.f_bfree == before.f_bfree);
	CHECK(end());
}

/* --- random calls against a model ------------------------------------------------------------- */

#define MODELS	  6
#define MODEL_MAX 150000

static struct model {
	uint8_t bytes[MODEL_MAX];
	size_t size;
	int fd;
} models[MODELS];
static uint64_t seed = 1;

static unsigned pick(unsigned below)
{
	return (unsigned)(unit_random(&seed) % below);
}

static const char *model_name(unsigned i)
{
	static char name[64];

	snprintf(name, sizeof(name), i % 2 ? "A longer name, number %u" : "f%u", i);
	return name;
}

static bool model_write(struct model *m)
{
	static uint8_t buffer[30000];
	size_t at = pick(2) ? pick(MODEL_MAX - 30000) : m->size % (MODEL_MAX - 30000);
	size_t size = pick(2) ? pick(600) : pick(30000);

	for (size_t i = 0; i < size; i++)
		buffer[i] = (uint8_t)unit_random(&seed);
	if (sys_pwrite64(m->fd, buffer, size, (int64_t)at) != (long)size)
		return false;
	if (size && at > m->size)
		memset(m->bytes + m->size, 0, at - m->size);
	memcpy(m->bytes + at, buffer, size);
	if (size && at + size > m->size)
		m->size = at + size;
	return true;
}

static bool model_is_right(struct model *m)
{
	static uint8_t buffer[MODEL_MAX];

	return sys_pread64(m->fd, buffer, MODEL_MAX, 0) == (long)m->size &&
	       !memcmp(buffer, m->bytes, m->size);
}

static bool model_truncate(struct model *m)
{
	size_t size = pick(3) ? pick(MODEL_MAX) : 0;

	if (sys_ftruncate(m->fd, (int64_t)size))
		return false;
	if (size > m->size)
		memset(m->bytes + m->size, 0, size - m->size);
	m->size = size;
	return true;
}

static bool model_step(unsigned i)
{
	struct model *m = &models[i], *other = &models[(i + 1 + pick(MODELS - 1)) % MODELS];
	char name[64];

	if (m->fd < 0) {
		m->fd = (int)sys_openat(AT, model_name(i), O_RDWR | O_CREAT, 0644);
		return m->fd >= 0;
	}
	switch (pick(12)) {
	case 0:
		return model_truncate(m);
	case 1:
		return !sys_fsync(m->fd);
	case 2:
		sys_close(m->fd);
		m->fd = (int)sys_openat(AT, model_name(i), O_RDWR, 0644);
		return m->fd >= 0;
	case 3:
		strcpy(name, model_name(i));
		if (sys_renameat2(AT, name, AT, model_name((unsigned)(other - models)), 0))
			return false;
		if (other->fd >= 0)
			sys_close(other->fd);
		memcpy(other, m, sizeof(*m));
		m->fd = -1;
		m->size = 0;
		return true;
	case 4:
		if (remove_file(model_name(i)))
			return false;
		if (!model_is_right(m))
			return false;
		sys_close(m->fd);
		m->fd = -1;
		m->size = 0;
		return true;
	case 5:
	case 6:
		return model_is_right(m);
	default:
		return model_write(m);
	}
}

TEST(random_calls)
{
	const char *wanted = getenv("UNIT_SEED"); /* another one */

	if (wanted)
		seed = strtoull(wanted, NULL, 10);
	for (unsigned k = 0; k < 3; k++) {
		CHECK(begin(&kinds[k]));
		for (unsigned i = 0; i < MODELS; i++) {
			models[i].fd = -1;
			models[i].size = 0;
		}
		for (unsigned step = 0; step < 3000; step++)
			CHECK(model_step(pick(MODELS)));
		for (unsigned i = 0; i < MODELS; i++) {
			CHECK(models[i].fd < 0 || model_is_right(&models[i]));
			sys_close(models[i].fd);
		}
		CHECK(end());
	}
}

#include "fat_large.h"
#include "fat_order.h"
#include "fat_links.h"
