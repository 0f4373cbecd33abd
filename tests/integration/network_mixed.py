# SPDX-License-Identifier: BSD-2-Clause
"""All kinds of load on the network at once; `tests/robust/long.py mixed` does it for an hour."""
import random
import time

from integration.network_hard import (ECHO, HTTP, ICMP6, PAGE, REQUEST, SOLICITED, echo6, fetch,
                                      settled, start, strangers)
from lib.malformed import LINK_GUEST, LINK_OWN, Mutator, icmp6
from lib.wire import ACK, OWN_MAC, SYN, Tcp, tcp, udp

PIPELINES, PIPELINED, ROUNDS = 10, 16, 40
VISITS, BAD_FRAMES, HALF_OPEN, PATIENCE = 4, 20, 1, 60
SHUT_S = 0.5


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


class Shut:
    """One that takes nothing for a while."""

    def __init__(self, load):
        self.load, self.opens, self.sent = load, None, load.random.randbytes(8000)
        self.peer = Tcp(load.wire, ECHO, window=0).connect()

    def step(self):
        """False: all has come back, and it has ended."""
        peer, now = self.peer, time.monotonic()
        if peer.reset:
            raise self.load.wire.failure("one without a window was reset")
        if not peer.open:
            return True
        if self.opens is None:
            peer.send(self.sent)
            self.opens = now + SHUT_S
        elif not peer.window and now > self.opens:
            peer.window = 65535
            peer.emit(ACK, peer.sent)
        if len(peer.data) == len(self.sent) and not peer.closing:
            if bytes(peer.data) != self.sent:
                raise self.load.wire.failure("other bytes behind a window than were sent")
            self.load.done["windows"] += 1
            peer.close()
        return not peer.ended


class Ping:
    """A question of IPv6; whose it is is said before, in case the guest has been told otherwise."""

    def __init__(self, load):
        self.load, self.ident, self.next = load, load.random.randrange(1 << 16), 0
        self.data = load.random.randbytes(load.random.randrange(8, 1200))

    def step(self):
        """False: it was answered."""
        for frame in self.load.frames:
            if frame[12:14] == b"\x86\xdd" and frame[20] == ICMP6 and frame[54] == 129 and \
                    frame[62:] == self.data:
                self.load.done["pings"] += 1
                return False
        if time.monotonic() > self.next:
            self.next = time.monotonic() + 1
            self.load.wire.put(icmp6(135, 0, bytes(4) + LINK_GUEST + b"\1\1" + OWN_MAC))
            echo6(self.load.wire, LINK_OWN, self.data, ident=self.ident)
        return True


KINDS = ((Pipeline, PIPELINES), (Visit, VISITS), (Datagram, 1), (Shut, 1), (Ping, 1))


class Load:
    """All of them."""

    def __init__(self, wire, seed):
        self.wire, self.random, self.mutator = wire, random.Random(seed), Mutator(seed)
        self.done = dict.fromkeys(("answers", "pages", "breaks", "datagrams", "windows", "pings",
                                   "half_open", "bad"), 0)
        self.frames, self.number = [], 0
        self.strangers, self.live = strangers(seed), []

    def more(self):
        """As many of each as there should be."""
        for kind, most in KINDS:
            for _ in range(most - sum(isinstance(one, kind) for one in self.live)):
                self.number += 1
                self.live.append(kind(self, self.number % 7) if kind is Pipeline else kind(self))

    def round(self):
        """Each goes on as far as it can."""
        self.frames = self.wire.drain()
        for frame in self.frames:
            # Nonsense may have led it to whomever: all of them are here.
            if frame[12:14] == b"\x86\xdd" and frame[20] == ICMP6 and frame[54] == 135:
                self.wire.put(icmp6(136, 0, SOLICITED + frame[62:78] + b"\2\1" + OWN_MAC,
                                    source=frame[62:78]))
        self.live = [one for one in self.live if one.step()]
        self.wire.step(lambda: True)

    def nonsense(self):
        """Frames that are almost right, and requests to connect that nobody will confirm."""
        for _ in range(BAD_FRAMES):
            self.wire.put(self.mutator.next())
            self.wire.step(lambda: True)
        for _ in range(HALF_OPEN):
            address, sport, seq = next(self.strangers)
            self.wire.put(tcp(sport, HTTP, seq, 0, SYN, source=address))
        self.done["bad"] += BAD_FRAMES
        self.done["half_open"] += HALF_OPEN

    def run(self, more):
        """As long as that says so; then all come to their end, and no new ones begin."""
        self.wire.keep = True
        while more():
            self.more()
            self.nonsense()
            self.round()
        end = time.monotonic() + PATIENCE
        while self.live:
            self.round()
            self.wire.wait(0.01)
            if time.monotonic() > end:
                raise self.wire.failure("these do not come to their end: " + ", ".join(
                    f"{type(one).__name__} {str(vars(getattr(one, 'peer', one)))[:300]}"
                    for one in self.live))
        self.wire.keep = False
        self.wire.others.clear()


def until(seconds):
    """Whether it is earlier than that by this computer's clock."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def until_guest(wire, clock_ms):
    """Whether it is earlier than that by the guest's own clock, which is looked at each second."""
    state = {"look": 0.0, "more": True}

    def more():
        if time.monotonic() > state["look"]:
            kept = wire.drain()
            state["more"] = wire.counts()["clock_ms"] < clock_ms
            wire.keep, wire.others = True, kept + wire.others
            state["look"] = time.monotonic() + 1
        return state["more"]
    return more


def cost(wire, shift, requests=100):
    """Instructions of a page while nobody else asks, nor has asked and not confirmed it: each
    request walks along those. The least of some."""
    end = time.monotonic() + 180
    while wire.counts()["half_open"]:
        if time.monotonic() > end:
            raise wire.failure("some remain half open")
        wire.wait(1)
    costs, wire.pace = [], 0.002
    for _ in range(5):
        begin = wire.counts()["busy"]
        for _ in range(requests // 5):
            fetch(wire)
        costs.append((wire.counts()["busy"] - begin) * 5 / requests / (1 << shift))
    wire.pace = 0
    return min(costs)


def test_mixed(ctx, smp=4, seconds=3, seed=1):
    """Clients that stay, visitors, some of whom break off, datagrams and bad frames at once: every
    answer is right, and afterwards everything is as it was."""
    wire, before = start(ctx, smp=smp, seed=seed, timeout=300 + seconds * 2)
    with wire:
        load = Load(wire, seed)
        load.run(until(seconds))
        for what, count in load.done.items():
            ctx.check(count, f"none of this was done: {what}")
        fetch(wire)
        # Pieces of packets, and what is half open, are remembered for a while.
        settled(wire, before, 120, half_open=True, kept=1 << 18)
        wire.quit()
    return load.done


def mixed_hour(ctx, seconds=3600, seed=1, shift=9, smp=1, parts=10):
    """The same for so many seconds of the guest's own clock, which is faster than ours while the
    guest works: an instruction takes 2^shift ns of it. What a page costs when it is alone grows
    from part to part as little as anything else."""
    wire, before = start(ctx, smp=smp, seed=seed, timeout=300 + seconds * 4,
                         icount=f"shift={shift},sleep=on")
    begin, first = time.monotonic(), wire.counts()
    guest_ms, took, costs = 0, 0.0, []
    with wire:
        load, calm = Load(wire, seed), fetch(wire)
        for part in range(parts):
            clock, busy = (wire.counts()[name] for name in ("clock_ms", "busy"))
            load.run(until_guest(wire, clock + seconds * 1000 // parts))
            took = max(took, fetch(wire))
            now = wire.counts()
            spent = now["clock_ms"] - clock
            guest_ms += spent
            if part in (0, parts - 1):
                costs.append(cost(wire, shift))
            print(f"part {part + 1}: {spent / 1000:.0f} s of the guest's clock, "
                  f"{(now['busy'] - busy) / spent / 1e4:.0f} % busy, after "
                  f"{time.monotonic() - begin:.0f} s; a page takes {costs[-1]:.0f} instructions, "
                  f"{took:.2f} s at most; so far {load.done}", flush=True)
        for what, count in load.done.items():
            ctx.check(count, f"none of this was done: {what}")
        ctx.check(costs[-1] < costs[0] * 1.05, f"a page's cost grows: {costs}")
        ctx.check(took < max(1.0, 20 * calm), f"after a part a page takes {took} s, {calm} before")
        after = settled(wire, before, 180)
        print(f"{ctx.arch}: {guest_ms / 1000:.0f} s of the guest's clock in "
              f"{time.monotonic() - begin:.0f} s, {wire.connected} connections, "
              f"{after['in'] - first['in']} frames in, {after['out'] - first['out']} out, "
              f"{after['dropped']} dropped; {load.done}\nbefore {before}\nafter {after}",
              flush=True)
        wire.quit()
