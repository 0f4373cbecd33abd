/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log. A line is put together on the stack, then goes into the ring and out in one piece.
 * Before there is a console it waits in the ring.
 */
#include <errno.h>

#include <arch/power.h>
#include <base/bits.h>
#include <base/fmt.h>
#include <base/ring.h>
#include <base/str.h>
#include <kernel/clock.h>
#include <kernel/console.h>
#include <kernel/cpu.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>

#define LINE_MAX      200
#define RING_SIZE     2048
#define LEVEL_GENERAL 0xff

SET_DECLARE(struct log_module, log_module);

static uint8_t ring_bytes[RING_SIZE];
static struct ring ring = RING_INIT(ring_bytes);
static struct spinlock log_lock; /* the ring */
static uint8_t general_level = LOG_BUILD_LEVEL;
static bool to_control, in_panic;

const char log_level_names[][6] = {"off", "error", "warn", "info", "debug", "trace"};

static void out(const char *text, size_t length)
{
	if (to_control && arch_control_write(text))
		return;
	if (in_panic)
		console_write_panic(text, length);
	else
		console_write(text, length);
}

/* `text` has an ending zero behind its length. */
static void emit(const char *text, size_t length)
{
	struct irq_state state;

	if (in_panic) {
		ring_write_over(&ring, text, (uint32_t)length);
		out(text, length);
		return;
	}
	state = spinlock_lock(&log_lock);
	ring_write_over(&ring, text, (uint32_t)length);
	out(text, length);
	spinlock_unlock(&log_lock, state);
}

void log_flush_ring(void)
{
	struct irq_state state = spinlock_lock(&log_lock);
	uint32_t from = ring.tail % RING_SIZE, count = ring_count(&ring);
	uint32_t first = MIN(count, RING_SIZE - from);

	if (!to_control) {
		out((const char *)ring_bytes + from, first);
		out((const char *)ring_bytes, count - first);
	}
	spinlock_unlock(&log_lock, state);
}

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	char line[LINE_MAX];
	uint64_t ms;
	size_t length;
	va_list args;

	if (level > (module->level == LEVEL_GENERAL ? general_level : module->level))
		return;
	ms = clock_monotonic_ns() / NS_PER_MS;
	length = fmt_string(line, sizeof(line), "[%04lu.%03lu][%s][%s] ",
			    (unsigned long)(ms / 1000), (unsigned long)(ms % 1000),
			    &"E\0\0\0\0WARN\0I\0\0\0\0D\0\0\0\0T"[(level - 1) * 5], module -> name);
	va_start(args, format);
	length += fmt_vstring(line + length, sizeof(line) - length, format, args);
	va_end(args);
	if (length > LINE_MAX - 2)
		length = LINE_MAX - 2;
	line[length++] = '\n';
	line[length] = '\0';
	emit(line, length);
}

void log_raw(const char *format, ...)
{
	char line[LINE_MAX];
	size_t length;
	va_list args;

	va_start(args, format);
	length = fmt_vstring(line, sizeof(line), format, args);
	va_end(args);
	emit(line, length < LINE_MAX ? length : LINE_MAX - 1);
}

int log_set_level(const char *module, const char *level)
{
	for (unsigned i = 0; i < ARRAY_SIZE(log_level_names); i++) {
		bool found = !module;

		if (!str_equal(log_level_names[i], level))
			continue;
		if (!module)
			general_level = (uint8_t)i;
		SET_FOR_EACH (struct log_module, log_module, m) {
			if (module && str_equal(m->name, module)) {
				m->level = (uint8_t)i;
				found = true;
			}
		}
		return found ? 0 : -EINVAL;
	}
	return -EINVAL;
}

int log_general_level(void)
{
	return general_level;
}

void log_use_control_channel(void)
{
	to_control = true;
}

size_t log_read_ring(char *buffer, size_t size)
{
	struct irq_state state = spinlock_lock(&log_lock);
	uint32_t count = ring_count(&ring), skip = count > size ? count - (uint32_t)size : 0;

	count = ring_peek(&ring, skip, buffer, (uint32_t)size);
	spinlock_unlock(&log_lock, state);
	return count;
}

/* Lines of log_write(), and no others, begin so; before the first one there are zeros. */
static bool line_begins(uint32_t at)
{
	return ring_bytes[at % RING_SIZE] == '[' && ring_bytes[(at - 1) % RING_SIZE] <= '\n';
}

/* One report at a time, and without the lock: what others write meanwhile may garble a line. */
void log_show_last(unsigned lines)
{
	static char text[2];
	uint32_t head = ring.head, at;
	bool show = false;

	for (at = head; at != ring.tail && lines; at--)
		lines -= line_begins(at - 1);
	for (; at != head; at++) {
		bool begins = line_begins(at);

		show = (show && text[0] != '\n') || begins;
		text[0] = (char)ring_bytes[at % RING_SIZE];
		if (show)
			out(begins ? "  | [" : text, begins ? 5 : 1);
	}
}

void log_enter_panic(void)
{
	in_panic = true;
}
