/* SPDX-License-Identifier: BSD-2-Clause */
/* What the C library learns of the network's interfaces. */
#define _GNU_SOURCE
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "suite.h"

static void *nowhere(void)
{
	void *volatile address = (void *)8;

	return address;
}

/* The entry of an interface with an address of that family; NULL: none. */
static const struct ifaddrs *entry(const struct ifaddrs *all, const char *name, int kind)
{
	for (; all; all = all->ifa_next)
		if (!strcmp(all->ifa_name, name) && all->ifa_addr &&
		    all->ifa_addr->sa_family == kind)
			return all;
	return NULL;
}

static uint32_t v4(const struct sockaddr *address)
{
	return address ? ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr)
		       : 0;
}

static void addresses(void)
{
	const struct ifaddrs *one;
	struct ifaddrs *all;
	char name[IFNAMSIZ];

	CHECK(!getifaddrs(&all) && all);
	one = entry(all, "lo", AF_INET);
	CHECK(one && v4(one->ifa_addr) == INADDR_LOOPBACK && v4(one->ifa_netmask) == 0xff000000);
	CHECK((one->ifa_flags & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING)) ==
	      (IFF_UP | IFF_LOOPBACK | IFF_RUNNING));
	one = entry(all, "lo", AF_INET6);
	CHECK(one &&
	      IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)(void *)one->ifa_addr)->sin6_addr));
	CHECK(entry(all, "lo", AF_PACKET));
	/* The card. */
	CHECK(if_indextoname(2, name));
	one = entry(all, name, AF_INET);
	CHECK(one && v4(one->ifa_addr) == 0x0a000002 && v4(one->ifa_netmask) == 0xffffff00);
	CHECK(v4(one->ifa_broadaddr) == 0x0a0000ff && one->ifa_flags & IFF_UP);
	CHECK((one->ifa_flags & (IFF_BROADCAST | IFF_LOOPBACK)) == IFF_BROADCAST);
	one = entry(all, name, AF_PACKET);
	CHECK(one && ((struct sockaddr_ll *)(void *)one->ifa_addr)->sll_halen == 6);
	CHECK(((struct sockaddr_ll *)(void *)one->ifa_addr)->sll_ifindex == 2);
	freeifaddrs(all);
}

static void names(void)
{
	struct if_nameindex *all = if_nameindex();
	char name[IFNAMSIZ];
	int count = 0;

	CHECK(all);
	for (struct if_nameindex *one = all; one->if_index; one++, count++) {
		CHECK(if_nametoindex(one->if_name) == one->if_index);
		CHECK(if_indextoname(one->if_index, name) && !strcmp(name, one->if_name));
	}
	CHECK(count == 2 && all[0].if_index == 1 && !strcmp(all[0].if_name, "lo"));
	if_freenameindex(all);
	CHECK(if_nametoindex("none") == 0 && errno == ENODEV);
	CHECK(!if_indextoname(99, name) && errno == ENXIO);
	CHECK(!if_indextoname(0, name) && !if_indextoname(1000, name));
}

static void controls(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = {.ifr_name = "lo"};

	CHECK(!ioctl(fd, SIOCGIFADDR, &request) && v4(&request.ifr_addr) == INADDR_LOOPBACK);
	CHECK(!ioctl(fd, SIOCGIFNETMASK, &request) && v4(&request.ifr_addr) == 0xff000000);
	CHECK(!ioctl(fd, SIOCGIFFLAGS, &request) && request.ifr_flags & IFF_LOOPBACK);
	CHECK(!ioctl(fd, SIOCGIFMTU, &request) && request.ifr_mtu >= 1280);
	request.ifr_ifindex = 2;
	CHECK(!ioctl(fd, SIOCGIFNAME, &request) && !ioctl(fd, SIOCGIFHWADDR, &request));
	CHECK(request.ifr_hwaddr.sa_family == 1);
	CHECK(!ioctl(fd, SIOCGIFBRDADDR, &request) && v4(&request.ifr_addr) == 0x0a0000ff);
	CHECK_ERRNO(ioctl(fd, SIOCGIFADDR, nowhere()), EFAULT);
	CHECK_ERRNO(ioctl(fd, SIOCSIFADDR, &request), ENOTTY);
	memset(request.ifr_name, 'x', sizeof(request.ifr_name));
	CHECK_ERRNO(ioctl(fd, SIOCGIFINDEX, &request), ENODEV);
	CHECK(!close(fd));
}

/* A card's own address and what else it receives. */
static void settings(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), echo = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct sockaddr_in gateway = {.sin_family = AF_INET};
	struct ifreq request = {.ifr_ifindex = 2}, before, wrong;
	uint8_t packet[8] = {8}, back[100];
	short flags;

	CHECK(!ioctl(fd, SIOCGIFNAME, &request) && !ioctl(fd, SIOCGIFFLAGS, &request));
	flags = request.ifr_flags;
	CHECK(flags & IFF_UP && !(flags & IFF_PROMISC));
	request.ifr_flags = (short)(flags | IFF_PROMISC);
	CHECK(!ioctl(fd, SIOCSIFFLAGS, &request) && !ioctl(fd, SIOCGIFFLAGS, &request));
	CHECK(request.ifr_flags == (flags | IFF_PROMISC));
	request.ifr_flags = flags;
	CHECK(!ioctl(fd, SIOCSIFFLAGS, &request) && !ioctl(fd, SIOCGIFFLAGS, &request));
	CHECK(request.ifr_flags == flags && !ioctl(fd, SIOCGIFHWADDR, &request));
	before = wrong = request;
	wrong.ifr_hwaddr.sa_data[0] |= 1;
	CHECK_ERRNO(ioctl(fd, SIOCSIFHWADDR, &wrong), EADDRNOTAVAIL);
	wrong.ifr_hwaddr.sa_family = 9;
	CHECK_ERRNO(ioctl(fd, SIOCSIFHWADDR, &wrong), EINVAL);
	strcpy(wrong.ifr_name, "lo");
	CHECK_ERRNO(ioctl(fd, SIOCSIFHWADDR, &wrong), EOPNOTSUPP);
	/* With another address, and with the old one again, the gateway is reached. */
	request.ifr_hwaddr.sa_data[5] ^= 3;
	gateway.sin_addr.s_addr = htonl(0x0a000001);
	for (int i = 0; i < 2; i++) {
		CHECK(!ioctl(fd, SIOCSIFHWADDR, i ? &before : &request));
		memset(&wrong.ifr_hwaddr, 0, sizeof(wrong.ifr_hwaddr));
		memcpy(wrong.ifr_name, request.ifr_name, sizeof(wrong.ifr_name));
		CHECK(!ioctl(fd, SIOCGIFHWADDR, &wrong));
		CHECK(!memcmp(&wrong.ifr_hwaddr, i ? &before.ifr_hwaddr : &request.ifr_hwaddr, 8));
		CHECK(sendto(echo, packet, 8, 0, (void *)&gateway, sizeof(gateway)) == 8);
		CHECK(wait_for(echo, POLLIN) && recv(echo, back, sizeof(back), 0) == 8);
	}
	CHECK(!close(fd) && !close(echo));
}

/* Requests that are wrong, and answers that nobody reads. */
static void requests(void)
{
	struct {
		uint32_t length;
		uint16_t type, flags;
		uint32_t sequence, sender;
		uint8_t family[4];
	} request = {20, 18, 0x301, 7, 0, {0}};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0), many = 0;
	uint32_t answer[64];

	CHECK_ERRNO(socket(AF_NETLINK, SOCK_RAW, 9), EPROTONOSUPPORT);
	CHECK_ERRNO(socket(AF_NETLINK, SOCK_STREAM, 0), ESOCKTNOSUPPORT);
	CHECK_ERRNO(recv(fd, answer, sizeof(answer), MSG_DONTWAIT), EAGAIN);
	CHECK_ERRNO(send(fd, &request, 10, 0), EINVAL);
	CHECK_ERRNO(send(fd, nowhere(), 20, 0), EFAULT);
	request.length = 21;
	CHECK_ERRNO(send(fd, &request, 20, 0), EINVAL);
	request.length = 20;
	request.type = 99;
	CHECK(send(fd, &request, 20, 0) == 20);
	CHECK(recv(fd, answer, sizeof(answer), MSG_DONTWAIT) == 36 && answer[0] == 36);
	CHECK((answer[1] & 0xffff) == 2 && answer[2] == 7 && (int)answer[4] == -EOPNOTSUPP);
	request.type = 18;
	while (send(fd, &request, 20, 0) == 20 && many < 100000)
		many++;
	CHECK(errno == ENOBUFS && many > 10 && many < 100000);
	CHECK(recv(fd, answer, sizeof(answer), 0) > 0 && answer[2] == 7);
	CHECK(!close(fd));
}

static const struct test tests[] = {TEST(addresses), TEST(names),    TEST(controls),
				    TEST(requests),  TEST(settings), TEST_END};
const struct suite interface_suite = {"interfaces", tests};
