/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

static void duplicates_share_the_position(void)
{
	int fd, copy, other;
	char c;

	CHECK(put("file", "abcdef") && (fd = open("file", O_RDONLY)) >= 0 &&
	      (copy = dup(fd)) == fd + 1);
	CHECK(read(fd, &c, 1) == 1 && read(copy, &c, 1) == 1 && c == 'b' && !close(fd));
	CHECK((other = open("file", O_RDONLY)) == fd && read(other, &c, 1) == 1 && c == 'a');
	CHECK(read(copy, &c, 1) == 1 && c == 'c');
	CHECK(dup2(copy, 77) == 77 && dup2(77, 77) == 77 && read(77, &c, 1) == 1 && c == 'd');
	CHECK_ERRNO(dup2(99, 78), EBADF);
	CHECK_ERRNO(dup2(copy, 1024), EBADF);
	CHECK(!close(77) && !close(copy) && !close(other) && !unlink("file"));
}

static void they_are_the_lowest_and_end(void)
{
	struct rlimit limit;
	int first = open("/dev/null", O_RDONLY), fd, last = first;

	CHECK(first == 3 && !getrlimit(RLIMIT_NOFILE, &limit));
	while ((fd = dup(first)) >= 0)
		last = fd;
	CHECK(errno == EMFILE && last == (int)limit.rlim_cur - 1);
	CHECK_ERRNO(open("/dev/null", O_RDONLY), EMFILE);
	CHECK(!close(9) && dup(1) == 9);
	for (fd = first; fd <= last; fd++)
		CHECK(!close(fd));
	CHECK_ERRNO(close(first), EBADF);
	CHECK_ERRNO(close(-1), EBADF);
	CHECK_ERRNO(close(1 << 30), EBADF);
	CHECK_ERRNO(read(first, &fd, 1), EBADF);
	CHECK_ERRNO(lseek(first, 0, SEEK_SET), EBADF);
}

static void flags(void)
{
	int fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600), copy;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && !fcntl(fd, F_SETFD, 0) && !fcntl(fd, F_GETFD));
	CHECK((copy = fcntl(fd, F_DUPFD_CLOEXEC, 20)) == 20 && fcntl(copy, F_GETFD) == FD_CLOEXEC);
	CHECK((fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND)) == O_RDWR);
	CHECK(!fcntl(copy, F_SETFL, O_APPEND) && fcntl(fd, F_GETFL) & O_APPEND);
	CHECK_ERRNO(fcntl(fd, F_DUPFD, 100000), EINVAL);
	CHECK_ERRNO(fcntl(fd, 9999), EINVAL);
	CHECK(!fcntl(fd, F_SETLK, &lock) && !fcntl(fd, F_GETLK, &lock) && lock.l_type == F_UNLCK);
	CHECK(!lockf(fd, F_LOCK, 10) && !fsync(fd) && !fdatasync(fd));
	CHECK(!close(copy) && !close(fd) && !unlink("file"));
}

static struct flock part(short type, off_t start, off_t length)
{
	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

/* Those of open files exclude each other and the process's, which never conflict. */
static void record_locks(void)
{
	int a = open("file", O_RDWR | O_CREAT, 0600), b = open("file", O_RDWR);
	int reader = open("file", O_RDONLY);
	struct flock lock = part(F_WRLCK, 10, 10), all = part(F_WRLCK, 0, 0), hole;

	CHECK(!fcntl(a, F_OFD_SETLK, &lock) && !fcntl(a, F_OFD_SETLK, &lock));
	CHECK_ERRNO(fcntl(b, F_OFD_SETLK, &all), EAGAIN);
	CHECK_ERRNO(fcntl(b, F_SETLK, &all), EAGAIN);
	CHECK(!fcntl(b, F_OFD_GETLK, &all) && all.l_type == F_WRLCK && all.l_start == 10 &&
	      all.l_len == 10 && all.l_pid == -1);
	/* A hole in the middle: both ends stay. */
	hole = part(F_UNLCK, 13, 2);
	CHECK(!fcntl(a, F_OFD_SETLK, &hole));
	hole = part(F_RDLCK, 13, 2);
	CHECK(!fcntl(b, F_OFD_SETLK, &hole) && !fcntl(reader, F_OFD_SETLK, &hole));
	hole = part(F_RDLCK, 12, 1);
	CHECK_ERRNO(fcntl(b, F_OFD_SETLK, &hole), EAGAIN);
	hole = part(F_RDLCK, 19, 1);
	CHECK_ERRNO(fcntl(b, F_OFD_SETLK, &hole), EAGAIN);
	hole = part(F_WRLCK, 20, 1);
	CHECK(!fcntl(b, F_OFD_SETLK, &hole));
	/* From read to write: the other reader is in the way. */
	hole = part(F_WRLCK, 14, 1);
	CHECK_ERRNO(fcntl(b, F_OFD_SETLK, &hole), EAGAIN);
	CHECK_ERRNO(fcntl(reader, F_SETLK, &hole), EBADF);
	hole.l_pid = 1;
	CHECK_ERRNO(fcntl(b, F_OFD_SETLK, &hole), EINVAL);
	hole = part(F_RDLCK, -1, 1);
	CHECK_ERRNO(fcntl(b, F_SETLK, &hole), EINVAL);
	hole = part(F_RDLCK, 5, -6);
	CHECK_ERRNO(fcntl(b, F_SETLK, &hole), EINVAL);
	hole = part(F_RDLCK, INT64_MAX, 2);
	CHECK_ERRNO(fcntl(b, F_SETLK, &hole), EOVERFLOW);
	hole = part(77, 0, 0);
	CHECK_ERRNO(fcntl(b, F_SETLK, &hole), EINVAL);
	/* What an open file held goes with it. */
	CHECK(!close(a) && !close(reader));
	all = part(F_WRLCK, 0, 0);
	CHECK(!fcntl(b, F_OFD_SETLK, &all));
	a = open("file", O_RDWR);
	CHECK_ERRNO(lockf(a, F_TLOCK, 1), EAGAIN);
	CHECK(!close(b) && !lockf(a, F_TLOCK, 1) && !lockf(a, F_TEST, 1));
	CHECK(!close(a) && !unlink("file"));
}

static void *unlock_later(void *arg)
{
	struct flock all = part(F_UNLCK, 0, 0);

	usleep(2000);
	EXPECT(!fcntl(*(int *)arg, F_OFD_SETLK, &all));
	return NULL;
}

static void a_record_is_waited_for(void)
{
	int a = open("file", O_RDWR | O_CREAT, 0600), b = open("file", O_RDWR);
	struct flock all = part(F_WRLCK, 0, 0);
	pthread_t thread;

	CHECK(!fcntl(a, F_OFD_SETLK, &all) && !pthread_create(&thread, NULL, unlock_later, &a));
	CHECK(!fcntl(b, F_OFD_SETLKW, &all) && !pthread_join(thread, NULL));
	CHECK(!close(a) && !close(b) && !unlink("file"));
}

static void whole_file_locks(void)
{
	int a = open("file", O_RDWR | O_CREAT, 0600), b = open("file", O_RDWR);

	CHECK(!flock(a, LOCK_EX) && !flock(a, LOCK_SH) && !flock(b, LOCK_SH));
	CHECK_ERRNO(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	CHECK(!close(a) && !flock(b, LOCK_EX | LOCK_NB) && !close(b) && !unlink("file"));
}

static void an_open_file_outlives_its_name(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	struct stat info;
	char text[8] = "";

	CHECK(write(fd, "still", 5) == 5 && !unlink("file") && !fstat(fd, &info) &&
	      info.st_nlink == 0);
	CHECK_ERRNO(stat("file", &info), ENOENT);
	CHECK(put("file", "another") && pread(fd, text, 8, 0) == 5 && !strcmp(text, "still"));
	CHECK(!close(fd) && !unlink("file"));
}

static const struct test tests[] = {
	TEST(duplicates_share_the_position),
	TEST(they_are_the_lowest_and_end),
	TEST(flags),
	TEST(record_locks),
	TEST(a_record_is_waited_for),
	TEST(whole_file_locks),
	TEST(an_open_file_outlives_its_name),
	{0},
};
const struct suite descriptor_suite = {"descriptors", tests};
