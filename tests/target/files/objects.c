/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared memory, named semaphores, asynchronous transfers, names of descriptors. */
#define _GNU_SOURCE
#include <aio.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

#define RW (PROT_READ | PROT_WRITE)

static void shared_memory(void)
{
	int fd = shm_open("/object", O_RDWR | O_CREAT | O_EXCL, 0600), again;
	char *at, *other;

	CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && !ftruncate(fd, 10000));
	CHECK_ERRNO(shm_open("/object", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_ERRNO(shm_open("/none", O_RDWR, 0600), ENOENT);
	CHECK_ERRNO(shm_open("/a/b", O_RDWR | O_CREAT, 0600), EINVAL);
	CHECK((again = shm_open("object", O_RDWR, 0)) >= 0);
	at = mmap(NULL, 10000, RW, MAP_SHARED, fd, 0);
	other = mmap(NULL, 10000, RW, MAP_SHARED, again, 0);
	CHECK(at != MAP_FAILED && other != MAP_FAILED && !close(fd) && !close(again));
	at[9999] = 'x';
	CHECK(other[9999] == 'x' && !shm_unlink("/object") && other[9999] == 'x');
	CHECK_ERRNO(shm_unlink("/object"), ENOENT);
	CHECK(!munmap(at, 10000) && !munmap(other, 10000));
}

static void *post(void *arg)
{
	EXPECT(!sem_post(arg));
	return NULL;
}

static void named_semaphores(void)
{
	sem_t *sem = sem_open("/counter", O_CREAT | O_EXCL, 0600, 2), *again;
	pthread_t thread;
	int value;

	CHECK(sem != SEM_FAILED && (again = sem_open("/counter", 0)) == sem);
	CHECK(sem_open("/counter", O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED && errno == EEXIST);
	CHECK(sem_open("/none", 0) == SEM_FAILED && errno == ENOENT);
	CHECK(!sem_wait(sem) && !sem_wait(sem) && sem_trywait(sem) == -1 && errno == EAGAIN);
	CHECK(!pthread_create(&thread, NULL, post, again) && !sem_wait(sem));
	CHECK(!pthread_join(thread, NULL) && !sem_getvalue(sem, &value) && value == 0);
	CHECK(!sem_close(again) && !sem_unlink("/counter") && !sem_post(sem) && !sem_close(sem));
	CHECK_ERRNO(sem_unlink("/counter"), ENOENT);
}

static int wait_for(struct aiocb *block)
{
	const struct aiocb *list[1] = {block};

	while (aio_error(block) == EINPROGRESS)
		if (aio_suspend(list, 1, NULL) && errno != EINTR)
			return -1;
	return aio_error(block);
}

static void asynchronous_transfers(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	char out[8] = "abcdefg", in[8] = "", more[8] = "";
	struct aiocb write = {.aio_fildes = fd, .aio_buf = out, .aio_nbytes = 8, .aio_offset = 4};
	struct aiocb read = {.aio_fildes = fd, .aio_buf = in, .aio_nbytes = 4, .aio_offset = 4};
	struct aiocb rest = {.aio_fildes = fd,
			     .aio_buf = more,
			     .aio_nbytes = 8,
			     .aio_offset = 8,
			     .aio_lio_opcode = LIO_READ};
	struct aiocb sync = {.aio_fildes = fd}, bad = {.aio_fildes = 99, .aio_buf = in};
	struct aiocb *list[2] = {&rest, NULL};

	CHECK(!aio_write(&write) && !wait_for(&write) && aio_return(&write) == 8);
	CHECK(!aio_read(&read) && !wait_for(&read) && aio_return(&read) == 4);
	CHECK(!memcmp(in, "abcd", 4) && !aio_fsync(O_SYNC, &sync) && !wait_for(&sync));
	CHECK(!lio_listio(LIO_WAIT, list, 2, NULL) && aio_return(&rest) == 4 &&
	      !strcmp(more, "efg"));
	CHECK(aio_cancel(fd, NULL) == AIO_ALLDONE);
	CHECK(aio_read(&bad) == -1 || wait_for(&bad) == EBADF);
	CHECK(!close(fd) && !unlink("file"));
}

static void names_of_descriptors(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600), other, ends[2], seen = 0;
	struct stat mine, info;
	struct dirent *entry;
	char name[32], c;
	DIR *dir;

	sprintf(name, "/dev/fd/%d", fd);
	CHECK(write(fd, "text", 4) == 4 && (other = open(name, O_RDONLY)) >= 0);
	CHECK(read(other, &c, 1) == 1 && c == 't' && !close(other));
	CHECK(!fstat(fd, &mine) && !stat(name, &info) && info.st_ino == mine.st_ino);
	/* What has no name is the open file itself. */
	CHECK(!pipe(ends));
	sprintf(name, "/dev/fd/%d", ends[1]);
	CHECK((other = open(name, O_WRONLY)) >= 0 && write(other, "p", 1) == 1);
	CHECK(read(ends[0], &c, 1) == 1 && c == 'p' && !close(other));
	CHECK_ERRNO(open(name, O_RDONLY), EACCES);
	CHECK((dir = opendir("/dev/fd")));
	while ((entry = readdir(dir)))
		seen += atoi(entry->d_name) == ends[1];
	CHECK(seen == 1 && !closedir(dir) && !close(ends[0]) && !close(ends[1]));
	CHECK_ERRNO(open(name, O_WRONLY), ENOENT);
	CHECK_ERRNO(open("/dev/fd/01", O_WRONLY), ENOENT);
	CHECK_ERRNO(open("/dev/fd/x", O_CREAT | O_WRONLY, 0600), EROFS);
	CHECK_ERRNO(rename("/dev/null", "/dev/fd/0"), EXDEV);
	CHECK_ERRNO(unlink("/dev/fd/0"), EROFS);
	CHECK((other = open("/dev/stdout", O_WRONLY)) >= 0 && !close(other));
	CHECK(!stat("/dev/stdin", &info) && S_ISCHR(info.st_mode));
	CHECK((other = open("/dev/full", O_RDWR)) >= 0 && read(other, &c, 1) == 1 && c == 0);
	CHECK_ERRNO(write(other, "x", 1), ENOSPC);
	CHECK(!close(other) && !close(fd) && !unlink("file"));
}

static void exchanging_names(void)
{
	CHECK(put("file", "text") && !mkdir("a", 0700) && !mkdir("a/b", 0700) && put("a/b/c", "c"));
	CHECK(!renameat2(AT_FDCWD, "file", AT_FDCWD, "a/b", RENAME_EXCHANGE));
	CHECK(!strcmp(get("a/b"), "text") && !strcmp(get("file/c"), "c"));
	CHECK(!strcmp(get("file/../a/b"), "text") && !chdir("file") &&
	      !strcmp(get("../a/b"), "text"));
	CHECK(!chdir("..") && !unlink("file/c") && !rmdir("file") && !unlink("a/b") && !rmdir("a"));
}

static const struct test tests[] = {
	TEST(shared_memory),	    TEST(named_semaphores),	      TEST(asynchronous_transfers),
	TEST(names_of_descriptors), TEST_IN_MEMORY(exchanging_names), {0},
};
const struct suite object_suite = {"objects", tests};
