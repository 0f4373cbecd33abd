/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of the terminal. It is a part of the program: it sees POSIX and <unishyper/…>.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <unishyper/shell.h>

#define WORDS_MAX 64 /* of one command, its name included */

extern const struct shell_command __set_command_start[], __set_command_end[];

/* The status of the last command, `$?`. */
extern int shell_status;

/* shell.c: run a line: commands between `;`. The status of the last one. */
int shell_run(const char *text);

/* words.c: where a command's words are. */
struct words {
	char *argv[WORDS_MAX + 1];
	int argc;
	const char *output; /* the file behind `>`, NULL: none */
	bool append;	    /* it was `>>` */
	bool background;    /* it ended with `&` */
	char bytes[2048];
};

/*
 * Take the first command off *text, up to `;`, `&` or the end: quotes, backslashes, $NAME, $?, >
 * and
 * >> as in a shell. 0, or -1 with the message in *error.
 */
int words_split(const char **text, struct words *words, const char **error);

/* complete.c: of the word before the cursor. */
struct line;
void shell_complete(struct line *line);

/* Find a command; and the one whose name is nearest to a mistyped one, or NULL. */
const struct shell_command *shell_find(const char *name);
const struct shell_command *shell_nearest(const char *name);

/* Copy a file to shell_out. 0, or 1 after a message "NAME: …". */
int shell_show_file(const char *name, const char *path);

/* "NAME: what: why" on the terminal; returns 1. */
int shell_fail(const char *name, const char *what);
