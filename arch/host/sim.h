/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several simulated CPUs in one thread of the host, which run the kernel's own scheduler. Each of
 * the kernel's threads is a fiber; a CPU gives way to another one where the kernel calls a
 * function, masks interrupts or spins, as a random number says, so each seed is another order of
 * events, and the same seed always the same. The counter moves with the steps and jumps to the next
 * timer when all CPUs idle.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SIM_CPUS_MAX 8
#define SIM_HZ	     62500000UL

/*
 * Boot `cpus` CPUs and run main() as a thread of priority 16. Returns when nothing can happen any
 * more: all CPUs idle and no timer is set; or with false when `steps` were not enough, or a rule is
 * broken (the reason is in sim_wrong).
 */
bool sim_run(unsigned cpus, uint64_t seed, uint64_t steps, void (*main)(void *arg));
extern char sim_wrong[200];

/* Counts the counter moves for one step, at most. */
extern unsigned sim_speed;

/* One in so many places gives way. */
extern unsigned sim_switch_rarely;

/*
 * For threads: compute for so many counts; be asked whether to give way; random numbers of this
 * run.
 */
void sim_work(uint64_t counts);
void sim_point(void);
uint64_t sim_random(uint64_t limit);

/* The CPU the calling thread is on at this moment. */
unsigned sim_cpu(void);

/* Blocks, stacks and threads that are out, to be compared with what was out before. */
extern unsigned sim_stacks, sim_blocks;

/* Interrupts between CPUs so far. */
extern uint64_t sim_ipis;
