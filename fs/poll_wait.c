/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that waits for several files. */
#include <errno.h>

#include <fs/poll.h>

struct poller {
	struct waitq queue;
	bool changed; /* guarded by queue.lock: look again */
};

static void poller_notify(struct poll_watch *watch, uint32_t events)
{
	struct poller *poller = CONTAINER_OF(watch, struct poll_entry, watch)->poller;

	(void)events;
	spinlock_acquire(&poller->queue.lock);
	poller->changed = true;
	waitq_wake(&poller->queue, 0, 1);
	spinlock_release(&poller->queue.lock);
}

/* Look at all of them, and hang up watches until one is ready. How many are. */
static unsigned look(struct poll_entry *entries, unsigned count, bool watch)
{
	unsigned ready = 0;

	for (unsigned i = 0; i < count; i++) {
		struct poll_entry *entry = &entries[i];

		if (entry->file)
			entry->ready = file_poll(entry->file,
						 watch && !ready ? &entry->watch : NULL) &
				       entry->watch.events;
		if (entry->ready)
			ready++;
	}
	return ready;
}

static int sleep_until_change(struct poller *poller, uint64_t deadline_ns)
{
	struct irq_state state = waitq_lock(&poller->queue);
	int error = 0;

	while (!poller->changed && !error)
		error = waitq_sleep(&poller->queue, &state, 0, deadline_ns);
	if (poller->changed)
		error = 0;
	poller->changed = false;
	waitq_unlock(&poller->queue, state);
	return error;
}

long poll_wait(struct poll_entry *entries, unsigned count, uint64_t deadline_ns)
{
	struct poller poller = {.changed = false};
	unsigned ready;
	int error = 0;

	waitq_init(&poller.queue);
	for (unsigned i = 0; i < count; i++) {
		entries[i].poller = &poller;
		entries[i].watch.source = NULL;
		entries[i].watch.notify = poller_notify;
	}
	ready = look(entries, count, deadline_ns != 0);
	while (!ready && !error) {
		error = deadline_ns ? sleep_until_change(&poller, deadline_ns) : -ETIMEDOUT;
		if (!error)
			ready = look(entries, count, false);
	}
	for (unsigned i = 0; i < count; i++)
		poll_watch_remove(&entries[i].watch);
	return ready || error == -ETIMEDOUT ? (long)ready : error;
}
