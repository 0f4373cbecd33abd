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

#include "fd_short.h"

#define FIRST_SIZE 16  /* enough for most programs, without memory of their own */
#define NEXT_SIZE  128 /* enough for most others */

static struct file *first_table[FIRST_SIZE] = {&console_file, &console_file, &console_error_file};
struct fd_table fd_table = {SPINLOCK_INIT, FIRST_SIZE, first_table};
/* Its lock guards these, too: */
static unsigned limit = FD_MAX;
static uint64_t taken[FD_MAX / 64] = {7};
static uint64_t close_on_exec[FD_MAX / 64];

/* The lock is held. */
static struct file *file_at(int fd)
{
	return (unsigned)fd < fd_table.size ? fd_table.files[fd] : NULL;
}

static void put_at(int fd, struct file *file, bool on_exec)
{
	uint64_t bit = UINT64_C(1) << fd % 64;

	fd_table.files[fd] = file;
	taken[fd / 64] |= bit;
	close_on_exec[fd / 64] &= ~bit;
	if (on_exec)
		close_on_exec[fd / 64] |= bit;
}

/* The lock is held. */
static void take_away(int fd)
{
	put_at(fd, NULL, false);
	taken[fd / 64] &= ~(UINT64_C(1) << fd % 64);
}

struct file *fd_get(int fd)
{
	return fd_get_here(fd);
}

void fd_drop(struct file **file)
{
	if (*file)
		file_put(*file);
}

/* So that it has room for `fd`. 0 or -ENOMEM. */
static int grow(unsigned fd)
{
	unsigned size = fd < NEXT_SIZE ? NEXT_SIZE : FD_MAX;
	struct file **bigger = heap_alloc_zeroed(size * sizeof(*bigger)), **old = bigger;
	struct irq_state state;

	if (!bigger)
		return -ENOMEM;
	state = spinlock_lock(&fd_table.lock);
	if (fd_table.size < size) {
		memcpy(bigger, fd_table.files, fd_table.size * sizeof(*bigger));
		old = fd_table.files;
		fd_table.files = bigger;
		fd_table.size = size;
	}
	spinlock_unlock(&fd_table.lock, state);
	if (old != first_table)
		heap_free(old);
	return 0;
}

/* The lowest that is free, `lowest` or above; FD_MAX: there is none. The lock is held. */
static unsigned free_from(unsigned lowest)
{
	uint64_t skip = (UINT64_C(1) << lowest % 64) - 1;

	for (unsigned w = lowest / 64; w < FD_MAX / 64; w++, skip = 0)
		if (~(taken[w] | skip))
			return w * 64 + bit_lowest(~(taken[w] | skip));
	return FD_MAX;
}

int fd_add(struct file *file, int lowest, bool on_exec)
{
	struct irq_state state;
	unsigned size;
	unsigned fd;

	do {
		state = spinlock_lock(&fd_table.lock);
		size = fd_table.size;
		fd = free_from((unsigned)lowest);
		if (fd >= limit)
			fd = FD_MAX;
		else if (fd < size)
			put_at((int)fd, file, on_exec);
		spinlock_unlock(&fd_table.lock, state);
		if (fd == FD_MAX)
			return -EMFILE;
		if (fd < size)
			return (int)fd;
	} while (!grow(fd));
	return -ENOMEM;
}

int fd_reserve(void)
{
	return fd_add(NULL, 0, false);
}

int fd_fill(int fd, struct file *file, bool on_exec)
{
	struct irq_state state = spinlock_lock(&fd_table.lock);
	bool mine = !file_at(fd);

	if (mine)
		put_at(fd, file, on_exec);
	spinlock_unlock(&fd_table.lock, state);
	if (mine)
		return fd;
	fd = fd_add(file, 0, on_exec);
	if (fd < 0)
		file_put(file);
	return fd;
}

void fd_unreserve(int fd)
{
	struct irq_state state = spinlock_lock(&fd_table.lock);

	if (!file_at(fd))
		take_away(fd);
	spinlock_unlock(&fd_table.lock, state);
}

int fd_replace(int fd, struct file *file, bool on_exec)
{
	struct file *old CLEANUP(fd_drop) = NULL;
	struct irq_state state;

	if ((unsigned)fd >= READ_ONCE(limit))
		return -EBADF;
	if ((unsigned)fd >= READ_ONCE(fd_table.size) && grow((unsigned)fd))
		return -ENOMEM;
	state = spinlock_lock(&fd_table.lock);
	old = fd_table.files[fd];
	put_at(fd, file, on_exec);
	spinlock_unlock(&fd_table.lock, state);
	return 0;
}

struct file *fd_remove(int fd)
{
	struct irq_state state = spinlock_lock(&fd_table.lock);
	struct file *file = file_at(fd);

	if (file)
		take_away(fd);
	spinlock_unlock(&fd_table.lock, state);
	return file;
}

int fd_close_on_exec(int fd)
{
	struct irq_state state = spinlock_lock(&fd_table.lock);
	int result = file_at(fd) ? (int)(close_on_exec[fd / 64] >> fd % 64 & 1) : -EBADF;

	spinlock_unlock(&fd_table.lock, state);
	return result;
}

int fd_set_close_on_exec(int fd, bool on)
{
	struct irq_state state = spinlock_lock(&fd_table.lock);
	struct file *file = file_at(fd);

	if (file)
		put_at(fd, file, on);
	spinlock_unlock(&fd_table.lock, state);
	return file ? 0 : -EBADF;
}

unsigned fd_limit(void)
{
	return READ_ONCE(limit);
}

void fd_set_limit(unsigned next)
{
	WRITE_ONCE(limit, next);
}
