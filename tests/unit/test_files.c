/* SPDX-License-Identifier: BSD-2-Clause */
// flags: -Iinclude/arch/host -Iarch/host
// sources: arch/host/services.c kernel/spinlock.c lib/avl.c lib/cpio.c lib/fmt.c lib/str.c
// sources: posix/record_lock.c fs/record_lock.c posix/ids.c
// sources: fs/console_file.c fs/cwd.c fs/devfs.c fs/file.c fs/file_stat.c fs/flock.c fs/initrd.c
// sources: fs/inode.c fs/inode_file.c fs/io.c fs/mount.c fs/names.c fs/open.c fs/pages.c fs/path.c
// sources: fs/ramfs.c fs/ramfs_dir.c fs/poll.c fs/ramfs_file.c fs/rename.c fs/root.c fs/root_fill.c fs/ramfs_folder.c fs/tty.c posix/fd.c
// sources: posix/file_attributes.c posix/file_descriptor.c posix/file_dir.c posix/file_names.c
// sources: posix/file_open.c posix/file_read.c posix/file_stat.c posix/file_transfer.c
// sources: posix/file_write.c posix/path_arg.c
// sources: arch/host/mapping.c fs/dev_fd.c fs/ramfs_map.c fs/ramfs_space.c
// sources: posix/file_space.c posix/file_copy.c posix/file_make.c posix/file_vector2.c posix/memory_file.c
/* The calls of files: descriptors, bad arguments, memory that is out, /dev. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <posix/syscalls.h>

#include "files.h"
#include "services.h"
#include "unit.h"

TEST(descriptors_are_the_lowest_and_end_at_1024)
{
	size_t blocks;
	int fd;

	CHECK(!sys_chdir("/")); /* mounts it */
	blocks = host_blocks;
	CHECK(open_file("/dev/null", O_RDWR | O_CLOEXEC) == 3);
	CHECK(sys_dup(3) == 4 && sys_fcntl(3, F_DUPFD, 10) == 10 && sys_dup(1) == 5);
	CHECK(!sys_close(4) && sys_dup(3) == 4);
	CHECK(sys_fcntl(3, F_GETFD, 0) == FD_CLOEXEC && sys_fcntl(4, F_GETFD, 0) == 0);
	CHECK(sys_fcntl(3, F_DUPFD_CLOEXEC, 0) == 6 && sys_fcntl(6, F_GETFD, 0) == FD_CLOEXEC);
	CHECK(!sys_fcntl(6, F_SETFD, 0) && sys_fcntl(6, F_GETFD, 0) == 0);
	CHECK(sys_fcntl(3, F_DUPFD, 1024) == -EINVAL && sys_fcntl(3, F_DUPFD, ~0UL) == -EINVAL);
	CHECK(sys_dup3(3, 1023, O_CLOEXEC) == 1023 && sys_fcntl(1023, F_GETFD, 0) == FD_CLOEXEC);
	CHECK(sys_dup3(3, 1024, 0) == -EBADF && sys_dup3(3, -1, 0) == -EBADF);
	CHECK(sys_dup3(3, 3, 0) == -EINVAL && sys_dup3(3, 4, O_APPEND) == -EINVAL);
	while ((fd = (int)sys_dup(3)) >= 0)
		;
	CHECK(fd == -EMFILE && open_file("/dev/null", O_RDONLY) == -EMFILE);
	for (fd = 3; fd < 1024; fd++)
		CHECK(sys_close(fd) == 0);
	CHECK(sys_close(3) == -EBADF && sys_close(-1) == -EBADF && sys_close(1000000) == -EBADF);
	CHECK(sys_fcntl(3, F_GETFD, 0) == -EBADF);
	CHECK(host_blocks == blocks + 1); /* the grown table */
}

TEST(standard_files_write_to_the_console)
{
	struct iovec iov[3] = {{"a", 1}, {NULL, 0}, {"bc\0d", 4}};
	struct stat stat;
	int fd;

	host_console_length = 0;
	CHECK(sys_writev(1, iov, 3) == 5 && sys_write(2, "e", 1) == 1 && sys_write(0, "f", 1) == 1);
	CHECK(host_console_length == 7 && !memcmp(host_console, "abc\0def", 7));
	CHECK(!sys_fstat(1, &stat) && S_ISCHR(stat.st_mode) && stat.st_nlink == 1);
	CHECK(!sys_newfstatat(1, "", &stat, AT_EMPTY_PATH) && S_ISCHR(stat.st_mode));
	CHECK(sys_lseek(1, 0, SEEK_CUR) == -ESPIPE && sys_pwrite64(1, "x", 1, 0) == -ESPIPE);
	CHECK(sys_ftruncate(1, 0) == -EINVAL && sys_fsync(1) == -EINVAL);
	/* Closing and reopening them is allowed, and ends nothing. */
	CHECK(!sys_close(1) && sys_write(1, "x", 1) == -EBADF && sys_write(0, "g", 1) == 1);
	fd = open_file("/dev/tty", O_WRONLY);
	CHECK(fd == 1 && sys_write(1, "h", 1) == 1 && host_console_length == 9);
	CHECK(!sys_close(0) && !sys_close(1) && sys_dup(2) == 0 && sys_dup(2) == 1);
	CHECK(sys_getdents64(1, iov, 48) == -ENOTDIR && sys_fchdir(1) == -ENOTDIR);
}

TEST(bad_memory_is_an_error_and_what_was_moved_counts)
{
	char *map = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov[2] = {{map, 3000}, {map + 8192, 3000}};
	struct stat stat;
	char text[10];
	int fd = open_file("/tmp/bad", O_RDWR | O_CREAT);

	host_hole_start = (uintptr_t)map + 4096;
	host_hole_end = (uintptr_t)map + 8192;
	memset(map, 'm', 12288);
	CHECK(sys_write(fd, map + 4096, 10) == -EFAULT && sys_write(fd, NULL, 1) == -EFAULT);
	CHECK(!sys_fstat(fd, &stat) && stat.st_size == 0);
	CHECK(sys_write(fd, map + 4000, 200) == 96);
	CHECK(!sys_fstat(fd, &stat) && stat.st_size == 96);
	/* Nothing of the failed copy shows behind the end. */
	CHECK(!sys_ftruncate(fd, 200) && sys_pread64(fd, text, 10, 96) == 10 && !text[0] &&
	      !text[9]);
	CHECK(sys_pread64(fd, map + 4090, 100, 0) == 6 &&
	      sys_pread64(fd, map + 4096, 9, 0) == -EFAULT);
	CHECK(sys_pread64(fd, map + 4096, 9, 300) == 0);
	CHECK(sys_writev(fd, iov, 2) == 6000);
	iov[0].iov_len = 4096 + 7;
	CHECK(sys_lseek(fd, 0, SEEK_SET) == 0 && sys_readv(fd, iov, 2) == 4096);
	CHECK(sys_lseek(fd, 0, SEEK_CUR) == 4096);
	CHECK(sys_writev(fd, (struct iovec *)(map + 8192 - 16), 1) == -EFAULT);
	CHECK(sys_writev(fd, iov, -1) == -EINVAL && sys_writev(fd, iov, 1025) == -EINVAL);
	CHECK(sys_writev(fd, iov, 0) == 0 && sys_write(fd, map, SIZE_MAX) == -EINVAL);
	iov[0].iov_len = iov[1].iov_len = (size_t)1 << 62;
	CHECK(sys_writev(fd, iov, 2) == -EINVAL && sys_readv(fd, iov, 2) == -EINVAL);
	CHECK(sys_pread64(fd, map, 1, -1) == -EINVAL && sys_pwrite64(fd, map, 1, -1) == -EINVAL);
	CHECK(sys_fstat(fd, (struct stat *)(map + 4090)) == -EFAULT);
	CHECK(open_file(map + 4096, O_RDONLY) == -EFAULT && open_file(NULL, O_RDONLY) == -EFAULT);
	CHECK(sys_getcwd(map + 4096, 100) == -EFAULT);
	host_console_length = 0;
	CHECK(sys_write(1, map + 3000, 5000) == 1096 && host_console_length == 1096);
	CHECK(!sys_close(fd) && !remove_file("/tmp/bad"));
	host_hole_start = host_hole_end = 0;
	munmap(map, 12288);
}

TEST(rights_and_flags)
{
	int fd = open_file("/tmp/rights", O_WRONLY | O_CREAT | O_APPEND), path;
	struct flock lock = {.l_type = F_WRLCK};
	char text[10];

	CHECK(sys_read(fd, text, 1) == -EBADF && sys_write(fd, "ab", 2) == 2);
	CHECK(sys_lseek(fd, 0, SEEK_SET) == 0 && sys_write(fd, "cd", 2) == 2);
	CHECK(!strcmp(text_of("/tmp/rights"), "abcd"));
	CHECK(sys_fcntl(fd, F_GETFL, 0) == (O_WRONLY | O_APPEND));
	CHECK(!sys_fcntl(fd, F_SETFL, O_NONBLOCK | O_RDWR));
	CHECK(sys_fcntl(fd, F_GETFL, 0) == (O_WRONLY | O_NONBLOCK));
	CHECK(sys_pwrite64(fd, "X", 1, 0) == 1 && !strcmp(text_of("/tmp/rights"), "Xbcd"));
	CHECK(!sys_fcntl(fd, F_SETLK, (uintptr_t)&lock));
	lock.l_type = F_RDLCK;
	CHECK(sys_fcntl(fd, F_SETLK, (uintptr_t)&lock) == -EBADF);
	CHECK(!sys_fcntl(fd, F_GETLK, (uintptr_t)&lock) && lock.l_type == F_UNLCK);
	CHECK(!sys_close(fd));
	fd = open_file("/tmp/rights", O_RDONLY);
	CHECK(sys_write(fd, "x", 1) == -EBADF && sys_ftruncate(fd, 0) == -EINVAL);
	CHECK(sys_fallocate(fd, 0, 0, 1) == -EBADF);
	path = open_file("/tmp/rights", O_PATH);
	CHECK(sys_read(path, text, 1) == -EBADF && sys_fstat(path, &(struct stat){0}) == 0);
	CHECK(!sys_close(path) && !sys_close(fd));
	CHECK(open_file("/tmp", O_WRONLY) == -EISDIR && open_file("/tmp", O_TMPFILE) == -EINVAL);
	fd = open_file("/tmp", O_RDONLY);
	CHECK(sys_read(fd, text, 1) == -EISDIR && sys_write(fd, text, 1) == -EBADF);
	CHECK(!sys_close(fd) && !remove_file("/tmp/rights"));
	/* umask */
	CHECK(sys_umask(077) == 022 && make_dir("/tmp/m") == 0 && sys_umask(022) == 077);
	CHECK(stat_of("/tmp/m").st_mode == 040700 &&
	      !sys_unlinkat(AT_FDCWD, "/tmp/m", AT_REMOVEDIR));
	CHECK(sys_unlinkat(AT_FDCWD, "/", AT_REMOVEDIR) == -EBUSY);
	CHECK(sys_unlinkat(AT_FDCWD, "/tmp/.", AT_REMOVEDIR) == -EINVAL);
	CHECK(sys_unlinkat(AT_FDCWD, "/tmp/..", AT_REMOVEDIR) == -ENOTEMPTY);
}

TEST(sizes_and_holes)
{
	int fd = open_file("/tmp/sparse", O_RDWR | O_CREAT);
	size_t frames = host_frames, blocks = host_blocks;
	char text[4] = "";

	CHECK(sys_pwrite64(fd, "end", 3, (INT64_C(1) << 40) - 1) == 3);
	CHECK(stat_of("/tmp/sparse").st_size == (INT64_C(1) << 40) + 2);
	CHECK(stat_of("/tmp/sparse").st_blocks == 16 && host_frames == frames + 2);
	CHECK(sys_pread64(fd, text, 3, 1 << 20) == 3 && !text[0]);
	CHECK(sys_pread64(fd, text, 4, (INT64_C(1) << 40) - 1) == 3 && !strcmp(text, "end"));
	CHECK(sys_pwrite64(fd, "x", 1, INT64_MAX - 1) == -EFBIG);
	CHECK(sys_pwrite64(fd, "x", 1, INT64_MAX) == -EFBIG);
	CHECK(sys_pwrite64(fd, "xyz", 3, (INT64_C(1) << 48) - 2) == 2);
	CHECK(sys_ftruncate(fd, INT64_MAX) == -EFBIG && sys_ftruncate(fd, -1) == -EINVAL);
	CHECK(!sys_ftruncate(fd, 5) && host_frames == frames && host_blocks == blocks);
	CHECK(sys_lseek(fd, 0, SEEK_DATA) == -ENXIO && sys_lseek(fd, 0, SEEK_HOLE) == 0);
	CHECK(sys_lseek(fd, 5, SEEK_DATA) == -ENXIO && sys_lseek(fd, -1, SEEK_SET) == -EINVAL);
	CHECK(sys_lseek(fd, INT64_MAX, SEEK_END) == -EOVERFLOW && sys_lseek(fd, 0, 9) == -EINVAL);
	CHECK(!sys_fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 8193) && host_frames == frames + 3);
	CHECK(stat_of("/tmp/sparse").st_size == 5 && stat_of("/tmp/sparse").st_blocks == 24);
	CHECK(!sys_fallocate(fd, 0, 10, 90) && stat_of("/tmp/sparse").st_size == 100);
	CHECK(sys_fallocate(fd, 0, 0, 0) == -EINVAL &&
	      sys_fallocate(fd, 0, 1, INT64_MAX) == -EFBIG);
	CHECK(sys_fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1) == -EOPNOTSUPP);
	/* Unlinked while open: there until the last close. */
	CHECK(!remove_file("/tmp/sparse") && sys_pwrite64(fd, "x", 1, 99) == 1);
	CHECK(sys_linkat(fd, "", AT_FDCWD, "/tmp/again", AT_EMPTY_PATH) == -ENOENT);
	CHECK(!sys_close(fd) && host_frames == frames && host_blocks < blocks);
}

TEST(memory_that_is_out_is_enospc_and_nothing_is_lost)
{
	int fd = open_file("/tmp/full", O_RDWR | O_CREAT);
	size_t frames = host_frames, blocks;
	static char data[64 * 4096];
	struct statfs info;

	host_frame_limit = frames + 32 + 10;
	CHECK(sys_write(fd, data, sizeof(data)) == 10 * 4096 && host_frames == frames + 10);
	CHECK(sys_write(fd, data, 1) == -ENOSPC && stat_of("/tmp/full").st_size == 10 * 4096);
	CHECK(open_file("/tmp/more", O_CREAT) == -ENOSPC && make_dir("/tmp/more") == -ENOSPC);
	CHECK(sys_renameat2(AT_FDCWD, "/tmp/full", AT_FDCWD, "/tmp/f", 0) == -ENOSPC);
	CHECK(sys_fallocate(fd, 0, 0, 1 << 30) == -ENOSPC);
	CHECK(!sys_ftruncate(fd, 0) && host_frames == frames && sys_write(fd, data, 1) == 1);
	host_frame_limit = SIZE_MAX;
	CHECK(!sys_statfs("/tmp", &info) && info.f_bsize == 4096 && info.f_bfree == 568);
	CHECK(!sys_fstatfs(fd, &info) && info.f_namelen == 255 && sys_fstatfs(1, &info) == -ENOSYS);
	CHECK(!remove_file("/tmp/full") && !sys_close(fd));

	/* Every allocation of a call fails once. */
	CHECK(!make_dir("/tmp/a") && !sys_symlinkat("a", AT_FDCWD, "/tmp/s"));
	blocks = host_blocks;
	for (long n = 0; n < 6; n++) {
		host_heap_fails_after = n;
		fd = open_file(
			"/tmp/s/long-name-1234567890-1234567890-1234567890-1234567890-123456789"
			"0-1234567890-1234567890-1234567890-1234567890-1234567890-1234567890-"
			"1234567890",
			O_RDWR | O_CREAT | O_EXCL);
		host_heap_fails_after = -1;
		if (fd >= 0)
			break;
		CHECK(fd == (n == 2 || n == 3 ? -ENOSPC : -ENOMEM));
		/* A file that was made and could not be opened stays, as POSIX allows. */
		if (n == 4)
			remove_file(
				"/tmp/a/long-name-1234567890-1234567890-1234567890-1234567890-1234"
				"567890-1234567890-1234567890-1234567890-1234567890-1234567890-123"
				"4567890-1234567890");
		CHECK(host_blocks == blocks);
	}
	CHECK(fd >= 0 && !sys_close(fd) && host_blocks == blocks + 2);
	CHECK(!sys_unlinkat(AT_FDCWD,
			    "/tmp/a/long-name-1234567890-1234567890-1234567890-1234567890-"
			    "1234567890-1234567890-1234567890-1234567890-1234567890-1234567890-"
			    "1234567890-1234567890",
			    0));
	CHECK(!remove_file("/tmp/s") && !sys_unlinkat(AT_FDCWD, "/tmp/a", AT_REMOVEDIR));
}

TEST(long_names_and_many_links)
{
	char name[5000], link[32], other[32];
	int fd;

	memset(name, 'n', sizeof(name));
	memcpy(name, "/tmp/", 5);
	name[5 + 255] = 0;
	CHECK(!make_dir(name) && !sys_unlinkat(AT_FDCWD, name, AT_REMOVEDIR));
	name[5 + 255] = 'n';
	name[5 + 256] = 0;
	CHECK(make_dir(name) == -ENAMETOOLONG && open_file(name, O_RDONLY) == -ENAMETOOLONG);
	/* 4095 bytes are a path, 4096 are not. */
	for (unsigned i = 0; i < 4096; i++)
		name[i] = i % 2 ? '.' : '/';
	name[4095] = 0;
	fd = open_file(name, O_RDONLY);
	CHECK(fd >= 0 && !sys_close(fd));
	name[4095] = '.';
	name[4096] = 0;
	CHECK(open_file(name, O_RDONLY) == -ENAMETOOLONG);
	CHECK(open_file("", O_RDONLY) == -ENOENT &&
	      sys_symlinkat("", AT_FDCWD, "/tmp/l") == -ENOENT);
	/* 40 links are followed, the 41st is not. */
	CHECK(!make_dir("/tmp/l0"));
	for (int i = 1; i <= 41; i++) {
		sprintf(link, "/tmp/l%d", i);
		sprintf(other, "l%d", i - 1);
		CHECK(!sys_symlinkat(other, AT_FDCWD, link));
	}
	CHECK(sys_chdir("/tmp/l40") == 0 && sys_chdir("/tmp/l41") == -ELOOP && !sys_chdir("/"));
	CHECK(open_file("/tmp/l1", O_RDONLY | O_NOFOLLOW) == -ELOOP);
	CHECK(!sys_symlinkat("loop", AT_FDCWD, "/tmp/loop"));
	CHECK(open_file("/tmp/loop", O_CREAT) == -ELOOP && open_file("/tmp/loop/x", 0) == -ELOOP);
	CHECK(!sys_symlinkat("/tmp/new", AT_FDCWD, "/tmp/dangling"));
	CHECK(open_file("/tmp/dangling", O_CREAT | O_EXCL) == -EEXIST);
	CHECK((fd = open_file("/tmp/dangling", O_CREAT)) >= 0 &&
	      S_ISREG(stat_of("/tmp/new").st_mode));
	CHECK(!sys_close(fd) && !remove_file("/tmp/new") && !remove_file("/tmp/dangling"));
	CHECK(!remove_file("/tmp/loop") && !sys_unlinkat(AT_FDCWD, "/tmp/l0", AT_REMOVEDIR));
	for (int i = 1; i <= 41; i++) {
		sprintf(link, "/tmp/l%d", i);
		CHECK(!remove_file(link));
	}
}

struct record {
	uint64_t number;
	int64_t next;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* Names come and go while a directory is read: those that stay are seen exactly once. */
TEST(reading_a_directory_that_changes)
{
	char seen[1000] = "", path[64], buffer[200];
	int fd, number;
	long n;

	CHECK(!make_dir("/tmp/dir"));
	for (int i = 0; i < 1000; i++) {
		sprintf(path, "/tmp/dir/%d", i);
		CHECK((fd = open_file(path, O_CREAT)) >= 0 && !sys_close(fd));
	}
	fd = open_file("/tmp/dir", O_RDONLY | O_DIRECTORY);
	CHECK(sys_getdents64(fd, buffer, 20) == -EINVAL && sys_lseek(fd, 0, SEEK_CUR) == 0);
	for (int round = 0; (n = sys_getdents64(fd, buffer, sizeof(buffer))) > 0; round++) {
		for (long at = 0; at < n;) {
			struct record *record = (struct record *)(buffer + at);

			CHECK(record->size % 8 == 0 && record->size <= n - at);
			if (sscanf(record->name, "%d", &number) == 1)
				CHECK(!seen[number]++ || number % 3 == 1);
			at += record->size;
		}
		/* One in three is taken away and put back under another's hands. */
		sprintf(path, "/tmp/dir/%d", (round * 3 + 1) % 999);
		remove_file(path);
		if (round % 2)
			CHECK(!sys_close(open_file(path, O_CREAT)));
	}
	CHECK(n == 0);
	for (int i = 0; i < 1000; i++)
		CHECK(seen[i] || i % 3 == 1);
	CHECK(sys_lseek(fd, 0, SEEK_SET) == 0 && sys_getdents64(fd, buffer, sizeof(buffer)) > 0);
	CHECK(sys_lseek(fd, -1, SEEK_SET) == -EINVAL);
	for (int i = 0; i < 1000; i++) {
		sprintf(path, "/tmp/dir/%d", i);
		remove_file(path);
	}
	CHECK(!sys_unlinkat(AT_FDCWD, "/tmp/dir", AT_REMOVEDIR));
	/* Removed, but open: empty, and nothing can be put in. */
	CHECK(sys_openat(fd, "x", O_CREAT, 0600) == -ENOENT &&
	      sys_mkdirat(fd, "x", 0700) == -ENOENT);
	CHECK(!sys_fchdir(fd) && sys_getcwd(buffer, 100) == -ENOENT);
	CHECK(open_file("..", O_RDONLY) == fd + 1 && !sys_close(fd + 1));
	CHECK(!sys_chdir("/") && !sys_close(fd));
}

TEST(attributes)
{
	struct timespec times[2] = {{-5, 300}, {7, UTIME_OMIT}};
	int fd = open_file("/tmp/attr", O_RDWR | O_CREAT);
	struct stat stat;
	struct statx x;

	CHECK(!sys_fchmod(fd, 04751) && !sys_fchown(fd, 5, (uint32_t)-1) && !sys_fstat(fd, &stat));
	CHECK(stat.st_mode == (S_IFREG | 04751) && stat.st_uid == 5 && stat.st_gid == 0);
	CHECK(!sys_utimensat(AT_FDCWD, "/tmp/attr", times, 0) && !sys_fstat(fd, &stat));
	CHECK(stat.st_atim.tv_sec == -5 && stat.st_atim.tv_nsec == 300);
	CHECK(stat.st_mtim.tv_sec == 1600000000);
	times[1].tv_nsec = 1000000000;
	CHECK(sys_utimensat(fd, NULL, times, 0) == -EINVAL);
	times[0].tv_sec = INT64_MAX;
	times[1] = (struct timespec){0, UTIME_NOW};
	CHECK(!sys_utimensat(fd, NULL, times, 0) && !sys_fstat(fd, &stat));
	CHECK(stat.st_atim.tv_sec > 9000000000);
	host_time_ns += 5000000000;
	CHECK(sys_write(fd, "x", 1) == 1 && !sys_fstat(fd, &stat) &&
	      stat.st_mtim.tv_sec == 1600000005);
	CHECK(!sys_statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x) && x.stx_size == 1);
	CHECK(x.stx_mode == (S_IFREG | 04751) && x.stx_mtime.tv_sec == 1600000005);
	CHECK(sys_statx(fd, "", 0, STATX_BASIC_STATS, &x) == -ENOENT);
	CHECK(sys_newfstatat(AT_FDCWD, "/", &stat, 0x8000) == -EINVAL);
	CHECK(!sys_faccessat(AT_FDCWD, "/tmp/attr", X_OK) && !sys_fchmod(fd, 0600));
	CHECK(sys_faccessat(AT_FDCWD, "/tmp/attr", X_OK) == -EACCES);
	CHECK(!sys_faccessat(AT_FDCWD, "/tmp", R_OK | W_OK | X_OK));
	CHECK(sys_faccessat(AT_FDCWD, "/tmp/none", F_OK) == -ENOENT);
	CHECK(sys_faccessat(AT_FDCWD, "/tmp", 8) == -EINVAL);
	CHECK(!sys_close(fd) && !remove_file("/tmp/attr"));
}

TEST(locks_of_whole_files)
{
	int a = open_file("/tmp/lock", O_RDWR | O_CREAT), b = open_file("/tmp/lock", O_RDWR);

	CHECK(!sys_flock(a, LOCK_SH) && !sys_flock(b, LOCK_SH | LOCK_NB));
	CHECK(sys_flock(a, LOCK_EX | LOCK_NB) == -EWOULDBLOCK);
	CHECK(!sys_flock(b, LOCK_UN) && !sys_flock(a, LOCK_EX | LOCK_NB));
	CHECK(sys_flock(b, LOCK_SH | LOCK_NB) == -EWOULDBLOCK && !sys_flock(a, LOCK_EX));
	CHECK(!sys_close(a) && !sys_flock(b, LOCK_EX | LOCK_NB));
	CHECK(sys_flock(b, 0) == -EINVAL && !sys_flock(1, LOCK_EX) &&
	      sys_flock(99, LOCK_SH) == -EBADF);
	CHECK(!sys_close(b) && !remove_file("/tmp/lock"));
}

TEST(devices)
{
	char text[300];
	int fd = open_file("/dev/zero", O_RDWR), count = 7;

	memset(text, 1, sizeof(text));
	CHECK(sys_read(fd, text, 300) == 300 && !text[0] && !text[299] &&
	      sys_write(fd, text, 9) == 9);
	CHECK(sys_ioctl(fd, TIOCGWINSZ, (uintptr_t)text) == -ENOTTY && !sys_close(fd));
	fd = open_file("/dev/null", O_RDWR | O_TRUNC);
	CHECK(sys_read(fd, text, 300) == 0 && sys_write(fd, text, 300) == 300 && !sys_close(fd));
	fd = open_file("/dev/urandom", O_RDONLY);
	CHECK(sys_read(fd, text, 300) == 300 && text[0] == 4 && text[299] == 4 && !sys_close(fd));
	CHECK(open_file("/dev/null/x", O_RDONLY) == -ENOTDIR &&
	      open_file("/dev/none", 0) == -ENOENT);
	fd = open_file("/tmp/count", O_RDWR | O_CREAT);
	CHECK(sys_write(fd, text, 10) == 10 && sys_lseek(fd, 4, SEEK_SET) == 4);
	CHECK(!sys_ioctl(fd, FIONREAD, (uintptr_t)&count) && count == 6);
	CHECK(!sys_close(fd) && !remove_file("/tmp/count"));
}

/* Four threads work on the same few names; nothing is lost, and no file is seen half written. */
static void *work(void *arg)
{
	uint64_t seed = (uintptr_t)arg;
	char path[32], other[32], data[3000];
	struct stat stat;

	for (int i = 0; i < 4000; i++) {
		sprintf(path, "/tmp/t%d/%d", (int)(unit_random(&seed) % 2),
			(int)(unit_random(&seed) % 4));
		sprintf(other, "/tmp/t%d/%d", (int)(unit_random(&seed) % 2),
			(int)(unit_random(&seed) % 4));
		switch (unit_random(&seed) % 7) {
		case 0:
			remove_file(path);
			break;
		case 1:
			sys_renameat2(AT_FDCWD, path, AT_FDCWD, other, 0);
			break;
		case 2:
			sys_linkat(AT_FDCWD, path, AT_FDCWD, other, 0);
			break;
		case 3:
			make_dir(path);
			sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
			break;
		case 4:
			sys_newfstatat(AT_FDCWD, path, &stat, 0);
			break;
		default: {
			int fd = open_file(path, O_RDWR | O_CREAT);

			memset(data, (int)(unit_random(&seed) % 250) + 1, sizeof(data));
			if (fd < 0)
				break;
			if (unit_random(&seed) % 2)
				sys_pwrite64(fd, data, sizeof(data), 2000);
			else if (sys_pread64(fd, data, sizeof(data), 2000) == sizeof(data))
				for (size_t at = 1; at < sizeof(data); at++)
					if (data[at] != data[0])
						abort();
			if (sys_close(fd))
				abort();
		}
		}
	}
	return NULL;
}

TEST(four_threads)
{
	size_t blocks = host_blocks, frames = host_frames;
	pthread_t threads[4];
	char path[32];

	CHECK(!make_dir("/tmp/t0") && !make_dir("/tmp/t1"));
	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, work, (void *)(i + 1));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 8; i++) {
		sprintf(path, "/tmp/t%d/%d", i / 4, i % 4);
		if (S_ISDIR(stat_of(path).st_mode))
			CHECK(!sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR));
		else
			remove_file(path);
	}
	CHECK(!sys_unlinkat(AT_FDCWD, "/tmp/t0", AT_REMOVEDIR));
	CHECK(!sys_unlinkat(AT_FDCWD, "/tmp/t1", AT_REMOVEDIR));
	CHECK(stat_of("/tmp").st_nlink == 2 && host_blocks == blocks && host_frames == frames);
}
