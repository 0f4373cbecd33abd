/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setuid() and its kin, instead of the C library's file of this name: there is one user, 0. The
 * call's "number" is of no use (and is cut to an int here, posix/musl/syscall_arch.h).
 */
#include <errno.h>

#include "start.h"

/* -1 means "leave as it is" in the calls with several ids. */
START_HIDDEN int __setxid(int call, int id, int effective_id, int saved_id)
{
	(void)call;
	if ((id == 0 || id == -1) && (effective_id == 0 || effective_id == -1) &&
	    (saved_id == 0 || saved_id == -1))
		return 0;
	return __syscall_ret(-EPERM);
}
