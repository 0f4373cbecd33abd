/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/socket.h>

#include <net/socket.h>

#include "unix.h"

SET_DECLARE(const struct socket_family, socket_family);

int socket_create(int family, int type, int protocol, unsigned flags, struct file **file)
{
	SET_FOR_EACH (const struct socket_family, socket_family, known)
		if (known->family == family)
			return known->create(family, type, protocol, flags, file);
	/* What the C library's mq_notify() waits at. */
	if (family == AF_NETLINK && type == SOCK_RAW && !protocol)
		return unix_single(family, type, flags, file);
	if (family == AF_UNIX)
		return unix_family.create(family, type, protocol, flags, file);
	return -EAFNOSUPPORT;
}
