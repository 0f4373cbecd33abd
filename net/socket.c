/* SPDX-License-Identifier: BSD-2-Clause */
/* What all sockets have in common: being files. */
#include <net/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fs/pipe.h>
#include <fs/poll.h>
#include <kernel/clock.h>
#include <mem/user.h>

SET_DECLARE(const struct socket_family, socket_family);

static uint64_t deadline_of(const struct file *file, const struct message *message,
			    const uint64_t *timeout)
{
	uint64_t ns = __atomic_load_n(timeout, __ATOMIC_RELAXED);

	if ((file->flags & O_NONBLOCK) || (message->flags & MSG_DONTWAIT))
		return 0;
	return ns ? clock_monotonic_ns() + ns : DEADLINE_NEVER;
}

long socket_send(struct file *file, struct message *message)
{
	struct socket *socket = file->data;
	long result;

	if (!socket->ops->send)
		return -EOPNOTSUPP;
	result = socket->ops->send(socket, message,
				   deadline_of(file, message, &socket->send_timeout_ns));
	if (result == -EPIPE && !(message->flags & MSG_NOSIGNAL) && pipe_signal)
		pipe_signal();
	return result == -ETIMEDOUT ? -EAGAIN : result;
}

long socket_receive(struct file *file, struct message *message)
{
	struct socket *socket = file->data;
	long result;

	if (!socket->ops->receive)
		return -EOPNOTSUPP;
	result = socket->ops->receive(socket, message,
				      deadline_of(file, message, &socket->receive_timeout_ns));
	return result == -ETIMEDOUT ? -EAGAIN : result;
}

void message_end(struct message *message)
{
	while (message->file_count)
		file_put(message->files[--message->file_count]);
}

static long socket_read(struct file *file, struct io *io, int64_t offset)
{
	struct message message = {.io = *io};
	long result = socket_receive(file, &message);

	(void)offset;
	message_end(&message);
	*io = message.io;
	return result;
}

static long socket_write(struct file *file, struct io *io, int64_t offset)
{
	struct message message = {.io = *io};
	long result = socket_send(file, &message);

	(void)offset;
	*io = message.io;
	return result;
}

static uint32_t socket_poll(struct file *file, struct poll_watch *watch)
{
	struct socket *socket = file->data;

	return socket->ops->poll(socket, watch);
}

/* Requests with one struct ifreq. */
static long interface_ioctl(unsigned request, void *user)
{
	struct ifreq about;
	int error = -ENOTTY;

	if (user_copy_in(&about, user, sizeof(about)))
		return -EFAULT;
	SET_FOR_EACH (const struct socket_family, socket_family, known)
		if (known->interface)
			error = known->interface(request, &about);
	return error ? error : user_copy_out(user, &about, sizeof(about));
}

static long socket_ioctl(struct file *file, unsigned request, void *user)
{
	struct socket *socket = file->data;
	int count;

	if (request >> 8 == SIOCGIFNAME >> 8)
		return interface_ioctl(request, user);
	if (request != FIONREAD || !socket->ops->count)
		return -ENOTTY;
	count = socket->ops->count(socket);
	return user_copy_out(user, &count, sizeof(count));
}

static void socket_release(struct file *file)
{
	struct socket *socket = file->data;

	if (socket) /* accept() came to nothing */
		socket->ops->release(socket);
}

static const struct file_ops socket_file_ops = {
	.mode = S_IFSOCK | 0777,
	.read = socket_read,
	.write = socket_write,
	.poll = socket_poll,
	.ioctl = socket_ioctl,
	.release = socket_release,
};

struct file *socket_file(struct socket *socket, unsigned flags)
{
	struct file *file = file_create(&socket_file_ops, NULL, flags | O_RDWR);

	if (file)
		file->data = socket;
	return file;
}

struct socket *socket_of(const struct file *file)
{
	return file->ops == &socket_file_ops ? file->data : NULL;
}
