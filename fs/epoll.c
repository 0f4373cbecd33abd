/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * epoll. The set's queue lock guards the list of what is perhaps ready: watches put items there,
 * who waits takes them off, asks the file, and puts back what stays ready (level-triggered).
 *
 * A set holds no reference to its files: a file's end takes it out of all sets. Locks, in this
 * order:
 *   links            which files are in which sets
 *   set->mutex       the set's items; a set inside another comes after it
 *   (the files' own)
 *   set->queue.lock  the ready list
 */
#include <fs/epoll.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include <base/avl.h>
#include <base/guard.h>
#include <fs/poll.h>
#include <mem/heap.h>
#include <mem/user.h>

#define DEPTH_MAX 5    /* sets within sets */
#define ITEMS_MAX 8192 /* in all sets */

struct epoll {
	struct mutex mutex;
	struct avl_tree items; /* by number, then file */
	struct waitq queue;
	struct list ready;
	unsigned ready_count;
	struct poll_source source;
};

struct item {
	struct poll_watch watch;
	struct avl_node node;
	struct list ready_node; /* on set->ready, or alone */
	struct item *next;	/* of the same file; guarded by links */
	struct epoll *set;
	struct file *file;
	int fd;
	uint32_t events; /* as the program said; guarded by set->mutex */
	uint64_t data;
};

static struct mutex links = MUTEX_INIT(links);
static unsigned item_count; /* guarded by links */

static const struct file_ops epoll_ops;

int epoll_is(const struct file *file)
{
	return file->ops == &epoll_ops;
}

/* The set's queue lock is held. */
static void put_ready(struct item *item)
{
	struct epoll *set = item->set;

	if (!list_empty(&item->ready_node))
		return;
	list_push_back(&set->ready, &item->ready_node);
	set->ready_count++;
}

static void tell_waiters(struct epoll *set)
{
	waitq_wake(&set->queue, 0, 1);
	poll_notify(&set->source, POLL_READABLE);
}

static void item_notify(struct poll_watch *watch, uint32_t events)
{
	struct item *item = CONTAINER_OF(watch, struct item, watch);
	struct epoll *set = item->set;

	(void)events;
	spinlock_acquire(&set->queue.lock);
	put_ready(item);
	tell_waiters(set);
	spinlock_release(&set->queue.lock);
}

/* What of interest it is ready for; the set's mutex is held. */
static uint32_t item_poll(const struct item *item, struct poll_watch *watch)
{
	return file_poll(item->file, watch) & READ_ONCE(item->watch.events);
}

static void item_check(struct item *item, struct poll_watch *watch)
{
	struct epoll *set = item->set;
	struct irq_state state;

	if (!item_poll(item, watch))
		return;
	state = waitq_lock(&set->queue);
	put_ready(item);
	tell_waiters(set);
	waitq_unlock(&set->queue, state);
}

static int order(const struct item *item, int fd, const struct file *file)
{
	if (item->fd != fd)
		return item->fd < fd ? -1 : 1;
	return item->file == file ? 0 : (uintptr_t)item->file < (uintptr_t)file ? -1 : 1;
}

/* Where an item is or would be. */
static struct avl_node **find(struct epoll *set, int fd, const struct file *file,
			      struct avl_node **parent)
{
	struct avl_node **link = &set->items.root;
	int side;

	*parent = NULL;
	while (*link && (side = order(CONTAINER_OF(*link, struct item, node), fd, file))) {
		*parent = *link;
		link = &(*link)->child[side < 0];
	}
	return link;
}

static struct item *find_item(struct epoll *set, int fd, const struct file *file)
{
	struct avl_node *parent, **link = find(set, fd, file, &parent);

	return *link ? CONTAINER_OF(*link, struct item, node) : NULL;
}

/* Sets above this one: the longest way up. links held. */
static unsigned height(struct epoll *set, unsigned limit)
{
	struct irq_state state;
	unsigned most = 0;

	if (!limit)
		return 1;
	state = spinlock_lock(&set->source.lock);
	LIST_FOR_EACH (struct poll_watch, watch, &set->source.watches, node) {
		if (watch->notify == item_notify) {
			struct item *item = CONTAINER_OF(watch, struct item, watch);
			unsigned above = 1 + height(item->set, limit - 1);

			most = above > most ? above : most;
		}
	}
	spinlock_unlock(&set->source.lock, state);
	return most;
}

/* Sets below this one: the longest way down, DEPTH_MAX + 1 if `above` is among them. links held. */
static unsigned depth(struct epoll *set, const struct epoll *above, unsigned limit)
{
	unsigned most = 0;

	if (set == above || !limit)
		return DEPTH_MAX + 1;
	for (struct avl_node *node = avl_first(&set->items); node; node = avl_next(node)) {
		struct item *item = CONTAINER_OF(node, struct item, node);

		if (epoll_is(item->file)) {
			unsigned below = 1 + depth(item->file->data, above, limit - 1);

			most = below > most ? below : most;
		}
	}
	return most;
}

static int check_nesting(struct epoll *set, const struct file *file)
{
	if (!epoll_is(file))
		return 0;
	if (file->data == set)
		return -EINVAL;
	return 1 + depth(file->data, set, DEPTH_MAX) + height(set, DEPTH_MAX) > DEPTH_MAX ? -ELOOP
											  : 0;
}

static uint32_t watched_events(uint32_t events)
{
	return (events & 0xffff) | POLL_ALWAYS;
}

int epoll_add(struct file *set_file, struct file *file, int fd, uint32_t events, uint64_t data)
{
	struct epoll *set = set_file->data;
	struct avl_node *parent, **link;
	struct item *item;
	int error;

	if (!file->ops->poll)
		return -EPERM;
	GUARD(mutex, &links);
	error = check_nesting(set, file);
	if (error)
		return error;
	GUARD(mutex, &set->mutex);
	link = find(set, fd, file, &parent);
	if (*link)
		return -EEXIST;
	if (item_count == ITEMS_MAX)
		return -ENOSPC;
	item = heap_alloc_zeroed(sizeof(*item));
	if (!item)
		return -ENOMEM;
	*item = (struct item){.watch = {.events = watched_events(events), .notify = item_notify},
			      .next = file->watched,
			      .set = set,
			      .file = file,
			      .fd = fd,
			      .events = events,
			      .data = data};
	list_init(&item->ready_node);
	avl_insert(&set->items, &item->node, parent, link);
	file->watched = item;
	item_count++;
	item_check(item, &item->watch);
	return 0;
}

int epoll_change(struct file *set_file, struct file *file, int fd, uint32_t events, uint64_t data)
{
	struct epoll *set = set_file->data;
	struct item *item;

	GUARD(mutex, &set->mutex);
	item = find_item(set, fd, file);
	if (!item)
		return -ENOENT;
	item->events = events;
	item->data = data;
	__atomic_store_n(&item->watch.events, watched_events(events), __ATOMIC_SEQ_CST);
	item_check(item, NULL);
	return 0;
}

/* links and the set's mutex held. */
static void item_end(struct item *item)
{
	struct epoll *set = item->set;
	struct item **at = (struct item **)&item->file->watched;
	struct irq_state state;

	poll_watch_remove(&item->watch);
	state = waitq_lock(&set->queue);
	if (!list_empty(&item->ready_node)) {
		list_remove(&item->ready_node);
		set->ready_count--;
	}
	waitq_unlock(&set->queue, state);
	avl_remove(&set->items, &item->node);
	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	item_count--;
	heap_free(item);
}

int epoll_remove(struct file *set_file, struct file *file, int fd)
{
	struct epoll *set = set_file->data;
	struct item *item;

	GUARD(mutex, &links);
	GUARD(mutex, &set->mutex);
	item = find_item(set, fd, file);
	if (!item)
		return -ENOENT;
	item_end(item);
	return 0;
}

/* The file's last reference is gone. */
static void unwatch(struct file *file)
{
	GUARD(mutex, &links);
	while (file->watched) {
		struct item *item = file->watched;
		struct epoll *set = item->set;

		mutex_lock(&set->mutex);
		item_end(item);
		mutex_unlock(&set->mutex);
	}
}

static void epoll_release(struct file *file)
{
	struct epoll *set = file->data;

	mutex_lock(&links);
	mutex_lock(&set->mutex);
	while (set->items.root)
		item_end(CONTAINER_OF(set->items.root, struct item, node));
	mutex_unlock(&set->mutex);
	mutex_unlock(&links);
	heap_free(set);
}

/* The next that is perhaps ready, taken off the list; NULL: none. */
static struct item *take_ready(struct epoll *set)
{
	struct irq_state state = waitq_lock(&set->queue);
	struct list *node = list_pop_front(&set->ready);

	if (node)
		set->ready_count--;
	waitq_unlock(&set->queue, state);
	return node ? LIST_ENTRY(node, struct item, ready_node) : NULL;
}

static void give_back(struct item *item)
{
	struct irq_state state = waitq_lock(&item->set->queue);

	put_ready(item);
	waitq_unlock(&item->set->queue, state);
}

/* Tell of one item that was on the list; 1, 0 (it is not ready after all), -EFAULT. */
static int tell(struct item *item, struct epoll_event *user)
{
	struct epoll_event event = {.events = item_poll(item, NULL), .data.u64 = item->data};

	if (!event.events)
		return 0;
	if (user_copy_out(user, &event, sizeof(event))) {
		give_back(item);
		return -EFAULT;
	}
	if (item->events & EPOLLONESHOT)
		__atomic_store_n(&item->watch.events, 0, __ATOMIC_SEQ_CST);
	else if (!(item->events & EPOLLET))
		give_back(item);
	return 1;
}

static long collect(struct epoll *set, struct epoll_event *user, int count)
{
	struct irq_state state;
	struct item *item;
	long done = 0;
	int told = 0;

	GUARD(mutex, &set->mutex);
	for (unsigned todo = READ_ONCE(set->ready_count); todo && done < count; todo--) {
		item = take_ready(set);
		if (!item)
			break;
		told = tell(item, user + done);
		if (told < 0)
			break;
		done += told;
	}
	/* What is left is for the next who waits. */
	state = waitq_lock(&set->queue);
	if (done && set->ready_count)
		waitq_wake(&set->queue, 0, 1);
	waitq_unlock(&set->queue, state);
	return done ? done : told;
}

static int wait(struct epoll *set, uint64_t deadline_ns)
{
	struct irq_state state = waitq_lock(&set->queue);
	int error = 0;

	while (list_empty(&set->ready) && !error)
		error = waitq_sleep(&set->queue, &state, 0, deadline_ns);
	if (!list_empty(&set->ready))
		error = 0;
	waitq_unlock(&set->queue, state);
	return error;
}

long epoll_wait_events(struct file *file, struct epoll_event *user, int count, uint64_t deadline_ns)
{
	struct epoll *set = file->data;
	int error = 0;
	long done;

	while (!(done = collect(set, user, count)) && !error)
		error = deadline_ns ? wait(set, deadline_ns) : -ETIMEDOUT;
	return done || error == -ETIMEDOUT ? done : error;
}

/* Is one of those on the list really ready? Others are taken off. */
static uint32_t epoll_poll(struct file *file, struct poll_watch *watch)
{
	struct epoll *set = file->data;
	uint32_t ready = 0;

	poll_watch_add(&set->source, watch);
	GUARD(mutex, &set->mutex);
	for (unsigned todo = READ_ONCE(set->ready_count); todo && !ready; todo--) {
		struct item *item = take_ready(set);

		if (!item)
			break;
		if (item_poll(item, NULL)) {
			give_back(item);
			ready = POLL_READABLE;
		}
	}
	return ready;
}

static const struct file_ops epoll_ops = {
	.mode = 0600,
	.poll = epoll_poll,
	.release = epoll_release,
};

struct file *epoll_create_file(void)
{
	struct epoll *set = heap_alloc_zeroed(sizeof(*set));
	struct file *file = set ? file_create(&epoll_ops, NULL, O_RDWR) : NULL;

	if (!file) {
		heap_free(set);
		return NULL;
	}
	__atomic_store_n(&file_unwatch, unwatch, __ATOMIC_RELAXED);
	mutex_init(&set->mutex);
	waitq_init(&set->queue);
	list_init(&set->ready);
	poll_source_init(&set->source);
	file->data = set;
	return file;
}
