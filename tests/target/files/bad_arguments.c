/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every call of files and memory with arguments that are wrong in one way: the result is POSIX's
 * error, and nothing has changed. The table is for any file system: what it names lies in the
 * folder that the environment's FILES_AT says, or in the current one.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "suite.h"

#define PAGE 4096ul

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

/* What the calls below are given. */
static int reads, writes, both, folder, names, closed;
static char file[PATH_MAX], dir[PATH_MAX], link_itself[PATH_MAX], none[PATH_MAX], full[PATH_MAX],
	below_file[PATH_MAX], below_none[PATH_MAX], long_name[PATH_MAX], long_path[PATH_MAX + 2];
static char buffer[64], *pages, *hole;
static struct stat info;
static void *volatile bad = (void *)8; /* an address where nothing is */
static struct statvfs space;
static struct iovec vector[2], endless[2];
static struct timespec bad_times[2] = {{0, 1000000000}, {0, 0}}, good_times[2];

static void expect(int code, long result, const char *text, int line)
{
	char why[160];

	if (result == -1 && errno == code)
		return;
	snprintf(why, sizeof(why), "%s: %ld, errno %d, not %d", text, result, errno, code);
	suite_fail(why, __FILE__, line);
}

#define E(code, call) (errno = 0, expect(code, (long)(call), #call, __LINE__))

static void path_to(char *to, const char *name)
{
	const char *at = getenv("FILES_AT");

	snprintf(to, PATH_MAX, "%s/%s", at ? at : ".", name);
}

static bool begin(void)
{
	path_to(file, "file");
	path_to(dir, "dir");
	path_to(full, "dir/entry");
	/* Where the file system has no links, one in memory does. */
	strcpy(link_itself, "/tmp/loop");
	path_to(none, "none");
	path_to(below_file, "file/x");
	path_to(below_none, "none/x");
	path_to(long_name, "");
	memset(long_name + strlen(long_name), 'n', 256);
	memset(long_path, '/', PATH_MAX);
	both = open(file, O_RDWR | O_CREAT, 0600);
	reads = open(file, O_RDONLY);
	writes = open(file, O_WRONLY);
	names = open(file, O_PATH);
	if (mkdir(dir, 0700) || symlink("/tmp/loop", link_itself) || !put(full, ""))
		return false;
	folder = open(dir, O_RDONLY | O_DIRECTORY);
	closed = dup(both);
	pages = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
	hole = pages + PAGE;
	vector[0] = vector[1] = (struct iovec){buffer, 8};
	endless[0] = endless[1] = (struct iovec){buffer, SSIZE_MAX};
	return !close(closed) && !munmap(hole, PAGE) && folder >= 0 && names >= 0;
}

static void end(void)
{
	EXPECT(!fstat(both, &info) && info.st_size == 0 && info.st_nlink == 1);
	EXPECT(!close(both) && !close(reads) && !close(writes) && !close(names) && !close(folder));
	EXPECT(!unlink(full) && !unlink(file) && !unlink(link_itself) && !rmdir(dir));
	EXPECT(!munmap(pages, 3 * PAGE));
}

static void moving_bytes(void)
{
	CHECK(begin());
	E(EBADF, read(closed, buffer, 1));
	E(EBADF, read(-1, buffer, 1));
	E(EBADF, read(INT_MAX, buffer, 1));
	E(EBADF, read(writes, buffer, 1));
	E(EBADF, read(names, buffer, 1));
	E(EISDIR, read(folder, buffer, 1));
	E(EBADF, write(closed, buffer, 1));
	E(EBADF, write(reads, buffer, 1));
	E(EBADF, write(folder, buffer, 1));
	E(EFAULT, write(both, NULL, 1));
	E(EFAULT, write(both, hole, 1));
	E(EINVAL, pread(both, buffer, 1, -1));
	E(EINVAL, pwrite(both, buffer, 1, -1));
	E(EBADF, pread(closed, buffer, 1, 0));
	E(EBADF, pwrite(reads, buffer, 1, 0));
	E(EFBIG, pwrite(both, buffer, 1, LLONG_MAX));
	E(ESPIPE, pread(0, buffer, 1, 0));
	E(ESPIPE, pwrite(1, buffer, 1, 0));
	E(EINVAL, readv(both, vector, -1));
	E(EINVAL, readv(both, vector, IOV_MAX + 1));
	E(EINVAL, readv(both, endless, 2));
	E(EFAULT, readv(both, bad, 1));
	E(EBADF, readv(closed, vector, 1));
	E(EINVAL, writev(both, vector, INT_MIN));
	E(EINVAL, writev(both, endless, 2));
	E(EFAULT, writev(both, (void *)hole, 1));
	E(EBADF, writev(reads, vector, 1));
	E(EINVAL, preadv(both, vector, 1, -1));
	E(EINVAL, pwritev(both, vector, 1, -1));
	E(EBADF, lseek(closed, 0, SEEK_SET));
	E(EINVAL, lseek(both, -1, SEEK_SET));
	E(EINVAL, lseek(both, -1, SEEK_END));
	E(EINVAL, lseek(both, 0, 77));
	E(EOVERFLOW, (lseek(both, 5, SEEK_SET), lseek(both, LLONG_MAX, SEEK_CUR)));
	E(ESPIPE, lseek(1, 0, SEEK_CUR));
	E(ENXIO, lseek(both, 1, SEEK_DATA));
	E(EBADF, ftruncate(closed, 0));
	E(EINVAL, ftruncate(both, -1));
	E(EINVAL, ftruncate(reads, 0));
	E(EINVAL, ftruncate(1, 0));
	E(EFBIG, ftruncate(both, LLONG_MAX));
	E(EBADF, fsync(closed));
	E(EINVAL, fsync(1));
	E(EBADF, fdatasync(-1));
	E(EBADF, fallocate(closed, 0, 0, 1));
	E(EINVAL, fallocate(both, 0, 0, -1));
	E(EBADF, copy_file_range(closed, NULL, both, NULL, 1, 0));
	E(EBADF, copy_file_range(both, NULL, reads, NULL, 1, 0));
	E(EISDIR, copy_file_range(folder, NULL, both, NULL, 1, 0));
	E(EBADF, sendfile(closed, both, NULL, 1));
	end();
}

static void descriptors(void)
{
	CHECK(begin());
	E(EBADF, close(closed));
	E(EBADF, close(-1));
	E(EBADF, dup(closed));
	E(EBADF, dup2(closed, 20));
	E(EBADF, dup2(both, -1));
	E(EBADF, dup2(both, INT_MAX));
	E(EINVAL, dup3(both, both, 0));
	E(EINVAL, dup3(both, 20, O_APPEND));
	E(EBADF, fcntl(closed, F_GETFL));
	E(EINVAL, fcntl(both, F_DUPFD, -1));
	E(EINVAL, fcntl(both, F_DUPFD, INT_MAX));
	E(EINVAL, fcntl(both, 12345));
	E(EFAULT, fcntl(both, F_SETLK, bad));
	E(EBADF, ioctl(closed, FIONREAD, buffer));
	E(ENOTTY, ioctl(both, TIOCGWINSZ, buffer));
	E(EFAULT, ioctl(both, FIONREAD, bad));
	E(EBADF, flock(closed, LOCK_EX));
	E(EINVAL, flock(both, 77));
	E(EBADF, fstat(closed, &info));
	E(EBADF, fchmod(closed, 0));
	E(EBADF, fchown(closed, 0, 0));
	E(EBADF, fchdir(closed));
	E(ENOTDIR, fchdir(both));
	E(EBADF, futimens(closed, good_times));
	E(EINVAL, futimens(both, bad_times));
	E(EBADF, fstatvfs(closed, &space));
	E(EBADF, fdopendir(closed) ? 0 : -1);
	E(ENOTDIR, fdopendir(both) ? 0 : -1);
	end();
}

static void opening(void)
{
	CHECK(begin());
	E(ENOENT, open(none, O_RDONLY));
	E(ENOENT, open("", O_RDONLY));
	E(ENOENT, open(below_none, O_CREAT | O_RDWR, 0600));
	E(ENOTDIR, open(below_file, O_RDONLY));
	E(ENOTDIR, open(below_file, O_CREAT | O_RDWR, 0600));
	E(EEXIST, open(file, O_CREAT | O_EXCL | O_RDWR, 0600));
	E(EEXIST, open(link_itself, O_CREAT | O_EXCL | O_RDWR, 0600));
	E(EISDIR, open(dir, O_RDWR));
	E(EISDIR, open(dir, O_WRONLY));
	E(EISDIR, open(dir, O_CREAT | O_RDONLY, 0600));
	E(ENOTDIR, open(file, O_DIRECTORY));
	E(ELOOP, open(link_itself, O_RDONLY));
	E(ELOOP, open(link_itself, O_RDONLY | O_NOFOLLOW));
	E(ENAMETOOLONG, open(long_name, O_RDONLY));
	E(ENAMETOOLONG, open(long_path, O_RDONLY));
	E(EFAULT, open(NULL, O_RDONLY));
	E(EFAULT, open(hole, O_RDONLY));
	E(EBADF, openat(closed, "x", O_RDONLY));
	E(ENOTDIR, openat(both, "x", O_RDONLY));
	E(ENOENT, openat(folder, "x", O_RDONLY));
	E(ENOENT, opendir(none) ? 0 : -1);
	E(ENOTDIR, opendir(file) ? 0 : -1);
	E(ENOENT, truncate(none, 0));
	E(EISDIR, truncate(dir, 0));
	E(EINVAL, truncate(file, -1));
	E(EFAULT, truncate(bad, 0));
	end();
}

/* FAT has no sockets. */
static void name_a_socket(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(name.sun_path, file);
	E(EADDRINUSE, bind(fd, (void *)&name, sizeof(name)));
	E(ECONNREFUSED, connect(fd, (void *)&name, sizeof(name)));
	strcpy(name.sun_path, none);
	if (ON_DISK)
		E(EPERM, bind(fd, (void *)&name, sizeof(name)));
	E(ENOENT, connect(fd, (void *)&name, sizeof(name)));
	close(fd);
}

static void names_of_files(void)
{
	CHECK(begin());
	E(EEXIST, mkdir(dir, 0700));
	E(EEXIST, mkdir(file, 0700));
	E(EEXIST, mkdir(link_itself, 0700));
	E(ENOENT, mkdir(below_none, 0700));
	E(ENOTDIR, mkdir(below_file, 0700));
	E(ENAMETOOLONG, mkdir(long_name, 0700));
	E(EFAULT, mkdir(bad, 0700));
	E(EBADF, mkdirat(closed, "x", 0700));
	E(ENOTDIR, mkdirat(both, "x", 0700));
	E(EEXIST, mknod(file, S_IFREG | 0600, 0));
	E(EINVAL, mknod(none, 0170000, 0));
	name_a_socket();
	E(ENOTEMPTY, rmdir(dir));
	E(ENOTDIR, rmdir(file));
	E(ENOENT, rmdir(none));
	E(EFAULT, rmdir(bad));
	E(ENOENT, unlink(none));
	E(ENOTDIR, unlink(below_file));
	E(EISDIR, unlink(dir));
	E(ENAMETOOLONG, unlink(long_name));
	E(EINVAL, unlinkat(AT_FDCWD, file, 12345));
	E(EBADF, unlinkat(closed, "x", 0));
	E(ENOENT, link(none, below_none));
	E(EEXIST, link(file, dir));
	E(EPERM, link(dir, none));
	E(ENOENT, link(file, below_none));
	E(EFAULT, link(file, bad));
	E(EINVAL, linkat(AT_FDCWD, file, AT_FDCWD, none, 12345));
	E(EEXIST, symlink("x", file));
	E(ENOENT, symlink("", none));
	E(EFAULT, symlink(bad, none));
	E(ENAMETOOLONG, symlink("x", long_name));
	E(EINVAL, readlink(file, buffer, sizeof(buffer)));
	E(ENOENT, readlink(none, buffer, sizeof(buffer)));
	E(EFAULT, readlink(link_itself, bad, 10));
	E(ENOENT, rename(none, file));
	E(EISDIR, rename(file, dir));
	E(ENOTDIR, rename(dir, file));
	E(EINVAL, rename(dir, full));
	E(ENOTDIR, rename(file, below_file));
	E(ENOENT, rename(file, below_none));
	E(ENOENT, rename(file, ""));
	E(EFAULT, rename(file, bad));
	E(ENAMETOOLONG, rename(file, long_name));
	E(EEXIST, renameat2(AT_FDCWD, file, AT_FDCWD, dir, RENAME_NOREPLACE));
	E(ENOENT, renameat2(AT_FDCWD, file, AT_FDCWD, none, RENAME_EXCHANGE));
	E(EINVAL, renameat2(AT_FDCWD, dir, AT_FDCWD, full, RENAME_EXCHANGE));
	E(EINVAL, renameat2(AT_FDCWD, file, AT_FDCWD, none, 77));
	end();
}

static void attributes(void)
{
	CHECK(begin());
	E(ENOENT, stat(none, &info));
	E(ENOENT, stat("", &info));
	E(ELOOP, stat(link_itself, &info));
	E(ENOTDIR, stat(below_file, &info));
	E(ENAMETOOLONG, stat(long_name, &info));
	E(EFAULT, stat(bad, &info));
	E(EINVAL, fstatat(AT_FDCWD, file, &info, 1 << 20));
	E(EBADF, fstatat(closed, "x", &info, 0));
	E(ENOENT, access(none, F_OK));
	E(EINVAL, access(file, 77));
	if (!ON_DISK) /* there every file may be executed */
		E(EACCES, access(file, X_OK));
	E(ENOENT, chmod(none, 0));
	E(EFAULT, chmod(bad, 0));
	E(ENOENT, chown(none, 0, 0));
	E(ENOTDIR, lchown(below_file, 0, 0));
	E(EINVAL, utimensat(AT_FDCWD, file, bad_times, 0));
	E(ENOENT, utimensat(AT_FDCWD, none, good_times, 0));
	E(EINVAL, utimensat(AT_FDCWD, file, good_times, 12345));
	E(ENOENT, statvfs(none, &space));
	E(EFAULT, statvfs(bad, &space));
	E(ENOENT, chdir(none));
	E(ENOTDIR, chdir(file));
	E(EFAULT, chdir(bad));
	E(ERANGE, getcwd(buffer, 1) ? 0 : -1);
	E(EINVAL, getcwd(buffer, 0) ? 0 : -1);
	end();
}

static void memory(void)
{
	const unsigned long top = 1ul << 47;

	CHECK(begin());
	E(EINVAL, mmap(NULL, 0, RW, ANON, -1, 0));
	E(EINVAL, mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0));
	E(EINVAL, mmap(pages + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0));
	E(ENOMEM, mmap(NULL, PTRDIFF_MAX / 2, RW, ANON, -1, 0));
	E(ENOMEM, mmap(NULL, SIZE_MAX, RW, ANON, -1, 0));
	E(ENOMEM, mmap((void *)-PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0));
	E(EEXIST, mmap(pages, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	E(EACCES, mmap(NULL, PAGE, RW | PROT_EXEC, ANON, -1, 0));
	E(EBADF, mmap(NULL, PAGE, RW, MAP_PRIVATE, closed, 0));
	E(EBADF, mmap(NULL, PAGE, RW, MAP_PRIVATE, names, 0));
	E(EACCES, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, writes, 0));
	E(EACCES, mmap(NULL, PAGE, RW, MAP_SHARED, reads, 0));
	E(ENODEV, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, folder, 0));
	E(EINVAL, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reads, 77));
	E(EINVAL, munmap(pages + 1, PAGE));
	E(EINVAL, munmap(pages, 0));
	E(EINVAL, munmap(pages, SIZE_MAX));
	E(EINVAL, munmap((void *)top, PAGE));
	E(ENOMEM, mprotect(pages, 3 * PAGE, PROT_READ));
	E(ENOMEM, mprotect(hole, PAGE, RW));
	E(EACCES, mprotect(pages, PAGE, RW | PROT_EXEC));
	E(EFAULT, mremap(hole, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	E(EINVAL, mremap(pages + 1, PAGE, 2 * PAGE, 0));
	E(EINVAL, mremap(pages, PAGE, 0, 0));
	E(EINVAL, mremap(pages, PAGE, PAGE, 77));
	E(EINVAL, mremap(pages, PAGE, PAGE, MREMAP_FIXED, hole));
	E(EINVAL, mremap(pages, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, pages + 1));
	E(EINVAL, mremap(pages, PAGE, PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, pages));
	E(EINVAL, madvise(pages + 1, PAGE, MADV_DONTNEED));
	E(EINVAL, madvise(pages, PAGE, 77));
	E(ENOMEM, madvise(hole, PAGE, MADV_DONTNEED));
	E(ENOMEM, mlock(hole, PAGE));
	E(ENOMEM, mlock(pages, 3 * PAGE));
	E(ENOMEM, munlock(hole, PAGE));
	E(EINVAL, mlockall(0));
	E(EINVAL, mlockall(77));
	E(EINVAL, msync(pages + 1, PAGE, MS_SYNC));
	E(ENOMEM, msync(hole, PAGE, MS_SYNC));
	E(EINVAL, msync(pages, PAGE, 77));
	E(ENOMEM, mincore(hole, PAGE, (unsigned char *)buffer));
	E(EFAULT, mincore(pages, PAGE, bad));
	end();
}

/* Disks are there with FS=y only, as is what could be on them. */
static void mounting(void)
{
	CHECK(begin());
	E(EINVAL, mount("vda", dir, "vfat", MS_REMOUNT, NULL));
	E(EFAULT, mount("vda", dir, bad, 0, NULL));
	E(ENODEV, mount("vda", dir, "none", 0, NULL));
	E(ENODEV, mount("vda", dir, long_name, 0, NULL));
	E(ENODEV, mount("vdz", dir, "vfat", 0, NULL));
	E(EINVAL, umount2(dir, MNT_DETACH));
	E(EINVAL, umount(dir));
	E(EINVAL, umount(file));
	E(ENOENT, umount(none));
	E(EFAULT, umount(bad));
	E(EBUSY, umount("/"));
	E(EBUSY, umount("/dev"));
	if (ON_DISK) {
		E(EBUSY, mount("vda", dir, "vfat", MS_RDONLY, NULL));
		E(EFAULT, mount(bad, dir, "vfat", 0, NULL));
		E(ENODEV, mount(long_name, dir, "vfat", 0, NULL));
		E(ENOENT, mount("vda", none, "vfat", 0, NULL));
		E(ENOTDIR, mount("vda", file, "vfat", 0, NULL));
		E(EFAULT, mount("vda", bad, "vfat", 0, NULL));
		E(EBUSY, umount("/fatfs"));
	}
	end();
}

static const struct test tests[] = {
	TEST(moving_bytes), TEST(descriptors), TEST(opening),  TEST(names_of_files),
	TEST(attributes),   TEST(memory),      TEST(mounting), {0},
};
const struct suite bad_argument_suite = {"bad_arguments", tests};
