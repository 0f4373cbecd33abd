/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of the terminal. It is a part of the program: it sees POSIX and <unishyper/…>.
 */
#pragma once

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <unishyper/shell.h>

#define WORDS_MAX 64 /* of one command, its name included */

extern const struct shell_command __set_command_start[], __set_command_end[];

#define SHELL_STACK (64 << 10) /* what is not touched takes no memory */

struct line;

/*
 * Somebody who types: the console, or a connection. Each has a thread, in which its commands run;
 * when that dies of a fault, another one goes on.
 */
struct shell_session {
	const char *name;
	FILE *terminal;	     /* messages and the prompt */
	FILE *out;	     /* results: the terminal, or the file behind `>` */
	int input;	     /* what is typed */
	int status;	     /* of the last command, `$?` */
	bool plain;	     /* lines as they come, no editing */
	bool remote;	     /* over the network: `exit` ends the session alone */
	bool automatic;	     /* autorun: nobody types */
	bool again;	     /* its first thread is gone */
	const char *running; /* the command's name, NULL: none */
	pthread_t thread;
	volatile sig_atomic_t interrupted; /* ^C since the command began */
	volatile sig_atomic_t ended;	   /* `exit` here ends the session, or nobody is there */
	bool (*begin)(struct shell_session *session); /* may be NULL; false: it ends at once */
	void (*end)(struct shell_session *session);
	struct line *line;
	unsigned char bytes[128]; /* read, from `at` to `count` not used yet */
	unsigned count, at;
};

/* The calling thread's; for threads without one what goes to the console. */
struct shell_session *shell_session(void);

/* Start its thread: 0 or an errno. */
int shell_session_start(struct shell_session *session);

/* The value of a word of the boot line; false: it is not there, or too long. */
bool shell_boot_word(const char *key, char *value, size_t size);

/* net/remote.c, where it is linked: listen for connections, if that is asked for. */
void shell_remote_start(void) __attribute__((weak));

/* A message on the session's terminal. */
int shell_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Bytes on the session's terminal. */
void shell_write(struct line *line, const char *bytes, size_t length);

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
 * and >> as in a shell. 0, or -1 with the message in *error.
 */
int words_split(const char **text, struct words *words, const char **error);

/* complete.c: of the word before the cursor. */
void shell_complete(struct line *line);

/* Find a command; and the one whose name is nearest to a mistyped one, or NULL. */
const struct shell_command *shell_find(const char *name);
const struct shell_command *shell_nearest(const char *name);

/* Run a command, as if its words had been typed. Its status. */
int shell_call(int argc, char **argv);

/* Print how it is called: 2. */
int shell_usage(const struct shell_command *command);

/*
 * Memory of zeros, or NULL. The terminal has no heap: a program without one need not link it. What
 * is not needed any more goes back by munmap().
 */
void *shell_memory(size_t size);

/* open() for files that are made with 0666. */
int shell_open(const char *path, int flags);

/* words.c: a number, all of the text, decimal or 0x…; false: it is none, or larger than `most`. */
bool shell_number(const char *text, uint64_t most, uint64_t *value);

/* cmd_files.c: the entries of a directory but "." and "..", one by one. */
struct shell_folder {
	int fd; /* below 0: it cannot be opened */
	unsigned at, count;
	char bytes[1024] __attribute__((aligned(8)));
};
void shell_folder_open(struct shell_folder *folder, const char *path);
const char *shell_folder_next(struct shell_folder *folder);

/* Copy a file to shell_out. 0, or 1 after a message "NAME: …". */
int shell_show_file(const char *name, const char *path);

/* "NAME: what: why" on the terminal; returns 1. */
int shell_fail(const char *name, const char *what);
