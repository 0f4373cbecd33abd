/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints the arguments and the environment, a line each, and writes to them; the name if alone. */
#include <stdio.h>

int main(int argc, char **argv, char **envp)
{
	for (int i = 0; i < argc; i++)
		*(volatile char *)argv[i] = *argv[i];
	if (argc == 1)
		printf("name [%s]\n", argv[0]);
	for (int i = 1; i < argc; i++)
		printf("arg %d [%s]\n", i, argv[i]);
	for (char **env = envp; *env; env++)
		printf("env [%s]\n", *env);
	return argv[argc] ? 1 : 0;
}
