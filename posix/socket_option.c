/* SPDX-License-Identifier: BSD-2-Clause */
/* Options that all sockets have. */
#define _GNU_SOURCE /* struct ucred */
#include "socket.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <base/bits.h>
#include <kernel/clock.h>
#include <mem/user.h>
#include <posix/syscalls.h>

union value {
	int number;
	struct timeval time;
	struct ucred sender;
	struct linger linger;
	uint8_t bytes[128];
};

static void time_out(union value *value, size_t *size, const uint64_t *timeout_ns)
{
	uint64_t ns = __atomic_load_n(timeout_ns, __ATOMIC_RELAXED);

	value->time = (struct timeval){(time_t)(ns / NS_PER_S),
				       (suseconds_t)(ns % NS_PER_S / NS_PER_US)};
	*size = sizeof(value->time);
}

/* -ENOPROTOOPT: not one that is the same for all. */
static int get_common(struct socket *socket, int option, union value *value, size_t *size)
{
	*size = sizeof(value->number);
	value->number = 0;
	switch (option) {
	case SO_TYPE:
		value->number = socket->type;
		return 0;
	case SO_DOMAIN:
		value->number = socket->family;
		return 0;
	case SO_PROTOCOL:
		value->number = socket->protocol;
		return 0;
	case SO_RCVTIMEO:
		time_out(value, size, &socket->receive_timeout_ns);
		return 0;
	case SO_SNDTIMEO:
		time_out(value, size, &socket->send_timeout_ns);
		return 0;
	case SO_SNDBUF:
	case SO_RCVBUF:
		if (!socket->ops->buffer)
			return -ENOPROTOOPT;
		value->number = socket->ops->buffer(socket, option == SO_SNDBUF, 0);
		return 0;
	case SO_PEERCRED:
		value->sender = (struct ucred){.pid = 1};
		*size = sizeof(value->sender);
		return 0;
	case SO_ERROR:
	case SO_ACCEPTCONN:
	case SO_PASSCRED:
	case SO_REUSEADDR:
	case SO_KEEPALIVE:
	case SO_BROADCAST:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

long sys_getsockopt(int fd, int level, int option, void *user, unsigned int *user_size)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	union value value;
	size_t size = sizeof(value);
	int error = socket_get(fd, &file);
	struct socket *socket = error ? NULL : socket_of(file);
	unsigned room;

	if (error)
		return error;
	if (user_copy_in(&room, user_size, sizeof(room)))
		return -EFAULT;
	if ((int)room < 0)
		return -EINVAL;
	error = -ENOPROTOOPT;
	if (socket->ops->get_option)
		error = socket->ops->get_option(socket, level, option, &value, &size);
	if (error == -ENOPROTOOPT && level == SOL_SOCKET)
		error = get_common(socket, option, &value, &size);
	if (error)
		return error;
	room = MIN(room, (unsigned)size);
	if (user_copy_out(user, &value, room))
		return -EFAULT;
	return user_copy_out(user_size, &room, sizeof(room));
}

static int set_time_out(uint64_t *timeout_ns, const struct timeval *time)
{
	if (time->tv_usec < 0 || time->tv_usec >= 1000000)
		return -EDOM;
	__atomic_store_n(timeout_ns,
			 time->tv_sec < 0	    ? 0
			 : time->tv_sec > INT32_MAX ? 0
						    : (uint64_t)time->tv_sec * NS_PER_S +
							      (uint64_t)time->tv_usec * NS_PER_US,
			 __ATOMIC_RELAXED);
	return 0;
}

static int set_common(struct socket *socket, int option, const union value *value, unsigned size)
{
	bool time = option == SO_RCVTIMEO || option == SO_SNDTIMEO;

	if (size < (time ? sizeof(value->time) : sizeof(value->number)))
		return -EINVAL;
	switch (option) {
	case SO_RCVTIMEO:
		return set_time_out(&socket->receive_timeout_ns, &value->time);
	case SO_SNDTIMEO:
		return set_time_out(&socket->send_timeout_ns, &value->time);
	case SO_SNDBUF:
	case SO_RCVBUF:
		if (!socket->ops->buffer)
			return -ENOPROTOOPT;
		socket->ops->buffer(socket, option == SO_SNDBUF, (size_t)MAX(value->number, 1));
		return 0;
	case SO_REUSEADDR:
	case SO_KEEPALIVE:
	case SO_BROADCAST:
	case SO_LINGER:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* The C library gives a size without a sign, which a 32-bit argument of riscv64 would not be. */
long sys_setsockopt(int fd, int level, int option, const void *user, unsigned long size)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	union value value = {0};
	int error = socket_get(fd, &file);
	struct socket *socket = error ? NULL : socket_of(file);

	if (error)
		return error;
	if ((int)size < 0)
		return -EINVAL;
	size = MIN(size, (unsigned long)sizeof(value));
	if (user_copy_in(&value, user, size))
		return -EFAULT;
	error = -ENOPROTOOPT;
	if (socket->ops->set_option)
		error = socket->ops->set_option(socket, level, option, &value, size);
	if (error == -ENOPROTOOPT && level == SOL_SOCKET)
		error = set_common(socket, option, &value, (unsigned)size);
	return error;
}
