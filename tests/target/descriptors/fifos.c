/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes with a name: opening waits for the other side. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include "suite.h"

#define NAME	"/tmp/fifo"
#define ROUNDS	50
#define OPENERS 6

static int reader, writer;
static unsigned begun;

static void *open_to_write(void *arg)
{
	__atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
	EXPECT((writer = open(NAME, O_WRONLY)) >= 0);
	return arg;
}

static void *open_to_read(void *arg)
{
	__atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
	EXPECT((reader = open(NAME, O_RDONLY)) >= 0);
	return arg;
}

static void both_sides_meet(void)
{
	pthread_t thread;
	struct stat info;
	char c;

	CHECK(!mkfifo(NAME, 0640) && !stat(NAME, &info));
	CHECK(S_ISFIFO(info.st_mode) && (info.st_mode & 0777) == 0640);
	CHECK_ERRNO(mkfifo(NAME, 0600), EEXIST);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(!pthread_create(&thread, NULL, i & 1 ? open_to_read : open_to_write, NULL));
		if (i & 1)
			CHECK((writer = open(NAME, O_WRONLY)) >= 0);
		else
			CHECK((reader = open(NAME, O_RDONLY)) >= 0);
		CHECK(!pthread_join(thread, NULL) && !fstat(reader, &info));
		CHECK(S_ISFIFO(info.st_mode) && write(writer, "ab", 2) == 2);
		CHECK(read(reader, &c, 1) == 1 && c == 'a' && !close(writer));
		CHECK(read(reader, &c, 1) == 1 && c == 'b' && read(reader, &c, 1) == 0);
		CHECK(!close(reader));
	}
	/* What nobody has read is gone with the last who had it open. */
	CHECK((reader = open(NAME, O_RDWR)) >= 0 && write(reader, "x", 1) == 1 && !close(reader));
	CHECK((reader = open(NAME, O_RDONLY | O_NONBLOCK)) >= 0 && read(reader, &c, 1) == 0);
	CHECK_ERRNO(lseek(reader, 0, SEEK_CUR), ESPIPE);
	CHECK_ERRNO(pread(reader, &c, 1, 0), ESPIPE);
	CHECK(!close(reader) && !unlink(NAME));
}

/* Who waits in open() is not overlooked by one who opens and closes at once. */
static void short_visits(void)
{
	pthread_t thread;
	int visit;

	CHECK(!mkfifo(NAME, 0600));
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(!pthread_create(&thread, NULL, open_to_read, NULL));
		while ((visit = open(NAME, O_WRONLY | O_NONBLOCK)) < 0)
			CHECK(errno == ENXIO && !sched_yield());
		CHECK(!close(visit) && !pthread_join(thread, NULL) && !close(reader));
	}
	CHECK(!unlink(NAME));
}

static void without_waiting(void)
{
	char c;

	CHECK(!mkfifo(NAME, 0600));
	CHECK_ERRNO(open(NAME, O_WRONLY | O_NONBLOCK), ENXIO);
	CHECK((reader = open(NAME, O_RDONLY | O_NONBLOCK)) >= 0);
	/* There was no writer yet: it is not as if one had left. */
	CHECK(ready(reader, POLLIN) == 0 && read(reader, &c, 1) == 0);
	CHECK((writer = open(NAME, O_WRONLY | O_NONBLOCK)) >= 0);
	CHECK(ready(writer, POLLOUT) == POLLOUT && ready(reader, POLLIN) == 0);
	CHECK_ERRNO(read(reader, &c, 1), EAGAIN);
	CHECK(write(writer, "y", 1) == 1 && ready(reader, POLLIN) == POLLIN);
	CHECK(read(reader, &c, 1) == 1 && c == 'y' && !close(writer));
	CHECK(ready(reader, POLLIN) == POLLHUP && read(reader, &c, 1) == 0);
	/* Another writer comes; the name may go meanwhile. */
	CHECK((writer = open(NAME, O_WRONLY)) >= 0 && !unlink(NAME));
	CHECK(ready(reader, POLLIN) == 0 && write(writer, "z", 1) == 1);
	CHECK(read(reader, &c, 1) == 1 && c == 'z' && !close(reader));
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(writer, "z", 1), EPIPE);
	signal(SIGPIPE, SIG_DFL);
	CHECK(!close(writer));
}

static void on_signal(int number)
{
	(void)number;
}

static void *open_interrupted(void *arg)
{
	__atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
	EXPECT(open(NAME, O_RDONLY) == -1 && errno == EINTR);
	__atomic_store_n(&begun, 0, __ATOMIC_SEQ_CST);
	return arg;
}

static unsigned handled;

static void on_signal_counted(int number)
{
	(void)number;
	__atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static void *open_again(void *arg)
{
	int fd = open(NAME, O_RDONLY);

	EXPECT(fd >= 0 && !close(fd));
	return arg;
}

/* With SA_RESTART it goes on waiting, and is still there for a writer. */
static void made_again(void)
{
	struct sigaction action = {.sa_handler = on_signal_counted, .sa_flags = SA_RESTART};
	pthread_t thread;
	int writer;

	handled = 0;
	CHECK(!mkfifo(NAME, 0600) && !sigaction(SIGUSR1, &action, NULL));
	CHECK(!pthread_create(&thread, NULL, open_again, NULL));
	for (unsigned seen = 0; seen < 5; seen = __atomic_load_n(&handled, __ATOMIC_SEQ_CST)) {
		pthread_kill(thread, SIGUSR1);
		usleep(1000);
	}
	CHECK((writer = open(NAME, O_WRONLY)) >= 0 && !pthread_join(thread, NULL));
	CHECK(!close(writer) && !unlink(NAME));
	signal(SIGUSR1, SIG_DFL);
}

static void *open_cancelled(void *arg)
{
	__atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
	open(NAME, O_WRONLY);
	EXPECT(0);
	return arg;
}

static void interrupted(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	pthread_t thread;
	void *result;

	begun = 0;
	CHECK(!mkfifo(NAME, 0600) && !sigaction(SIGUSR1, &action, NULL));
	CHECK(!pthread_create(&thread, NULL, open_interrupted, NULL));
	while (!__atomic_load_n(&begun, __ATOMIC_SEQ_CST))
		sched_yield();
	/* Until one finds it waiting. */
	while (__atomic_load_n(&begun, __ATOMIC_SEQ_CST)) {
		pthread_kill(thread, SIGUSR1);
		usleep(1000);
	}
	CHECK(!pthread_join(thread, NULL) && signal(SIGUSR1, SIG_DFL) == on_signal);
	/* It does not count as a reader any more. */
	CHECK_ERRNO(open(NAME, O_WRONLY | O_NONBLOCK), ENXIO);
	CHECK(!pthread_create(&thread, NULL, open_cancelled, NULL) && !pthread_cancel(thread));
	CHECK(!pthread_join(thread, &result) && result == PTHREAD_CANCELED);
	CHECK((reader = open(NAME, O_RDONLY | O_NONBLOCK)) >= 0 && ready(reader, POLLIN) == 0);
	CHECK(!close(reader) && !unlink(NAME));
}

static void *open_and_pass(void *arg)
{
	const long number = (long)arg;

	for (int i = 0; i < ROUNDS; i++) {
		int fd = open(NAME, number & 1 ? O_RDONLY : O_WRONLY);
		char c = 'c';

		EXPECT(fd >= 0);
		if (number & 1)
			EXPECT(read(fd, &c, 1) >= 0);
		else
			EXPECT(write(fd, &c, 1) == 1 || errno == EPIPE);
		EXPECT(!close(fd));
	}
	return NULL;
}

static void *hold_both(void *arg)
{
	int fd = open(NAME, O_RDWR);

	__atomic_store_n(&begun, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&begun, __ATOMIC_SEQ_CST) == 1)
		usleep(1000);
	EXPECT(fd >= 0 && !close(fd));
	return arg;
}

/* Many that come and go; one that has both sides open sees to it that nobody waits for ever. */
static void many(void)
{
	pthread_t holder;

	begun = 0;
	signal(SIGPIPE, SIG_IGN);
	CHECK(!mkfifo(NAME, 0600) && !pthread_create(&holder, NULL, hold_both, NULL));
	while (!__atomic_load_n(&begun, __ATOMIC_SEQ_CST))
		usleep(1000);
	threads_start(OPENERS, open_and_pass);
	threads_join();
	__atomic_store_n(&begun, 2, __ATOMIC_SEQ_CST);
	CHECK(!pthread_join(holder, NULL) && !unlink(NAME));
	signal(SIGPIPE, SIG_DFL);
}

static const struct test tests[] = {
	TEST(both_sides_meet),
	TEST(short_visits),
	TEST(without_waiting),
	TEST(interrupted),
	TEST(made_again),
	TEST(many),
	TEST_END,
};
const struct suite fifo_suite = {"fifos", tests};
