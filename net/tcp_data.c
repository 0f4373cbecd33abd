/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of streams. The program's memory is never touched with the network's lock held: one
 * sender and one receiver at a time have the turn (`sending`, `receiving`), find out under the lock
 * how much there is to do, copy without it, and then tell the library.
 */
#include "large.h"
#include "tcp.h"

#include <errno.h>
#include <sys/socket.h>

#include <lwip/priv/tcp_priv.h>

#include <base/bits.h>
#include <mem/heap.h>

#define SEND_SMALL 512		/* copied on the stack */
#define SEND_LEAST 1024u	/* at a time, with little memory */
#define SEND_PIECE (16ul << 10) /* of longer ones */
/* Of its queue the library has room for as many, or tcp_room() says that there is none. */
#define SEND_SEGMENTS 64

static uint32_t send_limit(const struct inet *inet)
{
	return MIN(MIN(inet->send_limit, (uint32_t)TCP_SND_BUF), MAX(net_share(), SEND_LEAST));
}

uint32_t tcp_room(const struct inet *inet)
{
	uint32_t used = TCP_SND_BUF - (inet->tcp ? inet->tcp->snd_buf : 0);
	uint32_t limit = send_limit(inet);

	return !inet->tcp || tcp_sndqueuelen(inet->tcp) >= TCP_SND_QUEUELEN - SEND_SEGMENTS ||
			       used >= limit
		       ? 0
		       : limit - used;
}

bool tcp_roomy(const struct inet *inet)
{
	return tcp_room(inet) >= send_limit(inet) / 4;
}

/* Lock held. Wait for the turn and room: 0 or an error. */
static int wait_to_send(struct inet *inet, uint64_t deadline_ns)
{
	bool waited = false;
	int error;

	for (;;) {
		if (inet->error)
			return inet_take_error(inet);
		if (inet->state == INET_NEW || inet->state == INET_LISTEN)
			return -ENOTCONN;
		if (inet->state == INET_ENDED || inet->no_send)
			return -EPIPE;
		if (inet->state == INET_CONNECTED && !inet->sending &&
		    (waited ? tcp_roomy(inet) : tcp_room(inet) > 0))
			return 0;
		error = inet_wait(inet, INET_KEY_SEND, deadline_ns);
		if (error)
			return error;
		waited = true;
	}
}

/* Take so many bytes, or fewer, with the lock given up meanwhile. 1: go on; else the result. */
static long take_bytes(struct inet *inet, struct message *message, void *to, size_t *size)
{
	net_unlock();
	*size = io_in(&message->io, to, *size);
	net_lock();
	if (!*size)
		return message->io.fault ? -EFAULT : 0;
	if (!inet->tcp || inet->no_send)
		return inet->error ? inet_take_error(inet) : -EPIPE;
	return 1;
}

static bool more_follows(const struct message *message)
{
	return message->io.left || message->flags & MSG_MORE;
}

/* For a card that cuts segments: copied once, to where they are sent from. */
static long send_large(struct inet *inet, struct message *message, struct pbuf *packet,
		       uint32_t most)
{
	size_t size = packet->tot_len;
	long result = take_bytes(inet, message, packet->payload, &size);
	err_t error;

	if (result > 0) {
		pbuf_realloc(packet, (u16_t)size);
		error = large_queue(inet->tcp, packet, most, !more_follows(message));
		result = error == ERR_OK ? (long)size : inet_error(error);
	}
	if (result <= 0)
		pbuf_free(packet);
	else
		inet->large = true;
	return result;
}

/* The library does not expect to add to what is large. */
static err_t write_copy(struct inet *inet, const uint8_t *bytes, size_t size, bool more)
{
	struct pbuf *packet;
	err_t error;

	if (!inet->large || !large_is_last(inet->tcp))
		return tcp_write(inet->tcp, bytes, (u16_t)size,
				 TCP_WRITE_FLAG_COPY | (more ? TCP_WRITE_FLAG_MORE : 0));
	packet = pbuf_alloc(PBUF_TRANSPORT, (u16_t)size, PBUF_RAM);
	if (!packet)
		return ERR_MEM;
	memcpy(packet->payload, bytes, size);
	error = large_queue(inet->tcp, packet, large_most(inet->tcp), !more);
	if (error != ERR_OK)
		pbuf_free(packet);
	return error;
}

/* Lock held, with the turn, given up in between. Bytes, or an error. */
static long send_small(struct inet *inet, struct message *message, uint8_t *buffer, size_t size)
{
	long result = take_bytes(inet, message, buffer, &size);
	err_t error;

	if (result <= 0)
		return result;
	error = write_copy(inet, buffer, size, more_follows(message));
	return error == ERR_OK ? (long)size : inet_error(error);
}

/* Bytes at a time: peers that take small segments only need many for them. */
static size_t send_most(const struct inet *inet)
{
	return MIN((size_t)tcp_room(inet), (size_t)SEND_SEGMENTS * inet->tcp->mss);
}

/* Lock held, with the turn. `buffer` holds SEND_SMALL bytes. */
static long send_piece(struct inet *inet, struct message *message, uint8_t *buffer)
{
	size_t size = MIN(message->io.left, send_most(inet)), most;
	struct pbuf *packet;
	uint8_t *longer;
	long result;

	if (message->io.left <= SEND_SMALL)
		return send_small(inet, message, buffer, size);
	most = large_most(inet->tcp);
	if (most && size > inet->tcp->mss) {
		packet = pbuf_alloc(PBUF_TRANSPORT, (u16_t)MIN(size, most), PBUF_RAM);
		if (packet)
			return send_large(inet, message, packet, (uint32_t)most);
	}
	size = MIN(size, SEND_PIECE);
	longer = heap_alloc(size);
	if (!longer)
		return -ENOBUFS;
	result = send_small(inet, message, longer, size);
	heap_free(longer);
	return result;
}

long tcp_socket_send(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	struct inet *inet = inet_of(socket);
	uint8_t buffer[SEND_SMALL];
	long sent = 0, result = 0;

	if (message->flags & MSG_OOB)
		return -EOPNOTSUPP;
	net_lock();
	do {
		result = wait_to_send(inet, deadline_ns);
		if (result || !message->io.left)
			break;
		inet->sending = true;
		result = send_piece(inet, message, buffer);
		inet->sending = false;
		if (inet->tcp && (result < 0 || !message->io.left || !tcp_room(inet)))
			tcp_output(inet->tcp);
		if (result > 0)
			sent += result;
	} while (result > 0 && message->io.left);
	inet_pass(inet, INET_KEY_SEND);
	net_unlock();
	return sent ? sent : result;
}

/* Lock held. Wait for the turn and bytes. 0: there are some; 1: the end; or an error. */
static int wait_to_receive(struct inet *inet, uint64_t deadline_ns)
{
	int error;

	for (;;) {
		if (!inet->receiving) {
			if (inet->first)
				return 0;
			if (inet->error)
				return inet_take_error(inet);
			if (inet->state == INET_NEW || inet->state == INET_LISTEN)
				return -ENOTCONN;
			if (inet->end || inet->no_receive || inet->state == INET_ENDED)
				return 1;
		}
		error = inet_wait(inet, INET_KEY_RECEIVE, deadline_ns);
		if (error)
			return error;
	}
}

/*
 * With the turn, not locked: up to `most` bytes, which are there, from the first packet on. What
 * comes meanwhile is only hung behind the last one.
 */
static size_t copy_out(const struct inet *inet, struct message *message, size_t most)
{
	struct pbuf *packet = inet->first, *part = packet;
	size_t done = 0;

	while (done < most) {
		size_t n = MIN((size_t)part->len, most - done), moved;

		moved = io_out(&message->io, part->payload, n);
		done += moved;
		if (moved < n)
			break;
		part = part->next;
		if (!part && done < most)
			part = packet = packet->waiting;
	}
	return done;
}

/* Lock held, with the turn. */
static void consume(struct inet *inet, size_t size)
{
	size_t left = size;

	inet->received -= (uint32_t)size;
	while (left) {
		struct pbuf *packet = inet->first, *next = packet->waiting;

		if (left < packet->tot_len) {
			packet = pbuf_free_header(packet, (u16_t)left);
			packet->waiting = next;
			if (inet->last == inet->first)
				inet->last = packet;
			inet->first = packet;
			break;
		}
		left -= packet->tot_len;
		inet->first = next;
		pbuf_free(packet);
	}
	for (; size && inet->tcp; size -= MIN(size, (size_t)0xffff))
		tcp_recved(inet->tcp, (u16_t)MIN(size, (size_t)0xffff));
	/* What was refused for want of memory. */
	if (inet->tcp && inet->tcp->refused_data)
		tcp_process_refused_data(inet->tcp);
}

long tcp_socket_receive(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	struct inet *inet = inet_of(socket);
	bool peek = message->flags & MSG_PEEK, all = (message->flags & MSG_WAITALL) && !peek;
	int error;

	if (message->flags & MSG_OOB)
		return -EINVAL;
	net_lock();
	do {
		size_t n;

		error = wait_to_receive(inet, deadline_ns);
		if (error || !message->io.left)
			break;
		inet->receiving = true;
		n = MIN((size_t)inet->received, message->io.left);
		net_unlock();
		n = copy_out(inet, message, n);
		net_lock();
		inet->receiving = false;
		if (!peek)
			consume(inet, n);
		inet_pass(inet, INET_KEY_RECEIVE);
	} while (all && message->io.left && !message->io.fault);
	net_unlock();
	if (message->io.done || message->io.fault)
		return io_result(&message->io);
	return error > 0 ? 0 : error;
}
