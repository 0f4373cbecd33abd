/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel log: lines "[ssss.mmm][I][module] text" to the console (or the control channel) and
 * into a ring that can be read later. Any context; a line is never split by another.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <base/compiler.h>

enum log_level { LOG_OFF, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/* The build's LOG=; the boot word log= can lower or raise the run-time level up to this bound. */
#ifndef LOG_BUILD_LEVEL
#define LOG_BUILD_LEVEL LOG_INFO
#endif

/* One for each source file that logs: LOG_MODULE(sched) at file scope. */
struct log_module {
	const char *name;
	uint8_t level; /* LOG_… shown; 0xff: the general level */
};
#define LOG_MODULE(id)                                                                             \
	static struct log_module log_module_self SECTION_SET(log_module) = {#id, 0xff}
/* Of a file that only images with an option have. */
#define LOG_MODULE_IF(option, id)                                                                  \
	static struct log_module log_module_self SECTION_SET_IF(log_module, option) = {#id, 0xff}

#define log_at(lvl, ...)                                                                           \
	do {                                                                                       \
		if ((lvl) <= LOG_BUILD_LEVEL)                                                      \
			log_write(&log_module_self, (lvl), __VA_ARGS__);                           \
	} while (0)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_trace(...) log_at(LOG_TRACE, __VA_ARGS__)

void log_write(const struct log_module *module, int level, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Text without prefix or level check: crash reports. Any context. */
void log_raw(const char *format, ...) PRINTF_LIKE(1, 2);

/* Levels: "warn", "debug", …; module NULL is the general level. 0 or -EINVAL. */
int log_set_level(const char *module, const char *level);
int log_general_level(void);
extern const char log_level_names[6][6]; /* by level */

/* Send the log to the control channel instead of the console (boot word logto=ctl). */
void log_use_control_channel(void);

/* Copy of the ring's last bytes into buffer; returns the length. */
size_t log_read_ring(char *buffer, size_t size);

/* Show the ring's last lines again, without those of log_raw(): crash reports. Any context. */
void log_show_last(unsigned lines);

/* A console appeared: show it what the ring holds. */
void log_flush_ring(void);

/* From now on: no locks, polled output (panic). */
void log_enter_panic(void);
