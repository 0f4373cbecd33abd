/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies standard input to standard output with read() and write(); says how much on stderr. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	static char buffer[4096];
	unsigned long total = 0;
	ssize_t got;

	while ((got = read(0, buffer, sizeof(buffer))) > 0) {
		for (ssize_t done = 0, n; done < got; done += n) {
			n = write(1, buffer + done, got - done);
			if (n < 0)
				return 2;
		}
		total += got;
	}
	/* The end stays the end. */
	if (got == 0 && read(0, buffer, 1) != 0)
		return 3;
	fprintf(stderr, "copied %lu\n", total);
	return got < 0;
}
