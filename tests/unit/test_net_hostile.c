/* SPDX-License-Identifier: BSD-2-Clause */
// sources: net/cards.c net/dhcp.c net/fragments4.c net/fragments6.c net/large.c net/frames.c
// sources: net/timers.c net/half_open.c net/scarce.c net/segments.c net/unreachable.c
// sources: net/neighbours.c net/inet_option.c net/tcp.c net/tcp_data.c net/tcp_listen.c net/udp.c
// sources: net/ping.c net/raw.c net/sntp.c net/address.c net/counts.c dev/net.c fs/io.c lib/str.c
// sources: lib/sum.c lib/fmt.c lib/cmdline.c lwip
// flags: -Iinclude/arch/host -Iarch/host -I. $(LWIP_CPPFLAGS) -D_GNU_SOURCE -DNET_ASSERTS -Wno-address
/*
 * The sockets, the port and the TCP/IP library below them, with two cards whose other ends send
 * frames of all protocols that are right, nearly right or nonsense, while a program calls anything;
 * memory is scarce at times. What must hold: nothing is touched that may not be; what leaves is
 * well formed; when the program has closed all and peers are silent, everything ends, and all
 * memory is back. UNIT_FRAMES=1000000 is the long form, UNIT_SEED the first seed.
 */
#include "net/core.c"
#include "net/inet.c"
#include <lwip/igmp.h>
#include <lwip/mld6.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>

#include "net/frames.h"

#include "unit.h"

#include "net_kernel.h"

#include "net_calls.h"
#include "net_talk.h"

static unsigned nested;
static bool quiet;

static void pump(void)
{
	net_lock();
	(void)cards_poll();
	(void)net_timers_run();
	net_unlock();
}

static void arrive(void)
{
	net_lock();
	talk();
	net_unlock();
}

static void meanwhile(void)
{
	if (quiet || nested >= 2 || draw(6))
		return;
	nested++;
	if (draw(2))
		arrive();
	else
		call();
	nested--;
}

/* --- the end of an episode -------------------------------------------------------------------- */

static long group_count(void)
{
	struct netif *netif;
	long count = 0;

	NETIF_FOREACH(netif)
	{
		for (struct igmp_group *group = netif_igmp_data(netif); group; group = group->next)
			count++;
		for (struct mld_group *group = netif_mld6_data(netif); group; group = group->next)
			count++;
	}
	return count;
}

static void leave_groups(void)
{
	struct netif *netif;

	GUARD(net);
	NETIF_FOREACH(netif)
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t bytes[] = {239, 0, 0, (uint8_t)i};
		ip4_addr_t group;

		memcpy(&group.addr, bytes, 4);
		while (igmp_leavegroup_netif(netif, &group) == ERR_OK)
			;
	}
}

static bool is_quiet(void)
{
	return !tcp_active_pcbs && !tcp_tw_pcbs && !tcp_bound_pcbs && !tcp_listen_pcbs.listen_pcbs;
}

static long base_blocks = -1;

/* Nobody says anything any more. */
static void settle(void)
{
	unsigned steps = 0;

	quiet = true;
	heap_fails_in = 0;
	free_frames = 1000;
	for (unsigned i = 0; i < SOCKETS; i++)
		if (handles[i].socket)
			call_release((handles[i].calls = 1, &handles[i]));
	memset(handles, 0, sizeof(handles));
	leave_groups();
	for (; steps < 4 * 3600 && !is_quiet(); steps++) {
		now_ns += NS_PER_S / 4;
		pump();
	}
	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		printf("state %d, repeated %u, unsent %d, unacked %d, port %u\n", pcb->state,
		       pcb->nrtx, pcb->unsent != NULL, pcb->unacked != NULL, pcb->local_port);
	CHECK(is_quiet());
	/* What waits for a router's answer waits as long as it says that it is one. */
	for (unsigned i = 0; i < LWIP_ND6_NUM_ROUTERS; i++)
		default_router_list[i].invalidation_timer = 0;
	for (steps = 0; steps < 200; steps++) {
		now_ns += NS_PER_S;
		pump();
	}
	/* A lease is asked for anew now and then. */
	for (steps = 0;
	     steps < 20 && base_blocks >= 0 && heap_blocks - group_count() != base_blocks;
	     steps++) {
		now_ns += NS_PER_S;
		pump();
	}
	pump();
	CHECK(!frames_sending());
	CHECK(!buffers_up);
	CHECK(udp_pcbs && !udp_pcbs->next); /* of DHCP */
	if (base_blocks < 0)
		base_blocks = heap_blocks - group_count();
	if (heap_blocks - group_count() != base_blocks)
		show_blocks();
	CHECK(heap_blocks - group_count() == base_blocks);
	memset(flows, 0, sizeof(flows));
	quiet = false;
}

static void pass_time(void)
{
	switch (draw(400)) {
	case 0:
		now_ns += draw(60) * NS_PER_S;
		break;
	case 1:
	case 2:
	case 3:
		now_ns += draw(1000) * NS_PER_MS;
		break;
	default:
		now_ns += draw(3000) * 1000;
	}
}

static void episode(uint64_t number, unsigned frames)
{
	seed = number * 7919;
	heap_fails_in = number % 3 == 1 ? 10 + (long)draw(300) : 0;
	serve_ports();
	for (unsigned i = 0; i < frames && !call_failure; i++) {
		if (number % 3 == 2 && !draw(100))
			free_frames = (const size_t[]){1000, 127, 60, 20}[draw(4)];
		arrive();
		for (uint64_t calls = draw(4); calls; calls--)
			call();
		pass_time();
		if (!draw(3))
			pump();
		if (!draw(2000))
			cards[draw(CARDS)].net.link ^= true;
	}
	cards[0].net.link = cards[1].net.link = true;
	CHECK_IN(settle());
	CHECK(!call_failure);
	CHECK(!bad_frames);
}

TEST(any_frames_and_any_calls)
{
	const char *much = getenv("UNIT_FRAMES"), *from = getenv("UNIT_SEED");
	unsigned long frames = much ? strtoul(much, NULL, 0) : 20000, done = 0;
	uint64_t number = from ? strtoul(from, NULL, 0) : 1;

	strcpy(boot_info.line, "ip=10.0.0.2::10.0.0.1:255.255.255.0");
	cards_make();
	net_start();
	CHECK_IN(settle());
	for (; done < frames; done += 2000) {
		episode(number++, 2000);
		if (much && number % 50 == 0)
			fprintf(stderr, "%lu frames\n", done);
		if (unit_failure[0]) {
			printf("UNIT_SEED=%lu\n", (unsigned long)number - 1);
			return;
		}
	}
	CHECK(frames_seen > frames / 10);
	CHECK(bytes_got > frames && accepted_count > frames / 1000);
	if (much)
		printf("%lu frames came, %lu left, %lu calls, %lu bytes received, %lu accepted\n",
		       done, frames_seen, calls_made, bytes_got, accepted_count);
}
