/* SPDX-License-Identifier: BSD-2-Clause */
/* EINTR and SA_RESTART, for calls that wait. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unishyper/thread.h>
#include <unistd.h>

#include "../posix/suite.h"

static volatile int calls;
static pthread_t waiter;
static int waiter_id;

static void note(int signal)
{
	(void)signal;
	calls++;
}

static void act(int flags)
{
	struct sigaction action = {.sa_handler = note, .sa_flags = flags};

	calls = 0;
	EXPECT(!sigaction(SIGUSR1, &action, NULL));
}

/* At first and once it was disturbed it waits: here, or for our end. */
static void *disturb(void *arg)
{
	until_it_waits(waiter_id);
	pthread_kill(waiter, SIGUSR1);
	until_it_waits(waiter_id);
	if (arg)
		sem_post(arg);
	return NULL;
}

static pthread_t start(sem_t *semaphore)
{
	pthread_t thread;

	waiter = pthread_self();
	waiter_id = thread_current_id();
	EXPECT(!pthread_create(&thread, NULL, disturb, semaphore));
	return thread;
}

static void semaphore(void)
{
	pthread_t thread;
	sem_t semaphore;

	sem_init(&semaphore, 0, 0);
	act(0);
	thread = start(&semaphore);
	CHECK_ERRNO(sem_wait(&semaphore), EINTR);
	CHECK(calls == 1 && !sem_wait(&semaphore));
	pthread_join(thread, NULL);
	act(SA_RESTART);
	thread = start(&semaphore);
	CHECK(!sem_wait(&semaphore) && calls == 1);
	pthread_join(thread, NULL);
	sem_destroy(&semaphore);
	signal(SIGUSR1, SIG_DFL);
}

static void sleeping(void)
{
	struct timespec span = {1000, 0}, left = {2000, 0};
	pthread_t thread;

	for (int flags = 0;; flags = SA_RESTART) {
		act(flags);
		thread = start(NULL);
		CHECK_ERRNO(nanosleep(&span, &left), EINTR);
		CHECK(calls == 1 && left.tv_sec >= 0 && left.tv_sec < 1000);
		pthread_join(thread, NULL);
		if (flags)
			break;
	}
	act(0);
	thread = start(NULL);
	clock_gettime(CLOCK_MONOTONIC, &left);
	left.tv_sec += 1000;
	CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &left, NULL) == EINTR);
	pthread_join(thread, NULL);
	signal(SIGUSR1, SIG_DFL);
}

/* What is ignored interrupts nothing. */
static void ignored(void)
{
	struct timespec some = {0, 30000000};
	uint64_t begin = now_ns();
	pthread_t thread;

	signal(SIGUSR1, SIG_IGN);
	thread = start(NULL);
	CHECK(!nanosleep(&some, NULL) && now_ns() - begin >= 30 * MS);
	pthread_join(thread, NULL);
	signal(SIGUSR1, SIG_DFL);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static volatile int ready;

static void *disturb_and_signal(void *arg)
{
	usleep(5000);
	for (int i = 0; i < 5; i++) {
		pthread_kill(waiter, SIGUSR1);
		usleep(1000);
	}
	pthread_mutex_lock(&mutex);
	ready = 1;
	pthread_cond_signal(&condition);
	pthread_mutex_unlock(&mutex);
	return arg;
}

/* POSIX: these never fail with EINTR. */
static void conditions(void)
{
	pthread_t thread;

	for (int flags = 0;; flags = SA_RESTART) {
		act(flags);
		ready = 0;
		waiter = pthread_self();
		waiter_id = thread_current_id();
		CHECK(!pthread_create(&thread, NULL, disturb_and_signal, NULL));
		pthread_mutex_lock(&mutex);
		while (!ready)
			CHECK(!pthread_cond_wait(&condition, &mutex));
		pthread_mutex_unlock(&mutex);
		CHECK(!pthread_join(thread, NULL) && calls);
		if (flags)
			break;
	}
	signal(SIGUSR1, SIG_DFL);
}

static void *hold(void *arg)
{
	pthread_mutex_lock(&mutex);
	ready = 1;
	usleep(5000);
	for (int i = 0; i < 5; i++) {
		pthread_kill(waiter, SIGUSR1);
		usleep(1000);
	}
	pthread_mutex_unlock(&mutex);
	return arg;
}

static void mutexes(void)
{
	pthread_t thread;

	act(0);
	ready = 0;
	waiter = pthread_self();
	waiter_id = thread_current_id();
	CHECK(!pthread_create(&thread, NULL, hold, NULL));
	while (!ready)
		usleep(100);
	CHECK(!pthread_mutex_lock(&mutex));
	pthread_mutex_unlock(&mutex);
	CHECK(!pthread_join(thread, NULL) && calls);
	signal(SIGUSR1, SIG_DFL);
}

static void suspend(void)
{
	sigset_t none, all, now;
	pthread_t thread;

	act(SA_RESTART);
	sigemptyset(&none);
	sigemptyset(&all);
	sigaddset(&all, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	thread = start(NULL);
	CHECK_ERRNO(sigsuspend(&none), EINTR);
	CHECK(calls == 1);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	CHECK(sigismember(&now, SIGUSR1));
	pthread_join(thread, NULL);
	/* Pending already. */
	raise(SIGUSR1);
	CHECK(calls == 1);
	CHECK_ERRNO(sigsuspend(&none), EINTR);
	CHECK(calls == 2);
	CHECK_ERRNO(sigsuspend((sigset_t *)8), EFAULT);
	pthread_sigmask(SIG_UNBLOCK, &all, NULL);
	thread = start(NULL);
	CHECK_ERRNO(sigsuspend(&none), EINTR);
	pthread_join(thread, NULL);
	signal(SIGUSR1, SIG_DFL);
}

static volatile int computing;

static void *compute(void *arg)
{
	computing = 1;
	while (!calls)
		;
	return arg;
}

/* A thread that never enters the kernel is reached, too. */
static void busy(void)
{
	pthread_t thread;

	for (int i = 0; i < 20; i++) {
		act(0);
		computing = 0;
		CHECK(!pthread_create(&thread, NULL, compute, NULL));
		while (!computing)
			sched_yield();
		CHECK(!pthread_kill(thread, SIGUSR1));
		pthread_join(thread, NULL);
		CHECK(calls == 1);
	}
	signal(SIGUSR1, SIG_DFL);
}

static void *wait_in_sigwait(void *arg)
{
	struct timespec long_enough = {1000, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	computing = thread_current_id();
	/* The C library goes on waiting after EINTR. */
	EXPECT(sigtimedwait(&set, NULL, &long_enough) == SIGUSR2);
	return arg;
}

static void wait_interrupted(void)
{
	pthread_t thread;

	act(0);
	computing = 0;
	CHECK(!pthread_create(&thread, NULL, wait_in_sigwait, NULL));
	while (!computing)
		usleep(100);
	until_it_waits(computing);
	pthread_kill(thread, SIGUSR1);
	until_it_waits(computing);
	pthread_kill(thread, SIGUSR2);
	pthread_join(thread, NULL);
	CHECK(calls == 1);
	signal(SIGUSR1, SIG_DFL);
}

static int held, ends[2];

static void *disturb_and_give(void *arg)
{
	until_it_waits(waiter_id);
	pthread_kill(waiter, SIGUSR1);
	until_it_waits(waiter_id);
	EXPECT(!flock(held, LOCK_UN) &&
	       !fcntl(held, F_OFD_SETLK, &(struct flock){.l_type = F_UNLCK}));
	EXPECT(write(ends[1], "x", 1) == 1);
	return arg;
}

static long lock_file(int fd)
{
	return flock(fd, LOCK_EX);
}

/* At -1 it reads where a read() would: also from what has no places. */
static long read_pipe(int fd)
{
	char byte;
	struct iovec piece = {&byte, 1};

	(void)fd;
	return syscall(SYS_preadv2, ends[0], &piece, 1, -1l, -1l, 0) - 1;
}

static long lock_record(int fd)
{
	return fcntl(fd, F_OFD_SETLKW, &(struct flock){.l_type = F_WRLCK});
}

static long receive_many(int fd)
{
	char byte;
	struct iovec piece = {&byte, 1};
	struct mmsghdr message = {.msg_hdr = {.msg_iov = &piece, .msg_iovlen = 1}};

	(void)fd;
	return recvmmsg(ends[0], &message, 1, 0, NULL) - 1;
}

static void interrupted(long (*wait)(int fd), int fd, int flags)
{
	pthread_t thread;

	CHECK(!flock(held, LOCK_EX) &&
	      !fcntl(held, F_OFD_SETLK, &(struct flock){.l_type = F_WRLCK}));
	act(flags);
	waiter = pthread_self();
	waiter_id = thread_current_id();
	CHECK(!pthread_create(&thread, NULL, disturb_and_give, NULL));
	errno = 0;
	if (flags)
		EXPECT(!wait(fd));
	else
		EXPECT(wait(fd) && errno == EINTR);
	CHECK(!pthread_join(thread, NULL) && calls == 1);
	CHECK(!flock(fd, LOCK_UN) && !fcntl(fd, F_OFD_SETLK, &(struct flock){.l_type = F_UNLCK}));
}

static void files(void)
{
	int other = open("locked", O_RDWR | O_CREAT, 0600);
	char byte;

	held = open("locked", O_RDWR);
	CHECK(held >= 0 && other >= 0 && !unlink("locked") && !pipe(ends));
	interrupted(lock_file, other, 0);
	interrupted(lock_file, other, SA_RESTART);
	CHECK(read(ends[0], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1);
	interrupted(lock_record, other, 0);
	interrupted(lock_record, other, SA_RESTART);
	CHECK(read(ends[0], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1);
	interrupted(read_pipe, other, 0);
	CHECK(read(ends[0], &byte, 1) == 1);
	interrupted(read_pipe, other, SA_RESTART);
	CHECK(!close(ends[0]) && !close(ends[1]) && !socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	interrupted(receive_many, other, 0);
	CHECK(read(ends[0], &byte, 1) == 1);
	interrupted(receive_many, other, SA_RESTART);
	CHECK(!close(held) && !close(other) && !close(ends[0]) && !close(ends[1]));
	signal(SIGUSR1, SIG_DFL);
}

static const struct test tests[] = {
	TEST(semaphore), TEST(sleeping), TEST(ignored),		 TEST(conditions), TEST(mutexes),
	TEST(suspend),	 TEST(busy),	 TEST(wait_interrupted), TEST(files),	   TEST_END,
};
const struct suite restart_suite = {"restart", tests};
