# SPDX-License-Identifier: BSD-2-Clause
"""Programs with a network card answer clients of this computer; bad options end at once."""
import os
import socket
import struct
import subprocess
import threading
import time
import urllib.request

from lib.build import ROOT
from lib.context import cases, once
from lib.server import TIMEOUT, Server, free_port


@cases(1, 4)
def test_http_server(ctx, smp):
    port, count = free_port(), 20
    image = ctx.build("net_demos", "http-server")
    with Server(ctx, image, str(count), smp=smp, ports=f"{port}:4444") as server:
        def get():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=TIMEOUT) as answer:
                return answer.read(), answer.headers["Content-Type"]
        # It counts its answers: nobody may give one up because it comes late.
        server.says("listen on")
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
        def ask(what, before=b""):
            """Asked again when nothing comes, the one before may be answered once more."""
            client.settimeout(2 if what != b"exit" else TIMEOUT)
            client.sendto(what, ("127.0.0.1", port))
            while (answer := client.recv(2000)) == b"response_" + before:
                pass
            return answer
        server.says("listen on")
        before = b""
        for what in (b"hello", b"x" * 1024, b"exit"):
            ctx.equal(server.until(lambda what=what, before=before: ask(what, before)),
                      b"response_" + what, "the answer")
            before = what
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


def host_program(ctx, *source):
    """A program of the tree for this computer, built as its README says."""
    path = os.path.join(ctx.folder(), os.path.basename(source[-1])[:-2])
    done = subprocess.run(["gcc", os.path.join(ROOT, "examples", *source), "-o", path],
                          capture_output=True, text=True, check=False)
    ctx.equal((done.returncode, done.stdout + done.stderr), (0, ""), "gcc's status and words")
    return path


def host_run(path, *args):
    """What it prints; it is asked again while nobody listens."""
    done = subprocess.run([path, *map(str, args)], capture_output=True, text=True,
                          timeout=TIMEOUT, check=False)
    if done.returncode:
        raise OSError(done.stderr or done.stdout)
    return done.stdout


BENCH = ("-b", 5000, "-n", 60)


@cases("bw", "latency")
def test_bench_server(ctx, kind):
    port = free_port()
    client = host_program(ctx, "net_tcp_bench", f"client-{kind}.c")
    with Server(ctx, ctx.build("net_tcp_bench", f"server-{kind}"), *map(str, BENCH),
                ports=f"{port}:4444") as server:
        server.says("listen on")
        said = server.until(lambda: host_run(client, "-a", "127.0.0.1", "-p", port, *BENCH))
    ctx.status(server.result, 0)
    if kind == "bw":
        ctx.equal(said, "".join(f"{i}0% completed\n" for i in range(1, 11)) +
                  "Sent everything!\n", "what the client says")
        ctx.matches(server.result.out, r"Receive total 300000 Bytes, stable 100000 Bytes, stable "
                    r"connection for \d+ us\nAvailable approximated bandwidth: [\d.]+ MB/s\n\Z",
                    "the output")
    else:
        ctx.matches(server.result.out, r"Done exchanging stuff\n\Z", "the output")


@cases("bw", "latency")
def test_bench_client(ctx, kind):
    port = free_port()
    path = host_program(ctx, "net_tcp_bench", f"server-{kind}.c")
    with subprocess.Popen([path, "-p", str(port), *map(str, BENCH)], stdout=subprocess.PIPE,
                          text=True) as server:
        try:
            ctx.matches(server.stdout.readline(), f"listen on: 0.0.0.0:{port}", "the server")
            result = ctx.boot(ctx.build("net_tcp_bench", f"client-{kind}"), "-p", str(port),
                              *map(str, BENCH), net="user", timeout=TIMEOUT)
            ctx.status(result, 0)
            said = server.stdout.read()
        finally:
            server.kill()
    if kind == "bw":
        ctx.matches(said, "Receive total 300000 Bytes", "what the server says")
        ctx.matches(result.out, r"\A10% completed\n(.*\n)*100% completed\nSent everything!\n\Z",
                    "the output")
    else:
        ctx.matches(result.out, r"\Alatency max: [\d.]+us, min: [\d.]+us\n"
                    r"results: \[([\d.]+, ){59}[\d.]+\]\n\Z", "the output")


@cases(1, 4)
def test_net_demo(ctx, smp):
    image = ctx.build("net_demo")
    port = free_port()
    client = host_program(ctx, "net_test", "socket_client.c")
    with Server(ctx, image, "server", smp=smp, ports=f"{port}:4444") as server:
        server.says("listen on")
        said = server.until(lambda: host_run(client, "127.0.0.1", port))
    ctx.status(server.result, 0)
    ctx.equal(said, "100 lines came back\n", "what the client says")
    ctx.matches(server.result.out, "netdemo_server: echoed 1090 bytes\n", "the output")

    path = host_program(ctx, "net_test", "socket_server.c")
    port = free_port()
    with subprocess.Popen([path, str(port), "1"], stdout=subprocess.PIPE, text=True) as server:
        try:
            server.stdout.readline()
            result = ctx.boot(image, "client", str(port), smp=smp, net="user", timeout=TIMEOUT)
        finally:
            server.kill()
    ctx.status(result, 0)
    ctx.equal(result.out, "netdemo_client: 100 lines, 0 wrong\n", "the output")


@cases(1, 4)
def test_last_words(ctx, smp):
    """What was sent right before the program's end arrives."""
    image = ctx.build("tests/network", "last_words")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(TIMEOUT)
        with Server(ctx, image, str(server.getsockname()[1]), smp=smp) as machine:
            peer, _ = server.accept()
            count = 0
            with peer:
                peer.settimeout(TIMEOUT)
                while True:
                    try:
                        data = peer.recv(65536)
                    except ConnectionResetError:
                        break
                    if not data:
                        break
                    count += len(data)
                    time.sleep(0.01)
    ctx.status(machine.result, 0)
    ctx.equal(count, 20000, "the bytes that arrived")


@cases("threads", "events")
def test_httpd(ctx, program):
    """Files of the image, what is not there, and paths that lead out."""
    port = free_port()
    with open(os.path.join(ROOT, "examples/httpd/rootfs/index.html"), "rb") as file:
        page = file.read()
    with Server(ctx, ctx.build("httpd", program), "-n", "3", smp=4,
                ports=f"{port}:4444") as server:
        def get(path):
            with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as peer:
                peer.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                answer = b""
                while data := peer.recv(65536):
                    answer += data
            if not answer:
                raise OSError("it is not there yet")
            return answer
        # It counts connections: nobody may give one up because it is served late.
        server.says("listen on")
        answer = server.until(lambda: get("/"))
        ctx.check(answer.startswith(b"HTTP/1.") and b" 200 " in answer[:20], f"it says {answer}")
        ctx.check(answer.endswith(page), "it is not the page")
        ctx.check(b" 404 " in server.until(lambda: get("/nothing"))[:20], "nothing is found")
        ctx.check(b" 40" in server.until(lambda: get("/../etc/hosts"))[:20], "it leads out")
    ctx.status(server.result, 0)


def time_answers(question, seconds):
    """What a server of the time must not say, and then what it may."""
    def answer(when, first=0x24, stratum=2, cookie=question[40:48]):
        stamp = struct.pack("!II", (when + 2208988800) & 0xffffffff, 1 << 31)
        return struct.pack("!BBbb", first, stratum, 6, -20) + bytes(20) + cookie + stamp + stamp
    wrong = seconds + 10 ** 6
    yield answer(wrong)[:47]
    yield answer(wrong, cookie=bytes(8))
    yield answer(wrong, first=0x23)
    yield answer(wrong, first=0xe4)
    yield answer(wrong, stratum=0)
    yield answer(wrong, stratum=16)
    yield answer(-2208988800)[:40] + bytes(8)
    yield answer(seconds)
    yield answer(wrong)  # the question was answered


def test_time_server(ctx):
    """The time of day is a server's; what it should not say is not believed. 2037: a next turn."""
    image = ctx.build("tests/network", "clock")
    seconds = 2114380800
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(TIMEOUT)
        asked = []

        def serve():
            while True:
                try:
                    question, peer = server.recvfrom(100)
                except OSError:
                    return
                asked.append(question)
                # The first one is lost.
                if len(asked) > 1:
                    for answer in time_answers(question, seconds):
                        server.sendto(answer, peer)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        result = ctx.boot(image, str(seconds), net="user", bootargs=f"ntp=10.0.0.1:{port}",
                          timeout=60)
    ctx.status(result, 0)
    ctx.check(seconds <= int(result.out) < seconds + 60, f"it says {result.out}")
    ctx.check(len(asked) > 1 and len(asked[1]) == 48 and asked[1][0] == 0x23 and
              not any(asked[1][1:40]), "the question is not one")
    result = ctx.boot(image, "0", net="user", bootargs="ntp=nobody")
    ctx.matches(result.err, "ntp=nobody is no address", "the log")
