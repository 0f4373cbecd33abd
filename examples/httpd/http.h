/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests and answers, for both ways to serve them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define REQUEST_MAX 4096

struct answer {
	char head[1024]; /* with the body, where there is no file */
	size_t head_size;
	int file;	 /* -1: none */
	off_t file_size; /* of it */
	bool last;	 /* the connection ends with it */
};

struct options {
	unsigned short port;
	long connections; /* after which it ends; -1: never */
};

/* -p PORT, -n CONNECTIONS, and the folder, which becomes the current one. */
struct options http_options(int argc, char **argv);

/* A socket that listens; on error the program ends. */
int http_listen(const struct options *options);

/*
 * The first request of `data`: how many bytes it is, and the answer, whose file the caller closes.
 * 0: it is not complete yet.
 */
size_t http_answer(const char *data, size_t size, struct answer *answer);
