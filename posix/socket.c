/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: making them, and what is no transfer. */
#include "socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <base/bits.h>
#include <kernel/clock.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "broken_pipe.h"
#include "path_arg.h"

#define TYPE_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

int socket_get(int fd, struct file **file)
{
	*file = fd_get(fd);
	if (!*file)
		return -EBADF;
	return socket_of(*file) ? 0 : -ENOTSOCK;
}

int socket_name_in(uint8_t *name, const void *user, unsigned size)
{
	if (size > SOCKET_NAME_MAX)
		return -EINVAL;
	return user_copy_in(name, user, size);
}

int socket_name_out(const void *name, size_t length, void *user, unsigned *user_size)
{
	unsigned room, whole = (unsigned)length;

	if (user_copy_in(&room, user_size, sizeof(room)))
		return -EFAULT;
	if ((int)room < 0)
		return -EINVAL;
	if (user_copy_out(user, name, MIN(length, (size_t)room)))
		return -EFAULT;
	return user_copy_out(user_size, &whole, sizeof(whole));
}

long sys_socket(int family, int type, int protocol)
{
	struct file *file;
	int error;

	if (type & ~(TYPE_FLAGS | 15))
		return -EINVAL;
	broken_pipe_link();
	error = socket_create(family, type & 15, protocol, (unsigned)type & SOCK_NONBLOCK, &file);
	return error ? error : fd_add_new(file, type & SOCK_CLOEXEC);
}

long sys_socketpair(int family, int type, int protocol, int *fds)
{
	struct file *files[2];
	int error, kind = type & ~TYPE_FLAGS;

	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if (kind != SOCK_STREAM && kind != SOCK_DGRAM && kind != SOCK_SEQPACKET)
		return kind & ~15 ? -EINVAL : -ESOCKTNOSUPPORT;
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	broken_pipe_link();
	error = unix_pair(kind, (unsigned)type & SOCK_NONBLOCK, files);
	return error ? error : fd_add_pair(files, fds, type & SOCK_CLOEXEC);
}

long sys_shutdown(int fd, int how)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	int error = socket_get(fd, &file);
	struct socket *socket = error ? NULL : socket_of(file);

	if (error)
		return error;
	return socket->ops->shutdown ? socket->ops->shutdown(socket, how) : -EOPNOTSUPP;
}

static long name_of(int fd, bool peer, void *user, unsigned *user_size)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	uint8_t name[SOCKET_NAME_MAX];
	size_t length;
	int error = socket_get(fd, &file);
	struct socket *socket = error ? NULL : socket_of(file);

	if (error)
		return error;
	error = socket->ops->name ? socket->ops->name(socket, peer, name, &length) : -EOPNOTSUPP;
	return error ? error : socket_name_out(name, length, user, user_size);
}

long sys_getsockname(int fd, void *name, unsigned int *name_size)
{
	return name_of(fd, false, name, name_size);
}

long sys_getpeername(int fd, void *name, unsigned int *name_size)
{
	return name_of(fd, true, name, name_size);
}

long sys_bind(int fd, const void *user, unsigned int size)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	uint8_t name[SOCKET_NAME_MAX];
	int error = socket_get(fd, &file);
	struct socket *socket = error ? NULL : socket_of(file);

	if (!error)
		error = socket_name_in(name, user, size);
	if (error)
		return error;
	unix_umask = umask_apply;
	return socket->ops->bind ? socket->ops->bind(socket, name, size) : -EOPNOTSUPP;
}

/* How long the call may take, by the descriptor and SO_RCVTIMEO or SO_SNDTIMEO. */
static uint64_t deadline_of(const struct file *file, const uint64_t *timeout_ns)
{
	uint64_t ns = __atomic_load_n(timeout_ns, __ATOMIC_RELAXED);

	if (file->flags & O_NONBLOCK)
		return 0;
	return ns ? clock_monotonic_ns() + ns : DEADLINE_NEVER;
}

long sys_connect(int fd, const void *user, unsigned int size)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	uint8_t name[SOCKET_NAME_MAX];
	int error = socket_get(fd, &file);
	struct socket *socket = error ? NULL : socket_of(file);

	if (!error)
		error = socket_name_in(name, user, size);
	if (error)
		return error;
	if (!socket->ops->connect)
		return -EISCONN;
	return socket->ops->connect(socket, name, size,
				    deadline_of(file, &socket->send_timeout_ns));
}

long sys_listen(int fd, int backlog)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	int error = socket_get(fd, &file);
	struct socket *socket = error ? NULL : socket_of(file);

	if (error)
		return error;
	return socket->ops->listen ? socket->ops->listen(socket, backlog) : -EOPNOTSUPP;
}

/* The next connection for a file that waits for one. 0 or a negative errno: nothing was taken. */
static int take_connection(struct file *file, struct file *made, void *user, unsigned *user_size)
{
	struct socket *socket = socket_of(file), *accepted;
	uint8_t name[SOCKET_NAME_MAX];
	size_t length = 0;
	int error = socket->ops->accept(socket, &accepted,
					deadline_of(file, &socket->receive_timeout_ns));

	if (error)
		return error;
	made->data = accepted;
	if (user && accepted->ops->name && !accepted->ops->name(accepted, true, name, &length))
		error = socket_name_out(name, length, user, user_size);
	return error;
}

/* Everything is at hand before a connection is taken: without, it waits for a better time. */
long sys_accept4(int fd, void *user, unsigned int *user_size, int flags)
{
	struct file *file CLEANUP(fd_drop) = NULL, *made;
	int error = socket_get(fd, &file), number;

	if (error)
		return error;
	if (flags & ~TYPE_FLAGS)
		return -EINVAL;
	if (!socket_of(file)->ops->accept)
		return -EOPNOTSUPP;
	number = fd_reserve();
	if (number < 0)
		return number;
	made = socket_file(NULL, (unsigned)flags & SOCK_NONBLOCK);
	error = made ? take_connection(file, made, user, user_size) : -ENOMEM;
	if (!error)
		return fd_fill(number, made, flags & SOCK_CLOEXEC);
	fd_unreserve(number);
	if (made)
		file_put(made);
	return error;
}

long sys_accept(int fd, void *name, unsigned int *name_size)
{
	return sys_accept4(fd, name, name_size, 0);
}
