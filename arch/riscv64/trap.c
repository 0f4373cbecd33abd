/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps: what scause says, in the kernel's terms [RISC-V privileged 1.12, 4.1.8]. */
#include <arch/trap.h>
#include <kernel/cpu.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include <mem/kstack.h>
#include <mem/pagetable.h>
#include <mem/user.h>

/* What vectors.S counts on. */
_Static_assert(KSTACK_SIZE == 8192 && KSTACK_SMALL == 4096, "the sizes in vectors.S");
_Static_assert(sizeof(struct thread) <= THREAD_SIZE - TRAP_SCRATCH_SIZE,
	       "the trap entry's scratch words");

void trap_synchronous(struct trap_frame *frame);
void trap_interrupt(struct trap_frame *frame);

#define CAUSE_COUNT	    16
#define ENTRY(kind, access) ((kind) << 4 | (access))

static const uint8_t causes[CAUSE_COUNT] = {
	ENTRY(FAULT_ALIGNMENT, FAULT_EXEC),
	ENTRY(FAULT_BUS, FAULT_EXEC),
	ENTRY(FAULT_ILLEGAL, 0),
	ENTRY(FAULT_BREAKPOINT, 0),
	ENTRY(FAULT_ALIGNMENT, FAULT_READ),
	ENTRY(FAULT_BUS, FAULT_READ),
	ENTRY(FAULT_ALIGNMENT, FAULT_WRITE),
	ENTRY(FAULT_BUS, FAULT_WRITE),
	ENTRY(FAULT_ILLEGAL, 0),
	ENTRY(FAULT_ILLEGAL, 0),
	ENTRY(FAULT_OTHER, 0),
	ENTRY(FAULT_OTHER, 0),
	ENTRY(FAULT_PAGE, FAULT_EXEC),
	ENTRY(FAULT_PAGE, FAULT_READ),
	ENTRY(FAULT_OTHER, 0),
	ENTRY(FAULT_PAGE, FAULT_WRITE),
};

static const char names[CAUSE_COUNT][14] = {
	"misaligned pc", "fetch access", "illegal instr", "breakpoint",
	"misaligned ld", "load access",	 "misaligned st", "store access",
	"ecall",	 "ecall",	 "exception",	  "exception",
	"fetch page",	 "load page",	 "exception",	  "store page",
};

static void describe(const struct trap_frame *frame, struct fault_info *info)
{
	unsigned cause = frame->cause < CAUSE_COUNT ? frame->cause : CAUSE_COUNT - 2;

	info->kind = causes[cause] >> 4;
	info->access = causes[cause] & 15;
	info->name = names[cause];
	info->code = frame->cause;
	info->app = frame->mode == TRAP_MODE_APP;
	if (info->access)
		info->address = frame->value;
	if (info->kind == FAULT_PAGE)
		info->present = pagetable_query(frame->value, NULL, NULL);
}

NOINLINE static void overflowed(struct trap_frame *frame)
{
	struct fault_info info = {.kind = FAULT_STACK,
				  .code = frame->cause,
				  .address = arch_frame_sp(frame),
				  .name = "kernel stack overflow"};

	panic_fault(frame, &info);
}

static ALWAYS_INLINE void stop_on_overflow(struct trap_frame *frame)
{
	if (UNLIKELY(frame->mode == TRAP_MODE_OVERFLOW))
		overflowed(frame);
}

/* On the thread's kernel stack, or wherever the kernel ran; interrupts off. */
void trap_synchronous(struct trap_frame *frame)
{
	struct fault_info info = {0};

	stop_on_overflow(frame);
	describe(frame, &info);
	/* An entry that became valid on another CPU may be remembered as not valid here. */
	if (info.kind == FAULT_PAGE)
		arch_tlb_flush_local(frame->value & ~PAGE_MASK, PAGE_SIZE);
	if (info.app)
		arch_irq_enable();
	trap_fault(frame, &info);
	if (info.app) {
		arch_irq_disable();
		trap_exit(frame, true);
	}
}

/* On the interrupt stack. Timer and software interrupts do not pass the interrupt controller. */
void trap_interrupt(struct trap_frame *frame)
{
	stop_on_overflow(frame);
	(void)irq_watch_begin();
	switch (frame->cause & 0xff) {
	case IRQ_TIMER:
		timer_interrupt();
		break;
	case IRQ_SOFTWARE:
		csr_clear(CSR_SIP, 1 << IRQ_SOFTWARE);
		cpu_ipi();
		break;
	case IRQ_EXTERNAL:
		trap_irq(frame);
		break;
	}
}

void arch_frame_print(const struct trap_frame *frame)
{
	static const char registers[32][4] = {
		"pc", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
		"a1", "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
		"s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};

	for (unsigned i = 0; i < 32; i++)
		log_raw(" %s %-3s %016lx%s", i % 4 ? "" : " ", registers[i], frame->x[i],
			i % 4 == 3 ? "\n" : "");
	log_raw("  sstatus %lx  scause %lx  stval %lx\n", frame->status, frame->cause,
		frame->value);
}

/*
 * The frame pointer is the caller's stack pointer; below it lie the return address and the
 * caller's frame pointer [RISC-V psABI, "Frame Pointer Convention"]. A function that calls
 * nothing stores only the latter, in the place of the former.
 */
bool arch_backtrace_step(uintptr_t *pc, uintptr_t *fp)
{
	uintptr_t caller_fp, caller_pc;

	if (!*fp || (*fp & 7) || !user_peek(*fp - 8, &caller_pc) ||
	    !user_peek(*fp - 16, &caller_fp) || !caller_pc)
		return false;
	*fp = caller_fp;
	*pc = caller_pc;
	return true;
}
