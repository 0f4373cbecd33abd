/* SPDX-License-Identifier: BSD-2-Clause */
/* Message queues: sending and receiving. */
#include <errno.h>
#include <fcntl.h>

#include <base/bits.h>
#include <base/guard.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#include "mqueue.h"
#include "program.h"
#include "signals.h"

/* The queue of a descriptor that has the right: 0, -EBADF. */
static int queue_get(int fd, unsigned right, struct file **file, struct mqueue **queue)
{
	*file = fd_get(fd);
	*queue = *file ? mqueue_of(*file) : NULL;
	return *queue && ((*file)->rights & right) ? 0 : -EBADF;
}

/*
 * What an attempt without waiting (deadline 0) says, or one that waits until a time of day. That
 * time is looked at only if it has to wait.
 */
static int transfer(int (*attempt)(struct mqueue *queue, uint64_t deadline_ns,
				   struct mq_message **message),
		    const struct file *file, struct mqueue *queue, const struct timespec *timeout,
		    struct mq_message **message)
{
	uint64_t until, deadline = DEADLINE_NEVER;
	int error = attempt(queue, 0, message);

	if (error != -EAGAIN || file->flags & O_NONBLOCK)
		return error;
	error = timeout ? time_copy_in(timeout, &until) : 0;
	if (error)
		return error;
	date_wait_begin(timeout);
	do {
		if (timeout)
			deadline = MAX(time_deadline(until, true, true), UINT64_C(1));
		error = attempt(queue, deadline, message);
	} while (error == -EINTR && !signal_interrupts());
	date_wait_end();
	return error;
}

/* Lock held. */
static void insert(struct mqueue *queue, struct mq_message *message)
{
	struct list *at = queue->messages.prev;

	while (at != &queue->messages &&
	       LIST_ENTRY(at, struct mq_message, node)->priority < message->priority)
		at = at->prev;
	list_insert_before(at->next, &message->node);
	queue->count++;
	waitq_wake(&queue->queue, RECEIVERS, 1);
	poll_notify(&queue->source, POLL_READABLE);
}

static int enqueue(struct mqueue *queue, uint64_t deadline_ns, struct mq_message **message)
{
	struct irq_state state = waitq_lock(&queue->queue);
	struct mq_notice notice = {0};
	int error = 0;

	while (queue->count >= queue->count_max && !error)
		error = deadline_ns ? waitq_sleep(&queue->queue, &state, SENDERS, deadline_ns)
				    : -EAGAIN;
	if (queue->count < queue->count_max) {
		error = 0;
		if (!queue->count && !queue->receivers) {
			notice = queue->notice;
			queue->notice = (struct mq_notice){0};
		}
		insert(queue, *message);
	}
	waitq_unlock(&queue->queue, state);
	mqueue_tell(&notice, 1);
	return error;
}

long sys_mq_timedsend(int fd, const char *data, size_t length, unsigned int priority,
		      const struct timespec *timeout)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	struct mq_message *message;
	struct mqueue *queue;
	int error = queue_get(fd, FILE_WRITE, &file, &queue);

	if (error)
		return error;
	if (priority >= MQ_PRIORITIES)
		return -EINVAL;
	if (length > queue->bytes_max)
		return -EMSGSIZE;
	message = heap_alloc(sizeof(*message) + length);
	if (!message)
		return -ENOMEM;
	message->priority = priority;
	message->length = length;
	error = user_copy_in(message->data, data, length);
	if (!error)
		error = transfer(enqueue, file, queue, timeout, &message);
	if (error)
		heap_free(message);
	return error;
}

static int dequeue(struct mqueue *queue, uint64_t deadline_ns, struct mq_message **message)
{
	struct irq_state state = waitq_lock(&queue->queue);
	int error = 0;

	while (!queue->count && !error) {
		queue->receivers++;
		error = deadline_ns ? waitq_sleep(&queue->queue, &state, RECEIVERS, deadline_ns)
				    : -EAGAIN;
		queue->receivers--;
	}
	if (queue->count) {
		error = 0;
		*message = LIST_ENTRY(list_pop_front(&queue->messages), struct mq_message, node);
		queue->count--;
		waitq_wake(&queue->queue, SENDERS, 1);
		poll_notify(&queue->source, POLL_WRITABLE);
	}
	waitq_unlock(&queue->queue, state);
	return error;
}

long sys_mq_timedreceive(int fd, char *data, size_t size, unsigned int *priority,
			 const struct timespec *timeout)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	struct mq_message *message;
	struct mqueue *queue;
	long result = queue_get(fd, FILE_READ, &file, &queue);

	if (result)
		return result;
	if (size < queue->bytes_max)
		return -EMSGSIZE;
	result = transfer(dequeue, file, queue, timeout, &message);
	if (result)
		return result;
	result = (long)message->length;
	if (user_copy_out(data, message->data, message->length) ||
	    (priority && user_copy_out(priority, &message->priority, sizeof(*priority))))
		result = -EFAULT;
	heap_free(message);
	return result;
}
