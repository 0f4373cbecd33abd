/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of the processor as signals: a handler returns, repairs, changes the context or jumps. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "../posix/suite.h"

static sigjmp_buf back;
static volatile int caught, code;
static void *volatile address;
static volatile uintptr_t zero;

static void jump(int signal, siginfo_t *info, void *context)
{
	(void)context;
	caught = signal;
	code = info->si_code;
	address = info->si_addr;
	siglongjmp(back, 1);
}

static void act(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	caught = code = 0;
	EXPECT(!sigaction(signal, &action, NULL));
}

static void null_write(void)
{
	act(SIGSEGV, jump, 0);
	for (volatile int i = 0; i < 50; i++) {
		caught = 0;
		if (!sigsetjmp(back, 1))
			*(volatile int *)(zero + 16) = 1;
		CHECK(caught == SIGSEGV && code == SEGV_MAPERR && address == (void *)16);
	}
	signal(SIGSEGV, SIG_DFL);
}

static void null_call(void)
{
	act(SIGSEGV, jump, 0);
	if (!sigsetjmp(back, 1))
		((void (*)(void))zero)();
	CHECK(caught == SIGSEGV);
	signal(SIGSEGV, SIG_DFL);
}

static void no_right(void)
{
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	act(SIGSEGV, jump, 0);
	if (!sigsetjmp(back, 1))
		*(volatile char *)page = 1;
	CHECK(caught == SIGSEGV && code == SEGV_ACCERR && address == page);
	munmap((void *)page, 4096);
	signal(SIGSEGV, SIG_DFL);
}

static void illegal(void)
{
	act(SIGILL, jump, 0);
	act(SIGTRAP, jump, 0);
	if (!sigsetjmp(back, 1))
		__builtin_trap();
	CHECK(caught == SIGILL || caught == SIGTRAP);
	signal(SIGILL, SIG_DFL);
	signal(SIGTRAP, SIG_DFL);
}

static void division(void)
{
	volatile int result;

	act(SIGFPE, jump, 0);
	if (!sigsetjmp(back, 1))
		result = 7 / (int)zero;
	(void)result;
#ifdef __x86_64__
	CHECK(caught == SIGFPE && code == FPE_INTDIV);
#else
	CHECK(!caught); /* these processors do not trap */
#endif
	signal(SIGFPE, SIG_DFL);
}

static volatile char *page;

static void repair(int signal, siginfo_t *info, void *context)
{
	(void)context;
	caught = signal;
	mprotect((void *)((uintptr_t)info->si_addr & -4096ul), 4096, PROT_READ | PROT_WRITE);
}

static void repaired(void)
{
	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	act(SIGSEGV, repair, 0);
	page[100] = 7;
	CHECK(caught == SIGSEGV && page[100] == 7);
	munmap((void *)page, 4096);
	signal(SIGSEGV, SIG_DFL);
}

static volatile int landed;

static void land(void)
{
	landed = 1;
	siglongjmp(back, 1);
}

/* The handler decides where the program goes on. */
static void redirect(int signal, siginfo_t *info, void *context)
{
	ucontext_t *there = context;

	(void)info;
	caught = signal;
#if defined(__x86_64__)
	there->uc_mcontext.gregs[REG_RIP] = (long)land;
	there->uc_mcontext.gregs[REG_RSP] = (there->uc_mcontext.gregs[REG_RSP] & -16) - 136;
#elif defined(__aarch64__)
	there->uc_mcontext.pc = (uintptr_t)land;
#else
	there->uc_mcontext.__gregs[REG_PC] = (uintptr_t)land;
#endif
}

static void redirected(void)
{
	landed = 0;
	act(SIGSEGV, redirect, 0);
	if (!sigsetjmp(back, 1))
		*(volatile int *)zero = 1;
	CHECK(caught == SIGSEGV && landed);
	signal(SIGSEGV, SIG_DFL);
}

static int deeper(int depth)
{
	volatile char room[300];

	room[depth & 255] = 1;
	return depth < 0 ? room[0] : deeper(depth + 1) + room[1];
}

static char stack[16384];

static void overflow(void)
{
	stack_t next = {.ss_sp = stack, .ss_size = sizeof(stack)};

	EXPECT(!sigaltstack(&next, NULL));
	act(SIGSEGV, jump, SA_ONSTACK);
	if (!sigsetjmp(back, 1))
		deeper((int)zero);
	EXPECT(caught == SIGSEGV);
	next.ss_flags = SS_DISABLE;
	EXPECT(!sigaltstack(&next, NULL));
	signal(SIGSEGV, SIG_DFL);
}

static void *overflow_in_thread(void *arg)
{
	overflow();
	return arg;
}

static void overflow_of_a_thread(void)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, overflow_in_thread, NULL));
	CHECK(!pthread_join(thread, NULL));
}

static void *fault_blocked(void *arg)
{
	sigset_t set;

	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	*(volatile int *)zero = 1;
	return arg;
}

/* What cannot be handled ends the thread with a report, as without a handler. */
static void blocked(void)
{
	pthread_t thread;
	void *result;

	act(SIGSEGV, jump, 0);
	CHECK(!pthread_create(&thread, NULL, fault_blocked, NULL));
	CHECK(!pthread_join(thread, &result) && result == PTHREAD_CANCELED && !caught);
	signal(SIGSEGV, SIG_DFL);
}

/* A bad pointer to a system call is an error, not a signal. */
static void not_for_calls(void)
{
	act(SIGSEGV, jump, 0);
	CHECK_ERRNO(write(1, (void *)(zero + 8), 10), EFAULT);
	CHECK(!caught);
	signal(SIGSEGV, SIG_DFL);
}

static double sum(int n)
{
	volatile char *hole = (volatile char *)zero;
	double s = 0;

	for (int i = 1; i < n; i++) {
		s += 1.0 / i;
		if (i == n / 2 && hole == page)
			*hole = 1;
	}
	return s;
}

static void skip(int signal, siginfo_t *info, void *context)
{
	volatile double noise = 3.0;

	(void)context;
	for (int i = 0; i < 30; i++)
		noise = noise * 1.1 + i;
	caught = signal;
	mmap((void *)((uintptr_t)info->si_addr & -4096ul), 4096, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* The floating-point registers are in use when the fault comes. */
static void floats(void)
{
	double expected;

	page = (volatile char *)1;
	expected = sum(1000);

	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	zero = (uintptr_t)page;
	act(SIGSEGV, skip, 0);
	CHECK(sum(1000) == expected && caught == SIGSEGV);
	munmap((void *)page, 4096);
	page = NULL;
	zero = 0;
	signal(SIGSEGV, SIG_DFL);
}

static const struct test tests[] = {
	TEST(null_write), TEST(null_call),     TEST(no_right),
	TEST(illegal),	  TEST(division),      TEST(repaired),
	TEST(redirected), TEST(overflow),      TEST(overflow_of_a_thread),
	TEST(blocked),	  TEST(not_for_calls), TEST(floats),
	TEST_END,
};
const struct suite fault_suite = {"fault", tests};
