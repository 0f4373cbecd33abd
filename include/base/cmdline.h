/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot line, a word at a time:
 *
 *	log=debug log.net=trace quiet env.HOME=/data "env.WHO=all of us" -- first "second one"
 *
 * Blanks (space, tab, line end) separate words. Double quotes, anywhere in a word, keep blanks; a
 * backslash, quoted or not, keeps the next character as it is. Nothing else is special. The first
 * unquoted word `--` ends the options; all words behind it, further `--` included, are arguments of
 * the program.
 */
#ifndef BASE_CMDLINE_H
#define BASE_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

enum cmdline_kind {
	CMDLINE_OPTION,	  /* key and, if the word has a `=`, value (else NULL) */
	CMDLINE_ENV,	  /* key "env", value "NAME=value" as environ wants it */
	CMDLINE_ARGUMENT, /* key NULL, value the word */
};

struct cmdline_word {
	enum cmdline_kind kind;
	const char *key;
	char *value;
};

struct cmdline {
	const char *rest;
	char *out;
	size_t room;
	bool arguments; /* `--` was seen */
};

/*
 * The words are unquoted into `buffer`, where they stay, so key and value may be kept as long as
 * it. One byte more than the line's length is always enough room.
 */
void cmdline_open(struct cmdline *cmdline, const char *line, char *buffer, size_t size);

/*
 * The next word: 1, or 0 at the end. -EINVAL: a quote is not closed, a backslash stands last, a key
 * is empty or an env. word names nothing; -E2BIG: `buffer` is full. After an error only errors
 * follow, but the words before it are good.
 */
int cmdline_next(struct cmdline *cmdline, struct cmdline_word *word);

#endif
