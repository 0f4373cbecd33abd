/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Composes the report of a fault. Works on 4 KiB of stack; what may be bad memory is only peeked
 * at.
 */
#include <errno.h>
#include <signal.h>

#include <arch/trap.h>
#include <base/str.h>
#include <fault/backtrace.h>
#include <fault/report.h>
#include <kernel/cpu.h>
#include <kernel/irq_watch.h>
#include <kernel/log.h>
#include <kernel/mutex.h>
#include <kernel/thread.h>
#include <mem/boot_map.h>
#include <mem/frame.h>
#include <mem/kstack.h>
#include <mem/vm.h>

#define LOG_LINES  8
#define NULL_LIMIT 0x10000 /* a small offset from a null pointer is one, too */

static struct mutex report_mutex = MUTEX_INIT(report_mutex);

/* What the report finds out. */
struct finding {
	const struct trap_frame *frame;
	const struct fault_info *info;
	const char *name;
	const char *side;	 /* "program", "kernel", "interrupt" */
	bool overflow;		 /* of the stack `region` */
	struct vm_region region; /* touched, or the stack that overflowed; end is 0: none */
};

static bool within(uintptr_t address, const char *start, const char *end)
{
	return address >= (uintptr_t)start && address < (uintptr_t)end;
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
	if (info->access == FAULT_WRITE && backtrace_in_text(address))
		return "write to code";
	if (info->access == FAULT_WRITE && within(address, __rodata_start, __rodata_end))
		return "write to constants";
	/* The kernel may have faulted with the lock of the regions held. */
	if (!info->app || !vm_find(address, false, &finding->region))
		return info->present ? "no access right" : "unmapped address";
	finding->overflow = stack_guard(finding);
	if (finding->overflow)
		return "stack overflow";
	if (info->access == FAULT_EXEC)
		return "execution of data";
	return info->error == -ENOMEM ? "out of memory" : "no access right";
}

static const char *name_fault(struct finding *finding)
{
	/* In the order of enum fault_kind, from FAULT_ALIGNMENT on. */
	static const char names[] = "misaligned address\0"
				    "illegal instruction\0"
				    "division by zero or overflow\0"
				    "breakpoint\0"
				    "bus error\0"
				    "stack overflow\0"
				    "bad address or operand\0"
				    "exception";
	const char *name = names;

	if (canary_trap(finding->frame))
		return "stack smashed";
	if (finding->info->kind == FAULT_PAGE)
		return name_page_fault(finding);
	for (unsigned kind = FAULT_ALIGNMENT; kind < finding->info->kind; kind++)
		name += str_length(name) + 1;
	return name;
}

int fault_signal(const struct trap_frame *frame, const struct fault_info *info)
{
	static const uint8_t signals[] = {
		[FAULT_PAGE] = SIGSEGV,	     [FAULT_ALIGNMENT] = SIGBUS,   [FAULT_ILLEGAL] = SIGILL,
		[FAULT_ARITHMETIC] = SIGFPE, [FAULT_BREAKPOINT] = SIGTRAP, [FAULT_BUS] = SIGBUS,
		[FAULT_STACK] = SIGSEGV,     [FAULT_OPERAND] = SIGSEGV,	   [FAULT_OTHER] = SIGSEGV,
	};

	return canary_trap(frame) ? SIGABRT : signals[info->kind];
}

/* On which side of the system: the program, the kernel, or an interrupt handler of it. */
static const char *side_name(bool app, uintptr_t sp)
{
	if (app)
		return "program";
	return cpu_self()->irq_stack_top - sp <= KSTACK_SIZE ? "interrupt" : "kernel";
}

static void print_place(uintptr_t pc, const char *side)
{
	const struct thread *thread = thread_current();

	log_raw("in the %s: thread %d \"%s\", cpu %u, pc ", side, (int)thread->id, thread->name,
		(unsigned)thread->cpu->index);
	backtrace_print_place(pc);
}

/* What was touched, and for lack of what. */
static void print_cause(const struct finding *finding)
{
	const struct vm_region *region = &finding->region;
	struct frame_stats stats;

	if (finding->info->error == -ENOMEM) {
		frame_stats(&stats);
		log_raw("asked %lu KiB, free %lu KiB, largest piece %lu KiB\n", PAGE_SIZE >> 10,
			stats.free * (PAGE_SIZE >> 10), stats.largest_free * (PAGE_SIZE >> 10));
	}
	if (region->end)
		log_raw("%s \"%s\"%s, %lu KiB, 0x%lx to 0x%lx\n",
			finding->overflow ? "the stack of thread" : "region",
			finding->overflow ? thread_current()->name : region->name,
			finding->overflow ? " overflowed" : "",
			(unsigned long)(region->end - region->start) >> 10,
			(unsigned long)region->start, (unsigned long)region->end);
	else if (finding->info->kind == FAULT_STACK && !finding->info->app)
		log_raw("the %s's stack overflowed, %lu KiB\n", finding->side,
			finding->side[0] == 'i' ? KSTACK_SMALL / 1024 : KSTACK_SIZE / 1024);
}

static void print_finding(const struct finding *finding)
{
	const struct fault_info *info = finding->info;
	uintptr_t pc = arch_frame_pc(finding->frame);

	log_raw("\n*** %s", finding->name);
	if (info->kind == FAULT_PAGE) {
		if (info->address && info->address < NULL_LIMIT)
			log_raw(" + %u", (unsigned)info->address);
		log_raw(": %s at address 0x%lx",
			info->access == FAULT_WRITE  ? "write"
			: info->access == FAULT_EXEC ? "execution"
						     : "read",
			(unsigned long)info->address);
	}
	log_raw("\n%s, code 0x%lx, ", info->name, (unsigned long)info->code);
	print_place(pc, finding->side);
	print_cause(finding);
	log_show_last(LOG_LINES);
	arch_frame_print(finding->frame);
	backtrace_print(pc, arch_frame_fp(finding->frame),
			arch_frame_return_address(finding->frame));
}

/*
 * What happens next, in words and in the line for programs. `status`: what the program ends with if
 * this is its main thread; 0: the machine stops.
 */
static void print_end(const char *name, uintptr_t pc, uintptr_t address, const char *side,
		      int status)
{
	static char kind[32]; /* one reports at a time */
	const struct thread *thread = thread_current();
	unsigned i;

	for (i = 0; name[i]; i++)
		kind[i] = name[i] == ' ' ? '-' : name[i]; /* "stack overflow": "stack-overflow" */
	kind[i] = 0;
	if (status && thread->id == THREAD_ID_FIRST)
		log_raw("the program ends with status %d\n", status);
	else
		log_raw("the %s\n", status ? "thread ends" : "machine stops");
	log_raw("fault: kind=%s pc=0x%lx address=0x%lx thread=%d cpu=%u in=%s\n", kind,
		(unsigned long)pc, (unsigned long)address, (int)thread->id,
		(unsigned)thread->cpu->index, side);
}

static const char *report(const struct trap_frame *frame, const struct fault_info *info, bool stops)
{
	struct finding finding = {.frame = frame, .info = info};

	finding.side = side_name(info->app, arch_frame_sp(frame));
	finding.name = name_fault(&finding);
	print_finding(&finding);
	print_end(finding.name, arch_frame_pc(frame), info->address, finding.side,
		  stops ? 0 : 128 + fault_signal(frame, info));
	return finding.name;
}

static void report_begin(void)
{
	mutex_lock(&report_mutex);
	irq_watch_pause(true);
}

static void report_end(void)
{
	irq_watch_pause(false);
	mutex_unlock(&report_mutex);
}

void fault_report(const struct trap_frame *frame, const struct fault_info *info)
{
	report_begin();
	report(frame, info, false);
	report_end();
}

const char *fault_report_kernel(const struct trap_frame *frame, const struct fault_info *info)
{
	return report(frame, info, true);
}

/* Without a frame: where the function of this frame pointer was called. */
static void report_here(const char *name, uintptr_t fp, const char *side, int status)
{
	uintptr_t pc = 0;

	arch_backtrace_step(&pc, &fp);
	print_place(pc, side);
	log_show_last(LOG_LINES);
	backtrace_print(pc, fp, 0);
	print_end(name, pc, 0, side, status);
}

void fault_report_panic(uintptr_t fp)
{
	report_here("panic", fp, side_name(false, fp), 0);
}

void fault_report_signal(int number, uintptr_t fp)
{
	const char *name = number == SIGABRT ? "abort" : "signal";

	report_begin();
	log_raw("\n*** %s: signal %d\n", name, number);
	report_here(name, fp, side_name(true, 0), 128 + number);
	report_end();
}
