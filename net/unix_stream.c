/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local streams (and sequences of packets) with names: how they meet. Once they are connected, each
 * has one socket of a pair, which does the rest.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <base/bits.h>
#include <mem/heap.h>

#include "unix.h"

#define BACKLOG_MOST 4096

/* Guarded by unix_queue.lock. `inner` is set once, with release order, and stays. */
struct stream {
	struct unix_socket local;
	struct socket *inner;	/* one of a pair; NULL: not connected */
	struct unix_name *peer; /* the other one's */
	size_t limits[2];	/* receiving, sending; 0: not set. Until there is `inner` */
	bool listens, ended;	/* `ended`: by shutdown(), before it was connected */
	unsigned backlog, waiting;
	struct list connections; /* that wait for accept(): `pending` of others */
	struct list pending;
};

static struct stream *stream_of(struct socket *socket)
{
	return CONTAINER_OF(socket, struct stream, local.socket);
}

static struct socket *inner_of(struct socket *socket)
{
	return __atomic_load_n(&stream_of(socket)->inner, __ATOMIC_ACQUIRE);
}

static uintptr_t key_accept(const struct stream *stream)
{
	return (uintptr_t)&stream->connections;
}

static uintptr_t key_connect(const struct stream *stream)
{
	return (uintptr_t)&stream->backlog;
}

static const struct socket_ops stream_ops;

static struct stream *stream_new(int type)
{
	struct stream *stream = heap_alloc_zeroed(sizeof(*stream));

	if (!stream)
		return NULL;
	unix_socket_init(&stream->local, &stream_ops, type);
	list_init(&stream->connections);
	list_init(&stream->pending);
	return stream;
}

static int stream_listen(struct socket *socket, int backlog)
{
	struct stream *stream = stream_of(socket);
	struct irq_state state = waitq_lock(&unix_queue);
	int error = !stream->local.name || stream->inner || stream->ended ? -EINVAL : 0;

	if (!error) {
		stream->listens = true;
		stream->backlog = backlog < 0 || backlog > BACKLOG_MOST ? BACKLOG_MOST
									: (unsigned)backlog;
		waitq_wake(&unix_queue, key_connect(stream), SIZE_MAX);
	}
	waitq_unlock(&unix_queue, state);
	return error;
}

/* Lock held. May it be connected? And to whom: the listener, or an error. */
static int look(struct stream *stream, const struct unix_target *target, struct stream **listener)
{
	struct unix_socket *found = unix_find(target);

	if (stream->inner)
		return -EISCONN;
	if (stream->listens || stream->ended)
		return -EINVAL;
	if (!found)
		return -ECONNREFUSED;
	if (found->socket.type != stream->local.socket.type)
		return -EPROTOTYPE;
	*listener = stream_of(&found->socket);
	return (*listener)->listens ? 0 : -ECONNREFUSED;
}

/* Lock held. Both get their ends of the pair. */
static void join(struct stream *stream, struct stream *accepted, struct stream *listener,
		 struct socket *pair[2])
{
	unix_pair_tell(pair[0], &stream->local.source);
	unix_pair_tell(pair[1], &accepted->local.source);
	stream->peer = unix_name_get(listener->local.name);
	accepted->local.name = unix_name_get(listener->local.name);
	accepted->peer = unix_name_get(stream->local.name);
	accepted->inner = pair[1];
	__atomic_store_n(&stream->inner, pair[0], __ATOMIC_RELEASE);
	list_push_back(&listener->connections, &accepted->pending);
	listener->waiting++;
	waitq_wake(&unix_queue, key_accept(listener), 1);
	poll_notify(&listener->local.source, POLL_READABLE);
	poll_notify(&stream->local.source, POLL_WRITABLE);
}

static void set_limits(const struct stream *stream, struct socket *inner)
{
	for (unsigned send = 0; send < 2; send++)
		if (stream->limits[send])
			inner->ops->buffer(inner, send, stream->limits[send]);
}

static int connect_to(struct stream *stream, const struct unix_target *target, uint64_t deadline_ns,
		      struct stream *accepted, struct socket *pair[2])
{
	struct stream *listener = NULL;
	struct irq_state state = waitq_lock(&unix_queue);
	int error;

	while (!(error = look(stream, target, &listener)) &&
	       listener->waiting > listener->backlog) {
		error = -EAGAIN;
		if (deadline_ns)
			error = waitq_sleep(&unix_queue, &state, key_connect(listener),
					    deadline_ns);
		if (error)
			break;
	}
	if (!error)
		join(stream, accepted, listener, pair);
	waitq_unlock(&unix_queue, state);
	return error == -ETIMEDOUT ? -EAGAIN : error;
}

static int stream_connect(struct socket *socket, const void *name, size_t length,
			  uint64_t deadline_ns)
{
	struct stream *stream = stream_of(socket), *accepted;
	struct unix_target target;
	struct socket *pair[2];
	int error = unix_target_begin(&target, name, length);

	accepted = error ? NULL : stream_new(socket->type);
	if (!error && !accepted)
		error = -ENOMEM;
	if (!error) {
		error = unix_pair_make(socket->type, pair);
		if (!error) {
			set_limits(stream, pair[0]);
			error = connect_to(stream, &target, deadline_ns, accepted, pair);
			if (error) {
				pair[0]->ops->release(pair[0]);
				pair[1]->ops->release(pair[1]);
			}
		}
		if (error)
			heap_free(accepted);
	}
	unix_target_end(&target);
	return error;
}

static int stream_accept(struct socket *socket, struct socket **accepted, uint64_t deadline_ns)
{
	struct stream *stream = stream_of(socket);
	struct irq_state state = waitq_lock(&unix_queue);
	struct list *node;
	int error = 0;

	while (!error) {
		if (!stream->listens) {
			error = -EINVAL;
		} else if ((node = list_pop_front(&stream->connections))) {
			stream->waiting--;
			waitq_wake(&unix_queue, key_connect(stream), SIZE_MAX);
			*accepted = &LIST_ENTRY(node, struct stream, pending)->local.socket;
			break;
		} else {
			error = deadline_ns ? waitq_sleep(&unix_queue, &state, key_accept(stream),
							  deadline_ns)
					    : -EAGAIN;
		}
	}
	waitq_unlock(&unix_queue, state);
	return error == -ETIMEDOUT ? -EAGAIN : error;
}

static long stream_send(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	struct socket *inner = inner_of(socket);

	if (inner)
		return inner->ops->send(inner, message, deadline_ns);
	if (message->name_length && socket->type == SOCK_STREAM)
		return -EOPNOTSUPP;
	return stream_of(socket)->ended ? -EPIPE : -ENOTCONN;
}

static long stream_receive(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	struct socket *inner = inner_of(socket);
	struct unix_name *peer = stream_of(socket)->peer;
	long result;

	if (!inner)
		return socket->type == SOCK_STREAM ? -EINVAL : -ENOTCONN;
	result = inner->ops->receive(inner, message, deadline_ns);
	if (result >= 0 && peer)
		unix_name_out(peer, message->name, &message->name_length);
	return result;
}

static uint32_t stream_poll(struct socket *socket, struct poll_watch *watch)
{
	struct stream *stream = stream_of(socket);
	struct irq_state state;
	uint32_t ready;

	poll_watch_add(&stream->local.source, watch);
	state = waitq_lock(&unix_queue);
	if (!stream->listens)
		ready = stream->ended ? POLL_READABLE | POLLRDHUP | POLL_WRITABLE | POLLHUP
				      : POLL_WRITABLE | POLLHUP;
	else
		ready = list_empty(&stream->connections) ? 0 : POLL_READABLE;
	waitq_unlock(&unix_queue, state);
	return inner_of(socket) ? stream->inner->ops->poll(stream->inner, NULL) : ready;
}

/* Of one that is not connected: nobody is, from now on. */
static void end(struct stream *stream)
{
	struct irq_state state = waitq_lock(&unix_queue);

	if (stream->listens)
		unix_unbind(&stream->local);
	stream->listens = false;
	stream->ended = true;
	waitq_wake(&unix_queue, key_accept(stream), SIZE_MAX);
	waitq_wake(&unix_queue, key_connect(stream), SIZE_MAX);
	poll_notify(&stream->local.source, POLL_READABLE | POLL_WRITABLE | POLLRDHUP | POLLHUP);
	waitq_unlock(&unix_queue, state);
}

static int stream_shutdown(struct socket *socket, int how)
{
	struct socket *inner = inner_of(socket);

	if (inner)
		return inner->ops->shutdown(inner, how);
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (!stream_of(socket)->listens)
		return -ENOTCONN;
	if (how != SHUT_WR)
		end(stream_of(socket));
	return 0;
}

static int stream_count(struct socket *socket)
{
	struct socket *inner = inner_of(socket);

	return inner ? inner->ops->count(inner) : 0;
}

static int stream_buffer(struct socket *socket, bool send, size_t size)
{
	struct socket *inner = inner_of(socket);
	size_t *limit = &stream_of(socket)->limits[send];

	if (inner)
		return inner->ops->buffer(inner, send, size);
	if (size)
		WRITE_ONCE(*limit, MAX(UNIX_LIMIT_LEAST, MIN(size, UNIX_LIMIT_MOST)));
	return (int)(READ_ONCE(*limit) ? READ_ONCE(*limit) : UNIX_LIMIT_FIRST);
}

static int stream_name(struct socket *socket, bool peer, void *name, size_t *length)
{
	struct stream *stream = stream_of(socket);

	if (peer && !inner_of(socket))
		return -ENOTCONN;
	return unix_name_out(peer ? stream->peer
				  : __atomic_load_n(&stream->local.name, __ATOMIC_ACQUIRE),
			     name, length);
}

static int stream_get_option(struct socket *socket, int level, int option, void *value,
			     size_t *size)
{
	const int listens = stream_of(socket)->listens;

	if (level != SOL_SOCKET || option != SO_ACCEPTCONN)
		return -ENOPROTOOPT;
	memcpy(value, &listens, sizeof(listens));
	*size = sizeof(listens);
	return 0;
}

/* Connections that nobody accepted end with their listener. */
static void stream_release(struct socket *socket)
{
	struct stream *stream = stream_of(socket);
	struct irq_state state;
	struct list *node;

	end(stream);
	while ((node = list_pop_front(&stream->connections)))
		stream_release(&LIST_ENTRY(node, struct stream, pending)->local.socket);
	if (stream->inner)
		stream->inner->ops->release(stream->inner);
	state = waitq_lock(&unix_queue);
	unix_unbind(&stream->local);
	waitq_unlock(&unix_queue, state);
	unix_name_put(stream->peer);
	unix_socket_end(&stream->local);
	heap_free(stream);
}

static const struct socket_ops stream_ops = {
	.send = stream_send,
	.receive = stream_receive,
	.poll = stream_poll,
	.shutdown = stream_shutdown,
	.count = stream_count,
	.buffer = stream_buffer,
	.bind = unix_bind,
	.connect = stream_connect,
	.listen = stream_listen,
	.accept = stream_accept,
	.name = stream_name,
	.get_option = stream_get_option,
	.release = stream_release,
};

int unix_stream_create(int type, unsigned flags, struct file **file)
{
	struct stream *stream = stream_new(type);

	*file = stream ? socket_file(&stream->local.socket, flags) : NULL;
	if (*file)
		return 0;
	heap_free(stream);
	return -ENOMEM;
}
