/* SPDX-License-Identifier: BSD-2-Clause */
// sources: kernel/boot.c kernel/log.c kernel/spinlock.c lib/cmdline.c lib/fmt.c lib/str.c
// sources: lib/ring.c arch/host/single.c arch/host/stop.c
// flags: -Iinclude/arch/host -Iarch/host -DLOG_BUILD_LEVEL=LOG_INFO
/* The boot line's words, and the log they set up. */
#include <arch/power.h>
#include <base/bits.h>
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/console.h>
#include <kernel/log.h>

#include "fresh.h"
#include "host.h"
#include "set.h"

UNIT_SET(log_module, struct log_module, 2) = {{"alpha", 0xff}, {"beta", 0xff}};
UNIT_SET_END(log_module, 32);

#define alpha unit_set_log_module[0]
#define beta  unit_set_log_module[1]

static char console[100000], channel[100000];
static bool has_channel, panicking;
static uint64_t now_ns;

void console_write(const char *text, size_t length)
{
	strncat(console, text, length);
}

void console_write_panic(const char *text, size_t length)
{
	panicking = true;
	strncat(console, text, length);
}

bool arch_control_write(const char *text)
{
	if (has_channel)
		strcat(channel, text);
	return has_channel;
}

uint64_t clock_monotonic_ns(void)
{
	return now_ns;
}

static void read_line(const char *line)
{
	boot_set_line(line, strlen(line) + 1);
	boot_read_line();
}

FRESH_TEST(words)
{
	read_line(
		"first=1 flag last=2 last=3 empty= quoted=\"a b\" on=on one=1 y=y no=n -- late=4");
	CHECK(!strcmp(boot_word("first"), "1") && !strcmp(boot_word("last"), "3"));
	CHECK(!strcmp(boot_word("quoted"), "a b") && !strcmp(boot_word("empty"), ""));
	CHECK(!boot_word("flag") && !boot_word("late") && !boot_word("absent") &&
	      !boot_word("fir"));
	CHECK(boot_flag("flag") && boot_flag("on") && boot_flag("one") && boot_flag("y"));
	CHECK(!boot_flag("no") && !boot_flag("absent") && !boot_flag("empty") &&
	      !boot_flag("first=1"));
	CHECK(boot_word_is("last", "3") && !boot_word_is("last", "2") && !boot_word_is("flag", ""));
	CHECK(!HOST_STOPS(boot_check_line()));
}

FRESH_TEST(lines_may_be_empty_or_unterminated)
{
	char line[4] = {'a', '=', 'b', 'c'};

	boot_set_line(line, 4);
	CHECK(!strcmp(boot_info.line, "abc") || !strcmp(boot_info.line, "a=bc"));
	read_line("");
	CHECK(!boot_word("a") && !HOST_STOPS(boot_check_line()));
}

FRESH_TEST(a_line_that_is_too_long)
{
	static char line[3000];

	memset(line, 'x', sizeof(line) - 1);
	read_line(line);
	CHECK(boot_info.line_truncated && strlen(boot_info.line) == BOOT_LINE_MAX - 1);
	CHECK(HOST_STOPS(boot_check_line()));
	CHECK(strstr(console, "longer than"));
}

FRESH_TEST(the_longest_line)
{
	static char line[BOOT_LINE_MAX];

	memset(line, 'x', BOOT_LINE_MAX - 1);
	read_line(line);
	CHECK(!boot_info.line_truncated && boot_flag(line) && !HOST_STOPS(boot_check_line()));
}

FRESH_TEST(a_line_that_is_wrong)
{
	read_line("good=1 bad=\"open");
	CHECK(!strcmp(boot_word("good"), "1"));
	CHECK(HOST_STOPS(boot_check_line()));
}

FRESH_TEST(more_options_than_are_kept)
{
	char line[500] = "";

	for (int i = 0; i < 32; i++)
		sprintf(line + strlen(line), "w%d=%d ", i, i);
	read_line(line);
	CHECK(boot_word_is("w31", "31") && !HOST_STOPS(boot_check_line()));
	strcat(line, "one more");
	read_line(line);
	CHECK(HOST_STOPS(boot_check_line()) && strstr(console, "more than 32"));
}

FRESH_TEST(log_levels)
{
	read_line("log=warn log.beta=debug");
	CHECK(log_general_level() == LOG_WARN && alpha.level == 0xff && beta.level == LOG_DEBUG);
	CHECK(!log_set_level(NULL, "trace") && log_general_level() == LOG_TRACE);
	CHECK(log_set_level(NULL, "loud") < 0 && log_set_level("gamma", "info") < 0);
	CHECK(!log_set_level("alpha", "off") && alpha.level == LOG_OFF);
	CHECK(!HOST_STOPS(boot_check_line()));
}

FRESH_TEST(wrong_log_levels)
{
	read_line("log.gamma=debug");
	CHECK(HOST_STOPS(boot_check_line()) && strstr(console, "log"));
}

FRESH_TEST(quiet)
{
	read_line("log=debug quiet");
	CHECK(log_general_level() == LOG_OFF);
	log_write(&alpha, LOG_ERROR, "nobody hears");
	CHECK(!console[0]);
}

FRESH_TEST(lines_of_the_log)
{
	now_ns = 12345678901234;
	log_write(&alpha, LOG_INFO, "number %d", 7);
	CHECK(!strcmp(console, "[12345.678][I][alpha] number 7\n"));
	console[0] = 0;
	now_ns = 1000000;
	log_write(&beta, LOG_WARN, "%s", "x");
	log_write(&beta, LOG_ERROR, "y");
	log_write(&beta, LOG_DEBUG, "not shown");
	CHECK(!strcmp(console, "[0000.001][WARN][beta] x\n[0000.001][E][beta] y\n"));
	console[0] = 0;
	CHECK(!log_set_level("beta", "trace"));
	log_write(&beta, LOG_DEBUG, "d");
	log_write(&beta, LOG_TRACE, "t");
	CHECK(!strcmp(console, "[0000.001][D][beta] d\n[0000.001][T][beta] t\n"));
	console[0] = 0;
	log_raw("plain %x", 255);
	CHECK(!strcmp(console, "plain ff"));
}

/* A long line is cut, and still ends with one line end. */
FRESH_TEST(long_lines)
{
	char text[1000];

	for (size_t length = 150; length < 250; length++) {
		memset(text, 'a', length);
		text[length] = 0;
		console[0] = 0;
		log_write(&alpha, LOG_INFO, "%s", text);
		CHECK(strlen(console) <= 199 && console[strlen(console) - 1] == '\n');
		CHECK(strlen(console) >= MIN(length + 10, (size_t)199));
		CHECK(!memchr(console, '\n', strlen(console) - 1));
		console[0] = 0;
		log_raw("%s", text);
		CHECK(strlen(console) == MIN(length, (size_t)199));
	}
}

FRESH_TEST(the_ring_keeps_the_last)
{
	char buffer[5000], small[10];

	CHECK(log_read_ring(buffer, sizeof(buffer)) == 0);
	log_raw("hello\n");
	CHECK(log_read_ring(buffer, sizeof(buffer)) == 6 && !memcmp(buffer, "hello\n", 6));
	for (int i = 0; i < 1000; i++)
		log_raw("%04d\n", i);
	CHECK(log_read_ring(buffer, sizeof(buffer)) == 2048);
	CHECK(!memcmp(buffer + 2048 - 10, "0998\n0999\n", 10));
	CHECK(log_read_ring(small, 10) == 10 && !memcmp(small, "0998\n0999\n", 10));
	/* A console that appears late is shown all of it, in order. */
	console[0] = 0;
	log_flush_ring();
	CHECK(strlen(console) == 2048 && !memcmp(console, buffer, 2048));
}

FRESH_TEST(the_control_channel)
{
	read_line("logto=ctl");
	log_raw("without one");
	CHECK(!strcmp(console, "without one"));
	has_channel = true;
	log_raw("with one");
	CHECK(!strcmp(channel, "with one") && !strcmp(console, "without one"));
	log_flush_ring();
	CHECK(!strcmp(console, "without one"));
}

FRESH_TEST(panics_take_no_lock)
{
	log_enter_panic();
	log_raw("the end");
	CHECK(panicking && !strcmp(console, "the end"));
}
