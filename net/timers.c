/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library's timers: functions that want to be called at intervals. The one of TCP runs while
 * there are connections only. All under the network's lock.
 */
#include "core.h"

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/igmp.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/mld6.h>
#include <lwip/nd6.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/timeouts.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <kernel/clock.h>
#include <kernel/waitq.h>

#include "cards.h"
#include "large.h"
#include "neighbours.h"
#include "sntp.h"
#include "tcp.h"
#include "unreachable.h"

/* What programs have closed and peers do not take: the newest are kept. */
#define ORPHANS_MAX	   1024
#define ORPHANS_MAX_SCARCE 64

/* The library waits up to four hours between repetitions when answers came late [rfc6298 2.5]. */
#define REPEAT_MAX (120 * 1000 / TCP_SLOW_INTERVAL)

/*
 * There was no way to the peer when something was to be sent, and no answer is awaited: the library
 * would try again when the program sends more, or never. Whom nobody waits for, or who is not there
 * yet, is given up in the end. True: it is gone.
 */
static bool try_again(struct tcp_pcb *pcb)
{
	if (!pcb->unsent || pcb->unacked || pcb->persist_backoff)
		return false;
	if ((!pcb->callback_arg || pcb->state == SYN_SENT) && tcp_ticks - pcb->tmr > REPEAT_MAX) {
		tcp_abort(pcb);
		return true;
	}
	tcp_output(pcb);
	return false;
}

/* What takes too long, and what is too much. */
static void look_at_all(void)
{
	unsigned most = net_scarce() ? ORPHANS_MAX_SCARCE : ORPHANS_MAX, count = 0;
	struct tcp_pcb *pcb, *next;

	for (pcb = tcp_active_pcbs; pcb; pcb = next) {
		struct inet *inet = pcb->callback_arg;

		next = pcb->next;
		/* One that is half open has its listener's, which may be gone. */
		if (pcb->state != SYN_RCVD && inet && inet->broken) {
			tcp_break(inet);
			continue;
		}
		pcb->rto = MIN(pcb->rto, (s16_t)REPEAT_MAX);
		if (UNLIKELY(pcb->unsent)) {
			large_fit(pcb);
			if (try_again(pcb))
				continue;
		}
		if (!inet && ++count > most)
			tcp_abort(pcb);
	}
}

static void run_tcp(void)
{
	struct tcp_pcb *next;

	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = next) {
		next = pcb->next;
		large_before_tick(pcb);
	}
	tcp_tmr();
	unreachable_look();
	look_at_all();
}

static struct periodic {
	void (*run)(void);
	uint32_t interval_ms;
	uint64_t next_ns;
} timers[] = {
	{run_tcp, TCP_TMR_INTERVAL, DEADLINE_NEVER},
	{tcp_fasttmr, 0, DEADLINE_NEVER},
	{ip_reass_tmr, IP_TMR_INTERVAL, 0},
	{etharp_tmr, ARP_TMR_INTERVAL, 0},
	{cards_lease_tick, DHCP_COARSE_TIMER_MSECS, 0},
	{dhcp_fine_tmr, DHCP_FINE_TIMER_MSECS, 0},
	{igmp_tmr, IGMP_TMR_INTERVAL, 0},
	{neighbours_tick, ND6_TMR_INTERVAL, 0},
	{ip6_reass_tmr, IP6_REASS_TMR_INTERVAL, 0},
	{mld6_tmr, MLD6_TMR_INTERVAL, 0},
	{sntp_tick, 1000, DEADLINE_NEVER},
};
#define TCP_TIMER   timers[0]
#define ACK_TIMER   timers[1] /* once */
#define CLOCK_TIMER timers[10]
#define ACK_NS	    (40 * NS_PER_MS)

static uint64_t first_due; /* of all of them; 0: one was set */

void sys_timeouts_init(void)
{
}

void net_ack_soon(void)
{
	if (ACK_TIMER.next_ns == DEADLINE_NEVER) {
		ACK_TIMER.next_ns = clock_monotonic_ns() + ACK_NS;
		first_due = 0;
		net_wake();
	}
}

void net_ask_time(void)
{
	CLOCK_TIMER.next_ns = first_due = 0;
}

/* There is a connection. */
void tcp_timer_needed(void)
{
	if (TCP_TIMER.next_ns == DEADLINE_NEVER && (tcp_active_pcbs || tcp_tw_pcbs)) {
		TCP_TIMER.next_ns = clock_monotonic_ns() + TCP_TMR_INTERVAL * NS_PER_MS;
		first_due = 0;
		net_wake();
	}
}

/*
 * Of a connection within the machine no late segment can be under way: nothing to wait for at its
 * end. The library puts new ones first.
 */
void net_drop_ended(void)
{
	while (tcp_tw_pcbs && (ip_addr_eq(&tcp_tw_pcbs->local_ip, &tcp_tw_pcbs->remote_ip) ||
			       ip_addr_isloopback(&tcp_tw_pcbs->remote_ip)))
		tcp_abort(tcp_tw_pcbs);
}

/* Of the others as many are kept as are looked through quickly; counted every so many times. */
#define ENDED_MAX   64
#define COUNT_AGAIN 16

static void drop_many(void)
{
	struct tcp_pcb *pcb = tcp_tw_pcbs;
	static unsigned times;

	if (++times % COUNT_AGAIN)
		return;
	for (unsigned kept = 0; pcb && kept < ENDED_MAX; kept++)
		pcb = pcb->next;
	while (pcb && pcb->next)
		tcp_abort(pcb->next);
}

uint64_t net_timers_run(void)
{
	uint64_t now = clock_monotonic_ns(), first = DEADLINE_NEVER;

	drop_many();
	large_fit_all();
	if (now < first_due)
		return first_due;
	for (unsigned i = 0; i < ARRAY_SIZE(timers); i++) {
		struct periodic *timer = &timers[i];

		if (now >= timer->next_ns) {
			timer->next_ns = timer->interval_ms ? now + timer->interval_ms * NS_PER_MS
							    : DEADLINE_NEVER;
			timer->run();
		}
		first = MIN(first, timer->next_ns);
	}
	if (!tcp_active_pcbs && !tcp_tw_pcbs)
		TCP_TIMER.next_ns = DEADLINE_NEVER;
	first_due = first;
	return first;
}
