/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs tests that were programs of their own, one after the other, each in a thread. What run.py
 * reads, on lines of their own:
 *
 *	@begin NUMBER NAME
 *	@end NUMBER CODE        the test's exit status, or "timeout"
 *	@dirty COUNT            threads of the test that are left: the rest needs a fresh boot
 *	@done
 *
 * Arguments: the numbers of the first test and of the last one.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S	    400 /* of virtual time: some tests sleep for minutes */
#define TIMERS	    64
#define STACK_BYTES (1 << 20)

struct entry {
	const char *name;
	int (*run)(int argc, char **argv);
};

extern const struct entry conformance_table[];
extern const int conformance_count;

static sem_t ended;
static int status;

static void end(int code)
{
	static int reported; /* the number of a test that has ended, so that it ends once */
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	if (status < 0) {
		status = code;
		reported++;
		sem_post(&ended);
	}
	pthread_mutex_unlock(&lock);
}

_Noreturn void conformance_exit(int code)
{
	fflush(stdout);
	end(code);
	pthread_exit(NULL);
}

/* A failed assertion. A test that has a handler for SIGABRT wants it to run. */
_Noreturn void conformance_abort(void)
{
	struct sigaction old;

	sigaction(SIGABRT, NULL, &old);
	if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN)
		raise(SIGABRT);
	conformance_exit(128 + SIGABRT);
}

/* A test whose main thread is gone ends well when its last thread does. */
static volatile int main_gone;

static void gone(void *unused)
{
	(void)unused;
	main_gone = 1;
}

static void *test_thread(void *arg)
{
	const struct entry *entry = arg;
	char *argv[] = {(char *)entry->name, NULL};
	int code;

	pthread_cleanup_push(gone, NULL);
	code = entry->run(1, argv);
	fflush(stdout);
	end(code);
	pthread_cleanup_pop(0);
	return NULL;
}

static int thread_count(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.procs;
}

/* What a process would lose at its end. */
static void clean_up(void)
{
	struct sched_param param = {0};

	alarm(0);
	for (int timer = 0; timer < TIMERS; timer++)
		syscall(SYS_timer_delete, timer);
	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP) {
			signal(s, SIG_IGN); /* those that still wait are gone */
			signal(s, SIG_DFL);
		}
	pthread_setschedparam(pthread_self(), SCHED_OTHER, &param);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	umask(022);
	if (chdir("/tmp"))
		chdir("/");
}

static int run_one(int number)
{
	const struct entry *entry = &conformance_table[number];
	int before = thread_count();
	struct timespec limit, ms = {0, 1000000};
	pthread_attr_t attr;
	pthread_t thread;

	printf("\n@begin %d %s\n", number, entry->name);
	fflush(stdout);
	status = -1;
	main_gone = 0;
	sem_init(&ended, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);

	sigset_t none, all;

	/* Signals for the process are the test's. */
	sigemptyset(&none);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &none, NULL);

	int failed = pthread_create(&thread, &attr, test_thread, (void *)entry);

	pthread_sigmask(SIG_SETMASK, &all, NULL);
	if (failed) {
		printf("\n@end %d nothread\n", number);
		return 1;
	}
	int got = -1;

	/* A span: tests set the clock. */
	for (int s = 0; s < LIMIT_S && got; s++) {
		clock_gettime(CLOCK_REALTIME, &limit);
		limit.tv_sec++;
		while ((got = sem_timedwait(&ended, &limit)) < 0 && errno == EINTR)
			;
		if (got && main_gone && thread_count() == before) {
			status = 0;
			got = 0;
		}
	}
	if (got)
		printf("\n@end %d timeout\n", number);
	else
		printf("\n@end %d %d\n", number, status);
	clean_up();

	int left = 0;

	for (int i = 0; i < 100 && (left = thread_count() - before) > 0; i++)
		nanosleep(&ms, NULL);
	if (left > 0)
		printf("\n@dirty %d\n", left);
	fflush(stdout);
	return left > 0;
}

int main(int argc, char **argv)
{
	int first = argc > 1 ? atoi(argv[1]) : 0;
	int last = argc > 2 ? atoi(argv[2]) : conformance_count - 1;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	for (int i = first; i <= last && i < conformance_count; i++)
		if (run_one(i))
			return 0;
	puts("@done");
	return 0;
}
