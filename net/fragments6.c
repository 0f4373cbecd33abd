/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library's packets of IPv6 in pieces, by way of copies. Its other way moves the beginning of
 * what is cut along as it goes (ip6_frag() in lwIP 2.2.1); segments of TCP, which it keeps, then
 * lack parts when they are sent again, and an end where one is looked for.
 */
#define LWIP_NETIF_TX_SINGLE_PBUF 1
#include <lwip/../../core/ipv6/ip6_frag.c>
