/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console: the machine's first serial line. Drivers register one; output before that is kept in
 * the log ring and shown when it appears. Input arrives in a ring that /dev/console reads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/list.h>

struct console {
	const char *name;
	/* Polled output of all bytes. Any context, called with the console lock held. */
	void (*write)(struct console *console, const char *text, size_t length);
	/* Start interrupt-driven input: bytes go to console_input(). Thread or early boot. */
	int (*start_input)(struct console *console);
	/* Room in the ring again after console_input() returned false. Thread. */
	void (*resume_input)(struct console *console);
};

void console_register(struct console *console);
/* From now on this one, chosen by a boot word. Before anything is read. */
void console_replace(struct console *console);
bool console_present(void);

/* Output, bytes unchanged. Any context. */
void console_write(const char *text, size_t length);

/* Output without locks, for panics. */
void console_write_panic(const char *text, size_t length);

/* Set when input starts, so that programs that read nothing do not link where it would go. */
struct console_sink {
	bool (*room)(void);
	bool (*put)(uint8_t byte);
};
extern const struct console_sink *console_sink;

/*
 * From the driver: is there room for a byte? If not, the driver leaves its FIFO alone, masks its
 * interrupt and waits for resume_input(). Interrupts off.
 */
static inline bool console_input_room(void)
{
	return console_sink->room();
}

/* From the driver: one byte; false when there was no room. Interrupts off. */
static inline bool console_input(uint8_t byte)
{
	return console_sink->put(byte);
}

/*
 * Called, unless NULL, when a byte arrives, with the lock under which console_read() looks and
 * interrupts off.
 */
extern void (*console_input_hook)(void);

/*
 * Asked, unless NULL, about each byte before it is stored, with no lock and interrupts off: true if
 * it is not for who reads.
 */
extern bool (*console_intercept)(uint8_t byte);

/*
 * Take up to `size` raw bytes; blocks until there is one or the deadline. Count, -ETIMEDOUT,
 * -EINTR, -ENODEV (no input here), -ENOMEM. The first call starts input; one caller at a time.
 * Thread.
 */
long console_read(uint8_t *buffer, size_t size, uint64_t deadline_ns);
