/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connected pairs of local sockets. Each side has a list of packets that it can receive; a stream
 * takes them as bytes, the other types as messages. Room is reserved before a packet is made, and
 * one receiver at a time has the turn, so no lock is held while bytes are copied.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <base/bits.h>
#include <fs/poll.h>
#include <mem/heap.h>
#include <net/socket.h>

#include "unix.h"

long (*unix_request)(struct socket *socket, struct message *message);

#define PIECE 3840 /* of a stream: with a packet's header it fits in a frame */

struct pair;

/* Guarded by pair->queue.lock, but `pair` and the packets while somebody has the turn. */
struct side {
	struct socket socket;
	struct pair *pair;
	struct list packets; /* to be received here */
	size_t bytes;	     /* of them and of those that are being made */
	size_t limit;
	bool open, no_receive, no_send, receiving;
	struct poll_source own;
	struct poll_source *source; /* who is told: `own` or a socket's that is connected by it */
};

struct pair {
	struct waitq queue;
	unsigned released; /* sides that nobody uses any more */
	struct side sides[2];
};

static uintptr_t key_receive(const struct side *side)
{
	return (uintptr_t)&side->packets;
}

/* Who wants to send to this side. */
static uintptr_t key_send(const struct side *side)
{
	return (uintptr_t)&side->bytes;
}

static struct side *side_of(struct socket *socket)
{
	return CONTAINER_OF(socket, struct side, socket);
}

static struct side *peer_of(struct side *side)
{
	return &side->pair->sides[side == &side->pair->sides[0]];
}

static bool is_stream(const struct side *side)
{
	return side->socket.type == SOCK_STREAM;
}

/* Does it end when the other side is closed? */
static bool is_connected(const struct side *side)
{
	return side->socket.type == SOCK_STREAM || side->socket.type == SOCK_SEQPACKET;
}

void unix_packet_free(struct packet *packet)
{
	unix_name_put(packet->from);
	while (packet->file_count)
		file_put(packet->files[--packet->file_count]);
	heap_free(packet->files);
	heap_free(packet);
}

struct packet *unix_packet_make(struct message *message, size_t length)
{
	struct packet *packet = heap_alloc(unix_packet_cost(length));

	if (!packet)
		return NULL;
	*packet = (struct packet){.length = length};
	if (io_in(&message->io, packet->data, length) < length) {
		heap_free(packet);
		return NULL;
	}
	if (!message->file_count)
		return packet;
	packet->files = heap_alloc(message->file_count * sizeof(*packet->files));
	if (!packet->files) {
		heap_free(packet);
		return NULL;
	}
	memcpy(packet->files, message->files, message->file_count * sizeof(*packet->files));
	packet->file_count = message->file_count;
	message->file_count = 0;
	return packet;
}

/* Lock held. Can `side` send at all? */
static int may_send(struct side *side)
{
	struct side *peer = peer_of(side);

	if (!side->no_send && peer->open && !peer->no_receive)
		return 0;
	return side->socket.type == SOCK_DGRAM && !side->no_send && !peer->open ? -ECONNREFUSED
										: -EPIPE;
}

static void wake_senders(struct side *to)
{
	waitq_wake(&to->pair->queue, key_send(to), SIZE_MAX);
	if (to->bytes <= to->limit / 2)
		poll_notify(peer_of(to)->source, POLL_WRITABLE);
}

/* Lock held. Bytes, packets' headers included, that a side takes now. */
static size_t room_of(const struct side *side)
{
	return side->bytes < side->limit ? side->limit - side->bytes : 0;
}

/* Reserve room for a packet; for a stream as much of `length` as there is. Bytes or an error. */
static long reserve(struct side *side, size_t length, uint64_t deadline_ns)
{
	struct side *to = peer_of(side);
	struct pair *pair = side->pair;
	struct irq_state state = waitq_lock(&pair->queue);
	size_t least = is_stream(side) ? 1 : length;
	int error = 0;

	while (!(error = may_send(side))) {
		if (unix_packet_cost(least) <= room_of(to) ||
		    (list_empty(&to->packets) && !to->bytes))
			break;
		error = deadline_ns ? waitq_sleep(&pair->queue, &state, key_send(to), deadline_ns)
				    : -EAGAIN;
		if (error)
			break;
	}
	if (!error) {
		if (is_stream(side))
			length = MIN(length,
				     MAX(room_of(to), unix_packet_cost(1)) - sizeof(struct packet));
		to->bytes += unix_packet_cost(length);
	}
	waitq_unlock(&pair->queue, state);
	return error ? error : (long)length;
}

/* What was reserved becomes a packet, or nothing. */
static int deliver(struct side *side, struct packet *packet, size_t length)
{
	struct side *to = peer_of(side);
	struct pair *pair = side->pair;
	struct irq_state state = waitq_lock(&pair->queue);
	int error = packet ? may_send(side) : 0;

	if (packet && !error) {
		list_push_back(&to->packets, &packet->node);
		waitq_wake(&pair->queue, key_receive(to), 1);
		poll_notify(to->source, POLL_READABLE);
	} else {
		to->bytes -= unix_packet_cost(length);
		wake_senders(to);
	}
	waitq_unlock(&pair->queue, state);
	if (error)
		unix_packet_free(packet);
	return error;
}

static long unix_send(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	__typeof__(unix_request) request = __atomic_load_n(&unix_request, __ATOMIC_RELAXED);
	struct side *side = side_of(socket);
	struct packet *packet;
	long length = 0;
	int error = 0;

	if (message->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (socket->family != AF_UNIX && request)
		return request(socket, message);
	if (message->name_length)
		return socket->type == SOCK_STREAM ? -EISCONN : -EOPNOTSUPP;
	if (!is_stream(side) && unix_packet_cost(message->io.left) > peer_of(side)->limit)
		return -EMSGSIZE;
	if (is_stream(side) && !message->io.left)
		return 0;
	do {
		length = (long)(is_stream(side) ? MIN(message->io.left, (size_t)PIECE)
						: message->io.left);
		length = reserve(side, (size_t)length, deadline_ns);
		if (length < 0) {
			error = (int)length;
			break;
		}
		packet = unix_packet_make(message, (size_t)length);
		error = deliver(side, packet, (size_t)length);
		if (!packet)
			error = message->io.fault ? -EFAULT : -ENOBUFS;
	} while (!error && is_stream(side) && message->io.left);
	return is_stream(side) && message->io.done ? (long)message->io.done
	       : error				   ? error
						   : length;
}

/*
 * Lock held. Wait for the turn and a packet. 0: there is one; 1: the end; -EAGAIN, -ETIMEDOUT,
 * -EINTR.
 */
static int wait_to_receive(struct side *side, struct irq_state *state, uint64_t deadline_ns)
{
	struct side *peer = peer_of(side);
	int error = 0;

	while (!error) {
		if (!side->receiving) {
			if (!list_empty(&side->packets))
				return 0;
			if (side->no_receive || peer->no_send ||
			    (!peer->open && is_connected(side)))
				return 1;
			if (!deadline_ns)
				return -EAGAIN;
		}
		error = waitq_sleep(&side->pair->queue, state, key_receive(side),
				    deadline_ns ? deadline_ns : DEADLINE_NEVER);
	}
	return error;
}

/* The files of a packet come with its first byte. */
static void receive_files(struct packet *packet, struct message *message)
{
	bool peek = message->flags & MSG_PEEK;

	if (!packet->file_count)
		return;
	if (!message->wants_files) {
		message->out_flags |= MSG_CTRUNC;
		return;
	}
	for (unsigned i = 0; i < packet->file_count; i++)
		message->files[i] = peek ? file_get(packet->files[i]) : packet->files[i];
	message->file_count = packet->file_count;
	if (!peek)
		packet->file_count = 0;
}

bool unix_packet_copy(int type, struct packet *packet, struct message *message)
{
	size_t left = packet->length - packet->taken, n;

	n = io_out(&message->io, packet->data + packet->taken, left);
	if (message->io.fault)
		return false;
	receive_files(packet, message);
	if (type == SOCK_STREAM) {
		if (!(message->flags & MSG_PEEK))
			packet->taken += n;
		return n == left;
	}
	message->full_length = packet->length;
	if (n < left)
		message->out_flags |= MSG_TRUNC;
	if (type == SOCK_SEQPACKET)
		message->out_flags |= MSG_EOR;
	return true;
}

/* With the turn, from the lock and back to it: the packets that this call can have. */
static void copy_packets(struct side *side, struct irq_state *state, struct message *message)
{
	struct pair *pair = side->pair;
	struct list *node = side->packets.next;
	bool more = true;

	while (more && node != &side->packets) {
		struct packet *packet = LIST_ENTRY(node, struct packet, node);
		bool used_up, had_files = packet->file_count;

		if (message->io.done && had_files)
			break; /* they come with their own bytes */
		waitq_unlock(&pair->queue, *state);
		used_up = unix_packet_copy(side->socket.type, packet, message);
		*state = waitq_lock(&pair->queue);
		more = used_up && is_stream(side) && message->io.left && !had_files;
		node = node->next;
		if (used_up && !(message->flags & MSG_PEEK)) {
			list_remove(&packet->node);
			side->bytes -= unix_packet_cost(packet->length);
			waitq_unlock(&pair->queue, *state);
			unix_packet_free(packet);
			*state = waitq_lock(&pair->queue);
			node = side->packets.next;
		}
	}
}

static long unix_receive(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	struct side *side = side_of(socket);
	struct pair *pair = side->pair;
	struct irq_state state;
	bool all = is_stream(side) && (message->flags & MSG_WAITALL) &&
		   !(message->flags & MSG_PEEK);
	int error;

	if (message->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (is_stream(side) && !message->io.left)
		return 0;
	state = waitq_lock(&pair->queue);
	do {
		error = wait_to_receive(side, &state, deadline_ns);
		if (!error) {
			side->receiving = true;
			copy_packets(side, &state, message);
			side->receiving = false;
			wake_senders(side);
		}
		waitq_wake(&pair->queue, key_receive(side), 1);
	} while (!error && all && message->io.left && !message->io.fault && !message->file_count);
	waitq_unlock(&pair->queue, state);
	if (message->io.fault || message->io.done)
		error = 0;
	return error > 0 ? 0 : error ? error : io_result(&message->io);
}

static uint32_t unix_poll(struct socket *socket, struct poll_watch *watch)
{
	struct side *side = side_of(socket), *peer = peer_of(side);
	struct irq_state state;
	bool connected = is_connected(side);
	uint32_t ready = 0;

	poll_watch_add(side->source, watch);
	state = waitq_lock(&side->pair->queue);
	if (side->no_receive || peer->no_send || (connected && !peer->open))
		ready |= POLL_READABLE | POLLRDHUP;
	if (!list_empty(&side->packets))
		ready |= POLL_READABLE;
	if (connected && (!peer->open || (side->no_receive && side->no_send)))
		ready |= POLLHUP;
	if (peer->bytes <= peer->limit / 2 || !peer->open)
		ready |= POLL_WRITABLE;
	waitq_unlock(&side->pair->queue, state);
	return ready;
}

/* Lock held: everybody on both sides looks again. */
static void tell_all(struct pair *pair)
{
	for (unsigned i = 0; i < 2; i++) {
		struct side *side = &pair->sides[i];

		waitq_wake(&pair->queue, key_receive(side), SIZE_MAX);
		waitq_wake(&pair->queue, key_send(side), SIZE_MAX);
		poll_notify(side->source,
			    POLL_READABLE | POLL_WRITABLE | POLLRDHUP | POLLHUP | POLLERR);
	}
}

static int unix_shutdown(struct socket *socket, int how)
{
	struct side *side = side_of(socket);
	struct irq_state state;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	state = waitq_lock(&side->pair->queue);
	if (how != SHUT_WR)
		side->no_receive = true;
	if (how != SHUT_RD)
		side->no_send = true;
	tell_all(side->pair);
	waitq_unlock(&side->pair->queue, state);
	return 0;
}

static int unix_count(struct socket *socket)
{
	struct side *side = side_of(socket);
	struct irq_state state = waitq_lock(&side->pair->queue);
	size_t count = 0;

	LIST_FOR_EACH (struct packet, packet, &side->packets, node) {
		count += packet->length - packet->taken;
		if (!is_stream(side))
			break;
	}
	waitq_unlock(&side->pair->queue, state);
	return (int)count;
}

static int unix_buffer(struct socket *socket, bool send, size_t size)
{
	struct side *side = side_of(socket), *to = send ? peer_of(side) : side;

	if (size)
		WRITE_ONCE(to->limit, MAX(UNIX_LIMIT_LEAST, MIN(size, UNIX_LIMIT_MOST)));
	return (int)READ_ONCE(to->limit);
}

static int unix_name(struct socket *socket, bool peer, void *name, size_t *length)
{
	const uint16_t family = AF_UNIX;

	(void)socket, (void)peer;
	memcpy(name, &family, sizeof(family));
	*length = sizeof(family);
	return 0;
}

/* Packets nobody will receive; their files may be sockets, too, so no lock is held. */
static void drop_packets(struct side *side)
{
	struct list packets = LIST_INIT(packets), *node;
	struct irq_state state = waitq_lock(&side->pair->queue);

	list_splice(&packets, &side->packets);
	waitq_unlock(&side->pair->queue, state);
	while ((node = list_pop_front(&packets)))
		unix_packet_free(LIST_ENTRY(node, struct packet, node));
}

static void unix_release(struct socket *socket)
{
	struct side *side = side_of(socket);
	struct pair *pair = side->pair;
	struct irq_state state = waitq_lock(&pair->queue);
	bool last;

	side->open = false;
	side->source = &side->own; /* the other one may be gone after this */
	tell_all(pair);
	waitq_unlock(&pair->queue, state);
	drop_packets(side);
	state = waitq_lock(&pair->queue);
	last = ++pair->released == 2;
	waitq_unlock(&pair->queue, state);
	if (last)
		heap_free(pair);
}

static const struct socket_ops unix_ops = {
	.send = unix_send,
	.receive = unix_receive,
	.poll = unix_poll,
	.shutdown = unix_shutdown,
	.count = unix_count,
	.buffer = unix_buffer,
	.name = unix_name,
	.release = unix_release,
};

int unix_pair_make(int type, struct socket *sockets[2])
{
	struct pair *pair = heap_alloc_zeroed(sizeof(*pair));

	if (!pair)
		return -ENOMEM;
	waitq_init(&pair->queue);
	for (unsigned i = 0; i < 2; i++) {
		struct side *side = &pair->sides[i];

		side->socket = (struct socket){.ops = &unix_ops, .family = AF_UNIX, .type = type};
		side->pair = pair;
		list_init(&side->packets);
		side->limit = UNIX_LIMIT_FIRST;
		side->open = true;
		side->source = &side->own;
		poll_source_init(&side->own);
		sockets[i] = &side->socket;
	}
	return 0;
}

void unix_pair_tell(struct socket *socket, struct poll_source *tell)
{
	side_of(socket)->source = tell;
}

int unix_pair(int type, unsigned flags, struct file *files[2])
{
	struct socket *sockets[2];
	int error = unix_pair_make(type, sockets);

	if (error)
		return error;
	for (unsigned i = 0; i < 2; i++)
		files[i] = socket_file(sockets[i], flags);
	if (files[0] && files[1])
		return 0;
	heap_free(files[0]);
	heap_free(files[1]);
	heap_free(side_of(sockets[0])->pair);
	return -ENOMEM;
}

int unix_single(int family, int type, unsigned flags, struct file **file)
{
	struct file *files[2];
	int error = unix_pair(SOCK_DGRAM, flags, files);

	if (error)
		return error;
	file_put(files[1]);
	socket_of(files[0])->family = family;
	socket_of(files[0])->type = type;
	*file = files[0];
	return 0;
}

int unix_inject(struct socket *socket, const void *data, size_t size)
{
	struct side *side = side_of(socket);
	struct packet *packet;
	struct irq_state state;

	if (READ_ONCE(side_of(socket)->bytes) > UNIX_LIMIT_FIRST)
		return -ENOBUFS;
	packet = heap_alloc(unix_packet_cost(size));
	if (!packet)
		return -ENOMEM;
	*packet = (struct packet){.length = size};
	memcpy(packet->data, data, size);
	state = waitq_lock(&side->pair->queue);
	side->bytes += unix_packet_cost(size);
	list_push_back(&side->packets, &packet->node);
	waitq_wake(&side->pair->queue, key_receive(side), 1);
	poll_notify(side->source, POLL_READABLE);
	waitq_unlock(&side->pair->queue, state);
	return 0;
}
