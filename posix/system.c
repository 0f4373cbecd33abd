/* SPDX-License-Identifier: BSD-2-Clause */
/* What machine and system this is. */
#include <stddef.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <arch/cpu.h>
#include <arch/layout.h>
#include <base/str.h>
#include <kernel/clock.h>
#include <kernel/thread.h>
#include <mem/frame.h>
#include <mem/user.h>
#include <posix/syscalls.h>

long sys_uname(struct utsname *name)
{
	static const struct utsname constant = {
		.sysname = "Unishyper",
		.nodename = "unishyper",
		.release = "1.0.0",
		.version = "in C",
		.machine = ARCH_MACHINE,
	};

	return user_copy_out(name, &constant, sizeof(constant));
}

long sys_sysinfo(struct sysinfo *info)
{
	struct sysinfo result = {0};
	result.uptime = clock_monotonic_ns() / NS_PER_S;
	result.totalram = frame_total_count();
	result.freeram = frame_free_count();
	result.mem_unit = PAGE_SIZE;
	result.procs = (unsigned short)thread_count();
	/* The C library's structure has room for more; it is not written. */
	return user_copy_out(info, &result, offsetof(struct sysinfo, __reserved));
}
