/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library sets its thread pointer here; the FS base can be written by the kernel alone. */
#include <stdint.h>

__attribute__((__visibility__("hidden"))) long uk_sys_set_tp(uintptr_t tp);

__attribute__((__visibility__("hidden"))) int __set_thread_area(void *tp)
{
	return uk_sys_set_tp((uintptr_t)tp);
}
