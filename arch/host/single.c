/* SPDX-License-Identifier: BSD-2-Clause */
/* One CPU with one thread: whoever has to wait here waits for ever. */
#include <stdio.h>
#include <stdlib.h>

#include <arch/cpu.h>
#include <kernel/cpu.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/waitq.h>

#include "host.h"

uint64_t host_counter, host_counter_step = 1;
void (*host_counter_hook)(void);
bool host_irqs_on = true;

static struct cpu cpu = {.self = &cpu};
static struct thread thread = {.cpu = &cpu, .id = THREAD_ID_FIRST};

static _Noreturn void stuck(const char *what)
{
	printf("FAIL %s would never end\n", what);
	fflush(stdout);
	abort();
}

struct irq_state arch_irq_save(void)
{
	struct irq_state state = {host_irqs_on};

	host_irqs_on = false;
	return state;
}

void arch_irq_restore(struct irq_state state)
{
	host_irqs_on = state.bits;
}

void arch_irq_enable(void)
{
	host_irqs_on = true;
}

void arch_irq_disable(void)
{
	host_irqs_on = false;
}

bool arch_irq_enabled(void)
{
	return host_irqs_on;
}

struct thread *arch_thread_current(void)
{
	return &thread;
}

struct cpu *arch_cpu_current(void)
{
	return &cpu;
}

void arch_cpu_relax(void)
{
	stuck("a spin loop");
}

uint64_t arch_counter_read(void)
{
	void (*hook)(void) = host_counter_hook;

	host_counter_hook = NULL;
	if (hook)
		hook();
	return host_counter += host_counter_step;
}

void arch_cpu_idle(void)
{
	stuck("idling");
}

void __attribute__((weak)) waitq_init(struct waitq *queue)
{
	queue->lock = (struct spinlock)SPINLOCK_INIT;
	list_init(&queue->waiters);
}

int __attribute__((weak))
waitq_sleep(struct waitq *queue, struct irq_state *state, uintptr_t key, uint64_t deadline_ns)
{
	(void)queue, (void)state, (void)key, (void)deadline_ns;
	stuck("sleeping");
}

int __attribute__((weak)) waitq_sleep_through(struct waitq *queue, struct irq_state *state,
					      uintptr_t key, uint64_t deadline_ns)
{
	return waitq_sleep(queue, state, key, deadline_ns);
}

size_t __attribute__((weak)) waitq_wake(struct waitq *queue, uintptr_t key, size_t count)
{
	(void)queue, (void)key, (void)count;
	return 0;
}

struct thread *__attribute__((weak)) waitq_take(struct waitq *queue, uintptr_t key, bool *more)
{
	(void)queue, (void)key, (void)more;
	stuck("handing a lock over");
}

void __attribute__((weak)) sched_wake(struct thread *thread)
{
	(void)thread;
	stuck("waking a thread");
}
