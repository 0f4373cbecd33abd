/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer that receives one stream over the first of the cards (net_card.h), which cuts segments: it
 * looks at every byte, and at what is acknowledged. On the way packets are lost, late or out of
 * order; the peer reads slowly, or not for a while.
 */
#pragma once

#include "net_card.h"

#define TOTAL	(2u << 20)
#define FLIGHT	8192
#define LATENCY (5 * NS_PER_MS)

/* How bad the way and the peer are; losses of a thousand. */
struct way {
	const char *name;
	unsigned lost, acks_lost, late, mss, room, reads, seconds;
	bool v6;
};

static const struct way *way;
static struct packet {
	uint64_t due_ns;
	uint32_t at, size;
	bool end;
} flight[FLIGHT];
static unsigned flying;
static uint8_t bytes[TOTAL], have[TOTAL];
static uint32_t peer_first, peer_want, peer_taken, peer_told; /* offsets behind the first number */
static uint32_t own_next;				      /* what the peer's number is next */
static uint16_t own_port;
static bool asked_arp, asked_neighbour, asked_syn, peer_end, peer_closes;
static const char *wrong;
static unsigned long packets_out, large_out, again_bytes;
static uint32_t highest;

#define PEER_PORT   7
#define PEER_NUMBER 5000u

static const uint8_t peer6[16] = {0xfe, 0x80, [15] = 1};
static uint8_t own6[16]; /* who asks */

static void put_sum(uint8_t *at, const uint8_t *ip, const uint8_t *message, unsigned size,
		    uint8_t protocol)
{
	be16_store(at, 0);
	be16_store(at, (uint16_t)~whole_sum(ip, message, size, protocol));
}

/* The headers of a packet with so many bytes; where these begin. */
static uint8_t *put_headers(uint8_t *frame, unsigned size, uint8_t protocol)
{
	uint8_t *ip = frame + 14;

	memcpy(frame, cards[0].net.mac, 6);
	memcpy(frame + 6, (uint8_t[]){2, 0, 0, 0, 1, 1}, 6);
	if (way->v6) {
		be16_store(frame + 12, 0x86dd);
		ip[0] = 0x60;
		be16_store(ip + 4, (uint16_t)size);
		memcpy(ip + 6, (uint8_t[]){protocol, 255}, 2);
		memcpy(ip + 8, peer6, 16);
		memcpy(ip + 24, own6, 16);
		return ip + 40;
	}
	be16_store(frame + 12, 0x800);
	ip[0] = 0x45;
	be16_store(ip + 2, (uint16_t)(20 + size));
	memcpy(ip + 8, (uint8_t[]){64, protocol}, 2);
	memcpy(ip + 12, (uint8_t[]){10, 0, 0, 1, 10, 0, 0, 2}, 8);
	be16_store(ip + 10, (uint16_t)~sum_end(sum_add(0, ip, 20)));
	return ip + 20;
}

static void say(unsigned flags, uint32_t number, uint32_t wanted, uint32_t window)
{
	unsigned options = flags & 2 ? 8 : 0;
	uint8_t frame[14 + 40 + 28] = {0}, *tcp = put_headers(frame, 20 + options, 6);

	be16_store(tcp, PEER_PORT);
	be16_store(tcp + 2, own_port);
	be32_store(tcp + 4, number);
	be32_store(tcp + 8, wanted);
	tcp[12] = (uint8_t)((20 + options) << 2);
	tcp[13] = (uint8_t)flags;
	be16_store(tcp + 14, (uint16_t)MIN(flags & 2 ? window : window >> 3, 65535u));
	if (options) {
		memcpy(tcp + 20, (uint8_t[]){2, 4, 0, 0, 1, 3, 3, 3}, 8);
		be16_store(tcp + 22, (uint16_t)way->mss);
	}
	put_sum(tcp + 16, frame + 14, tcp, 20 + options, 6);
	card_receive(0, frame, (uint32_t)(tcp - frame) + 20 + options);
}

static uint32_t peer_window(void)
{
	uint32_t kept = peer_want - peer_taken;

	return kept < way->room ? way->room - kept : 0;
}

static void acknowledge(void)
{
	peer_told = peer_window();
	if (draw(1000) >= way->acks_lost)
		say(16, own_next, peer_first + peer_want + peer_end, peer_told);
}

static void answer_arp(void)
{
	uint8_t frame[42] = {0};

	memcpy(frame, cards[0].net.mac, 6);
	memcpy(frame + 6, (uint8_t[]){2, 0, 0, 0, 1, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2}, 16);
	memcpy(frame + 22, (uint8_t[]){2, 0, 0, 0, 1, 1, 10, 0, 0, 1}, 10);
	memcpy(frame + 32, cards[0].net.mac, 6);
	memcpy(frame + 38, (uint8_t[]){10, 0, 0, 2}, 4);
	card_receive(0, frame, sizeof(frame));
}

static void answer_neighbour(void)
{
	uint8_t frame[14 + 40 + 32] = {0}, *message = put_headers(frame, 32, 58);

	message[0] = 136;
	message[4] = 0x60; /* as asked for, and what counts */
	memcpy(message + 8, peer6, 16);
	memcpy(message + 24, (uint8_t[]){2, 1, 2, 0, 0, 0, 1, 1}, 8);
	put_sum(message + 2, frame + 14, message, 32, 58);
	card_receive(0, frame, sizeof(frame));
}

/* A segment leaves: its pieces, as the card cuts them, are on their way. */
static void on_segment(const uint8_t *tcp, uint32_t len)
{
	unsigned head = (tcp[12] >> 4) * 4u;
	uint32_t data = len - head, at = be32_load(tcp + 4) - peer_first;
	uint32_t most = out_what.segment ? out_what.segment : data;

	if (most > way->mss)
		wrong = "a piece is longer than the peer wants them";
	if (data && (at >= TOTAL || at + data > TOTAL || memcmp(tcp + head, bytes + at, data))) {
		wrong = "bytes that leave are not the program's";
		return;
	}
	large_out += out_what.segment != 0;
	for (uint32_t done = 0; done < data || (!data && tcp[13] & 1 && !done); done += most) {
		uint32_t size = MIN(most, data - done);

		packets_out++;
		if (at + done < highest)
			again_bytes += size;
		highest = MAX(highest, at + done + size);
		if (draw(1000) >= way->lost && flying < FLIGHT)
			flight[flying++] = (struct packet){
				now_ns + LATENCY +
					(draw(1000) < way->late ? draw(4) * NS_PER_MS : 0),
				at + done, size, tcp[13] & 1 && done + size == data};
		if (!most)
			break;
	}
}

static void on_out(unsigned card)
{
	bool v6 = be16_load(out + 12) == 0x86dd;
	const uint8_t *ip = out + 14, *tcp = ip + (v6 ? 40 : 20);

	if (card)
		return;
	if (be16_load(out + 12) == 0x806)
		asked_arp |= be16_load(out + 20) == 1;
	if (v6 && ip[6] == 58 && tcp[0] == 135 && !memcmp(tcp + 8, peer6, 16)) {
		memcpy(own6, ip + 8, 16);
		asked_neighbour = true;
	}
	if (!way || v6 != way->v6 || (!v6 && be16_load(out + 12) != 0x800) || ip[v6 ? 6 : 9] != 6)
		return;
	if (tcp[13] & 4)
		wrong = "the connection was broken off";
	if (tcp[13] & 2) {
		asked_syn = true;
		own_port = be16_load(tcp);
		peer_first = be32_load(tcp + 4) + 1;
		memcpy(own6, ip + 8, 16);
	} else {
		on_segment(tcp, v6 ? be16_load(ip + 4) : be16_load(ip + 2) - 20u);
	}
}

/* One has come: bytes in order are the peer's, the others wait. */
static bool take(const struct packet *packet)
{
	uint32_t before = peer_want;

	if (packet->at + packet->size > peer_want + peer_window() + way->mss)
		return true;
	memset(have + packet->at, 1, packet->size);
	while (peer_want < TOTAL && have[peer_want])
		peer_want++;
	if (packet->end && peer_want == TOTAL)
		peer_end = true;
	return packet->at > before || peer_want == before;
}

/* What is due arrives, the peer reads and answers. The network's lock is held. */
static void peer_step(void)
{
	static struct packet due[FLIGHT];
	unsigned unanswered = 0, count = 0, n = 0;

	if (asked_arp)
		asked_arp = false, answer_arp();
	if (asked_neighbour)
		asked_neighbour = false, answer_neighbour();
	if (asked_syn) {
		asked_syn = false;
		peer_told = way->room;
		own_next = PEER_NUMBER + 1;
		say(18, PEER_NUMBER, peer_first, MIN(way->room, 65535u));
	}
	if (!own_next)
		return;
	/* What is answered may make more fly. */
	for (unsigned i = 0; i < flying; i++)
		if (flight[i].due_ns > now_ns)
			flight[count++] = flight[i];
		else
			due[n++] = flight[i];
	flying = count;
	for (unsigned i = 0; i < n; i++)
		if (take(&due[i]) || ++unanswered == 2)
			acknowledge(), unanswered = 0;
	peer_taken += (uint32_t)draw(MIN(peer_want - peer_taken, way->reads) + 1);
	if (unanswered || (peer_told < way->room / 2 && peer_window() >= peer_told + 2 * way->mss))
		acknowledge();
	if (peer_end && !peer_closes) {
		peer_closes = true;
		say(17, own_next, peer_first + peer_want + 1, peer_window());
		own_next++;
	}
}
