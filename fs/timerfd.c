/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers as files. How often one has expired is computed when somebody asks. So the kernel's timer
 * is there only to tell those who poll, and runs once for each time that somebody reads: a short
 * interval makes no storm.
 */
#include <fs/timerfd.h>

#include <errno.h>
#include <fcntl.h>

#include <base/guard.h>
#include <fs/io.h>
#include <fs/poll.h>
#include <kernel/clock.h>
#include <kernel/timer.h>
#include <mem/heap.h>

struct timerfd {
	struct mutex setting;		/* one change at a time; outside of: */
	struct waitq queue;		/* whose lock guards `present` */
	struct timerfd_setting present; /* next_ns moves on when it is read */
	struct poll_source source;
	struct timer timer; /* armed or fired while next_ns is set */
	bool real;
};

static void timerfd_fire(struct timer *timer)
{
	struct timerfd *timerfd = CONTAINER_OF(timer, struct timerfd, timer);

	spinlock_acquire(&timerfd->queue.lock);
	poll_notify(&timerfd->source, POLL_READABLE);
	spinlock_release(&timerfd->queue.lock);
}

/* Expirations up to now. Lock held. */
static uint64_t expired(const struct timerfd *timerfd)
{
	const struct timerfd_setting *present = &timerfd->present;
	uint64_t now = clock_monotonic_ns();

	if (!present->next_ns || now < present->next_ns)
		return 0;
	return present->interval_ns ? 1 + (now - present->next_ns) / present->interval_ns : 1;
}

/* The setting mutex is held. */
static void arm(struct timerfd *timerfd)
{
	if (timerfd->present.next_ns && timerfd->present.next_ns != DEADLINE_NEVER)
		timer_arm(&timerfd->timer, timerfd->present.next_ns);
}

/* Take the expirations. */
static uint64_t take(struct timerfd *timerfd)
{
	struct timerfd_setting *present = &timerfd->present;
	struct irq_state state;
	uint64_t count;

	GUARD(mutex, &timerfd->setting);
	state = waitq_lock(&timerfd->queue);
	count = expired(timerfd);
	if (count)
		present->next_ns = present->interval_ns
					   ? present->next_ns + count * present->interval_ns
					   : 0;
	waitq_unlock(&timerfd->queue, state);
	if (count) {
		timer_cancel(&timerfd->timer);
		arm(timerfd);
	}
	return count;
}

/* 0: look again. */
static int wait(struct timerfd *timerfd)
{
	struct irq_state state = waitq_lock(&timerfd->queue);
	uint64_t next = timerfd->present.next_ns;
	int error = 0;

	if (!expired(timerfd))
		error = waitq_sleep(&timerfd->queue, &state, 0, next ? next : DEADLINE_NEVER);
	waitq_unlock(&timerfd->queue, state);
	return error == -ETIMEDOUT ? 0 : error;
}

static long timerfd_read(struct file *file, struct io *io, int64_t offset)
{
	struct timerfd *timerfd = file->data;
	uint64_t count;
	int error = 0;

	(void)offset;
	if (io->left < sizeof(count))
		return -EINVAL;
	while (!(count = take(timerfd)) && !error)
		error = file->flags & O_NONBLOCK ? -EAGAIN : wait(timerfd);
	if (!count)
		return error;
	io_out(io, &count, sizeof(count));
	return io_result(io);
}

static uint32_t timerfd_poll(struct file *file, struct poll_watch *watch)
{
	struct timerfd *timerfd = file->data;
	struct irq_state state;
	uint32_t ready;

	poll_watch_add(&timerfd->source, watch);
	state = waitq_lock(&timerfd->queue);
	ready = expired(timerfd) ? POLL_READABLE : 0;
	waitq_unlock(&timerfd->queue, state);
	return ready;
}

static void timerfd_release(struct file *file)
{
	struct timerfd *timerfd = file->data;

	timer_cancel(&timerfd->timer);
	heap_free(timerfd);
}

static const struct file_ops timerfd_ops = {
	.mode = 0600,
	.read = timerfd_read,
	.poll = timerfd_poll,
	.release = timerfd_release,
};

struct file *timerfd_open(bool real, unsigned flags)
{
	struct timerfd *timerfd = heap_alloc_zeroed(sizeof(*timerfd));
	struct file *file = timerfd ? file_create(&timerfd_ops, NULL, flags | O_RDWR) : NULL;

	if (!file) {
		heap_free(timerfd);
		return NULL;
	}
	mutex_init(&timerfd->setting);
	waitq_init(&timerfd->queue);
	poll_source_init(&timerfd->source);
	timerfd->timer.fire = timerfd_fire;
	timerfd->real = real;
	file->data = timerfd;
	return file;
}

bool timerfd_is(const struct file *file, bool *real)
{
	if (file->ops != &timerfd_ops)
		return false;
	*real = ((const struct timerfd *)file->data)->real;
	return true;
}

void timerfd_exchange(struct file *file, const struct timerfd_setting *new,
		      struct timerfd_setting *old)
{
	struct timerfd *timerfd = file->data;
	struct irq_state state;

	GUARD(mutex, &timerfd->setting);
	if (new)
		timer_cancel(&timerfd->timer);
	state = waitq_lock(&timerfd->queue);
	*old = timerfd->present;
	/* What nobody has read yet does not count: the next one that comes. */
	if (old->interval_ns)
		old->next_ns += expired(timerfd) * old->interval_ns;
	else if (expired(timerfd))
		old->next_ns = 0;
	if (new) {
		timerfd->present = *new;
		waitq_wake(&timerfd->queue, 0, SIZE_MAX);
	}
	waitq_unlock(&timerfd->queue, state);
	if (new)
		arm(timerfd);
}
