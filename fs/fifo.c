/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes with a name: a pipe comes with the first that opens the file and goes with the last that
 * closes it. Opening waits for the other side.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <base/guard.h>
#include <base/list.h>
#include <fs/inode.h>
#include <fs/pipe.h>
#include <mem/heap.h>

#include "pipe.h"

struct fifo {
	struct pipe pipe; /* first: pipe_free() gives all of it back */
	struct list node;
	const struct inode *inode; /* its open files keep it there */
	unsigned opened[2];	   /* so often to read, to write; under the pipe's lock */
};

/* Guards the list, and with it that a pipe which is found is not about to go. */
static struct mutex fifos_lock = MUTEX_INIT(fifos_lock);
static struct list fifos = LIST_INIT(fifos);

static struct fifo *fifo_of(const struct file *file)
{
	return CONTAINER_OF((struct pipe *)file->data, struct fifo, pipe);
}

/* Lock held. */
static struct fifo *find(const struct inode *inode)
{
	LIST_FOR_EACH (struct fifo, fifo, &fifos, node)
		if (fifo->inode == inode)
			return fifo;
	return NULL;
}

/* Lock held. NULL: memory is out. */
static struct fifo *find_or_add(const struct inode *inode)
{
	struct fifo *fifo = find(inode);

	if (fifo)
		return fifo;
	fifo = heap_alloc_zeroed(sizeof(*fifo));
	if (!fifo)
		return NULL;
	pipe_init(&fifo->pipe);
	fifo->inode = inode;
	list_push_back(&fifos, &fifo->node);
	return fifo;
}

/* Lock held. One that nobody has open goes. */
static void drop_if_idle(struct fifo *fifo)
{
	if (fifo->pipe.readers || fifo->pipe.writers)
		return;
	list_remove(&fifo->node);
	pipe_free(&fifo->pipe);
}

/*
 * The file counts as open from here on. A reader notes how many writers there had been when there
 * was none, so that poll() only says that they have left if one came. *seen: what of the other side
 * is compared with while it is waited for.
 */
static void enter(struct fifo *fifo, struct file *file, unsigned *seen)
{
	struct pipe *pipe = &fifo->pipe;
	struct irq_state state = waitq_lock(&pipe->queue);

	*seen = fifo->opened[file->rights == FILE_READ];
	file->position = (int64_t)fifo->opened[1] - (pipe->writers > 0);
	if (file->rights & FILE_READ) {
		pipe->readers++;
		fifo->opened[0]++;
	}
	if (file->rights & FILE_WRITE) {
		pipe->writers++;
		fifo->opened[1]++;
	}
	waitq_wake(&pipe->queue, OPENERS, SIZE_MAX);
	waitq_unlock(&pipe->queue, state);
}

/* Who opened and has closed again meanwhile was there, too. 0, -EINTR. */
static int wait_for_other(struct fifo *fifo, const struct file *file, unsigned seen)
{
	struct pipe *pipe = &fifo->pipe;
	const unsigned other = file->rights == FILE_READ;
	const unsigned *there = other ? &pipe->writers : &pipe->readers;
	struct irq_state state = waitq_lock(&pipe->queue);
	int error = 0;

	while (!error && !*there && fifo->opened[other] == seen)
		error = waitq_sleep(&pipe->queue, &state, OPENERS, DEADLINE_NEVER);
	waitq_unlock(&pipe->queue, state);
	return error;
}

/* Lock held. */
static int open_locked(struct inode *inode, unsigned flags, struct file **file, unsigned *seen)
{
	struct fifo *fifo = find(inode);

	if ((flags & O_ACCMODE) == O_WRONLY && flags & O_NONBLOCK &&
	    (!fifo || !READ_ONCE(fifo->pipe.readers)))
		return -ENXIO;
	fifo = find_or_add(inode);
	if (!fifo)
		return -ENOMEM;
	*file = file_create(&fifo_ops, inode_get(inode), flags);
	if (!*file) {
		inode_put(inode);
		drop_if_idle(fifo);
		return -ENOMEM;
	}
	(*file)->data = &fifo->pipe;
	enter(fifo, *file, seen);
	return 0;
}

static int fifo_open(struct inode *inode, unsigned flags, struct file **file)
{
	unsigned seen;
	int error;

	if ((flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	mutex_lock(&fifos_lock);
	error = open_locked(inode, flags, file, &seen);
	mutex_unlock(&fifos_lock);
	if (error || flags & O_NONBLOCK || (flags & O_ACCMODE) == O_RDWR)
		return error;
	error = wait_for_other(fifo_of(*file), *file, seen);
	if (error)
		file_put(*file);
	return error;
}

static uint32_t fifo_poll(struct file *file, struct poll_watch *watch)
{
	uint32_t ready = pipe_poll(file, watch);

	if (ready & POLLHUP && READ_ONCE(fifo_of(file)->opened[1]) == (unsigned)file->position)
		ready &= ~(uint32_t)POLLHUP;
	return ready;
}

static void fifo_release(struct file *file)
{
	struct fifo *fifo = fifo_of(file);

	GUARD(mutex, &fifos_lock);
	if (pipe_leave(&fifo->pipe, file->rights))
		drop_if_idle(fifo);
}

const struct file_ops fifo_ops = {
	.mode = S_IFIFO | 0600,
	.open = fifo_open,
	.read = pipe_read,
	.write = pipe_write,
	.read_short = pipe_read_short,
	.write_short = pipe_write_short,
	.poll = fifo_poll,
	.ioctl = pipe_ioctl,
	.control = pipe_control,
	.release = fifo_release,
};
