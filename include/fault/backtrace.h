/* SPDX-License-Identifier: BSD-2-Clause */
/* Backtraces for reports. Any context: what may be bad memory is only peeked at. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

bool backtrace_in_text(uintptr_t address);

/* "0xADDRESS" and the end of the line; with SYMS=y " name+0xOFFSET" between them. */
void backtrace_print_place(uintptr_t pc);

/*
 * Lines "  #N 0xADDRESS" through log_raw(), from pc outwards, at most 16. The runner puts names and
 * lines behind them, with SYMS=y the image its names. `caller`: what the return address register
 * (or the top of the stack) says, else 0. It is the only trace of the caller when a function
 * without a frame of its own faulted, or a call went astray.
 */
void backtrace_print(uintptr_t pc, uintptr_t fp, uintptr_t caller);
