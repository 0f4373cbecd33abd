/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/membarrier.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
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
	struct rlimit limit, none = {0, 0}, some = {10, 20}, wrong = {2, 1},
			     unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	CHECK(!getrlimit(RLIMIT_STACK, &limit) && limit.rlim_cur == 1 << 20);
	CHECK(!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur == 1024);
	CHECK(!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur == RLIM_INFINITY);
	CHECK(!setrlimit(RLIMIT_CORE, &none));
	CHECK(!setrlimit(RLIMIT_CPU, &some) && !getrlimit(RLIMIT_CPU, &limit));
	CHECK(limit.rlim_cur == 10 && limit.rlim_max == 20);
	CHECK_ERRNO(setrlimit(RLIMIT_CPU, &wrong), EINVAL);
	CHECK(!setrlimit(RLIMIT_CPU, &unlimited));
	CHECK_ERRNO(getrlimit(999, &limit), EINVAL);
}

/* As much address space as there is, and not a page more. */
static void address_space(void)
{
	struct rlimit limit = {0, RLIM_INFINITY}, unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	void *memory;

	CHECK(!setrlimit(RLIMIT_AS, &limit));
	CHECK_ERRNO((long)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0), ENOMEM);
	CHECK(!setrlimit(RLIMIT_AS, &unlimited));
	memory = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
	CHECK(memory != MAP_FAILED && !munmap(memory, 4096));
}

static void families(void)
{
	siginfo_t info;
	gid_t groups[1];
	uid_t real = 7, effective = 7, saved = 7;

	CHECK(getpgrp() == 1 && getpgid(0) == 1 && getpgid(1) == 1 && getsid(0) == 1);
	CHECK_ERRNO(getpgid(5), ESRCH);
	CHECK_ERRNO(setsid(), EPERM);
	CHECK_ERRNO(setpgid(0, 0), EPERM);
	CHECK_ERRNO(setpgid(0, -3), EINVAL);
	CHECK(!killpg(getpgrp(), 0) && getgroups(0, NULL) == 0 && getgroups(1, groups) == 0);
	CHECK_ERRNO(getgroups(-1, groups), EINVAL);
	CHECK(!setgroups(0, NULL) && !getresuid(&real, &effective, &saved));
	CHECK(!real && !effective && !saved);
	CHECK_ERRNO(wait(NULL), ECHILD);
	CHECK_ERRNO(waitpid(7, NULL, 0x4000), EINVAL);
	CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
	CHECK_ERRNO(waitid(P_ALL, 0, &info, 0), EINVAL);
}

/* What is there, as sysconf() says, and what is not. */
static void configuration(void)
{
	CHECK(sysconf(_SC_THREAD_PRIO_INHERIT) > 0 && sysconf(_SC_THREAD_PRIO_PROTECT) > 0);
	CHECK(sysconf(_SC_PRIORITY_SCHEDULING) > 0 && sysconf(_SC_TIMERS) > 0);
	CHECK(sysconf(_SC_OPEN_MAX) == 1024 && sysconf(_SC_TIMER_MAX) == 64);
	CHECK(sysconf(_SC_SHELL) == -1 && sysconf(_SC_SPAWN) == -1 && !system(NULL));
	CHECK_ERRNO(system("x"), ENOSYS);
	CHECK_ERRNO(sysconf(-1), EINVAL);
	errno = 0;
	CHECK(sysconf(_SC_SEM_NSEMS_MAX) == -1 && !errno);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) == sysconf(_SC_NPROCESSORS_CONF));
}

static void niceness(void)
{
	CHECK(nice(5) == 5 && getpriority(PRIO_PROCESS, 0) == 5);
	CHECK(!setpriority(PRIO_USER, 0, -30) && getpriority(PRIO_PGRP, 1) == -20);
	CHECK(!setpriority(PRIO_PROCESS, 1, 0));
	CHECK_ERRNO(setpriority(9, 0, 0), EINVAL);
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 99, 0), ESRCH);
}

static void host_name(void)
{
	char name[65] = "", old[65];

	CHECK(!gethostname(old, sizeof(old)) && !sethostname("elsewhere", 9));
	CHECK(!gethostname(name, sizeof(name)) && !strcmp(name, "elsewhere"));
	CHECK_ERRNO(sethostname(name, 65), EINVAL);
	CHECK(!sethostname(old, strlen(old)));
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
	TEST(name),	 TEST(ids),	     TEST(memory_numbers),
	TEST(limits),	 TEST(randomness),   TEST(address_space),
	TEST(families),	 TEST(niceness),     TEST(configuration),
	TEST(host_name), TEST(unknown_call), TEST(signals),
	TEST(barriers),	 TEST_END,
};
const struct suite system_suite = {"system", tests};
