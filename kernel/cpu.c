/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPUs: their blocks, stacks, start, and calls between them. */
#include <arch/mmu.h>
#include <arch/smp.h>
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include <kernel/tlb.h>
#include <mem/boot_map.h>
#include <mem/heap.h>
#include <mem/kstack.h>

LOG_MODULE(cpu);

#define IPI_CALL	 1u
#define IPI_STOP	 2u
#define IPI_TLB		 4u
#define IPI_AGAIN	 8u
#define START_TIMEOUT_NS (30 * NS_PER_S) /* emulated on a busy host, it takes its time */

struct cpu cpu_boot;
struct cpu *cpu_list[CPU_MAX] = {&cpu_boot};
unsigned cpu_count = 1;

/* One call at a time: call_busy is taken first. */
static uint32_t call_busy;
static void (*call_fn)(void *);
static void *call_arg;
static uint32_t call_waiting;

/* Set once: what a CPU does that asked itself. */
static void (*asked_self)(struct cpu *cpu);

static bool give_stacks(struct cpu *cpu)
{
	uintptr_t irq = kstack_alloc(KSTACK_SMALL), emergency = kstack_alloc(KSTACK_SMALL);

	cpu->irq_stack_top = irq + KSTACK_SMALL;
	cpu->emergency_top = emergency + KSTACK_SMALL;
	return irq && emergency;
}

void cpu_init_boot(void)
{
	if (!give_stacks(&cpu_boot))
		panic("no memory for the stacks of the first CPU");
}

static struct cpu *cpu_new(uint64_t hwid)
{
	struct cpu *cpu = heap_alloc_zeroed(sizeof(*cpu) + 64);

	if (!cpu)
		return NULL;
	/* The heap aligns to 16; the architecture's part wants a cache line. */
	cpu = (struct cpu *)(((uintptr_t)cpu + 63) & ~63UL);
	cpu->self = cpu;
	cpu->index = cpu_count;
	cpu->hwid = hwid;
	if (!give_stacks(cpu) || !thread_create_idle(cpu) || !sched_init_cpu(cpu))
		return NULL;
	cpu->current = cpu->idle;
	return cpu;
}

/* What does not start is left out. */
static void start_one(uint64_t hwid)
{
	struct cpu *cpu = cpu_new(hwid);
	uint64_t give_up = clock_monotonic_ns() + START_TIMEOUT_NS;

	if (!cpu) {
		log_error("no memory for another CPU");
		return;
	}
	if (arch_cpu_start(cpu)) {
		log_error("the firmware does not start CPU %lx", (unsigned long)hwid);
		return;
	}
	cpu_list[cpu_count] = cpu;
	while (!__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE)) {
		if (clock_monotonic_ns() > give_up)
			panic("CPU %lx was started and does not answer", (unsigned long)hwid);
		arch_cpu_relax();
	}
	__atomic_store_n(&cpu_count, cpu_count + 1, __ATOMIC_RELEASE);
}

void cpu_start_all(void)
{
	if (boot_info.cpu_count > CPU_MAX)
		panic("this machine has %u CPUs, at most %u are supported", boot_info.cpu_count,
		      CPU_MAX);
	if (boot_info.cpu_count < 2)
		return;
	boot_identity_restore();
	for (unsigned i = 0; i < boot_info.cpu_count; i++)
		if (boot_info.cpu_hwid[i] != cpu_boot.hwid)
			start_one(boot_info.cpu_hwid[i]);
	boot_identity_remove();
}

void cpu_secondary_main(void)
{
	struct cpu *cpu = cpu_self();

	arch_cpu_init_self(cpu);
	irq_init_cpu(cpu);
	timer_init_cpu(cpu);
	__atomic_store_n(&cpu->online, 1, __ATOMIC_RELEASE);
	sched_idle();
}

void cpu_ipi(void)
{
	struct cpu *cpu = cpu_self();
	uint32_t work = __atomic_exchange_n(&cpu->ipi_work, 0, __ATOMIC_ACQ_REL);

	if (work & IPI_STOP)
		for (;;)
			arch_cpu_relax();
	if (!ARCH_TLB_BROADCAST && work & IPI_TLB)
		tlb_catch_up(cpu);
	if (work & IPI_CALL) {
		call_fn(call_arg);
		__atomic_fetch_sub(&call_waiting, 1, __ATOMIC_RELEASE);
	}
	if (work & IPI_AGAIN)
		asked_self(cpu);
	/* A thread of equal priority may have come: a slice begins to count. */
	timer_program(sched_slice_end(cpu));
}

static void post(struct cpu *cpu, uint32_t work)
{
	__atomic_fetch_or(&cpu->ipi_work, work, __ATOMIC_RELEASE);
	arch_ipi_send(cpu);
}

void cpu_ask_self(void (*fn)(struct cpu *cpu))
{
	struct cpu *cpu = cpu_self();

	asked_self = fn;
	__atomic_fetch_or(&cpu->ipi_work, IPI_AGAIN, __ATOMIC_RELEASE);
	arch_ipi_self(cpu);
}

/* One request asks for all that changed until it is served. */
void cpu_ask_tlb(struct cpu *cpu)
{
	if (!(__atomic_fetch_or(&cpu->ipi_work, IPI_TLB, __ATOMIC_SEQ_CST) & IPI_TLB))
		arch_ipi_send(cpu);
}

/*
 * The caller is not preempted: a more urgent thread that calls too would wait for it in vain. With
 * interrupts off it serves others' calls by looking, who may be waiting for it.
 */
void cpu_call_others(void (*fn)(void *arg), void *arg)
{
	struct irq_state state = arch_irq_save();
	unsigned count = __atomic_load_n(&cpu_count, __ATOMIC_ACQUIRE);
	struct cpu *self = cpu_self();

	while (__atomic_exchange_n(&call_busy, 1, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&self->ipi_work, __ATOMIC_RELAXED))
			cpu_ipi();
		arch_cpu_relax();
	}
	call_fn = fn;
	call_arg = arg;
	__atomic_store_n(&call_waiting, count - 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < count; i++)
		if (cpu_list[i] != self)
			post(cpu_list[i], IPI_CALL);
	while (__atomic_load_n(&call_waiting, __ATOMIC_ACQUIRE))
		arch_cpu_relax();
	__atomic_store_n(&call_busy, 0, __ATOMIC_RELEASE);
	arch_irq_restore(state);
}

void cpu_stop_others(void)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (cpu_list[i] != cpu_self())
			post(cpu_list[i], IPI_STOP);
}
