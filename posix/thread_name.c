/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of threads. */
#include <errno.h>
#include <sys/prctl.h>

#include <base/str.h>
#include <kernel/thread.h>
#include <mem/user.h>
#include <posix/syscalls.h>

struct naming {
	int32_t id;
	char name[THREAD_NAME_MAX];
	bool found;
};

/*
 * The table is locked: the thread stays. Who reads its name meanwhile may see a mixture, but an
 * end.
 */
static void rename_if_found(const struct thread *thread, void *arg)
{
	struct naming *naming = arg;

	if (thread->id != naming->id)
		return;
	str_copy(((struct thread *)(uintptr_t)thread)->name, naming->name, sizeof(thread->name));
	naming->found = true;
}

long sys_thread_set_name(int tid, const char *name)
{
	struct naming naming = {.id = tid ? tid : thread_current()->id};

	if (user_copy_string(naming.name, name, sizeof(naming.name)) == -EFAULT)
		return -EFAULT;
	naming.name[sizeof(naming.name) - 1] = '\0';
	thread_for_each(rename_if_found, &naming);
	return naming.found ? 0 : -ESRCH;
}

long sys_prctl(int option, unsigned long arg, unsigned long arg3, unsigned long arg4,
	       unsigned long arg5)
{
	(void)arg3;
	(void)arg4;
	(void)arg5;
	switch (option) {
	case PR_GET_NAME:
		return user_copy_out((void *)arg, thread_current()->name, THREAD_NAME_MAX);
	case PR_SET_NAME:
		return sys_thread_set_name(0, (const char *)arg);
	}
	return -EINVAL;
}
