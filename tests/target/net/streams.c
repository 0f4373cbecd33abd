/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of streams. */
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "suite.h"

#define LONG_BYTES (1 << 20)

static void few_bytes(void)
{
	char text[64] = {0};
	int fds[2], count;

	CHECK(connected(fds));
	CHECK(ready(fds[0], POLLIN | POLLOUT) == POLLOUT);
	CHECK(write(fds[0], "hello ", 6) == 6 && send(fds[0], "world", 5, 0) == 5);
	CHECK(wait_for(fds[1], POLLIN) == POLLIN);
	while (!ioctl(fds[1], FIONREAD, &count) && count < 11)
		sched_yield();
	CHECK(recv(fds[1], text, 64, MSG_PEEK) == 11 && !memcmp(text, "hello world", 11));
	CHECK(read(fds[1], text, 3) == 3 && recv(fds[1], text, 64, 0) == 8);
	CHECK(!memcmp(text, "lo world", 8));
	CHECK_ERRNO(recv(fds[1], text, 64, MSG_DONTWAIT), EAGAIN);
	CHECK(send(fds[0], text, 0, 0) == 0);
	CHECK(write(fds[1], "x", 1) == 1 && read(fds[0], text, 64) == 1 && text[0] == 'x');
	CHECK(!close(fds[1]));
	CHECK(read(fds[0], text, 64) == 0 && read(fds[0], text, 64) == 0);
	CHECK(!close(fds[0]));
}
BOTH(few_bytes)

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 7 + i / 253);
}

static void *send_long(void *arg)
{
	int fd = (int)(intptr_t)arg;
	uint8_t *data = malloc(LONG_BYTES);
	size_t sent = 0, piece = 1;

	for (size_t i = 0; i < LONG_BYTES; i++)
		data[i] = byte_at(i);
	while (sent < LONG_BYTES) {
		size_t n = piece < LONG_BYTES - sent ? piece : LONG_BYTES - sent;
		ssize_t result = send(fd, data + sent, n, 0);

		EXPECT(result == (ssize_t)n);
		if (result <= 0)
			break;
		sent += (size_t)result;
		piece = piece * 3 % 100003 + 1;
	}
	EXPECT(!shutdown(fd, SHUT_WR));
	free(data);
	return NULL;
}

static void long_ways(void)
{
	int fds[2];
	uint8_t buffer[5000];
	size_t total = 0, wrong = 0;
	ssize_t n;
	pthread_t thread;

	CHECK(connected(fds));
	thread = STEP(send_long, fds[0]);
	while ((n = recv(fds[1], buffer, sizeof(buffer), 0)) > 0)
		for (ssize_t i = 0; i < n; i++)
			wrong += buffer[i] != byte_at(total++);
	EXPECT(n == 0 && total == LONG_BYTES && !wrong);
	pthread_join(thread, NULL);
	CHECK(!close(fds[0]) && !close(fds[1]));
}
BOTH(long_ways)

/* What is sent beyond all buffers waits for the receiver; without waiting it is as much as fits. */
static void full(void)
{
	static uint8_t data[65536];
	int fds[2];
	size_t sent = 0, received = 0;
	ssize_t n;

	CHECK(connected(fds));
	/* An acknowledgement that was due may make room once more. */
	do {
		while ((n = send(fds[0], data, sizeof(data), MSG_DONTWAIT)) > 0)
			sent += (size_t)n;
		CHECK(n == -1 && errno == EAGAIN && sent > 100000 && sent < 4000000);
	} while (ready(fds[0], POLLOUT));
	while ((n = recv(fds[1], data, sizeof(data), MSG_DONTWAIT)) > 0)
		received += (size_t)n;
	CHECK(wait_for(fds[0], POLLOUT) == POLLOUT);
	while (received < sent && wait_for(fds[1], POLLIN)) {
		n = recv(fds[1], data, sizeof(data), MSG_DONTWAIT);
		CHECK(n > 0);
		received += (size_t)n;
	}
	CHECK(received == sent);
	CHECK(!close(fds[0]) && !close(fds[1]));
}
BOTH(full)

static void *late(void *arg)
{
	usleep(20000);
	EXPECT(send((int)(intptr_t)arg, "cdef", 4, 0) == 4);
	return NULL;
}

static void pieces(void)
{
	char a[3] = "", b[5] = "";
	struct iovec out[3] = {{"one", 3}, {"", 0}, {"four", 4}}, in[2] = {{a, 3}, {b, 4}};
	struct msghdr message = {.msg_iov = out, .msg_iovlen = 3};
	pthread_t thread;
	int fds[2];

	CHECK(connected(fds));
	CHECK(sendmsg(fds[0], &message, 0) == 7);
	message = (struct msghdr){.msg_iov = in, .msg_iovlen = 2};
	CHECK(recvmsg(fds[1], &message, MSG_WAITALL) == 7);
	CHECK(!memcmp(a, "one", 3) && !memcmp(b, "four", 4));
	CHECK(writev(fds[0], out, 3) == 7 && wait_for(fds[1], POLLIN));
	CHECK(recv(fds[1], a, 3, MSG_WAITALL) == 3 && recv(fds[1], b, 4, MSG_WAITALL) == 4);
	/* MSG_WAITALL waits for all, also for what comes later. */
	CHECK(send(fds[0], "ab", 2, 0) == 2);
	thread = STEP(late, fds[0]);
	CHECK(recv(fds[1], b, 5, MSG_WAITALL) == 5 && !memcmp(b, "abcde", 5));
	CHECK(recv(fds[1], b, 5, 0) == 1 && b[0] == 'f');
	pthread_join(thread, NULL);
	CHECK(!close(fds[0]) && !close(fds[1]));
}
BOTH(pieces)

#define ROUNDS 2000
static void *echo(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char buffer[64];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		EXPECT(write(fd, buffer, (size_t)n) == n);
	EXPECT(n == 0);
	return NULL;
}

static void ping_pong(void)
{
	int fds[2], one = 1;
	pthread_t thread;

	CHECK(connected(fds));
	EXPECT(!setsockopt(fds[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	EXPECT(!setsockopt(fds[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	thread = STEP(echo, fds[1]);
	for (int i = 0; i < ROUNDS; i++) {
		int back = -1;

		EXPECT(write(fds[0], &i, sizeof(i)) == sizeof(i));
		EXPECT(recv(fds[0], &back, sizeof(back), MSG_WAITALL) == sizeof(back));
		EXPECT(back == i);
	}
	EXPECT(!shutdown(fds[0], SHUT_WR));
	pthread_join(thread, NULL);
	CHECK(!close(fds[0]) && !close(fds[1]));
}
BOTH(ping_pong)

static const struct test tests[] = {
	TEST(few_bytes_both), TEST(long_ways_both), TEST(full_both),
	TEST(pieces_both),    TEST(ping_pong_both), TEST_END,
};
const struct suite stream_suite = {"streams", tests};
