/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reach ADDRESS PORT...: connects to each and says from where, or why not. A network that is not
 * there yet gets five seconds. `3 s`: waits three seconds; `line -`: for a line to read.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int say_own(int fd)
{
	struct sockaddr_storage own;
	socklen_t size = sizeof(own);
	char text[64];

	if (getsockname(fd, (struct sockaddr *)&own, &size) ||
	    getnameinfo((struct sockaddr *)&own, size, text, sizeof(text), NULL, 0, NI_NUMERICHOST))
		return -1;
	printf("from %s\n", text);
	return 0;
}

static int reach(const char *host, const char *port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	struct addrinfo *found;
	int fd, error;

	if (getaddrinfo(host, port, &hints, &found))
		return -1;
	fd = socket(found->ai_family, found->ai_socktype, 0);
	error = fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) || say_own(fd) ? errno : 0;
	close(fd);
	freeaddrinfo(found);
	errno = error;
	return error ? -1 : 0;
}

int main(int argc, char **argv)
{
	int tries = 50;

	for (int i = 1; i + 1 < argc; i += 2) {
		while (!strchr("s-", argv[i + 1][0]) && reach(argv[i], argv[i + 1])) {
			if ((errno == ENETUNREACH || errno == EADDRNOTAVAIL) && tries-- > 0) {
				usleep(100000);
				continue;
			}
			printf("not: %s\n", strerror(errno));
			break;
		}
		if (argv[i + 1][0] == 's')
			sleep((unsigned)(argv[i][0] - '0'));
		if (argv[i + 1][0] == '-')
			getchar();
	}
	return 0;
}
