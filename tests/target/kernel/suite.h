/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests inside the kernel. TEST(suite, name) { … } runs as a kernel thread of its own, of priority
 * 16; CHECK() ends it, EXPECT() only notes the failure, for other threads. Each test must give back
 * what it takes: free frames, heap, threads and regions are compared.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/thread.h>

struct kernel_test {
	const char *suite, *name;
	void (*run)(void);
};

#define TEST(group, id)                                                                            \
	static void test_##id(void);                                                               \
	static const struct kernel_test kernel_test_##id SECTION_SET(test) = {#group, #id,         \
									      test_##id};          \
	static void test_##id(void)

/* "why (file:line)" of the first failure of the running test. Any context. */
void test_fail(const char *why, const char *file, int line);
bool test_failed(void);

#define EXPECT(condition) ((condition) ? (void)0 : test_fail(#condition, __FILE__, __LINE__))
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			test_fail(#condition, __FILE__, __LINE__);                                 \
			return;                                                                    \
		}                                                                                  \
	} while (0)
/* Call a helper that uses CHECK, and leave too if it failed. */
#define CHECK_IN(call)                                                                             \
	do {                                                                                       \
		call;                                                                              \
		if (test_failed())                                                                 \
			return;                                                                    \
	} while (0)

/* Kernel threads: 0 if there is no memory, after noting it. Affinity 0: any CPU. */
int32_t spawn(unsigned priority, uint64_t affinity, void (*entry)(void *arg), void *arg);
void join(int32_t id);

/* The same numbers on every run. `state` is the caller's. */
uint64_t next_random(uint64_t *state);

/* From now on in ns. */
uint64_t in_ns(uint64_t ns);

/* The calling thread goes to that CPU and stays there. */
void go_to_cpu(unsigned cpu);

/* Let time pass in computing, with interrupts on. */
void compute_ns(uint64_t ns);
