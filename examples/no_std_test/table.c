/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "tests.h"

const struct test tests[] = {
	{"switch", test_thread_switch},
	{"getid", test_thread_getid},
	{"create", test_thread_create},
	{"mm_thread", test_mm_thread},
	{"allocator_thread", test_allocator_thread},
	{"mm_alloc", test_mm_alloc},
	{"semaphore", test_semaphore},
	{"schedule", test_thread_schedule},
	{NULL, NULL},
};
