/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is there for good. Nothing is ever written out, so locking is filling in advance, and
 * unlocking nothing but checks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>

#include <base/bits.h>
#include <mem/user.h>
#include <mem/vm.h>
#include <posix/syscalls.h>

/* The whole pages of a range. 0, -EINVAL, -ENOMEM: there is a hole. */
static int pages_of(uintptr_t addr, size_t len, uintptr_t *start, uintptr_t *end)
{
	struct vm_region region;

	*start = align_down(addr, PAGE_SIZE);
	*end = align_up(addr + len, PAGE_SIZE);
	if (addr + len < addr || *end < addr)
		return -EINVAL;
	for (uintptr_t at = *start; at < *end; at = region.end)
		if (!vm_find(at, false, &region))
			return -ENOMEM;
	return 0;
}

long sys_mlock(uintptr_t addr, size_t len)
{
	struct vm_region region;
	uintptr_t start, end;
	int error = pages_of(addr, len, &start, &end);

	for (uintptr_t at = start; !error && at < end; at = region.end) {
		if (!vm_find(at, false, &region))
			return -ENOMEM;
		/* The image is there from the start. */
		if (region.kind != VM_IMAGE && vm_populate(at, MIN(end, region.end) - at))
			return -ENOMEM;
	}
	return error;
}

long sys_mlock2(uintptr_t addr, size_t len, unsigned int flags)
{
	uintptr_t start, end;

	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return flags ? pages_of(addr, len, &start, &end) : sys_mlock(addr, len);
}

long sys_munlock(uintptr_t addr, size_t len)
{
	uintptr_t start, end;

	return pages_of(addr, len, &start, &end);
}

/* Regions whose pages come when they are touched, and may be touched. */
static int fill_all(void)
{
	struct vm_region region = {0};

	while (vm_find(region.end, true, &region)) {
		int error = 0;

		if (region.kind == VM_ANON && region.attrs & PAGE_READ)
			error = vm_populate(region.start, region.end - region.start);
		if (error == -ENOMEM) /* -EFAULT: another thread gave it back */
			return error;
	}
	return 0;
}

long sys_mlockall(int flags)
{
	if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (flags & MCL_ONFAULT)
		return 0;
	if (flags & MCL_CURRENT && fill_all())
		return -ENOMEM;
	if (flags & MCL_FUTURE)
		__atomic_store_n(&vm_flags_always, VM_EAGER, __ATOMIC_RELAXED);
	return 0;
}

long sys_munlockall(void)
{
	__atomic_store_n(&vm_flags_always, 0, __ATOMIC_RELAXED);
	return 0;
}
