/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/console_file.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include <arch/power.h>
#include <base/str.h>
#include <fs/file.h>
#include <fs/io.h>
#include <fs/poll.h>
#include <kernel/boot.h>
#include <kernel/console.h>
#include <mem/user.h>

#define CHUNK 256 /* of the kernel stack; output of that size is not mixed with other threads' */

const struct console_reader *console_reader; /* atomic; NULL: nobody reads */

/* What a terminal is at first: 38400 baud, 8 bits; ^C ^\ DEL ^U ^D, one byte at least, …, ^W ^V. */
struct tty_settings tty_settings = {
	.input = ICRNL | IUTF8,
	.output = OPOST,
	.control = B38400 | CS8 | CREAD | CLOCAL,
	.local = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.chars = {[VINTR] = 3,
		  [VQUIT] = 28,
		  [VERASE] = 127,
		  [VKILL] = 21,
		  [VEOF] = 4,
		  [VMIN] = 1,
		  [VSUSP] = 26,
		  [VWERASE] = 23,
		  [VLNEXT] = 22},
};

STATIC_ASSERT(sizeof(struct tty_settings) == 36);

bool console_is_tty(void)
{
	static uint8_t answer; /* 0: not asked yet */

	if (!answer)
		answer = boot_word_is("tty", "off") ? 1 : 2;
	return answer == 2;
}

/*
 * Standard error, if it belongs to the runner's channel. That carries strings: zeros are left out.
 * How much was written; the rest belongs to the console.
 */
static size_t write_control(char *text, size_t length)
{
	static uint8_t wanted; /* 0: not asked yet */
	char *at = text, *end = text + length;

	if (!wanted)
		wanted = boot_word_is("logto", "ctl") ? 2 : 1;
	if (wanted == 1)
		return 0;
	*end = 0;
	while (at < end && arch_control_write(at))
		at += str_length(at) + 1;
	return at < end ? (size_t)(at - text) : length;
}

static long console_file_write(struct file *file, struct io *io, int64_t offset)
{
	char chunk[CHUNK + 1];
	size_t n, gone;

	(void)offset;
	while ((n = io_in(io, chunk, CHUNK))) {
		gone = file == &console_error_file ? write_control(chunk, n) : 0;
		if (gone < n)
			console_write(chunk + gone, n - gone);
	}
	return io_result(io);
}

static long console_file_read(struct file *file, struct io *io, int64_t offset)
{
	const struct console_reader *input = __atomic_load_n(&console_reader, __ATOMIC_RELAXED);

	(void)offset;
	return input ? input->read(file, io) : -EIO;
}

static uint32_t console_file_poll(struct file *file, struct poll_watch *watch)
{
	const struct console_reader *input = __atomic_load_n(&console_reader, __ATOMIC_RELAXED);

	(void)file;
	return POLL_WRITABLE | (input ? input->poll(watch) : 0);
}

/* [ioctl_tty(2)] */
static long console_file_ioctl(struct file *file, unsigned request, void *user)
{
	const struct console_reader *input = __atomic_load_n(&console_reader, __ATOMIC_RELAXED);
	static const struct winsize size = {.ws_row = 24, .ws_col = 80};
	struct tty_settings settings;
	int count;

	(void)file;
	if (request == FIONREAD) {
		count = input ? input->count() : 0;
		return user_copy_out(user, &count, sizeof(count));
	}
	if (!console_is_tty())
		return -ENOTTY;
	switch (request) {
	case TIOCGWINSZ:
		return user_copy_out(user, &size, sizeof(size));
	case TCGETS:
		return user_copy_out(user, &tty_settings, sizeof(tty_settings));
	case TCSETSF:
	case TCFLSH:
		if (input && (request == TCSETSF || (uintptr_t)user != TCOFLUSH))
			input->flush();
		if (request == TCFLSH)
			return 0;
		/* fall through */
	case TCSETS:
	case TCSETSW:
		if (user_copy_in(&settings, user, sizeof(settings)))
			return -EFAULT;
		tty_settings = settings;
		return 0;
	case TCSBRK: /* output has left when the call that wrote it returns */
		return 0;
	default:
		return -ENOTTY;
	}
}

const struct file_ops console_file_ops = {
	.mode = S_IFCHR | 0620,
	.read = console_file_read,
	.write = console_file_write,
	.poll = console_file_poll,
	.ioctl = console_file_ioctl,
};

struct file console_file = {
	.ops = &console_file_ops,
	.refs = 3, /* two descriptors and one that never goes away */
	.flags = O_RDWR,
	.rights = FILE_READ | FILE_WRITE,
};

struct file console_error_file = {
	.ops = &console_file_ops,
	.refs = 2,
	.flags = O_RDWR,
	.rights = FILE_READ | FILE_WRITE,
};
