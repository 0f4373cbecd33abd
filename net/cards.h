/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's network cards as interfaces of the library. Lock held. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Give addresses to all cards as the boot line says, and let them work. */
void cards_start(void);

struct netif;

/* Ask for an address (dhcp.c). */
void cards_ask(struct netif *netif);
/* Each minute. */
void cards_lease_tick(void);

/* Frames that are for others, too; a card's own address. 0 or a negative errno. */
int card_receive_all(struct netif *netif, bool all);
bool card_receives_all(const struct netif *netif);
int card_set_mac(struct netif *netif, const uint8_t mac[6]);

/* Does it cut segments of TCP (large.h)? */
bool card_cuts(const struct netif *netif, bool v6);

/* Take what they have. True: there is more. */
bool cards_poll(void);

/* Hand over what was sent. */
void cards_kick(void);

/* Have net_wake() called when a frame comes. True: one is there already. */
bool cards_interrupts_on(void);
