/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of the terminal (TERMINAL=y). Any C file of the program may add one:
 *
 *	static int hello(int argc, char **argv)
 *	{
 *		fprintf(shell_out, "hello %s\n", argc > 1 ? argv[1] : "world");
 *		return 0;
 *	}
 *	SHELL_COMMAND(hello) = {"hello", "[NAME]", "greet somebody", hello, 0, 1};
 *
 * It runs in the terminal's thread, or in that of a connection; ^C ends it at its next call that
 * waits (EINTR), or where it asks shell_interrupted(). One that faults ends alone. Without
 * TERMINAL=y nothing of it is linked but the line itself.
 */
#ifndef UNISHYPER_SHELL_H
#define UNISHYPER_SHELL_H

#include <stdbool.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHELL_ANY 255 /* arguments: as many as one likes */

struct shell_command {
	const char *name;
	const char *usage;		   /* the arguments, for `help`; "" for none */
	const char *help;		   /* one line */
	int (*run)(int argc, char **argv); /* as main(); returns the status */
	unsigned char least, most; /* arguments: others are refused with the usage and status 2 */
};

#define SHELL_COMMAND(id)                                                                          \
	static const struct shell_command shell_command_##id                                       \
		__attribute__((__used__, __section__(".set.command"), __aligned__(8)))

/* Where commands print: the terminal, or the file behind `>`. Of the calling thread. */
#define shell_out (*shell_out_now())
FILE **shell_out_now(void);

/* Was ^C typed since the command began? */
bool shell_interrupted(void);

#ifdef __cplusplus
}
#endif

#endif
