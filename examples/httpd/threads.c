/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread for each connection, of which there are not too many at once. */
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "http.h"

#define THREADS_MAX 64

static sem_t places;

static bool send_answer(int fd, struct answer *answer)
{
	bool good = send(fd, answer->head, answer->head_size, answer->file < 0 ? 0 : MSG_MORE) ==
		    (ssize_t)answer->head_size;

	while (good && answer->file >= 0 && answer->file_size > 0) {
		ssize_t count = sendfile(fd, answer->file, NULL, (size_t)answer->file_size);

		good = count > 0;
		answer->file_size -= count;
	}
	if (answer->file >= 0)
		close(answer->file);
	return good;
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct timeval patience = {.tv_sec = 30};
	char data[REQUEST_MAX];
	size_t size = 0, used;
	struct answer answer;
	bool more = true;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	while (more) {
		ssize_t count = recv(fd, data + size, sizeof(data) - size, 0);

		if (count <= 0)
			break;
		size += (size_t)count;
		while (more && (used = http_answer(data, size, &answer))) {
			more = send_answer(fd, &answer) && !answer.last;
			size -= used;
			memmove(data, data + used, size);
		}
	}
	/* What the peer still sends must not break the connection before it has read all. */
	shutdown(fd, SHUT_WR);
	patience.tv_sec = 2;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (recv(fd, data, sizeof(data), 0) > 0)
		;
	close(fd);
	sem_post(&places);
	return NULL;
}

int main(int argc, char **argv)
{
	struct options options = http_options(argc, argv);
	int listening = http_listen(&options);
	pthread_attr_t attr;
	pthread_t thread;

	sem_init(&places, 0, THREADS_MAX);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while (options.connections < 0 || options.connections-- > 0) {
		int fd;

		sem_wait(&places);
		fd = accept(listening, NULL, NULL);
		if (fd < 0 || pthread_create(&thread, &attr, serve, (void *)(intptr_t)fd)) {
			perror("httpd");
			if (fd >= 0)
				close(fd);
			sem_post(&places);
		}
	}
	close(listening);
	for (int i = 0; i < THREADS_MAX; i++)
		sem_wait(&places);
	return 0;
}
