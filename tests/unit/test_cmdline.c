/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/cmdline.c lib/str.c
#include <errno.h>

#include <base/cmdline.h>

#include "unit.h"

/*
 * The words as text: key=value, key, E:NAME=value, A:argument, each with a `|` behind; or !error.
 */
static const char *parse_with(const char *line, char *buffer, size_t size)
{
	static char text[1024];
	struct cmdline cmdline;
	struct cmdline_word word;
	size_t len = 0;
	int result;

	cmdline_open(&cmdline, line, buffer, size);
	text[0] = '\0';
	while ((result = cmdline_next(&cmdline, &word)) > 0) {
		const char *kind = word.kind == CMDLINE_ENV	   ? "E:"
				   : word.kind == CMDLINE_ARGUMENT ? "A:"
								   : "";
		bool key = word.kind == CMDLINE_OPTION;

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s%s|", kind,
					key ? word.key : "", key && word.value ? "=" : "",
					word.value ? word.value : "");
	}
	if (result < 0) {
		snprintf(text + len, sizeof(text) - len, "!%s",
			 result == -EINVAL  ? "EINVAL"
			 : result == -E2BIG ? "E2BIG"
					    : "?");
		if (cmdline_next(&cmdline, &word) != result)
			return "an error that does not stay";
	}
	return text;
}

/*
 * With the room the contract says is enough, in a heap block so that the sanitizer sees its edges.
 */
static const char *parse(const char *line)
{
	size_t size = strlen(line) + 1;
	char *buffer = malloc(size), *copy = strdup(line);
	const char *text = parse_with(copy, buffer, size);

	free(copy);
	free(buffer);
	return text;
}

#define PARSES(line, text) CHECK(!strcmp(parse(line), text))

TEST(options)
{
	PARSES("", "");
	PARSES("  \t\n\r ", "");
	PARSES("quiet", "quiet|");
	PARSES(" log=debug  log.net=trace quiet ", "log=debug|log.net=trace|quiet|");
	PARSES("a= b==c d=e=f", "a=|b==c|d=e=f|");
	PARSES("-x ---- -", "-x|----|-|");
}

TEST(arguments)
{
	PARSES("--", "");
	PARSES("-- ", "");
	PARSES("a -- b=c env.X=y --", "a|A:b=c|A:env.X=y|A:--|");
	PARSES("-- \"\" x", "A:|A:x|");
	PARSES("--x -- y", "--x|A:y|");
	PARSES("\"--\" y", "--|y|");
}

TEST(environment)
{
	PARSES("env.HOME=/data env.EMPTY=", "E:HOME=/data|E:EMPTY=|");
	PARSES("\"env.WHO=all of us\" env.A=\"b c\"", "E:WHO=all of us|E:A=b c|");
	PARSES("env.=x", "!EINVAL");
	PARSES("env.NAME", "!EINVAL");
	PARSES("env=x environ.a=b", "env=x|environ.a=b|");
}

TEST(quotes)
{
	PARSES("k=\"a b\" \"c d\"=e", "k=a b|c d=e|");
	PARSES("a\"b c\"d", "ab cd|");
	PARSES("k=\"\"", "k=|");
	PARSES("k=a\\ b", "k=a b|");
	PARSES("k=\\\"a\\\\", "k=\"a\\|");
	PARSES("k=\"\\\"\\\\ \\n\"", "k=\"\\ n|");
	PARSES("-- a\\\tb", "A:a\tb|");
}

TEST(malformed)
{
	PARSES("ok k=\"a b", "ok|!EINVAL");
	PARSES("ok \"", "ok|!EINVAL");
	PARSES("ok x\\", "ok|!EINVAL");
	PARSES("ok \"x\\", "ok|!EINVAL");
	PARSES("ok =x", "ok|!EINVAL");
	PARSES("ok \"\" x", "ok|!EINVAL");
}

TEST(room)
{
	char buffer[8];

	CHECK(!strcmp(parse_with("ab cde", buffer, 7), "ab|cde|"));
	CHECK(!strcmp(parse_with("ab cde", buffer, 6), "ab|!E2BIG"));
	CHECK(!strcmp(parse_with("ab cde", buffer, 3), "ab|!E2BIG"));
	CHECK(!strcmp(parse_with("ab cde", buffer, 0), "!E2BIG"));
	CHECK(!strcmp(parse_with(" ", buffer, 0), ""));
}

/* What the runner does to a word, the parser undoes. */
TEST(any_argument_survives_quoting)
{
	uint64_t seed = 6;

	for (int round = 0; round < 5000; round++) {
		char word[16], line[64] = "-- \"", expect[32];
		size_t len = unit_random(&seed) % 15, at = strlen(line);

		for (size_t i = 0; i < len; i++) {
			word[i] = (char)(1 + unit_random(&seed) % 255);
			if (word[i] == '"' || word[i] == '\\')
				line[at++] = '\\';
			line[at++] = word[i];
		}
		word[len] = '\0';
		line[at++] = '"';
		line[at] = '\0';
		snprintf(expect, sizeof(expect), "A:%s|", word);
		PARSES(line, expect);
	}
}

TEST(random_lines)
{
	static const char letters[] = "  \t\"\"\\\\==--env.abX";
	uint64_t seed = 7;
	int errors = 0;

	for (int round = 0; round < 50000; round++) {
		char line[41];
		size_t len = unit_random(&seed) % 40;
		const char *text;

		for (size_t i = 0; i < len; i++)
			line[i] = letters[unit_random(&seed) % (sizeof(letters) - 1)];
		line[len] = '\0';
		text = parse(line);
		CHECK(!strchr(text, '?') && !strstr(text, "E2BIG") && strncmp(text, "an error", 8));
		errors += strstr(text, "!EINVAL") != NULL;
	}
	CHECK(errors > 1000 && errors < 49000);
}
