/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs before the program does, in its main thread, all devices and CPUs being there: mounting
 * disks, bringing up the network. A linker set, in no promised order, mostly of options:
 *
 *	START_HOOK(FS, disks) = {mount_disks};
 */
#pragma once

#include <base/compiler.h>

struct start_hook {
	void (*run)(void);
};

#define START_HOOK(option, id)                                                                     \
	static const struct start_hook start_##id SECTION_SET_IF(start, option)
