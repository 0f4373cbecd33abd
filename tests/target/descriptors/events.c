/* SPDX-License-Identifier: BSD-2-Clause */
/* eventfd, timerfd, signalfd. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

#include "suite.h"

static int event;

static void counting(void)
{
	eventfd_t value = 0;
	char small[4];

	CHECK((event = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC)) >= 0);
	CHECK(fcntl(event, F_GETFD) == FD_CLOEXEC);
	CHECK(ready(event, POLLIN | POLLOUT) == (POLLIN | POLLOUT));
	CHECK(!eventfd_write(event, 4) && !eventfd_read(event, &value) && value == 7);
	CHECK_ERRNO(eventfd_read(event, &value), EAGAIN);
	CHECK(ready(event, POLLIN | POLLOUT) == POLLOUT);
	CHECK(!eventfd_write(event, UINT64_MAX - 1) && ready(event, POLLOUT) == 0);
	CHECK_ERRNO(eventfd_write(event, 1), EAGAIN);
	CHECK_ERRNO(eventfd_write(event, UINT64_MAX), EINVAL);
	CHECK_ERRNO(read(event, small, 4), EINVAL);
	CHECK_ERRNO(write(event, small, 4), EINVAL);
	CHECK_ERRNO(read(event, BAD_POINTER, 8), EFAULT);
	CHECK_ERRNO(write(event, BAD_POINTER, 8), EFAULT);
	CHECK_ERRNO(lseek(event, 0, SEEK_SET), ESPIPE);
	CHECK(!close(event));
	CHECK((event = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK)) >= 0);
	CHECK(!eventfd_read(event, &value) && value == 1 && !eventfd_read(event, &value));
	CHECK_ERRNO(eventfd_read(event, &value), EAGAIN);
	CHECK(!close(event));
	CHECK_ERRNO(eventfd(0, 2), EINVAL);
}

/* As many takers as units; nobody gets two, nobody waits for ever. */
static void *take_units(void *arg)
{
	eventfd_t value;

	for (int i = 0; i < 100; i++)
		EXPECT(!eventfd_read(event, &value) && value == 1);
	return arg;
}

static void as_semaphore(void)
{
	eventfd_t value;

	CHECK((event = eventfd(0, EFD_SEMAPHORE)) >= 0);
	threads_start(4, take_units);
	for (int i = 0; i < 200; i++)
		CHECK(!eventfd_write(event, 2));
	threads_join();
	CHECK(!fcntl(event, F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(eventfd_read(event, &value), EAGAIN);
	CHECK(!close(event));
}

static void *give_units(void *arg)
{
	for (int i = 0; i < 100; i++)
		EXPECT(!eventfd_write(event, UINT64_MAX - 1));
	return arg;
}

static void writers_wait(void)
{
	eventfd_t value;

	CHECK((event = eventfd(0, 0)) >= 0);
	threads_start(3, give_units);
	for (int i = 0; i < 300; i++)
		CHECK(!eventfd_read(event, &value) && value == UINT64_MAX - 1);
	threads_join();
	CHECK(!close(event));
}

static struct itimerspec setting(uint64_t value_ns, uint64_t interval_ns)
{
	return (struct itimerspec){
		.it_value = {(time_t)(value_ns / 1000000000), (long)(value_ns % 1000000000)},
		.it_interval = {(time_t)(interval_ns / 1000000000),
				(long)(interval_ns % 1000000000)},
	};
}

static void timers(void)
{
	struct itimerspec spec = setting(1000000 * MS, 0), old;
	uint64_t count = 0, begin = now_ns();
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	CHECK(fd >= 0 && !timerfd_settime(fd, 0, &spec, NULL) && ready(fd, POLLIN) == 0);
	CHECK(!timerfd_gettime(fd, &old) && old.it_value.tv_sec > 900 &&
	      old.it_value.tv_sec <= 1000 && !old.it_interval.tv_nsec);
	spec = setting(4 * MS, 0);
	CHECK(!timerfd_settime(fd, 0, &spec, &old) && old.it_value.tv_sec > 900);
	CHECK(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1) == 1);
	CHECK(now_ns() - begin >= 4 * MS && read(fd, &count, 8) == 8 && count == 1);
	CHECK(!timerfd_gettime(fd, &old) && !old.it_value.tv_nsec && !old.it_value.tv_sec);

	/* Periodic: expirations that nobody read are counted. */
	begin = now_ns();
	spec = setting(1 * MS, 1 * MS);
	CHECK(!timerfd_settime(fd, 0, &spec, NULL) && !usleep(5000));
	CHECK(read(fd, &count, 8) == 8 && count >= 5 && count <= (now_ns() - begin) / MS);
	CHECK(read(fd, &count, 8) == 8 && count >= 1);
	CHECK(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1) == 1);
	CHECK(read(fd, &count, 8) == 8 && count >= 1);

	/* A very short period is no storm; off again; a time that has passed. */
	spec = setting(1, 1);
	CHECK(!timerfd_settime(fd, 0, &spec, &old) && old.it_interval.tv_nsec == (long)MS);
	CHECK(!usleep(1000) && read(fd, &count, 8) == 8 && count >= 1000000);
	spec = setting(0, 1);
	CHECK(!timerfd_settime(fd, 0, &spec, NULL) && ready(fd, POLLIN) == 0);
	CHECK(!fcntl(fd, F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(read(fd, &count, 8), EAGAIN);
	spec = setting(1, 0);
	CHECK(!timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL) && ready(fd, POLLIN) == POLLIN);
	CHECK(!close(fd));
}

static void timers_of_day(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	struct itimerspec spec = {0};
	uint64_t count;

	clock_gettime(CLOCK_REALTIME, &spec.it_value);
	spec.it_value.tv_nsec += 3 * MS;
	if (spec.it_value.tv_nsec >= 1000000000)
		spec.it_value.tv_nsec -= 1000000000, spec.it_value.tv_sec++;
	CHECK(fd >= 0);
	CHECK_ERRNO(read(fd, &count, 8), EAGAIN);
	CHECK(!timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL));
	CHECK(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1) == 1);
	CHECK(read(fd, &count, 8) == 8 && count == 1 && !close(fd));
}

static void set_clock(struct timespec time, long forward_s)
{
	time.tv_sec += forward_s;
	EXPECT(!clock_settime(CLOCK_REALTIME, &time));
}

static void *jump_soon(void *arg)
{
	usleep(3000);
	set_clock(*(struct timespec *)arg, 700);
	return NULL;
}

/* What was set to a time of day follows the clock, forward and back; a span does not. */
static void timers_follow_the_clock(void)
{
	int date = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	int span = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	struct itimerspec at = {.it_interval = {3600, 0}}, later = {.it_value = {600, 0}}, left;
	struct timespec before;
	pthread_t thread;
	uint64_t count;

	CHECK(date >= 0 && span >= 0 && !clock_gettime(CLOCK_REALTIME, &before));
	at.it_value = before;
	at.it_value.tv_sec += 600;
	CHECK(!timerfd_settime(date, TFD_TIMER_ABSTIME, &at, NULL));
	CHECK(!timerfd_settime(span, 0, &later, NULL) && !ready(date, POLLIN));
	set_clock(before, 500);
	CHECK(!timerfd_gettime(date, &left) && left.it_value.tv_sec <= 100);
	CHECK(!timerfd_gettime(span, &left) && left.it_value.tv_sec >= 500);
	set_clock(before, -500);
	CHECK(!timerfd_gettime(date, &left) && left.it_value.tv_sec > 1000);
	CHECK(!ready(date, POLLIN));
	/* Who waits in a read, and who polls, sees that the moment has come. */
	CHECK(!fcntl(date, F_SETFL, 0));
	CHECK(!pthread_create(&thread, NULL, jump_soon, &before));
	CHECK(read(date, &count, 8) == 8 && count == 1 && !pthread_join(thread, NULL));
	CHECK(!timerfd_gettime(date, &left) && left.it_value.tv_sec > 3400);
	set_clock(before, 0);
	CHECK(!timerfd_settime(date, TFD_TIMER_ABSTIME, &at, NULL));
	CHECK(!pthread_create(&thread, NULL, jump_soon, &before));
	CHECK(poll(&(struct pollfd){.fd = date, .events = POLLIN}, 1, 60000) == 1);
	CHECK(!pthread_join(thread, NULL));
	CHECK(!ready(span, POLLIN));
	set_clock(before, 0);
	CHECK(!close(date) && !close(span));
}

/* TFD_TIMER_CANCEL_ON_SET: the next read says that the clock was set, once. */
static void timers_are_canceled(void)
{
	const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	int other = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec at = {0};
	struct timespec before;
	pthread_t thread;
	uint64_t count;

	CHECK(fd >= 0 && other >= 0 && !clock_gettime(CLOCK_REALTIME, &before));
	at.it_value = before;
	at.it_value.tv_sec += 100000;
	CHECK(!timerfd_settime(fd, flags, &at, NULL) && !timerfd_settime(other, flags, &at, NULL));
	CHECK_ERRNO(read(fd, &count, 8), EAGAIN);
	set_clock(before, 0);
	CHECK(ready(fd, POLLIN) == POLLIN && !ready(other, POLLIN));
	CHECK_ERRNO(read(fd, &count, 8), ECANCELED);
	CHECK_ERRNO(read(fd, &count, 8), EAGAIN);
	CHECK_ERRNO(read(other, &count, 8), EAGAIN);
	/* A new setting forgets it, and without the flag nothing is said. */
	set_clock(before, 0);
	CHECK(!timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) && !ready(fd, POLLIN));
	set_clock(before, 0);
	CHECK_ERRNO(read(fd, &count, 8), EAGAIN);
	CHECK(!timerfd_settime(fd, flags, &at, NULL) && !fcntl(fd, F_SETFL, 0));
	CHECK(!pthread_create(&thread, NULL, jump_soon, &before));
	CHECK_ERRNO(read(fd, &count, 8), ECANCELED);
	CHECK(!pthread_join(thread, NULL));
	set_clock(before, 0);
	CHECK(!close(fd) && !close(other));
}

static void wrong_timers(void)
{
	struct itimerspec spec = setting(MS, 0), wrong = setting(MS, 0);
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	char small[4];

	CHECK(fd >= 0);
	wrong.it_interval.tv_nsec = 1000000000;
	CHECK_ERRNO(timerfd_create(99, 0), EINVAL);
	CHECK_ERRNO(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	CHECK_ERRNO(timerfd_settime(fd, 64, &spec, NULL), EINVAL);
	CHECK_ERRNO(timerfd_settime(fd, 0, &wrong, NULL), EINVAL);
	CHECK_ERRNO(timerfd_settime(fd, 0, BAD_POINTER, NULL), EFAULT);
	CHECK_ERRNO(timerfd_settime(900, 0, &spec, NULL), EBADF);
	CHECK_ERRNO(timerfd_settime(1, 0, &spec, NULL), EINVAL);
	CHECK_ERRNO(timerfd_gettime(900, &spec), EBADF);
	CHECK_ERRNO(timerfd_gettime(1, &spec), EINVAL);
	CHECK_ERRNO(timerfd_gettime(fd, BAD_POINTER), EFAULT);
	CHECK_ERRNO(read(fd, small, 4), EINVAL);
	CHECK_ERRNO(write(fd, small, 4), EINVAL);
	CHECK(!close(fd));
}

/* Many readers of one periodic timer, which is set anew meanwhile: each expiration counts once. */
static uint64_t total;
static int timer_fd, ended;

static void *read_timer(void *arg)
{
	uint64_t count;

	while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
		if (read(timer_fd, &count, 8) == 8)
			__atomic_add_fetch(&total, count, __ATOMIC_RELAXED);
	}
	return arg;
}

static void storm(void)
{
	struct itimerspec spec = setting(20000, 20000);
	uint64_t begin = now_ns();

	total = 0;
	ended = 0;
	CHECK((timer_fd = timerfd_create(CLOCK_MONOTONIC, 0)) >= 0);
	CHECK(!timerfd_settime(timer_fd, 0, &spec, NULL));
	threads_start(4, read_timer);
	/* Readers may begin late: until one has read. */
	do
		usleep(20000);
	while (!__atomic_load_n(&total, __ATOMIC_RELAXED));
	__atomic_store_n(&ended, 1, __ATOMIC_RELEASE);
	threads_join();
	CHECK(total <= (now_ns() - begin) / 20000);
	CHECK(!close(timer_fd));
}

static void *raise_later(void *arg)
{
	usleep(3000);
	EXPECT(!kill(getpid(), SIGUSR1));
	return arg;
}

static void signals(void)
{
	struct signalfd_siginfo info[2];
	sigset_t set, old;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	CHECK(!pthread_sigmask(SIG_BLOCK, &set, &old));
	CHECK((fd = signalfd(-1, &set, SFD_NONBLOCK)) >= 0 && ready(fd, POLLIN) == 0);
	CHECK_ERRNO(read(fd, info, sizeof(info)), EAGAIN);
	CHECK_ERRNO(read(fd, info, 100), EINVAL);
	CHECK(!raise(SIGUSR1) && !sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 5}));
	CHECK(ready(fd, POLLIN) == POLLIN && read(fd, info, sizeof(info)) == sizeof(info));
	CHECK(info[0].ssi_signo == SIGUSR1 && info[1].ssi_signo == (uint32_t)SIGRTMIN &&
	      info[1].ssi_int == 5);
	CHECK(ready(fd, POLLIN) == 0 && !fcntl(fd, F_SETFL, 0));
	threads_start(1, raise_later);
	CHECK(read(fd, info, sizeof(info)) == sizeof(info[0]) && info[0].ssi_signo == SIGUSR1);
	threads_join();
	threads_start(1, raise_later);
	CHECK(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1) == 1);
	CHECK(read(fd, info, sizeof(info)) == sizeof(info[0]));
	threads_join();
	sigdelset(&set, SIGUSR1);
	CHECK(signalfd(fd, &set, 0) == fd && !raise(SIGUSR1) && ready(fd, POLLIN) == 0);
	sigaddset(&set, SIGUSR1);
	CHECK(signalfd(fd, &set, 0) == fd && ready(fd, POLLIN) == POLLIN);
	CHECK(read(fd, info, sizeof(info)) == sizeof(info[0]));
	CHECK_ERRNO(signalfd(1, &set, 0), EINVAL);
	CHECK_ERRNO(signalfd(900, &set, 0), EBADF);
	CHECK_ERRNO(signalfd(-1, BAD_POINTER, 0), EFAULT);
	CHECK_ERRNO(signalfd(-1, &set, 1), EINVAL);
	CHECK(!close(fd) && !pthread_sigmask(SIG_SETMASK, &old, NULL));
}

static const struct test tests[] = {
	TEST(counting),
	TEST(as_semaphore),
	TEST(writers_wait),
	TEST(timers),
	TEST(timers_of_day),
	TEST(timers_follow_the_clock),
	TEST(timers_are_canceled),
	TEST(wrong_timers),
	TEST(storm),
	TEST(signals),
	TEST_END,
};
const struct suite event_suite = {"events", tests};
