/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <net/socket.h>

int socket_create(int family, int type, int protocol, unsigned flags, struct file **file)
{
	(void)family, (void)type, (void)protocol, (void)flags, (void)file;
	return -EAFNOSUPPORT;
}
