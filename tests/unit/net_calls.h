/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program with many sockets, which calls anything at any time, from several threads: while one
 * call waits or copies, others are made (net_kernel.h), but no socket is released in a call.
 */
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net_frames.h"

#define SOCKETS 24

static struct handle {
	struct socket *socket;
	unsigned calls; /* in progress */
} handles[SOCKETS];
static unsigned long calls_made, bytes_got, bytes_sent, accepted_count;
static const char *call_failure;

static struct handle *handle_free(void)
{
	for (unsigned i = 0; i < SOCKETS; i++)
		if (!handles[i].socket)
			return &handles[i];
	return NULL;
}

static size_t make_name(int family, void *name)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	unsigned card = (unsigned)draw(CARDS);
	uint16_t port = draw(6) ? ports[draw(6)] : (uint16_t)draw(3);

	in.sin_port = in6.sin6_port = htons(port);
	switch (draw(5)) {
	case 0:
		break;
	case 1:
		memcpy(&in.sin_addr, own_ip(card, false), 4);
		memcpy(&in6.sin6_addr, own_ip(card, true), 16);
		break;
	case 2:
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		in6.sin6_addr = in6addr_loopback;
		break;
	default:
		memcpy(&in.sin_addr, peer_ip(card, false), 4);
		if (draw(2)) {
			memcpy(&in6.sin6_addr, peer_ip(card, true), 16);
			in6.sin6_scope_id = (uint32_t)draw(5);
		} else {
			in6.sin6_addr.s6_addr[10] = in6.sin6_addr.s6_addr[11] = 0xff;
			memcpy(in6.sin6_addr.s6_addr + 12, &in.sin_addr, 4);
		}
	}
	if (family == AF_INET ? draw(40) : !draw(40)) {
		memcpy(name, &in, sizeof(in));
		return draw(40) ? sizeof(in) : draw(sizeof(in));
	}
	memcpy(name, &in6, sizeof(in6));
	return draw(40) ? sizeof(in6) : draw(sizeof(in6));
}

static void call_new(void)
{
	struct handle *handle;
	unsigned what = (unsigned)draw(9);
	struct file *file = NULL;
	int family = draw(3) ? AF_INET : AF_INET6;
	int type = what < 5 ? SOCK_STREAM : what < 8 ? SOCK_DGRAM : SOCK_RAW;
	int protocol = what < 7 ? 0 : what == 7 ? IPPROTO_ICMP : 200 + (int)draw(50);

	if (inet_create(what == 7 ? AF_INET : family, type, protocol, 0, &file))
		return;
	handle = handle_free();
	if (handle)
		handle->socket = file->data;
	else
		((struct socket *)file->data)->ops->release(file->data);
	heap_free(file);
}

static void call_accept(struct handle *handle)
{
	struct socket *socket = handle->socket, *accepted;
	struct handle *place;

	if (!socket->ops->accept || socket->ops->accept(socket, &accepted, 0))
		return;
	accepted_count++;
	place = handle_free();
	if (place)
		place->socket = accepted;
	else
		accepted->ops->release(accepted);
}

static void call_send(struct socket *socket)
{
	struct message message = {.flags = draw(50) ? 0 : (unsigned)draw(1 << 16)};
	size_t size = (size_t)draw(draw(4) ? 600 : draw(3) ? 40000 : 200000);
	uint8_t *bytes = malloc(size + 1);
	long result;

	memset(bytes, 8, size);
	if (socket->protocol == IPPROTO_ICMP && size > 8)
		memcpy(bytes, "\x08\0\0\0", 4);
	io_buffer(&message.io, bytes, size);
	if (draw(2))
		message.name_length = make_name(socket->family, message.name);
	result = socket->ops->send(socket, &message, draw(20) ? 0 : now_ns + NS_PER_S);
	if (result > (long)size || result < -200)
		call_failure = "send";
	bytes_sent += result > 0 ? (unsigned long)result : 0;
	free(bytes);
}

static void call_receive(struct socket *socket)
{
	struct message message = {.flags = draw(4) ? 0 : MSG_PEEK};
	size_t size = (size_t)draw(draw(2) ? 100 : 70000);
	uint8_t *bytes = malloc(size + 1);
	long result;

	if (!draw(50))
		message.flags |= (unsigned)draw(1 << 16);
	io_buffer(&message.io, bytes, size);
	result = socket->ops->receive(socket, &message, draw(20) ? 0 : now_ns + NS_PER_S);
	if (result > (long)size || result < -200)
		call_failure = "receive";
	bytes_got += result > 0 ? (unsigned long)result : 0;
	free(bytes);
}

static void call_option(struct socket *socket)
{
	static const int levels[] = {SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP};
	struct {
		_Alignas(8) uint8_t bytes[64];
	} *value = malloc(sizeof(*value));
	size_t size = sizeof(*value);
	int level = levels[draw(4)], option = (int)draw(80);

	random_get(value, sizeof(*value));
	if (draw(3))
		*(int *)(void *)value = draw(2) ? (int)draw(4) : (int)draw(40000);
	if (option == IP_ADD_MEMBERSHIP || option == IP_DROP_MEMBERSHIP)
		memcpy(value, (uint8_t[]){239, 0, 0, (uint8_t)draw(3), 0, 0, 0, 0}, 8);
	if (draw(2))
		(void)socket->ops->get_option(socket, level, option, value, &size);
	else
		(void)socket->ops->set_option(socket, level, option, value,
					      draw(4) ? sizeof(*value) : (size_t)draw(20));
	free(value);
}

static void call_name(struct socket *socket)
{
	uint8_t *name = malloc(SOCKET_NAME_MAX);
	size_t length = SOCKET_NAME_MAX;

	(void)socket->ops->name(socket, draw(2), name, &length);
	free(name);
}

static void call_release(struct handle *handle)
{
	struct socket *socket = handle->socket;

	if (handle->calls != 1)
		return;
	handle->socket = NULL;
	socket->ops->release(socket);
}

/* One call of a socket that is there. */
static void call_one(struct handle *handle)
{
	struct socket *socket = handle->socket;
	const struct socket_ops *ops = socket->ops;
	_Alignas(8) uint8_t name[SOCKET_NAME_MAX];
	size_t length;

	switch (draw(20)) {
	case 0:
		length = make_name(socket->family, name);
		if (ops->bind)
			(void)ops->bind(socket, name, length);
		break;
	case 1:
	case 2:
		length = make_name(socket->family, name);
		(void)ops->connect(socket, name, length, draw(10) ? 0 : now_ns + NS_PER_S);
		break;
	case 3:
		if (ops->listen)
			(void)ops->listen(socket, (int)draw(6) - 1);
		break;
	case 4:
	case 5:
	case 6:
		call_accept(handle);
		break;
	case 7:
	case 8:
	case 9:
		call_send(socket);
		break;
	case 10:
	case 11:
	case 12:
	case 13:
		call_receive(socket);
		break;
	case 14:
		call_option(socket);
		break;
	case 15:
		call_name(socket);
		break;
	case 16:
		if (ops->shutdown && !draw(3))
			(void)ops->shutdown(socket, (int)draw(4));
		break;
	case 17:
		(void)ops->poll(socket, NULL);
		(void)ops->count(socket);
		(void)ops->buffer(socket, draw(2), draw(8) ? 0 : (size_t)draw(100000));
		break;
	default:
		if (!draw(4))
			call_release(handle);
	}
}

static void call(void)
{
	struct handle *handle = &handles[draw(SOCKETS)];

	calls_made++;
	if (!handle->socket) {
		if (!draw(3))
			call_new();
		return;
	}
	handle->calls++;
	call_one(handle);
	handle->calls--;
}

/* Servers of the ports that peers ask for. */
static void serve_ports(void)
{
	for (unsigned i = 0; i < 3; i++) {
		struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(ports[i])};
		struct handle *handle;
		struct file *file = NULL;

		if (inet_create(AF_INET6, i == 2 ? SOCK_DGRAM : SOCK_STREAM, 0, 0, &file))
			continue;
		handle = handle_free();
		if (handle)
			handle->socket = file->data;
		else
			((struct socket *)file->data)->ops->release(file->data);
		heap_free(file);
		if (!handle)
			continue;
		(void)handle->socket->ops->bind(handle->socket, &any, sizeof(any));
		if (handle->socket->ops->listen)
			(void)handle->socket->ops->listen(handle->socket, 5);
	}
}
