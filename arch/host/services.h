/* SPDX-License-Identifier: BSD-2-Clause */
/* What unit tests of files can tell the services below, and ask them. */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory: blocks and frames that are out, and how many frames there are. */
extern size_t host_blocks, host_frames, host_frame_limit;
/* What frame_total_count() says. */
extern size_t host_frame_total;
/* The heap's next allocations: fail when this counts down to 0; negative: never. */
extern long host_heap_fails_after;

/* Application addresses that are not there. */
extern uintptr_t host_hole_start, host_hole_end;

/* The kernel stopped or the program ended: where to go on, and with what words. */
extern jmp_buf host_stop;
extern char host_stop_reason[128];
extern int host_exit_status;

/* The boot line's words, "key=value key=value". */
extern const char *host_boot_words;

/* The console: what came out, and what is to be read. With nothing left, a reader's time is up. */
extern char host_console[65536];
extern size_t host_console_length;
extern const char *host_input;
extern size_t host_input_length;
extern char host_control[4096];
extern bool host_control_present;

extern uint64_t host_time_ns;
