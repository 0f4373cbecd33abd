# SPDX-License-Identifier: BSD-2-Clause
"""Servers that nobody here wrote answer the clients they are made for."""
import concurrent.futures
import glob
import http.client
import os
import re
import socket
import struct
import subprocess
import time

from lib.build import ROOT
from lib.context import cases
from lib.server import TIMEOUT, Server, daemon, free_port


def run(*words, stdin=None):
    """What a client prints; OSError unless it ends with 0."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          input=stdin, timeout=TIMEOUT, check=False)
    if done.returncode:
        raise OSError(f"{words[0]}: {done.returncode} {done.stderr or done.stdout}")
    return done.stdout


def own_clients(ctx, name, *programs):
    """The clients of a source package, built for this computer; their paths."""
    source, = glob.glob(os.path.join(ROOT, ctx.builder.out, "deps", name + "-*", "src"))
    folder = os.path.join(os.path.dirname(source), "clients")
    ctx.equal(ctx.run(os.path.join(ROOT, f"deps/{name}_clients.sh"), source, folder).status, 0,
              "the status of building the clients")
    return [os.path.join(folder, program) for program in programs]


def get_many(port, count):
    """Requests on one connection that stays; their bodies."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    bodies = []
    for _ in range(count):
        client.request("GET", "/")
        bodies.append(client.getresponse().read())
    client.close()
    return bodies


@cases(1, 4)
def test_lighttpd(ctx, smp):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with open(os.path.join(ROOT, "examples/lighttpd/rootfs/www/index.html"), "rb") as file:
        page = file.read()
    image = ctx.build("lighttpd")
    with daemon(ctx, image, "-D", "-f", "/lighttpd.conf", smp=smp,
                ports=f"{port}:80") as server:
        def curl(*words):
            return run("curl", "-s", "-m", "60", *words)
        answer = server.until(lambda: curl("-i", url + "/"))
        ctx.matches(answer, r"\AHTTP/1.1 200 OK\n(.+\n)*Server: lighttpd/", "the answer's head")
        ctx.check(answer.endswith("\n\n" + page.decode()), "it is not the page")
        ctx.equal(curl("-r", "1-5", url + "/"), page.decode()[1:6], "a part of the page")
        ctx.equal(curl(url + "/files/a.txt", url + "/files/a.txt"), "a text\n" * 2, "two files")
        ctx.check('href="a.txt"' in curl(url + "/files/"), "the folder's list has no a.txt")
        ctx.equal(curl("-o", "/dev/null", "-w", "%{http_code}", url + "/none"), "404", "status")
        ctx.check("<title>Status</title>" in curl(url + "/status"), "there is no page of its state")
        # Its HTTP/2 takes second 0 of the monotonic clock for "not yet", and the clock starts at 0.
        time.sleep(1.5)
        ctx.equal(curl("--http2-prior-knowledge", url + "/"), page.decode(), "the page by HTTP/2")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: get_many(port, 20), range(8)))
        ctx.check(found == [[page] * 20] * 8, "an answer is not the page")
        said = run("ab", "-q", "-k", "-c", "8", "-n", "200", url + "/")
        ctx.matches(said, r"Failed requests: +0\n", "what ab says")


@cases(1, 4)
def test_redis(ctx, smp):
    port = free_port()
    image = ctx.build("redis")
    cli, bench = own_clients(ctx, "redis", "redis-cli", "redis-benchmark")
    with Server(ctx, image, "/redis.conf", smp=smp, mem="128M",
                ports=f"{port}:6379") as server:
        def ask(*words):
            return run(cli, "-p", port, *words).strip()
        ctx.equal(server.until(lambda: ask("ping")), "PONG", "the answer")
        ctx.equal(ask("set", "a", "41"), "OK", "set")
        ctx.equal(ask("eval", "return redis.call('incr', KEYS[1]) / 2", "1", "a"), "21", "Lua")
        said = run(cli, "-p", port, stdin="".join(f"rpush list {i}\n" for i in range(300)) +
                   "lrange list 298 -1\nzadd z 2 b 1 a\nzrange z 0 -1\nget none\n")
        ctx.check(said.endswith("\n300\n298\n299\n2\na\nb\n\n"), f"lists and sets: {said[-60:]}")
        ctx.check(ask("info", "server").startswith("# Server"), "info")
        ctx.equal(ask("save"), "OK", "a snapshot to a file")
        # There is no fork(): it says so, and goes on.
        ctx.check(ask("bgsave").startswith("ERR"), "a snapshot by a child process")
        said = run(bench, "-p", port, "-n", "400", "-c", "10", "-P", "4", "-q",
                   "-t", "set,get,lpush")
        ctx.equal(len(re.findall(r"requests per second", said)), 3, "results of redis-benchmark")
        ctx.equal(ask("dbsize"), "5", "keys")
        subprocess.run([cli, "-p", str(port), "shutdown", "nosave"], capture_output=True,
                       timeout=TIMEOUT, check=False)
    ctx.status(server.result, 0)


@cases(1, 4)
def test_mosquitto(ctx, smp):
    port = free_port()
    image = ctx.build("mosquitto")
    pub, sub = own_clients(ctx, "mosquitto", "mosquitto_pub", "mosquitto_sub")
    # An empty Debian has no /etc/hosts that would know their default.
    peer = ("-h", "127.0.0.1", "-p", str(port))
    with daemon(ctx, image, "-c", "/mosquitto.conf", smp=smp, ports=f"{port}:1883") as server:
        server.until(lambda: run(pub, *peer, "-t", "kept", "-m", "first", "-r", "-q", "1"))
        # The kept message tells when the subscription stands.
        with subprocess.Popen([sub, *peer, "-t", "kept", "-t", "a/#", "-v", "-q", "2",
                               "-C", "13"], stdout=subprocess.PIPE, text=True) as listener:
            try:
                ctx.equal(listener.stdout.readline(), "kept first\n", "the kept message")
                run(pub, *peer, "-t", "a/0", "-m", "x" * 50000, "-q", "2")
                run(pub, *peer, "-t", "a/five", "-V", "5", "-l", "-q", "1",
                    stdin="".join(f"{i}\n" for i in range(10)))
                run(pub, *peer, "-t", "b", "-m", "nobody listens")
                run(pub, *peer, "-t", "a/last", "-m", "end")
                said = listener.stdout.read()
            finally:
                listener.kill()
        ctx.equal(said.splitlines(), ["a/0 " + "x" * 50000, *(f"a/five {i}" for i in range(10)),
                                      "a/last end"], "the messages")


def iperf(port, size):
    """As a client of iperf 2 does: its head, with no flags set, and then data."""
    pattern = bytes(range(48, 58)) * 1000
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as peer:
        sent = peer.send(struct.pack(">6I", 0, 1, 5001, 0, 0, 0))
        while sent < size:
            sent += peer.send(pattern[:size - sent])
        peer.shutdown(socket.SHUT_WR)
        if peer.recv(1):
            raise OSError("an answer that nobody expects")


@cases(1, 4)
def test_lwiperf(ctx, smp):
    port = free_port()
    image = ctx.build("lwiperf")
    with daemon(ctx, image, smp=smp, ports=f"{port}:5001") as server:
        def results(count):
            found = re.findall(r"^10\.0\.0\.1: (\d+) bytes in .*kbit/s$", server.said(), re.M)
            if len(found) < count:
                raise OSError(f"there are {len(found)} results")
            return found
        server.until(lambda: server.find("listens on port 5001$"))
        for count, size in enumerate((1000, 3000000), 1):
            iperf(port, size)
            told = int(server.until(lambda count=count: results(count))[-1])
            # It does not count what comes in one piece with the head.
            ctx.check(size - 1460 < told <= size, f"it tells {told} of {size} bytes")
        said = run("iperf", "-c", "127.0.0.1", "-p", port, "-n", "1M")
        ctx.matches(said, "bits/sec", "what iperf says")
        server.until(lambda: results(3))
