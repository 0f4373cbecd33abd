/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of the terminal. It is a part of the program: it sees POSIX and <unishyper/…>.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <unishyper/shell.h>
#include <unishyper/stream.h>

#define WORDS_MAX 64 /* of one command, its name included */

/* net/remote.c, where it is linked: listen for connections, if that is asked for. */
void shell_remote_start(void) __attribute__((weak));

#pragma GCC visibility push(hidden)

extern const struct shell_command __set_command_start[], __set_command_end[];

#define SHELL_STACK (64 << 10) /* what is not touched takes no memory */

struct line;

/*
 * Somebody who types: the console, or a connection. Each has a thread, in which its commands run;
 * when that dies of a fault, another one goes on.
 */
struct shell_session {
	const char *name;
	FILE *terminal;			   /* messages and the prompt */
	FILE *out;			   /* results: the terminal, or the file behind `>` */
	int input;			   /* what is typed */
	int status;			   /* of the last command, `$?` */
	bool plain;			   /* lines as they come, no editing */
	bool remote;			   /* over the network: `exit` ends the session alone */
	bool automatic;			   /* autorun: nobody types */
	bool again;			   /* its first thread is gone */
	const char *running;		   /* the command's name, NULL: none */
	int thread;			   /* its id */
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

/* words.c: a number, all of the text, decimal or 0x…; false: it is none, or larger than `most`. */
bool shell_number(const char *text, uint64_t most, uint64_t *value);

/*
 * What the terminal does with files, in images that have files: FS=y, FILES=y, or something names a
 * file, so that the kernel's tree of files is linked. That tree refers to terminal_files, which
 * refers to the commands (decision 23); nothing else may, or all images would have them.
 */
struct shell_files {
	/* Behind `>` and `>>`: a stream in memory of the caller's, or NULL with errno. */
	FILE *(*begin)(struct stream_memory *memory, const char *path, bool append);
	int (*end)(FILE *stream); /* 0, or EOF with errno */
	/* Call fn() for each entry of a folder but those that begin with a dot, unless `all`. */
	void (*names)(const char *folder, bool all,
		      void (*fn)(void *arg, const char *name, bool is_folder), void *arg);
	void (*greet)(void); /* what the greeting says of them */
	const char *help;    /* a line for `help` */
	const void *with[3]; /* what else belongs to it */
};
extern const struct shell_files __set_shell_files_start[], __set_shell_files_end[];

/* NULL: this image has no files. */
static inline const struct shell_files *shell_files(void)
{
	return &__set_shell_files_start[0] < &__set_shell_files_end[0] ? __set_shell_files_start
								       : NULL;
}

/* A command that is there when there are files. One of each C file is in terminal_files. */
#define FILE_COMMAND(id)                                                                           \
	extern const struct shell_command shell_command_##id;                                      \
	const struct shell_command shell_command_##id                                              \
		__attribute__((__used__, __section__(".set.command.FILES"), __aligned__(8)))

/* Print a fact of the kernel (<unishyper/fact.h>) to shell_out: 0, or 1 after a message. */
int shell_show(const char *name, const char *fact);

/* Did ^C come since the thread began with a command? `begin` says that it does so now. */
long uk_sys_terminal_keys(int begin);

/* "NAME: what: why" on the terminal; returns 1. */
int shell_fail(const char *name, const char *what);

#pragma GCC visibility pop
