/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts of the kernel as text, in images with TERMINAL=y. A fact is one function that writes the
 * whole text; it is called twice (to measure and to fill), in a thread with nothing locked: by
 * fact_read() (posix/fact.c), and, in images with files, when the file of that name in /proc is
 * opened. Any file below fs/ or net/ may have its own:
 *
 *	PROC_FILE(uptime) = {"uptime", show_uptime};
 *
 * A name may be in a folder, "net/arp". PROC_FILE_IF(NET_TERMINAL, id) is there with NET=y, too.
 */
#pragma once

#include <base/compiler.h>
#include <base/fmt.h>

struct proc_file {
	const char *name;
	void (*show)(struct fmt_sink *out);
	/* Something was written: a line without its end. 0 or a negative errno. NULL: read only. */
	int (*store)(char *line);
};

#define PROC_FILE_IF(option, id)                                                                   \
	static const struct proc_file proc_##id SECTION_SET_IF(proc_file, option)
#define PROC_FILE(id) PROC_FILE_IF(TERMINAL, id)
