/* SPDX-License-Identifier: BSD-2-Clause */
/* Actions, masks, stacks, and what a handler is told. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "../posix/suite.h"

static volatile sig_atomic_t calls, last, order[8];
static siginfo_t told;
static void *volatile where;

static void note(int signal)
{
	int mark;

	where = &mark;
	if (calls < 8)
		order[calls] = signal;
	calls++;
	last = signal;
}

static void note_info(int signal, siginfo_t *info, void *context)
{
	(void)context;
	told = *info;
	note(signal);
}

static void act(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	calls = last = 0;
	EXPECT(!sigaction(signal, &action, NULL));
}

static void act_info(int signal, int flags)
{
	struct sigaction action = {.sa_sigaction = note_info, .sa_flags = SA_SIGINFO | flags};

	calls = last = 0;
	memset(&told, 0, sizeof(told));
	EXPECT(!sigaction(signal, &action, NULL));
}

static void raised(void)
{
	act(SIGUSR1, note, 0);
	CHECK(!raise(SIGUSR1));
	CHECK(calls == 1 && last == SIGUSR1);
	CHECK(!kill(getpid(), SIGUSR1));
	CHECK(calls == 2);
	CHECK(!pthread_kill(pthread_self(), SIGUSR1));
	CHECK(calls == 3);
	signal(SIGUSR1, SIG_DFL);
}

static void information(void)
{
	union sigval value = {.sival_int = 4711};

	act_info(SIGUSR1, 0);
	raise(SIGUSR1);
	CHECK(told.si_signo == SIGUSR1 && told.si_code == SI_USER && told.si_pid == getpid());
	kill(getpid(), SIGUSR1);
	CHECK(calls == 2 && told.si_code == SI_USER && told.si_pid == getpid());
	CHECK(!sigqueue(getpid(), SIGUSR1, value));
	CHECK(calls == 3 && told.si_code == SI_QUEUE && told.si_value.sival_int == 4711);
	CHECK(told.si_uid == getuid());
	signal(SIGUSR1, SIG_DFL);
}

static void actions_are_kept(void)
{
	struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART | SA_NODEFER}, old;

	sigfillset(&action.sa_mask);
	CHECK(!sigaction(SIGUSR2, &action, &old) && old.sa_handler == SIG_DFL);
	CHECK(!sigaction(SIGUSR2, NULL, &old));
	CHECK(old.sa_handler == note && sigismember(&old.sa_mask, SIGTERM) == 1);
	CHECK((old.sa_flags & (SA_RESTART | SA_NODEFER)) == (SA_RESTART | SA_NODEFER));
	CHECK(signal(SIGUSR2, SIG_IGN) == note);
	CHECK(!raise(SIGUSR2));
	CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
}

static void once_only(void)
{
	struct sigaction old;

	act(SIGUSR1, note, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK(calls == 1);
	CHECK(!sigaction(SIGUSR1, NULL, &old) && old.sa_handler == SIG_DFL);
}

static volatile int depth, deepest;

static void again(int signal)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (depth < 3 && calls++ < 5)
		raise(signal);
	depth--;
}

static void not_within_itself(void)
{
	act(SIGUSR1, again, 0);
	depth = deepest = 0;
	raise(SIGUSR1);
	CHECK(deepest == 1 && calls == 6);
	act(SIGUSR1, again, SA_NODEFER);
	depth = deepest = 0;
	raise(SIGUSR1);
	CHECK(deepest == 3 && depth == 0);
	signal(SIGUSR1, SIG_DFL);
}

static void mask_of_an_action(void)
{
	struct sigaction action = {.sa_handler = again};
	sigset_t now;

	act(SIGUSR2, note, 0);
	sigaddset(&action.sa_mask, SIGUSR2);
	CHECK(!sigaction(SIGUSR1, &action, NULL));
	depth = deepest = 0;
	raise(SIGUSR1);
	CHECK(!sigprocmask(SIG_SETMASK, NULL, &now));
	CHECK(!sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
}

static void blocked(void)
{
	sigset_t set, old, pending;

	act(SIGUSR1, note, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(!sigprocmask(SIG_BLOCK, &set, &old));
	raise(SIGUSR1);
	raise(SIGUSR1);
	kill(getpid(), SIGUSR1);
	CHECK(calls == 0);
	CHECK(!sigpending(&pending) && sigismember(&pending, SIGUSR1));
	CHECK(!sigprocmask(SIG_SETMASK, &old, NULL));
	/* One for the thread, one for the process. */
	CHECK(calls == 2);
	CHECK(!sigpending(&pending) && !sigismember(&pending, SIGUSR1));
	signal(SIGUSR1, SIG_DFL);
}

static void ignored_is_forgotten(void)
{
	sigset_t set, old, pending;

	act(SIGUSR1, note, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	CHECK(!sigpending(&pending) && !sigismember(&pending, SIGUSR1));
	act(SIGUSR1, note, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK(calls == 0);
	signal(SIGUSR1, SIG_DFL);
}

/* The handlers block all: an interrupt at the first instruction of one would begin the next. */
static void lowest_first(void)
{
	struct sigaction action = {.sa_handler = note};
	sigset_t set, old;

	sigfillset(&set);
	action.sa_mask = set;
	CHECK(!sigaction(SIGRTMIN + 2, &action, NULL) && !sigaction(SIGUSR2, &action, NULL) &&
	      !sigaction(SIGUSR1, &action, NULL));
	calls = 0;
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGRTMIN + 2);
	raise(SIGUSR2);
	raise(SIGUSR1);
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK(calls == 3 && order[0] == SIGUSR1 && order[1] == SIGUSR2);
	CHECK(order[2] == SIGRTMIN + 2);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	signal(SIGRTMIN + 2, SIG_DFL);
}

static char stack[16384];

static bool on_stack(void)
{
	return (char *)where >= stack && (char *)where < stack + sizeof(stack);
}

static void alternative_stack(void)
{
	stack_t next = {.ss_sp = stack, .ss_size = sizeof(stack)}, old;

	CHECK(!sigaltstack(&next, &old) && old.ss_flags == SS_DISABLE);
	act(SIGUSR1, note, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(calls == 1 && on_stack());
	act(SIGUSR1, note, 0);
	raise(SIGUSR1);
	CHECK(calls == 1 && !on_stack());
	/* Odd ends are not the program's mistake. */
	next.ss_sp = stack + 3;
	next.ss_size = sizeof(stack) - 8;
	CHECK(!sigaltstack(&next, &old) && old.ss_sp == stack && !old.ss_flags);
	act(SIGUSR1, note, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(calls == 1 && on_stack());
	next.ss_flags = SS_DISABLE;
	CHECK(!sigaltstack(&next, NULL));
	signal(SIGUSR1, SIG_DFL);
}

static volatile int inner_error;

static void change_stack(int signal)
{
	stack_t next = {.ss_flags = SS_DISABLE}, old;

	note(signal);
	inner_error = sigaltstack(&next, NULL) ? errno : 0;
	sigaltstack(NULL, &old);
	if (old.ss_flags != SS_ONSTACK)
		inner_error = -1;
}

static void stack_in_use(void)
{
	stack_t next = {.ss_sp = stack, .ss_size = sizeof(stack)};

	CHECK(!sigaltstack(&next, NULL));
	act(SIGUSR1, change_stack, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(inner_error == EPERM);
	next.ss_flags = SS_DISABLE;
	CHECK(!sigaltstack(&next, NULL));
	signal(SIGUSR1, SIG_DFL);
}

static void bad_arguments(void)
{
	struct sigaction action = {.sa_handler = note};
	stack_t small = {.ss_sp = stack, .ss_size = 100},
		odd = {.ss_sp = stack, .ss_size = sizeof(stack), .ss_flags = 64};
	void *bad = (void *)8;
	sigset_t set;

	sigemptyset(&set);
	CHECK_ERRNO(sigaction(0, &action, NULL), EINVAL);
	CHECK_ERRNO(sigaction(65, &action, NULL), EINVAL);
	CHECK_ERRNO(sigaction(-1, &action, NULL), EINVAL);
	CHECK_ERRNO(sigaction(SIGKILL, &action, NULL), EINVAL);
	CHECK_ERRNO(sigaction(SIGSTOP, &action, NULL), EINVAL);
	CHECK(!sigaction(SIGKILL, NULL, &action));
	CHECK_ERRNO(kill(getpid(), 65), EINVAL);
	CHECK_ERRNO(kill(getpid(), -1), EINVAL);
	CHECK_ERRNO(kill(4711, SIGUSR1), ESRCH);
	CHECK(!kill(getpid(), 0));
	CHECK_ERRNO(sigqueue(getpid(), 65, (union sigval){0}), EINVAL);
	CHECK_ERRNO(sigqueue(4711, SIGUSR1, (union sigval){0}), ESRCH);
	CHECK(pthread_kill(pthread_self(), 65) == EINVAL);
	CHECK_ERRNO(sigprocmask(77, &set, NULL), EINVAL);
	CHECK_ERRNO(sigprocmask(SIG_BLOCK, bad, NULL), EFAULT);
	CHECK_ERRNO(sigprocmask(SIG_BLOCK, NULL, bad), EFAULT);
	CHECK_ERRNO(sigpending(bad), EFAULT);
	CHECK_ERRNO(sigaltstack(&small, NULL), ENOMEM);
	CHECK_ERRNO(sigaltstack(&odd, NULL), EINVAL);
	CHECK_ERRNO(sigaltstack(NULL, bad), EFAULT);
}

static void never_blocked(void)
{
	sigset_t set, old;

	sigfillset(&set);
	CHECK(!sigprocmask(SIG_BLOCK, &set, &old));
	CHECK(!sigprocmask(SIG_SETMASK, NULL, &set));
	CHECK(!sigismember(&set, SIGKILL) && !sigismember(&set, SIGSTOP));
	CHECK(!sigprocmask(SIG_SETMASK, &old, NULL));
}

static double float_value;

static void use_floats(int signal)
{
	double sum = 0;

	for (int i = 1; i < 50; i++)
		sum += 1.0 / i;
	float_value = sum;
	note(signal);
}

/* A handler in the middle of computing leaves all registers alone. */
static void registers_survive(void)
{
	struct timespec pause = {0, 1000000};
	pthread_t self = pthread_self();
	double a[12], sum = 0, expected = 0;

	(void)pause;
	(void)self;
	act(SIGUSR1, use_floats, 0);
	for (int i = 0; i < 12; i++)
		a[i] = i * 1.5;
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 12; i++)
			expected += a[i] * round;
		for (int i = 0; i < 12; i++) {
			sum += a[i] * round;
			if (i == 6)
				raise(SIGUSR1);
		}
	}
	CHECK(calls == 20 && sum == expected);
	signal(SIGUSR1, SIG_DFL);
}

static sigjmp_buf back;

static void jump(int signal)
{
	note(signal);
	siglongjmp(back, signal);
}

/* Nothing of the kernel's may be left in use. */
static void jump_out(void)
{
	sigset_t now;

	act(SIGUSR1, jump, 0);
	for (volatile int i = 0; i < 2000; i++)
		if (!sigsetjmp(back, 1))
			raise(SIGUSR1);
	CHECK(calls == 2000);
	sigprocmask(SIG_SETMASK, NULL, &now);
	CHECK(!sigismember(&now, SIGUSR1));
	signal(SIGUSR1, SIG_DFL);
}

static const struct test tests[] = {
	TEST(raised),
	TEST(information),
	TEST(actions_are_kept),
	TEST(once_only),
	TEST(not_within_itself),
	TEST(mask_of_an_action),
	TEST(blocked),
	TEST(ignored_is_forgotten),
	TEST(lowest_first),
	TEST(alternative_stack),
	TEST(stack_in_use),
	TEST(bad_arguments),
	TEST(never_blocked),
	TEST(registers_survive),
	TEST(jump_out),
	TEST_END,
};
const struct suite handler_suite = {"handler", tests};
