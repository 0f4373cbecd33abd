/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console. Output is polled under one lock, so that a line of the log is never inside one of
 * the program. Input goes through a ring that exists from the first read on.
 */
#include <errno.h>

#include <base/bits.h>
#include <base/ring.h>
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/console.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>
#include <kernel/waitq.h>
#include <mem/frame.h>
#include <mem/linear.h>

#define INPUT_SIZE 4096 /* a frame */

const struct console_sink *console_sink;
void (*console_input_hook)(void);
bool (*console_intercept)(uint8_t byte);

static struct console *console;
static struct spinlock output_lock;

/* Guarded by input_queue.lock. */
static struct waitq input_queue;
static struct ring input;
static bool input_full; /* the driver waits for room */

void console_register(struct console *candidate)
{
	if (console)
		return;
	console = candidate;
	log_flush_ring();
}

void console_replace(struct console *better)
{
	struct irq_state state = spinlock_lock(&output_lock);

	console = better;
	spinlock_unlock(&output_lock, state);
}

bool console_present(void)
{
	return console;
}

void console_write(const char *text, size_t length)
{
	struct irq_state state = spinlock_lock(&output_lock);

	if (console)
		console->write(console, text, length);
	spinlock_unlock(&output_lock, state);
}

void console_write_panic(const char *text, size_t length)
{
	if (console)
		console->write(console, text, length);
}

static bool input_room(void)
{
	struct irq_state state = waitq_lock(&input_queue);
	bool room = input.data && ring_room(&input);

	if (!room)
		input_full = true;
	waitq_unlock(&input_queue, state);
	return room;
}

static bool input_put(uint8_t byte)
{
	struct irq_state state;
	bool stored;

	if (console_intercept && console_intercept(byte))
		return true;
	state = waitq_lock(&input_queue);
	stored = input.data && ring_put(&input, byte);

	if (stored) {
		waitq_wake(&input_queue, 0, 1);
		if (console_input_hook)
			console_input_hook();
	} else {
		input_full = true;
	}
	waitq_unlock(&input_queue, state);
	return stored;
}

static int start_input(void)
{
	static const struct console_sink sink = {.room = input_room, .put = input_put};
	uint64_t frame; /* a block of the heap's would need a second one for its header */
	int error;

	if (!console || !console->start_input)
		return -ENODEV;
	frame = frame_alloc();
	if (!frame)
		return -ENOMEM;
	waitq_init(&input_queue);
	ring_init(&input, linear_address(frame), INPUT_SIZE);
	console_sink = &sink;
	error = console->start_input(console);
	if (error) {
		input.data = NULL;
		frame_free(frame);
	}
	return error;
}

/*
 * 0: look again. QEMU notes input of a run that is recorded only when the machine does something:
 * the boot word lets it wake now and then.
 */
static int wait_for_input(struct irq_state *state, uint64_t deadline_ns)
{
	static uint8_t recorded; /* 0: not asked yet */
	uint64_t soon;
	int error;

	if (!recorded)
		recorded = boot_flag("recorded") ? 2 : 1;
	if (recorded == 1)
		return waitq_sleep(&input_queue, state, 0, deadline_ns);
	soon = clock_monotonic_ns() + 10 * NS_PER_MS;
	error = waitq_sleep(&input_queue, state, 0, MIN(soon, deadline_ns));
	return error == -ETIMEDOUT && soon < deadline_ns ? 0 : error;
}

long console_read(uint8_t *buffer, size_t size, uint64_t deadline_ns)
{
	struct irq_state state;
	bool resume;
	long count;
	int error = 0;

	if (!input.data && (error = start_input()))
		return error;
	state = waitq_lock(&input_queue);
	while (!ring_count(&input) && !error)
		error = wait_for_input(&state, deadline_ns);
	count = ring_read(&input, buffer, (uint32_t)(size < INPUT_SIZE ? size : INPUT_SIZE));
	resume = input_full && ring_room(&input) >= INPUT_SIZE / 2;
	if (resume)
		input_full = false;
	waitq_unlock(&input_queue, state);
	if (resume && console->resume_input)
		console->resume_input(console);
	return count ? count : error;
}
