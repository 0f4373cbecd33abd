/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Large segments. The library sends a segment whole, when windows have room for all of it, and
 * frees it when all of it is acknowledged. What it would get wrong with large ones:
 *
 * - Of a repetition most has arrived: the peer would answer each piece with a duplicate
 *   acknowledgement, which asks for the next repetition. So only what is missing is sent again.
 * - With a window smaller than the next segment and nothing on its way, nobody would move, and with
 *   one not much larger only one segment would be on its way: it is cut to what fits.
 */
#include "large.h"
#include "cards.h"
#include "core.h"
#include "lwip/hooks.h"

#include <lwip/ip.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>

#include <base/bits.h>

#define LARGE_MAX (32u << 10) /* a card's queue holds many, and memory has room for one */
#define PARTS_MAX 32	      /* pbufs of a segment */

static bool waits; /* some connection's next segment is large, and something was acknowledged */

uint32_t large_most(const struct tcp_pcb *pcb)
{
	uint32_t most = MIN(MIN(pcb->cwnd, pcb->snd_wnd_max) / 2, LARGE_MAX);
	bool v6 = IP_IS_V6_VAL(pcb->remote_ip);
	const struct netif *netif;

	if (most < 4u * pcb->mss || net_scarce())
		return 0;
	netif = pcb->netif_idx ? netif_get_by_index(pcb->netif_idx)
			       : ip_route(&pcb->local_ip, &pcb->remote_ip);
	if (!netif || !card_cuts(netif, v6))
		return 0;
	/* Who takes less than the card's frames hold would get frames that nobody cuts. */
	if (pcb->mss + TCP_HLEN + (v6 ? IP6_HLEN : IP_HLEN) < netif->mtu)
		return 0;
	return most - most % pcb->mss;
}

static struct tcp_seg *last_of(struct tcp_seg *segment)
{
	while (segment && segment->next)
		segment = segment->next;
	return segment;
}

bool large_is_last(const struct tcp_pcb *pcb)
{
	const struct tcp_seg *last = last_of(pcb->unsent);

	return last && last->len > pcb->mss;
}

/* As the library has it when it creates one (tcp_create_segment() in lwIP 2.2.1). */
static struct tcp_seg *make_segment(const struct tcp_pcb *pcb, struct pbuf *packet)
{
	struct tcp_seg *segment = memp_malloc(MEMP_TCP_SEG);

	if (!segment)
		return NULL;
	*segment = (struct tcp_seg){.p = packet, .len = packet->tot_len};
	pbuf_add_header(packet, TCP_HLEN);
	segment->tcphdr = packet->payload;
	segment->tcphdr->src = lwip_htons(pcb->local_port);
	segment->tcphdr->dest = lwip_htons(pcb->remote_port);
	segment->tcphdr->seqno = lwip_htonl(pcb->snd_lbb);
	segment->tcphdr->urgp = 0;
	TCPH_HDRLEN_FLAGS_SET(segment->tcphdr, TCP_HLEN / 4, 0);
	return segment;
}

err_t large_queue(struct tcp_pcb *pcb, struct pbuf *packet, uint32_t most, bool push)
{
	struct tcp_seg *last = last_of(pcb->unsent), *segment = last;
	uint16_t size = packet->tot_len, parts = pbuf_clen(packet);

	if (pcb->state != ESTABLISHED && pcb->state != CLOSE_WAIT)
		return ERR_CONN;
	if (last && last->len && last->len + size <= most && pbuf_clen(last->p) < PARTS_MAX &&
	    !(TCPH_FLAGS(last->tcphdr) & (TCP_SYN | TCP_FIN))) {
		pbuf_cat(last->p, packet);
		last->len += size;
	} else {
		segment = make_segment(pcb, packet);
		if (!segment)
			return ERR_MEM;
		if (last)
			last->next = segment;
		else
			pcb->unsent = segment;
	}
	segment->p->flags |= LARGE_FLAG;
	if (push)
		TCPH_SET_FLAG(segment->tcphdr, TCP_PSH);
	pcb->unsent_oversize = 0;
	pcb->snd_lbb += size;
	pcb->snd_buf -= size;
	pcb->snd_queuelen += parts;
	return ERR_OK;
}

/*
 * The peer's size is told to net/frames.c where the checksum will be, which the card makes. Packets
 * with the flag are sent for connections only.
 */
bool large_goes(struct pbuf *packet, const struct netif *netif, unsigned ip_header)
{
	struct tcp_hdr *header = (void *)((uint8_t *)packet->payload + ip_header);
	const struct tcp_pcb *pcb;

	if (!(packet->flags & LARGE_FLAG) || !netif->hints ||
	    !card_cuts(netif, ip_header == IP6_HLEN))
		return false;
	pcb = CONTAINER_OF(netif->hints, const struct tcp_pcb, netif_hints);
	header->chksum = lwip_htons(pcb->mss);
	return true;
}

/* --- cutting ---------------------------------------------------------------------------------- */

/* `size` bytes of the first of a queue stay one; the rest is the next. */
static bool cut(struct tcp_pcb *pcb, struct tcp_seg **queue, uint32_t size)
{
	struct tcp_seg *unsent = pcb->unsent;
	uint16_t mss = pcb->mss, oversize = pcb->unsent_oversize;
	bool other = queue != &pcb->unsent;
	err_t error;

	if ((*queue)->p->ref != 1)
		return false; /* the card reads it */
	pcb->unsent = *queue;
	pcb->mss = UINT16_MAX; /* it looks whether the piece is one that the peer takes */
	error = tcp_split_unsent_seg(pcb, (uint16_t)size);
	pcb->mss = mss;
	if (other) {
		pcb->unsent = unsent;
		pcb->unsent_oversize = oversize;
	}
	if (error != ERR_OK)
		return false;
	/* These went to the rest; the library means to take them off, but adds them. */
	TCPH_UNSET_FLAG((*queue)->tcphdr, TCP_FIN | TCP_PSH);
	(*queue)->next->p->flags |= LARGE_FLAG;
	return true;
}

/* What is acknowledged of the first of a queue goes. */
static void drop_acknowledged(struct tcp_pcb *pcb, struct tcp_seg **queue)
{
	struct tcp_seg *first = *queue;
	uint32_t size = pcb->lastack - lwip_ntohl(first->tcphdr->seqno);

	/* The end of the stream stays with a byte. */
	if (!size || size > first->len || !cut(pcb, queue, MIN(size, first->len - 1u)))
		return;
	*queue = first->next;
	pcb->snd_queuelen -= pbuf_clen(first->p);
	pcb->snd_buf += first->len;
	tcp_seg_free(first);
}

/* The first that is not acknowledged is going to be sent again. */
static void before_repetition(struct tcp_pcb *pcb)
{
	if (!pcb->unacked || pcb->unacked->len <= pcb->mss)
		return;
	drop_acknowledged(pcb, &pcb->unacked);
	if (pcb->unacked->len > pcb->mss)
		(void)cut(pcb, &pcb->unacked, pcb->mss);
}

void large_fit(struct tcp_pcb *pcb)
{
	uint32_t window = MIN(pcb->snd_wnd, pcb->cwnd), ahead;

	if (!pcb->unsent || pcb->unsent->len <= pcb->mss)
		return;
	/* It goes by itself soon, unless it was made for larger windows. */
	if (pcb->unacked && pcb->unsent->len <= window / 2)
		return;
	pcb->unsent->p->flags |= LARGE_FLAG; /* perhaps the library has cut it */
	drop_acknowledged(pcb, &pcb->unsent);
	ahead = lwip_ntohl(pcb->unsent->tcphdr->seqno) - pcb->lastack;
	if (ahead + pcb->unsent->len <= window || ahead + pcb->mss > window)
		return;
	window -= ahead;
	if (cut(pcb, &pcb->unsent, window - window % pcb->mss))
		tcp_output(pcb);
}

/* The library is going to cut what does not fit into a small window: so that it keeps its end. */
static void before_cut(struct tcp_pcb *pcb)
{
	struct tcp_seg *first = pcb->unsent;

	if (first && first->len > pcb->snd_wnd && TCPH_FLAGS(first->tcphdr) & TCP_FIN)
		(void)cut(pcb, &pcb->unsent, pcb->snd_wnd);
}

void large_before_tick(struct tcp_pcb *pcb)
{
	if (pcb->persist_backoff && pcb->snd_wnd)
		before_cut(pcb);
	if (pcb->rtime >= 0 && pcb->rtime + 1 >= pcb->rto)
		before_repetition(pcb);
	large_fit(pcb);
}

void large_fit_all(void)
{
	struct tcp_pcb *next;

	if (!waits)
		return;
	waits = false;
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = next) {
		next = pcb->next;
		large_fit(pcb);
	}
}

void net_look_at_queues(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
	waits |= pcb->unsent && pcb->unsent->len > pcb->mss;
	/* The third of the same: the library repeats. */
	if (pcb->dupacks >= 2 && !(pcb->flags & TF_INFR) && header->ackno == pcb->lastack)
		before_repetition(pcb);
}
