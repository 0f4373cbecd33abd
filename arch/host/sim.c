/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated CPUs. See sim.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <sanitizer/common_interface_defs.h>

#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/switch.h>
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include <mem/kstack.h>

#include "sim.h"

#define FIBER_STACK 0x10000
#define FIBERS_MAX  1024
#define PATIENCE    20000 /* steps that something may be wrong that is about to be put right */

struct fiber {
	ucontext_t context;
	void *stack, *fake;
	struct thread *thread, *previous;
	uint64_t waits_since, strays_since;
};

static struct sim_cpu {
	struct thread *running;
	struct cpu *cpu;
	bool irqs_on, idle, ipi;
	uint64_t timer;
	uint64_t idle_since;
} cpus[SIM_CPUS_MAX];

static unsigned now, cpu_total;
static bool inside; /* the kernel runs, and may give way */
static ucontext_t outside;
static void *outside_fake;
static const void *outside_bottom;
static size_t outside_size;
static struct fiber *fibers[FIBERS_MAX];
static uint64_t counter, random_state, step;
static void (*program)(void *);

char sim_wrong[200];
unsigned sim_speed = 40, sim_switch_rarely = 8, sim_stacks, sim_blocks;
uint64_t sim_ipis;

static void broken(const char *rule, const struct thread *thread)
{
	if (!sim_wrong[0])
		snprintf(sim_wrong, sizeof(sim_wrong), "%s (thread %d, CPU %u, step %lu)", rule,
			 thread ? thread->id : 0, now, (unsigned long)step);
}

uint64_t sim_random(uint64_t limit)
{
	uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (x ^ x >> 31) % limit;
}

/* Fibers. A thread's is found at the bottom of its kernel stack. */

static struct fiber **fiber_at(const struct thread *thread)
{
	return (struct fiber **)((uintptr_t)thread & ~(KSTACK_SIZE - 1));
}

static void fiber_begin(void)
{
	struct thread *self;

	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
	inside = true;
	self = cpus[now].running;
	if (self == cpus[now].cpu->idle && now)
		cpu_secondary_main();
	thread_entry((*fiber_at(self))->previous);
}

static struct fiber *fiber_new(struct thread *thread, void (*entry)(void))
{
	struct fiber *fiber = calloc(1, sizeof(*fiber));
	unsigned i = 0;

	fiber->stack = malloc(FIBER_STACK);
	fiber->thread = thread;
	getcontext(&fiber->context);
	fiber->context.uc_stack.ss_sp = fiber->stack;
	fiber->context.uc_stack.ss_size = FIBER_STACK;
	fiber->context.uc_link = NULL;
	makecontext(&fiber->context, entry, 0);
	while (fibers[i])
		i++;
	fibers[i] = fiber;
	*fiber_at(thread) = fiber;
	return fiber;
}

static void fiber_free(struct fiber *fiber)
{
	unsigned i = 0;

	while (fibers[i] != fiber)
		i++;
	fibers[i] = NULL;
	free(fiber->stack);
	free(fiber);
}

static void to_fiber(void **fake, ucontext_t *from, struct fiber *to)
{
	__sanitizer_start_switch_fiber(fake, to->stack, FIBER_STACK);
	swapcontext(from, &to->context);
	__sanitizer_finish_switch_fiber(*fake, NULL, NULL);
}

static void give_way(void)
{
	struct fiber *self = *fiber_at(cpus[now].running);

	inside = false;
	__sanitizer_start_switch_fiber(&self->fake, outside_bottom, outside_size);
	swapcontext(&self->context, &outside);
	__sanitizer_finish_switch_fiber(self->fake, NULL, NULL);
	inside = true;
}

/* As after an interrupt on a CPU: the handlers, then perhaps another thread. */
static void deliver(void)
{
	for (;;) {
		struct sim_cpu *self = &cpus[now];

		if (!self->irqs_on || !(self->ipi || self->timer <= counter))
			return;
		self->irqs_on = false;
		if (self->ipi) {
			self->ipi = false;
			cpu_ipi();
		} else {
			timer_interrupt();
		}
		if (cpu_self()->need_resched)
			sched_preempt();
		cpus[now].irqs_on = true;
	}
}

void sim_point(void)
{
	if (!inside || sim_random(sim_switch_rarely))
		return;
	give_way();
	deliver();
}

/* -finstrument-functions */
void __cyg_profile_func_enter(void *function, void *caller);
void __cyg_profile_func_exit(void *function, void *caller);

void __cyg_profile_func_enter(void *function, void *caller)
{
	(void)function, (void)caller;
	sim_point();
}

void __cyg_profile_func_exit(void *function, void *caller)
{
	(void)function, (void)caller;
	sim_point();
}

void sim_work(uint64_t counts)
{
	for (uint64_t end = counter + counts; counter < end;) {
		give_way();
		deliver();
	}
}

/* Its thread may be moved right after. */
unsigned sim_cpu(void)
{
	return now;
}

/* include/arch/cpu.h */

struct irq_state arch_irq_save(void)
{
	struct irq_state state;

	sim_point();
	state.bits = cpus[now].irqs_on;
	cpus[now].irqs_on = false;
	return state;
}

void arch_irq_restore(struct irq_state state)
{
	cpus[now].irqs_on = state.bits;
	deliver();
	sim_point();
}

void arch_irq_enable(void)
{
	arch_irq_restore((struct irq_state){true});
}

void arch_irq_disable(void)
{
	arch_irq_save();
}

bool arch_irq_enabled(void)
{
	return cpus[now].irqs_on;
}

struct thread *arch_thread_current(void)
{
	return cpus[now].running;
}

struct cpu *arch_cpu_current(void)
{
	struct cpu *cpu = cpus[now].running->cpu;

	/* Idle threads are not moved. */
	if (cpus[now].irqs_on && cpus[now].running->id >= THREAD_ID_FIRST)
		broken("the CPU is asked for with interrupts on", cpus[now].running);
	else if (cpu != cpus[now].cpu)
		broken("a thread runs on another CPU than it says", cpus[now].running);
	return cpu;
}

void arch_cpu_relax(void)
{
	give_way();
	deliver();
}

uint64_t arch_counter_read(void)
{
	return ++counter;
}

uint64_t arch_counter_rate(void)
{
	return SIM_HZ;
}

void arch_cpu_idle(void)
{
	struct sim_cpu *self = &cpus[now];

	if (self->irqs_on)
		broken("idling with interrupts on", self->running);
	self->idle_since = step;
	while (!self->ipi && self->timer > counter) {
		self->idle = true;
		give_way();
	}
	self->idle = false;
	arch_irq_enable();
}

void arch_timer_set(uint64_t deadline)
{
	cpus[now].timer = deadline;
}

void arch_timer_init_cpu(void)
{
	cpus[now].timer = UINT64_MAX;
}

/* include/arch/smp.h, switch.h */

void arch_ipi_send(struct cpu *cpu)
{
	sim_ipis++;
	cpus[cpu->index].ipi = true;
}

void arch_ipi_self(struct cpu *cpu)
{
	arch_ipi_send(cpu);
}

void arch_cpu_init_self(struct cpu *cpu)
{
	(void)cpu;
}

int arch_cpu_start(struct cpu *cpu)
{
	fiber_new(cpu->idle, fiber_begin);
	cpus[cpu->index] = (struct sim_cpu){.running = cpu->idle, .cpu = cpu, .timer = UINT64_MAX};
	cpu_total++;
	return 0;
}

void arch_thread_prepare(struct thread *thread)
{
	fiber_new(thread, fiber_begin);
}

struct thread *arch_switch(struct thread *prev, struct thread *next)
{
	struct fiber *from = *fiber_at(prev), *to = *fiber_at(next);

	if (cpus[now].irqs_on || cpus[now].running != prev || next->cpu != cpus[now].cpu)
		broken("a wrong switch", next);
	for (unsigned i = 0; i < cpu_total; i++)
		if (cpus[i].running == next)
			broken("a thread runs on two CPUs", next);
	to->previous = prev;
	cpus[now].running = next;
	inside = false;
	to_fiber(&from->fake, &from->context, to);
	inside = true;
	return from->previous;
}

_Noreturn void arch_app_enter(uintptr_t pc, uintptr_t sp, uintptr_t arg, uintptr_t tp)
{
	(void)pc, (void)sp, (void)arg, (void)tp;
	abort();
}

/* What the kernel needs below. */

uintptr_t kstack_alloc(size_t size)
{
	(void)size;
	sim_stacks++;
	return (uintptr_t)aligned_alloc(KSTACK_SIZE, KSTACK_SIZE);
}

/* Given back at once, so that the sanitizer sees who uses a dead thread. */
void kstack_free(uintptr_t bottom)
{
	sim_stacks--;
	fiber_free(*(struct fiber **)bottom);
	free((void *)bottom);
}

void *heap_alloc_zeroed(size_t size)
{
	sim_blocks++;
	size = (size + 63) & ~63UL;
	return memset(aligned_alloc(64, size), 0, size);
}

/* The rules that must hold in the long run. */

static void check_thread(struct fiber *fiber)
{
	const struct thread *thread = fiber->thread;
	const struct sim_cpu *on = NULL, *idle = NULL;

	if (!thread->id || thread->id < THREAD_ID_FIRST)
		return;
	for (unsigned i = 0; i < cpu_total; i++) {
		if (cpus[i].running == thread)
			on = &cpus[i];
		if (cpus[i].idle && !cpus[i].ipi && thread->affinity >> i & 1)
			idle = &cpus[i];
	}
	/* No CPU idles while a thread waits that it could run. */
	if (on || thread->state != THREAD_READY || !idle)
		fiber->waits_since = step;
	else if (step - fiber->waits_since > PATIENCE)
		broken("a CPU idles and a thread waits", thread);
	/* No thread runs where it must not. */
	if (!on || thread->affinity >> on->cpu->index & 1 || thread->affinity >> cpu_total == 0)
		fiber->strays_since = step;
	else if (step - fiber->strays_since > PATIENCE)
		broken("a thread runs where it must not", thread);
}

/* No thread waits in the queue of a CPU that runs a less urgent one. */
static void check_urgency(struct fiber *fiber)
{
	static uint64_t since[FIBERS_MAX];
	const struct thread *thread = fiber->thread;
	const struct sim_cpu *cpu;
	uint64_t *at = &since[thread->id % FIBERS_MAX];

	if (thread->id < THREAD_ID_FIRST || thread->state != THREAD_READY) {
		*at = step;
		return;
	}
	cpu = &cpus[thread->cpu->index];
	if (cpu->running == thread || cpu->running == cpu->cpu->idle ||
	    cpu->running->priority >= thread->priority || !cpu->irqs_on)
		*at = step;
	else if (step - *at > PATIENCE)
		broken("a less urgent thread runs before a more urgent one", thread);
}

/* The CPU that goes next; cpu_total: none can ever. */
static unsigned choose(void)
{
	unsigned able[SIM_CPUS_MAX], count = 0;
	uint64_t next = UINT64_MAX;

	for (unsigned i = 0; i < cpu_total; i++) {
		if (!cpus[i].idle || cpus[i].ipi || cpus[i].timer <= counter)
			able[count++] = i;
		if (cpus[i].timer < next)
			next = cpus[i].timer;
	}
	if (count)
		return able[sim_random(count)];
	if (next == UINT64_MAX)
		return cpu_total;
	counter = next;
	return choose();
}

static void start_program(void)
{
	static const struct thread_attr attr = {
		.name = "main", .explicit_priority = true, .priority = 16, .kernel_only = true};
	struct thread_attr real = attr;
	struct thread *thread;

	__sanitizer_finish_switch_fiber(NULL, &outside_bottom, &outside_size);
	inside = true;
	clock_init();
	sched_set_slice();
	timer_init_cpu(&cpu_boot);
	arch_irq_enable();
	cpu_start_all();
	real.entry = program;
	if (thread_create(&real, &thread))
		abort();
	sched_idle();
}

bool sim_run(unsigned count, uint64_t seed, uint64_t steps, void (*main)(void *arg))
{
	extern char __boot_stack_bottom[];
	struct thread *boot = (struct thread *)(__boot_stack_bottom + KSTACK_SIZE - THREAD_SIZE);

	random_state = seed * 1000003;
	program = main;
	cpu_total = 1;
	cpus[0] = (struct sim_cpu){.running = boot, .cpu = &cpu_boot, .timer = UINT64_MAX};
	thread_init_boot();
	fiber_new(boot, start_program);
	boot_info.cpu_count = count;
	for (unsigned i = 0; i < count; i++)
		boot_info.cpu_hwid[i] = i;
	for (step = 0; step < steps && !sim_wrong[0]; step++) {
		unsigned cpu = choose();

		if (cpu == cpu_total)
			return true;
		now = cpu;
		counter += 1 + sim_random(sim_speed);
		to_fiber(&outside_fake, &outside, *fiber_at(cpus[now].running));
		for (unsigned i = 0; step % 16 == 0 && i < FIBERS_MAX; i++) {
			if (fibers[i]) {
				check_thread(fibers[i]);
				check_urgency(fibers[i]);
			}
		}
	}
	broken("it does not come to an end", NULL);
	return false;
}
