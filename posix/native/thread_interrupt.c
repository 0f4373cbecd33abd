/* SPDX-License-Identifier: BSD-2-Clause */
#include <unishyper/thread.h>

#include "native.h"

int thread_interrupt(int id)
{
	return (int)uk_sys_thread_interrupt(id);
}
