/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* O_PATH */
#include "memory_file.h"

#include <errno.h>
#include <fcntl.h>

#include <base/guard.h>
#include <fs/file.h>
#include <mem/vm.h>
#include <posix/fd.h>

__typeof__(mmap_file) *posix_mmap_file;

/* How what a file maps becomes a region is the file's to know. */
int mmap_file(int fd, uintptr_t *addr, size_t size, unsigned attrs, int64_t pos, bool shared,
	      unsigned how)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);
	struct vm_region region = {
		.attrs = attrs, .first_page = (uint64_t)pos >> PAGE_SHIFT, .shared = shared};

	if (!file || file->flags & O_PATH)
		return -EBADF;
	if (pos < 0 || size > (uint64_t)INT64_MAX - (uint64_t)pos)
		return -EOVERFLOW;
	return file->ops->map ? file->ops->map(file, addr, size, &region, how) : -ENODEV;
}
