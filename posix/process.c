/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program's beginning and end. The boot line's words become what an ELF loader would put on the
 * first stack: arguments, environment, room for the auxiliary vector (include/abi/start.h).
 */
#include <errno.h>
#include <string.h>

#include <abi/start.h>
#include <base/bits.h>
#include <base/cmdline.h>
#include <base/str.h>
#include <kernel/boot.h>
#include <kernel/irq_watch.h>
#include <kernel/panic.h>
#include <kernel/power.h>
#include <kernel/random.h>
#include <kernel/start.h>
#include <mem/vm.h>
#include <posix/process.h>
#include <posix/syscalls.h>

#include "program.h"

uint32_t program_threads;

#define NAME_SIZE 8

struct words {
	unsigned argc, envc;
};

/*
 * Unquote the boot line into `text` and note where its words are: arguments from argv[0] on,
 * environment strings in `env`; `name` is the program's if the line has none. Returns how many
 * there are. boot_check_line() has let no line pass that is too long or malformed.
 */
static struct words words_split(char *text, size_t size, char *name, char **argv, char **env)
{
	struct words count = {1, 0};
	struct cmdline line;
	struct cmdline_word word;

	argv[0] = name;
	cmdline_open(&line, boot_info.line, text, size);
	while (cmdline_next(&line, &word) > 0) {
		if (word.kind == CMDLINE_ARGUMENT)
			argv[count.argc++] = word.value;
		else if (word.kind == CMDLINE_ENV)
			env[count.envc++] = word.value;
		else if (str_equal(word.key, "app") && word.value)
			argv[0] = word.value;
	}
	return count;
}

/*
 * From the top down: the unquoted line, the tables, the information for uk_start(), which is where
 * the stack begins. This much is filled now; the rest of the stack comes when it is touched.
 */
static struct uk_start_info *stack_fill(uintptr_t top)
{
	size_t size = str_length(boot_info.line) + 1;
	/* Programs may write to it, as to all arguments [C11 5.1.2.2.1]. */
	char *name = (char *)(top - NAME_SIZE), *text = name - size;
	struct uk_start_info *info;
	struct words words;
	uintptr_t at;
	char **argv;

	/* A word takes two bytes of the line and eight of the tables. */
	at = align_down(top - NAME_SIZE - 5 * size - sizeof(*info) - 8 * (UK_AUXV_WORDS + 4),
			PAGE_SIZE);
	if (vm_populate(at, top - at))
		return NULL;
	/*
	 * First to count them: there is room for all of one kind, and what is written does not
	 * stay.
	 */
	memcpy(name, "main", sizeof("main"));
	argv = (char **)at;
	words = words_split(text, size, name, argv, argv + 1);
	at = align_down((uintptr_t)text, 16) -
	     8 * align_up(words.argc + words.envc + 2 + UK_AUXV_WORDS, 2);
	argv = (char **)at;
	words = words_split(text, size, name, argv, argv + words.argc + 1);
	argv[words.argc] = NULL;
	argv[words.argc + 1 + words.envc] = NULL;

	info = (struct uk_start_info *)align_down(at - sizeof(*info), 16);
	info->argc = (int)words.argc;
	info->argv = argv;
	info->auxv = (unsigned long *)(argv + words.argc + words.envc + 2);
	random_get(info->random, sizeof(info->random));
	return info;
}

SET_DECLARE(const struct start_hook, start);

static void run_hooks(void *arg)
{
	(void)arg;
	SET_FOR_EACH (const struct start_hook, start, hook)
		hook->run();
}

void process_start(void)
{
	const unsigned attrs = PAGE_READ | PAGE_WRITE | PAGE_APP;
	uintptr_t guard = 0, stack;
	struct uk_start_info *info = NULL;
	struct thread_attr attr = {.name = "main", .detached = true};

	if (!vm_map(&guard, PAGE_SIZE + MAIN_STACK_SIZE, PAGE_NONE, VM_GUARD, 0,
		    "main stack's guard")) {
		stack = guard + PAGE_SIZE;
		if (!vm_map(&stack, MAIN_STACK_SIZE, attrs, VM_ANON, VM_FIXED_REPLACE,
			    "main stack"))
			info = stack_fill(stack + MAIN_STACK_SIZE);
	}
	attr.app_pc = (uintptr_t)uk_start;
	attr.app_sp = attr.app_arg = (uintptr_t)info;
	if (&__set_start_start[0] != &__set_start_end[0])
		attr.entry = run_hooks;
	program_threads = 1;
	irq_watch_reset();
	if (!info || thread_create(&attr, NULL))
		power_stop("no memory for the program");
}

_Noreturn void process_exit(int status)
{
	static uint32_t ended;

	if (!__atomic_exchange_n(&ended, 1, __ATOMIC_RELAXED)) {
		power_end();
		power_exit(status & 0xff);
	}
	/* Another thread is faster: wait for the machine's end, and do not be in its way. */
	for (;;)
		thread_sleep_until(UINT64_MAX);
}

long sys_exit_group(int status)
{
	process_exit(status);
}
