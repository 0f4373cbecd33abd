/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For programs without a file system: the sets of what inodes can do, which the linker makes only
 * of what is there, have an element of nobody.
 */
#include <fs/inode.h>

#define OF_NOBODY(op)                                                                              \
	static const struct inode_op op##_of_nobody                                                \
		__attribute__((used, section("inode_" #op), aligned(8)))

OF_NOBODY(allocate);
OF_NOBODY(entries);
OF_NOBODY(next);
OF_NOBODY(read);
OF_NOBODY(source);
OF_NOBODY(truncate);
OF_NOBODY(write);
OF_NOBODY(zero);
