/* SPDX-License-Identifier: BSD-2-Clause */
/* [reboot(2)] The machine's end, asked for by the program. */
#include <errno.h>
#include <sys/reboot.h>

#include <kernel/power.h>
#include <posix/process.h>
#include <posix/syscalls.h>

#define MAGIC 0xfee1dead

long sys_reboot(long magic, long magic2, int command, void *arg)
{
	(void)arg;
	/* The C library gives the first one as it is; riscv64 takes an int to be sign-extended. */
	if ((unsigned)magic != MAGIC || magic2 != 672274793)
		return -EINVAL;
	switch (command) {
	case RB_AUTOBOOT:
		power_end();
		power_reboot();
	case RB_HALT_SYSTEM:
	case RB_POWER_OFF:
		process_exit(0);
	default:
		return -EINVAL;
	}
}
