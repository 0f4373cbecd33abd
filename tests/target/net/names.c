/* SPDX-License-Identifier: BSD-2-Clause */
/* Names become addresses: by the files of /etc, and by a name server on this machine. */
#include <netdb.h>
#include <pthread.h>

#include "suite.h"

/* What getaddrinfo says, and the first address as text. */
static int ask(const char *name, int family, char *text)
{
	const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int error = getaddrinfo(name, "80", &hints, &found);

	text[0] = '\0';
	if (!error) {
		getnameinfo(found->ai_addr, found->ai_addrlen, text, INET6_ADDRSTRLEN, NULL, 0,
			    NI_NUMERICHOST);
		freeaddrinfo(found);
	}
	return error;
}

static void known(void)
{
	char text[INET6_ADDRSTRLEN];

	CHECK(!ask("localhost", AF_INET, text) && !strcmp(text, "127.0.0.1"));
	CHECK(!ask("localhost", AF_INET6, text) && !strcmp(text, "::1"));
	CHECK(!ask("unishyper", AF_INET, text) && !strcmp(text, "10.0.0.2"));
	CHECK(!ask("192.0.2.1", AF_UNSPEC, text) && !strcmp(text, "192.0.2.1"));
	CHECK(!ask("2001:db8::1", AF_UNSPEC, text) && !strcmp(text, "2001:db8::1"));
	CHECK(ask("192.0.2.1", AF_INET6, text) != 0);
	CHECK(ask("", AF_UNSPEC, text) == EAI_NONAME);
}

/* Answers for host.test, an address for A; everything else does not exist. Ends at an empty one. */
static void *name_server(void *arg)
{
	static const unsigned char wanted[] = "\4host\4test\0";
	int fd = *(int *)arg;
	unsigned char message[512];
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	ssize_t n;

	while ((n = recvfrom(fd, message, sizeof(message) - 16, 0, (struct sockaddr *)&peer,
			     &size)) > 0) {
		bool is_wanted = n >= 27 && !memcmp(message + 12, wanted, sizeof(wanted) - 1);
		bool is_a = is_wanted && message[12 + sizeof(wanted)] == 1;
		static const unsigned char answer[] = {0xc0, 12, 0, 1, 0,   1, 0, 0,
						       0,    60, 0, 4, 192, 0, 2, 7};

		message[2] = 0x81;
		message[3] = is_wanted ? 0x80 : 0x83;
		message[7] = is_a;
		if (is_a) {
			memcpy(message + n, answer, sizeof(answer));
			n += (ssize_t)sizeof(answer);
		}
		sendto(fd, message, (size_t)n, 0, (struct sockaddr *)&peer, size);
	}
	return NULL;
}

static bool servers(const char *text)
{
	FILE *file = fopen("/etc/resolv.conf", "w");

	return file && fputs(text, file) >= 0 && !fclose(file);
}

static void asked(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_port = htons(53),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char text[INET6_ADDRSTRLEN];
	pthread_t thread;

	CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)&here, sizeof(here)));
	CHECK(servers("nameserver 127.0.0.1\noptions attempts:1 timeout:30\n"));
	CHECK(!pthread_create(&thread, NULL, name_server, &fd));
	EXPECT(!ask("host.test", AF_UNSPEC, text) && !strcmp(text, "192.0.2.7"));
	EXPECT(ask("other.test", AF_UNSPEC, text) == EAI_NONAME);
	EXPECT(sendto(fd, "", 0, 0, (struct sockaddr *)&here, sizeof(here)) == 0);
	CHECK(!pthread_join(thread, NULL) && !close(fd));
	/* Nobody answers there any more. */
	CHECK(servers("nameserver 127.0.0.1\noptions attempts:1 timeout:2\n"));
	EXPECT(ask("host.test", AF_UNSPEC, text) == EAI_AGAIN);
	CHECK(servers("nameserver 10.0.0.3\n"));
}

static const struct test tests[] = {TEST(known), TEST(asked), TEST_END};
const struct suite name_suite = {"names", tests};
