/* SPDX-License-Identifier: BSD-2-Clause */
// sources: shell/line.c
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "../../shell/line.h"
#include "unit.h"

static char screen[1 << 16];
static size_t screen_length;
static unsigned completions;

static void to_screen(struct line *line, const char *bytes, size_t length)
{
	(void)line;
	if (length > sizeof(screen) - screen_length - 1)
		screen_length = 0;
	memcpy(screen + screen_length, bytes, length);
	screen_length += length;
	screen[screen_length] = '\0';
}

static void complete(struct line *line)
{
	completions++;
	line_insert(line, "one", 3);
}

static struct line *fresh(void)
{
	struct line *line = calloc(1, sizeof(*line));

	setlocale(LC_CTYPE, "C.UTF-8");
	line->write = to_screen;
	line->complete = complete;
	line->prompt = "> ";
	line->prompt_columns = 2;
	line->columns = 80;
	line_begin(line);
	return line;
}

static enum line_event type(struct line *line, const char *keys)
{
	enum line_event event = LINE_MORE;

	for (; *keys; keys++)
		event = line_input(line, (uint8_t)*keys);
	return event;
}

static void check_keys(const char *keys, const char *text, size_t at)
{
	struct line *line = fresh();

	type(line, keys);
	if (strcmp(line->text, text) || line->at != at)
		printf("keys give \"%s\", cursor %zu\n", line->text, line->at);
	CHECK(!strcmp(line->text, text));
	CHECK(line->at == at);
	free(line);
}

TEST(movement)
{
	CHECK_IN(check_keys("abc", "abc", 3));
	CHECK_IN(check_keys("abc\x01x", "xabc", 1));
	CHECK_IN(check_keys("abc\x02\x02x\x05y", "axbcy", 5));
	CHECK_IN(check_keys("abc\x1b[D\x1b[Dx", "axbc", 2));
	CHECK_IN(check_keys("abc\x1b[D\x1b[Cx", "abcx", 4));
	CHECK_IN(check_keys("abc\x1b[Hx\x1b[Fy", "xabcy", 5));
	CHECK_IN(check_keys("abc\x1bOHx\x1bOFy", "xabcy", 5));
	CHECK_IN(check_keys("abc\x1b[1~x\x1b[4~y", "xabcy", 5));
	CHECK_IN(check_keys("one two\x1b"
			    "bx",
			    "one xtwo", 5));
	CHECK_IN(check_keys("one two\x01\x1b"
			    "fx",
			    "onex two", 4));
	CHECK_IN(check_keys("one two\x1b[1;5Dx", "one xtwo", 5));
	CHECK_IN(check_keys("one two\x01\x1b[1;5Cx", "onex two", 4));
	CHECK_IN(check_keys("\x02\x02\x06x", "x", 1));
}

TEST(erasing)
{
	CHECK_IN(check_keys("abc\x7f", "ab", 2));
	CHECK_IN(check_keys("abc\b\b\b\b", "", 0));
	CHECK_IN(check_keys("abc\x01\x04", "bc", 0));
	CHECK_IN(check_keys("abc\x01\x1b[3~", "bc", 0));
	CHECK_IN(check_keys("one two\x17", "one ", 4));
	CHECK_IN(check_keys("one two\x17\x17\x19", "one two", 7));
	CHECK_IN(check_keys("one two\x15\x19\x19", "one twoone two", 14));
	CHECK_IN(check_keys("one two\x01\x0b\x19!", "one two!", 8));
	CHECK_IN(check_keys("one two\x01\x1b"
			    "d\x1b"
			    "d\x19",
			    "one two", 7));
	CHECK_IN(check_keys("abc\x14", "acb", 3));
	CHECK_IN(check_keys("ab\x01\x14", "ab", 0));
}

TEST(characters_of_several_bytes)
{
	CHECK_IN(check_keys("a\xc3\xa4\xe2\x82\xac\x7f", "a\xc3\xa4", 3));
	CHECK_IN(check_keys("a\xc3\xa4\xe2\x82\xac\x02\x02x", "ax\xc3\xa4\xe2\x82\xac", 2));
	CHECK_IN(check_keys("\xff\xfe\x7f", "\xff", 1));
	CHECK_IN(check_keys("\xe2\x82\x02x", "\xe2x\x82", 2));
	CHECK(line_columns("a\xc3\xa4\xff", 4) == 3);
	CHECK(line_columns("\xe4\xb8\xad", 3) == 2);
}

TEST(events)
{
	struct line *line = fresh();

	CHECK(type(line, "abc\r") == LINE_DONE && !strcmp(line->text, "abc"));
	line_begin(line);
	CHECK(type(line, "\n") == LINE_MORE); /* the rest of the return */
	CHECK(type(line, "\n") == LINE_DONE && !line->length);
	line_begin(line);
	CHECK(type(line, "x\x03") == LINE_CANCEL);
	line_begin(line);
	CHECK(type(line, "\x04") == LINE_END);
	line_begin(line);
	CHECK(type(line, "a\t") == LINE_MORE && !strcmp(line->text, "aone"));
	type(line, "\x1b[24;100R");
	CHECK(line->columns == 100 && !strcmp(line->text, "aone"));
	type(line, "\x1b[24;1R");
	CHECK(line->columns == 100);
	free(line);
}

TEST(history)
{
	struct line *line = fresh();

	line_remember(line, "first");
	line_remember(line, "second");
	line_remember(line, "second");
	line_remember(line, "");
	line_begin(line);
	type(line, "draft\x1b[A");
	CHECK(!strcmp(line->text, "second"));
	type(line, "\x10\x10");
	CHECK(!strcmp(line->text, "first"));
	type(line, "\x0e\x0e");
	CHECK(!strcmp(line->text, "draft"));
	type(line, "\x12"
		   "ir");
	CHECK(!strcmp(line->text, "first"));
	CHECK(type(line, "\r") == LINE_DONE && !strcmp(line->text, "first"));
	line_begin(line);
	type(line, "\x12s\x12");
	CHECK(!strcmp(line->text, "first"));
	type(line, "\x07x");
	CHECK(!strcmp(line->text, "firstx"));
	free(line);
}

TEST(a_full_history_forgets_the_oldest)
{
	struct line *line = fresh();
	char text[200];

	for (int i = 0; i < 100; i++) {
		memset(text, 'a' + i % 26, sizeof(text));
		snprintf(text + 150, 20, "%d", i);
		line_remember(line, text);
	}
	line_begin(line);
	type(line, "\x10");
	CHECK(strstr(line->text, "99"));
	for (int i = 0; i < 200; i++)
		type(line, "\x10");
	/* As many as fit: 13 of 153 bytes. */
	CHECK(atoi(line->text + 150) == 87);
	free(line);
}

TEST(too_long)
{
	struct line *line = fresh();

	for (int i = 0; i < 65536; i++)
		CHECK(line_input(line, 'x') == LINE_MORE);
	CHECK(line->too_long && line->length == LINE_BYTES - 1);
	CHECK(line_input(line, '\r') == LINE_DONE && line->too_long);
	line_begin(line);
	CHECK(!line->too_long);
	for (int i = 0; i < 2000; i++)
		line_input(line, 'x');
	type(line, "\x15"
		   "y");
	CHECK(!line->too_long && !strcmp(line->text, "y"));
	free(line);
}

/* What must hold whatever was typed. */
static void check_line(const struct line *line)
{
	CHECK(line->length < LINE_BYTES && !line->text[line->length]);
	CHECK(line->at <= line->length && line->first <= line->length);
	CHECK(line->history_length <= HISTORY_BYTES && line->looking_at <= line->history_length);
	CHECK(line->killed_length <= LINE_BYTES);
	CHECK(memchr(line->text, 27, line->length) == NULL);
}

TEST(a_million_keys)
{
	static const char keys[] =
		"\x01\x02\x04\x05\x06\x07\b\t\v\x0c\x0e\x10\x12\x14\x15\x17\x19\x7f"
		"\x1b\x1b\x1b[[OABCDHFR~;0123456789bfd \xc3\xa4\xe2\x82\xac/ab";
	struct line *line = fresh();
	unsigned seed = 1;

	for (int i = 0; i < 1000000; i++) {
		uint8_t byte;
		enum line_event event;

		seed = seed * 1103515245 + 12345;
		byte = seed >> 29 ? (uint8_t)keys[(seed >> 16) % (sizeof(keys) - 1)]
				  : (uint8_t)(seed >> 16);
		event = line_input(line, byte);
		CHECK_IN(check_line(line));
		if (event == LINE_DONE)
			line_remember(line, line->text);
		if (event != LINE_MORE) {
			line->columns = 1 + (seed >> 20) % 200;
			line_begin(line);
		}
	}
	CHECK(completions);
	free(line);
}
