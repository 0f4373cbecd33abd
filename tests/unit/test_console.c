/* SPDX-License-Identifier: BSD-2-Clause */
// flags: -Iinclude/arch/host -Iarch/host
// sources: arch/host/mapping.c arch/host/services.c kernel/spinlock.c lib/str.c fs/console_file.c fs/file.c
// sources: fs/inode.c fs/io.c fs/poll.c fs/tty.c posix/fd.c posix/file_descriptor.c posix/file_read.c
// sources: posix/file_transfer.c posix/file_write.c fs/flock.c fs/inode_file.c arch/host/no_inodes.c
/* The console without a terminal: tty=off, bytes unchanged; and the runner's channel. */
#include <errno.h>
#include <sys/ioctl.h>

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

static void send(const char *bytes, size_t length)
{
	host_boot_words = "logto=ctl tty=off";
	host_input = bytes;
	host_input_length = length;
}

static bool reads(size_t size, const char *bytes, size_t length)
{
	char buffer[5000];
	long n = sys_read(0, buffer, size);

	return n == (long)length && !memcmp(buffer, bytes, length);
}

TEST(bytes_are_unchanged)
{
	char all[256];
	int count;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	send("", 0);
	CHECK(sys_ioctl(0, TIOCGWINSZ, (uintptr_t)all) == -ENOTTY);
	CHECK(sys_ioctl(0, TCGETS, (uintptr_t)all) == -ENOTTY);
	send("a\r\n\0\x03\x7f\x11", 7);
	CHECK(!sys_ioctl(0, FIONREAD, (uintptr_t)&count) && count == 0); /* nobody read yet */
	CHECK(reads(3, "a\r\n", 3));
	CHECK(!sys_ioctl(0, FIONREAD, (uintptr_t)&count) && count == 4);
	CHECK(reads(9, "\0\x03\x7f\x11", 4));
	CHECK(sys_write(1, all, 256) == 256 && host_console_length == 256);
	CHECK(!memcmp(host_console, all, 256));
	host_console_length = 0;
}

TEST(quoted_bytes)
{
	send("\x16\x04\x16\x16\x16"
	     "a\x16",
	     7);
	CHECK(reads(99,
		    "\x04\x16"
		    "a",
		    3));
	send("\x04"
	     "b",
	     2); /* the quote was the last byte before */
	CHECK(reads(99,
		    "\x04"
		    "b",
		    2));
}

TEST(much_at_once)
{
	static char much[5000];
	size_t at = 0;
	long n;

	memset(much, 'm', sizeof(much));
	send(much, sizeof(much));
	while (at < sizeof(much) && (n = sys_read(0, much, sizeof(much))) > 0)
		at += (size_t)n;
	CHECK(at == sizeof(much) && sys_read(0, much, 1) == -EINTR);
}

TEST(standard_error_goes_to_the_channel_if_there_is_one)
{
	CHECK(sys_write(2, "one\n", 4) == 4 && host_console_length == 4 && !*host_control);
	host_control_present = true;
	CHECK(sys_write(2, "t\0wo\n", 5) == 5 && host_console_length == 4);
	CHECK(!strcmp(host_control, "two\n"));
	CHECK(sys_write(1, "x", 1) == 1 && host_console_length == 5);
}

TEST(end_of_file_is_for_good)
{
	send("last\x04more", 9);
	CHECK(reads(99, "last", 4) && reads(99, "", 0));
	send("more", 4);
	CHECK(reads(99, "", 0) && reads(99, "", 0));
}
