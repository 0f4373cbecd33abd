# SPDX-License-Identifier: BSD-2-Clause
"""The terminal over TCP and peers that mean no good: the console's stays, all is given back."""
import random
import re
import socket
import struct
import time

from lib.server import free_port

LOGIN_S = 4  # the boot word SHELL_LOGIN
SLACK = 128 << 10  # bytes that caches (stacks of ended threads, the heap) may keep
IAC = 255


class Peer:
    """A raw connection that ends in a reset if it is dropped."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.seen = b""

    def expect(self, text):
        """Reads until the text was seen; what comes behind it stays."""
        while text not in self.seen:
            more = self.socket.recv(4096)
            if not more:
                raise OSError(f"the connection ended before {text!r}: {self.seen[-200:]!r}")
            self.seen += more
        self.seen = self.seen.split(text, 1)[1]
        return self

    def send(self, data):
        """Sends what it can; the other side may have closed."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass
        return self

    def drop(self):
        """Away without a good-bye."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def ended(self):
        """All that came until the other side closed."""
        try:
            while more := self.socket.recv(4096):
                self.seen += more
        except ConnectionResetError:
            pass
        self.socket.close()
        return self.seen


class Guest:
    """The machine: its console and its port."""

    def __init__(self, ctx):
        self.port = free_port()
        self.console = ctx.console(
            ctx.build("tests/shell"), terminal=True, smp=4, net="user", timeout=240,
            ports=f"{self.port}:23", bootargs=f"SHELL_PASSWORD=secret SHELL_LOGIN={LOGIN_S}")
        self.console.expect("SHELL➜ (.|\n)*main returned 0|main returned 0(.|\n)*SHELL➜ ")
        self.number = 0

    def say(self, command):
        """What a command prints on the console."""
        self.number += 1
        mark = f"mark{self.number}"
        self.console.send(f"echo {mark}; {command}; echo {mark}\r")
        return self.console.expect(rf"\n{mark}\r?\n((?:.|\n)*?){mark}\r?\n")[1].decode()

    def state(self):
        """Threads and descriptors, and memory in use."""
        rows = re.findall(r'"([a-z-]+)"', self.say("ps"))
        files = re.findall(r"\t(\d+)\r?$", self.say("ls /dev/fd"), re.M)
        used = re.search(r"used: +(\d+)", self.say("free"))
        return sorted(rows), files, int(used[1])

    def settled(self, ctx, wanted):
        """Waits until nobody is connected any more, and compares."""
        for _ in range(200):
            now = self.state()
            if now[:2] == wanted[:2]:
                break
            time.sleep(0.1)
        ctx.equal(now[:2], wanted[:2], "threads and descriptors")
        ctx.check(now[2] <= wanted[2] + SLACK, f"{now[2] - wanted[2]} bytes more are in use")

    def peer(self):
        """A connection that has a place: it is asked for the password."""
        for _ in range(600):
            try:
                return Peer(self.port).expect(b"Password: ")
            except OSError:
                time.sleep(0.1)
        raise AssertionError("no place within 60 s")

    def user(self):
        """Somebody who knows the password, without telnet."""
        return self.peer().send(b"secret\n").expect(b"SHELL> ")


def idle(ctx, guest):
    """Four places taken by peers that say nothing, or a byte now and then."""
    begin = time.monotonic()
    peers = [guest.peer() for _ in range(4)]
    ctx.check(b"in use" in Peer(guest.port).ended(), "the fifth is refused")
    ctx.check("still" in guest.say("echo still"), "the console goes on")
    while time.monotonic() < begin + LOGIN_S - 1:
        for peer in peers[:2]:
            peer.send(b"x")
        time.sleep(0.2)
    for peer in peers:
        ctx.check(b"SHELL" not in peer.ended(), "nobody came in")


def wrong(ctx, guest):
    """Wrong words take a second each, all together; the right one waits for nobody."""
    begin = time.monotonic()
    peers = [guest.peer(), guest.peer()]
    for peer, word in zip(peers, (b"secreu", b"x" * 100)):
        peer.send(word + b"\n")
    user = guest.user()
    user.send(b"exit\n").ended()
    for peer in peers:
        peer.expect(b"not the password")
    ctx.check(time.monotonic() - begin > 1.9, "two guesses were faster than two seconds")
    ctx.check("still" in guest.say("echo still"), "the console goes on")
    for peer in peers:
        peer.drop()


def garbage(_, guest):
    """Lines without an end, telnet's bytes in any order, before and after the password."""
    source = random.Random(6)
    guest.peer().send(b"y" * (1 << 18)).ended()
    guest.peer().send(bytes((IAC, 250, 31)) + b"z" * 5000 + bytes((IAC, 240))).drop()
    for _ in range(4):
        commands = (bytes((IAC, source.randrange(236, 256), source.randrange(256)))
                    for _ in range(2000))
        guest.peer().send(b"".join(commands)).drop()
    for telnet in (b"", bytes((IAC, 253, 1, IAC, 250, 31, 255, 255, 0, 0, IAC, 240))):
        peer = guest.peer().send(telnet + b"secret\r\n").expect(b"SHELL")
        # Neither files nor threads are to be left: without > and &.
        data = bytes(range(256)) * 8 + source.randbytes(20000)
        peer.send(data.translate(None, b">&")).drop()


def gone(_, guest):
    """Away at any time: at once, by many, half-closed, while a command prints or sleeps."""
    crowd = [Peer(guest.port) for _ in range(24)]
    for peer in crowd[::2]:
        peer.drop()
    for peer in crowd[1::2]:
        peer.socket.close()
    half = guest.peer()
    half.socket.shutdown(socket.SHUT_WR)
    half.ended()
    guest.user().send(b"watch 0.01 ps\n").expect(b"remote-input").drop()
    guest.user().send(b"sleep 1000\n").drop()
    sleeper = guest.user().send(b"echo now; sleep 1000\n").expect(b"now")
    sleeper.socket.shutdown(socket.SHUT_WR)
    sleeper.ended()


def test_hostile_peers(ctx):
    guest = Guest(ctx)
    # What stays from the first use of anything.
    users = [guest.user() for _ in range(4)]
    for user in users:
        user.send(b"ps; exit\n").ended()
    time.sleep(0.5)
    before = guest.state()
    for attack in (idle, wrong, garbage, gone):
        attack(ctx, guest)
        guest.settled(ctx, before)
    ctx.check(b"alive" in guest.user().send(b"echo ali''ve; exit\n").ended(), "a last session")
    guest.console.send("exit 4\r")
    ctx.equal(guest.console.wait(), 4, "the status")
