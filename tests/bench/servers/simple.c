/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection after the other, with calls that block. Its first bytes say what it is: `GET /`
 * is answered and closed, `GET /k` answered and kept, `SINK` sends until its end, `SRCE` receives.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../include/abi/mark.h"
#include "server.h"

#define MIB	 (1L << 20)
#define WARM_MIB 1
#define ALL_MIB	 17

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 21\r\nConnection: "
#define BODY "\r\n\r\nHello from the guest!"

static const char closing[] = HEAD "close" BODY, keeping[] = HEAD "keep-alive" BODY;
static char buffer[16384];

static void sink(int client, long total)
{
	ssize_t n;

	while ((n = read(client, buffer, sizeof(buffer))) > 0) {
		long before = total;

		total += n;
		if (before < WARM_MIB * MIB && total >= WARM_MIB * MIB)
			MARK(SINK_MARK);
		if (before < ALL_MIB * MIB && total >= ALL_MIB * MIB)
			MARK(SINK_MARK + 1);
	}
	dprintf(client, "%ld\n", total);
}

static void source(int client)
{
	long total = 0;
	ssize_t n;

	while (total < (ALL_MIB + 1) * MIB && (n = write(client, buffer, sizeof(buffer))) > 0) {
		long before = total;

		total += n;
		if (before < WARM_MIB * MIB && total >= WARM_MIB * MIB)
			MARK(SOURCE_MARK);
		if (before < ALL_MIB * MIB && total >= ALL_MIB * MIB)
			MARK(SOURCE_MARK + 1);
	}
}

static void keep(int client)
{
	static long requests;

	while (write(client, keeping, sizeof(keeping) - 1) > 0) {
		requests++;
		if (requests == WARM)
			MARK(KEEP_MARK);
		if (requests == WARM + ROUNDS)
			MARK(KEEP_MARK + 1);
		if (read(client, buffer, sizeof(buffer)) <= 0)
			break;
	}
}

static void answer(int client)
{
	static long requests;

	if (write(client, closing, sizeof(closing) - 1) < 0)
		return;
	requests++;
	if (requests == WARM)
		MARK(CLOSE_MARK);
	if (requests == WARM + ROUNDS)
		MARK(CLOSE_MARK + 1);
}

int serve_simple(void)
{
	int listener = listen_on_port();

	for (;;) {
		int client = accept(listener, NULL, NULL);
		ssize_t n;

		if (client < 0)
			continue;
		n = read(client, buffer, sizeof(buffer));
		if (n >= 4 && !memcmp(buffer, "SINK", 4))
			sink(client, n);
		else if (n >= 4 && !memcmp(buffer, "SRCE", 4))
			source(client);
		else if (n >= 6 && !memcmp(buffer, "GET /k", 6))
			keep(client);
		else if (n > 0)
			answer(client);
		close(client);
	}
}
