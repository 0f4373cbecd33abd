/* SPDX-License-Identifier: BSD-2-Clause */
/* Local sockets with names: how they meet. What they carry then is sockets.c's. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "suite.h"

#define PATH_AT offsetof(struct sockaddr_un, sun_path)

struct name {
	struct sockaddr_un address;
	socklen_t size;
};

/* A text that begins with '@' is abstract. */
static struct name name_of(const char *text)
{
	struct name name = {.address = {.sun_family = AF_UNIX}};

	memcpy(name.address.sun_path, text, strlen(text));
	name.size = (socklen_t)(PATH_AT + strlen(text));
	if (*text == '@')
		name.address.sun_path[0] = '\0';
	else
		name.size++;
	return name;
}

static int bind_to(int fd, const char *text)
{
	struct name name = name_of(text);

	return bind(fd, (void *)&name.address, name.size);
}

static int connect_to(int fd, const char *text)
{
	struct name name = name_of(text);

	return connect(fd, (void *)&name.address, name.size);
}

static long send_to(int fd, const char *text, const char *data)
{
	struct name name = name_of(text);

	return sendto(fd, data, strlen(data), MSG_DONTWAIT | MSG_NOSIGNAL, (void *)&name.address,
		      name.size);
}

/* Is that the name that a call told? NULL: none. */
static bool is_name(const struct name *name, const char *text)
{
	struct name wanted = name_of(text ? text : "");

	if (!text)
		return name->size == PATH_AT && name->address.sun_family == AF_UNIX;
	return name->size == wanted.size && !memcmp(&name->address, &wanted.address, wanted.size);
}

static bool has_name(int fd, bool peer, const char *text)
{
	struct name name = {.size = sizeof(name.address)};
	int error = peer ? getpeername(fd, (void *)&name.address, &name.size)
			 : getsockname(fd, (void *)&name.address, &name.size);

	return !error && is_name(&name, text);
}

static int made(int type, const char *text)
{
	int fd = socket(AF_UNIX, type, 0);

	EXPECT(fd >= 0 && (!text || !bind_to(fd, text)));
	return fd;
}

static int listener(int type, const char *text, int backlog)
{
	int fd = made(type, text);

	EXPECT(!listen(fd, backlog));
	return fd;
}

static void meet(int type, const char *text, const char *own)
{
	struct name name = {.size = sizeof(name.address)};
	int value = 0, server = listener(type, text, 1), client = made(type, own), fd;
	socklen_t size = sizeof(value);
	char data[16];

	CHECK(!getsockopt(server, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) && value == 1);
	CHECK(ready(server, POLLIN | POLLOUT) == 0);
	CHECK(ready(client, POLLIN | POLLOUT) == (POLLOUT | POLLHUP));
	CHECK(!connect_to(client, text) && ready(server, POLLIN) == POLLIN);
	/* It is connected before it is accepted. */
	CHECK(send(client, "early", 5, 0) == 5 && ready(client, POLLIN | POLLOUT) == POLLOUT);
	fd = accept4(server, (void *)&name.address, &name.size, SOCK_CLOEXEC);
	CHECK(fd >= 0 && is_name(&name, own) && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK(ready(server, POLLIN) == 0);
	CHECK(has_name(server, false, text) && has_name(fd, false, text));
	CHECK(has_name(client, true, text) && has_name(client, false, own));
	CHECK(has_name(fd, true, own));
	CHECK(recv(fd, data, sizeof(data), 0) == 5 && !memcmp(data, "early", 5));
	CHECK(send(fd, "back", 4, 0) == 4 && recv(client, data, sizeof(data), 0) == 4);
	CHECK_ERRNO(connect_to(client, text), EISCONN);
	CHECK_ERRNO(listen(client, 1), EINVAL);
	CHECK_ERRNO(accept(client, NULL, NULL), EINVAL);
	CHECK(!shutdown(client, SHUT_WR) && recv(fd, data, 1, 0) == 0 && !close(fd));
	CHECK(recv(client, data, 1, 0) == 0 && !close(client) && !close(server));
	CHECK(*text == '@' || !unlink(text));
	CHECK(!own || *own == '@' || !unlink(own));
}

static void streams_meet(void)
{
	meet(SOCK_STREAM, "/tmp.sock", NULL);
	meet(SOCK_STREAM, "@abstract", "/own.sock");
	meet(SOCK_SEQPACKET, "/tmp.sock", "@own");
}

/* The name is a file: it stays when the socket is closed, and the socket when it goes. */
static void files(void)
{
	int server = listener(SOCK_STREAM, "/a.sock", 4), other = made(SOCK_STREAM, NULL), fd;
	struct stat info;

	CHECK(!stat("/a.sock", &info) && S_ISSOCK(info.st_mode) && (info.st_mode & 0777) == 0755);
	CHECK_ERRNO(open("/a.sock", O_RDWR), ENXIO);
	CHECK_ERRNO(bind_to(other, "/a.sock"), EADDRINUSE);
	CHECK(!link("/a.sock", "/b.sock") && !rename("/a.sock", "/c.sock"));
	CHECK_ERRNO(connect_to(other, "/a.sock"), ENOENT);
	CHECK(!connect_to(other, "/b.sock") && (fd = accept(server, NULL, NULL)) >= 0);
	CHECK(has_name(other, true, "/a.sock") && !close(fd) && !close(other));
	CHECK(!unlink("/b.sock") && !unlink("/c.sock"));
	/* Another one of that name. */
	fd = listener(SOCK_STREAM, "/a.sock", 4);
	other = made(SOCK_STREAM, NULL);
	CHECK(!connect_to(other, "/a.sock") && ready(server, POLLIN) == 0);
	CHECK(ready(fd, POLLIN) == POLLIN && !close(fd) && !close(server) && !close(other));
	other = made(SOCK_STREAM, NULL);
	CHECK_ERRNO(connect_to(other, "/a.sock"), ECONNREFUSED);
	CHECK_ERRNO(bind_to(other, "/a.sock"), EADDRINUSE);
	CHECK(!unlink("/a.sock") && !bind_to(other, "/a.sock") && !close(other));
	CHECK(!unlink("/a.sock"));
	/* By a path from the current directory, and by a symbolic link. */
	CHECK(!mkdir("/dir", 0700) && !chdir("/dir"));
	server = listener(SOCK_STREAM, "s", 0);
	other = made(SOCK_STREAM, NULL);
	CHECK(!symlink("/dir/s", "/link") && !connect_to(other, "/link"));
	CHECK(has_name(other, true, "s") && !close(other) && !close(server));
	CHECK(!unlink("/link") && !unlink("s") && !chdir("/") && !rmdir("/dir"));
}

static void wrong_names(void)
{
	static const struct {
		const char *path;
		int bind, connect;
	} rows[] = {
		{"/no/such", ENOENT, ENOENT},
		{"/dev/null", EADDRINUSE, ECONNREFUSED},
		{"/dev/null/x", ENOTDIR, ENOTDIR},
		{"/", EADDRINUSE, ECONNREFUSED},
		{"/new/", ENOENT, ENOENT},
		{"/proc/new", ENOENT, ENOENT},
		{"@nobody", 0, ECONNREFUSED},
		{"/dead.sock", EADDRINUSE, ECONNREFUSED},
		{"/deaf.sock", EADDRINUSE, ECONNREFUSED},
		{"/other.sock", EADDRINUSE, EPROTOTYPE},
	};
	int deaf = made(SOCK_STREAM, "/deaf.sock"), other = made(SOCK_DGRAM, "/other.sock"), fd;
	struct name name;

	CHECK(!close(made(SOCK_STREAM, "/dead.sock")));
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fd = made(SOCK_STREAM, NULL);
		CHECK_ERRNO(connect_to(fd, rows[i].path), rows[i].connect);
		if (rows[i].bind)
			CHECK_ERRNO(bind_to(fd, rows[i].path), rows[i].bind);
		CHECK(has_name(fd, false, NULL) && !close(fd));
	}
	fd = made(SOCK_STREAM, NULL);
	name = name_of("/x");
	CHECK_ERRNO(bind(fd, BAD_POINTER, name.size), EFAULT);
	CHECK_ERRNO(connect(fd, BAD_POINTER, name.size), EFAULT);
	CHECK_ERRNO(bind(fd, (void *)&name.address, 1), EINVAL);
	CHECK_ERRNO(bind(fd, (void *)&name.address, sizeof(name.address) + 1), EINVAL);
	CHECK_ERRNO(connect(fd, (void *)&name.address, PATH_AT), EINVAL);
	CHECK_ERRNO(connect(fd, (void *)&name.address, 0), EINVAL);
	name.address.sun_family = AF_INET;
	CHECK_ERRNO(bind(fd, (void *)&name.address, name.size), EINVAL);
	CHECK_ERRNO(connect(fd, (void *)&name.address, name.size), EINVAL);
	/* The longest name has no zero behind it. */
	memset(&name, 'n', sizeof(name));
	name.address.sun_family = AF_UNIX;
	CHECK(!bind(fd, (void *)&name.address, sizeof(name.address)));
	name.size = sizeof(name);
	CHECK(!getsockname(fd, (void *)&name.address, &name.size));
	CHECK(name.size == sizeof(name.address) + 1);
	CHECK_ERRNO(bind_to(fd, "/twice"), EINVAL);
	name.address.sun_path[sizeof(name.address.sun_path) - 1] = '\0';
	CHECK_ERRNO(unlink(name.address.sun_path), ENOENT);
	CHECK(!close(fd) && !close(deaf) && !close(other));
	{
		char path[sizeof(name.address.sun_path) + 1] = {0};

		memset(path, 'n', sizeof(path) - 1);
		CHECK(!unlink(path) && !unlink("/dead.sock") && !unlink("/deaf.sock"));
		CHECK(!unlink("/other.sock"));
	}
}

static void wrong_calls(void)
{
	int value = 0, fd = made(SOCK_STREAM, NULL), file = open("/dev/null", O_RDWR);
	struct name name = {.size = sizeof(name.address)};
	char c;

	CHECK_ERRNO(socket(AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT);
	CHECK_ERRNO(socket(AF_UNIX, SOCK_STREAM, 99), EPROTONOSUPPORT);
	CHECK_ERRNO(bind_to(file, "/x"), ENOTSOCK);
	CHECK_ERRNO(connect_to(file, "/x"), ENOTSOCK);
	CHECK_ERRNO(bind_to(-1, "/x"), EBADF);
	CHECK_ERRNO(connect_to(-1, "/x"), EBADF);
	CHECK_ERRNO(listen(-1, 1), EBADF);
	CHECK_ERRNO(listen(fd, 1), EINVAL);
	CHECK_ERRNO(accept(fd, NULL, NULL), EINVAL);
	CHECK_ERRNO(accept4(fd, NULL, NULL, 1), EINVAL);
	CHECK_ERRNO(send(fd, "x", 1, MSG_NOSIGNAL), ENOTCONN);
	CHECK_ERRNO(send_to(fd, "/x", "x"), EOPNOTSUPP);
	CHECK_ERRNO(recv(fd, &c, 1, 0), EINVAL);
	CHECK_ERRNO(shutdown(fd, SHUT_RD), ENOTCONN);
	CHECK_ERRNO(shutdown(fd, 7), EINVAL);
	CHECK_ERRNO(getpeername(fd, (void *)&name.address, &name.size), ENOTCONN);
	CHECK(!bind_to(fd, "@bad") && !listen(fd, 1));
	CHECK_ERRNO(connect_to(fd, "@bad"), EINVAL);
	/* A connection whose name cannot be told is lost, and nothing else. */
	value = made(SOCK_STREAM, NULL);
	CHECK(!connect_to(value, "@bad"));
	CHECK_ERRNO(accept(fd, BAD_POINTER, &name.size), EFAULT);
	CHECK(recv(value, &c, 1, 0) == 0 && !close(value));
	CHECK(!shutdown(fd, SHUT_RD));
	CHECK_ERRNO(accept(fd, NULL, NULL), EINVAL);
	CHECK(!close(fd) && !close(file));
	fd = made(SOCK_DGRAM, NULL);
	CHECK_ERRNO(listen(fd, 1), EOPNOTSUPP);
	CHECK_ERRNO(accept(fd, NULL, NULL), EOPNOTSUPP);
	CHECK_ERRNO(send(fd, "x", 1, MSG_NOSIGNAL), ENOTCONN);
	CHECK_ERRNO(send_to(fd, "/none", "x"), ENOENT);
	CHECK_ERRNO(send_to(fd, "@none", "x"), ECONNREFUSED);
	CHECK_ERRNO(shutdown(fd, SHUT_RD), ENOTCONN);
	CHECK_ERRNO(recv(fd, &c, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_ERRNO(recv(fd, &c, 1, MSG_OOB), EOPNOTSUPP);
	CHECK(!close(fd));
}

/* One more than the backlog may wait; who comes then waits until one is accepted, or is told. */
static void *connect_late(void *arg)
{
	int fd = made(SOCK_STREAM, NULL);
	char c;

	EXPECT(!connect_to(fd, "@full") && recv(fd, &c, 1, 0) == 0 && !close(fd));
	return arg;
}

static void *connect_in_vain(void *arg)
{
	int fd = made(SOCK_STREAM, NULL);

	EXPECT_ERRNO(connect_to(fd, "@full"), ECONNREFUSED);
	EXPECT(!close(fd));
	return arg;
}

static void backlog(void)
{
	int server = listener(SOCK_STREAM | SOCK_NONBLOCK, "@full", 1), fds[3], fd;

	CHECK_ERRNO(accept(server, NULL, NULL), EAGAIN);
	for (int i = 0; i < 3; i++)
		fds[i] = made(SOCK_STREAM | SOCK_NONBLOCK, NULL);
	CHECK(!connect_to(fds[0], "@full") && !connect_to(fds[1], "@full"));
	CHECK_ERRNO(connect_to(fds[2], "@full"), EAGAIN);
	CHECK((fd = accept(server, NULL, NULL)) >= 0 && !close(fd));
	CHECK(!connect_to(fds[2], "@full"));
	threads_start(3, connect_late);
	usleep(3000);
	for (int i = 0; i < 5;) {
		if ((fd = accept(server, NULL, NULL)) >= 0)
			i++;
		else
			usleep(300);
		CHECK(fd >= 0 || errno == EAGAIN);
		CHECK(fd < 0 || !close(fd));
	}
	threads_join();
	CHECK_ERRNO(accept(server, NULL, NULL), EAGAIN);
	for (int i = 0; i < 3; i++)
		CHECK(!close(fds[i]));
	/* The listener ends: who waits is refused, who was not accepted sees the end. */
	CHECK(!listen(server, 0));
	fd = made(SOCK_STREAM, NULL);
	CHECK(!connect_to(fd, "@full"));
	threads_start(2, connect_in_vain);
	usleep(3000);
	CHECK(!close(server));
	threads_join();
	CHECK(ready(fd, POLLIN) == (POLLIN | POLLHUP) && !close(fd));
}

static void *accept_one(void *arg)
{
	int fd = accept((int)(intptr_t)arg, NULL, NULL);

	EXPECT(fd >= 0 && !close(fd));
	return NULL;
}

/* Who watches is told: of connections, and of a socket that is connected while it is watched. */
static void watched(void)
{
	int server = listener(SOCK_STREAM, "@watched", 8), set = epoll_create1(0);
	int client = made(SOCK_STREAM, NULL), fd;
	struct epoll_event event = {.events = EPOLLIN, .data.fd = server};
	pthread_t thread;

	CHECK(!epoll_ctl(set, EPOLL_CTL_ADD, server, &event));
	event = (struct epoll_event){.events = EPOLLIN | EPOLLET, .data.fd = client};
	CHECK(!epoll_ctl(set, EPOLL_CTL_ADD, client, &event));
	CHECK(epoll_wait(set, &event, 1, 0) == 1 && event.events == EPOLLHUP);
	CHECK(epoll_wait(set, &event, 1, 0) == 0);
	CHECK(!connect_to(client, "@watched"));
	CHECK(epoll_wait(set, &event, 1, -1) == 1 && event.data.fd == server);
	CHECK((fd = accept(server, NULL, NULL)) >= 0 && epoll_wait(set, &event, 1, 0) == 0);
	CHECK(send(fd, "x", 1, 0) == 1 && epoll_wait(set, &event, 1, -1) == 1);
	CHECK(event.data.fd == client && event.events == EPOLLIN);
	CHECK(!close(fd) && epoll_wait(set, &event, 1, -1) == 1 && event.events & EPOLLHUP);
	CHECK(!close(client) && !close(set));
	CHECK(!pthread_create(&thread, NULL, accept_one, (void *)(intptr_t)server));
	usleep(2000);
	client = made(SOCK_STREAM, NULL);
	CHECK(!connect_to(client, "@watched") && !pthread_join(thread, NULL));
	CHECK(!close(client) && !close(server));
}

static void datagrams(void)
{
	struct name from = {.size = sizeof(from.address)};
	int a = made(SOCK_DGRAM, "/a.sock"), b = made(SOCK_DGRAM, "@b"), c = made(SOCK_DGRAM, NULL);
	char data[16];

	CHECK(ready(b, POLLIN | POLLOUT) == POLLOUT && send_to(a, "@b", "from a") == 6);
	CHECK(send_to(c, "@b", "unnamed") == 7 && ready(b, POLLIN) == POLLIN);
	CHECK(recvfrom(b, data, 16, 0, (void *)&from.address, &from.size) == 6);
	CHECK(is_name(&from, "/a.sock") && !memcmp(data, "from a", 6));
	from.size = sizeof(from.address);
	CHECK(recvfrom(b, data, 3, MSG_TRUNC, (void *)&from.address, &from.size) == 7);
	CHECK(from.size == 0);
	CHECK_ERRNO(recv(b, data, 1, MSG_DONTWAIT), EAGAIN);
	/* Connected: to one peer, and from it only. */
	CHECK(!connect_to(c, "/a.sock") && has_name(c, true, "/a.sock") && send(c, "x", 1, 0) == 1);
	CHECK(!connect_to(a, "@b"));
	CHECK_ERRNO(send(c, "x", 1, 0), EPERM);
	CHECK_ERRNO(send_to(c, "/a.sock", "x"), EPERM);
	CHECK(send_to(b, "/a.sock", "") == 0 && recv(a, data, 16, 0) == 1);
	CHECK(recv(a, data, 16, 0) == 0);
	CHECK(!connect(a, (void *)&(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(sa_family_t)));
	CHECK(send(c, "y", 1, 0) == 1 && recv(a, data, 1, MSG_PEEK) == 1 && *data == 'y');
	CHECK_ERRNO(recv(a, BAD_POINTER, 1, 0), EFAULT);
	/* The peer is closed, with a message in it; another one gets the name. */
	CHECK(!close(a) && !unlink("/a.sock"));
	CHECK_ERRNO(send(c, "x", 1, 0), ECONNREFUSED);
	CHECK_ERRNO(send(c, "x", 1, 0), ENOTCONN);
	a = made(SOCK_DGRAM, "/a.sock");
	CHECK(send_to(c, "/a.sock", "z") == 1 && recv(a, data, 1, 0) == 1 && *data == 'z');
	CHECK(!connect_to(c, "@b") && !shutdown(c, SHUT_WR));
	CHECK_ERRNO(send(c, "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK(!unlink("/a.sock") && !close(a) && !close(b) && !close(c));
	/* A name of the system's choice. */
	a = made(SOCK_DGRAM, NULL);
	CHECK(!bind(a, (void *)&(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)));
	from.size = sizeof(from.address);
	CHECK(!getsockname(a, (void *)&from.address, &from.size) && from.size == PATH_AT + 6);
	CHECK(from.address.sun_path[0] == '\0' && !close(a));
}

/* Several send to one that is often full, and a descriptor passes by name. */
#define EACH 150

static void *send_many(void *arg)
{
	int fd = made(SOCK_DGRAM, NULL);
	char block[400];

	memset(block, (int)(intptr_t)arg, sizeof(block));
	EXPECT(!connect_to(fd, "@sink"));
	for (int i = 0; i < EACH; i++)
		EXPECT(send(fd, block, sizeof(block), 0) == sizeof(block));
	EXPECT(!close(fd));
	return NULL;
}

static void full(void)
{
	int sink = made(SOCK_DGRAM, "@sink"), fd = made(SOCK_DGRAM | SOCK_NONBLOCK, NULL);
	int counts[4] = {0}, sent = 0;
	char block[5000];

	CHECK(!setsockopt(sink, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int)));
	CHECK(!connect_to(fd, "@sink"));
	CHECK_ERRNO(send(fd, block, sizeof(block), 0), EMSGSIZE);
	while (send(fd, block, 1000, 0) == 1000)
		sent++;
	CHECK(errno == EAGAIN && sent > 0 && ready(fd, POLLOUT) == 0);
	while (sent--)
		CHECK(recv(sink, block, sizeof(block), 0) == 1000);
	CHECK(ready(fd, POLLOUT) == POLLOUT && !close(fd));
	threads_start(4, send_many);
	for (int i = 0; i < 4 * EACH; i++) {
		CHECK(recv(sink, block, sizeof(block), 0) == 400);
		CHECK(*block >= 0 && *block < 4);
		counts[(int)*block]++;
	}
	threads_join();
	for (int i = 0; i < 4; i++)
		CHECK(counts[i] == EACH);
	CHECK(!close(sink));
}

/* Everybody connects, talks and closes at once, by names that come and go. */
static void *client(void *arg)
{
	char c = 0;

	for (int i = 0; i < 40; i++) {
		int fd = made(SOCK_STREAM, NULL);

		while (connect_to(fd, "/busy.sock"))
			EXPECT(errno == ECONNREFUSED || errno == ENOENT);
		EXPECT(send(fd, "q", 1, MSG_NOSIGNAL) == 1 || errno == EPIPE);
		EXPECT(recv(fd, &c, 1, 0) == 0 || c == 'r');
		EXPECT(!close(fd));
	}
	__atomic_sub_fetch((int *)arg, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void busy(void)
{
	pthread_t threads[4];
	int left = 4, server, fd;
	char c;

	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, client, &left));
	while (__atomic_load_n(&left, __ATOMIC_ACQUIRE)) {
		server = listener(SOCK_STREAM | SOCK_NONBLOCK, "/busy.sock", 2);
		for (int i = 0; i < 10; i++) {
			fd = accept(server, NULL, NULL);
			if (fd < 0) {
				EXPECT(errno == EAGAIN);
				usleep(200);
				continue;
			}
			EXPECT(recv(fd, &c, 1, 0) == 1 && c == 'q');
			EXPECT(send(fd, "r", 1, MSG_NOSIGNAL) == 1);
			EXPECT(!close(fd));
		}
		EXPECT(!close(server) && !unlink("/busy.sock"));
	}
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_join(threads[i], NULL));
}

static const struct test tests[] = {
	TEST(streams_meet), TEST(files),     TEST(wrong_names), TEST(wrong_calls), TEST(backlog),
	TEST(watched),	    TEST(datagrams), TEST(full),	TEST(busy),	   TEST_END,
};
const struct suite local_suite = {"local", tests};
