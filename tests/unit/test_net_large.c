/* SPDX-License-Identifier: BSD-2-Clause */
// sources: net/cards.c net/dhcp.c net/fragments4.c net/fragments6.c net/frames.c net/timers.c
// sources: net/half_open.c net/large.c net/neighbours.c net/inet_option.c net/unreachable.c
// sources: net/tcp.c net/tcp_data.c net/tcp_listen.c net/udp.c net/ping.c net/raw.c net/sntp.c
// sources: net/address.c net/counts.c net/scarce.c net/segments.c dev/net.c fs/io.c lib/str.c
// sources: lib/sum.c lib/fmt.c lib/cmdline.c lwip
// flags: -Iinclude/arch/host -Iarch/host -I. $(LWIP_CPPFLAGS) -D_GNU_SOURCE -DNET_ASSERTS -Wno-address
/*
 * Streams in large segments, which the card cuts (net/large.c), of IPv4 and IPv6, over ways that
 * lose and reorder packets to peers that read slowly or take small ones. What must hold: the peer
 * gets every byte once it is right, in time, and as fast as from a card that cuts nothing; no piece
 * is longer than the peer wants; hardly more is sent again than was lost; all memory is back.
 * UNIT_ROUNDS=100 is the long form, which tells how long each took.
 */
#include "net/core.c"
#include "net/inet.c"

#include <lwip/priv/tcp_priv.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include "net/frames.h"

#include "unit.h"

#include "net_kernel.h"

#include "net_peer.h"

static unsigned nested = 1; /* nothing comes meanwhile */

static void step(void)
{
	GUARD(net);
	peer_step();
}

static void pump(void)
{
	GUARD(net);
	(void)cards_poll();
	(void)net_timers_run();
}

/* While the lock is free and a program's call is under way, frames may come. */
static void meanwhile(void)
{
	if (nested || draw(8))
		return;
	nested++;
	step();
	nested--;
}

static struct socket *connect_to_peer(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(PEER_PORT)};
	struct sockaddr_in6 name6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(PEER_PORT), .sin6_scope_id = 2};
	struct file *file = NULL;
	struct socket *socket;
	uint32_t ready = 0;

	if (inet_create(way->v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0, 0, &file))
		return NULL;
	socket = file->data;
	heap_free(file);
	memcpy(&name.sin_addr, (uint8_t[]){10, 0, 0, 1}, 4);
	memcpy(&name6.sin6_addr, peer6, 16);
	if (way->v6)
		(void)socket->ops->connect(socket, &name6, sizeof(name6), 0);
	else
		(void)socket->ops->connect(socket, &name, sizeof(name), 0);
	for (unsigned i = 0; i < 20000 && !(ready & POLL_WRITABLE); i++) {
		now_ns += NS_PER_MS;
		step();
		pump();
		ready = socket->ops->poll(socket, NULL);
	}
	return socket;
}

/* As much as goes, in calls of any size. */
static uint32_t send_some(struct socket *socket, uint32_t sent)
{
	while (sent < TOTAL) {
		struct message message = {.flags = draw(4) ? 0 : MSG_MORE};
		size_t most = draw(3) ? 16384 : draw(2) ? 60000 : 700;
		long result;

		io_buffer(&message.io, bytes + sent, MIN(1 + draw(most), (uint64_t)TOTAL - sent));
		result = socket->ops->send(socket, &message, 0);
		if (result <= 0)
			break;
		sent += (uint32_t)result;
	}
	return sent;
}

static void begin(const struct way *this, uint64_t number)
{
	way = this;
	seed = number * 104729;
	memset(have, 0, sizeof(have));
	flying = peer_want = peer_taken = peer_told = highest = 0;
	own_next = 0;
	asked_arp = asked_neighbour = asked_syn = peer_end = peer_closes = false;
	packets_out = large_out = again_bytes = 0;
	wrong = NULL;
}

/* The whole stream; the milliseconds that it took, or 0. */
static unsigned long transfer(const struct way *this, uint64_t number)
{
	uint32_t sent = 0;
	uint64_t start;
	struct socket *socket;
	bool ended = false;

	begin(this, number);
	socket = connect_to_peer();
	start = now_ns;
	while (!peer_closes && !wrong && now_ns - start < this->seconds * NS_PER_S) {
		sent = send_some(socket, sent);
		if (sent == TOTAL && !ended)
			ended = !socket->ops->shutdown(socket, SHUT_WR);
		now_ns += NS_PER_MS;
		step();
		pump();
	}
	start = (now_ns - start) / NS_PER_MS;
	if (!peer_closes)
		printf("%s: %u bytes of %u came, %u sent, %u fly\n", this->name, peer_want, TOTAL,
		       sent, flying);
	socket->ops->release(socket);
	return peer_closes ? start : 0;
}

static void settle(void)
{
	nested++;
	for (unsigned i = 0; i < 4 * 3600 && (tcp_active_pcbs || tcp_tw_pcbs); i++) {
		now_ns += NS_PER_S / 4;
		flying = 0;
		pump();
	}
	for (unsigned i = 0; i < 400; i++) {
		now_ns += NS_PER_S;
		pump();
	}
	net_lock();
	(void)cards_poll();
	net_unlock();
	nested--;
	CHECK(!tcp_active_pcbs && !tcp_tw_pcbs);
	CHECK(!frames_sending());
}

static const struct way ways[] = {
	{"good", 0, 0, 0, 1460, 256 << 10, 1 << 20, 10, false},
	{"good, slow", 0, 0, 0, 1460, 256 << 10, 3000, 60, false},
	{"good, small window", 0, 0, 0, 1460, 20000, 30000, 60, false},
	{"good, tiny window", 0, 0, 0, 1460, 3000, 6000, 200, false},
	{"small segments", 0, 0, 0, 600, 256 << 10, 1 << 20, 20, false},
	{"answers lost", 0, 300, 0, 1460, 256 << 10, 1 << 20, 1000, false},
	{"out of order", 0, 0, 20, 1460, 256 << 10, 1 << 20, 60, false},
	{"few lost", 2, 0, 0, 1460, 256 << 10, 1 << 20, 200, false},
	{"many lost", 50, 50, 50, 1460, 256 << 10, 1 << 20, 4000, false},
	{"many lost, slow", 30, 100, 100, 1000, 60000, 20000, 4000, false},
	{"IPv6", 0, 0, 0, 1440, 256 << 10, 1 << 20, 10, true},
	{"IPv6, small window", 0, 0, 0, 1440, 20000, 30000, 60, true},
	{"IPv6, many lost", 50, 50, 50, 1440, 256 << 10, 1 << 20, 4000, true},
};

static void start_once(void)
{
	static bool started;

	if (started)
		return;
	started = true;
	refusals = lies = false;
	strcpy(boot_info.line, "ip=10.0.0.2::10.0.0.1:255.255.255.0");
	for (uint32_t i = 0; i < TOTAL; i++)
		bytes[i] = (uint8_t)((i * 2654435761u) >> 24);
	cards_make();
	net_start();
	nested = 0;
	settle();
}

static void run(const struct way *this, bool cuts, uint64_t number, unsigned long *took)
{
	long blocks;

	cards[0].net.offers = NET_SUM | (cuts ? NET_TSO4 | NET_TSO6 : 0);
	blocks = heap_blocks;
	*took = transfer(this, number);
	if (wrong)
		printf("%s: %s\n", this->name, wrong);
	CHECK(!wrong);
	settle();
	CHECK(heap_blocks - blocks < 8); /* the neighbour, groups */
	CHECK(!bad_frames);
}

/* One way both ways: what large segments must not make worse. */
static void compare(const struct way *this, uint64_t number, bool told)
{
	unsigned long took, again, large, uncut;

	CHECK_IN(run(this, true, number, &took));
	again = again_bytes, large = large_out;
	CHECK_IN(run(this, false, number, &uncut));
	if (told)
		printf("%s %lu: %lu ms, %lu large, %lu bytes again; uncut %lu ms, %lu again\n",
		       this->name, (unsigned long)number, took, large, again, uncut, again_bytes);
	CHECK(took && uncut && large && !large_out);
	/* Who loses the last answer waits, which is chance; whom the order misleads may, once. */
	CHECK(took < 2 * uncut + (this->lost + this->acks_lost ? this->seconds * 1000
				  : this->late		       ? 3000
							       : 500));
	CHECK(again < 2 * again_bytes + (this->lost + this->acks_lost + this->late ? 65536 : 1));
}

TEST(large_segments_over_any_way)
{
	const char *much = getenv("UNIT_ROUNDS");
	uint64_t rounds = much ? strtoull(much, NULL, 0) : 1;

	start_once();
	for (uint64_t number = 1; number <= rounds; number++)
		for (unsigned i = 0; i < ARRAY_SIZE(ways) && !unit_failure[0]; i++)
			compare(&ways[i], number * 100 + i, much);
}
