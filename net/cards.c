/* SPDX-License-Identifier: BSD-2-Clause */
#include "cards.h"

#include <errno.h>

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/netif.h>
#include <netif/ethernet.h>

#include <base/bits.h>
#include <dev/net.h>
#include <kernel/log.h>
#include <mem/heap.h>

#include "address.h"
#include "core.h"

LOG_MODULE(net);

#define BATCH 64 /* frames, after which others may have the lock */

static struct netif netifs[NET_DEVICES_MAX];
static unsigned count;
static unsigned sending; /* frames that a card has and has not read yet */

/* A received frame as the library sees it: it lies in the buffer's own room. */
STATIC_ASSERT(sizeof(struct pbuf_custom) <= sizeof(((struct net_buffer *)0)->user));

static void frame_free(struct pbuf *packet)
{
	struct net_buffer *buffer = (void *)((uint8_t *)packet - offsetof(struct net_buffer, user));

	buffer->device->ops->give_back(buffer);
}

static void on_received(struct net_device *device, struct net_buffer *buffer)
{
	struct netif *netif = device->owner;
	struct pbuf_custom *custom = (struct pbuf_custom *)(void *)buffer->user;
	struct pbuf *packet;

	custom->custom_free_function = frame_free;
	packet = pbuf_alloced_custom(PBUF_RAW, (u16_t)(buffer->len + ETH_PAD_SIZE), PBUF_REF,
				     custom, buffer->frame - ETH_PAD_SIZE,
				     (u16_t)(buffer->len + ETH_PAD_SIZE));
	if (!packet)
		device->ops->give_back(buffer);
	else if (netif->input(packet, netif) != ERR_OK)
		pbuf_free(packet);
}

static void on_sent(struct net_device *device, void *token)
{
	(void)device;
	sending--;
	pbuf_free(token);
}

static void on_wake(struct net_device *device)
{
	(void)device;
	net_wake();
}

/* The library's packet goes out as it lies in memory and is kept until the card has read it. */
static err_t output(struct netif *netif, struct pbuf *packet)
{
	struct net_device *device = netif->state;
	struct net_piece pieces[NET_PIECES_MAX];
	struct pbuf *whole = packet, *copy = NULL;
	unsigned n = 0;

	if (pbuf_clen(packet) > NET_PIECES_MAX) {
		copy = whole = pbuf_clone(PBUF_RAW, PBUF_RAM, packet);
		if (!copy)
			return ERR_MEM;
	}
	for (struct pbuf *part = whole; part; part = part->next) {
		unsigned skip = part == whole ? ETH_PAD_SIZE : 0;

		if (part->len > skip)
			pieces[n++] = (struct net_piece){(uint8_t *)part->payload + skip,
							 part->len - skip};
	}
	if (!copy)
		pbuf_ref(whole);
	if (device->ops->send(device, pieces, n, whole)) {
		device->dropped++;
		pbuf_free(whole);
		return ERR_IF;
	}
	sending++;
	return ERR_OK;
}

static err_t init(struct netif *netif)
{
	struct net_device *device = netif->state;

	netif->name[0] = 'e';
	netif->name[1] = 't';
	netif->hostname = "unishyper";
	netif->mtu = device->mtu;
	netif->hwaddr_len = ETH_HWADDR_LEN;
	memcpy(netif->hwaddr, device->mac, ETH_HWADDR_LEN);
	netif->output = etharp_output;
	netif->output_ip6 = ethip6_output;
	netif->linkoutput = output;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
		       NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
	return ERR_OK;
}

static void start(struct net_device *device, const struct address *address)
{
	struct netif *netif = &netifs[count];

	if (!netif_add(netif, &address->own, &address->mask, &address->gateway, device, init,
		       ethernet_input))
		return;
	device->owner = netif;
	device->wake = on_wake;
	device->received = on_received;
	device->sent = on_sent;
	count++;
	netif_create_ip6_linklocal_address(netif, 1);
	netif_set_ip6_autoconfig_enabled(netif, 1);
	if (!netif_default)
		netif_set_default(netif);
	if (device->ops->start(device))
		return;
	netif_set_up(netif);
	if (device->link)
		netif_set_link_up(netif);
	if (address->ask)
		dhcp_start(netif);
}

void cards_start(void)
{
	struct address address;
	struct net_device *device;

	address_of_boot_line(&address);
	for (unsigned i = 0; (device = net_device_at(i)); i++) {
		if (address.none)
			break;
		start(device, &address);
		/* One line gives one address: further cards ask for theirs. */
		address = (struct address){.ask = true};
	}
}

bool cards_poll(void)
{
	bool more = false;

	for (unsigned i = 0; i < count; i++) {
		struct net_device *device = netifs[i].state;

		if (device->link != netif_is_link_up(&netifs[i])) {
			if (device->link)
				netif_set_link_up(&netifs[i]);
			else
				netif_set_link_down(&netifs[i]);
		}
		more |= device->ops->poll(device, BATCH) == BATCH;
	}
	return more;
}

bool cards_sending(void)
{
	return sending;
}

void cards_kick(void)
{
	for (unsigned i = 0; i < count; i++) {
		struct net_device *device = netifs[i].state;

		if (device->kick_needed)
			device->ops->kick(device);
	}
}

bool cards_interrupts_on(void)
{
	bool more = false;

	for (unsigned i = 0; i < count; i++) {
		struct net_device *device = netifs[i].state;

		more |= device->ops->interrupts_on(device);
	}
	return more;
}
