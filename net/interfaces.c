/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs ask about the network's interfaces, as getifaddrs(), if_nameindex() and
 * if_nametoindex() of the C library do: two requests of netlink's route family [rtnetlink(7)] and
 * controls of any socket [netdevice(7)]. Of a card a program can set its address and whether it
 * receives what is for others; by the flags nothing else changes.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <lwip/netif.h>

#include <base/bits.h>
#include <base/fmt.h>
#include <base/str.h>
#include <net/socket.h>

#include "cards.h"
#include "core.h"

/* [RFC 3549; linux/netlink.h, linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h] */
enum { NETLINK_ERROR = 2, NETLINK_DONE = 3, NEW_LINK = 16, NEW_ADDRESS = 20 };
#define GET_LINK_REQUEST    18
#define GET_ADDRESS_REQUEST 22
#define FLAG_REQUEST	    1
#define FLAG_MULTIPLE	    2
#define FLAG_DUMP	    0x300
#define HARDWARE_ETHERNET   1
#define HARDWARE_LOOPBACK   772
#define RUNNING_BELOW	    0x10000 /* IFF_LOWER_UP */

enum { LINK_ADDRESS = 1, LINK_BROADCAST, LINK_NAME, LINK_MTU };
enum { ADDRESS = 1, ADDRESS_LOCAL, ADDRESS_LABEL, ADDRESS_BROADCAST };

struct header {
	uint32_t length;
	uint16_t type, flags;
	uint32_t sequence, sender;
};

struct link_info {
	uint8_t family, unused;
	uint16_t hardware;
	int32_t index;
	uint32_t flags, change;
};

struct address_info {
	uint8_t family, prefix_bits, flags, scope;
	uint32_t index;
};

/* One message of an answer. */
struct answer {
	struct header header;
	uint8_t data[160];
};

static bool is_loopback(const struct netif *netif)
{
	return !netif->hwaddr_len;
}

/* The loopback's is the one that programs know. With the ending zero, its length. */
static size_t name_of(const struct netif *netif, char name[IFNAMSIZ])
{
	if (is_loopback(netif))
		return fmt_string(name, IFNAMSIZ, "lo") + 1;
	return fmt_string(name, IFNAMSIZ, "%c%c%u", netif->name[0], netif->name[1], netif->num) + 1;
}

static uint32_t flags_of(const struct netif *netif)
{
	uint32_t flags = is_loopback(netif) ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST;

	if (netif_is_up(netif))
		flags |= IFF_UP;
	if (netif_is_up(netif) && netif_is_link_up(netif))
		flags |= IFF_RUNNING | RUNNING_BELOW;
	if (card_receives_all(netif))
		flags |= IFF_PROMISC;
	return flags;
}

static void put(struct answer *answer, const void *data, size_t size)
{
	memcpy((uint8_t *)answer + answer->header.length, data, size);
	answer->header.length += (uint32_t)size;
}

static void put_attribute(struct answer *answer, uint16_t type, const void *data, size_t size)
{
	static const uint8_t zeros[4];
	const uint16_t head[2] = {(uint16_t)(sizeof(head) + size), type};

	put(answer, head, sizeof(head));
	put(answer, data, size);
	put(answer, zeros, align_up(size, 4) - size);
}

static struct answer answer_to(const struct header *request, uint16_t type)
{
	return (struct answer){.header = {.length = sizeof(struct header),
					  .type = type,
					  .flags = FLAG_MULTIPLE,
					  .sequence = request->sequence}};
}

static int tell_link(struct socket *socket, const struct header *request, struct netif *netif)
{
	struct link_info info = {.hardware = is_loopback(netif) ? HARDWARE_LOOPBACK
								: HARDWARE_ETHERNET,
				 .index = netif_get_index(netif),
				 .flags = flags_of(netif)};
	struct answer answer = answer_to(request, NEW_LINK);
	const uint32_t mtu = netif->mtu ? netif->mtu : UINT16_MAX;
	static const uint8_t zeros[6];
	uint8_t all[6];
	char name[IFNAMSIZ];
	size_t length = name_of(netif, name);

	memset(all, is_loopback(netif) ? 0 : 0xff, sizeof(all));
	put(&answer, &info, sizeof(info));
	put_attribute(&answer, LINK_NAME, name, length);
	put_attribute(&answer, LINK_MTU, &mtu, sizeof(mtu));
	put_attribute(&answer, LINK_ADDRESS, is_loopback(netif) ? zeros : netif->hwaddr, 6);
	put_attribute(&answer, LINK_BROADCAST, all, sizeof(all));
	return unix_inject(socket, &answer, answer.header.length);
}

static int tell_v4(struct socket *socket, const struct header *request, struct netif *netif)
{
	uint32_t own = ip4_addr_get_u32(netif_ip4_addr(netif));
	uint32_t mask = ip4_addr_get_u32(netif_ip4_netmask(netif)), all = own | ~mask;
	struct address_info info = {.family = AF_INET,
				    .prefix_bits = (uint8_t)__builtin_popcount(mask),
				    .index = netif_get_index(netif)};
	struct answer answer = answer_to(request, NEW_ADDRESS);
	char name[IFNAMSIZ];
	size_t length = name_of(netif, name);

	if (!own)
		return 0;
	put(&answer, &info, sizeof(info));
	put_attribute(&answer, ADDRESS, &own, sizeof(own));
	put_attribute(&answer, ADDRESS_LOCAL, &own, sizeof(own));
	if (!is_loopback(netif))
		put_attribute(&answer, ADDRESS_BROADCAST, &all, sizeof(all));
	put_attribute(&answer, ADDRESS_LABEL, name, length);
	return unix_inject(socket, &answer, answer.header.length);
}

static int tell_v6(struct socket *socket, const struct header *request, struct netif *netif,
		   unsigned i)
{
	const ip6_addr_t *own = netif_ip6_addr(netif, i);
	struct address_info info = {.family = AF_INET6,
				    .prefix_bits = is_loopback(netif) ? 128 : 64,
				    .scope = ip6_addr_islinklocal(own) ? 253 : 0,
				    .index = netif_get_index(netif)};
	struct answer answer = answer_to(request, NEW_ADDRESS);

	put(&answer, &info, sizeof(info));
	put_attribute(&answer, ADDRESS, own->addr, 16);
	return unix_inject(socket, &answer, answer.header.length);
}

static int tell_addresses(struct socket *socket, const struct header *request, struct netif *netif,
			  unsigned family)
{
	int error = 0;

	if (family == AF_UNSPEC || family == AF_INET)
		error = tell_v4(socket, request, netif);
	for (unsigned i = 0; !error && i < LWIP_IPV6_NUM_ADDRESSES; i++)
		if ((family == AF_UNSPEC || family == AF_INET6) &&
		    ip6_addr_isvalid(netif_ip6_addr_state(netif, i)))
			error = tell_v6(socket, request, netif, i);
	return error;
}

/* All of them, by index as they were added: the library's list begins with the last. */
static int tell_all(struct socket *socket, const struct header *request, unsigned family)
{
	struct netif *netif;
	int error = 0;

	GUARD(net);
	for (unsigned index = 1; !error && index <= UINT8_MAX; index++) {
		netif = netif_get_by_index((uint8_t)index);
		if (!netif)
			continue;
		error = request->type == GET_LINK_REQUEST
				? tell_link(socket, request, netif)
				: tell_addresses(socket, request, netif, family);
	}
	return error;
}

/* What a request is wrong about is an answer, too: the number, and the request's head. */
static int tell_end(struct socket *socket, const struct header *request, int error)
{
	struct answer answer = answer_to(request, error ? NETLINK_ERROR : NETLINK_DONE);

	put(&answer, &error, sizeof(error));
	if (error)
		put(&answer, request, sizeof(*request));
	return unix_inject(socket, &answer, answer.header.length);
}

static long netlink_send(struct socket *socket, struct message *message)
{
	struct {
		struct header header;
		uint8_t family;
	} request = {{0}, 0};
	size_t length = message->io.left, wanted = sizeof(request.header) + 1;
	bool known;
	int error;

	if (io_in(&message->io, &request, MIN(length, wanted)) < MIN(length, wanted))
		return -EFAULT;
	if (length < wanted || request.header.length < wanted || request.header.length > length)
		return -EINVAL;
	known = (request.header.type == GET_LINK_REQUEST ||
		 request.header.type == GET_ADDRESS_REQUEST) &&
		(request.header.flags & FLAG_REQUEST) && (request.header.flags & FLAG_DUMP);
	error = known ? tell_all(socket, &request.header, request.family) : 0;
	if (!error)
		error = tell_end(socket, &request.header, known ? 0 : -EOPNOTSUPP);
	return error ? error : (long)length;
}

static int netlink_create(int family, int type, int protocol, unsigned flags, struct file **file)
{
	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (protocol)
		return -EPROTONOSUPPORT;
	__atomic_store_n(&unix_request, netlink_send, __ATOMIC_RELAXED);
	return unix_single(family, type, flags, file);
}

static void v4_out(struct ifreq *request, uint32_t address)
{
	const uint16_t family = AF_INET;

	memset(&request->ifr_addr, 0, sizeof(request->ifr_addr));
	request->ifr_addr.sa_family = family;
	memcpy(request->ifr_addr.sa_data + 2, &address, sizeof(address));
}

/* Lock held. */
static int answer_control(unsigned control, struct ifreq *request, struct netif *netif)
{
	uint32_t own = ip4_addr_get_u32(netif_ip4_addr(netif));
	uint32_t mask = ip4_addr_get_u32(netif_ip4_netmask(netif));

	switch (control) {
	case SIOCGIFNAME:
		name_of(netif, request->ifr_name);
		return 0;
	case SIOCGIFINDEX:
		request->ifr_ifindex = netif_get_index(netif);
		return 0;
	case SIOCGIFFLAGS:
		request->ifr_flags = (short)flags_of(netif);
		return 0;
	case SIOCGIFMTU:
		request->ifr_mtu = netif->mtu ? netif->mtu : UINT16_MAX;
		return 0;
	case SIOCSIFFLAGS:
		if (is_loopback(netif))
			return request->ifr_flags & IFF_PROMISC ? -EOPNOTSUPP : 0;
		return card_receive_all(netif, request->ifr_flags & IFF_PROMISC);
	case SIOCSIFHWADDR:
		if (is_loopback(netif))
			return -EOPNOTSUPP;
		if (request->ifr_hwaddr.sa_family != HARDWARE_ETHERNET)
			return -EINVAL;
		return card_set_mac(netif, (const uint8_t *)request->ifr_hwaddr.sa_data);
	case SIOCGIFHWADDR:
		memset(&request->ifr_hwaddr, 0, sizeof(request->ifr_hwaddr));
		request->ifr_hwaddr.sa_family = is_loopback(netif) ? HARDWARE_LOOPBACK
								   : HARDWARE_ETHERNET;
		memcpy(request->ifr_hwaddr.sa_data, netif->hwaddr, netif->hwaddr_len);
		return 0;
	default:
		if (!own)
			return -EADDRNOTAVAIL;
		v4_out(request, control == SIOCGIFADDR	    ? own
				: control == SIOCGIFNETMASK ? mask
				: is_loopback(netif)	    ? 0
							    : own | ~mask);
		return 0;
	}
}

static struct netif *netif_named(const char *name)
{
	char own[IFNAMSIZ];
	struct netif *netif;

	NETIF_FOREACH(netif)
	{
		name_of(netif, own);
		if (str_equal(own, name))
			return netif;
	}
	return NULL;
}

static int interface_control(unsigned control, struct ifreq *request)
{
	struct netif *netif;

	switch (control) {
	case SIOCGIFNAME:
	case SIOCGIFINDEX:
	case SIOCGIFFLAGS:
	case SIOCGIFMTU:
	case SIOCGIFHWADDR:
	case SIOCGIFADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFBRDADDR:
	case SIOCSIFFLAGS:
	case SIOCSIFHWADDR:
		break;
	default:
		return -ENOTTY;
	}
	request->ifr_name[IFNAMSIZ - 1] = '\0';
	GUARD(net);
	if (control != SIOCGIFNAME)
		netif = netif_named(request->ifr_name);
	else if (request->ifr_ifindex <= 0 || request->ifr_ifindex > UINT8_MAX)
		netif = NULL;
	else
		netif = netif_get_by_index((uint8_t)request->ifr_ifindex);
	return netif ? answer_control(control, request, netif) : -ENODEV;
}

SOCKET_FAMILY(NET, netlink) = {AF_NETLINK, netlink_create, interface_control};
