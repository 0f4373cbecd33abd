/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel and the program's start code (posix/start) hand each other. Both sides are
 * linked into one image, but compiled with different options.
 */
#pragma once

#include <stdint.h>

/*
 * Beginning of the program. The kernel lays out on the main thread's stack, upwards and without
 * gaps: argv[0..argc-1], a null, the environment's strings, a null, and UK_AUXV_WORDS words of
 * room, where uk_start() writes the C library's auxiliary vector. Then it enters application mode
 * at uk_start(info), aligned as the processor's calling convention asks. All of it stays valid
 * for ever.
 */
#define UK_AUXV_WORDS 12

/*
 * The main thread's stack; the command line, no longer than a page, lies at its top, right behind
 * the auxiliary vector.
 */
#define UK_MAIN_STACK_SIZE (1UL << 20)

/* What getpid() says, and the kernel's id of the main thread. */
#define UK_PROGRAM_ID	  1
#define UK_MAIN_THREAD_ID 100

struct uk_start_info {
	int argc;
	char **argv;
	unsigned long *auxv; /* the room behind the environment */
	uint64_t random[2];  /* fresh randomness: canaries, the heap's secrets */
};

_Noreturn void uk_start(struct uk_start_info *info);

/*
 * A new thread of the program: entered in application mode at entry(arg) with the stack pointer and
 * the thread pointer given; entry never returns. The kernel writes the new thread's id to *tid and
 * to both words of *life before the thread runs; at its end, when it has left its stack for good,
 * it stores 0 to life[0] and wakes a futex waiter there. A thread that faults is continued at
 * fault_exit(), which ends it in order and does not return. Other fields are 0 for the usual: the
 * creator's scheduling and processors.
 */
struct uk_thread_start {
	void (*entry)(void *arg);
	void *arg;
	void *stack;
	void *tp;
	int *tid, *life;
	void (*fault_exit)(long again);
	const char *name;
	unsigned long affinity;
	unsigned char scheduled; /* UK_SCHEDULED_... */
	unsigned char detached;	 /* nobody waits for its end: there is no hurry with it */
	short policy;
	int priority;
};

enum {
	UK_SCHEDULED_INHERIT, /* as the creator */
	UK_SCHEDULED_POSIX,   /* by policy and priority, as POSIX counts */
	UK_SCHEDULED_LEVEL,   /* priority is the kernel's level, 0 to 63 */
};

/*
 * One thread for ps and thread_list(). Times in ns, priority 0 (lowest) to 63, as it was asked for
 * and as it is at the moment; the CPU it runs or ran on.
 */
struct uk_thread_info {
	int id;
	char name[16];
	unsigned char state; /* UK_THREAD_… */
	unsigned char priority;
	unsigned char cpu;
	unsigned char kernel; /* a thread of the kernel */
	unsigned char cpus;   /* of the machine */
	unsigned char policy; /* as SCHED_OTHER, SCHED_FIFO, SCHED_RR */
	unsigned char effective;
	unsigned long affinity;
	unsigned long run_ns;
};

enum { UK_THREAD_NEW, UK_THREAD_READY, UK_THREAD_RUNNING, UK_THREAD_BLOCKED, UK_THREAD_DEAD };
