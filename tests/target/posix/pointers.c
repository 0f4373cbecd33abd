/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every pointer of every call may be anything: page 0, a hole, memory without rights, constants
 * where something is written, kernel addresses, addresses no CPU has, the end of memory. The answer
 * is EFAULT and the program goes on.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite.h"

static const char constant[4096] __attribute__((aligned(4096))) = "constant";
static long good[512];
static int zero_fd, sink_fd;

enum { IN, OUT };

/*
 * Arguments: BAD is the pointer tried, GOOD a buffer, ZERO and SINK descriptors of /dev/zero and a
 * file.
 */
#define BAD  0x7000000000000001
#define GOOD 0x7000000000000002
#define ZERO 0x7000000000000003
#define SINK 0x7000000000000004

static const struct call {
	const char *name;
	int number;
	int direction;
	long arg[6];
} calls[] = {
	{"read", SYS_read, OUT, {ZERO, BAD, 8}},
	{"write", SYS_write, IN, {SINK, BAD, 8}},
	{"readv", SYS_readv, IN, {ZERO, BAD, 1}},
	{"writev", SYS_writev, IN, {SINK, BAD, 1}},
	{"fstat", SYS_fstat, OUT, {ZERO, BAD}},
	{"newfstatat", SYS_newfstatat, OUT, {AT_FDCWD, (long)"/", BAD, 0}},
	{"newfstatat path", SYS_newfstatat, IN, {AT_FDCWD, BAD, GOOD, 0}},
	{"openat", SYS_openat, IN, {AT_FDCWD, BAD, 0, 0}},
	{"mkdirat", SYS_mkdirat, IN, {AT_FDCWD, BAD, 0}},
	{"unlinkat", SYS_unlinkat, IN, {AT_FDCWD, BAD, 0}},
	{"renameat2", SYS_renameat2, IN, {AT_FDCWD, BAD, AT_FDCWD, (long)"/x", 0}},
	{"faccessat", SYS_faccessat, IN, {AT_FDCWD, BAD, 0}},
	{"chdir", SYS_chdir, IN, {BAD}},
	{"getcwd", SYS_getcwd, OUT, {BAD, 64}},
	{"clock_gettime", SYS_clock_gettime, OUT, {0, BAD}},
	{"clock_getres", SYS_clock_getres, OUT, {1, BAD}},
	{"nanosleep", SYS_nanosleep, IN, {BAD, 0}},
	{"clock_nanosleep", SYS_clock_nanosleep, IN, {1, 0, BAD, 0}},
	{"gettimeofday", SYS_gettimeofday, OUT, {BAD, 0}},
	{"gettimeofday zone", SYS_gettimeofday, OUT, {GOOD, BAD}},
	{"futex wait", SYS_futex, IN, {BAD, 0, -1, 0, 0, 0}},
	{"futex timeout", SYS_futex, IN, {GOOD, 0, 0, BAD, 0, 0}},
	{"getrandom", SYS_getrandom, OUT, {BAD, 8, 0}},
	{"uname", SYS_uname, OUT, {BAD}},
	{"sysinfo", SYS_sysinfo, OUT, {BAD}},
	{"sched_getaffinity", SYS_sched_getaffinity, OUT, {0, 8, BAD}},
	{"sched_setaffinity", SYS_sched_setaffinity, IN, {0, 8, BAD}},
	{"sched_setscheduler", SYS_sched_setscheduler, IN, {0, 0, BAD}},
	{"sched_getparam", SYS_sched_getparam, OUT, {0, BAD}},
	{"getcpu", SYS_getcpu, OUT, {BAD, 0, 0}},
	{"getcpu node", SYS_getcpu, OUT, {GOOD, BAD, 0}},
	{"rt_sigaction", SYS_rt_sigaction, IN, {12, BAD, 0, 8}},
	{"rt_sigaction old", SYS_rt_sigaction, OUT, {12, 0, BAD, 8}},
	{"rt_sigprocmask", SYS_rt_sigprocmask, IN, {0, BAD, 0, 8}},
	{"rt_sigprocmask old", SYS_rt_sigprocmask, OUT, {0, 0, BAD, 8}},
	{"prlimit64", SYS_prlimit64, OUT, {0, 7, 0, BAD}},
	{"prlimit64 new", SYS_prlimit64, IN, {0, 7, BAD, 0}},
	{"getrusage", SYS_getrusage, OUT, {0, BAD}},
	{"times", SYS_times, OUT, {BAD}},
	{"prctl set name", SYS_prctl, IN, {15, BAD}},
	{"prctl get name", SYS_prctl, OUT, {16, BAD}},
	{"get_robust_list", SYS_get_robust_list, OUT, {0, BAD, GOOD}},
};

static bool refuses(const struct call *call, const void *bad)
{
	long arg[6], result;

	for (int i = 0; i < 6; i++) {
		long a = call->arg[i];

		arg[i] = a == BAD    ? (long)bad
			 : a == GOOD ? (long)good
			 : a == ZERO ? zero_fd
			 : a == SINK ? sink_fd
				     : a;
	}
	errno = 0;
	result = syscall(call->number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	if (result == -1 && errno == EFAULT)
		return true;
	printf("  %s with %p: result %ld, errno %d\n", call->name, bad, result, errno);
	return false;
}

/* Misaligned ones first: futex answers those otherwise. */
static void tried(const void *bad, bool out_only)
{
	int wrong = 0;

	zero_fd = open("/dev/zero", O_RDONLY);
	sink_fd = open("/sink", O_WRONLY | O_CREAT, 0600);
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!out_only || calls[i].direction == OUT)
			wrong += !refuses(&calls[i], bad);
	close(zero_fd);
	close(sink_fd);
	CHECK(!wrong);
}

static void page_zero(void)
{
	tried((void *)8, false);
}

static void hole(void)
{
	tried((void *)0x2000000000, false);
}

static void no_rights(void)
{
	void *at = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(at != MAP_FAILED);
	tried(at, false);
	munmap(at, 4096);
}

static void constants(void)
{
	tried(constant, true);
	CHECK(!strcmp(constant, "constant"));
}

static void code(void)
{
	tried((void *)((uintptr_t)code & -16ul), true);
}

static void kernel(void)
{
	tried((void *)0xffffff8000001000, false);
	tried((void *)0xffff800000001000, false);
	tried((void *)0xffffffc080201000, false);
}

static void nowhere(void)
{
	tried((void *)(1ul << 62), false);
	tried((void *)0x800000000000, false);
	tried((void *)-16l, false);
}

/* The first bytes are there, the rest is not. */
static void half(void)
{
	static const struct call whole[] = {
		{"read", SYS_read, OUT, {ZERO, BAD, 64}},
		{"write", SYS_write, IN, {SINK, BAD, 64}},
		{"uname", SYS_uname, OUT, {BAD}},
		{"sysinfo", SYS_sysinfo, OUT, {BAD}},
		{"clock_gettime", SYS_clock_gettime, OUT, {0, BAD}},
		{"nanosleep", SYS_nanosleep, IN, {BAD, 0}},
		{"openat", SYS_openat, IN, {AT_FDCWD, BAD, 0, 0}},
	};
	char *at = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	     *end;

	CHECK(at != MAP_FAILED && !mprotect(at + 4096, 4096, PROT_NONE));
	end = at + 4096 - 8;
	memset(end, 'x', 8);
	zero_fd = open("/dev/zero", O_RDONLY);
	sink_fd = open("/sink", O_WRONLY | O_CREAT, 0600);
	for (unsigned i = 2; i < sizeof(whole) / sizeof(whole[0]); i++) {
		*(long *)end = whole[i].number == SYS_openat ? 0x7878787878787878 : 0;
		CHECK(refuses(&whole[i], end));
	}
	/* These may also say how far they came. */
	for (unsigned i = 0; i < 2; i++) {
		long done = syscall(whole[i].number, i ? sink_fd : zero_fd, end, 64);

		CHECK((done == -1 && errno == EFAULT) || (done > 0 && done <= 8));
	}
	close(zero_fd);
	close(sink_fd);
	munmap(at, 2 * 4096);
}

static const struct test tests[] = {
	TEST(page_zero), TEST(hole),	TEST(no_rights), TEST(constants), TEST(code),
	TEST(kernel),	 TEST(nowhere), TEST(half),	 TEST_END,
};
const struct suite pointer_suite = {"pointers", tests};
