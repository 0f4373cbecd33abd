# SPDX-License-Identifier: BSD-2-Clause
"""The rows of the network: servers in the guest, driven from this computer, and on a small Linux.

The card is virtio-net-pci on QEMU's user networking, or on a tap in a network of its own, which
takes no root. Without icount: clients take real time.
"""
import contextlib
import glob
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time

from lib.boot import Failure, runner_command
from lib.build import ROOT, BuildError
from lib.server import Daemon, daemon, free_port
from runner import elf
from storage_rows import MMIO, NoFigure

sys.path.insert(0, os.path.join(ROOT, "tools/measure"))
# pylint: disable=wrong-import-position
from linux import Guest, LinuxError



def musts(value):
    """The limit on aarch64, 15 % more on x86_64; riscv64 has none."""
    return {"aarch64": value, "x86_64": value * 115 // 100, "riscv64": None}


ROWS = {
    "http_close": ("instructions", musts(35000)), "http_keepalive": ("instructions", musts(10000)),
    "tcp_recv_kib": ("instructions", musts(3000)), "tcp_send_kib": ("instructions", musts(5000)),
    "redis_get": ("instructions", musts(17000)), "redis_get_p16": ("instructions", musts(4000)),
    "http_ratio": ("times", 2.0), "udp_rr_ratio": ("times", 2.0),
    "tcp_stream_ratio": ("times", 1.0),
    "boot_to_listen": ("instructions", 600000),
    "tcp_idle_bytes": ("bytes", 2048), "net_bytes": ("bytes", 184320),
}
RATIOS = ("http_ratio", "udp_rr_ratio", "tcp_stream_ratio")
# As in tests/bench/servers/server.h.
WARM, ROUNDS, MIB = 100, 1000, 1 << 20
MARKS = {"http_close": 1, "http_keepalive": 3, "tcp_recv_kib": 5, "tcp_send_kib": 7,
         "http_ratio": 9, "udp_rr_ratio": 11,
         "tcp_stream_recv": 5, "tcp_stream_send": 7}
PATIENCE = 60
MEMORY = "256M"
PAGE = b"x" * 612
CONNECTIONS = 30


def connect(port):
    """A connection to the guest."""
    peer = socket.create_connection(("127.0.0.1", port), PATIENCE)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


def until(peer, end):
    """What comes, up to these bytes."""
    data = b""
    while not data.endswith(end):
        part = peer.recv(65536)
        if not part:
            raise OSError("the connection ended")
        data += part
    return data


def ask_once(port):
    """A request on a new connection, which the guest closes."""
    with connect(port) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        until(peer, b"Hello from the guest!")
        if peer.recv(1):
            raise OSError("there is more than the answer")


def drive_http_close(port):
    """Request by request."""
    for _ in range(WARM + ROUNDS):
        ask_once(port)


def drive_http_keepalive(port):
    """The same on one connection."""
    with connect(port) as peer:
        for _ in range(WARM + ROUNDS + 1):
            peer.sendall(b"GET /k HTTP/1.1\r\nHost: x\r\n\r\n")
            until(peer, b"Hello from the guest!")


def drive_tcp_recv_kib(port):
    """18 MiB to the guest."""
    with connect(port) as peer:
        peer.sendall(b"SINK")
        for _ in range(18 * 16):
            peer.sendall(b"x" * 65536)
        peer.shutdown(socket.SHUT_WR)
        if int(until(peer, b"\n")) != 18 * MIB + 4:
            raise OSError("bytes were lost")


def drive_tcp_send_kib(port):
    """18 MiB from the guest."""
    with connect(port) as peer:
        peer.sendall(b"SRCE")
        count = 0
        while part := peer.recv(65536):
            count += len(part)
        if count < 18 * MIB:
            raise OSError("bytes were lost")


def drive_http_ratio(port):
    """Requests on connections that stay, one on each at a time."""
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(connect(port)) for _ in range(CONNECTIONS)]
        for _ in range((WARM + ROUNDS) // CONNECTIONS + 2):
            for peer in peers:
                peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            for peer in peers:
                until(peer, PAGE)


def ask_udp(port):
    """A datagram there and back; a lost one is sent again."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect(("127.0.0.1", port))
        peer.settimeout(1)
        peer.send(b"u" * 64)
        peer.recv(100)


def drive_udp_rr_ratio(port):
    """Datagrams of 64 bytes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect(("127.0.0.1", port))
        peer.settimeout(2)
        for _ in range(WARM + ROUNDS):
            peer.send(b"u" * 64)
            peer.recv(100)


WAYS = {"http_ratio": "events", "udp_rr_ratio": "udp"}
FIRST = {"http_ratio": lambda port: drive_probe(port), "udp_rr_ratio": ask_udp}


def drive_probe(port):
    """One request to the server of many connections."""
    with connect(port) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
        until(peer, PAGE)


class NetRows:
    """For class Bench, which has builder, arch, scratch, plugin(), count() and between()."""

    def net_image(self, app="tests/bench/servers", variables=()):
        """An image with a network card."""
        try:
            return self.builder.image(app, self.arch, variables=variables)
        except BuildError as error:
            raise NoFigure("it cannot be built: " + str(error).splitlines()[-1].strip()) from None

    def command(self, row, linux, options):
        """What starts the server of a row, here or on the small Linux."""
        way = WAYS.get(row, "simple")
        if linux:
            return self.linux_guest().command(("server", way), icount=None, **options)
        return runner_command(self.net_image(), self.arch, (way,), **options)

    def on_bus(self, bus):
        """The runner's options for it: of x86_64's machines only one has virtio-mmio."""
        small = bus == "mmio" and self.arch == "x86_64"
        return {"bus": bus, **({"qemu_machine": "microvm"} if small else {})}

    def places(self, bus):
        """Where registers lie that have no name, for the plugin; microvm's are at 0xfeb00000."""
        if self.arch == "x86_64":
            return ",from=feb00000,to=feb04000" if bus == "mmio" else ""
        return MMIO[self.arch]

    def driven(self, row, linux=False, bus="pci"):
        """(instructions, register accesses) between the marks of a row, while it is driven."""
        report = os.path.join(self.scratch, "counts")
        options = {"mem": MEMORY, **self.on_bus(bus),
                   "qemu_args": f"-plugin file={self.plugin()},out={report},io=virtio" +
                                self.places(bus)}
        try:
            if row.startswith("tcp_stream"):
                self.stream(row, linux, options)
            else:
                self.drive(row, linux, options)
        except (Failure, OSError) as error:
            raise NoFigure(str(error).splitlines()[0]) from None
        with open(report, encoding="utf-8") as file:
            lines = [line.split() for line in file]
        found = {(w[0], int(w[1])): int(w[2]) for w in lines if len(w) == 3}
        mark = MARKS[row]
        return tuple(self.between(found, (kind, mark), (kind, mark + 1)) for kind in ("mark", "io"))

    def drive(self, row, linux, options):
        """On user networking."""
        port, kind = free_port(), "udp" if row == "udp_rr_ratio" else "tcp"
        options.update(net="user", ports=f"{port}:8080" + ("/udp" if kind == "udp" else ""))
        with Daemon(self.command(row, linux, options)) as server:
            server.until(lambda: FIRST.get(row, ask_once)(port))
            DRIVERS[row](port)

    def stream(self, row, linux, options):
        """Over a tap with offloads, in a network of its own."""
        alone = ("unshare", "-rn")
        if subprocess.run([*alone, "test", "-w", "/dev/net/tun"], check=False,
                          capture_output=True).returncode:
            raise NoFigure("unshare -rn or /dev/net/tun is not allowed here: no tap interface")
        tap, script = "tap7", os.path.join(ROOT, "tests/network/stream.py")
        # The runner looks for the interface, which is there only inside.
        words = self.command(row, linux, {**options, "net": "user"} if linux else
                             {**options, "net": "tap", "tap": tap})
        if linux:
            at = words.index("-netdev") + 1
            words[at] = f"tap,id=net0,ifname={tap},script=no,downscript=no"
        done = subprocess.run([*alone, sys.executable, script, f"--tap={tap}", row[-4:], "--",
                               *words], check=False, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise NoFigure((done.stderr.strip() or "no answer").splitlines()[-1])

    def linux_guest(self):
        """The small Linux, made."""
        try:
            guest = Guest(self.builder.out, self.arch)
            guest.make()
            return guest
        except LinuxError as error:
            raise NoFigure(str(error)) from None

    def net_row(self, row):
        """A row that marks of the simple server count; register accesses and virtio-mmio beside."""
        units = 16 * 1024 if row.endswith("_kib") else ROUNDS
        (ours, io), (by_mmio, mmio_io) = self.driven(row), self.driven(row, bus="mmio")
        self.beside(row, io / units, by_mmio / units, mmio_io / units)
        return round(ours / units)

    def beside(self, row, accesses, by_mmio, mmio_accesses):
        """What is told for information."""
        print(f"# {row} {self.arch}: {accesses:.2f} register accesses; with virtio-mmio "
              f"{by_mmio:,.0f} instructions, {mmio_accesses:.2f} accesses", flush=True)

    def net_ratio(self, row):
        """Linux's instructions divided by ours; of the streams the worse way."""
        if row != "tcp_stream_ratio":
            return self.net_ratio_of(row)
        return min(self.net_ratio_of("tcp_stream_recv"), self.net_ratio_of("tcp_stream_send"))

    def net_ratio_of(self, row):
        """Of one row or way. Linux's are kept for each initramfs and QEMU."""
        ours, ours_io = self.driven(row)
        guest = self.linux_guest()
        with open(os.path.join(guest.dir, "initramfs"), "rb") as file:
            key = hashlib.sha256(file.read())
        key.update(repr((guest.release(), row, subprocess.run(
            ["qemu-system-" + self.arch, "--version"], capture_output=True,
            check=True).stdout)).encode())
        path, key = os.path.join(guest.dir, "net_counts.json"), key.hexdigest()
        counts = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                counts = json.load(file)
        if not isinstance(counts.get(key), list):
            counts[key] = self.driven(row, linux=True)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(counts, file, indent=1)
        linux, linux_io = counts[key]
        print(f"# {row} {self.arch}: Linux {linux:,} instructions and {linux_io:,} register "
              f"accesses, ours {ours:,} and {ours_io:,}", flush=True)
        return round(linux / ours, 2)

    def redis_total(self, count, pipeline, bus="pci"):
        """
        All instructions and register accesses of a boot of redis that answers so many requests of
        ten clients.
        """
        image = self.net_image("redis")
        report, port = os.path.join(self.scratch, "counts"), free_port()
        source, = glob.glob(os.path.join(ROOT, self.builder.out, "deps", "redis-*", "src"))
        clients = os.path.join(os.path.dirname(source), "clients")
        subprocess.run([os.path.join(ROOT, "deps/redis_clients.sh"), source, clients], check=True,
                       capture_output=True)
        words = ["-p", str(port)]

        def client(*more):
            done = subprocess.run([os.path.join(clients, more[0]), *words, *more[1:]],
                                  capture_output=True, text=True, check=False, timeout=300)
            if done.returncode:
                raise OSError(done.stderr)
        with daemon(self, image, "/redis.conf", "--hz", "1", mem=MEMORY, **self.on_bus(bus),
                    ports=f"{port}:6379",
                    qemu_args=f"-plugin file={self.plugin()},out={report},io=virtio" +
                    self.places(bus)) as server:
            server.until(lambda: client("redis-cli", "set", "key:__rand_int__", "xxx"))
            client("redis-benchmark", "-n", str(count), "-c", "10", "-P", str(pipeline), "-q",
                   "-t", "get")
        with open(report, encoding="utf-8") as file:
            text = file.read()
        return [int(re.search(rf"^{what} (\d+)$", text, re.M)[1]) for what in ("end", "end_io")]

    def redis_slope(self, row, count, pipeline):
        """Instructions of a GET: what more of them take."""
        try:
            self.net_image("redis")
            found = []
            for bus in ("pci", "mmio"):
                few = self.redis_total(count // 10, pipeline, bus)
                many = self.redis_total(count + count // 10, pipeline, bus)
                found += [(more - less) / count for more, less in zip(many, few)]
        except (Failure, OSError) as error:
            raise NoFigure(str(error).splitlines()[0]) from None
        self.beside(row, *found[1:])
        return round(found[0])

    def redis_get(self):
        """Ten clients, one request each at a time."""
        return self.redis_slope("redis_get", 5000, 1)

    def redis_get_p16(self):
        """Ten clients, sixteen requests each at a time."""
        return self.redis_slope("redis_get_p16", 32000, 16)

    def boot_to_listen(self):
        """From the image's first instruction to a socket that listens."""
        image = self.net_image()[:-4] + ".elf"
        start = self.entry(image)
        found, _ = self.count(image, (start,), ["listen"], net="user", bus="pci")
        return self.between(found, ("at", start), ("mark", 0))

    def tcp_idle_bytes(self):
        """Of the system's memory, for each of 256 connections."""
        port = free_port()
        with daemon(self, self.net_image(), "idle", mem=MEMORY, bus="pci",
                    ports=f"{port}:8080") as server, contextlib.ExitStack() as stack:
            server.until(lambda: server.find("^ready$"))
            for count, word in ((32, "^warm$"), (256, r"^idle -?\d+$")):
                for _ in range(count):
                    stack.enter_context(connect(port))
                    # QEMU listens with a queue of one; who finds it full waits a second.
                    time.sleep(0.02)
                found = server.until(lambda word=word: server.find(word))
        return int(found.split()[1])

    def net_bytes(self):
        """What hello_world grows by with NET=y."""
        plain = self.hello_bytes()
        path = self.image("hello_world")
        words = [f"ARCH={self.arch}", "APP=hello_world", os.path.relpath(path, ROOT)]
        try:
            status, output = self.builder.make([*words, "NET=y"])
            if status:
                raise NoFigure(output.splitlines()[-1])
            return self.loaded_bytes(path) - plain
        finally:
            self.builder.make(words)


DRIVERS = {row: globals()["drive_" + row] for row in MARKS if not row.startswith("tcp_stream")}
