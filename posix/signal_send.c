/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending signals. There is one process, number 1, which is also the only group. */
#include <errno.h>

#include <mem/user.h>
#include <posix/syscalls.h>

#include "signals.h"

static bool valid(int signal)
{
	if (signal > SIGNAL_SYNCCALL)
		signal_queue_grow();
	return signal >= 0 && signal <= SIGNAL_COUNT;
}

static bool is_process(int pid)
{
	return pid == sys_getpid() || pid == 0 || pid == -1 || pid == -sys_getpid();
}

static long send_process(int signal, int code, uint64_t value)
{
	const struct signal_info info = {
		.number = signal, .code = code, .value = value, .sender = (int32_t)sys_getpid()};

	return signal ? signal_send_process(&info) : 0;
}

static long send_thread(int tid, int signal, int code, uint64_t value)
{
	const struct signal_info info = {
		.number = signal, .code = code, .value = value, .sender = (int32_t)sys_getpid()};

	return signal_send_id(tid, &info);
}

long sys_kill(int pid, int signal)
{
	if (!valid(signal))
		return -EINVAL;
	return is_process(pid) ? send_process(signal, SI_USER, 0) : -ESRCH;
}

long sys_tkill(int tid, int signal)
{
	if (!valid(signal) || tid <= 0)
		return -EINVAL;
	return send_thread(tid, signal, SI_USER, 0);
}

long sys_tgkill(int pid, int tid, int signal)
{
	if (!valid(signal) || tid <= 0 || pid <= 0)
		return -EINVAL;
	return pid == sys_getpid() ? sys_tkill(tid, signal) : -ESRCH;
}

/* The program says what is told with the signal, but may not pass for the kernel. */
static long queue_info(int signal, const siginfo_t *user, siginfo_t *info)
{
	if (!valid(signal))
		return -EINVAL;
	if (user_copy_in(info, user, sizeof(*info)))
		return -EFAULT;
	return info->si_code >= 0 || info->si_code == SI_TKILL ? -EPERM : 0;
}

long sys_rt_sigqueueinfo(int pid, int signal, const void *user)
{
	siginfo_t info;
	long error = queue_info(signal, user, &info);

	if (error)
		return error;
	if (pid != sys_getpid())
		return -ESRCH;
	return send_process(signal, info.si_code, (uint64_t)info.si_value.sival_ptr);
}

long sys_rt_tgsigqueueinfo(int pid, int tid, int signal, const void *user)
{
	siginfo_t info;
	long error = queue_info(signal, user, &info);

	if (error)
		return error;
	if (pid != sys_getpid() || tid <= 0)
		return pid > 0 && tid > 0 ? -ESRCH : -EINVAL;
	return send_thread(tid, signal, info.si_code, (uint64_t)info.si_value.sival_ptr);
}
