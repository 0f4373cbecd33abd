/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs one test and looks whether it gave back all it took. */
#include <base/fmt.h>
#include <base/str.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/kstack.h>
#include <mem/pagetable.h>
#include <mem/user.h>
#include <mem/vm.h>

#include "suite.h"

SET_DECLARE(const struct kernel_test, test);

struct resources {
	size_t frames; /* free ones and those of tables, which are never given back */
	size_t heap, threads, regions, resident;
};

static char failure[160];
static struct spinlock failure_lock;

void test_fail(const char *why, const char *file, int line)
{
	struct irq_state state = spinlock_lock(&failure_lock);

	if (!failure[0])
		fmt_string(failure, sizeof(failure), "%s (%s:%d)", why, file, line);
	spinlock_unlock(&failure_lock, state);
}

bool test_failed(void)
{
	return failure[0];
}

static struct resources count_resources(void)
{
	struct vm_stats vm;

	kstack_trim(0); /* those of ended threads */
	vm_settle();
	vm_stats(&vm);
	return (struct resources){frame_free_count() + pagetable_frames(), heap_used(),
				  thread_count(), vm.regions, vm.resident_frames};
}

static void compare(const char *what, size_t before, size_t after)
{
	if (before != after && !failure[0])
		fmt_string(failure, sizeof(failure), "%s: %lu before, %lu after", what,
			   (unsigned long)before, (unsigned long)after);
}

static void run_body(void *arg)
{
	const struct kernel_test *test = arg;

	test->run();
}

static void run(const struct kernel_test *test)
{
	struct resources before = count_resources(), after;

	failure[0] = '\0';
	join(spawn(16, 0, run_body, (void *)test));
	after = count_resources();
	compare("threads", before.threads, after.threads);
	compare("free frames", before.frames, after.frames);
	compare("bytes of the heap", before.heap, after.heap);
	compare("regions", before.regions, after.regions);
	compare("resident frames", before.resident, after.resident);
}

static void look_for_start(const struct thread *thread, void *arg)
{
	*(bool *)arg |= str_equal(thread->name, "start");
}

/* With start hooks there is a thread that starts the program, and may not have ended yet. */
static void let_start_end(void)
{
	bool there;

	do {
		there = false;
		thread_for_each(look_for_start, &there);
		if (there)
			thread_sleep_until(in_ns(NS_PER_MS));
	} while (there);
}

/* The stub's function; see main.c. */
long sys_kernel_test(long index, char *name, char *why, const char *only);

long sys_kernel_test(long index, char *name, char *why, const char *only)
{
	const struct kernel_test *test = __set_test_start + index;
	char full[80], wanted[80];

	if (test >= __set_test_end)
		return -1;
	if (user_copy_string(wanted, only, sizeof(wanted)) < 0)
		return -1;
	fmt_string(full, sizeof(full), "%s/%s", test->suite, test->name);
	if (wanted[0] && !str_equal(wanted, test->suite) && !str_equal(wanted, full))
		return 2;
	let_start_end();
	run(test);
	user_copy_out(name, full, sizeof(full));
	user_copy_out(why, failure, sizeof(failure));
	return !failure[0];
}

int32_t spawn(unsigned priority, uint64_t affinity, void (*entry)(void *), void *arg)
{
	const struct thread_attr attr = {.name = "test",
					 .explicit_priority = true,
					 .priority = (uint8_t)priority,
					 .affinity = affinity,
					 .kernel_only = true,
					 .entry = entry,
					 .arg = arg};
	struct thread *thread;
	int error = thread_create(&attr, &thread);

	EXPECT(!error);
	return error ? 0 : thread->id;
}

void join(int32_t id)
{
	int status = -1;

	EXPECT(!id || !thread_join(id, &status, DEADLINE_NEVER));
	EXPECT(!id || !status);
}

uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint64_t in_ns(uint64_t ns)
{
	return clock_monotonic_ns() + ns;
}

void go_to_cpu(unsigned cpu)
{
	EXPECT(!thread_set_affinity(thread_current()->id, 1UL << cpu));
}

void compute_ns(uint64_t ns)
{
	uint64_t end = in_ns(ns);

	while (clock_monotonic_ns() < end)
		arch_cpu_relax();
}
