/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/stacks: how much of its stacks each thread has used at most. Memory begins as zeros, so
 * the mark is the lowest word that is none. A stack that other threads had before shows theirs,
 * too: nobody clears one for that.
 */
#include <arch/layout.h>
#include <base/bits.h>
#include <base/str.h>
#include <fs/procfs.h>
#include <kernel/thread.h>
#include <mem/kstack.h>
#include <mem/pagetable.h>
#include <mem/user.h>
#include <mem/vm.h>

struct stack_line {
	int32_t after; /* the one with the smallest id above is wanted */
	int32_t id;    /* 0: none was found */
	const struct thread *thread;
	char name[THREAD_NAME_MAX];
	uintptr_t top; /* of the program's stack, 0: none */
	size_t kernel_used, used, size;
};

static void find(const struct thread *thread, void *arg)
{
	struct stack_line *line = arg;

	if (thread->id <= line->after || (line->id && thread->id >= line->id))
		return;
	line->id = thread->id;
	line->thread = thread;
}

/* The table is locked: the stack cannot go. The lowest word links stacks that nobody has. */
static void measure_kernel(const struct thread *thread, void *arg)
{
	struct stack_line *line = arg;
	const uintptr_t *word;

	if (thread->id != line->id || thread != line->thread)
		return;
	str_copy(line->name, thread->name, sizeof(line->name));
	line->top = thread->kernel_only ? 0 : thread->app_sp;
	word = (const uintptr_t *)((uintptr_t)thread & ~(KSTACK_SIZE - 1)) + 1;
	while (word < (const uintptr_t *)thread && !READ_ONCE(*word))
		word++;
	line->kernel_used = (uintptr_t)thread - (uintptr_t)word;
}

/* Pages that were never touched are not there. */
static uintptr_t lowest_used(uintptr_t start, uintptr_t top)
{
	uintptr_t value;

	while (start < top && !pagetable_query(start, NULL, NULL))
		start += PAGE_SIZE;
	while (start < top && (!user_peek(start, &value) || !value))
		start += sizeof(value);
	return start;
}

static void measure_program(struct stack_line *line)
{
	struct vm_region region;
	uintptr_t top = align_down(line->top, sizeof(uintptr_t));

	line->size = line->used = 0;
	/* What the program has put somewhere else has no end that is known here. */
	if (!top || !vm_find(top - 1, false, &region) || region.kind != VM_ANON)
		return;
	line->size = top - region.start;
	line->used = top - MIN(lowest_used(region.start, top), top);
}

static void show_stacks(struct fmt_sink *out)
{
	struct stack_line line = {0};

	fmt_format(out, " [ TID] KERNEL  USED PROGRAM     USED NAME\n");
	for (;;) {
		line.id = 0;
		thread_for_each(find, &line);
		if (!line.id)
			break;
		line.after = line.id;
		line.name[0] = '\0';
		line.kernel_used = line.top = 0;
		thread_for_each(measure_kernel, &line);
		measure_program(&line);
		fmt_format(out, "-[%4d] %6zu %5zu %7zu %8zu \"%s\"\n", line.id,
			   (size_t)(KSTACK_SIZE - THREAD_SIZE), line.kernel_used, line.size,
			   line.used, line.name);
	}
}
PROC_FILE(stacks) = {"stacks", show_stacks, NULL};
