/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of local sockets: inodes of a file system that keeps sockets, and names that are only bytes
 * ("abstract", beginning with a zero) [unix(7)].
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <base/fmt.h>
#include <base/guard.h>
#include <base/str.h>
#include <fs/path.h>
#include <kernel/mutex.h>
#include <mem/heap.h>

#include "unix.h"

#define PATH_AT offsetof(struct unix_address, path)

STATIC_ASSERT(PATH_AT == offsetof(struct sockaddr_un, sun_path));
STATIC_ASSERT(sizeof(struct unix_address) == sizeof(struct sockaddr_un) + 2);

struct waitq unix_queue = WAITQ_INIT(unix_queue);
uint32_t (*unix_umask)(uint32_t mode);

static struct list bound = LIST_INIT(bound);	   /* guarded by unix_queue.lock */
static struct mutex binding = MUTEX_INIT(binding); /* one at a time; ahead of mounts' locks */

struct unix_name *unix_name_get(struct unix_name *name)
{
	if (name)
		__atomic_fetch_add(&name->refs, 1, __ATOMIC_RELAXED);
	return name;
}

void unix_name_put(struct unix_name *name)
{
	if (name && !__atomic_sub_fetch(&name->refs, 1, __ATOMIC_ACQ_REL))
		heap_free(name);
}

int unix_name_out(const struct unix_name *name, void *address, size_t *length)
{
	static const struct unix_address none = {.family = AF_UNIX};

	*length = name ? name->length : PATH_AT;
	memcpy(address, name ? &name->address : &none, *length);
	return 0;
}

/* A path gets an ending zero, which counts. -EINVAL. */
static int name_in(struct unix_address *address, size_t *length, const void *name, size_t size)
{
	if (size < PATH_AT || size > sizeof(struct sockaddr_un))
		return -EINVAL;
	memset(address, 0, sizeof(*address));
	memcpy(address, name, size);
	if (address->family != AF_UNIX)
		return -EINVAL;
	*length = size;
	if (size > PATH_AT && address->path[0])
		*length = PATH_AT + str_length(address->path) + 1;
	return 0;
}

int unix_target_begin(struct unix_target *target, const void *name, size_t length)
{
	int error;

	target->inode = NULL;
	error = name_in(&target->address, &target->length, name, length);
	if (error)
		return error;
	if (length == PATH_AT)
		return -EINVAL;
	if (!target->address.path[0])
		return 0;
	error = path_lookup(NULL, target->address.path, PATH_FOLLOW, &target->inode);
	return error ? error : S_ISSOCK(target->inode->mode) ? 0 : -ECONNREFUSED;
}

void unix_target_end(struct unix_target *target)
{
	inode_put(target->inode);
}

struct unix_socket *unix_find(const struct unix_target *target)
{
	LIST_FOR_EACH (struct unix_socket, one, &bound, node) {
		if (one->inode != target->inode)
			continue;
		if (one->inode || (one->name->length == target->length &&
				   !memcmp(&one->name->address, &target->address, target->length)))
			return one;
	}
	return NULL;
}

void unix_socket_init(struct unix_socket *unix_socket, const struct socket_ops *ops, int type)
{
	unix_socket->socket = (struct socket){.ops = ops, .family = AF_UNIX, .type = type};
	poll_source_init(&unix_socket->source);
	list_init(&unix_socket->node);
}

static bool is_taken(const struct unix_name *name)
{
	struct unix_target target = {.address = name->address, .length = name->length};
	struct irq_state state = waitq_lock(&unix_queue);
	bool taken = unix_find(&target);

	waitq_unlock(&unix_queue, state);
	return taken;
}

/* A name of the system's choice: five digits. `binding` is held. */
static int choose(struct unix_name *name)
{
	static uint32_t last;
	char digits[8];

	for (unsigned i = 0; i < 0x100000; i++) {
		fmt_string(digits, sizeof(digits), "%05x", ++last & 0xfffff);
		memcpy(name->address.path + 1, digits, 5);
		name->length = PATH_AT + 6;
		if (!is_taken(name))
			return 0;
	}
	return -ENOSPC;
}

/* Make the name known to others, or make sure that it is nobody's. `binding` is held. */
static int occupy(struct unix_name *name, struct inode **inode)
{
	struct inode_make make = {.mode = S_IFSOCK | 0777};
	int error;

	*inode = NULL;
	if (name->length == PATH_AT)
		return choose(name);
	if (!name->address.path[0])
		return is_taken(name) ? -EADDRINUSE : 0;
	if (unix_umask)
		make.mode = S_IFSOCK | unix_umask(0777);
	error = path_make_inode(NULL, name->address.path, &make, inode);
	return error == -EEXIST ? -EADDRINUSE : error;
}

int unix_bind(struct socket *socket, const void *address, size_t length)
{
	struct unix_socket *one = unix_socket_of(socket);
	struct unix_name *name = heap_alloc(sizeof(*name));
	struct inode *inode;
	struct irq_state state;
	int error;

	if (!name)
		return -ENOMEM;
	name->refs = 1;
	error = name_in(&name->address, &name->length, address, length);
	mutex_lock(&binding);
	if (!error && one->name)
		error = -EINVAL;
	if (!error)
		error = occupy(name, &inode);
	if (!error) {
		state = waitq_lock(&unix_queue);
		__atomic_store_n(&one->name, name, __ATOMIC_RELEASE);
		one->inode = inode;
		list_push_back(&bound, &one->node);
		waitq_unlock(&unix_queue, state);
	}
	mutex_unlock(&binding);
	if (error)
		heap_free(name);
	return error;
}

void unix_unbind(struct unix_socket *one)
{
	list_remove(&one->node);
}

void unix_socket_end(struct unix_socket *one)
{
	inode_put(one->inode);
	unix_name_put(one->name);
}

static int unix_create(int family, int type, int protocol, unsigned flags, struct file **file)
{
	(void)family;
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	switch (type) {
	case SOCK_STREAM:
	case SOCK_SEQPACKET:
		return unix_stream_create(type, flags, file);
	case SOCK_DGRAM:
	case SOCK_RAW: /* as Linux has it */
		return unix_datagram_create(flags, file);
	default:
		return -ESOCKTNOSUPPORT;
	}
}

const struct socket_family unix_family = {.family = AF_UNIX, .create = unix_create};
