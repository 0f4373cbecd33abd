/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending and receiving on sockets. */
#define _GNU_SOURCE /* struct mmsghdr */
#include "socket.h"

#include <string.h>
#include <sys/socket.h>

#include <base/bits.h>
#include <mem/user.h>
#include <posix/syscalls.h>

#include "program.h"

STATIC_ASSERT(sizeof(struct user_message) == sizeof(struct msghdr));
STATIC_ASSERT(sizeof(struct user_messages) == sizeof(struct mmsghdr));

/* A control message as the kernel's interface has it: this, data, and zeros to a multiple of 8. */
struct control {
	size_t size; /* this included */
	int level, type;
};

long sys_sendto(int fd, const void *data, size_t size, int flags, const void *name,
		unsigned int name_size)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	struct message message = {.flags = (unsigned)flags};
	int error = socket_get(fd, &file);

	if (!error)
		error = io_buffer(&message.io, (void *)(uintptr_t)data, size);
	if (!error && name) {
		error = socket_name_in(message.name, name, name_size);
		message.name_length = name_size;
	}
	return error ? error : socket_send(file, &message);
}

static long received(const struct message *message, long result)
{
	if (result >= 0 && (message->flags & MSG_TRUNC) && message->full_length > (size_t)result)
		return (long)message->full_length;
	return result;
}

long sys_recvfrom(int fd, void *data, size_t size, int flags, void *name, unsigned int *name_size)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	struct message message = {.flags = (unsigned)flags};
	int error = socket_get(fd, &file);
	long result;

	if (!error)
		error = io_buffer(&message.io, data, size);
	if (error)
		return error;
	result = received(&message, socket_receive(file, &message));
	message_end(&message);
	if (result >= 0 && name && name_size &&
	    socket_name_out(message.name, message.name_length, name, name_size))
		return -EFAULT;
	return result;
}

/* The descriptors of one SCM_RIGHTS message. */
static int take_files(struct message *message, const int *user, size_t count)
{
	int fd;

	for (size_t i = 0; i < count; i++) {
		if (message->file_count == SOCKET_FILES_MAX)
			return -EINVAL;
		if (user_copy_in(&fd, user + i, sizeof(fd)))
			return -EFAULT;
		message->files[message->file_count] = fd_get(fd);
		if (!message->files[message->file_count])
			return -EBADF;
		message->file_count++;
	}
	return 0;
}

static int control_in(struct message *message, const char *user, size_t size)
{
	struct control control;
	int error = 0;

	while (!error && size >= sizeof(control)) {
		if (user_copy_in(&control, user, sizeof(control)))
			return -EFAULT;
		if (control.size < sizeof(control) || control.size > size)
			return -EINVAL;
		if (control.level != SOL_SOCKET || control.type != SCM_RIGHTS)
			return -EINVAL;
		error = take_files(message, (const int *)(user + sizeof(control)),
				   (control.size - sizeof(control)) / sizeof(int));
		size -= MIN(size, align_up(control.size, 8));
		user += align_up(control.size, 8);
	}
	return error;
}

/* New descriptors for the files, as many as there is room for; the bytes of control messages. */
static size_t control_out(struct message *message, char *user, size_t size)
{
	bool on_exec = message->flags & MSG_CMSG_CLOEXEC;
	struct control control = {.level = SOL_SOCKET, .type = SCM_RIGHTS};
	unsigned done = 0, count = message->file_count;

	if (!count)
		return 0;
	while (done < count && sizeof(control) + (done + 1) * sizeof(int) <= size) {
		int fd = fd_add(file_get(message->files[done]), 0, on_exec);

		if (fd < 0) {
			file_put(message->files[done]);
			break;
		}
		if (user_copy_out(user + sizeof(control) + done * sizeof(int), &fd, sizeof(fd))) {
			file_put(fd_remove(fd));
			break;
		}
		done++;
	}
	if (done < count)
		message->out_flags |= MSG_CTRUNC;
	control.size = sizeof(control) + done * sizeof(int);
	if (!done || user_copy_out(user, &control, sizeof(control)))
		return 0;
	return MIN(align_up(control.size, 8), size);
}

static long send_one(struct file *file, const struct user_message *user, unsigned flags)
{
	struct message message = {.flags = flags};
	struct user_message header;
	long result;

	if (user_copy_in(&header, user, sizeof(header)))
		return -EFAULT;
	if (header.piece_count > 1024)
		return -EMSGSIZE;
	result = io_vector(&message.io, header.pieces, (long)header.piece_count);
	if (!result && header.name && header.name_size) {
		result = socket_name_in(message.name, header.name, header.name_size);
		message.name_length = header.name_size;
	}
	if (!result && header.control)
		result = control_in(&message, header.control, header.control_size);
	if (!result)
		result = socket_send(file, &message);
	message_end(&message);
	return result;
}

static long receive_one(struct file *file, struct user_message *user, unsigned flags)
{
	struct message message = {.flags = flags};
	struct user_message header;
	long result;

	if (user_copy_in(&header, user, sizeof(header)))
		return -EFAULT;
	if (header.piece_count > 1024)
		return -EMSGSIZE;
	result = io_vector(&message.io, header.pieces, (long)header.piece_count);
	if (result)
		return result;
	message.wants_files = header.control && header.control_size;
	result = received(&message, socket_receive(file, &message));
	if (result >= 0) {
		if (header.name &&
		    user_copy_out(header.name, message.name,
				  MIN((size_t)header.name_size, message.name_length)))
			result = -EFAULT;
		header.name_size = (uint32_t)message.name_length;
		header.control_size = control_out(&message, header.control, header.control_size);
		header.flags = message.out_flags | (flags & MSG_CMSG_CLOEXEC);
		if (user_copy_out(user, &header, sizeof(header)))
			result = -EFAULT;
	}
	message_end(&message);
	return result;
}

long sys_sendmsg(int fd, const struct user_message *message, int flags)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	int error = socket_get(fd, &file);

	return error ? error : send_one(file, message, (unsigned)flags);
}

long sys_recvmsg(int fd, struct user_message *message, int flags)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	int error = socket_get(fd, &file);

	return error ? error : receive_one(file, message, (unsigned)flags);
}

/* What was moved of one message in a list. */
static int note(struct user_messages *message, long result)
{
	uint32_t moved = (uint32_t)result;

	return user_copy_out(&message->moved, &moved, sizeof(moved));
}

long sys_sendmmsg(int fd, struct user_messages *list, unsigned int count, int flags)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	unsigned done = 0;
	long result = socket_get(fd, &file);

	for (count = MIN(count, 1024u); result >= 0 && done < count; done++) {
		result = send_one(file, &list[done].message, (unsigned)flags);
		if (result >= 0)
			result = note(&list[done], result);
		if (result < 0)
			break;
	}
	return done ? (long)done : result;
}

/* The time-out is looked at between messages, as Linux does. */
long sys_recvmmsg(int fd, struct user_messages *list, unsigned int count, int flags,
		  struct timespec *timeout)
{
	struct file *file CLEANUP(fd_drop) = NULL;
	uint64_t ns, deadline = DEADLINE_NEVER;
	unsigned done = 0;
	long result = 0;

	if (timeout) {
		result = time_copy_in(timeout, &ns);
		deadline = result ? 0 : time_deadline(ns, false, false);
	}
	if (!result)
		result = socket_get(fd, &file);
	for (count = MIN(count, 1024u); result >= 0 && done < count; done++) {
		unsigned now = (unsigned)flags & ~MSG_WAITFORONE;

		if (done && (flags & MSG_WAITFORONE))
			now |= MSG_DONTWAIT;
		result = receive_one(file, &list[done].message, now);
		if (result >= 0)
			result = note(&list[done], result);
		if (result < 0)
			break;
		if (deadline != DEADLINE_NEVER && time_deadline(0, false, false) >= deadline) {
			done++;
			break;
		}
	}
	return done ? (long)done : result;
}
