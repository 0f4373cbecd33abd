/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/poll.h>

#include <errno.h>

void poll_watch_add(struct poll_source *source, struct poll_watch *watch)
{
	struct irq_state state;

	if (!watch)
		return;
	watch->source = source;
	state = spinlock_lock(&source->lock);
	list_push_back(&source->watches, &watch->node);
	spinlock_unlock(&source->lock, state);
}

void poll_watch_remove(struct poll_watch *watch)
{
	struct irq_state state;

	if (!watch->source)
		return;
	state = spinlock_lock(&watch->source->lock);
	list_remove(&watch->node);
	spinlock_unlock(&watch->source->lock, state);
	watch->source = NULL;
}

void poll_notify_watches(struct poll_source *source, uint32_t events)
{
	spinlock_acquire(&source->lock);
	LIST_FOR_EACH (struct poll_watch, watch, &source->watches, node)
		if (events & watch->events)
			watch->notify(watch, events);
	spinlock_release(&source->lock);
}

uint32_t file_poll(struct file *file, struct poll_watch *watch)
{
	if (!file->ops->poll)
		return POLL_READABLE | POLL_WRITABLE;
	return file->ops->poll(file, watch);
}
