/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/endian.h>
#include <base/sum.h>

#define ETHERNET 14
#define LONGEST	 65535 /* of an IP packet */

/* Offsets in IP's headers [rfc791 3.1, rfc8200 3] and TCP's [rfc9293 3.1]. */
#define IP4_LENGTH    2
#define IP4_FRAGMENT  6
#define IP4_PROTOCOL  9
#define IP4_SUM	      10
#define IP4_SOURCE    12
#define IP4_HEADER    20
#define IP6_LENGTH    4
#define IP6_NEXT      6
#define IP6_SOURCE    8
#define IP6_HEADER    40
#define TCP_SEQUENCE  4
#define TCP_ACKED     8
#define TCP_OFFSET    12
#define TCP_FLAG_BITS 13
#define TCP_WINDOW    14
#define TCP_SUM	      16

static unsigned sending; /* frames that a card has and has not read yet */

unsigned frame_transport(const uint8_t *frame, uint32_t len, unsigned *protocol)
{
	const uint8_t *ip = frame + ETHERNET;
	unsigned size;

	if (len < ETHERNET + IP4_HEADER)
		return 0;
	switch (be16_load(frame + ETHERNET - 2)) {
	case ETHTYPE_IP:
		size = (ip[0] & 15u) * 4;
		*protocol = ip[IP4_PROTOCOL];
		if (ip[0] >> 4 != 4 || size < IP4_HEADER || be16_load(ip + IP4_FRAGMENT) & 0x3fff)
			return 0;
		break;
	case ETHTYPE_IPV6:
		size = IP6_HEADER;
		*protocol = ip[IP6_NEXT];
		break;
	default:
		return 0;
	}
	return len < ETHERNET + size ? 0 : ETHERNET + size;
}

/* A segment of TCP whose headers lie in the first piece. */
struct segment {
	uint8_t *frame;
	unsigned tcp, headers;
	uint32_t data; /* bytes of it */
	uint16_t most; /* of them in a frame on the cable */
	bool v6, large;
};

/* A large one (large.h), longer than an MTU, has the peer's measure where its checksum will be. */
static bool is_segment(const struct pbuf *packet, unsigned mtu, struct segment *segment)
{
	uint32_t len = packet->len - ETH_PAD_SIZE;
	unsigned protocol;

	segment->frame = (uint8_t *)packet->payload + ETH_PAD_SIZE;
	segment->tcp = frame_transport(segment->frame, len, &protocol);
	if (!segment->tcp || protocol != IP_PROTO_TCP || len < segment->tcp + TCP_HLEN)
		return false;
	segment->headers = segment->tcp + (segment->frame[segment->tcp + TCP_OFFSET] >> 4) * 4u;
	if (segment->headers > len)
		return false;
	segment->data = packet->tot_len - ETH_PAD_SIZE - segment->headers;
	segment->v6 = segment->frame[ETHERNET] >> 4 == 6;
	segment->large = packet->tot_len > ETH_PAD_SIZE + ETHERNET + mtu;
	segment->most = segment->large ? be16_load(segment->frame + segment->tcp + TCP_SUM)
				       : (uint16_t)segment->data;
	return true;
}

/* The sum of the pseudo header, to which the card adds what follows [virtio-1.2 5.1.6.2]. */
static void write_pseudo_sum(uint8_t *frame, unsigned tcp, bool v6, uint32_t len)
{
	const uint8_t *ip = frame + ETHERNET;
	uint32_t sum = v6 ? sum16(ip + IP6_SOURCE, 32) : sum16(ip + IP4_SOURCE, 8);
	uint16_t word;

	sum += lwip_htons(IP_PROTO_TCP) + lwip_htons((uint16_t)len);
	sum = (sum & 0xffff) + (sum >> 16);
	word = (uint16_t)((sum & 0xffff) + (sum >> 16));
	memcpy(frame + tcp + TCP_SUM, &word, sizeof(word));
}

/* The first segment's headers become those of all. */
static void write_lengths(const struct frame_out *out, uint8_t *frame)
{
	uint8_t *ip = frame + ETHERNET;
	uint32_t len = out->headers - ETHERNET + out->bytes;
	uint16_t word = 0;

	if (out->v6) {
		be16_store(ip + IP6_LENGTH, (uint16_t)(len - IP6_HEADER));
		return;
	}
	be16_store(ip + IP4_LENGTH, (uint16_t)len);
	memcpy(ip + IP4_SUM, &word, sizeof(word));
	word = (uint16_t)~sum16(ip, IP4_HEADER);
	memcpy(ip + IP4_SUM, &word, sizeof(word));
}

void frames_sent(struct net_device *device, void *token)
{
	struct pbuf *packet = token;

	(void)device;
	sending--;
	while (packet) {
		struct pbuf *next = packet->waiting;

		packet->waiting = NULL;
		pbuf_free(packet);
		packet = next;
	}
}

/* With references that are given up if it does not work. */
static err_t hand_over(struct frame_out *out, struct net_frame *frame, struct pbuf *first,
		       unsigned headers)
{
	struct net_piece pieces[NET_PIECES_MAX];
	unsigned n = 0, skip = ETH_PAD_SIZE;

	for (struct pbuf *packet = first; packet; packet = packet->waiting) {
		for (struct pbuf *part = packet; part; part = part->next) {
			if (part->len > skip)
				pieces[n++] = (struct net_piece){(uint8_t *)part->payload + skip,
								 part->len - skip};
			skip = 0;
		}
		skip = ETH_PAD_SIZE + headers;
	}
	frame->pieces = pieces;
	frame->count = n;
	frame->token = first;
	sending++;
	if (!out->device->ops->send(out->device, frame))
		return ERR_OK;
	out->device->dropped++;
	frames_sent(out->device, first);
	return ERR_IF;
}

void frames_flush(struct frame_out *out)
{
	struct pbuf *first = out->first;
	uint8_t *frame;
	struct net_frame what = {.sum_start = out->tcp, .sum_at = TCP_SUM};

	if (!first)
		return;
	frame = (uint8_t *)first->payload + ETH_PAD_SIZE;
	if (out->bytes > out->segment) {
		what.segment = out->segment;
		what.headers = out->headers;
		what.v6 = out->v6;
	}
	if (out->last != first)
		write_lengths(out, frame);
	write_pseudo_sum(frame, out->tcp, out->v6, out->headers - out->tcp + out->bytes);
	out->first = out->last = NULL;
	(void)hand_over(out, &what, first, out->headers);
}

/* It is the card's, with nothing but the rest of its checksum missing. */
static err_t send_alone(struct frame_out *out, struct pbuf *packet, const struct segment *segment)
{
	struct net_frame what = {.count = 0};

	if (segment) {
		what.sum_start = (uint16_t)segment->tcp;
		what.sum_at = TCP_SUM;
		write_pseudo_sum(segment->frame, segment->tcp, segment->v6,
				 segment->headers - segment->tcp + segment->data);
	}
	return hand_over(out, &what, packet, 0);
}

/* Does it continue what is held back? Everything but numbers and checksums is equal then. */
static bool fits(const struct frame_out *out, const struct segment *segment, unsigned pieces)
{
	const uint8_t *held, *now = segment->frame;
	unsigned tcp = segment->tcp, ip = segment->v6 ? IP6_SOURCE : IP4_SOURCE;

	if (!out->first || out->ended || tcp != out->tcp || segment->headers != out->headers ||
	    segment->v6 != out->v6 ||
	    (segment->data > out->segment && segment->most != out->segment) ||
	    be32_load(now + tcp + TCP_SEQUENCE) != out->next ||
	    out->pieces + pieces > NET_PIECES_MAX ||
	    out->headers - ETHERNET + out->bytes + segment->data > LONGEST)
		return false;
	held = (const uint8_t *)out->first->payload + ETH_PAD_SIZE;
	return !memcmp(held, now, ETHERNET) &&
	       !memcmp(held + ETHERNET + ip, now + ETHERNET + ip,
		       tcp - ETHERNET - ip + TCP_SEQUENCE) &&
	       !memcmp(held + tcp + TCP_ACKED, now + tcp + TCP_ACKED, TCP_OFFSET + 1 - TCP_ACKED) &&
	       !memcmp(held + tcp + TCP_WINDOW, now + tcp + TCP_WINDOW, 2) &&
	       !memcmp(held + tcp + TCP_HLEN, now + tcp + TCP_HLEN,
		       segment->headers - tcp - TCP_HLEN);
}

/* Keep it until the next packet or the end of the batch. */
static void hold(struct frame_out *out, struct pbuf *packet, const struct segment *segment,
		 unsigned pieces)
{
	if (out->first) {
		uint8_t *held = (uint8_t *)out->first->payload + ETH_PAD_SIZE;

		held[out->tcp + TCP_FLAG_BITS] |= segment->frame[segment->tcp + TCP_FLAG_BITS];
		out->last->waiting = packet;
		out->pieces += pieces;
		out->bytes += segment->data;
	} else {
		out->first = packet;
		out->pieces = pieces;
		out->bytes = segment->data;
		out->segment = segment->most;
		out->headers = (uint16_t)segment->headers;
		out->tcp = (uint16_t)segment->tcp;
		out->v6 = segment->v6;
		out->next = be32_load(segment->frame + segment->tcp + TCP_SEQUENCE);
	}
	out->ended = segment->data % out->segment;
	out->last = packet;
	out->next += segment->data;
}

static err_t send_segment(struct frame_out *out, struct pbuf *packet, const struct segment *segment)
{
	unsigned cut = segment->v6 ? NET_TSO6 : NET_TSO4, pieces = pbuf_clen(packet);
	uint8_t flags = segment->frame[segment->tcp + TCP_FLAG_BITS];
	uint8_t joined = TCP_ACK | TCP_PSH | (segment->large ? TCP_FIN : 0);

	if (!(out->device->offers & cut) || !segment->most || flags & ~joined) {
		frames_flush(out);
		return send_alone(out, packet, segment);
	}
	if (!fits(out, segment, pieces))
		frames_flush(out);
	/* What is held back was promised to go. */
	if (out->device->room < (out->first ? out->pieces : 0) + pieces) {
		pbuf_free(packet);
		return ERR_IF;
	}
	hold(out, packet, segment, pieces);
	return ERR_OK;
}

/* The packet as it lies in memory if it can go so, else a copy; with a reference. */
static struct pbuf *make_fit(struct pbuf *packet)
{
	const uint8_t *start = (const uint8_t *)packet->payload + ETH_PAD_SIZE - NET_HEADROOM;

	if (packet->type_internal & PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS &&
	    start >= (const uint8_t *)(packet + 1) && pbuf_clen(packet) <= NET_PIECES_MAX &&
	    packet->len > ETH_PAD_SIZE) {
		pbuf_ref(packet);
		return packet;
	}
	return pbuf_clone(PBUF_RAW_TX, PBUF_RAM, packet);
}

/* A path that takes only small packets: from now on checksums are made before they are cut. */
static bool is_cut_segment(const struct pbuf *packet)
{
	const uint8_t *frame = (const uint8_t *)packet->payload + ETH_PAD_SIZE;

	return packet->len > ETH_PAD_SIZE + ETHERNET + IP6_HEADER &&
	       be16_load(frame + ETHERNET - 2) == ETHTYPE_IPV6 &&
	       frame[ETHERNET + IP6_NEXT] == IP6_NEXTH_FRAGMENT &&
	       frame[ETHERNET + IP6_HEADER] == IP_PROTO_TCP;
}

/* One that waited for a neighbour's address since before that. */
static bool is_unsummed(const struct frame_out *out, const struct pbuf *packet,
			struct segment *segment)
{
	return out->device->offers & NET_SUM && is_segment(packet, out->device->mtu, segment) &&
	       !segment->large && !be16_load(segment->frame + segment->tcp + TCP_SUM);
}

err_t frame_send(struct frame_out *out, struct pbuf *packet)
{
	struct segment segment;

	packet = make_fit(packet);
	if (!packet)
		return ERR_MEM;
	if (out->netif->chksum_flags & NETIF_CHECKSUM_GEN_TCP) {
		frames_flush(out);
		return send_alone(out, packet,
				  is_unsummed(out, packet, &segment) ? &segment : NULL);
	}
	if (is_segment(packet, out->device->mtu, &segment))
		return send_segment(out, packet, &segment);
	frames_flush(out);
	if (is_cut_segment(packet)) {
		out->netif->chksum_flags |= NETIF_CHECKSUM_GEN_TCP;
		pbuf_free(packet);
		return ERR_OK;
	}
	return send_alone(out, packet, NULL);
}

bool frames_sending(void)
{
	return sending;
}
