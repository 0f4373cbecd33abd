/* SPDX-License-Identifier: BSD-2-Clause */
/* From a system call's number to its stub; the table is generated and linked for syscall() only. */
#pragma once

#pragma GCC visibility push(hidden)
extern long (*const uk_syscall_table[])();
extern const unsigned long uk_syscall_table_size;
#pragma GCC visibility pop
