/* SPDX-License-Identifier: BSD-2-Clause */
/* Message queues. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>

#include "suite.h"

static const struct mq_attr small = {.mq_maxmsg = 4, .mq_msgsize = 16};
static mqd_t queue;

static void order(void)
{
	char text[16];
	unsigned priority;
	struct mq_attr attr;

	CHECK((queue = mq_open("/order", O_RDWR | O_CREAT | O_EXCL, 0600, &small)) >= 0);
	CHECK(fcntl(queue, F_GETFD) == FD_CLOEXEC && ready(queue, POLLIN | POLLOUT) == POLLOUT);
	CHECK(!mq_send(queue, "low", 3, 1) && !mq_send(queue, "high1", 5, 9));
	CHECK(!mq_send(queue, "high2", 5, 9) && !mq_send(queue, "", 0, 5));
	CHECK(!mq_getattr(queue, &attr) && attr.mq_curmsgs == 4 && attr.mq_maxmsg == 4 &&
	      attr.mq_msgsize == 16 && attr.mq_flags == 0);
	CHECK(ready(queue, POLLIN | POLLOUT) == POLLIN);
	CHECK(mq_receive(queue, text, 16, &priority) == 5 && text[4] == '1' && priority == 9);
	CHECK(mq_receive(queue, text, 16, NULL) == 5 && text[4] == '2');
	CHECK(mq_receive(queue, text, 16, &priority) == 0 && priority == 5);
	CHECK(mq_receive(queue, text, 16, &priority) == 3 && priority == 1);
	CHECK(!mq_send(queue, "left", 4, 0) && !mq_unlink("/order"));
	CHECK_ERRNO(mq_open("/order", O_RDWR), ENOENT);
	CHECK(mq_receive(queue, text, 16, NULL) == 4 && !mq_send(queue, "gone", 4, 0));
	CHECK(!mq_close(queue));
}

static void wrong(void)
{
	struct mq_attr attr = small;
	struct timespec past = {1, 0}, bad = {1, 1000000000};
	char text[16], name[300];
	int out;

	memset(name, 'x', 299);
	name[299] = '\0';
	CHECK_ERRNO(mq_open("/none", O_RDWR), ENOENT);
	CHECK_ERRNO(mq_open("/a/b", O_RDWR | O_CREAT, 0600, NULL), EACCES);
	CHECK_ERRNO(mq_open(name, O_RDWR | O_CREAT, 0600, NULL), ENAMETOOLONG);
	CHECK_ERRNO(mq_unlink("/none"), ENOENT);
	attr.mq_maxmsg = 0;
	CHECK_ERRNO(mq_open("/q", O_RDWR | O_CREAT, 0600, &attr), EINVAL);
	CHECK_ERRNO(mq_open("/q", O_RDWR | O_CREAT, 0600, BAD_POINTER), EFAULT);
	CHECK((queue = mq_open("/q", O_RDWR | O_CREAT, 0600, &small)) >= 0);
	CHECK_ERRNO(mq_open("/q", O_RDWR | O_CREAT | O_EXCL, 0600, &small), EEXIST);
	CHECK((out = mq_open("/q", O_WRONLY | O_NONBLOCK)) >= 0);
	CHECK_ERRNO(mq_receive(out, text, 16, NULL), EBADF);
	CHECK_ERRNO(mq_send(queue, text, 17, 0), EMSGSIZE);
	CHECK_ERRNO(mq_receive(queue, text, 15, NULL), EMSGSIZE);
	CHECK_ERRNO(mq_send(queue, text, 1, 32768), EINVAL);
	CHECK_ERRNO(mq_send(queue, BAD_POINTER, 1, 0), EFAULT);
	CHECK_ERRNO(mq_send(1, text, 1, 0), EBADF);
	CHECK_ERRNO(mq_receive(900, text, 16, NULL), EBADF);
	CHECK_ERRNO(mq_timedreceive(queue, text, 16, NULL, &past), ETIMEDOUT);
	CHECK_ERRNO(mq_timedreceive(queue, text, 16, NULL, &bad), EINVAL);
	for (int i = 0; i < 4; i++)
		CHECK(!mq_send(out, "abcd", 4, 0));
	CHECK_ERRNO(mq_send(out, "e", 1, 0), EAGAIN);
	CHECK_ERRNO(mq_timedsend(queue, "e", 1, 0, &past), ETIMEDOUT);
	attr = (struct mq_attr){.mq_flags = O_NONBLOCK};
	CHECK(!mq_setattr(queue, &attr, NULL));
	for (int i = 0; i < 4; i++)
		CHECK(mq_receive(queue, text, 16, NULL) == 4);
	CHECK_ERRNO(mq_receive(queue, text, 16, NULL), EAGAIN);
	CHECK_ERRNO(mq_getattr(1, &attr), EBADF);
	CHECK(!mq_close(queue) && !mq_close(out) && !mq_unlink("/q"));
}

/* Several senders and receivers: each message once. */
static int received[4][200];

static void *exchange(void *arg)
{
	intptr_t who = (intptr_t)arg;
	int record[4] = {(int)who, 0, 0, 0};

	for (int i = 0; i < 200; i++) {
		if (who < 4) {
			record[1] = i;
			EXPECT(!mq_send(queue, (char *)record, sizeof(record), (unsigned)i % 3));
		} else {
			EXPECT(mq_receive(queue, (char *)record, 16, NULL) == 16);
			if (record[0] >= 0 && record[0] < 4 && record[1] >= 0 && record[1] < 200)
				__atomic_add_fetch(&received[record[0]][record[1]], 1,
						   __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

static void many_of_both(void)
{
	memset(received, 0, sizeof(received));
	CHECK((queue = mq_open("/many", O_RDWR | O_CREAT, 0600, &small)) >= 0);
	threads_start(8, exchange);
	threads_join();
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 200; k++)
			CHECK(received[i][k] == 1);
	CHECK(!mq_close(queue) && !mq_unlink("/many"));
}

static int called;

static void call(union sigval value)
{
	__atomic_store_n(&called, value.sival_int, __ATOMIC_RELEASE);
}

static void notices(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
				 .sigev_signo = SIGRTMIN + 2,
				 .sigev_value.sival_int = 77};
	struct signalfd_siginfo info;
	sigset_t set, old;
	char text[16];
	int signals;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 2);
	CHECK(!pthread_sigmask(SIG_BLOCK, &set, &old));
	CHECK((signals = signalfd(-1, &set, SFD_NONBLOCK)) >= 0);
	CHECK((queue = mq_open("/notes", O_RDWR | O_CREAT, 0600, &small)) >= 0);
	CHECK(!mq_notify(queue, &event));
	CHECK_ERRNO(mq_notify(queue, &event), EBUSY);
	CHECK(!mq_send(queue, "a", 1, 0) && read(signals, &info, sizeof(info)) == sizeof(info));
	CHECK(info.ssi_int == 77 && info.ssi_code == SI_MESGQ);
	/* Once only, and only from empty. */
	CHECK(!mq_notify(queue, &event) && !mq_send(queue, "b", 1, 0));
	CHECK_ERRNO(read(signals, &info, sizeof(info)), EAGAIN);
	CHECK(!mq_notify(queue, NULL) && mq_receive(queue, text, 16, NULL) == 1 &&
	      mq_receive(queue, text, 16, NULL) == 1);
	event.sigev_notify = SIGEV_THREAD;
	event.sigev_notify_function = call;
	called = 0;
	CHECK(!mq_notify(queue, &event) && !mq_send(queue, "c", 1, 0));
	while (!__atomic_load_n(&called, __ATOMIC_ACQUIRE))
		usleep(1000);
	CHECK(called == 77);
	event.sigev_notify = 99;
	CHECK_ERRNO(mq_notify(queue, &event), EINVAL);
	CHECK_ERRNO(mq_notify(1, NULL), EBADF);
	CHECK(!mq_close(queue) && !mq_unlink("/notes") && !close(signals));
	CHECK(!pthread_sigmask(SIG_SETMASK, &old, NULL));
}

static const struct test tests[] = {TEST(order), TEST(wrong), TEST(many_of_both), TEST(notices),
				    TEST_END};
const struct suite queue_suite = {"queues", tests};
