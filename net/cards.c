/* SPDX-License-Identifier: BSD-2-Clause */
#include "cards.h"

#include <errno.h>

#include <lwip/etharp.h>
#include <lwip/ip4.h>
#include <lwip/ip6.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <netif/ethernet.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/endian.h>
#include <dev/net.h>
#include <kernel/log.h>
#include <mem/heap.h>

#include "address.h"
#include "core.h"
#include "frames.h"
#include "neighbours.h"

LOG_MODULE(net);

#define SIZE_ETHERNET	     14
#define NETIF_CHECKSUM_CHECK (NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)
#define BATCH		     64 /* frames, after which others may have the lock */

static struct netif netifs[NET_DEVICES_MAX];
static struct frame_out outs[NET_DEVICES_MAX];
static unsigned count;

/* A received frame as the library sees it: it lies in the buffers' own room. */
STATIC_ASSERT(sizeof(struct pbuf_custom) <= sizeof(((struct net_buffer *)0)->user));

static void frame_free(struct pbuf *packet)
{
	struct net_buffer *buffer = (void *)((uint8_t *)packet - offsetof(struct net_buffer, user));

	buffer->device->ops->give_back(buffer);
}

/* The buffer from `ahead` bytes before its data on. */
static struct pbuf *wrap(struct net_buffer *buffer, unsigned ahead)
{
	struct pbuf_custom *custom = (struct pbuf_custom *)(void *)buffer->user;
	uint16_t len = (uint16_t)(buffer->len + ahead);

	custom->custom_free_function = frame_free;
	return pbuf_alloced_custom(PBUF_RAW, len, PBUF_REF, custom, buffer->frame - ahead, len);
}

static struct pbuf *wrap_all(struct net_buffer *first, uint32_t len, unsigned ahead)
{
	struct pbuf *packet = wrap(first, ahead), *last = packet;

	packet->tot_len = (u16_t)(len + ahead);
	for (struct net_buffer *buffer = first->next; buffer; buffer = buffer->next) {
		last->next = wrap(buffer, 0);
		last->next->tot_len = (u16_t)(last->tot_len - last->len);
		last = last->next;
	}
	return packet;
}

/*
 * A device's word about checksums counts for what is surely one whole segment or datagram. One
 * that misses its checksum was never on a wire.
 */
static bool sum_is_right(const struct net_buffer *buffer)
{
	unsigned protocol, at = frame_transport(buffer->frame, buffer->len, &protocol);

	if (!at || (protocol != IP_PROTO_TCP && protocol != IP_PROTO_UDP))
		return false;
	return buffer->sum_start ? buffer->sum_start == at &&
					   buffer->sum_at == (protocol == IP_PROTO_TCP ? 16 : 6)
				 : buffer->sum_right;
}

static void give_all_back(struct net_device *device, struct net_buffer *buffer)
{
	device->dropped++;
	while (buffer) {
		struct net_buffer *next = buffer->next;

		device->ops->give_back(buffer);
		buffer = next;
	}
}

/* The library counts to 65535: without the Ethernet header that is enough. */
static err_t input(struct netif *netif, struct net_buffer *buffer, uint32_t len)
{
	uint16_t type = be16_load(buffer->frame + 12);
	struct pbuf *packet;
	err_t error;

	if (len + ETH_PAD_SIZE <= UINT16_MAX) {
		packet = wrap_all(buffer, len, ETH_PAD_SIZE);
		error = netif->input(packet, netif);
		if (error != ERR_OK)
			pbuf_free(packet);
		return error;
	}
	buffer->frame += SIZE_ETHERNET;
	buffer->len -= SIZE_ETHERNET;
	packet = wrap_all(buffer, len - SIZE_ETHERNET, 0);
	if (type == ETHTYPE_IP)
		return ip4_input(packet, netif);
	if (type == ETHTYPE_IPV6)
		return ip6_input(packet, netif);
	pbuf_free(packet);
	return ERR_OK;
}

/* The library looks at headers before it knows that they are there. */
static bool is_cut(const struct net_buffer *first)
{
	uint32_t least = SIZE_ETHERNET + IP_HLEN;

	if (first->len < SIZE_ETHERNET)
		return true;
	if (be16_load(first->frame + 12) == ETHTYPE_IPV6)
		least = SIZE_ETHERNET + IP6_HLEN;
	else if (be16_load(first->frame + 12) == ETHTYPE_ARP)
		least = SIZE_ETHERNET + SIZEOF_ETHARP_HDR;
	return first->len < least;
}

static void on_received(struct net_device *device, struct net_buffer *buffer)
{
	struct netif *netif = device->owner;
	uint16_t checks = netif->chksum_flags;
	bool right = (buffer->sum_start || buffer->sum_right) && sum_is_right(buffer);
	uint32_t len = 0;

	for (struct net_buffer *part = buffer; part; part = part->next)
		len += part->len;
	if ((buffer->sum_start && !right) || is_cut(buffer) || len > NET_JOINED_MAX) {
		give_all_back(device, buffer);
		return;
	}
	if (right)
		netif->chksum_flags &= (u16_t) ~(NETIF_CHECKSUM_CHECK_TCP |
						 NETIF_CHECKSUM_CHECK_UDP);
	(void)input(netif, buffer, len);
	neighbours_left = NEIGHBOURS_ANY;
	netif->chksum_flags = (netif->chksum_flags & ~NETIF_CHECKSUM_CHECK) |
			      (checks & NETIF_CHECKSUM_CHECK);
}

static void on_wake(struct net_device *device)
{
	(void)device;
	net_wake();
}

static err_t output(struct netif *netif, struct pbuf *packet)
{
	return frame_send(&outs[netif - netifs], packet);
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
	netif->output_ip6 = neighbours_output;
	netif->linkoutput = output;
	if (device->offers & NET_SUM)
		NETIF_SET_CHECKSUM_CTRL(netif, NETIF_CHECKSUM_ENABLE_ALL & ~NETIF_CHECKSUM_GEN_TCP);
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
	device->sent = frames_sent;
	outs[count] = (struct frame_out){.netif = netif, .device = device};
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
		cards_ask(netif);
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

/* The machine was moved, say: switches and neighbours learn anew where it is. */
static void announce(struct netif *netif, struct net_device *device)
{
	WRITE_ONCE(device->announce, false);
	etharp_gratuitous(netif);
	neighbours_announce(netif);
	if (device->ops->announced)
		device->ops->announced(device);
}

bool card_cuts(const struct netif *netif, bool v6)
{
	const struct net_device *device = netif->state;

	return netif->hwaddr_len && device->offers & (v6 ? NET_TSO6 : NET_TSO4) &&
	       !(netif->chksum_flags & NETIF_CHECKSUM_GEN_TCP);
}

int card_receive_all(struct netif *netif, bool all)
{
	struct net_device *device = netif->state;
	int error = device->ops->receive ? device->ops->receive(device, all ? NET_ALL : 0) : 0;

	if (!error)
		outs[netif - netifs].all = all;
	return error;
}

bool card_receives_all(const struct netif *netif)
{
	return netif->hwaddr_len && outs[netif - netifs].all;
}

int card_set_mac(struct netif *netif, const uint8_t mac[6])
{
	struct net_device *device = netif->state;
	int error;

	if (mac[0] & 1 || !(mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]))
		return -EADDRNOTAVAIL;
	error = device->ops->set_mac ? device->ops->set_mac(device, mac) : -EOPNOTSUPP;
	if (error)
		return error;
	memcpy(device->mac, mac, sizeof(device->mac));
	memcpy(netif->hwaddr, mac, sizeof(device->mac));
	/* Before anything else leaves: answers to it would go to the old one. */
	etharp_gratuitous(netif);
	neighbours_announce(netif);
	return 0;
}

/* It may be another switch's port. */
static void link_up(struct netif *netif)
{
	netif_set_link_up(netif); /* says so by ARP */
	neighbours_announce(netif);
}

bool cards_poll(void)
{
	bool more = false;

	for (unsigned i = 0; i < count; i++) {
		struct net_device *device = netifs[i].state;
		bool link = READ_ONCE(device->link); /* interrupts change it at any time */

		if (link != netif_is_link_up(&netifs[i])) {
			log_info("%s: the cable is %s", device->name, link ? "in" : "out");
			if (link)
				link_up(&netifs[i]);
			else
				netif_set_link_down(&netifs[i]);
		}
		if (UNLIKELY(device->announce))
			announce(&netifs[i], device);
		more |= device->ops->poll(device, BATCH) == BATCH;
	}
	return more;
}

void cards_kick(void)
{
	for (unsigned i = 0; i < count; i++) {
		struct net_device *device = netifs[i].state;

		frames_flush(&outs[i]);
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
