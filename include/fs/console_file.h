/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console as a file: standard input, output and error, /dev/console and /dev/tty.
 *
 * Two ways of working, chosen by the boot word `tty`:
 *   tty=off  bytes pass unchanged; on input ^D is the end of file for good and ^V quotes the next
 *            byte
 *   tty=on   a terminal: echo, line editing, ^C ends the program with 130; termios(3) changes it
 * Output is the same in both: bytes unchanged. Standard error goes to the runner's control channel
 * when the boot word logto=ctl is there and the channel, too.
 *
 * A program that never reads has no input: who reads calls tty_link() first, and only so the line
 * discipline is linked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file;
struct file_ops;
struct io;
struct poll_watch;

extern const struct file_ops console_file_ops;

/* Descriptors 0 and 1 share the first, as on a terminal. Never freed. */
extern struct file console_file, console_error_file;

/* Is the console a terminal? (tty=on) */
bool console_is_tty(void);

/* What fs/tty.c offers to fs/console_file.c. */
struct console_reader {
	long (*read)(struct file *file, struct io *io);
	int (*count)(void); /* bytes that a read would return without waiting */
	void (*flush)(void);
	uint32_t (*poll)(struct poll_watch *watch); /* as file_ops.poll */
};

extern const struct console_reader *console_reader;
void tty_begin(void);

static inline void tty_link(void)
{
	if (!__atomic_load_n(&console_reader, __ATOMIC_ACQUIRE))
		tty_begin();
}

/* The terminal's settings: struct termios as the kernel's interface lays it out. */
struct tty_settings {
	uint32_t input, output, control, local;
	uint8_t line;
	uint8_t chars[19];
};

extern struct tty_settings tty_settings;
