/* SPDX-License-Identifier: BSD-2-Clause */
#include "alarm.h"

#include <base/bits.h>
#include <base/compiler.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/waitq.h>

/*
 * A periodic timer has no more interrupts than this, whatever its interval: what falls between two
 * is counted as overrun.
 */
#define GAP_NS 50000

/* Looks at a clock of processor time: while it goes on, and while it stands still. */
#define LOOK_NS	     UINT64_C(1000000)
#define LOOK_IDLE_NS (10 * LOOK_NS)
#define LOOK_MAX_NS  (3600000 * LOOK_NS)

bool alarm_now(struct alarm *alarm, uint64_t *now_ns)
{
	if (alarm->clock)
		return !alarm->clock(alarm->clock_of, now_ns);
	*now_ns = clock_monotonic_ns();
	return true;
}

uint64_t alarm_after(struct alarm *alarm, uint64_t ns)
{
	uint64_t now;

	if (!alarm_now(alarm, &now))
		return ns;
	return ns < DEADLINE_NEVER - now ? now + ns : DEADLINE_NEVER;
}

/* When to look at the clock of processor time: it is no faster than so many CPUs. */
static uint64_t next_look(struct alarm *alarm, uint64_t now)
{
	uint64_t left = alarm->next_ns > now ? alarm->next_ns - now : 0;
	uint64_t least = now == alarm->seen_ns ? LOOK_IDLE_NS : LOOK_NS;

	alarm->seen_ns = now;
	if (!alarm->clock_of)
		left /= cpu_count;
	return clock_monotonic_ns() + MIN(LOOK_MAX_NS, MAX(least, left));
}

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
	uint64_t now, count;

	if (!alarm_now(alarm, &now))
		return;
	spinlock_acquire(&alarm->lock);
	count = advance(alarm, now);
	if (alarm->clock && alarm->next_ns)
		timer->deadline_ns = next_look(alarm, now);
	else if (count && alarm->next_ns)
		timer->deadline_ns = MAX(alarm->next_ns, now + GAP_NS);
	spinlock_release(&alarm->lock);
	if (!count)
		return;
	count += alarm->missed;
	alarm->missed = send(alarm, count) ? count : 0;
}

void alarm_get(struct alarm *alarm, uint64_t *left_ns, uint64_t *interval_ns)
{
	struct irq_state state;
	uint64_t now;
	bool runs = alarm_now(alarm, &now);

	state = spinlock_lock(&alarm->lock);
	/* One that tells nobody runs on paper only. */
	if (runs && !alarm->info.number)
		advance(alarm, now);
	*left_ns = runs && alarm->next_ns ? MAX(alarm->next_ns, now + 1) - now : 0;
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
	alarm->seen_ns = 0;
	if (next_ns && next_ns != DEADLINE_NEVER && alarm->info.number) {
		uint64_t now;

		if (!alarm->clock)
			timer_arm(&alarm->timer, next_ns);
		else if (alarm_now(alarm, &now))
			timer_arm(&alarm->timer, next_look(alarm, now));
	}
}
