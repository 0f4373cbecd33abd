/* SPDX-License-Identifier: BSD-2-Clause */
/* The lock, the thread and the start of the network. */
#include "core.h"
#include "cards.h"
#include "sntp.h"
#include "unreachable.h"

#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/sys.h>

#include <base/bits.h>
#include <kernel/clock.h>
#include <kernel/panic.h>
#include <kernel/random.h>
#include <kernel/start.h>
#include <kernel/thread.h>
#include <kernel/waitq.h>

/* Below the range of real-time threads, above the programs' usual level. */
#define NET_PRIORITY (PRIORITY_REAL_TIME - 1)

static struct mutex lock = MUTEX_INIT(lock);
static struct waitq queue = WAITQ_INIT(queue);
static bool work; /* guarded by queue.lock */

u32_t sys_now(void)
{
	return (u32_t)(clock_monotonic_ns() / NS_PER_MS);
}

/* A call of the generator makes 64 bytes, whatever is asked for: they are used up one by one. */
uint32_t net_random(void)
{
	static uint32_t words[16];
	static unsigned left;
	uint32_t word;

	if (!left) {
		random_get(words, sizeof(words));
		left = ARRAY_SIZE(words);
	}
	word = words[--left];
	words[left] = 0;
	return word;
}

void net_lock(void)
{
	mutex_lock(&lock);
}

void net_unlock(void)
{
	struct netif *netif;

	NETIF_FOREACH(netif)
	if (netif->loop_first)
		netif_poll(netif);
	net_drop_ended();
	cards_kick();
	mutex_unlock(&lock);
}

void net_wake(void)
{
	struct irq_state state = waitq_lock(&queue);

	work = true;
	waitq_wake(&queue, 0, 1);
	waitq_unlock(&queue, state);
}

static void net_thread(void *arg)
{
	(void)arg;
	for (;;) {
		struct irq_state state;
		uint64_t next;
		bool more;

		/* What the cards have, with their interrupts off, until there is nothing more. */
		do {
			net_lock();
			more = cards_poll();
			next = net_timers_run();
			more = more || cards_interrupts_on();
			net_unlock();
		} while (more);
		state = waitq_lock(&queue);
		if (!work)
			waitq_sleep_through(&queue, &state, 0, next);
		work = false;
		waitq_unlock(&queue, state);
	}
}

static void net_start(void)
{
	const struct thread_attr attr = {
		.name = "net",
		.explicit_priority = true,
		.priority = NET_PRIORITY,
		.policy = POLICY_OTHER,
		.detached = true,
		.kernel_only = true,
		.entry = net_thread,
	};

	net_lock();
	lwip_init();
	/* What does not leave the machine is not damaged on the way; programs look at ICMP's. */
	NETIF_SET_CHECKSUM_CTRL(netif_list, NETIF_CHECKSUM_GEN_ICMP | NETIF_CHECKSUM_GEN_ICMP6);
	unreachable_start();
	cards_start();
	if (sntp_start())
		net_ask_time();
	net_unlock();
	if (thread_create(&attr, NULL))
		panic("no memory for the network's thread");
}

START_HOOK(NET, net) = {net_start};
