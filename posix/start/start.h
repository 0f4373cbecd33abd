/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of posix/start. */
#pragma once

#include <abi/start.h>

#define START_HIDDEN __attribute__((__visibility__("hidden")))

/* Write the auxiliary vector at info->auxv. */
START_HIDDEN void start_auxv_fill(struct uk_start_info *info);

/* Stubs, made from posix/table.def. A negative errno is an error. */
START_HIDDEN long uk_sys_nosys(long number);
START_HIDDEN long uk_sys_set_tp(uintptr_t tp);
START_HIDDEN long uk_sys_exit(int status);
START_HIDDEN long uk_sys_exit_group(int status);

/* The C library's: sets errno from a negative errno and returns -1, or returns the value. */
START_HIDDEN long __syscall_ret(unsigned long value);
