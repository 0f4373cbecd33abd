/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/random.h>

#include <base/bits.h>
#include <kernel/random.h>
#include <mem/user.h>
#include <posix/syscalls.h>

/*
 * The generator is seeded before the program begins: no flag makes a difference, and all is given
 * at once.
 */
long sys_getrandom(void *buf, size_t len, unsigned int flags)
{
	uint8_t block[256];
	size_t done = 0;

	if (flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | 4))
		return -EINVAL;
	len = MIN(len, (size_t)INT32_MAX);
	while (done < len) {
		size_t size = MIN(len - done, sizeof(block));

		random_get(block, size);
		if (user_copy_out((char *)buf + done, block, size))
			return done ? (long)done : -EFAULT;
		done += size;
	}
	return (long)done;
}
