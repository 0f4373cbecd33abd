/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of files: nothing is mapped. */
#include <errno.h>

#include <mem/vm.h>
#include <mem/vm_source.h>

int vm_map(uintptr_t *address, size_t size, unsigned attrs, enum vm_kind kind, unsigned flags,
	   const char *name)
{
	(void)address, (void)size, (void)attrs, (void)kind, (void)flags, (void)name;
	return -ENOMEM;
}

int vm_source_map(uintptr_t *address, size_t size, const struct vm_region *region, unsigned flags)
{
	(void)address, (void)size, (void)region, (void)flags;
	return -ENOMEM;
}

void vm_source_cut(struct vm_source *source, uint64_t first)
{
	(void)source, (void)first;
}
