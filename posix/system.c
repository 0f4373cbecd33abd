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

/* As the program has set them. */
static bool node_named;
static char node_name[sizeof(((struct utsname *)0)->nodename)];
static char domain_name[sizeof(node_name)];

long sys_uname(struct utsname *name)
{
	struct utsname names = {
		.sysname = "Unishyper",
		.release = "1.0.0",
		.version = "in C",
		.machine = ARCH_MACHINE,
	};

	str_copy(names.nodename, node_named ? node_name : "unishyper", sizeof(names.nodename));
	str_copy(names.domainname, domain_name, sizeof(names.domainname));
	return user_copy_out(name, &names, sizeof(names));
}

/* The new name at once, or none of it. */
static long name_set(char field[sizeof(node_name)], const char *user, size_t length)
{
	char name[sizeof(node_name)] = {0};

	if (length >= sizeof(name))
		return -EINVAL;
	if (user_copy_in(name, user, length))
		return -EFAULT;
	memcpy(field, name, sizeof(name));
	return 0;
}

long sys_sethostname(const char *name, size_t length)
{
	long error = name_set(node_name, name, length);

	node_named |= !error;
	return error;
}

long sys_setdomainname(const char *name, size_t length)
{
	return name_set(domain_name, name, length);
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
