/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of echo requests, SOCK_DGRAM with IPPROTO_ICMP as Linux has them [icmp(7)]: the program
 * sends an echo request with its header and gets the answers to it, without the header of IP. The
 * identifier is the socket's own, whatever the program wrote.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <lwip/icmp.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip4.h>
#include <lwip/raw.h>

#include <base/bits.h>
#include <mem/heap.h>

#include "datagram.h"

static uint16_t next_id = 1; /* guarded by the network's lock */

static struct raw_pcb *raw_of(const struct inet *inet)
{
	return inet->pcb;
}

/* 1: it was for us, and is taken. */
static u8_t on_receive(void *arg, struct raw_pcb *pcb, struct pbuf *data, const ip_addr_t *from)
{
	struct icmp_echo_hdr echo;
	uint16_t header = ip4_current_header() ? ip_current_header_tot_len() : 0;
	struct inet *inet = arg;

	(void)pcb;
	if (!header || pbuf_copy_partial(data, &echo, sizeof(echo), header) != sizeof(echo) ||
	    ICMPH_TYPE(&echo) != ICMP_ER || echo.id != inet->ping_id)
		return 0;
	/* The library has not looked at the sum yet. What stays in the machine has none. */
	pbuf_remove_header(data, header);
	if (ip_current_input_netif()->chksum_flags & NETIF_CHECKSUM_CHECK_ICMP &&
	    inet_chksum_pbuf(data))
		pbuf_free(data);
	else
		datagram_put(inet, data, from, 0);
	return 1;
}

static int send_echo(struct inet *inet, struct pbuf *data, ip_addr_t *to)
{
	struct icmp_echo_hdr *echo = data->payload;

	if (data->len < sizeof(*echo) || ICMPH_TYPE(echo) != ICMP_ECHO || ICMPH_CODE(echo))
		return -EINVAL;
	echo->id = inet->ping_id;
	echo->chksum = 0;
	echo->chksum = inet_chksum_pbuf(data);
	return inet_error(raw_sendto(raw_of(inet), data, to));
}

static long ping_send(struct socket *socket, struct message *message, uint64_t deadline_ns)
{
	(void)deadline_ns;
	return raw_socket_send_by(socket, message, send_echo);
}

static const struct socket_ops ping_ops = {
	.send = ping_send,
	.receive = datagram_receive,
	.poll = datagram_poll,
	.shutdown = datagram_shutdown,
	.count = datagram_count,
	.buffer = datagram_buffer,
	.bind = raw_socket_bind,
	.connect = raw_socket_connect,
	.name = raw_socket_name,
	.get_option = datagram_get_option,
	.set_option = datagram_set_option,
	.release = raw_socket_release,
};

int ping_socket_create(unsigned flags, struct file **file)
{
	struct inet *inet = inet_new(&ping_ops, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);

	if (!inet)
		return -ENOMEM;
	list_init(&inet->packets);
	GUARD(net);
	inet->ping_id = __builtin_bswap16(next_id++);
	inet->pcb = raw_new(IP_PROTO_ICMP);
	*file = inet->pcb ? socket_file(&inet->socket, flags) : NULL;
	if (*file) {
		raw_recv(raw_of(inet), on_receive, inet);
		return 0;
	}
	if (inet->pcb)
		raw_remove(raw_of(inet));
	heap_free(inet);
	return -ENOMEM;
}
