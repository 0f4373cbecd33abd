/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/socket.h>

#include <net/socket.h>

int socket_create(int family, int type, int protocol, unsigned flags, struct file **file)
{
	/* What the C library's mq_notify() waits at. */
	if (family == AF_NETLINK && type == SOCK_RAW && !protocol)
		return unix_single(family, type, flags, file);
	return -EAFNOSUPPORT;
}
