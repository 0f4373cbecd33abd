/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of /proc for which the terminal has no command of its own: linked by procfs.c. */
#include <arch/layout.h>
#include <base/str.h>
#include <fs/mount.h>
#include <fs/path.h>
#include <fs/procfs.h>
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <mem/frame.h>
#include <mem/heap.h>

#define print fmt_format

static void show_meminfo(struct fmt_sink *out)
{
	struct frame_stats frames;

	frame_stats(&frames);
	print(out, "MemTotal:    %9zu kB\n", frames.total * (PAGE_SIZE / 1024));
	print(out, "MemFree:     %9zu kB\n", frames.free * (PAGE_SIZE / 1024));
	print(out, "LargestFree: %9zu kB\n", frames.largest_free * (PAGE_SIZE / 1024));
	print(out, "KernelHeap:  %9zu B\n", heap_used());
}

static void show_cmdline(struct fmt_sink *out)
{
	print(out, "%s\n", boot_info.line);
}

static void show_uptime(struct fmt_sink *out)
{
	uint64_t ms = clock_monotonic_ns() / NS_PER_MS;

	print(out, "%lu.%03lu\n", (unsigned long)(ms / 1000), (unsigned long)(ms % 1000));
}

static int show_mount(struct mount *mount, void *out)
{
	char path[256] = "/";

	if (mount->covered && path_of(mount->covered, path, sizeof(path)) < 0)
		str_copy(path, "?", sizeof(path));
	print(out, "%-8s %-6s %-16s %s\n", mount->source ? mount->source : "memory",
	      mount->ops->type, path, mount->read_only ? "ro" : "rw");
	return 0;
}

static void show_filesystems(struct fmt_sink *out)
{
	mount_for_each(show_mount, out);
}

extern const struct proc_file proc_files_only[];
const struct proc_file proc_files_only[] SECTION_SET_IF(proc_file, FILES_TERMINAL) = {
	{"meminfo", show_meminfo, NULL},
	{"cmdline", show_cmdline, NULL},
	{"uptime", show_uptime, NULL},
	{"filesystems", show_filesystems, NULL},
};
