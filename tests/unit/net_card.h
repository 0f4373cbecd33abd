/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two network cards of a test: what comes lies in blocks of exactly its size, so that the sanitizer
 * sees the first byte too many; what is sent is read whole and checked, and is the card's for a
 * while. The first card completes checksums and cuts long segments.
 */
#pragma once

#include <base/endian.h>

#define CARDS	    2
#define WAITING_MAX 200

struct sim_card {
	struct net_device net;
	void *waiting[WAITING_MAX]; /* tokens of what is not read yet */
	unsigned count;
};

struct sim_buffer {
	struct net_buffer buffer;
	uint8_t data[];
};

static struct sim_card cards[CARDS];
static long buffers_up;	     /* handed up and not given back */
static uint8_t out[1 << 17]; /* the last frame that left */
static uint32_t out_len;
static struct net_frame out_what;
static unsigned long frames_seen, bad_frames;
static bool refusals = true; /* a card that has no room now and then */
static bool lies = true;     /* and says of checksums what is not so */

static void on_out(unsigned card);

static uint32_t sum_add(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t sum_end(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The sum of a message with its pseudo header. */
static uint16_t whole_sum(const uint8_t *ip, const uint8_t *message, size_t size, uint8_t protocol)
{
	bool v6 = ip[0] >> 4 == 6;
	uint32_t sum = sum_add(0, ip + (v6 ? 8 : 12), v6 ? 32 : 8);

	return sum_end(sum_add(sum + protocol + (uint32_t)size, message, size));
}

/* Is what leaves right? Fragments are not put together. */
static bool is_right4(const uint8_t *ip, uint32_t len)
{
	unsigned head = (ip[0] & 15) * 4u, size = be16_load(ip + 2);
	const uint8_t *message = ip + head;

	if (len < 20 || head < 20 || size < head || size > len ||
	    sum_end(sum_add(0, ip, head)) != 0xffff)
		return false;
	if (be16_load(ip + 6) & 0x3fff || out_what.sum_start)
		return true;
	switch (ip[9]) {
	case 1:
		return size - head >= 8 && sum_end(sum_add(0, message, size - head)) == 0xffff;
	case 6:
		return size - head >= 20 && whole_sum(ip, message, size - head, 6) == 0xffff;
	case 17:
		return size - head >= 8 && be16_load(message + 4) == size - head &&
		       (!be16_load(message + 6) ||
			whole_sum(ip, message, size - head, 17) == 0xffff);
	default:
		return true;
	}
}

static bool is_right6(const uint8_t *ip, uint32_t len)
{
	unsigned size = be16_load(ip + 4);

	if (len < 40 || size + 40 > len)
		return false;
	if (out_what.sum_start || (ip[6] != 6 && ip[6] != 17 && ip[6] != 58))
		return true;
	return whole_sum(ip, ip + 40, size, ip[6]) == 0xffff;
}

static bool is_right(const struct sim_card *card)
{
	uint32_t most = out_what.segment ? NET_JOINED_MAX : 14u + card->net.mtu;

	if (out_len < 14 || out_len > most)
		return false;
	if (out_what.segment) {
		uint32_t data = out_len - out_what.headers;

		if (out_what.headers < 54 || out_what.headers >= out_len ||
		    data <= out_what.segment || !out_what.sum_start)
			return false;
	}
	if (out_what.sum_start && out_what.sum_start + out_what.sum_at + 2u > out_len)
		return false;
	switch (be16_load(out + 12)) {
	case 0x800:
		return is_right4(out + 14, out_len - 14);
	case 0x86dd:
		/* The machine's own address of loopback is nobody's on a cable. */
		if (out_len >= 54 && !memcmp(out + 38, (const uint8_t[16]){[15] = 1}, 16))
			return false;
		return is_right6(out + 14, out_len - 14);
	default:
		return be16_load(out + 12) == 0x806 && out_len >= 42;
	}
}

static int sim_start(struct net_device *net)
{
	(void)net;
	return 0;
}

static void sim_finish(struct sim_card *card, unsigned most)
{
	while (card->count && most--) {
		unsigned which = (unsigned)draw(card->count);
		void *token = card->waiting[which];

		card->waiting[which] = card->waiting[--card->count];
		card->net.room++;
		card->net.sent(&card->net, token);
	}
}

static int sim_send(struct net_device *net, const struct net_frame *frame)
{
	struct sim_card *card = net->driver;

	if (!frame->count || frame->count > NET_PIECES_MAX)
		abort();
	memset(frame->pieces[0].address - NET_HEADROOM, 0x77, NET_HEADROOM);
	if (card->count == WAITING_MAX || (refusals && !draw(200)))
		return -ENOSPC;
	out_len = 0;
	out_what = *frame;
	for (unsigned i = 0; i < frame->count; i++) {
		if (out_len + frame->pieces[i].len > sizeof(out))
			abort();
		memcpy(out + out_len, frame->pieces[i].address, frame->pieces[i].len);
		out_len += frame->pieces[i].len;
	}
	frames_seen++;
	if (!is_right(card) && !bad_frames++) {
		printf("sent, %u bytes, checksum at %u, in pieces of %u:", out_len,
		       frame->sum_start + frame->sum_at, frame->segment);
		for (uint32_t i = 0; i < MIN(out_len, 120u); i++)
			printf("%s%02x", i % 4 == 2 ? " " : "", out[i]);
		puts("");
	}
	card->waiting[card->count++] = frame->token;
	net->room = WAITING_MAX - card->count;
	net->kick_needed = true;
	on_out((unsigned)(card - cards));
	return 0;
}

static void sim_kick(struct net_device *net)
{
	struct sim_card *card = net->driver;

	net->kick_needed = false;
	if (draw(2))
		sim_finish(card, (unsigned)draw(WAITING_MAX));
}

static unsigned sim_poll(struct net_device *net, unsigned most)
{
	(void)most;
	sim_finish(net->driver, WAITING_MAX);
	return 0;
}

static bool sim_interrupts_on(struct net_device *net)
{
	(void)net;
	return false;
}

static void sim_give_back(struct net_buffer *buffer)
{
	buffers_up--;
	free(CONTAINER_OF(buffer, struct sim_buffer, buffer));
}

static const struct net_device_ops sim_ops = {
	.start = sim_start,
	.send = sim_send,
	.kick = sim_kick,
	.poll = sim_poll,
	.interrupts_on = sim_interrupts_on,
	.give_back = sim_give_back,
};

static void cards_make(void)
{
	for (unsigned i = 0; i < CARDS; i++) {
		cards[i].net = (struct net_device){
			.ops = &sim_ops,
			.mac = {2, 0, 0, 0, 0, (uint8_t)(2 + i)},
			.mtu = 1500,
			.offers = i ? 0 : NET_SUM | NET_TSO4 | NET_TSO6,
			.room = WAITING_MAX,
			.link = true,
			.driver = &cards[i],
		};
		net_register(&cards[i].net);
	}
}

/* One buffer whose frame begins 2 behind a multiple of 4 and ends (nearly) with the block. */
static struct net_buffer *buffer_of(struct sim_card *card, const uint8_t *bytes, uint32_t len)
{
	struct sim_buffer *block = malloc(sizeof(*block) + 2 + len + NET_BEHIND);

	memset(block, 0xdd, sizeof(*block) + 2);
	block->buffer.device = &card->net;
	block->buffer.next = NULL;
	block->buffer.frame = block->data + 2;
	block->buffer.len = len;
	block->buffer.sum_right = !draw(4);
	block->buffer.sum_start = block->buffer.sum_at = 0;
	memcpy(block->buffer.frame, bytes, len);
	buffers_up++;
	return &block->buffer;
}

/* A frame that comes, now and then in several buffers. */
static void card_receive(unsigned index, const uint8_t *frame, uint32_t len)
{
	struct sim_card *card = &cards[index];
	uint32_t first = len > NET_FRAME_MAX ? 1500 + (uint32_t)draw(2500) : len, at;
	struct net_buffer *buffer, *last;

	if (!len)
		return;
	if (len > 100 && !draw(8))
		first = 1 + (uint32_t)draw(len);
	buffer = last = buffer_of(card, frame, MIN(first, len));
	for (at = buffer->len; at < len; at += last->len) {
		last->next = buffer_of(card, frame + at, MIN(1 + (uint32_t)draw(4000), len - at));
		last = last->next;
	}
	if (buffer->len > 60 && !draw(8) && lies) {
		buffer->sum_start = 14 + (uint16_t)draw(buffer->len - 16);
		buffer->sum_at = (uint16_t)draw(buffer->len - buffer->sum_start - 1u);
		if (draw(2) && buffer->len > 70)
			buffer->sum_start = 34, buffer->sum_at = draw(2) ? 16 : 6;
	}
	card->net.frames_in++;
	card->net.received(&card->net, buffer);
}
