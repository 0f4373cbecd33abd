/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instrument of PROFILE=watch: the longest times with interrupts off, each with its place in
 * the code. See docs/threads.md.
 */
#pragma once

#include <stdbool.h>

#ifdef IRQ_WATCH
/* Forget what was; do not count for a while (nests). Any context. */
void irq_watch_reset(void);
void irq_watch_pause(bool pause);
/* Say the worst at the machine's end: the other CPUs have stopped. */
void irq_watch_report(void);
#else
#define irq_watch_reset()      ((void)0)
#define irq_watch_pause(pause) ((void)0)
#define irq_watch_report()     ((void)0)
#endif
