/* SPDX-License-Identifier: BSD-2-Clause */
/* A program with a terminal: a command of its own, and a thread that `run` wakes. */
#include <stdio.h>
#include <unishyper/shell.h>
#include <unishyper/thread.h>

static int greet(int argc, char **argv)
{
	fprintf(shell_out, "Hello, %s!\n", argc > 1 ? argv[1] : "world");
	return 0;
}
SHELL_COMMAND(greet) = {"greet", "[NAME]", "greet somebody", greet, 0, 1};

/* It says how often it was woken; `ps` shows its id. */
static void sleeper(void *arg)
{
	(void)arg;
	for (int n = 1;; n++) {
		thread_block();
		printf("woken %d\n", n);
		fflush(stdout);
	}
}

int main(void)
{
	int id = thread_spawn_name(sleeper, NULL, "sleeper");

	printf("thread %d sleeps\n", id);
	return id < 0;
}
