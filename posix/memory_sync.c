/* SPDX-License-Identifier: BSD-2-Clause */
/* Mapped files and what of memory is there. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>

#include <base/bits.h>
#include <mem/pagetable.h>
#include <mem/user.h>
#include <mem/vm.h>
#include <mem/vm_source.h>
#include <posix/syscalls.h>

/* Is there a region everywhere? */
static bool is_reserved(uintptr_t start, uintptr_t end)
{
	struct vm_region region;

	for (; start < end; start = region.end)
		if (!vm_find(start, false, &region))
			return false;
	return true;
}

long sys_msync(uintptr_t addr, size_t len, int flags)
{
	size_t size = align_up(len, PAGE_SIZE);

	if (addr & PAGE_MASK || flags & ~(MS_ASYNC | MS_SYNC | MS_INVALIDATE) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	if (size < len || !user_range_ok((void *)addr, size) || !is_reserved(addr, addr + size))
		return len ? -ENOMEM : 0;
	return vm_source_sync(addr, addr + size);
}

/* A file's pages are all in memory, those of memory alone when they were touched. */
static unsigned char is_there(uintptr_t page, const struct vm_region *region)
{
	return region->kind == VM_SOURCE || pagetable_query(page, NULL, NULL);
}

long sys_mincore(uintptr_t addr, size_t len, unsigned char *there)
{
	size_t size = align_up(len, PAGE_SIZE);
	struct vm_region region = {0};

	if (addr & PAGE_MASK)
		return -EINVAL;
	if (size < len || !user_range_ok((void *)addr, size) || !is_reserved(addr, addr + size))
		return len ? -ENOMEM : 0;
	for (uintptr_t page = addr; page < addr + size; page += PAGE_SIZE) {
		unsigned char one;

		if (page >= region.end && !vm_find(page, false, &region))
			return -ENOMEM; /* another thread gave it back */
		one = is_there(page, &region);
		if (user_copy_out(there++, &one, 1))
			return -EFAULT;
	}
	return 0;
}
