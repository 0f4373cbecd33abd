/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts lwiperf under the network's lock, and keeps what it reports until main.c asks. */
#include "iperf.h"

#include <errno.h>

#include <kernel/waitq.h>
#include <lwip/apps/lwiperf.h>
#include <mem/user.h>
#include <net/core.h>

#define REPORTS_MAX 16

long sys_iperf_listen(long port);
long sys_iperf_report(struct iperf_report *report);

static struct waitq queue = WAITQ_INIT(queue);

/* Guarded by queue.lock; when nobody asks, the oldest is forgotten. */
static struct iperf_report reports[REPORTS_MAX];
static unsigned first, count;

static void on_report(void *arg, enum lwiperf_report_type type, const ip_addr_t *own,
		      u16_t own_port, const ip_addr_t *peer, u16_t peer_port, u32_t bytes, u32_t ms,
		      u32_t kbit_per_s)
{
	struct irq_state state = waitq_lock(&queue);
	struct iperf_report *report = &reports[(first + count) % REPORTS_MAX];

	(void)arg, (void)own, (void)own_port, (void)peer_port;
	*report = (struct iperf_report){
		.peer = peer && IP_IS_V4(peer) ? ip4_addr_get_u32(ip_2_ip4(peer)) : 0,
		.result = type,
		.bytes = bytes,
		.ms = ms,
		.kbit_per_s = kbit_per_s,
	};
	if (count < REPORTS_MAX)
		count++;
	else
		first = (first + 1) % REPORTS_MAX;
	waitq_wake(&queue, 0, 1);
	waitq_unlock(&queue, state);
}

long sys_iperf_listen(long port)
{
	void *session;

	net_lock();
	session = lwiperf_start_tcp_server(IP_ADDR_ANY, (u16_t)port, on_report, NULL);
	net_unlock();
	return session ? 0 : -EADDRINUSE;
}

long sys_iperf_report(struct iperf_report *user)
{
	struct irq_state state = waitq_lock(&queue);
	struct iperf_report report = {0};
	int error = 0;

	while (!count && !error)
		error = waitq_sleep(&queue, &state, 0, DEADLINE_NEVER);
	if (!error) {
		report = reports[first];
		first = (first + 1) % REPORTS_MAX;
		count--;
	}
	waitq_unlock(&queue, state);
	if (!error && user_copy_out(user, &report, sizeof(report)))
		error = -EFAULT;
	return error;
}
