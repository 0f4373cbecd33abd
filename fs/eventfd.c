/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/eventfd.h>

#include <errno.h>
#include <fcntl.h>

#include <fs/io.h>
#include <fs/poll.h>
#include <mem/heap.h>

/* Keys of the queue. */
#define READERS 1
#define WRITERS 2

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
	struct waitq queue; /* whose lock guards the count */
	struct poll_source source;
	uint64_t count;
	bool semaphore; /* a read takes one, not all */
};

static long eventfd_read(struct file *file, struct io *io, int64_t offset)
{
	struct eventfd *event = file->data;
	struct irq_state state;
	uint64_t taken = 0;
	int error = 0;

	(void)offset;
	if (io->left < sizeof(taken))
		return -EINVAL;
	state = waitq_lock(&event->queue);
	while (!event->count && !error)
		error = file->flags & O_NONBLOCK
				? -EAGAIN
				: waitq_sleep(&event->queue, &state, READERS, DEADLINE_NEVER);
	if (event->count) {
		error = 0;
		taken = event->semaphore ? 1 : event->count;
		event->count -= taken;
		waitq_wake(&event->queue, WRITERS, SIZE_MAX);
		poll_notify(&event->source, POLL_WRITABLE);
	}
	waitq_unlock(&event->queue, state);
	if (error)
		return error;
	io_out(io, &taken, sizeof(taken));
	return io_result(io);
}

static long eventfd_write(struct file *file, struct io *io, int64_t offset)
{
	struct eventfd *event = file->data;
	struct irq_state state;
	uint64_t more;
	int error = 0;

	(void)offset;
	if (io->left < sizeof(more))
		return -EINVAL;
	if (io_in(io, &more, sizeof(more)) < sizeof(more))
		return -EFAULT;
	if (more == UINT64_MAX)
		return -EINVAL;
	state = waitq_lock(&event->queue);
	while (event->count > COUNT_MAX - more && !error)
		error = file->flags & O_NONBLOCK
				? -EAGAIN
				: waitq_sleep(&event->queue, &state, WRITERS, DEADLINE_NEVER);
	if (event->count <= COUNT_MAX - more) {
		error = 0;
		event->count += more;
		if (event->count)
			waitq_wake(&event->queue, READERS,
				   event->semaphore ? (size_t)more : SIZE_MAX);
		poll_notify(&event->source, POLL_READABLE);
	}
	waitq_unlock(&event->queue, state);
	return error ? error : (long)sizeof(more);
}

static uint32_t eventfd_poll(struct file *file, struct poll_watch *watch)
{
	struct eventfd *event = file->data;
	struct irq_state state;
	uint32_t ready = 0;

	poll_watch_add(&event->source, watch);
	state = waitq_lock(&event->queue);
	if (event->count)
		ready |= POLL_READABLE;
	if (event->count < COUNT_MAX)
		ready |= POLL_WRITABLE;
	waitq_unlock(&event->queue, state);
	return ready;
}

static void eventfd_release(struct file *file)
{
	heap_free(file->data);
}

static const struct file_ops eventfd_ops = {
	.mode = 0600,
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
};

struct file *eventfd_create(uint64_t count, bool semaphore, unsigned flags)
{
	struct eventfd *event = heap_alloc_zeroed(sizeof(*event));
	struct file *file = event ? file_create(&eventfd_ops, NULL, flags | O_RDWR) : NULL;

	if (!file) {
		heap_free(event);
		return NULL;
	}
	waitq_init(&event->queue);
	poll_source_init(&event->source);
	event->count = count;
	event->semaphore = semaphore;
	file->data = event;
	return file;
}
