/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PROFILE=watch: the longest stretches with interrupts off, which are those without preemption,
 * too, since nothing else prevents it. The places are two return addresses deep at either end; the
 * runner names them.
 */
#ifdef IRQ_WATCH
#include <arch/cpu.h>
#include <base/bits.h>
#include <kernel/cpu.h>
#include <kernel/irq_watch.h>
#include <kernel/log.h>

#define WORST_MAX 8

struct stretch {
	uint64_t cycles;
	uintptr_t from[2], to[2];
};

/* Each is its CPU's own. */
static struct watch {
	uint64_t since;
	uintptr_t from[2];
	bool off, ready;
	struct stretch worst[WORST_MAX]; /* of different places, in no order */
} watches[CPU_MAX];

static uint32_t paused;

/* The caller's place and its caller's. Frames are chained by frame pointers. */
#define PLACES(at)                                                                                 \
	((at)[0] = (uintptr_t)__builtin_return_address(0),                                         \
	 (at)[1] = arch_caller_return(__builtin_frame_address(0)))

NOINLINE bool irq_watch_begin(void)
{
	struct watch *watch = &watches[cpu_self()->index];

	if (watch->off)
		return false;
	if (!watch->ready) {
		arch_cycles_enable();
		watch->ready = true;
	}
	watch->off = true;
	PLACES(watch->from);
	watch->since = arch_cycles_read();
	return true;
}

static void note(struct watch *watch, const struct stretch *stretch)
{
	struct stretch *place = &watch->worst[0];

	for (unsigned i = 0; i < WORST_MAX; i++) {
		struct stretch *known = &watch->worst[i];

		if (known->cycles && known->from[0] == stretch->from[0] &&
		    known->from[1] == stretch->from[1]) {
			place = known;
			break;
		}
		if (known->cycles < place->cycles)
			place = known;
	}
	if (place->cycles < stretch->cycles)
		*place = *stretch;
}

NOINLINE void irq_watch_stop(void)
{
	uint64_t now = arch_cycles_read();
	struct watch *watch = &watches[cpu_self()->index];
	struct stretch stretch = {.cycles = now - watch->since,
				  .from = {watch->from[0], watch->from[1]}};

	if (!watch->off)
		return;
	watch->off = false;
	if (READ_ONCE(paused))
		return;
	PLACES(stretch.to);
	note(watch, &stretch);
}

void irq_watch_reset(void)
{
	for (unsigned i = 0; i < CPU_MAX; i++)
		for (unsigned k = 0; k < WORST_MAX; k++)
			watches[i].worst[k].cycles = 0;
}

void irq_watch_pause(bool pause)
{
	__atomic_fetch_add(&paused, pause ? 1 : -1, __ATOMIC_RELAXED);
}

/* The worst of all CPUs that is not told yet. */
static struct stretch take_worst(unsigned *cpu)
{
	struct stretch *found = &watches[0].worst[0], copy;

	*cpu = 0;
	for (unsigned i = 0; i < CPU_MAX; i++) {
		for (unsigned k = 0; k < WORST_MAX; k++) {
			if (watches[i].worst[k].cycles > found->cycles) {
				found = &watches[i].worst[k];
				*cpu = i;
			}
		}
	}
	copy = *found;
	found->cycles = 0;
	return copy;
}

void irq_watch_report(void)
{
	irq_watch_pause(true);
	for (unsigned i = 0; i < WORST_MAX; i++) {
		unsigned cpu;
		struct stretch worst = take_worst(&cpu);

		if (!worst.cycles)
			return;
		log_raw("watch: interrupts off for %lu cycles on CPU %u, from\n  #1 0x%lx\n"
			"  #2 0x%lx\nto\n  #3 0x%lx\n  #4 0x%lx\n",
			(unsigned long)worst.cycles, cpu, worst.from[0], worst.from[1], worst.to[0],
			worst.to[1]);
	}
}
#endif
