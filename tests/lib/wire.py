# SPDX-License-Identifier: BSD-2-Clause
"""The other end of a guest's network cable: raw Ethernet frames through a socket, no root.

A Wire has the machine's frames; it answers ARP, and connections of its own (Tcp) live on it. What
`damage` says happens to frames of both directions.
"""
import os
import random
import select
import socket
import struct
import subprocess
import time

from .boot import LIVE, Failure, clean_env, printable, runner_command

GUEST_MAC = bytes.fromhex("48b02d0e6e9e")
OWN_MAC = bytes.fromhex("020000000001")
GUEST, OWN, RESOLVER = (bytes([10, 0, 0, last]) for last in (2, 1, 3))
ARP, IP4, IP6 = 0x806, 0x800, 0x86dd
ICMP, TCP, UDP = 1, 6, 17
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MSS = 1460


def checksum(data):
    """The Internet's: a sum of 16-bit words with end-around carry is a remainder."""
    if len(data) & 1:
        data += b"\0"
    total = int.from_bytes(data, "big")
    return 0xffff - (total % 0xffff or (0xffff if total else 0))


def ethernet(kind, payload, target=GUEST_MAC, source=OWN_MAC):
    """A frame."""
    return target + source + struct.pack(">H", kind) + payload


def ip4(protocol, payload, source=OWN, target=GUEST, ident=0, fragment=0, ttl=64):
    """A packet in its frame."""
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, fragment, ttl, protocol,
                       0, source, target)
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return ethernet(IP4, head + payload)


def with_sum(protocol, segment, at, source, target):
    """The segment with its checksum, which covers the addresses, too."""
    pseudo = source + target + struct.pack(">HH", protocol, len(segment))
    value = checksum(pseudo + segment)
    if protocol == UDP and not value:
        value = 0xffff
    return segment[:at] + struct.pack(">H", value) + segment[at + 2:]


def tcp(sport, dport, seq, ack, flags, window=65535, data=b"", options=b"", source=OWN,
        target=GUEST):
    """A segment in its frame."""
    head = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                       (20 + len(options)) // 4 << 4, flags, window, 0, 0)
    return ip4(TCP, with_sum(TCP, head + options + data, 16, source, target), source, target)


def udp(sport, dport, data, source=OWN, target=GUEST):
    """A datagram in its frame."""
    head = struct.pack(">HHHH", sport, dport, 8 + len(data), 0)
    return ip4(UDP, with_sum(UDP, head + data, 6, source, target), source, target)


class Damage:
    """What a bad cable does to frames; a frame is lost, sent twice, late or wrong."""

    def __init__(self, seed, loss=0.0, twice=0.0, late=0.0, wrong=0.0):
        self.random = random.Random(seed)
        self.loss, self.twice, self.late, self.wrong = loss, twice, late, wrong
        self.held, self.count = [], 0

    def __call__(self, frame):
        """The frames that arrive now instead of this one."""
        number, choose = self.random.random, self.random
        result = []
        if number() < self.wrong:
            at = choose.randrange(len(frame) * 8)
            changed = bytearray(frame)
            changed[at // 8] ^= 1 << at % 8
            frame = bytes(changed)
            self.count += 1
        if number() < self.loss:
            self.count += 1
        elif number() < self.late:
            self.held.append(frame)
            self.count += 1
        else:
            result.append(frame)
            if number() < self.twice:
                result.append(frame)
                self.count += 1
        # What is late comes behind some that left after it.
        if self.held and number() < 0.3:
            result.append(self.held.pop(0))
        return result


class Tcp:
    """A connection of ours to the guest: as little of TCP as is needed, go-back-N."""

    def __init__(self, wire, port, window=65535, sport=None):
        self.wire, self.port, self.window = wire, port, window
        self.sport = sport or wire.new_port()
        self.first = wire.random.randrange(1 << 32)
        self.una = 0            # of ours, what the guest has: bytes behind the SYN
        self.sent = 0
        self.top = 0            # the most that was ever sent
        self.out = b""          # all that was sent or is to be
        self.peer_window = 0
        self.guest_first = None
        self.next = 0           # of the guest's, what we have
        self.early = {}
        self.data = bytearray()
        self.open = self.ended = self.reset = self.closing = False
        self.fin_acked = False
        self.timer, self.repeats = None, 0
        self.careful = False    # after a timeout: one segment, until it is acknowledged
        wire.connections[self.sport, port] = self

    def emit(self, flags, at=0, data=b"", options=b""):
        """One segment; `at` counts from behind our SYN."""
        ack = 0 if self.guest_first is None else self.guest_first + 1 + self.next
        window = max(0, min(65535, self.window - len(self.data)))
        self.wire.send(tcp(self.sport, self.port, self.first + 1 + at, ack, flags, window, data,
                           options))

    def connect(self):
        """Ask; the answer comes by and by."""
        self.wire.connected += not self.repeats
        self.emit(SYN, -1, options=struct.pack(">BBH", 2, 4, MSS))
        self.arm()
        return self

    def arm(self):
        """To say it again."""
        self.timer = time.monotonic() + min(2.0, 0.2 * (1 << min(self.repeats, 4)))

    def send(self, data):
        """Queue bytes."""
        self.out += data
        self.push()

    def close(self):
        """Our side ends behind what is queued."""
        self.closing = True
        self.push()

    def abort(self):
        """A reset; it is forgotten."""
        self.emit(RST | ACK, self.sent)
        self.forget()

    def forget(self):
        """Nothing that comes for it is answered by it any more."""
        self.timer = None
        self.wire.connections.pop((self.sport, self.port), None)

    def end(self):
        """Where our FIN is."""
        return len(self.out)

    def push(self):
        """Send what the guest has room for."""
        if not self.open or self.reset:
            return
        limit = self.una + min(self.peer_window, MSS if self.careful else self.peer_window)
        while self.sent < len(self.out) and self.sent < limit:
            size = min(MSS, len(self.out) - self.sent, limit - self.sent)
            self.emit(ACK | PSH, self.sent, self.out[self.sent:self.sent + size])
            self.sent += size
        if self.closing and self.sent == len(self.out):
            self.emit(FIN | ACK, self.sent)
            self.sent += 1
        self.top = max(self.top, self.sent)
        if self.una < self.sent or self.sent < len(self.out):
            if self.timer is None:
                self.arm()

    def late(self):
        """The guest did not answer in time."""
        self.repeats += 1
        self.timer = None
        if self.guest_first is None:
            self.connect()
            return
        self.sent, self.careful = self.una, True
        if self.peer_window == 0 and self.una < len(self.out):
            # The window may have opened: then the byte is taken, and confirmed.
            self.emit(ACK, self.una, self.out[self.una:self.una + 1])
            self.sent = self.una + 1
            self.top = max(self.top, self.sent)
            self.arm()
        else:
            self.push()

    def input(self, segment):
        """What the guest sent."""
        _, _, seq, ack, head, flags, window = struct.unpack(">HHIIBBH", segment[:16])
        data = segment[(head >> 4) * 4:]
        if flags & RST:
            self.reset = True
            self.forget()
            return
        if flags & SYN:
            if self.guest_first is None:
                self.guest_first = seq
                self.open = True
                self.timer, self.repeats = None, 0
            self.emit(ACK, self.sent)
        if self.guest_first is None:
            return
        self.acked((ack - self.first - 1) & 0xffffffff, window)
        if not flags & SYN:
            self.take((seq - self.guest_first - 1) & 0xffffffff, data, flags & FIN)
        self.push()

    def acked(self, ack, window):
        """The guest has everything before it."""
        if ack > 0x80000000 or ack > self.top:
            return
        self.peer_window = window
        if ack > self.una:
            self.una = ack
            self.sent, self.careful = max(self.sent, ack), False
            self.timer, self.repeats = None, 0
            if self.una < self.sent:
                self.arm()
        if self.closing and self.una == self.end() + 1:
            self.fin_acked = True
            if self.ended:
                self.forget()

    def take(self, at, data, fin):
        """Bytes and the end of the guest's side, in order or not."""
        if not data and not fin:
            return
        if at > 0x80000000:
            at -= 1 << 32
        if at > self.next:
            self.early[at] = (data, fin)
        elif at + len(data) + bool(fin) > self.next:
            self.append(at, data, fin)
            while self.early and min(self.early) <= self.next:
                at = min(self.early)
                self.append(at, *self.early.pop(at))
        self.emit(ACK, self.sent)

    def append(self, at, data, fin):
        """The next bytes, perhaps some of them again."""
        if self.ended:
            return
        if at + len(data) > self.next:
            self.data += data[self.next - at:]
            self.next = at + len(data)
        if fin and self.next == at + len(data):
            self.next += 1
            self.ended = True
            if self.fin_acked:
                self.forget()

    def read(self):
        """What came and was not read; the window opens."""
        data, self.data = bytes(self.data), bytearray()
        return data


class Wire:
    """The cable, and a machine at its other end."""

    def __init__(self, ctx, image, *args, seed=1, timeout=240, **options):
        folder = ctx.folder()
        self.own, self.peer = (os.path.join(folder, name) for name in ("own", "machine"))
        for path in (self.own, self.peer):
            if os.path.exists(path):
                os.unlink(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.own)
        self.socket.setblocking(False)
        self.random = random.Random(seed)
        self.damage = None
        self.pace = 0           # seconds before each frame
        self.connections = {}
        self.others = []        # frames nobody here waits for
        self.keep, self.queue = False, []
        self.ports = 20000
        self.in_count = self.out_count = self.connected = 0
        self.limit = time.monotonic() + timeout
        device = "virtio-net-pci,disable-legacy=on,romfile=" if ctx.arch == "x86_64" else \
            "virtio-net-device"
        qemu = (f"-netdev dgram,id=net0,local.type=unix,local.path={self.peer},"
                f"remote.type=unix,remote.path={self.own} -device {device},netdev=net0,"
                f"mac={GUEST_MAC.hex(':')}")
        if ctx.arch != "x86_64":
            qemu += " -global virtio-mmio.force-legacy=false"
        options.setdefault("mem", "64M")
        words = runner_command(image, ctx.arch, args, timeout, qemu_args=qemu, **options)
        self.command = printable(words)
        self.process = subprocess.Popen(words, env=clean_env(), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        LIVE.add(self.process)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        LIVE.discard(self.process)
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.socket.close()

    def failure(self, what):
        """A report with what the machine said."""
        if self.process.poll() is None:
            self.process.terminate()
        text = self.process.stdout.read().decode(errors="replace")
        return Failure(f"{what}\n  command: {self.command}\n  status: {self.process.wait()}\n"
                       f"  output:\n" + "\n".join("    | " + s for s in text.splitlines()[-40:]))

    def ready(self):
        """Wait for the program's first line."""
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise self.failure("the machine ended")
            if line.strip() == b"ready":
                return

    def new_port(self):
        """Of ours."""
        self.ports = self.ports + 1 if self.ports < 65000 else 20001
        return self.ports

    def put(self, frame):
        """A frame as it is. While the machine takes none, its own are taken."""
        while True:
            try:
                self.socket.sendto(frame, self.peer)
                self.out_count += 1
                return
            except (BlockingIOError, InterruptedError):
                if not self.take():
                    select.select([self.socket], [], [], 0.001)
            except (ConnectionRefusedError, FileNotFoundError):
                raise self.failure("the machine is gone") from None
            if time.monotonic() > self.limit:
                raise self.failure("the machine takes no frames")

    def send(self, frame):
        """A frame through a cable that may be bad."""
        time.sleep(self.pace)
        for one in self.damage(frame) if self.damage else (frame,):
            self.put(one)

    def take(self):
        """Whatever is there; True if there was something. Nothing is answered yet."""
        try:
            frame = self.socket.recv(65536)
        except BlockingIOError:
            return False
        self.in_count += 1
        self.queue.append(frame)
        return True

    def run(self, until, seconds=20.0, what="an answer"):
        """Let frames come and go until the condition holds."""
        end = time.monotonic() + seconds
        while not self.step(until):
            if time.monotonic() > end:
                raise self.failure(f"no {what} within {seconds} s")

    def wait(self, seconds):
        """Let frames come and go for a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.step(lambda: False)

    def step(self, until):
        """All frames that are there, or one short wait."""
        for _ in range(64):
            if not self.queue and not self.take():
                break
            self.arrived(self.queue.pop(0))
        if until():
            return True
        if not self.queue:
            select.select([self.socket], [], [], 0.01)
        now = time.monotonic()
        for connection in list(self.connections.values()):
            if connection.timer and now > connection.timer:
                connection.late()
        return False

    def arrived(self, frame):
        """A frame of the machine's."""
        for one in self.damage(frame) if self.damage else (frame,):
            self.input(one)

    def input(self, frame):
        """It is whole and for us, or forgotten."""
        kind = frame[12:14]
        if kind == b"\x08\x06":
            if frame[20:22] == b"\0\1" and frame[38:42] in (OWN, RESOLVER):
                self.put(ethernet(ARP, frame[14:20] + b"\0\2" + OWN_MAC + frame[38:42] +
                                  frame[22:32], frame[22:28]))
            return
        if kind != b"\x08\0" or len(frame) < 34 or frame[14] != 0x45:
            self.other(frame)
            return
        size = int.from_bytes(frame[16:18], "big")
        packet = frame[14:14 + size]
        if len(packet) < size or (self.damage and checksum(packet[:20])):
            return
        if packet[9] == TCP and packet[16:20] == OWN and size >= 40:
            segment = packet[20:]
            if self.damage and checksum(packet[12:20] + struct.pack(">HH", TCP, len(segment)) +
                                        segment):
                return
            dport, sport = struct.unpack(">HH", segment[:4])
            connection = self.connections.get((sport, dport))
            if connection:
                connection.input(segment)
            elif not segment[13] & RST:
                seq, ack = struct.unpack(">II", segment[4:12])
                self.put(tcp(sport, dport, ack, seq + 1, RST | ACK))
            return
        self.other(frame)

    def other(self, frame):
        """For whoever looks."""
        if self.keep:
            self.others.append(frame)

    def ask(self, text, port=9, seconds=1.0, tries=20):
        """A datagram and its answer; both may be lost."""
        sport = self.new_port()
        request = udp(sport, port, text if isinstance(text, bytes) else text.encode())
        bad, self.damage = self.damage, None
        self.keep = True
        try:
            for _ in range(tries):
                self.put(request)
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    found = []
                    self.step(lambda: any(self.answer(f, sport, found) for f in self.drain()))
                    if found:
                        return found[0]
            raise self.failure(f"no answer to {text!r}")
        finally:
            self.damage, self.keep = bad, False
            self.others.clear()

    def drain(self):
        """The frames that were kept."""
        frames, self.others = self.others, []
        return frames

    @staticmethod
    def answer(frame, port, found):
        """Is it the datagram for that port?"""
        if frame[12:14] == b"\x08\0" and frame[23] == UDP and \
                frame[36:38] == struct.pack(">H", port):
            found.append(frame[42:14 + int.from_bytes(frame[16:18], "big")])
            return True
        return False

    def counts(self, text="counts"):
        """What the kernel holds, by name."""
        words = self.ask(text).decode().split()
        return {name: int(value) for name, value in (word.split("=") for word in words)}

    def quit(self, status=0):
        """The program ends; its status."""
        self.ask("quit")
        out, _ = self.process.communicate(timeout=60)
        if self.process.returncode != status:
            raise Failure(f"the machine ended with {self.process.returncode}\n  "
                          f"command: {self.command}\n" + out.decode(errors="replace")[-3000:])
