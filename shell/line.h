/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line editor: bytes of a terminal in, one line of text and the bytes that show it out. It
 * reads and writes nothing itself, so it runs anywhere. One row of the screen: what is longer
 * scrolls sideways. Text is UTF-8; a byte that is none stands for itself and shows as `?`.
 *
 * Keys: arrows, Home, End, Delete; ^A ^E ^B ^F begin, end, left, right; Alt-B, Alt-F, Ctrl-arrows a
 * word; ^H ^D erase; ^K ^U ^W Alt-D kill, ^Y yank; ^P ^N history, ^R search it; ^T swap; ^L clear;
 * TAB completes; ^C gives up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_BYTES    1024 /* of a line, its ending zero included */
#define HISTORY_BYTES 2048

enum line_event {
	LINE_MORE,   /* go on */
	LINE_DONE,   /* `text` is a line */
	LINE_CANCEL, /* ^C */
	LINE_END,    /* ^D in an empty line */
};

struct line {
	/* Set by the user. */
	void (*write)(struct line *line, const char *bytes, size_t length);
	/* Complete the word before `at`: calls line_insert(). NULL: TAB does nothing. */
	void (*complete)(struct line *line);
	const char *prompt;
	unsigned prompt_columns;
	unsigned columns; /* of the terminal; follows its answers */

	size_t length, at; /* bytes of `text`; the cursor */
	bool too_long;	   /* something did not fit: the line is not what was typed */

	/* The editor's own. */
	bool kills;	   /* the last key killed: the next adds to it */
	bool after_return; /* a newline behind a carriage return is part of it */
	bool dirty;	   /* to be drawn anew when the input pauses */
	bool searching;
	unsigned state; /* of an escape sequence */
	unsigned numbers[2], number_count;
	size_t first; /* the byte at the left edge */
	size_t killed_length, wanted_length, history_length;
	size_t looking_at; /* offset of the line that is shown; history_length: none */

	/* Text stands last, what is used seldom at the end: pages that are not touched are none. */
	char wanted[64];
	char text[LINE_BYTES];	     /* ends with a zero; the user's, too */
	char history[HISTORY_BYTES]; /* lines, each with its zero, oldest first */
	char killed[LINE_BYTES];
	char draft[LINE_BYTES]; /* what was typed before looking at the history */
};

/* Begin an empty line: shows the prompt. */
void line_begin(struct line *line);

/* One byte of input. After DONE, CANCEL or END call line_begin() again. */
enum line_event line_input(struct line *line, uint8_t byte);

/* Put text at the cursor. False: no room, `too_long` is set. */
bool line_insert(struct line *line, const char *text, size_t length);

/* Show the line anew, e.g. after something else was printed. */
void line_draw(struct line *line);

/* Remember a line, if it is not empty and not the last one. */
void line_remember(struct line *line, const char *text);

/* Columns that text takes. */
unsigned line_columns(const char *text, size_t length);
