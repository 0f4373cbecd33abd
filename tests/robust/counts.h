/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that are the same before and after, but frames. */
#pragma once

struct robust_counts {
	unsigned long free_frames, heap_bytes, threads, files;
	unsigned long connections, half_open, orphans, ended, bound, listening, udp;
	unsigned long frames_in, frames_out, dropped;
	unsigned long busy_ns; /* CPU time of all threads: instructions, under icount */
};
