/* SPDX-License-Identifier: BSD-2-Clause */
/* A line becomes commands, a command becomes words. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "shell.h"

struct split {
	const char *at;
	struct words *words;
	size_t used;
	const char *error;
};

static void add(struct split *split, char byte)
{
	if (split->used < sizeof(split->words->bytes))
		split->words->bytes[split->used++] = byte;
	else
		split->error = "the command is too long";
}

static void add_text(struct split *split, const char *text)
{
	while (*text)
		add(split, *text++);
}

static bool is_name(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

static void skip_blanks(struct split *split)
{
	while (*split->at == ' ' || *split->at == '\t')
		split->at++;
}

/* Behind a `$`. */
static void variable(struct split *split)
{
	char name[64];
	const char *value;
	size_t length = 0;

	if (*split->at == '?') {
		unsigned status = (unsigned)shell_session()->status & 255;

		split->at++;
		if (status >= 100)
			add(split, (char)('0' + status / 100));
		if (status >= 10)
			add(split, (char)('0' + status / 10 % 10));
		add(split, (char)('0' + status % 10));
		return;
	}
	while (is_name(split->at[length]))
		length++;
	if (!length || length >= sizeof(name)) {
		add(split, '$');
		return;
	}
	memcpy(name, split->at, length);
	name[length] = '\0';
	split->at += length;
	value = getenv(name);
	if (value)
		add_text(split, value);
}

static void quoted(struct split *split, char quote)
{
	while (*split->at != quote) {
		char c = *split->at++;

		if (!c) {
			split->at--;
			split->error = "a quote is open";
			return;
		}
		if (quote == '"' && c == '\\' && *split->at && strchr("\"\\$", *split->at))
			add(split, *split->at++);
		else if (quote == '"' && c == '$')
			variable(split);
		else
			add(split, c);
	}
	split->at++;
}

static char *word(struct split *split)
{
	size_t start = split->used;
	char c;

	while ((c = *split->at) && !strchr(" \t;&>", c) && !split->error) {
		split->at++;
		if (c == '\'' || c == '"')
			quoted(split, c);
		else if (c == '$')
			variable(split);
		else if (c == '\\' && *split->at)
			add(split, *split->at++);
		else
			add(split, c);
	}
	add(split, '\0');
	return split->words->bytes + start;
}

static void output(struct split *split)
{
	split->words->append = split->at[1] == '>';
	split->at += split->words->append ? 2 : 1;
	skip_blanks(split);
	if (!*split->at || strchr(";&>", *split->at))
		split->error = "a file's name is missing behind >";
	else
		split->words->output = word(split);
}

int words_split(const char **text, struct words *words, const char **error)
{
	struct split split = {*text, words, 0, NULL};

	words->argc = 0;
	words->output = NULL;
	words->append = words->background = false;
	while (!split.error) {
		skip_blanks(&split);
		if (!*split.at || *split.at == ';')
			break;
		if (*split.at == '#') {
			split.at += strlen(split.at);
		} else if (*split.at == '&') {
			words->background = true;
			break;
		} else if (*split.at == '>') {
			output(&split);
		} else if (words->argc == WORDS_MAX) {
			split.error = "too many words";
		} else {
			words->argv[words->argc++] = word(&split);
		}
	}
	if (*split.at == ';' || *split.at == '&')
		split.at++;
	words->argv[words->argc] = NULL;
	if (!split.error && !words->argc && (words->output || words->background))
		split.error = "a command is missing";
	*text = split.at;
	*error = split.error;
	return split.error ? -1 : 0;
}

bool shell_number(const char *text, uint64_t most, uint64_t *value)
{
	unsigned base = text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10, digit;

	text += base == 16 ? 2 : 0;
	*value = 0;
	do {
		digit = (unsigned char)*text - '0';
		if (digit > 9 && base == 16)
			digit = ((unsigned char)*text | 32u) - 'a' > 5 ? 16
								       : (*text | 32u) - 'a' + 10;
		if (digit >= base || __builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit, value) || *value > most)
			return false;
	} while (*++text);
	return true;
}
