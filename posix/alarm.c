/* SPDX-License-Identifier: BSD-2-Clause */
#include "alarm.h"

#include <base/bits.h>
#include <base/compiler.h>
#include <kernel/clock.h>
#include <kernel/waitq.h>

/*
 * A periodic timer has no more interrupts than this, whatever its interval: what falls between two
 * is counted as overrun.
 */
#define GAP_NS 50000

/* Expirations up to `now`, which are taken off. Lock held. */
static uint64_t advance(struct alarm *alarm, uint64_t now)
{
	uint64_t count;

	if (!alarm->next_ns || now < alarm->next_ns)
		return 0;
	if (!alarm->interval_ns) {
		alarm->next_ns = 0;
		return 1;
	}
	count = 1 + (now - alarm->next_ns) / alarm->interval_ns;
	alarm->next_ns += count * alarm->interval_ns;
	return count;
}

static int send(struct alarm *alarm, uint64_t count)
{
	struct signal_info info = alarm->info;

	info.overrun = (int32_t)MIN(count - 1, (uint64_t)INT32_MAX);
	return alarm->thread ? signal_send_id(alarm->thread, &info) : signal_send_process(&info);
}

/* The timer queue's lock is held, which nobody wants while he holds one of signals. */
static void alarm_fire(struct timer *timer)
{
	struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);
	uint64_t now = clock_monotonic_ns(), count;

	spinlock_acquire(&alarm->lock);
	count = advance(alarm, now);
	if (count && alarm->next_ns)
		timer->deadline_ns = MAX(alarm->next_ns, now + GAP_NS);
	spinlock_release(&alarm->lock);
	if (!count)
		return;
	count += alarm->missed;
	alarm->missed = send(alarm, count) ? count : 0;
}

void alarm_get(struct alarm *alarm, uint64_t *next_ns, uint64_t *interval_ns)
{
	struct irq_state state = spinlock_lock(&alarm->lock);
	uint64_t now = clock_monotonic_ns();

	/* One that tells nobody runs on paper only. */
	if (!alarm->info.number)
		advance(alarm, now);
	*next_ns = alarm->next_ns ? MAX(alarm->next_ns, now + 1) : 0;
	*interval_ns = alarm->interval_ns;
	spinlock_unlock(&alarm->lock, state);
}

void alarm_set(struct alarm *alarm, uint64_t next_ns, uint64_t interval_ns)
{
	timer_cancel(&alarm->timer);
	alarm->timer.fire = alarm_fire;
	alarm->next_ns = next_ns;
	alarm->interval_ns = interval_ns;
	alarm->missed = 0;
	if (next_ns && next_ns != DEADLINE_NEVER && alarm->info.number)
		timer_arm(&alarm->timer, next_ns);
}
