/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local datagrams between sockets with names: each has a list of packets that anybody may add to. A
 * socket that is connected sends to its peer, and receives from nobody else.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <base/bits.h>
#include <mem/heap.h>

#include "unix.h"

/* Guarded by unix_queue.lock, but packets while somebody has the turn. */
struct datagram {
	struct unix_socket local;
	struct list packets; /* to be received here */
	size_t bytes, limit; /* of them */
	bool no_receive, no_send, receiving, refused;
	struct datagram *peer; /* NULL: not connected; `refused`: it was closed */
	struct list senders;   /* `sender` of those whose peer this is */
	struct list sender;
};

static struct datagram *datagram_of(struct socket *socket)
{
	return CONTAINER_OF(socket, struct datagram, local.socket);
}

static uintptr_t key_receive(const struct datagram *one)
{
	return (uintptr_t)&one->packets;
}

/* Who wants to send to this one. */
static uintptr_t key_send(const struct datagram *one)
{
	return (uintptr_t)&one->bytes;
}

/* Lock held. May one send to the other? */
static int may_send(const struct datagram *one, const struct unix_socket *other)
{
	struct datagram *to;

	if (!other)
		return -ECONNREFUSED;
	if (other->socket.type != SOCK_DGRAM)
		return -EPROTOTYPE;
	to = datagram_of((struct socket *)(uintptr_t)&other->socket);
	return to->peer && to->peer != one ? -EPERM : 0;
}

/* Lock held. To whom a packet goes that costs so much: 0, -EAGAIN (*to has no room), an error. */
static int look(struct datagram *one, const struct unix_target *target, size_t cost,
		struct datagram **to)
{
	struct unix_socket *found = target ? unix_find(target) : NULL;
	int error;

	if (one->no_send)
		return -EPIPE;
	if (!target) {
		if (!one->peer) {
			error = one->refused ? -ECONNREFUSED : -ENOTCONN;
			one->refused = false;
			return error;
		}
		found = &one->peer->local;
	}
	error = may_send(one, found);
	if (error)
		return error;
	*to = datagram_of(&found->socket);
	if ((*to)->no_receive)
		return -EPIPE;
	if (cost > (*to)->limit)
		return -EMSGSIZE;
	return (*to)->bytes && (*to)->bytes + cost > (*to)->limit ? -EAGAIN : 0;
}

static int hand_over(struct datagram *one, const struct unix_target *target, struct packet *packet,
		     uint64_t deadline_ns)
{
	size_t cost = unix_packet_cost(packet->length);
	struct irq_state state = waitq_lock(&unix_queue);
	struct datagram *to = NULL;
	int error;

	while ((error = look(one, target, cost, &to)) == -EAGAIN && deadline_ns) {
		error = waitq_sleep(&unix_queue, &state, key_send(to), deadline_ns);
		if (error)
			break;
	}
	if (!error) {
		packet->from = unix_name_get(one->local.name);
		list_push_back(&to->packets, &packet->node);
		to->bytes += cost;
		waitq_wake(&unix_queue, key_receive(to), 1);
		poll_notify(&to->local.source, POLL_READABLE);
	}
	waitq_unlock(&unix_queue, state);
	return error;
}

static long datagram_send(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	size_t length = message->io.left;
	bool named = message->name_length;
	struct unix_target target = {0};
	struct packet *packet;
	int error = 0;

	if (message->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (length > UNIX_LIMIT_MOST)
		return -EMSGSIZE;
	if (named)
		error = unix_target_begin(&target, message->name, message->name_length);
	if (!error) {
		packet = unix_packet_make(message, length);
		if (packet)
			error = hand_over(datagram_of(socket), named ? &target : NULL, packet,
					  deadline_ns);
		else
			error = message->io.fault ? -EFAULT : -ENOBUFS;
		if (packet && error)
			unix_packet_free(packet);
	}
	unix_target_end(&target);
	return error ? error : (long)length;
}

/* Lock held. There is room again. */
static void wake_senders(struct datagram *one)
{
	waitq_wake(&unix_queue, key_send(one), SIZE_MAX);
	if (one->bytes <= one->limit / 2)
		LIST_FOR_EACH (struct datagram, sender, &one->senders, sender)
			poll_notify(&sender->local.source, POLL_WRITABLE);
}

/* Lock held. Wait for the turn and a packet: 0, 1 (the end) or an error. */
static int wait_to_receive(struct datagram *one, struct irq_state *state, uint64_t deadline_ns)
{
	int error = 0;

	while (!error) {
		if (!one->receiving) {
			if (!list_empty(&one->packets))
				return 0;
			if (one->no_receive)
				return 1;
			if (!deadline_ns)
				return -EAGAIN;
		}
		error = waitq_sleep(&unix_queue, state, key_receive(one),
				    deadline_ns ? deadline_ns : DEADLINE_NEVER);
	}
	return error;
}

/* With the turn. The packet, if it was used up. */
static struct packet *take(struct datagram *one, struct irq_state *state, struct message *message)
{
	struct packet *packet = LIST_FIRST(&one->packets, struct packet, node);
	bool used_up;

	one->receiving = true;
	waitq_unlock(&unix_queue, *state);
	used_up = unix_packet_copy(SOCK_DGRAM, packet, message);
	if (used_up && packet->from)
		unix_name_out(packet->from, message->name, &message->name_length);
	*state = waitq_lock(&unix_queue);
	one->receiving = false;
	if (!used_up || message->flags & MSG_PEEK)
		return NULL;
	list_remove(&packet->node);
	one->bytes -= unix_packet_cost(packet->length);
	wake_senders(one);
	return packet;
}

static long datagram_receive(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	struct datagram *one = datagram_of(socket);
	struct packet *packet = NULL;
	struct irq_state state;
	int error;

	if (message->flags & MSG_OOB)
		return -EOPNOTSUPP;
	state = waitq_lock(&unix_queue);
	error = wait_to_receive(one, &state, deadline_ns);
	if (!error)
		packet = take(one, &state, message);
	waitq_wake(&unix_queue, key_receive(one), 1);
	waitq_unlock(&unix_queue, state);
	if (packet)
		unix_packet_free(packet);
	return error > 0 ? 0 : error ? error : io_result(&message->io);
}

static uint32_t datagram_poll(struct socket *socket, struct poll_watch *watch)
{
	struct datagram *one = datagram_of(socket);
	struct irq_state state;
	uint32_t ready = 0;

	poll_watch_add(&one->local.source, watch);
	state = waitq_lock(&unix_queue);
	if (one->no_receive)
		ready |= POLL_READABLE | POLLRDHUP;
	if (!list_empty(&one->packets))
		ready |= POLL_READABLE;
	if (one->no_receive && one->no_send)
		ready |= POLLHUP;
	if (!one->peer || one->peer->bytes <= one->peer->limit / 2)
		ready |= POLL_WRITABLE;
	waitq_unlock(&unix_queue, state);
	return ready;
}

/* Lock held. */
static void disconnect(struct datagram *one)
{
	one->peer = NULL;
	list_remove(&one->sender);
	waitq_wake(&unix_queue, key_send(one), SIZE_MAX); /* who was not allowed to send */
	poll_notify(&one->local.source, POLL_WRITABLE);
}

static int datagram_connect(struct socket *socket, const void *name, size_t length,
			    uint64_t deadline_ns)
{
	struct datagram *one = datagram_of(socket);
	bool none = length >= sizeof(uint16_t) && *(const uint16_t *)name == AF_UNSPEC;
	struct unix_target target = {0};
	int error = none ? 0 : unix_target_begin(&target, name, length);
	struct unix_socket *found = NULL;
	struct irq_state state;

	(void)deadline_ns;
	if (!error) {
		state = waitq_lock(&unix_queue);
		if (!none) {
			found = unix_find(&target);
			error = may_send(one, found);
		}
		if (!error) {
			disconnect(one);
			one->refused = false;
		}
		if (!error && found) {
			one->peer = datagram_of(&found->socket);
			list_push_back(&one->peer->senders, &one->sender);
		}
		waitq_unlock(&unix_queue, state);
	}
	unix_target_end(&target);
	return error;
}

/* Lock held: everybody looks again. */
static void tell_all(struct datagram *one)
{
	waitq_wake(&unix_queue, key_receive(one), SIZE_MAX);
	waitq_wake(&unix_queue, key_send(one), SIZE_MAX);
	poll_notify(&one->local.source, POLL_READABLE | POLL_WRITABLE | POLLRDHUP | POLLHUP);
}

static int datagram_shutdown(struct socket *socket, int how)
{
	struct datagram *one = datagram_of(socket);
	struct irq_state state;
	int error = 0;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	state = waitq_lock(&unix_queue);
	if (!one->peer)
		error = -ENOTCONN;
	if (!error && how != SHUT_WR)
		one->no_receive = true;
	if (!error && how != SHUT_RD)
		one->no_send = true;
	tell_all(one);
	if (one->peer)
		waitq_wake(&unix_queue, key_send(one->peer), SIZE_MAX);
	waitq_unlock(&unix_queue, state);
	return error;
}

static int datagram_count(struct socket *socket)
{
	struct datagram *one = datagram_of(socket);
	struct irq_state state = waitq_lock(&unix_queue);
	size_t count = 0;

	if (!list_empty(&one->packets))
		count = LIST_FIRST(&one->packets, struct packet, node)->length;
	waitq_unlock(&unix_queue, state);
	return (int)count;
}

/* What may wait is the receiver's to say: what is set for sending has no meaning. */
static int datagram_buffer(struct socket *socket, bool send, size_t size)
{
	struct datagram *one = datagram_of(socket);
	struct irq_state state = waitq_lock(&unix_queue);

	if (size && !send) {
		one->limit = MAX(UNIX_LIMIT_LEAST, MIN(size, UNIX_LIMIT_MOST));
		wake_senders(one);
	}
	size = one->limit;
	waitq_unlock(&unix_queue, state);
	return (int)size;
}

static int datagram_name(struct socket *socket, bool peer, void *name, size_t *length)
{
	struct datagram *one = datagram_of(socket);
	struct irq_state state = waitq_lock(&unix_queue);
	int error = peer && !one->peer ? -ENOTCONN : 0;

	if (!error)
		unix_name_out(peer ? one->peer->local.name : one->local.name, name, length);
	waitq_unlock(&unix_queue, state);
	return error;
}

static void datagram_release(struct socket *socket)
{
	struct datagram *one = datagram_of(socket);
	struct list packets = LIST_INIT(packets), *node;
	struct irq_state state = waitq_lock(&unix_queue);

	unix_unbind(&one->local);
	while ((node = one->senders.next) != &one->senders) {
		struct datagram *sender = LIST_ENTRY(node, struct datagram, sender);

		sender->refused = sender != one;
		disconnect(sender);
	}
	disconnect(one);
	tell_all(one);
	list_splice(&packets, &one->packets);
	waitq_unlock(&unix_queue, state);
	while ((node = list_pop_front(&packets)))
		unix_packet_free(LIST_ENTRY(node, struct packet, node));
	unix_socket_end(&one->local);
	heap_free(one);
}

static const struct socket_ops datagram_ops = {
	.send = datagram_send,
	.receive = datagram_receive,
	.poll = datagram_poll,
	.shutdown = datagram_shutdown,
	.count = datagram_count,
	.buffer = datagram_buffer,
	.bind = unix_bind,
	.connect = datagram_connect,
	.name = datagram_name,
	.release = datagram_release,
};

int unix_datagram_create(unsigned flags, struct file **file)
{
	struct datagram *one = heap_alloc_zeroed(sizeof(*one));

	*file = NULL;
	if (one) {
		unix_socket_init(&one->local, &datagram_ops, SOCK_DGRAM);
		list_init(&one->packets);
		list_init(&one->senders);
		list_init(&one->sender);
		one->limit = UNIX_LIMIT_FIRST;
		*file = socket_file(&one->local.socket, flags);
	}
	if (*file)
		return 0;
	heap_free(one);
	return -ENOMEM;
}
