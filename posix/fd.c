/* SPDX-License-Identifier: BSD-2-Clause */
#include <posix/fd.h>

#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/guard.h>
#include <fs/console_file.h>
#include <fs/file.h>
#include <kernel/spinlock.h>
#include <mem/heap.h>

#define FIRST_SIZE 16 /* enough for most programs, without memory of their own */

static struct spinlock fd_lock = SPINLOCK_INIT; /* guards: */
static struct file *first_table[FIRST_SIZE] = {&console_file, &console_file, &console_error_file};
static struct file **table = first_table;
static unsigned table_size = FIRST_SIZE;
static uint64_t close_on_exec[FD_MAX / 64];

/* The lock is held. */
static struct file *file_at(int fd)
{
	return (unsigned)fd < table_size ? table[fd] : NULL;
}

static void put_at(int fd, struct file *file, bool on_exec)
{
	uint64_t bit = UINT64_C(1) << fd % 64;

	table[fd] = file;
	close_on_exec[fd / 64] &= ~bit;
	if (on_exec)
		close_on_exec[fd / 64] |= bit;
}

struct file *fd_get(int fd)
{
	struct irq_state state = spinlock_lock(&fd_lock);
	struct file *file = file_at(fd);

	if (file)
		file_get(file);
	spinlock_unlock(&fd_lock, state);
	return file;
}

void fd_drop(struct file **file)
{
	if (*file)
		file_put(*file);
}

/* Once, to its full size. 0 or -ENOMEM. */
static int grow(void)
{
	struct file **bigger = heap_alloc_zeroed(FD_MAX * sizeof(*bigger));
	struct irq_state state;

	if (!bigger)
		return -ENOMEM;
	state = spinlock_lock(&fd_lock);
	if (table == first_table) {
		memcpy(bigger, first_table, sizeof(first_table));
		table = bigger;
		table_size = FD_MAX;
		bigger = NULL;
	}
	spinlock_unlock(&fd_lock, state);
	heap_free(bigger);
	return 0;
}

int fd_add(struct file *file, int lowest, bool on_exec)
{
	struct irq_state state;
	unsigned size;
	int fd;

	do {
		state = spinlock_lock(&fd_lock);
		size = table_size;
		for (fd = lowest; (unsigned)fd < size && table[fd]; fd++)
			;
		if ((unsigned)fd < size)
			put_at(fd, file, on_exec);
		spinlock_unlock(&fd_lock, state);
		if ((unsigned)fd < size)
			return fd;
		if (size == FD_MAX)
			return -EMFILE;
	} while (!grow());
	return -ENOMEM;
}

int fd_replace(int fd, struct file *file, bool on_exec)
{
	struct file *old CLEANUP(fd_drop) = NULL;
	struct irq_state state;

	if ((unsigned)fd >= FD_MAX)
		return -EBADF;
	if (fd >= FIRST_SIZE && table_size < FD_MAX && grow())
		return -ENOMEM;
	state = spinlock_lock(&fd_lock);
	old = table[fd];
	put_at(fd, file, on_exec);
	spinlock_unlock(&fd_lock, state);
	return 0;
}

struct file *fd_remove(int fd)
{
	struct irq_state state = spinlock_lock(&fd_lock);
	struct file *file = file_at(fd);

	if (file)
		put_at(fd, NULL, false);
	spinlock_unlock(&fd_lock, state);
	return file;
}

int fd_close_on_exec(int fd)
{
	struct irq_state state = spinlock_lock(&fd_lock);
	int result = file_at(fd) ? (int)(close_on_exec[fd / 64] >> fd % 64 & 1) : -EBADF;

	spinlock_unlock(&fd_lock, state);
	return result;
}

int fd_set_close_on_exec(int fd, bool on)
{
	struct irq_state state = spinlock_lock(&fd_lock);
	struct file *file = file_at(fd);

	if (file)
		put_at(fd, file, on);
	spinlock_unlock(&fd_lock, state);
	return file ? 0 : -EBADF;
}
