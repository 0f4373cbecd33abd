/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console input: the line discipline. It works when somebody reads, on the reader's thread: what is
 * typed before is echoed then. One reader at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <termios.h>

#include <base/bits.h>
#include <fs/console_file.h>
#include <fs/file.h>
#include <fs/io.h>
#include <fs/poll.h>
#include <kernel/clock.h>
#include <kernel/console.h>
#include <kernel/power.h>
#include <kernel/sem.h>

#define LINE_BYTES 1024

/* tty=off: what the sender puts before the end of the data, and before these two as data. */
#define PLAIN_END   0x04
#define PLAIN_QUOTE 0x16

static struct sem turn; /* whose holder reads, and owns: */
static uint8_t line[LINE_BYTES];
static unsigned length; /* bytes in the line that no reader took yet */
static bool complete;	/* the line being edited has ended */
static bool ended;	/* tty=off: the end of file was seen */
static bool quoted;	/* the next byte is data, whatever it is */

static struct poll_source source;

static bool has(uint32_t flag)
{
	return tty_settings.local & flag;
}

/* Is c the special character? Zero switches one off. */
static bool is(uint8_t c, unsigned which)
{
	return c && c == tty_settings.chars[which];
}

static bool is_control(uint8_t c)
{
	return c < ' ' || c == 127;
}

static void echo(uint8_t c)
{
	char text[2] = {(char)c};

	if (!has(ECHO) && !(c == '\n' && has(ECHONL)))
		return;
	if (!is_control(c) || c == '\n') {
		console_write(text, 1);
	} else if (c == '\t') { /* one column, so that erasing it is simple */
		console_write(" ", 1);
	} else {
		text[0] = '^';
		text[1] = (char)(c ^ 64);
		console_write(text, 2);
	}
}

/* Take the last character off the line: all its bytes, if it is UTF-8. */
static void erase(void)
{
	uint8_t c;

	do
		c = line[--length];
	while (length && (c & 0xc0) == 0x80);
	if (!has(ECHO))
		return;
	console_write("\b \b", 3);
	if (is_control(c) && c != '\t')
		console_write("\b \b", 3);
}

static void erase_word(void)
{
	while (length && line[length - 1] == ' ')
		erase();
	while (length && line[length - 1] != ' ')
		erase();
}

static void append(uint8_t c)
{
	/* The last byte is kept for the end of the line. */
	if (length < LINE_BYTES - 1 || c == '\n') {
		line[length++] = c;
		echo(c);
	} else {
		console_write("\a", 1);
	}
}

static void edit(uint8_t c)
{
	if (is(c, VERASE) || c == '\b') {
		if (length)
			erase();
	} else if (is(c, VKILL)) {
		while (length)
			erase();
	} else if (is(c, VWERASE)) {
		erase_word();
	} else if (is(c, VLNEXT)) {
		quoted = true;
	} else if (is(c, VEOF)) {
		complete = true;
	} else {
		append(c);
		complete = c == '\n' || is(c, VEOL);
	}
}

/* A byte typed at a terminal. */
static void feed(uint8_t c)
{
	if (quoted) {
		quoted = false;
		append(c);
		return;
	}
	if (c == '\r' && (tty_settings.input & ICRNL))
		c = '\n';
	if (has(ISIG) && (is(c, VINTR) || is(c, VQUIT))) {
		echo(c);
		echo('\n');
		power_end();
		power_exit(is(c, VINTR) ? 128 + 2 : 128 + 3); /* SIGINT, SIGQUIT */
	}
	if (has(ICANON))
		edit(c);
	else
		append(c);
}

/* A byte from the runner. */
static void feed_plain(uint8_t c)
{
	if (ended)
		return;
	if (!quoted && c == PLAIN_QUOTE)
		quoted = true;
	else if (!quoted && c == PLAIN_END)
		ended = true;
	else
		line[length++] = c, quoted = false;
}

/* Take in what there is, or wait for it. 0, -ETIMEDOUT or -EINTR. */
static long fill(bool tty, uint64_t deadline_ns)
{
	uint8_t chunk[128];
	size_t room = MIN(sizeof(line) - length, sizeof(chunk));
	long n;

	/* What is behind the end of a line is not looked at before the line was read. */
	n = console_read(chunk, tty && has(ICANON) ? 1 : room, deadline_ns);
	for (long i = 0; i < n; i++) {
		if (tty)
			feed(chunk[i]);
		else
			feed_plain(chunk[i]);
	}
	return MIN(n, 0L);
}

/* Bytes to hand out at once: fewer than `want` only at an end; -1: there must come more first. */
static long ready(bool tty, size_t want)
{
	if (tty && has(ICANON))
		return complete ? (long)length : -1;
	return length >= want || ended ? (long)length : -1;
}

/* Until when to wait for the next byte; VMIN and VTIME as [POSIX.1-2017, XBD 11.1.7] tells. */
static uint64_t deadline(const struct file *file, bool tty)
{
	uint64_t time_ns = tty_settings.chars[VTIME] * 100 * NS_PER_MS;

	if (file->flags & O_NONBLOCK)
		return 0;
	if (!tty || has(ICANON))
		return DEADLINE_NEVER;
	if (tty_settings.chars[VMIN] && (!length || !time_ns))
		return DEADLINE_NEVER;
	return time_ns ? clock_monotonic_ns() + time_ns : 0;
}

static long hand_out(struct io *io)
{
	size_t taken = io_out(io, line, length);

	length -= (unsigned)taken;
	memmove(line, line + taken, length);
	if (!length)
		complete = false;
	return io_result(io);
}

static long read_locked(struct file *file, struct io *io)
{
	bool tty = console_is_tty();
	size_t want = tty ? MIN(io->left, (size_t)tty_settings.chars[VMIN]) : 1;
	long error = 0;

	while (!error && ready(tty, MAX(want, (size_t)1)) < 0)
		error = fill(tty, deadline(file, tty));
	/* Time is up: in raw mode what has come will do. */
	if (error == -ETIMEDOUT && tty && !has(ICANON) && (length || !(file->flags & O_NONBLOCK)))
		error = 0;
	if (error)
		return error == -ETIMEDOUT ? -EAGAIN : error;
	return hand_out(io);
}

static void input_arrived(void)
{
	poll_notify(&source, POLL_READABLE);
}

static void tell_watches(void)
{
	struct irq_state state = arch_irq_save();

	poll_notify_watches(&source, POLL_READABLE);
	arch_irq_restore(state);
}

static long tty_read(struct file *file, struct io *io)
{
	long result;

	if (!io->left)
		return 0;
	result = sem_acquire(&turn, file->flags & O_NONBLOCK ? 0 : DEADLINE_NEVER);
	if (result)
		return result == -ETIMEDOUT ? -EAGAIN : result;
	result = read_locked(file, io);
	sem_release(&turn);
	/* Who polled while we had the turn saw nothing, and perhaps we have left something. */
	tell_watches();
	return result;
}

static int tty_count(void)
{
	bool tty = console_is_tty();
	long count;

	if (sem_acquire(&turn, 0)) /* somebody waits for input: there is none */
		return 0;
	do
		count = ready(tty, LINE_BYTES);
	while (count < 0 && length < LINE_BYTES - 1 && !fill(tty, 0));
	if (count < 0 && !(tty && has(ICANON)))
		count = length;
	sem_release(&turn);
	return count < 0 ? 0 : (int)count;
}

static uint32_t tty_poll(struct poll_watch *watch)
{
	__atomic_store_n(&console_input_hook, input_arrived, __ATOMIC_RELAXED);
	poll_watch_add(&source, watch);
	return tty_count() || READ_ONCE(complete) || READ_ONCE(ended) ? POLL_READABLE : 0;
}

static void tty_flush(void)
{
	uint8_t chunk[64];

	if (sem_acquire(&turn, 0))
		return;
	while (console_read(chunk, sizeof(chunk), 0) > 0)
		;
	length = 0;
	complete = quoted = false;
	sem_release(&turn);
}

void tty_begin(void)
{
	static const struct console_reader input = {
		.read = tty_read,
		.count = tty_count,
		.flush = tty_flush,
		.poll = tty_poll,
	};
	static struct spinlock lock;
	struct irq_state state = spinlock_lock(&lock);

	if (!console_reader) {
		sem_setup(&turn, 1);
		poll_source_init(&source);
		__atomic_store_n(&console_reader, &input, __ATOMIC_RELEASE);
	}
	spinlock_unlock(&lock, state);
}
