/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in front of the C library's internal header of this name, whose socket calls pass the
 * call's number as an int: too small for the address that it is here.
 */
#include_next <syscall.h>

#ifndef UK_MUSL_SYSCALL_H
#define UK_MUSL_SYSCALL_H

#undef __socketcall
#undef __socketcall_cp
#define __socketcall(name, a, b, c, d, e, f)	__syscall(SYS_##name, a, b, c, d, e, f)
#define __socketcall_cp(name, a, b, c, d, e, f) __syscall_cp(SYS_##name, a, b, c, d, e, f)

#endif
