/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 packets to neighbours: a bound for what the library sends again. Lock held. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lwip/netif.h>

#define NEIGHBOURS_ANY UINT32_MAX

/* How many packets may leave before it is set anew. */
extern uint32_t neighbours_left;

/* Of cards: ethip6_output() within the bound. */
err_t neighbours_output(struct netif *netif, struct pbuf *packet, const ip6_addr_t *to);

/* Before an advertisement of a neighbour is looked at; its frame's end takes the bound away. */
void neighbours_advertised(const struct netif *netif);

/* Is a message of ICMPv6, which begins there, whole as far as neighbours are concerned? */
bool neighbours_options_fit(const struct pbuf *packet, unsigned at, uint8_t type);

/*
 * May a message, which begins there and was sent by that one, lead where it says? True of all that
 * do not lead anywhere.
 */
bool neighbours_may_redirect(const struct pbuf *packet, unsigned at, const ip6_addr_t *from);

/* All on the link are told where our addresses are, as etharp_gratuitous() tells them of IPv4's. */
void neighbours_announce(struct netif *netif);

/* Each second. */
void neighbours_tick(void);
