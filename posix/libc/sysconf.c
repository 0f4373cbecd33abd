/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the system can do, as it is here: the C library's own answers are those of a Linux with
 * processes and a shell, and deny the priorities of threads that we have.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "libc.h"
#include "syscall.h"

#define UNLIMITED (-1) /* or the option is not there */

/* Limits of ours (docs/limits.md). */
#define THREADS	 2048
#define QUEUES	 32
#define TIMERS	 64
#define SIGNALS	 128
#define RT_FIRST 35
#define UK_PAGE	 4096

static long processors(void)
{
	unsigned long mask[16] = {0};
	long count = 0;

	__syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	for (int i = 0; i < 16; i++)
		count += __builtin_popcountl(mask[i]);
	return count;
}

static long pages(int name)
{
	struct sysinfo info;

	sysinfo(&info);
	return (long)((name == _SC_PHYS_PAGES ? info.totalram : info.freeram) * info.mem_unit /
		      UK_PAGE);
}

static long resource(int which)
{
	struct rlimit limit;

	getrlimit(which, &limit);
	return limit.rlim_cur > LONG_MAX ? UNLIMITED : (long)limit.rlim_cur;
}

static long signal_stack(int name)
{
	long size = (long)getauxval(AT_MINSIGSTKSZ);

	if (size < MINSIGSTKSZ)
		size = MINSIGSTKSZ;
	return name == _SC_SIGSTKSZ ? size + SIGSTKSZ - MINSIGSTKSZ : size;
}

/* Those with a number. 0: it is none of them. */
static long number(int name)
{
	switch (name) {
	case _SC_ARG_MAX:
		return ARG_MAX;
	case _SC_CLK_TCK:
		return 100;
	case _SC_NGROUPS_MAX:
		return NGROUPS_MAX;
	case _SC_TZNAME_MAX:
		return TZNAME_MAX;
	case _SC_DELAYTIMER_MAX:
		return DELAYTIMER_MAX;
	case _SC_MQ_OPEN_MAX:
		return QUEUES;
	case _SC_MQ_PRIO_MAX:
		return MQ_PRIO_MAX;
	case _SC_PAGE_SIZE:
		return UK_PAGE;
	case _SC_RTSIG_MAX:
		return _NSIG - RT_FIRST;
	case _SC_SEM_VALUE_MAX:
		return SEM_VALUE_MAX;
	case _SC_SIGQUEUE_MAX:
		return SIGNALS;
	case _SC_TIMER_MAX:
		return TIMERS;
	case _SC_BC_BASE_MAX:
		return _POSIX2_BC_BASE_MAX;
	case _SC_BC_DIM_MAX:
		return _POSIX2_BC_DIM_MAX;
	case _SC_BC_SCALE_MAX:
		return _POSIX2_BC_SCALE_MAX;
	case _SC_BC_STRING_MAX:
		return _POSIX2_BC_STRING_MAX;
	case _SC_COLL_WEIGHTS_MAX:
		return COLL_WEIGHTS_MAX;
	case _SC_RE_DUP_MAX:
		return RE_DUP_MAX;
	case _SC_IOV_MAX:
		return IOV_MAX;
	case _SC_LOGIN_NAME_MAX:
		return LOGIN_NAME_MAX;
	case _SC_TTY_NAME_MAX:
		return TTY_NAME_MAX;
	case _SC_HOST_NAME_MAX:
		return HOST_NAME_MAX;
	case _SC_SYMLOOP_MAX:
		return SYMLOOP_MAX;
	case _SC_THREAD_DESTRUCTOR_ITERATIONS:
		return PTHREAD_DESTRUCTOR_ITERATIONS;
	case _SC_THREAD_KEYS_MAX:
		return PTHREAD_KEYS_MAX;
	case _SC_THREAD_STACK_MIN:
		return PTHREAD_STACK_MIN;
	case _SC_THREAD_THREADS_MAX:
		return THREADS;
	case _SC_NZERO:
		return NZERO;
	case _SC_XOPEN_VERSION:
	case _SC_XOPEN_XCU_VERSION:
		return _XOPEN_VERSION;
	case _SC_JOB_CONTROL:
	case _SC_SAVED_IDS:
	case _SC_REGEXP:
	case _SC_XOPEN_UNIX:
	case _SC_XOPEN_ENH_I18N:
	case _SC_XBS5_LP64_OFF64:
	case _SC_V6_LP64_OFF64:
	case _SC_V7_LP64_OFF64:
		return 1;
	}
	return 0;
}

/* Options of POSIX that are there. */
static bool option(int name)
{
	switch (name) {
	case _SC_VERSION:
	case _SC_2_VERSION:
	case _SC_2_C_BIND:
	case _SC_REALTIME_SIGNALS:
	case _SC_PRIORITY_SCHEDULING:
	case _SC_TIMERS:
	case _SC_ASYNCHRONOUS_IO:
	case _SC_FSYNC:
	case _SC_MAPPED_FILES:
	case _SC_MEMLOCK:
	case _SC_MEMLOCK_RANGE:
	case _SC_MEMORY_PROTECTION:
	case _SC_MESSAGE_PASSING:
	case _SC_SEMAPHORES:
	case _SC_SHARED_MEMORY_OBJECTS:
	case _SC_THREADS:
	case _SC_THREAD_SAFE_FUNCTIONS:
	case _SC_THREAD_ATTR_STACKADDR:
	case _SC_THREAD_ATTR_STACKSIZE:
	case _SC_THREAD_PRIORITY_SCHEDULING:
	case _SC_THREAD_PRIO_INHERIT:
	case _SC_THREAD_PRIO_PROTECT:
	case _SC_THREAD_ROBUST_PRIO_INHERIT:
	case _SC_THREAD_ROBUST_PRIO_PROTECT:
	case _SC_THREAD_PROCESS_SHARED:
	case _SC_ADVISORY_INFO:
	case _SC_BARRIERS:
	case _SC_CLOCK_SELECTION:
	case _SC_CPUTIME:
	case _SC_THREAD_CPUTIME:
	case _SC_MONOTONIC_CLOCK:
	case _SC_READER_WRITER_LOCKS:
	case _SC_SPIN_LOCKS:
	case _SC_TIMEOUTS:
	case _SC_IPV6:
		return true;
	}
	return false;
}

/* Names that say that something is not there, or has no limit. */
static bool denied(int name)
{
	switch (name) {
	case _SC_CHILD_MAX:
	case _SC_STREAM_MAX:
	case _SC_PRIORITIZED_IO ... _SC_SYNCHRONIZED_IO:
	case _SC_AIO_LISTIO_MAX ... _SC_AIO_MAX:
	case _SC_SEM_NSEMS_MAX:
	case _SC_EXPR_NEST_MAX:
	case _SC_LINE_MAX:
	case _SC_2_C_DEV ... _SC_2_LOCALEDEF:
	case _SC_GETGR_R_SIZE_MAX ... _SC_GETPW_R_SIZE_MAX:
	case _SC_ATEXIT_MAX ... _SC_PASS_MAX:
	case _SC_XOPEN_CRYPT:
	case _SC_XOPEN_SHM ... _SC_2_CHAR_TERM:
	case _SC_2_UPE:
	case _SC_XOPEN_XPG2 ... _SC_XOPEN_XPG4:
	case _SC_XBS5_ILP32_OFF32 ... _SC_XBS5_ILP32_OFFBIG:
	case _SC_XBS5_LPBIG_OFFBIG ... _SC_XOPEN_REALTIME_THREADS:
	case _SC_SHELL:
	case _SC_SPAWN ... _SC_THREAD_SPORADIC_SERVER:
	case _SC_TYPED_MEMORY_OBJECTS:
	case _SC_2_PBS ... _SC_2_PBS_TRACK:
	case _SC_2_PBS_CHECKPOINT ... _SC_V6_ILP32_OFFBIG:
	case _SC_V6_LPBIG_OFFBIG:
	case _SC_TRACE ... _SC_TRACE_LOG:
	case _SC_RAW_SOCKETS:
	case _SC_V7_ILP32_OFF32 ... _SC_V7_ILP32_OFFBIG:
	case _SC_V7_LPBIG_OFFBIG:
	case _SC_SS_REPL_MAX ... _SC_TRACE_USER_EVENT_MAX:
		return true;
	}
	return false;
}

long sysconf(int name)
{
	long value;

	switch (name) {
	case _SC_OPEN_MAX:
		return resource(RLIMIT_NOFILE);
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return processors();
	case _SC_PHYS_PAGES:
	case _SC_AVPHYS_PAGES:
		return pages(name);
	case _SC_MINSIGSTKSZ:
	case _SC_SIGSTKSZ:
		return signal_stack(name);
	case _SC_AIO_PRIO_DELTA_MAX:
	case _SC_STREAMS:
	case _SC_XOPEN_STREAMS:
		return 0;
	}
	value = number(name);
	if (value)
		return value;
	if (option(name))
		return _POSIX_VERSION;
	if (!denied(name))
		errno = EINVAL;
	return UNLIMITED;
}
