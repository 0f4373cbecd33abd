/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall.h"

#include <unishyper/cwd.h>

int cwd_path(char *path, size_t size)
{
	long length = __syscall(SYS_getcwd, path, size);

	return length < 0 ? (int)length : 0;
}
