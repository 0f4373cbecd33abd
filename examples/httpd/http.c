/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "http.h"

#include <ctype.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct options http_options(int argc, char **argv)
{
	struct options options = {.port = 4444, .connections = -1};
	int option;

	while ((option = getopt(argc, argv, "p:n:")) != -1) {
		if (option == 'p') {
			options.port = (unsigned short)atoi(optarg);
		} else if (option == 'n') {
			options.connections = atol(optarg);
		} else {
			fprintf(stderr, "httpd: -p PORT -n CONNECTIONS FOLDER\n");
			exit(2);
		}
	}
	if (optind < argc && chdir(argv[optind])) {
		perror(argv[optind]);
		exit(1);
	}
	signal(SIGPIPE, SIG_IGN);
	return options;
}

int http_listen(const struct options *options)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(options->port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 128)) {
		perror("httpd");
		exit(1);
	}
	printf("listen on: http://0.0.0.0:%u/\n", options->port);
	fflush(stdout);
	return fd;
}

static const char *type_of(const char *path)
{
	static const char *const types[][2] = {
		{".html", "text/html; charset=utf-8"},
		{".txt", "text/plain; charset=utf-8"},
		{".css", "text/css"},
		{".js", "text/javascript"},
		{".json", "application/json"},
		{".png", "image/png"},
		{".jpg", "image/jpeg"},
		{".svg", "image/svg+xml"},
	};
	const char *end = strrchr(path, '.');

	for (size_t i = 0; end && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcasecmp(end, types[i][0]))
			return types[i][1];
	return "application/octet-stream";
}

static void error_answer(struct answer *answer, const char *what)
{
	answer->head_size = (size_t)snprintf(answer->head, sizeof(answer->head),
					     "HTTP/1.1 %s\r\n"
					     "Content-Type: text/plain\r\n"
					     "Content-Length: %zu\r\n"
					     "%s\r\n%s\n",
					     what, strlen(what) + 1,
					     answer->last ? "Connection: close\r\n" : "", what);
}

static int hex(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10
					    : -1;
}

/* The name below the current folder: "%41" decoded, without the query, and never above it. */
static bool path_of(const char *target, size_t size, char *path, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < size && target[i] != '?' && target[i] != '#'; i++) {
		char c = target[i];

		if (c == '%') {
			if (i + 2 >= size || hex(target[i + 1]) < 0 || hex(target[i + 2]) < 0)
				return false;
			c = (char)(hex(target[i + 1]) * 16 + hex(target[i + 2]));
			i += 2;
		}
		if (!c || n + sizeof("index.html") + 1 > room)
			return false;
		if (c != '/' || (n && path[n - 1] != '/'))
			path[n++] = c;
	}
	path[n] = 0;
	for (const char *at = path; (at = strstr(at, "..")); at += 2)
		if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return false;
	if (!n || path[n - 1] == '/')
		strcpy(path + n, "index.html");
	return true;
}

static void file_answer(struct answer *answer, const char *path, bool head_only)
{
	struct stat status;

	/* Nothing but files is opened: a device may wait for somebody. */
	if (stat(path, &status) || !S_ISREG(status.st_mode)) {
		error_answer(answer, "404 Not Found");
		return;
	}
	answer->file = open(path, O_RDONLY | O_CLOEXEC);
	if (answer->file < 0 || fstat(answer->file, &status)) {
		error_answer(answer, "403 Forbidden");
		return;
	}
	answer->file_size = status.st_size;
	answer->head_size = (size_t)snprintf(answer->head, sizeof(answer->head),
					     "HTTP/1.1 200 OK\r\n"
					     "Content-Type: %s\r\n"
					     "Content-Length: %lld\r\n"
					     "%s\r\n",
					     type_of(path), (long long)status.st_size,
					     answer->last ? "Connection: close\r\n" : "");
	if (head_only || !status.st_size) {
		close(answer->file);
		answer->file = -1;
	}
}

/* Does a line of the head begin with the name, and hold the word? */
static bool field_has(const char *head, const char *name, const char *word)
{
	const char *at = strcasestr(head, name), *end, *found;

	if (!at)
		return false;
	end = strstr(at + 2, "\r\n");
	found = strcasestr(at, word);
	return found && (!end || found < end);
}

size_t http_answer(const char *data, size_t size, struct answer *answer)
{
	const char *end = memmem(data, size, "\r\n\r\n", 4);
	char head[REQUEST_MAX + 1], path[1024], method[8], target[REQUEST_MAX];
	int minor;

	*answer = (struct answer){.file = -1, .last = true};
	if (!end) {
		if (size < REQUEST_MAX)
			return 0;
		error_answer(answer, "431 Request Header Fields Too Large");
		return size;
	}
	size = (size_t)(end - data) + 4;
	memcpy(head, data, size);
	head[size] = 0;
	if (strlen(head) != size ||
	    sscanf(head, "%7[A-Z] %4095s HTTP/1.%d\r\n", method, target, &minor) != 3 ||
	    target[0] != '/' || !path_of(target, strlen(target), path, sizeof(path))) {
		error_answer(answer, "400 Bad Request");
		return size;
	}
	/* What a body is would have to be known to find the next request. */
	if ((strcmp(method, "GET") && strcmp(method, "HEAD")) ||
	    strcasestr(head, "\r\nTransfer-Encoding:") ||
	    (strcasestr(head, "\r\nContent-Length:") &&
	     !field_has(head, "\r\nContent-Length:", " 0"))) {
		error_answer(answer, "501 Not Implemented");
		return size;
	}
	answer->last = minor ? field_has(head, "\r\nConnection:", "close")
			     : !field_has(head, "\r\nConnection:", "keep-alive");
	file_answer(answer, path, method[0] == 'H');
	return size;
}
