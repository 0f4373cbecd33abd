/* SPDX-License-Identifier: BSD-2-Clause */
/* cat [FILE]...: the files, or standard input, one behind the other to standard output. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What went wrong with what, on standard error; a status other than 0. */
static int complain(const char *name)
{
	fprintf(stderr, "cat: %s: %s\n", name, strerror(errno));
	return 1;
}

static int copy(int from, const char *name)
{
	static char buffer[16384];
	ssize_t length, done, n;

	while ((length = read(from, buffer, sizeof(buffer))) > 0) {
		for (done = 0; done < length; done += n) {
			n = write(STDOUT_FILENO, buffer + done, length - done);
			if (n < 0)
				return complain("standard output");
		}
	}
	return length < 0 ? complain(name) : 0;
}

static int copy_file(const char *name)
{
	int status, from;

	if (!strcmp(name, "-"))
		return copy(STDIN_FILENO, "standard input");
	from = open(name, O_RDONLY);
	if (from < 0)
		return complain(name);
	status = copy(from, name);
	close(from);
	return status;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2)
		return copy(STDIN_FILENO, "standard input");
	for (int i = 1; i < argc; i++)
		status |= copy_file(argv[i]);
	return status;
}
