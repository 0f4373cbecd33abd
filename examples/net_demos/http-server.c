/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers every request with one page; a thread for each connection. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 4444

static const char answer[] = "HTTP/1.1 200 OK\r\n"
			     "Content-Type: text/html\r\n"
			     "Content-Length: 5\r\n"
			     "Connection: close\r\n"
			     "\r\n"
			     "hello";

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char request[1024];

	if (read(fd, request, sizeof(request)) > 0)
		write(fd, answer, sizeof(answer) - 1);
	shutdown(fd, SHUT_WR);
	/* The connection ends when the client has read everything. */
	while (read(fd, request, sizeof(request)) > 0)
		;
	close(fd);
	return NULL;
}

/* With a number as argument it ends after so many connections. */
int main(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int listening = socket(AF_INET, SOCK_STREAM, 0);
	long left = argc > 1 ? strtol(argv[1], NULL, 10) : -1;
	pthread_t thread;

	if (listening < 0 || bind(listening, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(listening, 128)) {
		perror("http-server");
		return 1;
	}
	printf("Unishyper Http server demo\n"
	       "listen on: http://0.0.0.0:%d/\n",
	       PORT);
	fflush(stdout);
	while (left < 0 || left-- > 0) {
		int fd = accept(listening, NULL, NULL);

		if (fd < 0) {
			perror("accept");
		} else if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd)) {
			close(fd);
		} else if (left) {
			pthread_detach(thread);
		} else {
			pthread_join(thread, NULL);
		}
	}
	close(listening);
	return 0;
}
