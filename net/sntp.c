/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time of day from a server, as the boot word ntp=ADDRESS or ntp=ADDRESS:PORT asks
 * [rfc4330, rfc5905 7.3]: asked at the start, again and again until somebody answers, then
 * every 17 minutes. Lock held, but at the start.
 */
#include "sntp.h"

#include <lwip/udp.h>

#include <base/bits.h>
#include <base/endian.h>
#include <base/str.h>
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/log.h>
#include <kernel/random.h>

#include "core.h"

LOG_MODULE(ntp);

#define PORT	    123
#define SIZE	    48
#define STRATUM_AT  1
#define ORIGIN_AT   24 /* what the request had at SENT_AT */
#define RECEIVED_AT 32
#define SENT_AT	    40
#define ASK	    (4 << 3 | 3) /* version 4, a client */
#define SERVER	    4
#define UNSET	    3 /* leap indicator: the server does not know the time itself */
/* Of seconds since 1900; those that look small are of the next turn, from 2036 on. */
#define FROM_1900_TO_1970 2208988800u

#define AGAIN_S	    1024
#define PATIENCE_S  2 /* doubled each time, up to a minute */
#define PATIENCES_S 64

static struct {
	struct udp_pcb *pcb;
	ip_addr_t server;
	uint16_t port;
	bool set;
	unsigned wait_s, left_s; /* until it is asked again */
	uint64_t cookie, asked_ns;
} state;

/* Seconds and fractions of them to ns since 1970. */
static uint64_t ns_of(const uint8_t *stamp)
{
	uint32_t seconds = be32_load(stamp) - FROM_1900_TO_1970;
	uint64_t fraction = be32_load(stamp + 4);

	return seconds * NS_PER_S + (fraction * NS_PER_S >> 32);
}

static void set_clock(const uint8_t *answer)
{
	uint64_t now = clock_monotonic_ns(), took = now - state.asked_ns;
	uint64_t there = ns_of(answer + SENT_AT) - ns_of(answer + RECEIVED_AT);

	/* Of the time that it took, what was not spent at the server is halved. */
	took = there < took ? (took - there) / 2 : 0;
	clock_set_realtime_ns(ns_of(answer + SENT_AT) + took);
	if (!state.set)
		log_info("the time of day is that of %s", ipaddr_ntoa(&state.server));
	state.set = true;
	state.cookie = 0;
	state.left_s = AGAIN_S;
	state.wait_s = PATIENCE_S;
}

static void on_receive(void *arg, struct udp_pcb *pcb, struct pbuf *data, const ip_addr_t *from,
		       u16_t port)
{
	uint8_t answer[SIZE];
	uint64_t origin;
	bool right = pbuf_copy_partial(data, answer, SIZE, 0) == SIZE && port == state.port &&
		     ip_addr_eq(from, &state.server);

	(void)arg, (void)pcb;
	pbuf_free(data);
	if (!right || !state.cookie || (answer[0] & 7) != SERVER)
		return;
	memcpy(&origin, answer + ORIGIN_AT, sizeof(origin));
	/* An old answer, or one of somebody who has not seen the question. */
	if (origin != state.cookie)
		return;
	if (answer[0] >> 6 == UNSET || !answer[STRATUM_AT] || answer[STRATUM_AT] > 15 ||
	    (!be32_load(answer + SENT_AT) && !be32_load(answer + SENT_AT + 4)))
		return;
	set_clock(answer);
}

static void ask(void)
{
	struct pbuf *data = pbuf_alloc(PBUF_TRANSPORT, SIZE, PBUF_RAM);
	uint8_t *request;

	if (!data)
		return;
	request = data->payload;
	memset(request, 0, SIZE);
	request[0] = ASK;
	/* In place of our time, which is nobody's business: a number that nobody can guess. */
	random_get(&state.cookie, sizeof(state.cookie));
	memcpy(request + SENT_AT, &state.cookie, sizeof(state.cookie));
	state.asked_ns = clock_monotonic_ns();
	(void)udp_sendto(state.pcb, data, &state.server, state.port);
	pbuf_free(data);
}

void sntp_tick(void)
{
	if (!state.pcb || state.left_s-- > 1)
		return;
	ask();
	state.left_s = state.wait_s;
	state.wait_s = MIN(state.wait_s * 2, (unsigned)PATIENCES_S);
}

/* ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT. */
static bool parse(const char *text)
{
	const char *colon = str_find_char(text, ':'), *end;
	char word[IPADDR_STRLEN_MAX];
	uint64_t port = PORT;
	size_t length;
	bool bracket = text[0] == '[';

	if (bracket) {
		end = str_find_char(++text, ']');
		colon = end && end[1] == ':' ? end + 1 : NULL;
		if (!end || (end[1] && !colon))
			return false;
	} else if (colon && str_find_char(colon + 1, ':')) {
		end = text + str_length(text); /* of the newer kind, without a port */
		colon = NULL;
	} else {
		end = colon ? colon : text + str_length(text);
	}
	length = (size_t)(end - text);
	if (length >= sizeof(word) ||
	    (colon && (str_to_u64(colon + 1, NULL, &port) || !port || port > UINT16_MAX)))
		return false;
	memcpy(word, text, length);
	word[length] = '\0';
	state.port = (uint16_t)port;
	return ipaddr_aton(word, &state.server) && !ip_addr_isany(&state.server);
}

bool sntp_start(void)
{
	const char *word = boot_word("ntp");

	if (!word)
		return false;
	if (!parse(word)) {
		log_error("ntp=%s is no address: the clock is not set", word);
		return false;
	}
	state.pcb = udp_new_ip_type(IP_GET_TYPE(&state.server));
	if (!state.pcb)
		return false;
	udp_recv(state.pcb, on_receive, NULL);
	state.wait_s = PATIENCE_S;
	return true;
}
