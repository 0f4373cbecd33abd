/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stubs the C library calls, one for each line of posix/table.def: assembly, used by the
 * generated stubs.S only. impl/stub.h defines two macros:
 *
 *   SYSCALL_STUB name          uk_sys_name: leave the application's stack, call sys_name with the
 *                              same arguments, serve what is pending, return its result
 *   SYSCALL_STUB_RESTART name  the same for a call that may have to be made again after a signal
 *                              (riscv64: both have the numbers of those arguments behind the name
 *                              that are unsigned and of 32 bits)
 *   NOSYS_STUB name, number    uk_sys_name: the same as uk_sys_nosys(number)
 */
#pragma once

#include <impl/stub.h>
