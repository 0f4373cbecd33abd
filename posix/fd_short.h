/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The straight way of read and write for few bytes: what fd_get() and file_put() do, in line. It is
 * what threads pass messages by.
 */
#pragma once

#include <base/compiler.h>
#include <fs/file.h>
#include <kernel/spinlock.h>

struct fd_table {
	struct spinlock lock; /* guards: */
	unsigned size;
	struct file **files;
};

extern struct fd_table fd_table;

static ALWAYS_INLINE struct file *fd_get_here(int fd)
{
	struct irq_state state = arch_irq_save();
	struct file *file = NULL;

	spinlock_acquire_here(&fd_table.lock);
	if (LIKELY((unsigned)fd < fd_table.size)) {
		file = fd_table.files[fd];
		if (LIKELY(file))
			file_get(file);
	}
	spinlock_release(&fd_table.lock);
	arch_irq_restore(state);
	return file;
}

static ALWAYS_INLINE void file_put_here(struct file *file)
{
	if (UNLIKELY(!__atomic_sub_fetch(&file->refs, 1, __ATOMIC_ACQ_REL)))
		file_end(file);
}

static ALWAYS_INLINE bool file_is_short(const struct file *file, size_t size, unsigned right)
{
	return size - 1 < FILE_SHORT && file->rights & right;
}
