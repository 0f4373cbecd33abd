/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports of faults: one screen that says what happened, where, in which thread and for lack of
 * what, the log's last lines, registers and backtrace, and what comes next. The last line is for
 * programs; in= is program, kernel or interrupt:
 *
 *	fault: kind=null-pointer pc=0x1000000510 address=0x0 thread=100 cpu=0 in=program
 *
 * Backtrace lines are "  #N 0xADDRESS" and nothing else (fault/backtrace.h): the runner puts names
 * and lines behind them.
 */
#pragma once

#include <stdint.h>

struct trap_frame;
struct fault_info;

/*
 * A fault of the program. Thread context of the faulting thread; may block while another one
 * reports.
 */
void fault_report(const struct trap_frame *frame, const struct fault_info *info);

/* The signal number that Linux gives a fault of this kind. */
int fault_signal(const struct trap_frame *frame, const struct fault_info *info);

/*
 * The same screen for a fault of the kernel, and for a panic without a frame. Any context, the log
 * in panic mode: takes no lock. Returns the name of the fault.
 */
const char *fault_report_kernel(const struct trap_frame *frame, const struct fault_info *info);
void fault_report_panic(uintptr_t fp); /* frame pointer of the function that gave up */

/* A signal ends the program as if by a fault: abort(). Thread. */
void fault_report_signal(int number, uintptr_t fp);

/* Traps in application mode, after a canary was overwritten; fault_report() knows the address. */
_Noreturn void fault_canary_trap(void);
