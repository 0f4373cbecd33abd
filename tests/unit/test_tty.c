/* SPDX-License-Identifier: BSD-2-Clause */
// flags: -Iinclude/arch/host -Iarch/host
// sources: arch/host/mapping.c arch/host/services.c kernel/spinlock.c lib/str.c fs/console_file.c fs/file.c
// sources: fs/inode.c fs/io.c fs/poll.c fs/tty.c posix/fd.c posix/file_descriptor.c posix/file_read.c
// sources: posix/file_transfer.c posix/file_write.c fs/flock.c fs/inode_file.c arch/host/no_inodes.c
/* The console as a terminal: tty=on. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <posix/syscalls.h>

#include "services.h"
#include "unit.h"

#include "../../posix/record_lock.h"

/* No record is locked here. */
long record_lock(struct file *file, int command, void *user)
{
	(void)file, (void)command, (void)user;
	return -ENOLCK;
}

/* What is typed from here on; and forget what was shown. */
static void type(const char *text)
{
	host_boot_words = "tty=on";
	host_input = text;
	host_input_length = strlen(text);
	host_console_length = 0;
	host_console[0] = 0;
}

/* A read of `size` bytes gives `text`. */
static bool reads(size_t size, const char *text)
{
	char buffer[2000];
	long n = sys_read(0, buffer, size);

	return n == (long)strlen(text) && !memcmp(buffer, text, (size_t)n);
}

static bool shown(const char *text)
{
	bool same = !strcmp(host_console, text);

	if (!same)
		fprintf(stderr, "shown: %s\n", host_console);
	host_console_length = 0;
	host_console[0] = 0;
	return same;
}

static struct termios settings(void)
{
	struct termios termios;

	memset(&termios, 0, sizeof(termios));
	sys_ioctl(0, TCGETS, (uintptr_t)&termios);
	return termios;
}

static void set(struct termios termios)
{
	sys_ioctl(0, TCSETS, (uintptr_t)&termios);
}

TEST(it_says_that_it_is_a_terminal)
{
	struct winsize size;

	type("");
	CHECK(!sys_ioctl(1, TIOCGWINSZ, (uintptr_t)&size) && size.ws_col == 80 &&
	      size.ws_row == 24);
	CHECK(settings().c_lflag & ICANON && settings().c_cc[VINTR] == 3);
	CHECK(sys_ioctl(1, TIOCSPGRP, 0) == -ENOTTY && sys_ioctl(1, TCGETS, 1) == -EFAULT);
	CHECK(sys_ioctl(9, TCGETS, 0) == -EBADF);
}

TEST(a_line_comes_when_it_ends)
{
	type("one\rtwo\nthree");
	CHECK(reads(100, "one\n") && shown("one\n"));
	CHECK(reads(2, "tw") && reads(0, "") && reads(100, "o\n") && shown("two\n"));
	CHECK(sys_read(0, (char[9]){0}, 9) == -EINTR && shown("three"));
	type("\n");
	CHECK(reads(100, "three\n") && shown("\n"));
}

TEST(editing)
{
	type("abx\x7f"
	     "c\n");
	CHECK(reads(100, "abc\n") && shown("abx\b \bc\n"));
	type("\x7f\b\x15x\x7f\x7f"
	     "a\bb\n");
	CHECK(reads(100, "b\n") && shown("x\b \ba\b \bb\n"));
	type("one two  \x17three\n");
	CHECK(reads(100, "one three\n") && shown("one two  \b \b\b \b\b \b\b \b\b \bthree\n"));
	type("abc\x15"
	     "d\n");
	CHECK(reads(100, "d\n") && shown("abc\b \b\b \b\b \bd\n"));
	/* Two bytes, one character; a control character, two columns; a quoted one. */
	type("a\xc3\xa4\x7f"
	     "b\x01\x7f\x16\x04\x16\x7f\n");
	CHECK(reads(100, "ab\x04\x7f\n") && shown("a\xc3\xa4\b \bb^A\b \b\b \b^D^?\n"));
	type("a\tb\n");
	CHECK(reads(100, "a\tb\n") && shown("a b\n"));
}

TEST(end_of_file_is_for_one_read)
{
	type("\x04");
	CHECK(reads(100, ""));
	type("ab\x04"
	     "c\n\x04");
	CHECK(reads(100, "ab") && reads(100, "c\n") && reads(100, "") && shown("abc\n"));
}

TEST(a_line_that_is_too_long_loses_its_middle)
{
	char text[1400], expected[1025];

	memset(text, 'x', sizeof(text));
	text[1398] = '\n';
	text[1399] = 0;
	memset(expected, 'x', 1023);
	strcpy(expected + 1023, "\n");
	type(text);
	CHECK(reads(2000, expected) && strchr(host_console, '\a'));
}

TEST(raw_bytes_come_at_once)
{
	struct termios old = settings(), raw = old;
	int count;

	raw.c_lflag &= ~(ICANON | ECHO | ISIG);
	raw.c_iflag &= ~ICRNL;
	set(raw);
	type("a\r\x03\x04\x7f");
	CHECK(!sys_ioctl(0, FIONREAD, (uintptr_t)&count) && count == 5);
	CHECK(reads(2, "a\r") && reads(100, "\x03\x04\x7f") && shown(""));
	CHECK(!sys_ioctl(0, FIONREAD, (uintptr_t)&count) && count == 0);
	/* VMIN bytes, or as many as were asked for. */
	raw.c_cc[VMIN] = 3;
	set(raw);
	type("abcdef");
	CHECK(reads(2, "ab") && reads(9, "cdef"));
	type("gh");
	CHECK(sys_read(0, (char[9]){0}, 9) == -EINTR);
	type("i");
	CHECK(reads(9, "ghi"));
	/* VTIME between bytes; VMIN 0: nothing is an answer. */
	raw.c_cc[VTIME] = 1;
	set(raw);
	type("x");
	CHECK(reads(9, "x"));
	raw.c_cc[VMIN] = 0;
	set(raw);
	type("");
	CHECK(reads(9, ""));
	type("yz");
	CHECK(reads(9, "yz"));
	set(old);
	CHECK(settings().c_lflag == old.c_lflag);
}

TEST(not_waiting)
{
	struct termios termios = settings();
	int count;

	CHECK(!sys_fcntl(0, F_SETFL, O_NONBLOCK));
	type("");
	CHECK(sys_read(0, (char[9]){0}, 9) == -EAGAIN);
	type("half");
	CHECK(sys_read(0, (char[9]){0}, 9) == -EAGAIN);
	CHECK(!sys_ioctl(0, FIONREAD, (uintptr_t)&count) && count == 0);
	type("\n");
	CHECK(!sys_ioctl(0, FIONREAD, (uintptr_t)&count) && count == 5);
	CHECK(reads(9, "half\n"));
	/* Flushing forgets what was typed. */
	type("lost");
	CHECK(sys_read(0, (char[9]){0}, 9) == -EAGAIN);
	type("lost, too\n");
	CHECK(!sys_ioctl(0, TCSETSF, (uintptr_t)&termios));
	type("kept\n");
	CHECK(reads(9, "kept\n") && !sys_ioctl(0, TCFLSH, TCIFLUSH) && !sys_ioctl(0, TCSBRK, 1));
	CHECK(!sys_fcntl(0, F_SETFL, 0));
}

TEST(without_echo)
{
	struct termios old = settings(), quiet = old;

	quiet.c_lflag &= ~ECHO;
	set(quiet);
	type("secret\x7f\n");
	CHECK(reads(9, "secre\n") && shown(""));
	quiet.c_lflag |= ECHONL;
	set(quiet);
	type("secret\n");
	CHECK(reads(9, "secret\n") && shown("\n"));
	set(old);
}

/* The last: it leaves in the middle of a read. */
TEST(interrupt_ends_the_program)
{
	int how;

	type("ab\x03");
	if ((how = setjmp(host_stop)) == 0)
		reads(10, "");
	CHECK(how == 2 && host_exit_status == 130 && shown("ab^C\n"));
}
