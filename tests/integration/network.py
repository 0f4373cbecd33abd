# SPDX-License-Identifier: BSD-2-Clause
"""Programs with a network card answer clients of this computer; bad options end at once."""
import socket
import threading
import time
import urllib.request

from lib.boot import Failure
from lib.context import cases, once

TIMEOUT = 240


def free_port(kind=socket.SOCK_STREAM):
    """A port of this computer that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """An image that runs while the `with` block does, and should end by itself then."""

    def __init__(self, ctx, image, *args, **options):
        self.ctx, self.result, self.error = ctx, None, None
        self.thread = threading.Thread(target=self.run, args=(image, args, options))

    def run(self, image, args, options):
        try:
            self.result = self.ctx.boot(image, *args, timeout=TIMEOUT, net="user",
                                        **options)
        except Failure as error:
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.thread.join()
        if self.error and not kind:
            raise self.error

    def until(self, action):
        """Its result, once it has one; the machine takes a moment to start."""
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                return action()
            except OSError as error:
                if time.monotonic() > end or not self.thread.is_alive():
                    raise Failure(f"no answer: {error}\n" + (
                        self.result.describe() if self.result else "")) from None
                time.sleep(0.2)


@cases(1, 4)
def test_http_server(ctx, smp):
    port, count = free_port(), 20
    image = ctx.build("net_demos", "http-server")
    with Server(ctx, image, str(count), smp=smp, ports=f"{port}:4444") as server:
        def get():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                return answer.read(), answer.headers["Content-Type"]
        for _ in range(count):
            ctx.equal(server.until(get), (b"hello", "text/html"), "the page")
    ctx.status(server.result, 0)
    ctx.matches(server.result.out, "listen on: http://0.0.0.0:4444/", "the output")


@cases(1, 4)
def test_udp_server(ctx, smp):
    port = free_port(socket.SOCK_DGRAM)
    image = ctx.build("net_demos", "udp-server")
    with Server(ctx, image, smp=smp, ports=f"{port}:5555/udp") as server, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(2)

        def ask(what):
            client.sendto(what, ("127.0.0.1", port))
            return client.recv(2000)
        for what in (b"hello", b"x" * 1024, b"exit"):
            ctx.equal(server.until(lambda what=what: ask(what)), b"response_" + what, "the answer")
    ctx.status(server.result, 0)


def test_udp_client(ctx):
    image = ctx.build("net_demos", "udp-client")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        own.settimeout(TIMEOUT)
        seen = []

        def answer():
            while seen[-1:] != [b"exit"]:
                data, peer = own.recvfrom(2000)
                seen.append(data)
                own.sendto(b"ok " + data, peer)
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        result = ctx.boot(image, "10.0.0.1", str(own.getsockname()[1]), net="user",
                          timeout=TIMEOUT)
    ctx.status(result, 0)
    ctx.equal(result.out.splitlines(), ["ok hello"] * 10 + ["ok exit"], "the answers")


@once
def test_bad_options(ctx):
    image = ctx.build("net_demos", "udp-server")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        for words, what in (({"ports": f"{port}:80"}, f"port {port} of this computer"),
                            ({"ports": "1x"}, "PORTS=1x is not"),
                            ({"ports": "0:80"}, "PORTS=0:80 is not"),
                            ({"bootargs": "ip=1.2.3"}, "ip=1.2.3 is not an address"),
                            ({"net": "tap", "tap": "nosuch0"}, "tap interface nosuch0"),
                            ({"net_dump": "/nosuch/file"}, "no such folder")):
            result = ctx.boot(image, **{"net": "user", **words})
            ctx.status(result, 1)
            ctx.matches(result.err, what, "the sentence")
            ctx.equal(len(result.err.splitlines()), 1, "sentences")
