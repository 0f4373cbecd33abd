/* SPDX-License-Identifier: BSD-2-Clause */
/* Time in nanoseconds, since POSIX has no cycles, and pages of memory. */
#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include "test.h"

uint64_t test_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

int test_page(void **page)
{
	*page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return *page == MAP_FAILED ? errno : 0;
}

void test_page_end(void *page)
{
	munmap(page, 4096);
}
