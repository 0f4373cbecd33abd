/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the other end of the test's cables: it knows the connections from what leaves the
 * machine, and sends frames of all protocols that fit to them, or nearly, or not at all.
 */
#pragma once

#include "net_card.h"

#define FLOWS 48

/* A connection as it was last seen; numbers in the machine's byte order. */
struct flow {
	bool used, v6;
	uint8_t ip[16], card;
	uint16_t port, peer_port;
	uint32_t next, wanted; /* of the machine's next byte; what it waits for */
	bool asked;	       /* SYN without an answer */
};

static struct flow flows[FLOWS];
static uint32_t dhcp_xid, flow_count;
static uint8_t dhcp_last, quoted[1280];
static uint32_t quoted_len;
static uint16_t echo_id;

static uint8_t in[70000]; /* the frame that is made */
static uint32_t in_len;

static const uint16_t ports[] = {7, 80, 11, 9999, 68, 5353};

static const uint8_t *own_ip(unsigned card, bool v6)
{
	static uint8_t v4[4], link[16];

	if (!v6) {
		memcpy(v4, card ? (uint8_t[]){10, 1, 0, 2} : (uint8_t[]){10, 0, 0, 2}, 4);
		return v4;
	}
	memcpy(link, (uint8_t[]){0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 2}, 16);
	link[15] = (uint8_t)(2 + card);
	return link;
}

/* One of a few addresses of peers; the first is the router. */
static const uint8_t *peer_ip(unsigned card, bool v6)
{
	static uint8_t ip[16];
	uint8_t who = (uint8_t)(1 + draw(draw(3) ? 4 : 200));

	if (v6)
		memcpy(ip, (uint8_t[]){0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, who}, 16);
	else
		memcpy(ip, (uint8_t[]){10, (uint8_t)card, 0, who == 2 ? 3 : who}, 4);
	if (!v6 && !draw(10))
		ip[0] = 99;
	return ip;
}

/* --- what is learned -------------------------------------------------------------------------- */

static void learn_flow(unsigned card, bool v6, const uint8_t *peer, const uint8_t *tcp,
		       uint32_t len)
{
	struct flow *flow = NULL;
	unsigned head = (tcp[12] >> 4) * 4u;

	for (unsigned i = 0; i < FLOWS && !flow; i++)
		if (flows[i].used && flows[i].port == be16_load(tcp) &&
		    flows[i].peer_port == be16_load(tcp + 2) && flows[i].v6 == v6)
			flow = &flows[i];
	if (!flow)
		flow = &flows[flow_count++ % FLOWS];
	flow->used = true;
	flow->v6 = v6;
	memcpy(flow->ip, peer, v6 ? 16 : 4);
	flow->card = (uint8_t)card;
	flow->port = be16_load(tcp);
	flow->peer_port = be16_load(tcp + 2);
	flow->next = be32_load(tcp + 4) + len - head + (tcp[13] & 1) + (tcp[13] >> 1 & 1);
	if (tcp[13] & 16)
		flow->wanted = be32_load(tcp + 8);
	flow->asked = (tcp[13] & 18) == 2;
}

static void on_out(unsigned card)
{
	const uint8_t *ip = out + 14, *message = ip + (ip[0] >> 4 == 6 ? 40 : (ip[0] & 15) * 4);
	uint32_t left = out_len > (uint32_t)(message - out) ? out_len - (uint32_t)(message - out)
							    : 0;
	bool v6 = be16_load(out + 12) == 0x86dd;

	if (be16_load(out + 12) != 0x800 && !v6)
		return;
	quoted_len = MIN(out_len - 14, (uint32_t)sizeof(quoted));
	memcpy(quoted, ip, quoted_len);
	if (ip[v6 ? 6 : 9] == 6 && left >= 20)
		learn_flow(card, v6, ip + (v6 ? 24 : 16), message, left);
	if (!v6 && ip[9] == 17 && left > 244 && be16_load(message + 2) == 67) {
		dhcp_xid = be32_load(message + 12);
		dhcp_last = message[250];
	}
	if (!v6 && ip[9] == 1 && left >= 8 && message[0] == 8)
		echo_id = be16_load(message + 4);
}

/* --- building --------------------------------------------------------------------------------- */

static void put(const void *bytes, size_t size)
{
	if (in_len + size > sizeof(in))
		abort();
	memcpy(in + in_len, bytes, size);
	in_len += (uint32_t)size;
}

static void put8(unsigned value)
{
	put(&(uint8_t){(uint8_t)value}, 1);
}

static void put16(unsigned value)
{
	put8(value >> 8);
	put8(value);
}

static void put32(uint32_t value)
{
	put16(value >> 16);
	put16(value);
}

static void put_noise(size_t size)
{
	while (size--)
		put8((unsigned)draw(256));
}

static void put_ethernet(unsigned card, unsigned type)
{
	in_len = 0;
	put(draw(20) ? cards[card].net.mac : (uint8_t[]){255, 255, 255, 255, 255, 255}, 6);
	put((uint8_t[]){2, 0, 0, 0, 1, (uint8_t)(1 + draw(4))}, 6);
	if (!draw(100)) {
		put16(0x8100);
		put16((unsigned)draw(65536));
	}
	put16(type);
}

/* Where the packet begins in its frame. */
static uint8_t *packet_of(uint8_t *frame)
{
	return frame + (be16_load(frame + 12) == 0x8100 ? 18 : 14);
}

static void put_ip4(unsigned card, unsigned protocol, const uint8_t *from)
{
	unsigned options = draw(20) ? 0 : (unsigned)draw(11);
	static const uint8_t everybody[][4] = {
		{255, 255, 255, 255}, {224, 0, 0, 1}, {10, 0, 0, 255}, {127, 0, 0, 1}};

	put_ethernet(card, 0x800);
	put8(0x45 + options);
	put8(0);
	put16(0); /* length and sum: end_packet() */
	put16((unsigned)draw(4));
	put16(0);
	put8(draw(8) ? 64 : (unsigned)draw(256));
	put8(protocol);
	put16(0);
	put(from, 4);
	put(draw(30) ? own_ip(card, false) : everybody[draw(4)], 4);
	put_noise(options * 4);
}

static void put_ip6(unsigned card, unsigned protocol, const uint8_t *from)
{
	uint8_t *next;

	put_ethernet(card, 0x86dd);
	put32(6u << 28);
	put16(0);
	put8(protocol);
	put8(255);
	put(from, 16);
	if (draw(20))
		put(own_ip(card, true), 16);
	else
		put((uint8_t[]){0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 16);
	/* Headers in between: hop by hop, routing, to the destination. */
	next = in + in_len - 34;
	while (!draw(25)) {
		unsigned units = (unsigned)draw(3);

		put8(*next);
		*next = (const uint8_t[]){0, 43, 60}[draw(3)];
		next = in + in_len - 1;
		put8(units);
		put8((unsigned)draw(6));
		put8((unsigned)draw(8));
		put_noise(4 + units * 8);
	}
}

static void put_ip(unsigned card, bool v6, unsigned protocol, const uint8_t *from)
{
	if (v6)
		put_ip6(card, protocol, from);
	else
		put_ip4(card, protocol, from);
}

/* Lengths and sums as they should be, of a packet without fragments; as far as it makes sense. */
static void end_packet(void)
{
	static const uint8_t at_of[256] = {[1] = 2, [2] = 2, [6] = 16, [17] = 6, [58] = 2};
	uint8_t *ip, *message;
	unsigned protocol, at, head;
	uint32_t size;
	uint16_t sum;

	if (in_len < 14 + 20)
		return;
	ip = packet_of(in);
	size = in_len - (uint32_t)(ip - in);
	if (size < 20 || size > 65535 + 40)
		return;
	if (ip[0] >> 4 == 4) {
		head = (ip[0] & 15) * 4u;
		if (head < 20 || head > size)
			return;
		protocol = ip[9];
		be16_store(ip + 2, (uint16_t)size);
		be16_store(ip + 10, 0);
		be16_store(ip + 10, (uint16_t)~sum_end(sum_add(0, ip, head)));
	} else {
		if (size < 40)
			return;
		head = 40;
		protocol = ip[6];
		be16_store(ip + 4, (uint16_t)(size - 40));
		while ((protocol == 0 || protocol == 43 || protocol == 60) && head + 8 <= size) {
			protocol = ip[head];
			head += 8 + ip[head + 1] * 8u;
		}
	}
	message = ip + head;
	at = at_of[protocol];
	if (!at || head > size || size - head < at + 2)
		return;
	size -= head;
	if (protocol == 17 && size >= 8)
		be16_store(message + 4, (uint16_t)size);
	be16_store(message + at, 0);
	sum = protocol == 1 || protocol == 2 ? sum_end(sum_add(0, message, size))
					     : whole_sum(ip, message, size, (uint8_t)protocol);
	sum = (uint16_t)~sum;
	be16_store(message + at, sum || protocol != 17 ? sum : 0xffff);
}
