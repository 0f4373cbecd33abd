/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NVMe controllers that do not answer, or lie: a thread resets them. The clock of time-outs runs
 * while something is on the way.
 */
#include <errno.h>

#include <arch/cpu.h>
#include <base/compiler.h>
#include <kernel/clock.h>
#include <kernel/log.h>
#include <kernel/start.h>
#include <kernel/thread.h>
#include <kernel/waitq.h>

#include "nvme.h"

LOG_MODULE_IF(FS, nvme);

/* A request fails when it is not finished after two to three of these. */
#define PERIOD_NS      (10 * NS_PER_S)
#define TIMEOUT_EPOCHS 2

static struct waitq attention = WAITQ_INIT(attention);
static bool wanted; /* guarded by attention.lock */

void nvme_attend(struct nvme *nvme)
{
	struct irq_state state;

	__atomic_store_n(&nvme->attend, 1, __ATOMIC_RELEASE);
	state = waitq_lock(&attention);
	wanted = true;
	waitq_wake(&attention, 0, 1);
	waitq_unlock(&attention, state);
}

static bool overdue(const struct nvme *nvme)
{
	for (unsigned i = 0; i < NVME_SLOTS; i++)
		if (READ_ONCE(nvme->slots[i].request) &&
		    nvme->epoch - READ_ONCE(nvme->slots[i].epoch) > TIMEOUT_EPOCHS)
			return true;
	return false;
}

/* Under the lock of the timers, which comes ahead of the controller's: without that. */
static void period_ends(struct timer *timer)
{
	struct nvme *nvme = CONTAINER_OF(timer, struct nvme, timer);

	WRITE_ONCE(nvme->epoch, nvme->epoch + 1);
	if (overdue(nvme))
		nvme_attend(nvme);
	/* Who begins a request counts it, then looks at `armed`; here it is the other way. */
	__atomic_store_n(&nvme->armed, 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&nvme->in_flight, __ATOMIC_SEQ_CST) &&
	    !__atomic_exchange_n(&nvme->armed, 1, __ATOMIC_SEQ_CST))
		timer->deadline_ns = clock_monotonic_ns() + PERIOD_NS; /* after a stop, too */
}

/* The timer is ours again when its callback is over on the CPU where it ran. */
void nvme_watch(struct nvme *nvme)
{
	if (__atomic_load_n(&nvme->armed, __ATOMIC_SEQ_CST) ||
	    __atomic_exchange_n(&nvme->armed, 1, __ATOMIC_SEQ_CST))
		return;
	while (__atomic_load_n(&nvme->timer.cpu, __ATOMIC_ACQUIRE))
		arch_cpu_relax();
	nvme->timer.fire = period_ends;
	timer_arm(&nvme->timer, clock_monotonic_ns() + PERIOD_NS);
}

static void begin_anew(struct nvme *nvme)
{
	struct irq_state state = spinlock_lock(&nvme->lock);
	bool broken = nvme->broken;
	int error;

	nvme->stopped = true;
	nvme_mask(nvme);
	spinlock_unlock(&nvme->lock, state);
	log_error("%s: %s: reset", nvme->pci->name, broken ? "it lies" : "it does not answer");
	nvme_stop(nvme);
	nvme_fail(nvme, broken ? -EIO : -ETIMEDOUT, false);
	error = nvme_start(nvme);
	if (!error) {
		nvme_go_on(nvme);
		return;
	}
	log_error("%s: given up: error %d", nvme->pci->name, -error);
	pci_master_off(nvme->pci);
	nvme_fail(nvme, -ENODEV, true);
}

static void loop(void *arg)
{
	(void)arg;
	for (;;) {
		struct irq_state state = waitq_lock(&attention);
		struct nvme *nvme;

		while (!wanted)
			(void)waitq_sleep_through(&attention, &state, 0, DEADLINE_NEVER);
		wanted = false;
		waitq_unlock(&attention, state);
		for (unsigned i = 0; (nvme = nvme_at(i)); i++)
			if (__atomic_exchange_n(&nvme->attend, 0, __ATOMIC_ACQUIRE))
				begin_anew(nvme);
	}
}

static void start(void)
{
	const struct thread_attr attr = {.name = "nvme",
					 .explicit_priority = true,
					 .priority = PRIORITY_COUNT - 1,
					 .policy = POLICY_FIFO,
					 .detached = true,
					 .kernel_only = true,
					 .entry = loop};

	if (nvme_at(0) && thread_create(&attr, NULL))
		log_warn("no memory for the thread that resets disks");
}

START_HOOK(NVME, nvme) = {start};
