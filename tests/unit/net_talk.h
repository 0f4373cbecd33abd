/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of each protocol, and what is done to them (see net_frames.h). */
#pragma once

#include "net_frames.h"

/* Near a number: mostly it, else a bit beside, or anything. */
static uint32_t near(uint32_t number)
{
	switch (draw(12)) {
	case 0:
		return number + (uint32_t)draw(3000) - 1500;
	case 1:
		return number - 1 + (uint32_t)draw(3);
	case 2:
		return draw(4) ? number + (uint32_t)draw(600000) - 300000
			       : (uint32_t)draw(1ull << 32);
	default:
		return number;
	}
}

static void put_tcp_options(bool syn)
{
	unsigned start = in_len;

	if (syn && draw(4)) {
		put16(0x204);
		put16(draw(4) ? 1460 : (unsigned)draw(draw(2) ? 64 : 65536));
		put32(0x01030300u | (uint32_t)draw(16));
		put32(0x04020101);
	} else if (!draw(4)) {
		put32(0x01010500u | (2 + (uint32_t)draw(33)));
		put_noise(draw(5) * 8);
	}
	if (!draw(8))
		put_noise(draw(20));
	while ((in_len - start) % 4 || in_len - start > 40)
		in_len--;
}

static void talk_tcp(unsigned card)
{
	static const uint8_t flags_of[] = {16, 16, 16, 24, 24, 24, 25, 17, 17, 4, 20, 2, 18, 48, 0};
	struct flow *flow = &flows[draw(FLOWS)];
	bool fresh = !flow->used || !draw(6);
	bool v6 = fresh ? !draw(3) : flow->v6;
	unsigned flags = fresh ? 2 : flags_of[draw(sizeof(flags_of))], at;
	size_t most = flags & 2 ? 20 : draw(3) ? 1400 : 20;

	if (!fresh && flow->asked && draw(3))
		flags = draw(5) ? 18 : 20;
	if (!draw(30))
		flags = (unsigned)draw(256);
	put_ip(fresh ? card : flow->card, v6, 6, fresh ? peer_ip(card, v6) : flow->ip);
	at = in_len;
	put16(fresh ? 2000 + (unsigned)draw(200) : flow->peer_port);
	put16(fresh ? ports[draw(draw(4) ? 3 : 6)] : flow->port);
	put32(near(fresh ? (uint32_t)draw(1ull << 32) : flow->asked ? 5000 : flow->wanted));
	put32(near(fresh ? 0 : flow->next));
	put8(0x50);
	put8(flags);
	put16(draw(6) ? 65535 : draw(2) ? 0 : (unsigned)draw(3000));
	put32((uint32_t)draw(20));
	put_tcp_options(flags & 2);
	in[at + 12] = (uint8_t)((in_len - at) / 4 << 4);
	if (!(flags & 2) || !draw(10))
		put_noise(draw(most + 1));
	/* Some in joined frames, as a card that was asked for them has it. */
	if (!(flags & 2) && !draw(60))
		put_noise(draw(60000));
	end_packet();
}

static void put_dhcp(void)
{
	static const uint8_t kinds[] = {53, 1, 3, 6, 51, 58, 59, 54, 52, 12, 28, 42, 255, 0};
	unsigned type = draw(5) ? (dhcp_last == 1 ? 2 : 5) : (unsigned)draw(9);

	put32(0x02010600);
	put32(draw(12) ? dhcp_xid : (uint32_t)draw(1ull << 32));
	put32(0);
	put32(0);
	put((uint8_t[]){10, 1, 0, (uint8_t)(draw(8) ? 2 : draw(256))}, 4);
	put((uint8_t[]){10, 1, 0, 1}, 4);
	put32(0);
	put(cards[1].net.mac, 6);
	for (unsigned i = 0; i < 10 + 192; i++)
		put8(draw(100) ? 0 : (unsigned)draw(256));
	put32(draw(30) ? 0x63825363 : 0);
	put8(53), put8(1), put8(type);
	put16(0x3604), put((uint8_t[]){10, 1, 0, 1}, 4);
	put16(0x0104), put((uint8_t[]){255, 255, 255, 0}, 4);
	put16(0x3304), put32(draw(3) ? 3600 : (uint32_t)draw(draw(2) ? 100 : 1ull << 32));
	for (uint64_t more = draw(6); more; more--) {
		unsigned size = (unsigned)draw(draw(4) ? 9 : 256);

		put8(draw(3) ? kinds[draw(sizeof(kinds))] : (unsigned)draw(256));
		put8(draw(6) ? size : (unsigned)draw(256));
		put_noise(size);
	}
	if (draw(4))
		put8(255);
}

static void talk_udp(unsigned card)
{
	bool v6 = !draw(4), dhcp = !v6 && !draw(3);

	put_ip(dhcp ? 1 : card, v6, 17, peer_ip(card, v6));
	put16(dhcp ? 67 : 2000 + (unsigned)draw(10));
	put16(dhcp ? 68 : ports[draw(6)]);
	put32(0);
	if (dhcp)
		put_dhcp();
	else
		put_noise(draw(draw(20) ? 1400 : 60000));
	end_packet();
}

/* What a packet of the machine's met on its way. */
static void put_quoted(void)
{
	put32((uint32_t)draw(draw(2) ? 100 : draw(2) ? 3000 : 1ull << 32));
	put(quoted, MIN((size_t)quoted_len, draw(4) ? 48 + draw(500) : draw(60)));
}

static void talk_icmp(unsigned card)
{
	unsigned what = (unsigned)draw(6);

	put_ip4(card, draw(12) ? 1 : 2, peer_ip(card, false));
	put8((const uint8_t[]){8, 0, 3, 3, 11, 5}[what]);
	put8(what > 1 ? (unsigned)draw(17) : 0);
	put16(0);
	if (what > 1) {
		put_quoted();
	} else {
		put16(what ? echo_id : 1);
		put16(1);
		put_noise(draw(draw(10) ? 100 : 3000));
	}
	end_packet();
}

static void put_nd_options(void)
{
	static const uint8_t link[] = {2, 0, 0, 0, 1, 1};

	for (uint64_t more = draw(4); more; more--) {
		switch (draw(6)) {
		case 0:
			put16(0x0101), put(link, 6);
			break;
		case 1:
			put16(0x0201), put(link, 6);
			break;
		case 2:
			put32(0x03044000u | (uint32_t)draw(256));
			put32((uint32_t)draw(7200)), put32((uint32_t)draw(3600)), put32(0);
			put16(0xfd00), put16((unsigned)draw(3)), put32(0), put32(0), put32(0);
			break;
		case 3:
			put16(0x0501), put16(0),
				put32(1280 + (uint32_t)draw(draw(2) ? 300 : 70000));
			break;
		default:
			put8((unsigned)draw(40)), put8((unsigned)draw(4)), put_noise(draw(30));
		}
	}
}

static void talk_icmp6(unsigned card)
{
	static const uint8_t kinds[] = {135, 136, 136, 134, 134, 133, 137,
					128, 129, 1,   2,   3,	 130, 131};
	unsigned kind = draw(30) ? kinds[draw(sizeof(kinds))] : (unsigned)draw(256);

	put_ip6(card, 58, peer_ip(card, true));
	put8(kind);
	put8(kind == 1 ? (unsigned)draw(8) : !draw(20));
	put16(0);
	if (kind < 5) {
		put_quoted();
	} else if (kind == 134) {
		put32(0x40000000u | (uint32_t)draw(1800));
		put32(0), put32(0);
	} else if (kind == 128 || kind == 129) {
		put_noise(4 + draw(1400));
	} else {
		put32(kind == 136 ? (uint32_t)draw(8) << 29 : (uint32_t)draw(20000) << 16);
		if (kind != 133)
			put(kind == 135 && draw(4) ? own_ip(card, true) : peer_ip(card, true), 16);
		if (kind == 137)
			put(peer_ip(card, true), 16);
	}
	if (kind >= 133 && kind <= 137)
		put_nd_options();
	end_packet();
}

static void talk_arp(unsigned card)
{
	put_ethernet(card, 0x806);
	put32(0x00010800), put16(0x0604);
	put16(draw(10) ? 1 + (unsigned)draw(2) : (unsigned)draw(65536));
	put((uint8_t[]){2, 0, 0, 0, 1, (uint8_t)draw(9)}, 6);
	put(draw(20) ? peer_ip(card, false) : own_ip(card, false), 4);
	put(cards[card].net.mac, 6);
	put(draw(4) ? own_ip(card, false) : peer_ip(card, false), 4);
}

/* --- pieces and damage ------------------------------------------------------------------------ */

/* The frame in pieces, which overlap, repeat or are missing at times, in any order. */
static void send_pieces(unsigned card)
{
	static uint8_t whole[70000];
	unsigned head, at[24], size[24], count = 0, total;
	uint8_t *ip = packet_of(in);
	bool v6 = ip[0] >> 4 == 6;

	head = (unsigned)(ip - in) + (v6 ? 40 : (ip[0] & 15) * 4u);
	if (in_len <= head + 16) {
		card_receive(card, in, MIN(in_len, (uint32_t)NET_FRAME_MAX));
		return;
	}
	total = in_len - head;
	memcpy(whole, in, in_len);
	for (unsigned next = 0; next < total && count < 24; count++) {
		at[count] = next;
		size[count] = MIN(8 + (unsigned)draw(draw(2) ? 180 : 20) * 8, total - next);
		next += size[count];
		if (!draw(20))
			at[count] = (unsigned)draw(8200) * 8, size[count] = (unsigned)draw(100) + 1;
		else if (!draw(12))
			next -= MIN(next, (unsigned)draw(4) * 8);
	}
	for (unsigned i = 0; i < count; i++) {
		unsigned j = (unsigned)draw(count), from = MIN(at[i], total - 1);
		unsigned n = MIN(MIN(size[i], total - from), (unsigned)NET_FRAME_MAX - head - 8);
		bool last = at[i] + size[i] >= total;

		if (!draw(25))
			j = i;
		if (draw(2)) {
			unsigned swap = at[i];

			at[i] = at[j], at[j] = swap;
			swap = size[i], size[i] = size[j], size[j] = swap;
			from = MIN(at[i], total - 1);
			n = MIN(MIN(size[i], total - from), (unsigned)NET_FRAME_MAX - head - 8);
			last = at[i] + size[i] >= total;
		}
		in_len = 0;
		put(whole, head);
		ip = packet_of(in);
		if (v6) {
			put8(ip[6]), put8(0);
			put16(((at[i] & 0x1fff) << 3) | !last);
			put32((uint32_t)draw(2));
			ip[6] = 44;
		} else {
			be16_store(ip + 6, (uint16_t)((at[i] / 8 & 0x1fff) | (last ? 0 : 0x2000)));
		}
		put(whole + head + from, n);
		if (v6)
			be16_store(ip + 4, (uint16_t)(n + 8));
		else
			be16_store(ip + 2, (uint16_t)(in_len - (uint32_t)(ip - in))),
				be16_store(ip + 10, 0),
				be16_store(ip + 10,
					   (uint16_t)~sum_end(sum_add(0, ip, (ip[0] & 15) * 4u)));
		card_receive(card, in, in_len);
	}
}

static void damage(void)
{
	static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, 2, 4, 8, 0x40};

	for (uint64_t times = 1 + draw(3); times && in_len; times--) {
		uint32_t at = (uint32_t)draw(MIN(in_len, draw(4) ? 100u : 2000u));

		switch (draw(6)) {
		case 0:
			in[at] = (uint8_t)draw(256);
			break;
		case 1:
			in[at] = odd[draw(sizeof(odd))];
			break;
		case 2:
			in[at] ^= (uint8_t)(1 << draw(8));
			break;
		case 3:
			in_len = draw(2) ? at : in_len - (uint32_t)draw(MIN(in_len, 20u));
			break;
		case 4:
			put_noise(1 + draw(40));
			break;
		default:
			put_noise(draw(40));
			memmove(in + at, in + in_len - (in_len - at) / 2, (in_len - at) / 2);
		}
	}
}

static void talk(void)
{
	unsigned card = (unsigned)draw(CARDS), what = (unsigned)draw(20);
	void (*how)(unsigned) = what < 9    ? talk_tcp
				: what < 12 ? talk_udp
				: what < 14 ? talk_icmp
				: what < 18 ? talk_icmp6
					    : talk_arp;

	how(card);
	card = how == talk_tcp || how == talk_udp ? in[5] - 2u : card;
	if (card >= CARDS)
		card = 0;
	if (!draw(4)) {
		damage();
		if (draw(3))
			end_packet();
	}
	if (how != talk_arp && in_len > 60 && (in_len > 65549 || !draw(15)))
		send_pieces(card);
	else if (in_len <= NET_FRAME_MAX || how == talk_tcp)
		card_receive(card, in, in_len);
	else
		send_pieces(card);
}
