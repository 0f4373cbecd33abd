# SPDX-License-Identifier: BSD-2-Clause
"""All kinds of load on the network at once; `tests/robust/long.py mixed` does it for an hour."""
import random
import time

from integration.network_hard import (ECHO, HTTP, KEPT, PAGE, REQUEST, fetch, settled, start)
from lib.malformed import Mutator
from lib.wire import Tcp, udp

PIPELINES, PIPELINED, ROUNDS = 10, 16, 40
VISITS, BAD_FRAMES, PATIENCE = 4, 20, 60


class Pipeline:
    """A client as redis has them: many questions at a time, for a while on one connection."""

    def __init__(self, load, number):
        self.load, self.number, self.rounds, self.wanted = load, number, 0, b""
        self.peer = Tcp(load.wire, ECHO).connect()

    def step(self):
        """What came is what was asked, and the next is asked. False: it has ended."""
        peer = self.peer
        if peer.reset:
            raise self.load.wire.failure(f"a pipeline was reset after {self.rounds} rounds")
        if not peer.open or len(peer.data) < len(self.wanted):
            return not peer.ended
        if peer.read() != self.wanted:
            raise self.load.wire.failure("other answers than were asked for")
        self.rounds += 1
        self.load.done["answers"] += PIPELINED
        if self.rounds > ROUNDS + self.number:
            self.wanted = b"?"  # nothing more comes
            if not peer.closing:
                peer.close()
            return True
        self.wanted = b"".join(b"GET key:%06d:%04d\r\n" % (self.load.random.randrange(10 ** 6), i)
                               for i in range(PIPELINED))
        peer.send(self.wanted)
        return True


class Visit:
    """A page on a connection of its own, or one that is broken off."""

    def __init__(self, load):
        self.load, self.asked = load, False
        self.breaks = load.random.random() < 0.25
        self.peer = Tcp(load.wire, HTTP).connect()

    def step(self):
        """False: it is over."""
        peer = self.peer
        if self.breaks and (peer.open or self.load.random.random() < 0.1):
            peer.abort()
            self.load.done["breaks"] += 1
            return False
        if peer.open and not self.asked:
            self.asked = True
            peer.send(REQUEST)
            peer.close()
        if peer.reset or (peer.ended and bytes(peer.data) != PAGE):
            raise self.load.wire.failure(f"the page is {bytes(peer.data)!r}")
        self.load.done["pages"] += peer.ended
        return not peer.ended


class Datagram:
    """One that is asked for again until it has come back."""

    def __init__(self, load):
        self.load, self.sport = load, load.wire.new_port()
        self.text = load.random.randbytes(load.random.randrange(1, 1400))
        self.next = 0

    def step(self):
        """False: it has come."""
        for frame in self.load.frames:
            found = []
            if self.load.wire.answer(frame, self.sport, found) and found[0] == self.text:
                self.load.done["datagrams"] += 1
                return False
        if time.monotonic() > self.next:
            self.next = time.monotonic() + 1
            self.load.wire.put(udp(self.sport, ECHO, self.text))
        return True


class Load:
    """All of them."""

    def __init__(self, wire, seed):
        self.wire, self.random, self.mutator = wire, random.Random(seed), Mutator(seed)
        self.done = dict.fromkeys(("answers", "pages", "breaks", "datagrams", "bad"), 0)
        self.frames, self.number = [], 0
        self.live = []

    def more(self):
        """As many of each as there should be."""
        for kind, most in ((Pipeline, PIPELINES), (Visit, VISITS), (Datagram, 1)):
            for _ in range(most - sum(isinstance(one, kind) for one in self.live)):
                self.number += 1
                self.live.append(kind(self, self.number % 7) if kind is Pipeline else kind(self))

    def round(self):
        """Each goes on as far as it can."""
        self.frames = self.wire.drain()
        self.live = [one for one in self.live if one.step()]
        self.wire.step(lambda: True)

    def run(self, seconds):
        """For a time; then all come to their end, and no new ones begin."""
        self.wire.keep = True
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.more()
            for _ in range(BAD_FRAMES):
                self.wire.put(self.mutator.next())
                self.wire.step(lambda: True)
            self.done["bad"] += BAD_FRAMES
            self.round()
        end = time.monotonic() + PATIENCE
        while self.live:
            self.round()
            self.wire.wait(0.01)
            if time.monotonic() > end:
                raise self.wire.failure(f"{len(self.live)} do not come to their end")
        self.wire.keep = False
        self.wire.others.clear()


def test_mixed(ctx, smp=4, seconds=3, seed=1):
    """Clients that stay, visitors, some of whom break off, datagrams and bad frames at once: every
    answer is right, and afterwards everything is as it was."""
    wire, before = start(ctx, smp=smp, seed=seed, timeout=300 + seconds * 2)
    with wire:
        load = Load(wire, seed)
        load.run(seconds)
        for what, count in load.done.items():
            ctx.check(count, f"none of this was done: {what}")
        long = seconds >= 600
        fetch(wire)
        # Pieces of packets, and what is half open, are remembered for a while.
        settled(wire, before, 120, half_open=not long, kept=KEPT if long else 1 << 18)
        wire.quit()
    return load.done
