/* SPDX-License-Identifier: BSD-2-Clause */
/* The program's first instruction in C: everything before is the kernel's. */
#include <stdlib.h>

#include <abi/start.h>

#include "start.h"

START_HIDDEN int main(int argc, char **argv, char **envp);
START_HIDDEN int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
				   void (*init)(void), void (*fini)(void), void (*rtld_fini)(void));

/*
 * Runs before thread-local storage and the canary exist. The C library finds the environment and
 * the auxiliary vector behind argv, runs the constructors and leaves through exit(main()).
 */
_Noreturn void uk_start(struct uk_start_info *info)
{
	start_auxv_fill(info);
	__libc_start_main(main, info->argc, info->argv, 0, 0, 0);
	__builtin_trap();
}

/*
 * Instead of the C library's file of this name, which would link the end of a thread as well,
 * should the program's end return. The program's start refers to this file before it refers to
 * that.
 */
_Noreturn void _Exit(int status)
{
	uk_sys_exit_group(status);
	__builtin_trap();
}
