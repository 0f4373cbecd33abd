/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <base/cmdline.h>
#include <base/str.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct cmdline *cmdline)
{
	while (is_blank(*cmdline->rest))
		cmdline->rest++;
}

void cmdline_open(struct cmdline *cmdline, const char *line, char *buffer, size_t size)
{
	cmdline->rest = line;
	cmdline->out = buffer;
	cmdline->room = size;
	cmdline->arguments = false;
}

/* Unquote one word to `out`; how many bytes of the buffer it took, or an error. */
static int unquote(const char **rest, char *out, size_t room)
{
	const char *from = *rest;
	bool quoted = false;
	size_t len = 0;

	for (; quoted || !is_blank(*from); from++) {
		char c = *from;

		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '\\')
			c = *++from;
		else if (!c && !quoted)
			break;
		if (!c)
			return -EINVAL;
		if (len == room)
			return -E2BIG;
		out[len++] = c;
	}
	if (len == room)
		return -E2BIG;
	out[len++] = '\0';
	*rest = from;
	return (int)len;
}

static int split(struct cmdline_word *word, char *text)
{
	const char *variable = str_after(text, "env.");
	char *equals = (char *)str_find_char(text, '=');

	if (equals == text || !*text)
		return -EINVAL;
	word->kind = CMDLINE_OPTION;
	word->key = text;
	word->value = NULL;
	if (variable) {
		if (!equals || equals == variable)
			return -EINVAL;
		word->kind = CMDLINE_ENV;
		word->key = "env";
		word->value = (char *)variable;
	} else if (equals) {
		*equals = '\0';
		word->value = equals + 1;
	}
	return 1;
}

int cmdline_next(struct cmdline *cmdline, struct cmdline_word *word)
{
	const char *rest;
	char *text = cmdline->out;
	int len, result = 1;

	skip_blanks(cmdline);
	rest = str_after(cmdline->rest, "--");
	if (!cmdline->arguments && rest && (!*rest || is_blank(*rest))) {
		cmdline->arguments = true;
		cmdline->rest = rest;
		skip_blanks(cmdline);
	}
	rest = cmdline->rest;
	if (!*rest)
		return 0;
	len = unquote(&rest, text, cmdline->room);
	if (len < 0)
		return len;
	if (cmdline->arguments)
		*word = (struct cmdline_word){CMDLINE_ARGUMENT, NULL, text};
	else
		result = split(word, text);
	if (result > 0) {
		cmdline->rest = rest;
		cmdline->out += len;
		cmdline->room -= (size_t)len;
	}
	return result;
}
