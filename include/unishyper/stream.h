/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stream that prints to a descriptor, in memory of the caller's: fdopen() for programs that are
 * not to have a heap. All functions of <stdio.h> that write take it but fclose() and setvbuf();
 * what is not printed at exit() is printed then.
 */
#ifndef UNISHYPER_STREAM_H
#define UNISHYPER_STREAM_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct stream_memory {
	char bytes[768] __attribute__((__aligned__(16)));
};

/* Never NULL. The memory must stay until stream_end(). */
FILE *stream_to(struct stream_memory *memory, int fd);

/* Print what is left and close the descriptor. 0, or EOF: something could not be written. */
int stream_end(FILE *stream);

#ifdef __cplusplus
}
#endif

#endif
