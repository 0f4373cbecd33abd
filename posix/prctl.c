/* SPDX-License-Identifier: BSD-2-Clause */
/* prctl(): the calling thread's name. */
#include <errno.h>
#include <sys/prctl.h>

#include <kernel/thread.h>
#include <mem/user.h>
#include <posix/syscalls.h>

long sys_prctl(int option, unsigned long arg, unsigned long arg3, unsigned long arg4, unsigned long arg5)
{
	struct thread *self = thread_current();
	char name[THREAD_NAME_MAX];
	long length;

	(void)arg3;
	(void)arg4;
	(void)arg5;
	switch (option) {
	case PR_GET_NAME:
		return user_copy_out((void *)arg, self->name, sizeof(self->name));
	case PR_SET_NAME:
		length = user_copy_string(name, (const char *)arg, sizeof(name));
		if (length == -EFAULT)
			return length;
		/* A longer one is cut. */
		for (unsigned i = 0; i < sizeof(name) - 1; i++)
			self->name[i] = length >= 0 && i > length ? 0 : name[i];
		return 0;
	}
	return -EINVAL;
}
