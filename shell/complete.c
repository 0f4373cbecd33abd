/* SPDX-License-Identifier: BSD-2-Clause */
/* TAB: commands in the first place, files elsewhere. */
#define _GNU_SOURCE
#include <string.h>

#include "line.h"
#include "shell.h"

/* What the candidates have in common, and, in a second round, all of them. */
struct search {
	struct line *line;
	const char *stem;
	size_t stem_length;
	char common[256];
	size_t common_length;
	unsigned count;
	bool show, is_directory;
};

static void candidate(void *arg, const char *name, bool directory)
{
	struct search *search = arg;
	size_t length = strlen(name), same = 0;

	if (strncmp(name, search->stem, search->stem_length) || length >= sizeof(search->common))
		return;
	if (search->show) {
		search->line->write(search->line, name, length);
		search->line->write(search->line, directory ? "/  " : "  ", directory ? 3 : 2);
		return;
	}
	if (!search->count++) {
		memcpy(search->common, name, length);
		search->common_length = length;
		search->is_directory = directory;
		return;
	}
	while (same < search->common_length && search->common[same] == name[same])
		same++;
	search->common_length = same;
}

static void commands(struct search *search)
{
	for (const struct shell_command *c = __set_command_start; c < __set_command_end; c++)
		candidate(search, c->name, false);
}

/* Do commands stand behind these bytes as arguments? */
static bool takes_command(const char *word, size_t length)
{
	static const char names[][6] = {"help", "run", "time", "watch"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && !memcmp(word, names[i], length))
			return true;
	return false;
}

/* The word before the cursor; true if it is the first of a command, or one of those. */
static bool word_before(const struct line *line, size_t *start)
{
	size_t at = line->at, first, word;

	while (at && !strchr(" \t;&>", line->text[at - 1]))
		at--;
	*start = first = at;
	while (first && strchr(" \t", line->text[first - 1]))
		first--;
	if (!first || strchr(";&", line->text[first - 1]))
		return true;
	for (word = first; word && !strchr(" \t;&>", line->text[word - 1]); word--)
		;
	return takes_command(line->text + word, first - word);
}

static void look(struct search *search, bool command, const char *folder)
{
	if (command)
		commands(search);
	else if (shell_files())
		shell_files()->names(*folder ? folder : ".", search->stem[0] == '.', candidate,
				     search);
}

void shell_complete(struct line *line)
{
	struct search search = {.line = line};
	char folder[256] = "";
	const char *slash;
	size_t start, length;
	bool command = word_before(line, &start);

	length = line->at - start;
	search.stem = line->text + start;
	slash = memrchr(search.stem, '/', length);
	if (slash) {
		size_t size = (size_t)(slash - search.stem) + 1;

		if (size >= sizeof(folder))
			return;
		memcpy(folder, search.stem, size);
		folder[size] = '\0';
		search.stem += size;
		command = false;
	}
	search.stem_length = length - (size_t)(search.stem - (line->text + start));
	/* The line changes below: the stem is a part of it. */
	look(&search, command, folder);
	if (!search.count)
		return;
	if (search.common_length > search.stem_length) {
		line_insert(line, search.common + search.stem_length,
			    search.common_length - search.stem_length);
	} else if (search.count > 1) {
		line->write(line, "\r\n", 2);
		search.show = true;
		look(&search, command, folder);
		line->write(line, "\r\n", 2);
		line->dirty = true;
	}
	if (search.count == 1)
		line_insert(line, search.is_directory ? "/" : " ", 1);
}
