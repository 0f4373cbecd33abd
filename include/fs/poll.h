/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readiness: what poll, select and epoll ask of files. A file that can make somebody wait has a
 * poll_source. Whoever watches it hangs a poll_watch there, whose function is called at each
 * change: a thread that polls waits on one queue of its own, whatever the number of files.
 *
 * No wake-up is lost, because of this order:
 *
 *	who watches			who changes the object
 *	poll_watch_add()		object's lock
 *	object's lock			  change
 *	  look at the state		  poll_notify()
 *	object's unlock			object's unlock
 *
 * Locks, in this order: the object's, the source's, what the watch's function takes.
 */
#pragma once

#include <poll.h>
#include <stdint.h>

#include <base/compiler.h>
#include <base/list.h>
#include <fs/file.h>
#include <kernel/spinlock.h>
#include <kernel/waitq.h>

/* What poll(2) and epoll(7) call the same. */
#define POLL_READABLE (POLLIN | POLLRDNORM)
#define POLL_WRITABLE (POLLOUT | POLLWRNORM)
#define POLL_ALWAYS   (POLLERR | POLLHUP) /* what poll and epoll tell without being asked */

struct poll_source {
	struct spinlock lock;
	struct list watches;
};

struct poll_watch {
	struct list node;
	struct poll_source *source; /* NULL: hangs nowhere */
	uint32_t events;	    /* what is of interest: of other events it hears nothing */
	/* Interrupts off, the object's and the source's locks held. */
	void (*notify)(struct poll_watch *watch, uint32_t events);
};

#define POLL_SOURCE_INIT(name)                                                                     \
	{                                                                                          \
		SPINLOCK_INIT, LIST_INIT((name).watches)                                           \
	}
static inline void poll_source_init(struct poll_source *source)
{
	source->lock = (struct spinlock)SPINLOCK_INIT;
	list_init(&source->watches);
}

/* For a file's poll operation, which is called with NULL when nobody wants to wait. Thread. */
void poll_watch_add(struct poll_source *source, struct poll_watch *watch);

/* Afterwards its function does not run and is not running. Thread; nothing locked. */
void poll_watch_remove(struct poll_watch *watch);

/* The object became ready for `events`. Its lock is held, interrupts off; any context. */
void poll_notify_watches(struct poll_source *source, uint32_t events);
static inline bool poll_is_watched(const struct poll_source *source)
{
	return READ_ONCE(source->watches.next) != &source->watches;
}

static inline void poll_notify(struct poll_source *source, uint32_t events)
{
	if (UNLIKELY(poll_is_watched(source)))
		poll_notify_watches(source, events);
}

/* What the file is ready for now; with a watch, tell it of changes from now on. Thread. */
uint32_t file_poll(struct file *file, struct poll_watch *watch);

/* One file of those that a thread waits for. */
struct poll_entry {
	struct poll_watch watch;
	struct poller *poller;
	struct file *file; /* NULL: look at nothing; the caller's reference */
	uint32_t ready;	   /* the answer; POLLNVAL from the caller counts as one */
};

/*
 * Wait until one of the files is ready for what its watch's `events` say, or the deadline (0: do
 * not wait). How many are; 0: the deadline; -EINTR. Thread.
 */
long poll_wait(struct poll_entry *entries, unsigned count, uint64_t deadline_ns);
