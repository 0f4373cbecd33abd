/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the TCP/IP library asks us: included by its files. */
#pragma once

#include <stdint.h>

uint32_t net_share(void); /* net/core.h */

struct tcp_pcb_listen;
void net_make_room(const struct tcp_pcb_listen *listener);

/* A first sequence number that nobody can guess. */
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) net_random()

/* Somebody asks to connect: there is room for the request (net/half_open.c). */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, options_size, first_size, second, packet)          \
	((pcb)->state == LISTEN && TCPH_FLAGS(header) == TCP_SYN                                   \
		 ? (net_make_room((void *)(pcb)), ERR_OK)                                          \
		 : ERR_OK)
