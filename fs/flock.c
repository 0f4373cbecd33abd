/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Advisory locks of whole files, held by an open file [flock(2)]. One spinlock (the queue's) guards
 * the counts of all inodes: inode->advisory_locks is the number of shared holders, or -1 for an
 * exclusive one; file->advisory_lock is this file's LOCK_SH or LOCK_EX.
 */
#include <errno.h>
#include <sys/file.h>

#include <fs/file.h>
#include <fs/inode.h>

static struct waitq flock_queue = WAITQ_INIT(flock_queue);

static void drop_lock(struct file *file)
{
	struct inode *inode = file->inode;

	if (file->advisory_lock == LOCK_SH)
		inode->advisory_locks--;
	else if (file->advisory_lock == LOCK_EX)
		inode->advisory_locks = 0;
	else
		return;
	file->advisory_lock = 0;
	waitq_wake(&flock_queue, (uintptr_t)inode, SIZE_MAX);
}

int file_flock(struct file *file, int operation)
{
	struct inode *inode = file->inode;
	int kind = operation & ~LOCK_NB, error = 0;
	struct irq_state state;

	if (kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN)
		return -EINVAL;
	/* Files whose last close does not pass by here cannot hold a lock. */
	if (!inode || (file->ops != &inode_file_ops && file->ops != &inode_dir_ops))
		return 0;
	state = waitq_lock(&flock_queue);
	/* Changing the kind gives the old lock up first, as flock(2) says. */
	if (file->advisory_lock != kind)
		drop_lock(file);
	while (kind != LOCK_UN && !file->advisory_lock && !error) {
		if (kind == LOCK_SH ? inode->advisory_locks >= 0 : inode->advisory_locks == 0) {
			inode->advisory_locks = kind == LOCK_SH ? inode->advisory_locks + 1 : -1;
			file->advisory_lock = (uint8_t)kind;
		} else if (operation & LOCK_NB) {
			error = -EWOULDBLOCK;
		} else {
			error = waitq_sleep(&flock_queue, &state, (uintptr_t)inode, DEADLINE_NEVER);
		}
	}
	waitq_unlock(&flock_queue, state);
	return error;
}

void file_flock_end(struct file *file)
{
	struct irq_state state = waitq_lock(&flock_queue);

	drop_lock(file);
	waitq_unlock(&flock_queue, state);
}
