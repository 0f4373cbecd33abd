/* SPDX-License-Identifier: BSD-2-Clause */
/* The rarer calls about memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>

#include <base/bits.h>
#include <kernel/cpu.h>
#include <mem/vm.h>
#include <posix/syscalls.h>

long sys_mremap(uintptr_t addr, size_t len, size_t new_len, int flags, uintptr_t new_addr)
{
	int error;

	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED) || addr & PAGE_MASK || !len || !new_len)
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && (!(flags & MREMAP_MAYMOVE) || new_addr & PAGE_MASK))
		return -EINVAL;
	len = align_up(len, PAGE_SIZE);
	new_len = align_up(new_len, PAGE_SIZE);
	if (!len || !new_len)
		return -EINVAL;
	if (flags & MREMAP_FIXED) {
		error = vm_move(addr, len, new_addr, new_len);
		return error ? error : (long)new_addr;
	}
	error = vm_remap(&addr, len, new_len, flags & MREMAP_MAYMOVE);
	return error ? error : (long)addr;
}

long sys_madvise(uintptr_t addr, size_t len, int advice)
{
	size_t size = align_up(len, PAGE_SIZE);

	if (addr & PAGE_MASK || size < len)
		return -EINVAL;
	if (!size)
		return 0;
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_FREE:
		return vm_discard(addr, size);
	case MADV_WILLNEED:
		return vm_populate(addr, size);
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
		return 0;
	}
	return -EINVAL;
}

/* There is no break to move: the C library's allocator takes all from mmap() when told so. */
long sys_brk(uintptr_t addr)
{
	(void)addr;
	return 0;
}

enum {
	MEMBARRIER_QUERY = 0,
	MEMBARRIER_GLOBAL = 1,
	MEMBARRIER_PRIVATE = 8,
	MEMBARRIER_REGISTER_PRIVATE = 16,
};

static void barrier(void *arg)
{
	(void)arg;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

long sys_membarrier(int command, unsigned int flags)
{
	if (flags)
		return -EINVAL;
	switch (command) {
	case MEMBARRIER_QUERY:
		return MEMBARRIER_GLOBAL | MEMBARRIER_PRIVATE | MEMBARRIER_REGISTER_PRIVATE;
	case MEMBARRIER_GLOBAL:
	case MEMBARRIER_PRIVATE:
		barrier(NULL);
		cpu_call_others(barrier, NULL);
		return 0;
	case MEMBARRIER_REGISTER_PRIVATE:
		return 0;
	}
	return -EINVAL;
}
