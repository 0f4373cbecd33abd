/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/membarrier.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "suite.h"

static void name(void)
{
	struct utsname name;

	CHECK(!uname(&name) && !strcmp(name.sysname, "Unishyper"));
#if defined(__aarch64__)
	CHECK(!strcmp(name.machine, "aarch64"));
#elif defined(__x86_64__)
	CHECK(!strcmp(name.machine, "x86_64"));
#else
	CHECK(!strcmp(name.machine, "riscv64"));
#endif
}

static void ids(void)
{
	CHECK(getpid() == 1 && getppid() == 0 && !getuid() && !geteuid() && !getgid() &&
	      !getegid());
	CHECK(!setuid(0) && setuid(5) == -1 && errno == EPERM);
}

static void memory_numbers(void)
{
	struct sysinfo info;

	CHECK(!sysinfo(&info));
	CHECK(info.mem_unit == 4096 && info.freeram > 0 && info.freeram < info.totalram);
	CHECK(info.totalram <= 128 * 256 && info.totalram > 100 * 256);
	CHECK(info.procs >= 1);
	CHECK(sysconf(_SC_PAGESIZE) == 4096 && sysconf(_SC_PHYS_PAGES) == (long)info.totalram);
	CHECK(getauxval(AT_PAGESZ) == 4096 && getauxval(AT_RANDOM));
}

static void limits(void)
{
	struct rlimit limit, none = {0, 0};

	CHECK(!getrlimit(RLIMIT_STACK, &limit) && limit.rlim_cur == 1 << 20);
	CHECK(!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur == 1024);
	CHECK(!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur == RLIM_INFINITY);
	CHECK(!setrlimit(RLIMIT_CORE, &none));
	CHECK_ERRNO(setrlimit(RLIMIT_STACK, &none), EPERM);
	CHECK_ERRNO(getrlimit(999, &limit), EINVAL);
}

static void randomness(void)
{
	unsigned char a[1000] = {0}, b[1000] = {0};
	int bits = 0;

	CHECK(getrandom(a, sizeof(a), 0) == sizeof(a));
	CHECK(getrandom(b, sizeof(b), GRND_NONBLOCK) == sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(a); i++)
		bits += __builtin_popcount(a[i]);
	CHECK(bits > 3600 && bits < 4400);
	CHECK(getrandom(a, 0, 0) == 0);
	CHECK_ERRNO(getrandom(a, 1, 0x100), EINVAL);
	CHECK(!getentropy(a, 256));
}

static void unknown_call(void)
{
	CHECK_ERRNO(syscall(SYS_swapon, "x", 0), ENOSYS);
	CHECK_ERRNO(syscall(1 << 20), ENOSYS);
	CHECK_ERRNO(syscall(-1), ENOSYS);
}

static void handler(int signal)
{
	(void)signal;
}

/* As far as signals are there. */
static void signals(void)
{
	struct sigaction action = {.sa_handler = handler}, old;
	sigset_t set, seen;

	CHECK(!sigaction(SIGUSR1, &action, &old) && old.sa_handler == SIG_DFL);
	CHECK(!sigaction(SIGUSR1, NULL, &old) && old.sa_handler == handler);
	CHECK(signal(SIGUSR1, SIG_IGN) == handler && !raise(SIGUSR1) && !kill(getpid(), SIGUSR1));
	CHECK(signal(SIGUSR1, SIG_DFL) == SIG_IGN);
	CHECK(!raise(SIGCHLD) && !kill(1, 0));
	CHECK_ERRNO(sigaction(SIGKILL, &action, NULL), EINVAL);
	CHECK_ERRNO(kill(77, 0), ESRCH);
	CHECK_ERRNO(syscall(SYS_tkill, 987654, 0), ESRCH);
	CHECK_ERRNO(syscall(SYS_tgkill, 1, gettid(), 99), EINVAL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK(!pthread_sigmask(SIG_BLOCK, &set, NULL) &&
	      !pthread_sigmask(SIG_SETMASK, NULL, &seen));
	CHECK(sigismember(&seen, SIGUSR2) && !sigismember(&seen, SIGUSR1));
	CHECK(!pthread_sigmask(SIG_UNBLOCK, &set, &seen) && sigismember(&seen, SIGUSR2));
}

static void barriers(void)
{
	CHECK(membarrier(MEMBARRIER_CMD_QUERY, 0) > 0);
	CHECK(!membarrier(MEMBARRIER_CMD_GLOBAL, 0));
	CHECK(!membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
	CHECK_ERRNO(membarrier(MEMBARRIER_CMD_GLOBAL, 5), EINVAL);
}

static const struct test tests[] = {
	TEST(name),	    TEST(ids),	   TEST(memory_numbers), TEST(limits), TEST(randomness),
	TEST(unknown_call), TEST(signals), TEST(barriers),	 TEST_END,
};
const struct suite system_suite = {"system", tests};
