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
#include <base/list.h>
#include <fs/io.h>
#include <fs/poll.h>
#include <kernel/clock.h>
#include <kernel/timer.h>
#include <mem/heap.h>

/* Those whose clock is the time of day. The lock is outside of a timer's `setting`. */
static struct mutex dates_lock = MUTEX_INIT(dates_lock);
static struct list dates = LIST_INIT(dates);

struct timerfd {
	struct list date_node;
	struct mutex setting;		/* one change at a time; outside of: */
	struct waitq queue;		/* whose lock guards `present` */
	struct timerfd_setting present; /* next_ns moves on when it is read */
	struct poll_source source;
	struct timer timer; /* armed or fired while next_ns is set */
	bool real;
	bool canceled; /* the clock was set, and nobody was told yet; guarded as `present` */
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

/* Take the expirations. If the clock was set that is all there is to be said of them. */
static int take(struct timerfd *timerfd, uint64_t *expirations)
{
	struct timerfd_setting *present = &timerfd->present;
	struct irq_state state;
	uint64_t count;
	bool canceled;

	GUARD(mutex, &timerfd->setting);
	state = waitq_lock(&timerfd->queue);
	count = expired(timerfd);
	if (count)
		present->next_ns = present->interval_ns
					   ? present->next_ns + count * present->interval_ns
					   : 0;
	canceled = timerfd->canceled;
	timerfd->canceled = false;
	waitq_unlock(&timerfd->queue, state);
	if (count) {
		timer_cancel(&timerfd->timer);
		arm(timerfd);
	}
	*expirations = count;
	return canceled ? -ECANCELED : 0;
}

/* 0: look again. */
static int wait(struct timerfd *timerfd)
{
	struct irq_state state = waitq_lock(&timerfd->queue);
	uint64_t next = timerfd->present.next_ns;
	int error = 0;

	if (!expired(timerfd) && !timerfd->canceled)
		error = waitq_sleep(&timerfd->queue, &state, 0, next ? next : DEADLINE_NEVER);
	waitq_unlock(&timerfd->queue, state);
	return error == -ETIMEDOUT ? 0 : error;
}

static long timerfd_read(struct file *file, struct io *io, int64_t offset)
{
	struct timerfd *timerfd = file->data;
	uint64_t count = 0;
	int error;

	(void)offset;
	if (io->left < sizeof(count))
		return -EINVAL;
	for (;;) {
		error = take(timerfd, &count);
		if (error || count)
			break;
		error = file->flags & O_NONBLOCK ? -EAGAIN : wait(timerfd);
		if (error)
			break;
	}
	if (error)
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
	ready = expired(timerfd) || timerfd->canceled ? POLL_READABLE : 0;
	waitq_unlock(&timerfd->queue, state);
	return ready;
}

static void timerfd_release(struct file *file)
{
	struct timerfd *timerfd = file->data;

	mutex_lock(&dates_lock);
	list_remove(&timerfd->date_node);
	mutex_unlock(&dates_lock);
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
	list_init(&timerfd->date_node);
	if (real) {
		mutex_lock(&dates_lock);
		list_push_back(&dates, &timerfd->date_node);
		mutex_unlock(&dates_lock);
	}
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
		timerfd->canceled = false;
		waitq_wake(&timerfd->queue, 0, SIZE_MAX);
	}
	waitq_unlock(&timerfd->queue, state);
	if (new)
		arm(timerfd);
}

/* A moment of the monotonic clock that shows what it did before the time of day was set. */
static uint64_t moved(uint64_t ns, int64_t forward_ns)
{
	if (forward_ns >= 0)
		return ns > (uint64_t)forward_ns ? ns - (uint64_t)forward_ns : 1;
	return ns < DEADLINE_NEVER + (uint64_t)forward_ns ? ns - (uint64_t)forward_ns
							  : DEADLINE_NEVER;
}

/* Whoever waits looks again. */
static void follow(struct timerfd *timerfd, int64_t forward_ns)
{
	struct timerfd_setting *present = &timerfd->present;
	struct irq_state state;

	GUARD(mutex, &timerfd->setting);
	if (!present->date)
		return;
	timer_cancel(&timerfd->timer);
	state = waitq_lock(&timerfd->queue);
	if (present->next_ns && present->next_ns != DEADLINE_NEVER)
		present->next_ns = moved(present->next_ns, forward_ns);
	if (present->cancels)
		timerfd->canceled = true;
	waitq_wake(&timerfd->queue, 0, SIZE_MAX);
	if (timerfd->canceled || expired(timerfd))
		poll_notify(&timerfd->source, POLL_READABLE);
	waitq_unlock(&timerfd->queue, state);
	arm(timerfd);
}

void timerfd_clock_was_set(int64_t forward_ns)
{
	GUARD(mutex, &dates_lock);
	LIST_FOR_EACH (struct timerfd, timerfd, &dates, date_node)
		follow(timerfd, forward_ns);
}
