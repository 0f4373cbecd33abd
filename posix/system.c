/* SPDX-License-Identifier: BSD-2-Clause */
/* What machine and system this is. */
#define _GNU_SOURCE /* domainname */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <arch/cpu.h>
#include <arch/layout.h>
#include <base/str.h>
#include <kernel/clock.h>
#include <kernel/thread.h>
#include <mem/frame.h>
#include <mem/user.h>
#include <mem/vm.h>
#include <posix/syscalls.h>

static struct utsname names = {
	.sysname = "Unishyper",
	.nodename = "unishyper",
	.release = "1.0.0",
	.version = "in C",
	.machine = ARCH_MACHINE,
};

long sys_uname(struct utsname *name)
{
	return user_copy_out(name, &names, sizeof(names));
}

/* The new name at once, or none of it. */
static long name_set(char field[sizeof(names.nodename)], const char *user, size_t length)
{
	char name[sizeof(names.nodename)] = {0};

	if (length >= sizeof(name))
		return -EINVAL;
	if (user_copy_in(name, user, length))
		return -EFAULT;
	memcpy(field, name, sizeof(name));
	return 0;
}

long sys_sethostname(const char *name, size_t length)
{
	return name_set(names.nodename, name, length);
}

long sys_setdomainname(const char *name, size_t length)
{
	return name_set(names.domainname, name, length);
}

long sys_sysinfo(struct sysinfo *info)
{
	struct sysinfo result = {0};
	result.uptime = clock_monotonic_ns() / NS_PER_S;
	result.totalram = frame_total_count();
	result.freeram = vm_free_frames();
	result.mem_unit = PAGE_SIZE;
	result.procs = (unsigned short)thread_count();
	/* The C library's structure has room for more; it is not written. */
	return user_copy_out(info, &result, offsetof(struct sysinfo, __reserved));
}
