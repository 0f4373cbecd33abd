/* SPDX-License-Identifier: BSD-2-Clause */
/* The generic timer's virtual timer: its interrupt line is in the device tree. */
#include <errno.h>

#include <arch/cpu.h>
#include <dev/device.h>
#include <kernel/panic.h>
#include <kernel/timer.h>

#define TIMER_VIRTUAL 2 /* index among the four interrupts [arm,arch_timer binding] */

static struct device_irq timer_irq;

static void timer_handler(void *arg)
{
	(void)arg;
	timer_interrupt();
}

static int timer_probe(const struct device *device)
{
	if (device->irq_count <= TIMER_VIRTUAL)
		return -EINVAL;
	timer_irq = device->irqs[TIMER_VIRTUAL];
	return irq_attach(timer_irq.line, timer_irq.trigger, timer_handler, NULL, "timer");
}

void arch_timer_init_cpu(void)
{
	if (!timer_irq.line)
		panic("no timer: the device tree names none that can be used");
	__asm__ volatile("msr cntv_ctl_el0, xzr");
	irq_controller()->enable(timer_irq.line, timer_irq.trigger);
}

/* The line is level: it stays up until the next deadline is set or the timer is off. */
void arch_timer_set(uint64_t deadline)
{
	if (deadline == UINT64_MAX)
		__asm__ volatile("msr cntv_ctl_el0, xzr\n\tisb");
	else
		__asm__ volatile(
			"msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb" ::"r"(deadline),
			"r"(1UL));
}

static const char *const timer_compatible[] = {"arm,armv8-timer", "arm,armv7-timer", NULL};
DRIVER(arm_timer) = {.name = "arm-timer",
		     .compatible = timer_compatible,
		     .phase = DRIVER_CLOCK,
		     .probe = timer_probe};
