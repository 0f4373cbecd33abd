/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Composes the report of a fault. Works on 4 KiB of stack; what may be bad memory is only peeked
 * at.
 */
#include <errno.h>
#include <signal.h>

#include <arch/trap.h>
#include <fault/report.h>
#include <kernel/cpu.h>
#include <kernel/irq_watch.h>
#include <kernel/log.h>
#include <kernel/mutex.h>
#include <kernel/thread.h>
#include <mem/boot_map.h>
#include <mem/vm.h>

#define FRAMES_MAX 16
#define NULL_LIMIT 0x10000 /* a small offset from a null pointer is one, too */

static struct mutex report_mutex = MUTEX_INIT(report_mutex);

/* What the report finds out. */
struct finding {
	const struct trap_frame *frame;
	const struct fault_info *info;
	const char *name;
	struct vm_region region; /* touched, or the stack that overflowed; end is 0: none */
};

static bool within(uintptr_t address, const char *start, const char *end)
{
	return address >= (uintptr_t)start && address < (uintptr_t)end;
}

static bool in_text(uintptr_t address)
{
	return within(address, __text_start, __text_end);
}

static bool canary_trap(const struct trap_frame *frame)
{
	/* Nothing but a trap instruction is behind so few bytes of prologue. */
	return arch_frame_pc(frame) - (uintptr_t)fault_canary_trap < 16;
}

/*
 * A guard is a region without rights. Those below the C library's thread stacks are made by
 * mprotect() and have no kind of their own: there the stack pointer must be in the guard or in the
 * region above it. That region, the stack, takes the guard's place in the finding.
 */
static bool stack_guard(struct finding *finding)
{
	struct vm_region *region = &finding->region, stack;
	uintptr_t sp = arch_frame_sp(finding->frame);
	bool guard = region->kind == VM_GUARD;

	if (region->attrs & PAGE_READ || !vm_find(region->end, false, &stack))
		return guard;
	if (!guard && (sp < region->start || sp > stack.end))
		return false;
	*region = stack;
	return true;
}

static const char *name_page_fault(struct finding *finding)
{
	const struct fault_info *info = finding->info;
	uintptr_t address = info->address;

	if (address < NULL_LIMIT)
		return "null pointer";
	if (info->access == FAULT_EXEC &&
	    (info->present || within(address, __image_start, __image_end)))
		return "execution of data";
	if (info->access == FAULT_WRITE && in_text(address))
		return "write to code";
	if (info->access == FAULT_WRITE && within(address, __rodata_start, __rodata_end))
		return "write to constants";
	/* The kernel may have faulted with the lock of the regions held. */
	if (!info->app || !vm_find(address, false, &finding->region))
		return info->present ? "no access right" : "unmapped address";
	if (stack_guard(finding))
		return "stack overflow";
	if (info->access == FAULT_EXEC)
		return "execution of data";
	return info->error == -ENOMEM ? "out of memory" : "no access right";
}

static const char *name_fault(struct finding *finding)
{
	if (canary_trap(finding->frame))
		return "stack smashed";
	switch (finding->info->kind) {
	case FAULT_PAGE:
		return name_page_fault(finding);
	case FAULT_STACK:
		return "stack overflow";
	case FAULT_ALIGNMENT:
		return "misaligned address";
	case FAULT_ILLEGAL:
		return "illegal instruction";
	case FAULT_ARITHMETIC:
		return "arithmetic error";
	case FAULT_BREAKPOINT:
		return "breakpoint";
	case FAULT_BUS:
		return "bus error";
	default:
		return "exception";
	}
}

int fault_signal(const struct trap_frame *frame, const struct fault_info *info)
{
	static const uint8_t signals[] = {
		[FAULT_PAGE] = SIGSEGV,	     [FAULT_ALIGNMENT] = SIGBUS,   [FAULT_ILLEGAL] = SIGILL,
		[FAULT_ARITHMETIC] = SIGFPE, [FAULT_BREAKPOINT] = SIGTRAP, [FAULT_BUS] = SIGBUS,
		[FAULT_STACK] = SIGSEGV,     [FAULT_OTHER] = SIGSEGV,
	};

	return canary_trap(frame) ? SIGABRT : signals[info->kind];
}

static void print_frame(unsigned *count, uintptr_t pc)
{
	log_raw("  #%u 0x%lx\n", (*count)++, (unsigned long)pc);
}

/*
 * `caller`: what the return address register (or the top of the stack) says, else 0. It is the only
 * trace of the caller when a function without a frame of its own faulted, or a call went astray.
 */
static void print_backtrace(uintptr_t pc, uintptr_t fp, uintptr_t caller)
{
	unsigned count = 0;
	bool more;

	print_frame(&count, pc);
	more = arch_backtrace_step(&pc, &fp);
	if (in_text(caller) && !(more && pc == caller)) {
		print_frame(&count, caller);
		if (more && !in_text(pc)) {
			/* riscv64: a frame that holds the caller's frame pointer alone was read. */
			fp = pc;
			more = arch_backtrace_step(&pc, &fp);
		}
	}
	for (; more && in_text(pc) && count < FRAMES_MAX; more = arch_backtrace_step(&pc, &fp))
		print_frame(&count, pc);
}

/* "stack overflow" becomes "stack-overflow". */
static void print_summary(const char *name, uintptr_t pc, uintptr_t address)
{
	const struct thread *thread = thread_current();
	char kind[24];
	unsigned i;

	for (i = 0; name[i]; i++)
		kind[i] = name[i] == ' ' ? '-' : name[i];
	kind[i] = 0;
	log_raw("fault: kind=%s pc=0x%lx address=0x%lx thread=%d cpu=%u\n", kind, (unsigned long)pc,
		(unsigned long)address, (int)thread->id, (unsigned)thread->cpu->index);
}

static void print_place(uintptr_t pc)
{
	const struct thread *thread = thread_current();

	log_raw("thread %d \"%s\", cpu %u, pc 0x%lx", (int)thread->id, thread->name,
		(unsigned)thread->cpu->index, (unsigned long)pc);
	if (in_text(pc))
		log_raw(" (text+0x%lx)", (unsigned long)(pc - (uintptr_t)__text_start));
	log_raw("\n");
}

static void print_finding(const struct finding *finding)
{
	const struct fault_info *info = finding->info;
	const struct vm_region *region = &finding->region;
	uintptr_t pc = arch_frame_pc(finding->frame);

	log_raw("\n*** %s", finding->name);
	if (info->kind == FAULT_PAGE)
		log_raw(": %s at address 0x%lx",
			info->access == FAULT_WRITE  ? "write"
			: info->access == FAULT_EXEC ? "execution"
						     : "read",
			(unsigned long)info->address);
	log_raw("\n%s, code 0x%lx, in the %s: ", info->name, (unsigned long)info->code,
		info->app ? "program" : "kernel");
	print_place(pc);
	if (region->end)
		log_raw("region \"%s\" 0x%lx to 0x%lx, %lu KiB\n", region->name,
			(unsigned long)region->start, (unsigned long)region->end,
			(unsigned long)(region->end - region->start) >> 10);
	arch_frame_print(finding->frame);
	print_backtrace(pc, arch_frame_fp(finding->frame),
			arch_frame_return_address(finding->frame));
}

static const char *report(const struct trap_frame *frame, const struct fault_info *info, bool stops)
{
	struct finding finding = {.frame = frame, .info = info};

	finding.name = name_fault(&finding);
	print_finding(&finding);
	if (!stops && thread_current()->id == THREAD_ID_FIRST)
		log_raw("the program ends with status %d\n", 128 + fault_signal(frame, info));
	else
		log_raw("the %s\n", stops ? "machine stops" : "thread ends");
	print_summary(finding.name, arch_frame_pc(frame), info->address);
	return finding.name;
}

void fault_report(const struct trap_frame *frame, const struct fault_info *info)
{
	mutex_lock(&report_mutex);
	irq_watch_pause(true);
	report(frame, info, false);
	irq_watch_pause(false);
	mutex_unlock(&report_mutex);
}

const char *fault_report_kernel(const struct trap_frame *frame, const struct fault_info *info)
{
	return report(frame, info, true);
}

void fault_report_panic(uintptr_t fp)
{
	uintptr_t pc = 0;

	arch_backtrace_step(&pc, &fp);
	log_raw("in the kernel: ");
	print_place(pc);
	print_backtrace(pc, fp, 0);
	log_raw("the %s\n", "machine stops");
	print_summary("panic", pc, 0);
}
