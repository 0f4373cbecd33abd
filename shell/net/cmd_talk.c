/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that ask somebody: ping, nslookup, wget. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unishyper/time.h>
#include <unistd.h>

#include "../shell.h"

#define PING_BYTES 56 /* behind the header, as everywhere */
#define PING_MAX   10000

/* The first address of a name. NULL after a message. */
static struct addrinfo *look_up(const char *command, const char *host, const char *port, int family)
{
	const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int error = getaddrinfo(host, port, &hints, &list);

	if (!error)
		return list;
	shell_say("%s: %s: %s\n", command, host,
		  error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
	return NULL;
}

/*
 * --- ping --------------------------------------------------------------------------------------
 */

struct ping {
	int socket;
	const struct sockaddr_in *to;
	unsigned sent, received;
};

/* One request, and its answer within a second. 0; -1: the socket says no. */
static int ping_once(struct ping *ping, unsigned number)
{
	struct {
		struct icmphdr header;
		unsigned char data[PING_BYTES];
	} packet = {.header = {.type = ICMP_ECHO}};
	uint64_t begun = time_now_us(), us;
	struct sockaddr_in from;
	socklen_t length;
	ssize_t n;
	char text[INET_ADDRSTRLEN];

	packet.header.un.echo.sequence = htons((uint16_t)number);
	for (unsigned i = 0; i < PING_BYTES; i++)
		packet.data[i] = (unsigned char)i;
	ping->sent++;
	if (sendto(ping->socket, &packet, sizeof(packet), 0, (const void *)ping->to,
		   sizeof(*ping->to)) < 0)
		return -1;
	for (;;) {
		length = sizeof(from);
		n = recvfrom(ping->socket, &packet, sizeof(packet), 0, (void *)&from, &length);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		if (n >= (ssize_t)sizeof(packet.header) &&
		    packet.header.un.echo.sequence == htons((uint16_t)number))
			break;
	}
	us = time_now_us() - begun;
	ping->received++;
	fprintf(shell_out, "%zd bytes from %s: icmp_seq=%u time=%lu.%03lu ms\n", n,
		inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text)), number,
		(unsigned long)(us / 1000), (unsigned long)(us % 1000));
	return 0;
}

static int ping_all(struct ping *ping, unsigned count)
{
	for (unsigned i = 1; i <= count && !shell_interrupted(); i++) {
		if (ping_once(ping, i))
			return shell_fail("ping", "sending");
		fflush(shell_out);
		if (i < count && !shell_interrupted())
			usleep(200000);
	}
	fprintf(shell_out, "%u packets transmitted, %u received\n", ping->sent, ping->received);
	return !ping->received;
}

static int run_ping(int argc, char **argv)
{
	const struct timeval second = {.tv_sec = 1};
	bool counted = argc == 4 && !strcmp(argv[1], "-c");
	long count = counted ? strtol(argv[2], &argv[1], 10) : 4;
	struct ping ping = {0};
	struct addrinfo *list;
	int status;

	if ((argc != 2 && !counted) || count < 1 || count > PING_MAX || (counted && *argv[1])) {
		shell_say("usage: ping [-c COUNT] HOST\n");
		return 2;
	}
	list = look_up("ping", argv[argc - 1], NULL, AF_INET);
	if (!list)
		return 1;
	ping.to = (const void *)list->ai_addr;
	ping.socket = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	if (ping.socket < 0) {
		status = shell_fail("ping", "a socket");
	} else {
		setsockopt(ping.socket, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
		status = ping_all(&ping, (unsigned)count);
		close(ping.socket);
	}
	freeaddrinfo(list);
	return status;
}
SHELL_COMMAND(ping) = {"ping", "[-c COUNT] HOST", "ask a host whether it is there", run_ping, 1, 3};

/*
 * --- nslookup ----------------------------------------------------------------------------------
 */

static int run_nslookup(int argc, char **argv)
{
	struct addrinfo *list = look_up("nslookup", argv[1], NULL, AF_UNSPEC);
	char text[INET6_ADDRSTRLEN];

	(void)argc;
	if (!list)
		return 1;
	for (const struct addrinfo *one = list; one; one = one->ai_next)
		if (!getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof(text), NULL, 0,
				 NI_NUMERICHOST))
			fprintf(shell_out, "%s %s\n", argv[1], text);
	freeaddrinfo(list);
	return 0;
}
SHELL_COMMAND(nslookup) = {"nslookup", "NAME", "the addresses of a name", run_nslookup, 1, 1};

/*
 * --- wget --------------------------------------------------------------------------------------
 */

struct url {
	char host[128], port[6];
	const char *path; /* behind the slash */
};

/* http://HOST[:PORT][/PATH] */
static bool url_parse(const char *text, struct url *url)
{
	static const char scheme[] = "http://";
	size_t length, digits;

	if (!strncmp(text, scheme, sizeof(scheme) - 1))
		text += sizeof(scheme) - 1;
	else if (strstr(text, "://"))
		return false;
	length = strcspn(text, ":/");
	if (!length || length >= sizeof(url->host))
		return false;
	memcpy(url->host, text, length);
	url->host[length] = '\0';
	text += length;
	strcpy(url->port, "80");
	if (*text == ':') {
		digits = strspn(++text, "0123456789");
		if (!digits || digits >= sizeof(url->port))
			return false;
		memcpy(url->port, text, digits);
		url->port[digits] = '\0';
		text += digits;
	}
	url->path = *text == '/' ? text + 1 : text;
	return !*text || *text == '/';
}

static int open_url(const struct url *url)
{
	struct addrinfo *list = look_up("wget", url->host, url->port, AF_UNSPEC);
	int fd = -1;

	for (const struct addrinfo *one = list; one && fd < 0; one = one->ai_next) {
		fd = socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen)) {
			int error = errno;

			close(fd);
			fd = -1;
			errno = error;
		}
	}
	if (list && fd < 0)
		shell_fail("wget", url->host);
	if (list)
		freeaddrinfo(list);
	return fd;
}

/* The header's length, CR LF CR LF included, or 0: it is not all here. */
static size_t header_end(const char *bytes, size_t length)
{
	const char *end = memmem(bytes, length, "\r\n\r\n", 4);

	return end ? (size_t)(end - bytes) + 4 : 0;
}

/* The status of the answer; what came behind its header is moved to the front. 0: none. */
static int take_header(int fd, char *bytes, size_t size, size_t *length)
{
	size_t have = 0, header = 0;
	ssize_t n;
	int status = 0;

	while (!header && have < size - 1 && !shell_interrupted()) {
		n = read(fd, bytes + have, size - 1 - have);
		if (n <= 0)
			break;
		have += (size_t)n;
		header = header_end(bytes, have);
	}
	bytes[have] = '\0';
	if (!header || sscanf(bytes, "HTTP/1.%*1[01] %3d", &status) != 1)
		return 0;
	*length = have - header;
	memmove(bytes, bytes + header, *length);
	return status;
}

static int save_body(int fd, FILE *out, char *bytes, size_t size, size_t length)
{
	unsigned long total = 0;
	ssize_t n = (ssize_t)length;

	do {
		if (fwrite(bytes, 1, (size_t)n, out) != (size_t)n)
			return shell_fail("wget", "writing");
		total += (unsigned long)n;
		n = read(fd, bytes, size);
	} while (n > 0 && !shell_interrupted());
	if (n < 0)
		return shell_fail("wget", "receiving");
	if (out != shell_out)
		fprintf(shell_out, "%lu bytes\n", total);
	return 0;
}

static int fetch(int fd, const struct url *url, const char *name)
{
	size_t size = 4096, length = 0;
	char *bytes = malloc(size);
	FILE *out = shell_out;
	int status, code;

	if (!bytes || dprintf(fd, "GET /%s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n",
			      url->path, url->host) < 0) {
		free(bytes);
		return shell_fail("wget", url->host);
	}
	code = take_header(fd, bytes, size, &length);
	if (code != 200) {
		if (code)
			shell_say("wget: %s: the server answers %d\n", url->host, code);
		else
			shell_say("wget: %s: that is no answer of HTTP\n", url->host);
		free(bytes);
		return 1;
	}
	if (strcmp(name, "-"))
		out = fopen(name, "we");
	status = out ? save_body(fd, out, bytes, size, length) : shell_fail("wget", name);
	if (out && out != shell_out && fclose(out) && !status)
		status = shell_fail("wget", name);
	free(bytes);
	return status;
}

static int run_wget(int argc, char **argv)
{
	bool named = argc == 4 && !strcmp(argv[1], "-O");
	const char *name = named ? argv[2] : NULL;
	struct url url;
	int fd, status;

	if ((argc != 2 && !named) || !url_parse(argv[argc - 1], &url)) {
		shell_say("usage: wget [-O FILE] http://HOST[:PORT]/PATH\n");
		return 2;
	}
	if (!name) {
		name = strrchr(url.path, '/');
		name = name ? name + 1 : url.path;
		if (!*name)
			name = "index.html";
	}
	fd = open_url(&url);
	if (fd < 0)
		return 1;
	status = fetch(fd, &url, name);
	close(fd);
	return status;
}
SHELL_COMMAND(wget) = {
	"wget", "[-O FILE] URL", "fetch a file by HTTP; FILE -: print it", run_wget, 1, 3};
