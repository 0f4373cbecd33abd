/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals, as far as they are here: masks and actions are recorded, a signal is ignored or ends the
 * program at once (blocked or not). A handler is not called: sending to one is -ENOSYS.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <kernel/log.h>
#include <mem/user.h>
#include <posix/process.h>
#include <posix/syscalls.h>

#include "program.h"

LOG_MODULE(posix);

#define SIGNAL_COUNT 64

/*
 * How the C library ends a thread that was cancelled. It sees for itself, at the thread's next
 * cancellation point, but no sleep is cut short for it.
 */
#define SIGNAL_CANCEL 33

/* As the C library hands it over; the handler comes first on all processors. */
struct kernel_sigaction {
	uintptr_t handler;
	uintptr_t rest[3];
};

/* Index: signal - 1. Guarded by nothing: an action is a record for whoever asks. */
static struct kernel_sigaction actions[SIGNAL_COUNT];

static bool ignored_by_default(int signal)
{
	return signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH || signal == SIGCONT ||
	       (signal >= SIGSTOP && signal <= SIGTTOU);
}

/* To a thread of the program or to all of it: that makes no difference yet. */
static long signal_send(int signal)
{
	uintptr_t handler;

	if (signal == 0 || signal == SIGNAL_CANCEL)
		return 0;
	handler = actions[signal - 1].handler;
	if (handler == (uintptr_t)SIG_IGN)
		return 0;
	if (handler != (uintptr_t)SIG_DFL)
		return -ENOSYS;
	if (ignored_by_default(signal))
		return 0;
	log_warn("signal %d ends the program", signal);
	process_exit(128 + signal);
}

static bool signal_valid(int signal)
{
	return signal >= 0 && signal <= SIGNAL_COUNT;
}

long sys_kill(int pid, int signal)
{
	if (!signal_valid(signal))
		return -EINVAL;
	/* 0, -1: the group, all. There is one process. */
	return pid == sys_getpid() || pid == 0 || pid == -1 || pid == -sys_getpid()
		       ? signal_send(signal)
		       : -ESRCH;
}

long sys_tkill(int tid, int signal)
{
	uint64_t ns;

	if (!signal_valid(signal) || tid <= 0)
		return -EINVAL;
	return program_time(tid, &ns) ? -ESRCH : signal_send(signal);
}

long sys_tgkill(int pid, int tid, int signal)
{
	return pid == sys_getpid() ? sys_tkill(tid, signal) : -ESRCH;
}

long sys_rt_sigaction(int signal, const struct kernel_sigaction *act, struct kernel_sigaction *old,
		      size_t sigmask_size)
{
	struct kernel_sigaction next, *slot;

	if (!signal_valid(signal) || !signal || sigmask_size != sizeof(uint64_t) ||
	    (act && (signal == SIGKILL || signal == SIGSTOP)))
		return -EINVAL;
	slot = &actions[signal - 1];
	if (act && user_copy_in(&next, act, sizeof(next)))
		return -EFAULT;
	if (old && user_copy_out(old, slot, sizeof(*slot)))
		return -EFAULT;
	if (act)
		*slot = next;
	return 0;
}
