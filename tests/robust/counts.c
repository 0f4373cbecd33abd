/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the kernel: what main.c reports. */
#include "counts.h"

#include <base/guard.h>
#include <kernel/thread.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <net/counts.h>
#include <posix/fd.h>

static void add_time(const struct thread *thread, void *sum)
{
	*(unsigned long *)sum += thread_cpu_time_ns(thread);
}

void uk_sys_robust_counts(struct robust_counts *counts);
void uk_sys_robust_counts(struct robust_counts *counts)
{
	struct net_counts net;
	unsigned long busy = 0, files = 0;

	net_count(&net);
	thread_for_each(add_time, &busy);
	for (int fd = 0; fd < FD_MAX; fd++) {
		struct file *file CLEANUP(fd_drop) = fd_get(fd);

		files += file != NULL;
	}
	*counts = (struct robust_counts){
		.free_frames = frame_free_count(),
		.heap_bytes = heap_used(),
		.threads = thread_count(),
		.files = files,
		.connections = net.connections,
		.half_open = net.half_open,
		.orphans = net.orphans,
		.ended = net.ended,
		.bound = net.bound,
		.listening = net.listening,
		.udp = net.udp,
		.frames_in = net.frames_in,
		.frames_out = net.frames_out,
		.dropped = net.dropped,
		.busy_ns = busy,
	};
}
