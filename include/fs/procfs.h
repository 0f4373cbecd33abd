/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc: facts of the kernel as text, in images with TERMINAL=y. A file is one function that writes
 * the whole text; it is called when the file is opened, twice (to measure and to fill), in a thread
 * with nothing locked. Any file below fs/ or net/ may have its own:
 *
 *	PROC_FILE(uptime) = {"uptime", show_uptime};
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

#define PROC_FILE(id) static const struct proc_file proc_##id SECTION_SET_IF(proc_file, TERMINAL)
