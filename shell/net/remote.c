/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal over TCP, where the boot line has SHELL_PASSWORD=…: for telnet [rfc854], which is
 * asked to send each key, and for nc, which is told by sending no telnet command back and gets
 * plain lines. A connection has two threads: its session's, where commands run, and a reader, which
 * takes telnet's commands out of what comes, so that ^C reaches a command that runs.
 *
 * Passwords cross the network as they are: for networks one trusts, or a tunnel.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unishyper/thread.h>
#include <unishyper/time.h>
#include <unistd.h>

#include "../line.h"
#include "../shell.h"

#define PORT	      23
#define SESSIONS_MAX  4
#define PASSWORD_MAX  128
#define TRIES	      3
#define LOGIN_S	      30 /* for typing the password, all tries together */
#define SEND_S	      30 /* for taking what is printed */
#define QUIET_S	      60 /* then it is asked whether it is there: six times, ten seconds apart */
#define ASK_S	      10
#define ASK_TIMES     6
#define BACKLOG	      4
#define READER_STACK  (16 << 10)
#define COLUMNS_LEAST 20
#define COLUMNS_MOST  1000

/* Telnet's bytes [rfc854, rfc857, rfc858, rfc1073]. */
enum { SE = 240, IP = 244, SB = 250, WILL, WONT, DO, DONT, IAC };
enum { INSIDE_IAC = 1 }; /* a state: IAC in a subnegotiation */
enum { OPTION_ECHO = 1, OPTION_GO_AHEAD = 3, OPTION_SIZE = 31 };

struct connection {
	struct shell_session session;
	int fd, to_session; /* the socket, and the reader's end of session.input */
	bool telnet;	    /* it has answered as telnet does */
	bool line_is_plain; /* while the password is typed */
	bool reads;	    /* the reader is there */
	/* Of the reader: what was begun. */
	unsigned char state, option;
	bool after_return;
	unsigned char size[4];
	unsigned size_count;
	pthread_t reader;
};

static char password[PASSWORD_MAX];
static unsigned long login_s = LOGIN_S;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards: */
static unsigned count;
/* Held while somebody waits for having been wrong: guesses do not go faster on many connections. */
static pthread_mutex_t wrong = PTHREAD_MUTEX_INITIALIZER;

/*
 * --- what goes out -----------------------------------------------------------------------------
 */

static bool send_all(int fd, const void *bytes, size_t length)
{
	while (length) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes = (const char *)bytes + n;
		length -= (size_t)n;
	}
	return true;
}

/* Who does not take what is printed is gone: that ends the reader, which ends the command. */
static bool send_to(struct connection *connection, const char *bytes, size_t length)
{
	if (send_all(connection->fd, bytes, length))
		return true;
	shutdown(connection->fd, SHUT_RDWR);
	return false;
}

/* The stream's bytes as telnet wants them: lines end with CR LF, 255 stands twice. */
static ssize_t write_stream(void *cookie, const char *bytes, size_t length)
{
	struct connection *connection = cookie;
	char out[256];
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		if (used > sizeof(out) - 2) {
			if (!send_to(connection, out, used))
				return -1;
			used = 0;
		}
		if (bytes[i] == '\n' && (!i || bytes[i - 1] != '\r'))
			out[used++] = '\r';
		else if ((unsigned char)bytes[i] == IAC)
			out[used++] = (char)IAC;
		out[used++] = bytes[i];
	}
	return send_to(connection, out, used) ? (ssize_t)length : -1;
}

/*
 * --- what comes in -----------------------------------------------------------------------------
 */

static void interrupt(struct connection *connection)
{
	connection->session.interrupted = 1;
	thread_interrupt(connection->session.thread);
}

/* The width that the client told; the editor looks at it when it draws. */
static void take_size(struct connection *connection)
{
	unsigned columns = connection->size[0] * 256u + connection->size[1];

	if (connection->size_count == 4 && columns >= COLUMNS_LEAST && columns <= COLUMNS_MOST &&
	    connection->session.line)
		connection->session.line->columns = columns;
}

/* One byte: true if it is what somebody typed. */
static bool take(struct connection *connection, unsigned char byte)
{
	switch (connection->state) {
	case IAC:
		connection->state = 0;
		connection->telnet = true;
		if (byte == IP)
			interrupt(connection);
		if (byte == SB || (byte >= WILL && byte <= DONT))
			connection->state = byte;
		return byte == IAC;
	case WILL:
	case WONT:
	case DO:
	case DONT: /* what was asked for is answered; the rest would be a loop */
		connection->state = 0;
		return false;
	case SB:
		connection->option = byte;
		connection->size_count = 0;
		connection->state = SE;
		return false;
	case SE: /* within a subnegotiation, to IAC SE */
		if (byte == IAC)
			connection->state = INSIDE_IAC;
		else if (connection->size_count < 4)
			connection->size[connection->size_count++] = byte;
		return false;
	case INSIDE_IAC:
		connection->state = byte == SE ? 0 : SE;
		if (byte == IAC && connection->size_count < 4)
			connection->size[connection->size_count++] = byte;
		if (byte == SE && connection->option == OPTION_SIZE)
			take_size(connection);
		return false;
	default:
		connection->state = byte == IAC ? IAC : 0;
		return byte != IAC;
	}
}

/* Return is CR LF, CR NUL or CR: the session sees one byte, LF in plain lines. */
static bool take_return(struct connection *connection, unsigned char *byte)
{
	bool after = connection->after_return;

	connection->after_return = *byte == '\r';
	if (after && (*byte == '\n' || !*byte))
		return false;
	if (*byte == '\r' && (connection->session.plain || connection->line_is_plain))
		*byte = '\n';
	return true;
}

static void *reader(void *arg)
{
	struct connection *connection = arg;
	unsigned char bytes[128], typed[128];
	ssize_t n;

	while ((n = recv(connection->fd, bytes, sizeof(bytes), 0)) != 0) {
		size_t used = 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		for (ssize_t i = 0; i < n; i++) {
			unsigned char byte = bytes[i];

			if (!take(connection, byte) || !take_return(connection, &byte))
				continue;
			if (byte == 3 && connection->session.running)
				interrupt(connection);
			else
				typed[used++] = byte;
		}
		if (used && write(connection->to_session, typed, used) < 0 && errno != EAGAIN)
			break;
	}
	connection->session.ended = 1;
	interrupt(connection);
	close(connection->to_session);
	return NULL;
}

/*
 * --- the password ------------------------------------------------------------------------------
 */

/* It takes as long wherever the first difference is, and whatever the lengths. */
static bool is_password(const char typed[PASSWORD_MAX])
{
	unsigned difference = 0;

	for (size_t i = 0; i < PASSWORD_MAX; i++)
		difference |= (unsigned char)(typed[i] ^ password[i]);
	return !difference;
}

/* A line, in PASSWORD_MAX bytes with zeros behind it. False: nothing came in time, or the end. */
static bool read_password(struct connection *connection, char typed[PASSWORD_MAX], uint64_t end_ms)
{
	size_t length = 0;
	bool too_long = false;
	char byte;

	memset(typed, 0, PASSWORD_MAX);
	for (;;) {
		struct pollfd wait = {.fd = connection->session.input, .events = POLLIN};
		uint64_t now = time_now_ms();

		if (now >= end_ms || poll(&wait, 1, (int)(end_ms - now)) != 1 ||
		    read(connection->session.input, &byte, 1) != 1)
			return false;
		if (byte == '\n')
			break;
		if (byte != '\b' && byte != 127 && length < PASSWORD_MAX - 1)
			typed[length++] = byte;
		else if (byte != '\b' && byte != 127)
			too_long = true;
		else if (length)
			typed[--length] = '\0';
	}
	if (too_long)
		memset(typed, 0, PASSWORD_MAX);
	return true;
}

static bool login(struct connection *connection)
{
	uint64_t end_ms = time_now_ms() + login_s * 1000;
	char typed[PASSWORD_MAX];

	for (unsigned i = 0; i < TRIES; i++) {
		shell_say("Password: ");
		fflush(connection->session.terminal);
		if (!read_password(connection, typed, end_ms))
			return false;
		shell_say("\n");
		if (is_password(typed))
			return true;
		pthread_mutex_lock(&wrong);
		sleep(1);
		pthread_mutex_unlock(&wrong);
		shell_say("That is not the password.\n");
		fflush(connection->session.terminal);
	}
	return false;
}

/*
 * --- connections -------------------------------------------------------------------------------
 */

static bool begin(struct shell_session *session)
{
	/* We echo, keys come one by one, and tell us the window's size. */
	static const unsigned char ask[] = {IAC, WILL, OPTION_ECHO, IAC, WILL, OPTION_GO_AHEAD,
					    IAC, DO,   OPTION_SIZE};
	struct connection *connection = (struct connection *)session;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, READER_STACK);
	connection->reads = !pthread_create(&connection->reader, &attr, reader, connection);
	if (!connection->reads)
		return false;
	pthread_setname_np(connection->reader, "remote-input");
	if (!send_all(connection->fd, ask, sizeof(ask)) || !login(connection))
		return false;
	session->plain = !connection->telnet;
	connection->line_is_plain = false;
	return true;
}

static void end(struct shell_session *session)
{
	struct connection *connection = (struct connection *)session;

	fflush(session->terminal);
	shutdown(connection->fd, SHUT_RDWR);
	if (connection->reads)
		pthread_join(connection->reader, NULL);
	else
		close(connection->to_session);
	fclose(session->terminal);
	close(session->input);
	close(connection->fd);
	if (session->line)
		munmap(session->line, sizeof(*session->line));
	free(connection);
	pthread_mutex_lock(&lock);
	count--;
	pthread_mutex_unlock(&lock);
}

/* 0, or an errno; then everything but the socket is given back. */
static int start(struct connection *connection)
{
	const cookie_io_functions_t functions = {.write = write_stream};
	struct shell_session *session = &connection->session;
	int pipe_fds[2], error;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return errno;
	/* What is typed while a long command runs is lost when there is too much: ^C comes. */
	fcntl(pipe_fds[1], F_SETFL, O_NONBLOCK);
	session->input = pipe_fds[0];
	connection->to_session = pipe_fds[1];
	session->terminal = session->out = fopencookie(connection, "w", functions);
	error = session->terminal ? shell_session_start(session) : ENOMEM;
	if (!error)
		return 0;
	if (session->terminal)
		fclose(session->terminal);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return error;
}

/* A client that goes without a word, or takes nothing, must not keep its place for ever. */
static void set_limits(int fd)
{
	static const struct timeval send_for = {.tv_sec = SEND_S};
	static const int on = 1, quiet = QUIET_S, ask = ASK_S, times = ASK_TIMES;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_for, sizeof(send_for));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &quiet, sizeof(quiet));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &ask, sizeof(ask));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(times));
}

static bool take_place(void)
{
	bool room;

	pthread_mutex_lock(&lock);
	room = count < SESSIONS_MAX;
	count += room;
	pthread_mutex_unlock(&lock);
	return room;
}

static void serve(int fd)
{
	static const char busy[] = "All terminals are in use. Try again later.\r\n";
	struct connection *connection;

	set_limits(fd);
	connection = take_place() ? calloc(1, sizeof(*connection)) : NULL;

	if (connection) {
		connection->fd = fd;
		connection->line_is_plain = true;
		connection->session.name = "remote";
		connection->session.remote = true;
		connection->session.begin = begin;
		connection->session.end = end;
		if (!start(connection))
			return;
		free(connection);
		pthread_mutex_lock(&lock);
		count--;
		pthread_mutex_unlock(&lock);
	}
	send_all(fd, busy, sizeof(busy) - 1);
	close(fd);
}

static void *listener(void *arg)
{
	int fd = (int)(intptr_t)arg;

	for (;;) {
		int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (accepted >= 0)
			serve(accepted);
		else if (errno != EINTR)
			usleep(100000); /* no memory, or no descriptors: it may pass */
	}
	return NULL;
}

static int open_port(unsigned port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd >= 0 && !bind(fd, (const void *)&any, sizeof(any)) && !listen(fd, BACKLOG))
		return fd;
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

void shell_remote_start(void)
{
	char text[8] = "";
	pthread_attr_t attr;
	pthread_t thread;
	unsigned long port = PORT;
	int fd;

	if (!shell_boot_word("SHELL_PASSWORD", password, sizeof(password)) || !password[0])
		return;
	if (shell_boot_word("SHELL_LOGIN", text, sizeof(text)))
		login_s = strtoul(text, NULL, 10);
	if (!login_s || login_s > 3600)
		login_s = LOGIN_S;
	*text = '\0';
	if (shell_boot_word("SHELL_PORT", text, sizeof(text)))
		port = strtoul(text, NULL, 10);
	fd = port && port < 65536 ? open_port((unsigned)port) : -1;
	if (fd < 0) {
		shell_say("terminal: port %s cannot be opened\n", *text ? text : "23");
		return;
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, READER_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, listener, (void *)(intptr_t)fd))
		close(fd);
	else
		pthread_setname_np(thread, "remote-listen");
}
