/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of /proc say about the kernel. Docs: docs/terminal.md. */
#include <arch/cpu.h>
#include <arch/layout.h>
#include <base/compiler.h>
#include <dev/device.h>
#include <fs/procfs.h>
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/thread.h>
#include <mem/frame.h>
#include <mem/heap.h>

#define print fmt_format

/* One thread, copied with the table locked and printed without. */
struct thread_line {
	int32_t after; /* the one with the smallest id above is wanted */
	bool found;
	struct thread copy;
	uint64_t run_ms;
};

static void look_at_thread(const struct thread *thread, void *arg)
{
	struct thread_line *line = arg;

	if (thread->id <= line->after || (line->found && thread->id >= line->copy.id))
		return;
	line->found = true;
	line->copy = *thread;
	line->run_ms = thread_cpu_time_ns(thread) / NS_PER_MS;
}

static void show_threads(struct fmt_sink *out)
{
	static const char states[][8] = {"New", "Ready", "Running", "Blocked", "Exited"};
	struct thread_line *line = heap_alloc_zeroed(sizeof(*line));

	print(out, " [ TID] STATUS\tPRI\tLEVEL\tCPU\tMS\tNAME\n");
	while (line) {
		const struct thread *thread = &line->copy;

		line->found = false;
		thread_for_each(look_at_thread, line);
		if (!line->found)
			break;
		line->after = thread->id;
		print(out, "-[%4d] %s\t%s\t%u\t%u\t%lu\t\"%s\"\n", thread->id,
		      thread->state < ARRAY_SIZE(states) ? states[thread->state] : "?",
		      thread->kernel_only ? "KERNEL" : "USER", thread->priority,
		      thread->cpu ? thread->cpu->index : 0, (unsigned long)line->run_ms,
		      thread->name[0] ? thread->name : "system-thread");
	}
	heap_free(line);
}
PROC_FILE(threads) = {"threads", show_threads, NULL};

/* As the command `free` has always shown it. */
static void show_free(struct fmt_sink *out)
{
	struct frame_stats frames;

	frame_stats(&frames);
	print(out, "--------------- HEAP Memory ---------------\n");
	print(out, "Allocated kernel: %zu Bytes\n", heap_used());
	print(out, "------------ Physical Address -------------\n");
	print(out, "total: %zu Bytes\n", frames.total * PAGE_SIZE);
	print(out, "used:  %zu Bytes\n", (frames.total - frames.free) * PAGE_SIZE);
	print(out, "free:  %zu Bytes, largest piece: %zu Bytes\n", frames.free * PAGE_SIZE,
	      frames.largest_free * PAGE_SIZE);
}
PROC_FILE(free) = {"free", show_free, NULL};

static void show_interrupts(struct fmt_sink *out)
{
	const char *name;
	uint64_t count;
	unsigned line;

	print(out, " LINE      COUNT NAME\n");
	for (unsigned i = 0; irq_info(i, &line, &name, &count); i++)
		print(out, "%5u %10lu %s\n", line, (unsigned long)count, name);
}
PROC_FILE(interrupts) = {"interrupts", show_interrupts, NULL};

static void show_version(struct fmt_sink *out)
{
	print(out, "Unishyper %s for %s on %s\n", BUILD_VERSION, BUILD_MACHINE, BUILD_ARCH);
}
PROC_FILE(version) = {"version", show_version, NULL};

/* The boot words, one a line, without the quotes of the line. */
static void show_words(struct fmt_sink *out)
{
	const char *key, *value;

	for (unsigned i = 0; boot_word_at(i, &key, &value); i++)
		print(out, value ? "%s=%s\n" : "%s\n", key, value);
}
PROC_FILE(words) = {"words", show_words, NULL};

static void show_log(struct fmt_sink *out)
{
	size_t room = 8192;
	char *copy = heap_alloc(room);

	if (copy)
		out->write(out, copy, log_read_ring(copy, room));
	heap_free(copy);
}
PROC_FILE(log) = {"log", show_log, NULL};

static void show_level(struct fmt_sink *out)
{
	print(out, "%s\n", log_level_names[log_general_level()]);
}

/* "debug", or "module=debug". */
static int store_level(char *line)
{
	const char *module = NULL, *level = line;

	for (char *c = line; *c; c++) {
		if (*c != '=')
			continue;
		*c = '\0';
		module = line;
		level = c + 1;
		break;
	}
	return log_set_level(module, level);
}
PROC_FILE(loglevel) = {"loglevel", show_level, store_level};

/* Each device that was found, and the driver that has it. */
static void show_devices(struct fmt_sink *out)
{
	const struct device *device;
	const struct driver *driver;

	print(out, "DEVICE                   DRIVER\n");
	for (unsigned i = 0; device_info(i, &device, &driver); i++)
		print(out, "%-24s %s\n", device->name, driver ? driver->name : "-");
}
PROC_FILE(devices) = {"devices", show_devices, NULL};

SET_DECLARE(const struct driver, driver);

static void show_drivers(struct fmt_sink *out)
{
	SET_FOR_EACH (const struct driver, driver, driver) {
		print(out, "%-16s", driver->name);
		for (const char *const *known = driver->compatible; *known; known++)
			print(out, " %s", *known);
		print(out, "\n");
	}
}
PROC_FILE(drivers) = {"drivers", show_drivers, NULL};

static void show_cpus(struct fmt_sink *out)
{
	char name[48];

	arch_cpu_name(name, sizeof(name));
	for (unsigned i = 0; i < cpu_count; i++)
		print(out, "%u: %s, id %lx\n", i, name, (unsigned long)cpu_list[i]->hwid);
}
PROC_FILE(cpus) = {"cpus", show_cpus, NULL};
