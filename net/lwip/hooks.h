/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the TCP/IP library asks us: included by its files. */
#pragma once

#include <stdint.h>

uint32_t net_share(void); /* net/core.h */

struct tcp_pcb_listen;
void net_make_room(const struct tcp_pcb_listen *listener);

/* A first sequence number that nobody can guess. */
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) net_random()

/* ERR_OK, or what makes the library drop the segment (net/segments.c). */
struct tcp_hdr;
int8_t net_look_at_options(const struct tcp_hdr *header, unsigned size, unsigned first,
			   const uint8_t *second);

/* Something came for a connection that has sent, or will (net/large.c). */
struct tcp_pcb;
void net_look_at_queues(struct tcp_pcb *pcb, const struct tcp_hdr *header);

/* Somebody asks to connect: there is room for the request (net/half_open.c). */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, options_size, first_size, second, packet)          \
	((pcb)->state == LISTEN && TCPH_FLAGS(header) == TCP_SYN                                   \
		 ? (net_make_room((void *)(pcb)), ERR_OK)                                          \
	 : ((pcb)->state != LISTEN && ((pcb)->unsent || (pcb)->dupacks >= 2)                       \
		    ? net_look_at_queues(pcb, header)                                              \
		    : (void)0,                                                                     \
	    options_size) &&                                                                       \
			 !(TCPH_FLAGS(header) & TCP_SYN)                                           \
		 ? net_look_at_options(header, options_size, first_size, second)                   \
		 : ERR_OK)
