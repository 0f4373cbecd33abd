/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that this system does not have. */
#include <errno.h>

#include <kernel/log.h>
#include <posix/syscalls.h>

LOG_MODULE(posix);

#define NUMBERS 512

/* Said once for each number. */
long sys_nosys(long number)
{
	static uint32_t said[NUMBERS / 32];
	unsigned long n = (unsigned long)number % NUMBERS;

	if (!(__atomic_fetch_or(&said[n / 32], 1u << n % 32, __ATOMIC_RELAXED) & 1u << n % 32))
		log_warn("system call %ld is not there", number);
	return -ENOSYS;
}
