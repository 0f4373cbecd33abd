/* SPDX-License-Identifier: BSD-2-Clause */
/* Each call with arguments that are wrong in one way: the error POSIX names, and nothing else. */
#define _GNU_SOURCE
#include <limits.h>

#include "bad.h"

static void making(void)
{
	begin();
	E(EAFNOSUPPORT, socket(-1, SOCK_STREAM, 0));
	E(EAFNOSUPPORT, socket(99, SOCK_STREAM, 0));
	E(EINVAL, socket(AF_INET, -1, 0));
	E(ESOCKTNOSUPPORT, socket(AF_INET, 0, 0));
	E(ESOCKTNOSUPPORT, socket(AF_INET, SOCK_SEQPACKET, 0));
	E(EPROTONOSUPPORT, socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	E(EPROTONOSUPPORT, socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	E(EAFNOSUPPORT, socketpair(AF_INET, SOCK_STREAM, 0, pair + 0));
	end();
}

static void naming(void)
{
	struct address six;

	begin();
	E(EBADF, bind(closed, TO(address)));
	E(ENOTSOCK, bind(file, TO(address)));
	E(EFAULT, bind(tcp, bad, address.size));
	E(EINVAL, bind(tcp, NAME, 1));
	E(EINVAL, bind(tcp, NAME, address.size - 1));
	E(EINVAL, bind(tcp, NAME, minus));
	E(EINVAL, bind(tcp, NAME, 129));
	E(EADDRINUSE, bind(tcp, TO(address)));
	E(EADDRNOTAVAIL, bind(tcp, (void *)&elsewhere, sizeof(elsewhere)));
	E(EADDRNOTAVAIL, bind(udp, (void *)&elsewhere, sizeof(elsewhere)));
	E(EINVAL, bind(listening, TO(address)));
	E(EINVAL, bind(pair[0], TO(address)));
	family = AF_INET6;
	six = own(0);
	family = AF_INET;
	E(EAFNOSUPPORT, bind(tcp, TO(six)));
	E(EBADF, getsockname(closed, (void *)buffer, &size));
	E(ENOTSOCK, getsockname(file, (void *)buffer, &size));
	E(EFAULT, getsockname(tcp, bad, &size));
	E(EFAULT, getsockname(tcp, (void *)buffer, bad));
	E(EINVAL, getsockname(tcp, (void *)buffer, &minus));
	E(ENOTCONN, getpeername(tcp, (void *)buffer, &size));
	E(ENOTCONN, getpeername(udp, (void *)buffer, &size));
	E(ENOTCONN, getpeername(listening, (void *)buffer, &size));
	E(EFAULT, getpeername(pair[0], bad, &size));
	end();
}

static void connecting(void)
{
	begin();
	E(EBADF, connect(closed, TO(address)));
	E(ENOTSOCK, connect(file, TO(address)));
	E(EFAULT, connect(tcp, bad, address.size));
	E(EINVAL, connect(tcp, NAME, 0));
	E(EINVAL, connect(tcp, NAME, 3));
	E(EISCONN, connect(pair[0], TO(address)));
	E(EOPNOTSUPP, connect(listening, TO(address)));
	E(EBADF, listen(closed, 1));
	E(ENOTSOCK, listen(file, 1));
	E(EOPNOTSUPP, listen(udp, 1));
	E(EINVAL, listen(pair[0], 1));
	E(EBADF, accept(closed, NULL, NULL));
	E(ENOTSOCK, accept(file, NULL, NULL));
	E(EINVAL, accept(tcp, NULL, NULL));
	E(EINVAL, accept(pair[0], NULL, NULL));
	E(EOPNOTSUPP, accept(udp, NULL, NULL));
	E(EINVAL, accept4(listening, NULL, NULL, 1));
	E(EBADF, shutdown(closed, SHUT_RD));
	E(ENOTSOCK, shutdown(file, SHUT_RD));
	E(EINVAL, shutdown(pair[0], 3));
	E(EINVAL, shutdown(pair[0], -1));
	E(ENOTCONN, shutdown(tcp, SHUT_RDWR));
	E(ENOTCONN, shutdown(udp, SHUT_WR));
	end();
}

static void moving(void)
{
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};

	begin();
	E(EBADF, send(closed, buffer, 1, 0));
	E(ENOTSOCK, send(file, buffer, 1, 0));
	E(EFAULT, send(pair[0], bad, 1, 0));
	E(EFAULT, send(pair[0], bad, 100000, 0));
	E(ENOTCONN, send(tcp, buffer, 1, MSG_NOSIGNAL));
	E(ENOTCONN, send(listening, buffer, 1, MSG_NOSIGNAL));
	E(EDESTADDRREQ, send(udp, buffer, 1, 0));
	E(EFAULT, sendto(udp, buffer, 1, 0, bad, address.size));
	E(EFAULT, sendto(udp, bad, 1, 0, TO(address)));
	E(EINVAL, sendto(udp, buffer, 1, 0, NAME, 2));
	E(EINVAL, sendto(udp, buffer, 1, 0, NAME, minus));
	E(EBADF, recv(closed, buffer, 1, 0));
	E(ENOTSOCK, recv(file, buffer, 1, 0));
	E(ENOTCONN, recv(tcp, buffer, 1, 0));
	E(ENOTCONN, recv(listening, buffer, 1, 0));
	E(EAGAIN, recv(pair[0], buffer, 1, MSG_DONTWAIT));
	E(EAGAIN, recv(udp, buffer, 1, MSG_DONTWAIT));
	E(EINVAL, recv(pair[0], buffer, 1, MSG_OOB));
	CHECK(send(pair[1], "abc", 3, 0) == 3 && wait_for(pair[0], POLLIN));
	E(EFAULT, recv(pair[0], bad, 3, 0));
	CHECK(recv(pair[0], buffer, 16, 0) == 3 && !memcmp(buffer, "abc", 3));
	message.msg_iov = bad;
	E(EFAULT, sendmsg(pair[0], &message, 0));
	E(EFAULT, recvmsg(pair[0], &message, MSG_DONTWAIT));
	message.msg_iov = &vector, message.msg_iovlen = 1025;
	E(EMSGSIZE, sendmsg(pair[0], &message, 0));
	E(ESPIPE, lseek(tcp, 0, SEEK_SET));
	E(ESPIPE, pread(pair[0], buffer, 1, 0));
	end();
}

static void choosing(void)
{
	int value = 1;
	socklen_t four = 4;

	begin();
	E(EBADF, setsockopt(closed, SOL_SOCKET, SO_REUSEADDR, &value, 4));
	E(ENOTSOCK, setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &value, 4));
	E(EFAULT, setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, bad, 4));
	E(EINVAL, setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &value, 3));
	E(EINVAL, setsockopt(tcp, SOL_SOCKET, SO_LINGER, &value, 4));
	E(EINVAL, setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &value, 0));
	E(EINVAL, setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &value, minus));
	E(ENOPROTOOPT, setsockopt(tcp, SOL_SOCKET, 9999, &value, 4));
	E(ENOPROTOOPT, setsockopt(tcp, 999, 1, &value, 4));
	E(ENOPROTOOPT, setsockopt(udp, IPPROTO_TCP, TCP_NODELAY, &value, 4));
	E(EINVAL, setsockopt(udp, IPPROTO_IP, IP_ADD_MEMBERSHIP, &value, 4));
	E(EBADF, getsockopt(closed, SOL_SOCKET, SO_TYPE, &value, &four));
	E(EFAULT, getsockopt(tcp, SOL_SOCKET, SO_TYPE, bad, &four));
	E(EFAULT, getsockopt(tcp, SOL_SOCKET, SO_TYPE, &value, bad));
	E(EINVAL, getsockopt(tcp, SOL_SOCKET, SO_TYPE, &value, &minus));
	E(ENOPROTOOPT, getsockopt(tcp, SOL_SOCKET, 9999, &value, &four));
	E(ENOPROTOOPT, getsockopt(tcp, 999, 1, &value, &four));
	end();
}

static const struct test tests[] = {
	TEST(making), TEST(naming), TEST(connecting), TEST(moving), TEST(choosing), TEST_END,
};
const struct suite bad_socket_suite = {"bad_sockets", tests};
