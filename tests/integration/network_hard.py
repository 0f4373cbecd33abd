# SPDX-License-Identifier: BSD-2-Clause
"""The network under load and under attack: tests/lib/wire.py is the other end of the cable.

The numbers are small here; `tests/robust/long.py` runs the same with large ones.
"""
import random
import struct
import time

from lib.context import cases
from lib.malformed import (LINK_GUEST, LINK_OWN, Mutator, arp, dhcp, dns, icmp6, ip6)
from lib.wire import (ACK, FIN, GUEST, OWN, OWN_MAC, PSH, RST, SYN, TCP, UDP, Damage, Tcp, Wire,
                      ethernet, tcp, udp)

PAGE = b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"
REQUEST = b"GET / HTTP/1.0\r\n\r\n"
# What is as before when all is over; and what the kernel may keep for the next time, in bytes.
SAME = ("threads", "files", "connections", "half_open", "orphans", "bound", "listening", "udp")
KEPT, ENDED, HALF_OPEN = 16384, 512, 1024
IDLE_MOST = 2048
ECHO, LAZY, HTTP = 7, 11, 80


def fetch(wire, seconds=20.0):
    """One request on a connection of its own; how long it took."""
    begin = time.monotonic()
    peer = Tcp(wire, HTTP).connect()
    peer.send(REQUEST)
    peer.close()
    wire.run(lambda: peer.ended or peer.reset, seconds, "page")
    if bytes(peer.data) != PAGE:
        raise wire.failure(f"the page is {bytes(peer.data)!r}")
    return time.monotonic() - begin


def settled(wire, before, seconds=30.0, half_open=False, kept=KEPT):
    """Wait until everything is as before; what is kept of ended connections may be there, and, if
    so said, what is half open."""
    end = time.monotonic() + seconds
    while True:
        now = wire.counts()
        wrong = [name for name in SAME if now[name] != before[name] and not
                 (half_open and name == "half_open")]
        more = now["heap"] - before["heap"] - ENDED * now["ended"] - \
            HALF_OPEN * now["half_open"]
        if not wrong and more <= kept:
            return now
        if time.monotonic() > end:
            raise wire.failure(f"before: {before}\nafter: {now}\ndifferent: {wrong}, "
                               f"{more} bytes more")
        wire.wait(0.2)


def start(ctx, **options):
    """The machine, once its program listens, and what it holds then."""
    wire = Wire(ctx, ctx.build("tests/robust"), **options)
    wire.ready()
    fetch(wire)
    return wire, wire.counts()


def test_others(ctx, count=50):
    """Of frames for others the card takes those of groups, and none for another machine."""
    wire, _ = start(ctx)
    with wire:
        for target, heard in ((b"\x02\0\0\0\0\x63", False), (b"\1\0\x5e\1\2\3", True),
                              (b"\xff" * 6, True), (b"\x33\x33\0\0\0\x63", True)):
            before = wire.counts()["in"]
            for _ in range(count):
                wire.put(ethernet(0x88b5, bytes(50), target))
            frames = wire.counts()["in"] - before
            ctx.check(frames >= count if heard else frames < count,
                      f"{frames} frames of {count} came to {target.hex()}")
        before = wire.counts("listen to all")["in"]
        for _ in range(count):
            wire.put(ethernet(0x88b5, bytes(50), b"\x02\0\0\0\0\x63"))
        ctx.check(wire.counts()["in"] - before >= count, "it does not listen to all")
        wire.quit()


def test_repetitions(ctx, rounds=10, requests=100):
    """The tenth time costs what the first did, and no request is lost."""
    wire, before = start(ctx, icount="shift=0,sleep=on", timeout=60 + rounds * requests * 0.05)
    with wire:
        costs = []
        # It is idle when a frame comes: what comes while it is busy costs less, which would make
        # the figure one of how busy this computer is.
        wire.pace = 0.002
        for _ in range(3 + requests // 100):
            fetch(wire)
        for _ in range(300):
            fetch(wire)  # as many as are remembered when they have ended
        for _ in range(rounds):
            begin = wire.counts()
            for _ in range(requests):
                fetch(wire)
            costs.append((wire.counts()["busy"] - begin["busy"]) / requests)
        # A busy computer still makes a repetition cheaper, never dearer: the dearest of the first.
        ctx.check(costs[-1] < max(costs[:3]) * 1.05, f"a request's instructions grow: {costs}")
        after = settled(wire, before)
        ctx.equal(after["dropped"], 0, "dropped frames")
        wire.quit()
    return costs


def open_many(wire, count, port=ECHO, seconds=60.0):
    """So many connections at once."""
    peers = [Tcp(wire, port).connect() for _ in range(count)]
    wire.run(lambda: all(p.open for p in peers), seconds, "answer to each")
    return peers


def close_all(wire, peers, seconds=60.0):
    """All of them, from our side."""
    for peer in peers:
        peer.close()
    wire.run(lambda: all(p.ended or p.reset for p in peers), seconds, "end of each")


def test_at_once(ctx, count=1000):
    """Many connections at once, each with an echo; what an idle one costs; too many of them."""
    wire, before = start(ctx)
    with wire:
        some = open_many(wire, 100)
        idle = wire.counts()
        ctx.equal(idle["connections"], 100, "connections")
        cost = (before["frames"] - idle["frames"]) * 4096 / 100
        ctx.check(cost <= IDLE_MOST, f"an idle connection takes {cost} bytes")
        peers = some + open_many(wire, count - 100)
        for number, peer in enumerate(peers):
            peer.send(b"%08d" % number * 8)
        wire.run(lambda: all(len(p.data) == 64 for p in peers), 60, "echo of each")
        for number, peer in enumerate(peers):
            ctx.equal(peer.read(), b"%08d" % number * 8, "the echo")
        # More than there are descriptors: they wait, and are served when others have ended.
        more = open_many(wire, 100)
        for peer in more:
            peer.send(b"more")
        wire.wait(0.3)
        full = wire.counts()
        ctx.check(full["refused"] > 0, f"there are descriptors for all: {full}")
        close_all(wire, peers)
        wire.run(lambda: all(bytes(p.data) == b"more" for p in more), 20, "echo of the last ones")
        close_all(wire, more)
        settled(wire, before)
        fetch(wire)
        wire.quit()
    return cost


def noise(seed, size):
    """Bytes that repeat nowhere."""
    return random.Random(seed).randbytes(size)


@cases(1, 4)
def test_bad_cable(ctx, smp, size=60000, count=4):
    """Loss, doubles, disorder and damage: what arrives is exact all the same."""
    wire, before = start(ctx, smp=smp)
    with wire:
        wire.damage = Damage(7, loss=0.02, twice=0.02, late=0.03, wrong=0.01)
        peers = [Tcp(wire, ECHO).connect() for _ in range(count)]
        data = [noise(i, size) for i in range(count)]
        for peer, bytes_ in zip(peers, data):
            peer.send(bytes_)
        got = [bytearray() for _ in peers]

        def all_there():
            for peer, part in zip(peers, got):
                part += peer.read()
            return all(len(part) >= size for part in got)
        wire.run(all_there, 60 + size * count / 5000, "echo of all bytes")
        for part, bytes_ in zip(got, data):
            ctx.equal(bytes(part), bytes_, "the echo")
        ctx.check(wire.damage.count > 20, "the cable was good")
        wire.damage = None
        close_all(wire, peers)
        settled(wire, before)
        wire.quit()


def strangers(seed):
    """Addresses and ports that nobody has, without end."""
    choose = random.Random(seed)
    while True:
        yield (bytes([choose.randrange(11, 120), *choose.randbytes(3)]),
               choose.randrange(1024, 65536), choose.randrange(1 << 32))


def syn_flood(wire, count, port=HTTP, seed=1):
    """Requests to connect from everywhere, which nobody will confirm."""
    source = strangers(seed)
    for _ in range(count):
        address, sport, seq = next(source)
        wire.put(tcp(sport, port, seq, 0, SYN, source=address))
        wire.take()
        wire.queue.clear()


def storm(wire, count, seed=2):
    """Segments with any flags, some of them for connections that are there."""
    choose, source = random.Random(seed), strangers(seed)
    ports = [ECHO, LAZY, HTTP, 9, 12345]
    known = list(wire.connections.values())
    for _ in range(count):
        address, sport, seq = next(source)
        port = choose.choice(ports)
        if known and choose.random() < 0.5:
            peer = choose.choice(known)
            address, sport, port = OWN, peer.sport, peer.port
        flags = choose.choice((FIN, RST, FIN | ACK, RST | ACK, SYN | ACK, SYN | FIN, SYN | RST,
                               PSH, 0, 63, ACK))
        wire.put(tcp(sport, port, seq, choose.randrange(1 << 32), flags,
                     choose.randrange(65536), choose.randbytes(choose.choice((0, 0, 1, 100))),
                     source=address, target=GUEST))
        if choose.random() < 0.5:
            wire.step(lambda: True)


def in_time(ctx, wire, what, calm):
    """Is there service within a second, or what that is on a computer as busy as it was before?"""
    took = fetch(wire)
    ctx.check(took < max(1.0, 20 * calm), f"after {what} a page takes {took:.2f} s")


@cases(1, 4)
def test_floods(ctx, smp, count=3000):
    """Half-open connections, storms of resets and ends: service within a second."""
    wire, before = start(ctx, smp=smp, timeout=240 + count / 200)
    with wire:
        usual = fetch(wire)
        calm = Tcp(wire, ECHO).connect()
        wire.run(lambda: calm.open)
        for part in range(3):
            syn_flood(wire, count // 3, seed=part)
            in_time(ctx, wire, "a flood", usual)
        held = wire.counts()
        ctx.check(held["half_open"] <= 1280, f"{held['half_open']} connections are half open")
        storm(wire, count)
        in_time(ctx, wire, "a storm", usual)
        wire.queue.clear()
        calm.send(b"still here")
        wire.run(lambda: bytes(calm.data) == b"still here", 10, "echo on the old connection")
        close_all(wire, [calm])
        settled(wire, before, 60, half_open=count < 10000)
        wire.quit()


def test_slow_peers(ctx, count=200):
    """Peers that read nothing, ask in pieces, or send what nobody reads: others are served."""
    wire, before = start(ctx)
    with wire:
        usual = fetch(wire)
        # No window: their echoes stay in the machine.
        shut = [Tcp(wire, ECHO, window=0).connect() for _ in range(count // 4)]
        wire.run(lambda: all(p.open for p in shut))
        for peer in shut:
            peer.send(noise(1, 20000))
        wire.wait(0.5)
        in_time(ctx, wire, "peers without a window", usual)
        slow = open_many(wire, count, HTTP)
        for peer in slow[::2]:
            peer.send(b"")
        lazy = open_many(wire, count // 4, LAZY)
        for peer in lazy:
            peer.send(noise(2, 30000))
        wire.wait(0.5)
        in_time(ctx, wire, "slow peers", usual)
        # The windows open, and everything is there.
        for peer in shut:
            peer.window = 65535
            peer.emit(ACK, peer.sent)
        wire.run(lambda: all(len(p.data) == 20000 for p in shut), 60, "bytes behind the windows")
        for peer in shut:
            ctx.equal(peer.read(), noise(1, 20000), "the echo")
        for peer in slow:
            peer.abort()
        close_all(wire, shut)
        wire.ask("drain")
        wire.run(lambda: all(p.ended or p.reset for p in lazy), 20, "end of the lazy ones")
        for peer in lazy:
            if not peer.reset:
                peer.close()
        wire.wait(0.3)
        settled(wire, before)
        wire.quit()


class Services:
    """DHCP and DNS for the guest, with answers that are wrong before one that is right."""

    def __init__(self, wire, mutator, wrong):
        self.wire, self.mutator, self.wrong = wire, mutator, wrong
        self.xid, self.leases, self.names = 1, 0, 0
        wire.other = self.other

    def other(self, frame):
        """What no connection takes."""
        if frame[12:14] == b"\x08\0" and frame[23] == UDP and len(frame) > 42:
            port = int.from_bytes(frame[36:38], "big")
            if port == 67:
                self.lease(frame[42:])
            elif port == 53:
                self.name(int.from_bytes(frame[34:36], "big"), frame[42:])
        elif frame[12:14] == b"\x08\0" and frame[23] == TCP and len(frame) >= 54 and \
                frame[47] == SYN:
            # A wrong answer may make it ask over a stream: there is none.
            sport, dport, seq = struct.unpack(">HHI", frame[34:42])
            self.wire.put(tcp(dport, sport, 0, seq + 1, RST | ACK, source=frame[30:34]))
        if self.wire.keep:
            self.wire.others.append(frame)

    def answer(self, frame):
        """The right one last."""
        for _ in range(self.wrong):
            self.wire.put(self.mutator.next(frame))
        self.wire.put(frame)

    def lease(self, question):
        """DISCOVER is offered, REQUEST is granted."""
        self.xid = int.from_bytes(question[4:8], "big")
        at = question.find(b"\x35\1", 236)
        self.leases += 1
        self.answer(dhcp(2 if question[at + 2] == 1 else 5, self.xid))

    def name(self, port, question):
        """Both kinds of addresses."""
        end = question.index(b"\0", 12) + 1
        self.names += 1
        self.answer(dns(int.from_bytes(question[:2], "big"), port, question[12:end],
                        int.from_bytes(question[end:end + 2], "big")))


FRAGMENT, ICMP6 = 44, 58
URG = 32
SOLICITED = b"\x60\0\0\0"


def echo6(wire, source, data, order=None, ident=0):
    """The question, in pieces of 400 bytes in that order if there is one."""
    question = icmp6(128, 0, b"\0\1" + struct.pack(">H", ident) + data, source=source)
    whole = question[54:]
    for piece in order or ():
        part = whole[piece * 400:piece * 400 + 400]
        more = piece * 400 + 400 < len(whole)
        wire.put(ip6(FRAGMENT, struct.pack(">BBHI", ICMP6, 0, piece * 400 | more, ident) + part,
                     source=source))
    if not order:
        wire.put(question)


def answered6(wire, ident, data, seconds):
    """Is there the answer, byte by byte?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        wire.wait(0.02)
        if any(f[12:14] == b"\x86\xdd" and f[20] == ICMP6 and f[54] == 129 and
               f[60:62] == struct.pack(">H", ident) and f[62:] == data for f in wire.drain()):
            return True
    return False


def pieces(ctx, wire):
    """A packet in pieces is what it was, in whatever order they come."""
    wire.keep = True
    data = noise(6, 1200)
    for number in range(50):  # its address is its own after a second
        wire.put(icmp6(135, 0, bytes(4) + LINK_GUEST + b"\1\1" + OWN_MAC))
        echo6(wire, LINK_OWN, data, ident=number)
        if answered6(wire, number, data, 0.3):
            break
    for number, order in enumerate(((0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)), 100):
        echo6(wire, LINK_OWN, data, order, number)
        ctx.check(answered6(wire, number, data, 5), f"pieces in the order {order}: no answer")
    wire.keep = False
    wire.others.clear()


def misled(ctx, wire):
    """Who is not asked leads nobody away; where nobody is found the way is looked for anew."""
    wire.keep = True
    nobody, stranger = LINK_OWN[:12] + b"\3\0\0\1", LINK_OWN[:12] + b"\3\0\0\2"
    for number, (source, target) in enumerate((
            (stranger, nobody),                                     # a stranger
            (LINK_OWN, b"\xfe\x80\x08\0" + nobody[4:]),            # to no address of the link
            (LINK_OWN, b"\x20\1" + nobody[2:]))):                  # to another network
        wire.put(icmp6(137, 0, bytes(4) + target + LINK_OWN, source=source))
        echo6(wire, LINK_OWN, b"still here", ident=200 + number)
        ctx.check(answered6(wire, 200 + number, b"still here", 5), f"led away by {source.hex()}")
    wire.put(icmp6(137, 0, bytes(4) + nobody + LINK_OWN, source=LINK_OWN))
    for number in range(300, 330):
        wire.put(icmp6(135, 0, bytes(4) + LINK_GUEST + b"\1\1" + OWN_MAC))
        echo6(wire, LINK_OWN, b"back again", ident=number)
        if answered6(wire, number, b"back again", 1):
            break
    ctx.check(300 < number < 329, f"led to nobody: {number - 300} questions without an answer")
    wire.keep = False
    wire.others.clear()


def turned_away(wire):
    """The table of neighbours is full, and what waits for one of them is to go to another: its
    place is that one's then, and the packet must not wait and be sent for ever."""
    for number in range(8):
        first, *rest = [LINK_OWN[:12] + bytes([1, number, 0, place]) for place in range(1, 12)]
        for neighbour in (first, *rest):
            echo6(wire, neighbour, b"x", ident=neighbour[-1])
            if neighbour != first:
                wire.put(icmp6(136, 0, SOLICITED + neighbour + b"\2\1" + OWN_MAC,
                               source=neighbour))
        elsewhere = LINK_OWN[:12] + bytes([1, number, 1, 0])
        wire.put(icmp6(137, 0, bytes(4) + elsewhere + first, source=first))
        wire.put(icmp6(136, 0, SOLICITED + first + b"\2\1" + OWN_MAC, source=first))
        wire.wait(0.05)


def test_malformed(ctx, count=20000, seed=1):
    """Frames of all protocols that are almost right, from the first moment on."""
    wire = Wire(ctx, ctx.build("tests/robust"), bootargs="ip=dhcp", seed=seed,
                timeout=240 + count / 500)
    with wire:
        mutator = Mutator(seed)
        services = Services(wire, mutator, 30)
        wire.ready()
        # Else the card itself would not take those that are for another machine.
        wire.ask("listen to all")
        wire.run(lambda: services.leases >= 2, 60, "lease")
        turned_away(wire)
        pieces(ctx, wire)
        misled(ctx, wire)
        usual = fetch(wire)
        calm = Tcp(wire, ECHO).connect()
        wire.run(lambda: calm.open)
        before = wire.counts()
        done = 0
        while done < count:
            for _ in range(500):
                choice = mutator.random.random()
                wire.put(mutator.next(dhcp(5, services.xid)) if choice < 0.05 else mutator.next())
                wire.step(lambda: True)
            done += 500
            if not done % 4000:
                in_time(ctx, wire, f"{done} frames (seed {seed})", usual)
                # A wrong answer may say that there is no such name, and is believed.
                wire.counts("resolve")
                services.wrong = 0
                ctx.equal(wire.counts("resolve")["resolved"], 1, "names that were found")
                services.wrong = 30
        taken = wire.counts()["in"] - before["in"]
        ctx.check(taken > count * 0.95, f"of {count} frames {taken} arrived")
        ctx.check(services.names >= count // 4000 * 4, "nobody asked for a name")
        calm.send(b"still here")
        wire.run(lambda: bytes(calm.data) == b"still here", 10, "echo on the old connection")
        wire.counts("collect 0")
        calm.abort()
        before["connections"], before["files"] = 0, before["files"] - 1
        # Pieces of packets wait for the rest for up to a minute, at most 64 of each protocol in
        # buffers of 2 KB. The long form awaits that they are gone; nothing else remains.
        long = count >= 100000
        settled(wire, before, 90, half_open=not long, kept=KEPT if long else 1 << 18)
        wire.quit()


def tiny(wire, count):
    """Requests a byte at a time, out of order, twice, with other bytes behind what was there, with
    urgent data, with a size of segments of one byte, and more options than make sense."""
    mad = [b"\2\4\0\1", b"\2\4\0\1\3\3\x0f\1", bytes([1] * 40), bytes([5, 34] + [255] * 38),
           bytes([8, 10] * 20), bytes([2, 0] * 10), bytes([253, 40]) + bytes(38)]
    for number in range(count):
        peer = Tcp(wire, ECHO)
        peer.emit(SYN, -1, options=mad[number % 2])
        wire.run(lambda peer=peer: peer.open)
        text = noise(number, 64)
        for at in sorted(range(64), key=lambda i, n=number: (i * 37 + n) % 64):
            peer.emit(ACK | (URG if at % 3 == 0 else 0), at, text[at:at + 1],
                      mad[2 + (at + number) % 5] if at % 4 == 0 else b"")
            if at % 7 == 0:
                peer.emit(ACK, max(0, at - 8), text[max(0, at - 8):at + 1])
        peer.out, peer.sent, peer.top = text, 64, 64
        peer.arm()
        wire.run(lambda peer=peer: len(peer.data) == 64, 20, "echo of single bytes")
        if peer.read() != text:
            raise wire.failure("the echo of single bytes is another one")
        close_all(wire, [peer])


def half_closed(wire, count):
    """They send their end and stay: the guest's FIN is never confirmed."""
    for first in range(0, count, 200):
        peers = [Tcp(wire, HTTP).connect() for _ in range(min(200, count - first))]
        wire.run(lambda peers=peers: all(p.open or p.reset for p in peers), 60, "answer to each")
        for peer in peers:
            peer.emit(FIN | ACK, 0)
            peer.forget()


def crowd(wire, count):
    """More neighbours than tables have room for, all of whom ask for an answer."""
    for number in range(count):
        last = struct.pack(">H", number & 0xffff)
        who = bytes([10, 0, 0, 4 + number % 250])
        wire.put(arp(1, who, GUEST))
        wire.put(udp(2000, 7, b"x", source=who))
        link = LINK_OWN[:12] + b"\2\0" + last
        wire.put(icmp6(135, 0, bytes(4) + LINK_GUEST + b"\1\1" + OWN_MAC, source=link))
        wire.put(icmp6(128, 0, b"\0\1\0\1" + bytes(8), source=link))
        wire.put(udp(2000, 7, b"x", source=bytes([127, 0, 0, 1])))  # whom nobody can be
        wire.put(tcp(7, 7, 1, 0, SYN, source=GUEST))                # to itself
        wire.take()
        wire.queue.clear()


def test_tricks(ctx, count=300):
    """What peers do who mean ill, each by itself: others are served within a second."""
    wire, before = start(ctx, timeout=240 + count / 20)
    with wire:
        usual = fetch(wire)
        for what, how, many in (("single bytes", tiny, max(8, count // 50)),
                                ("half-closed connections", half_closed, count),
                                ("many neighbours", crowd, count)):
            how(wire, many)
            in_time(ctx, wire, what, usual)
        # Whose ends nobody confirms: told so, they go.
        wire.wait(0.5)
        settled(wire, before, 90)
        wire.quit()


def test_unread(ctx, count=250):
    """More is sent than there is memory, to a program that reads nothing: others are served."""
    wire, before = start(ctx, mem="16M")
    with wire:
        usual = fetch(wire)
        lazy = open_many(wire, count, LAZY)
        for peer in lazy:
            peer.send(bytes(60000))
        fetch(wire, 60)
        in_time(ctx, wire, "bytes that nobody reads", usual)
        full = wire.counts()
        ctx.check(20 < full["frames"] < 600, f"all memory was given away, or too little: {full}")
        wire.counts("drain")
        for peer in lazy:
            if not peer.reset:
                peer.abort()
        settled(wire, before)
        fetch(wire)
        wire.quit()
