/* SPDX-License-Identifier: BSD-2-Clause */
/* Message queues: names, opening and closing, attributes, notices. */
#include "mqueue.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <base/guard.h>
#include <base/str.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <net/socket.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "user_sigevent.h"

#define COUNT_FIRST 10
#define BYTES_FIRST 8192

static struct mutex names_lock = MUTEX_INIT(names_lock); /* guards: */
static struct list names = LIST_INIT(names);
static unsigned queue_count; /* named or not */

/* names_lock is held. */
static void mqueue_put(struct mqueue *queue)
{
	struct list *node;

	if (--queue->refs)
		return;
	while ((node = list_pop_front(&queue->messages)))
		heap_free(LIST_ENTRY(node, struct mq_message, node));
	queue_count--;
	heap_free(queue);
}

void mqueue_tell(struct mq_notice *notice, uint8_t why)
{
	if (notice->info.number && why == 1)
		signal_send_process(&notice->info);
	if (notice->socket) {
		notice->cookie[MQ_COOKIE_BYTES - 1] = why;
		unix_inject(socket_of(notice->socket), notice->cookie, MQ_COOKIE_BYTES);
		file_put(notice->socket);
	}
}

/* Take the notice away if it is this file's, or whose ever with NULL. */
static void remove_notice(struct mqueue *queue, const struct file *by)
{
	struct irq_state state = waitq_lock(&queue->queue);
	struct mq_notice notice = {0};

	if (!by || queue->notice.by == by) {
		notice = queue->notice;
		queue->notice = (struct mq_notice){0};
	}
	waitq_unlock(&queue->queue, state);
	notice.info.number = 0;
	mqueue_tell(&notice, 2);
}

static void mq_release(struct file *file)
{
	struct mqueue *queue = file->data;

	remove_notice(queue, file);
	GUARD(mutex, &names_lock);
	mqueue_put(queue);
}

static uint32_t mq_poll(struct file *file, struct poll_watch *watch)
{
	struct mqueue *queue = file->data;
	struct irq_state state;
	uint32_t ready = 0;

	poll_watch_add(&queue->source, watch);
	state = waitq_lock(&queue->queue);
	if (queue->count)
		ready |= POLL_READABLE;
	if (queue->count < queue->count_max)
		ready |= POLL_WRITABLE;
	waitq_unlock(&queue->queue, state);
	return ready;
}

static const struct file_ops mq_ops = {
	.mode = S_IFREG | 0600,
	.poll = mq_poll,
	.release = mq_release,
};

struct mqueue *mqueue_of(const struct file *file)
{
	return file->ops == &mq_ops ? file->data : NULL;
}

static struct mqueue *find(const char *name)
{
	LIST_FOR_EACH (struct mqueue, queue, &names, node)
		if (str_equal(queue->name, name))
			return queue;
	return NULL;
}

static int name_in(char name[MQ_NAME_MAX + 1], const char *user)
{
	long length = user_copy_string(name, user, MQ_NAME_MAX + 1);

	if (length <= 0)
		return length ? (int)length : -ENOENT;
	return str_find_char(name, '/') ? -EACCES : 0;
}

static int create(const char *name, const struct mq_attr *user, struct mqueue **made)
{
	struct mq_attr attr = {.mq_maxmsg = COUNT_FIRST, .mq_msgsize = BYTES_FIRST};
	struct mqueue *queue;

	if (user && user_copy_in(&attr, user, sizeof(attr)))
		return -EFAULT;
	if (attr.mq_maxmsg < 1 || attr.mq_maxmsg > MQ_MESSAGES_MAX || attr.mq_msgsize < 1 ||
	    attr.mq_msgsize > MQ_BYTES_MAX)
		return -EINVAL;
	if (queue_count == MQ_QUEUES_MAX)
		return -ENOSPC;
	queue = heap_alloc_zeroed(sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	queue->refs = 1;
	waitq_init(&queue->queue);
	poll_source_init(&queue->source);
	list_init(&queue->messages);
	queue->count_max = attr.mq_maxmsg;
	queue->bytes_max = (size_t)attr.mq_msgsize;
	str_copy(queue->name, name, sizeof(queue->name));
	list_push_back(&names, &queue->node);
	queue_count++;
	*made = queue;
	return 0;
}

/* The file's reference to the queue is taken while nobody can remove it. */
static int open_locked(const char *name, int flags, const struct mq_attr *attr, struct file *file)
{
	struct mqueue *queue;
	int error = 0;

	GUARD(mutex, &names_lock);
	queue = find(name);
	if (queue && (flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if (!queue)
		error = flags & O_CREAT ? create(name, attr, &queue) : -ENOENT;
	if (error)
		return error;
	queue->refs++;
	file->data = queue;
	return 0;
}

long sys_mq_open(const char *user_name, int flags, unsigned int mode, const struct mq_attr *attr)
{
	char name[MQ_NAME_MAX + 1];
	struct file *file;
	int error = name_in(name, user_name);

	(void)mode;
	if (error)
		return error;
	if ((flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	file = file_create(&mq_ops, NULL, (unsigned)flags & (O_ACCMODE | O_NONBLOCK));
	if (!file)
		return -ENOMEM;
	error = open_locked(name, flags, attr, file);
	if (error) {
		heap_free(file);
		return error;
	}
	return fd_add_new(file, true);
}

long sys_mq_unlink(const char *user_name)
{
	char name[MQ_NAME_MAX + 1];
	struct mqueue *queue;
	int error = name_in(name, user_name);

	if (error)
		return error;
	GUARD(mutex, &names_lock);
	queue = find(name);
	if (!queue)
		return -ENOENT;
	list_remove(&queue->node);
	mqueue_put(queue);
	return 0;
}

long sys_mq_getsetattr(int fd, const struct mq_attr *new, struct mq_attr *old)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);
	struct mqueue *queue = file ? mqueue_of(file) : NULL;
	struct mq_attr wanted, present = {0};
	struct irq_state state;

	if (!queue)
		return -EBADF;
	if (new &&user_copy_in(&wanted, new, sizeof(wanted)))
		return -EFAULT;
	if (new && (wanted.mq_flags & ~O_NONBLOCK))
		return -EINVAL;
	state = waitq_lock(&queue->queue);
	present.mq_flags = file->flags & O_NONBLOCK;
	present.mq_maxmsg = queue->count_max;
	present.mq_msgsize = (long)queue->bytes_max;
	present.mq_curmsgs = queue->count;
	if (new)
		file->flags = (file->flags & ~(unsigned)O_NONBLOCK) | (unsigned)wanted.mq_flags;
	waitq_unlock(&queue->queue, state);
	/* The C library's structure ends in words that the call does not fill. */
	return old ? user_copy_out(old, &present, sizeof(present)) : 0;
}

static int notice_in(const struct user_sigevent *user, struct mq_notice *notice)
{
	struct user_sigevent event;

	if (user_copy_in(&event, user, sizeof(event)))
		return -EFAULT;
	if (event.notify == SIGEV_NONE)
		return 0;
	if (event.notify == SIGEV_SIGNAL) {
		if (event.signal < 1 || event.signal > SIGNAL_COUNT)
			return -EINVAL;
		notice->info = (struct signal_info){.number = event.signal,
						    .code = SI_MESGQ,
						    .sender = 1,
						    .value = (uintptr_t)event.value.sival_ptr};
		return 0;
	}
	if (event.notify != SIGEV_THREAD)
		return -EINVAL;
	/* The C library's thread waits at a socket of its own for what the value points to. */
	if (user_copy_in(notice->cookie, event.value.sival_ptr, MQ_COOKIE_BYTES))
		return -EFAULT;
	notice->socket = fd_get(event.signal);
	if (!notice->socket)
		return -EBADF;
	if (socket_of(notice->socket) && socket_of(notice->socket)->family == AF_NETLINK)
		return 0;
	file_put(notice->socket);
	return -EINVAL;
}

long sys_mq_notify(int fd, const struct user_sigevent *event)
{
	struct file *file CLEANUP(fd_drop) = fd_get(fd);
	struct mqueue *queue = file ? mqueue_of(file) : NULL;
	struct mq_notice notice = {.by = file};
	struct irq_state state;
	int error;

	if (!queue)
		return -EBADF;
	if (!event) {
		remove_notice(queue, NULL);
		return 0;
	}
	error = notice_in(event, &notice);
	if (error)
		return error;
	signal_queue_grow();
	state = waitq_lock(&queue->queue);
	if (queue->notice.by)
		error = -EBUSY;
	else
		queue->notice = notice;
	waitq_unlock(&queue->queue, state);
	if (error && notice.socket)
		file_put(notice.socket);
	return error;
}
