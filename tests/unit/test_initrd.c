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
/* Initial RAM disks, and what is mounted. */
#define _GNU_SOURCE
#include <errno.h>
#include <sanitizer/lsan_interface.h>
#include <unistd.h>

#include <fs/mount.h>
#include <fs/path.h>
#include <fs/ramfs.h>
#include <kernel/boot.h>
#include <mem/linear.h>

#include "files.h"
#include "services.h"
#include "unit.h"

/* An archive, built entry by entry. */
static char archive[1 << 16];
static size_t archive_size;

static void add(const char *name, uint32_t mode, const void *data, size_t size, unsigned inode,
		unsigned nlink)
{
	archive_size += (size_t)sprintf(
		archive + archive_size,
		"070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode, mode, 1u, 2u,
		nlink, 1000000000u, (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)strlen(name) + 1, 0u);
	archive_size += (size_t)sprintf(archive + archive_size, "%s", name) + 1;
	archive_size = (archive_size + 3) & ~(size_t)3;
	memcpy(archive + archive_size, data, size);
	archive_size = (archive_size + size + 3) & ~(size_t)3;
}

static void add_text(const char *name, uint32_t mode, const char *text)
{
	add(name, mode, text, strlen(text), 1, 1);
}

/* Unpack it into a file system of its own, mounted on a new directory. 0: it stopped the kernel. */
static bool mount_archive(const char *dir)
{
	struct mount *mount;
	struct inode *inode;

	add_text("TRAILER!!!", 0, "");
	*host_stop_reason = 0;
	__lsan_disable(); /* a kernel that stops gives nothing back */
	if (setjmp(host_stop)) {
		__lsan_enable();
		return false;
	}
	mount = ramfs_create();
	initrd_unpack(mount->root, archive, archive_size);
	__lsan_enable();
	make_dir(dir);
	if (path_lookup(NULL, dir, PATH_FOLLOW, &inode))
		return false;
	mount_on(mount, inode);
	inode_put(inode);
	return true;
}

/* Runs first: the root is mounted by it. */
TEST(root_comes_from_the_firmware_too)
{
	struct stat stat;

	archive_size = 0;
	add_text("etc/motd", 0100644, "hello\n");
	add_text("TRAILER!!!", 0, "");
	boot_info.initrd_pa = linear_physical(archive);
	boot_info.initrd_size = archive_size;
	CHECK(!strcmp(text_of("/etc/motd"), "hello\n"));
	/* What is borrowed must stay: this archive is the root's from now on. */
	CHECK(S_ISDIR(stat_of("/tmp").st_mode) && (stat_of("/tmp").st_mode & 07777) == 01777);
	CHECK(!sys_newfstatat(AT_FDCWD, "/dev/../dev/null", &stat, 0) && S_ISCHR(stat.st_mode));
	CHECK(stat_of("/dev").st_dev != stat_of("/").st_dev);
	CHECK(!remove_file("/etc/motd") && !sys_unlinkat(AT_FDCWD, "/etc", AT_REMOVEDIR));
}

TEST(initrd_lends_its_bytes)
{
	static char big[10000];
	size_t frames = host_frames;
	struct stat stat;
	int fd;

	for (unsigned i = 0; i < sizeof(big); i++)
		big[i] = (char)('a' + i % 26);
	archive_size = 0;
	add_text(".", 040700, "");
	add_text("./one", 0100600, "first");
	add_text("deep/er/two", 0100755, "second");
	add("big", 0100644, big, sizeof(big), 1, 1);
	add_text("link", 0120777, "deep/er/two");
	add("hard1", 0100644, "", 0, 77, 2);
	add("hard2", 0100644, "both", 4, 77, 2);
	add_text("one", 0100640, "later");
	CHECK(mount_archive("/lent"));
	CHECK(host_frames == frames);

	CHECK(!strcmp(text_of("/lent/one"), "later") && stat_of("/lent/one").st_mode == 0100640);
	CHECK(!strcmp(text_of("/lent/link"), "second"));
	CHECK(!strcmp(text_of("/lent/hard1"), "both") && stat_of("/lent/hard1").st_nlink == 2);
	CHECK(stat_of("/lent/hard1").st_ino == stat_of("/lent/hard2").st_ino);
	stat = stat_of("/lent/big");
	CHECK(stat.st_size == 10000 && stat.st_blocks == 24 && stat.st_uid == 1 &&
	      stat.st_gid == 2);
	CHECK(stat.st_mtim.tv_sec == 1000000000);
	CHECK(stat_of("/lent").st_mode == 040700 && stat_of("/lent/deep").st_mode == 040755);
	CHECK(stat_of("/lent").st_nlink == 3 && stat_of("/lent/deep").st_nlink == 3);
	CHECK(host_frames == frames);

	/* A write copies one page; the archive stays as it is. */
	fd = open_file("/lent/big", O_RDWR);
	CHECK(sys_pwrite64(fd, "XY", 2, 5000) == 2 && host_frames == frames + 1);
	CHECK(!memcmp(text_of("/lent/big") + 4998, "ghXYk", 5));
	CHECK(stat_of("/lent/big").st_blocks == 24);
	/*
	 * Cut in the middle of a lent page, then longer again: zeros, and nothing of the archive.
	 */
	CHECK(!sys_ftruncate(fd, 9000) && !sys_ftruncate(fd, 9500));
	CHECK(sys_pread64(fd, big, 500, 8990) == 500);
	CHECK(!memcmp(big, "uvwxyzabcd", 10) && !big[10] && !memcmp(big + 10, big + 11, 489));
	CHECK(stat_of("/lent/big").st_blocks == 24);
	CHECK(!sys_ftruncate(fd, 100) && stat_of("/lent/big").st_blocks == 8);
	CHECK(host_frames == frames);
	CHECK(!sys_ftruncate(fd, 20000) && stat_of("/lent/big").st_blocks == 8);
	CHECK(!sys_ftruncate(fd, 0) && stat_of("/lent/big").st_blocks == 0);
	CHECK(!sys_close(fd));
}

TEST(corrupt_initrd_stops_the_kernel)
{
	static const char *const names[] = {"../up", "a/../../b", "file/below", "a/.."};

	for (unsigned i = 0; i < 4; i++) {
		archive_size = 0;
		add_text("file", 0100644, "x");
		add_text(names[i], 0100644, "x");
		CHECK(!mount_archive("/never"));
		CHECK(!strncmp(host_stop_reason, "initrd: corrupt archive at offset ", 34));
	}
	archive_size = 0;
	add_text("file", 0100644, "x");
	archive[3] = 'x';
	CHECK(!mount_archive("/never"));
	CHECK(!strcmp(host_stop_reason, "initrd: corrupt archive at offset 0"));
	archive_size = 0;
	add_text("empty-link", 0120777, "");
	CHECK(!mount_archive("/never"));
	for (long n = 0; n < 5; n++) {
		archive_size = 0;
		add_text("a/file", 0100644, "x");
		host_heap_fails_after = n + 2; /* the file system itself, and its root */
		mount_archive("/never");
		host_heap_fails_after = -1;
		CHECK(!strcmp(host_stop_reason, n < 4 ? "initrd: out of memory" : ""));
	}
}

TEST(mounts_are_crossed_and_kept_apart)
{
	char text[100];
	int fd;

	archive_size = 0;
	add_text("dir/file", 0100644, "x");
	CHECK(mount_archive("/other"));
	CHECK(sys_renameat2(AT_FDCWD, "/other/dir/file", AT_FDCWD, "/file", 0) == -EXDEV);
	CHECK(sys_linkat(AT_FDCWD, "/other/dir/file", AT_FDCWD, "/file", 0) == -EXDEV);
	CHECK(sys_unlinkat(AT_FDCWD, "/other", AT_REMOVEDIR) == -EBUSY);
	CHECK(sys_renameat2(AT_FDCWD, "/other", AT_FDCWD, "/another", 0) == -EBUSY);
	CHECK(!sys_chdir("/other/dir") && sys_getcwd(text, sizeof(text)) == 11);
	CHECK(!strcmp(text, "/other/dir"));
	CHECK(sys_getcwd(text, 10) == -ERANGE && sys_getcwd(text, 0) == -ERANGE);
	CHECK(!sys_chdir("../..") && sys_getcwd(text, 2) == 2 && !strcmp(text, "/"));
	fd = open_file("/other/dir", O_RDONLY | O_DIRECTORY);
	CHECK(!sys_fchdir(fd) && !sys_faccessat(AT_FDCWD, "file", R_OK));
	CHECK(sys_openat(fd, "../../dev/null", O_RDWR, 0) == fd + 1 && !sys_close(fd + 1));
	CHECK(sys_openat(fd, "file", O_CREAT | O_EXCL, 0) == -EEXIST);
	CHECK(!sys_chdir("/") && !sys_close(fd));
	CHECK(sys_openat(99, "file", O_RDONLY, 0) == -EBADF);
	CHECK(sys_openat(1, "file", O_RDONLY, 0) == -ENOTDIR);
	CHECK(sys_openat(99, "/dev/null", O_RDONLY, 0) == fd && !sys_close(fd));
}
