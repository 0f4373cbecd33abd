/* SPDX-License-Identifier: BSD-2-Clause */
/* mmap() and its kin, over regions (mem/vm.h). */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <sys/mman.h>

#include <base/bits.h>
#include <kernel/log.h>
#include <mem/frame.h>
#include <mem/kstack.h>
#include <mem/vm.h>
#include <posix/syscalls.h>

#include "memory_file.h"

LOG_MODULE(posix);

#define NOREPLACE 0x100000 /* MAP_FIXED_NOREPLACE */

static unsigned attrs_of(int prot)
{
	unsigned attrs = prot & (PROT_READ | PROT_WRITE | PROT_EXEC) ? PAGE_READ | PAGE_APP
								     : PAGE_NONE;

	if (prot & PROT_WRITE)
		attrs |= PAGE_WRITE;
	if (prot & PROT_EXEC)
		attrs |= PAGE_EXEC;
	return attrs;
}

/*
 * Memory is given when it is touched, and then there is no way to say no: what cannot possibly be
 * had is refused here.
 */
static bool memory_lacks(size_t len, bool all)
{
	size_t free, pages = all ? len >> PAGE_SHIFT : 0;

	if (pages > frame_free_count()) {
		kstack_trim(0);
		if (!ARCH_TLB_BROADCAST)
			vm_settle();
	}
	free = frame_free_count();
	if (pages <= free)
		return false;
	log_warn("out of memory: %lu KiB asked for, %lu KiB free", (unsigned long)len >> 10,
		 (unsigned long)free << (PAGE_SHIFT - 10));
	return true;
}

bool (*posix_memory_refuses)(size_t size);

/* In one program, shared and private memory of nobody's are the same. */
long sys_mmap(uintptr_t addr, size_t len, int prot, int flags, int fd, int64_t pos)
{
	size_t size = align_up(len, PAGE_SIZE);
	unsigned attrs = attrs_of(prot), how = 0;
	int error;

	if (!len || pos & (int64_t)PAGE_MASK || !(flags & (MAP_SHARED | MAP_PRIVATE)))
		return -EINVAL;
	if (size < len || (posix_memory_refuses && posix_memory_refuses(size)))
		return -ENOMEM;
	if (flags & NOREPLACE)
		how = VM_FIXED;
	else if (flags & MAP_FIXED)
		how = VM_FIXED_REPLACE;
	else
		addr = align_down(addr, PAGE_SIZE);
	if (flags & (MAP_POPULATE | MAP_LOCKED))
		how |= VM_EAGER;
	if (!(flags & MAP_ANONYMOUS)) {
		if (!posix_mmap_file) /* nothing was ever opened */
			return fd >= 0 && fd <= 2 ? -ENODEV : -EBADF;
		error = posix_mmap_file(fd, &addr, size, attrs, pos,
					(flags & MAP_TYPE) != MAP_PRIVATE, how);
	} else {
		bool all = how & VM_EAGER || (attrs & PAGE_WRITE && !(flags & MAP_NORESERVE));

		error = memory_lacks(size, all) ? -ENOMEM : 0;
		if (!error)
			error = vm_map(&addr, size, attrs, VM_ANON, how, "memory");
	}
	return error ? error : (long)addr;
}

long sys_munmap(uintptr_t addr, size_t len)
{
	return vm_unmap_later(addr, align_up(len, PAGE_SIZE));
}

long sys_mprotect(uintptr_t addr, size_t len, int prot)
{
	size_t size = align_up(len, PAGE_SIZE);

	if (addr & PAGE_MASK)
		return -EINVAL;
	if (size < len)
		return -ENOMEM;
	return vm_protect(addr, size, attrs_of(prot));
}
