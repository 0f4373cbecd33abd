/* SPDX-License-Identifier: BSD-2-Clause */
/* syscall(number, ...), instead of the C library's file of this name. */
#include <stdarg.h>

#include "start.h"
#include "syscall_table.h"

long syscall(long number, ...)
{
	long arg[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(list, long);
	va_end(list);
	if ((unsigned long)number >= uk_syscall_table_size || !uk_syscall_table[number])
		return __syscall_ret(uk_sys_nosys(number));
	return __syscall_ret(
		uk_syscall_table[number](arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]));
}
