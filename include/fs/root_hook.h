/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What belongs into the root file system with an option, made when it is mounted. A linker set:
 *
 *	ROOT_HOOK(NET, names) = {make_names};
 */
#pragma once

#include <base/compiler.h>

struct inode;

struct root_hook {
	int (*run)(struct inode *root); /* 0 or a negative errno, which stops the kernel */
};

#define ROOT_HOOK(option, id)                                                                      \
	static const struct root_hook root_hook_##id SECTION_SET_IF(root_hook, option)
