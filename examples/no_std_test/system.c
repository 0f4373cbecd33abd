/* SPDX-License-Identifier: BSD-2-Clause */
/* Time in cycles and pages of memory, by the native calls. */
#include <unishyper/mm.h>
#include <unishyper/time.h>

#include "test.h"

uint64_t test_now(void)
{
	return time_now_cycles();
}

int test_page(void **page)
{
	return -mm_allocate(4096, page);
}

void test_page_end(void *page)
{
	mm_deallocate(page);
}
