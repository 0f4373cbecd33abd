/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's network cards as interfaces of the library. Lock held. */
#pragma once

#include <stdbool.h>

/* Give addresses to all cards as the boot line says, and let them work. */
void cards_start(void);

/* Ask for an address (dhcp.c). */
struct netif;
void cards_ask(struct netif *netif);
/* Each minute. */
void cards_lease_tick(void);

/* Take what they have. True: there is more. */
bool cards_poll(void);

/* Hand over what was sent. */
void cards_kick(void);

/* Have net_wake() called when a frame comes. True: one is there already. */
bool cards_interrupts_on(void);
