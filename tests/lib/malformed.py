# SPDX-License-Identifier: BSD-2-Clause
"""Frames that are almost right: valid ones of each protocol, changed at random.

Half of them have their checksums made right again afterwards, so that what is wrong is seen by the
protocol and not by the sum.
"""
import random
import struct

from .wire import (ACK, ARP, FIN, GUEST, GUEST_MAC, ICMP, IP4, IP6, OWN, OWN_MAC, PSH, RESOLVER,
                   RST, SYN, TCP, UDP, checksum, ethernet, ip4, tcp, udp, with_sum)

ICMP6 = 58
LINK_GUEST = bytes.fromhex("fe800000000000004ab02dfffe0e6e9e")
LINK_OWN = bytes.fromhex("fe800000000000000000000000000001")
ALL_NODES = bytes.fromhex("ff020000000000000000000000000001")
COOKIE = bytes.fromhex("63825363")


def ip6(kind, payload, source=LINK_OWN, target=LINK_GUEST, hops=255):
    """A packet in its frame."""
    return ethernet(IP6, struct.pack(">IHBB", 6 << 28, len(payload), kind, hops) + source + target +
                    payload)


def icmp6(kind, code, body, **ends):
    """A message with its checksum."""
    message = struct.pack(">BBH", kind, code, 0) + body
    source, target = ends.get("source", LINK_OWN), ends.get("target", LINK_GUEST)
    pseudo = source + target + struct.pack(">IHBB", len(message), 0, 0, ICMP6)
    return ip6(ICMP6, message[:2] + struct.pack(">H", checksum(pseudo + message)) + message[4:],
               **ends)


def arp(operation, sender, target):
    """A question or an answer."""
    return ethernet(ARP, struct.pack(">HHBBH", 1, IP4, 6, 4, operation) + OWN_MAC + sender +
                    GUEST_MAC + target)


def icmp(kind, code, body):
    """A message with its checksum."""
    message = struct.pack(">BBH", kind, code, 0) + body
    return ip4(ICMP, message[:2] + struct.pack(">H", checksum(message)) + message[4:])


def dhcp(kind, xid, options=b""):
    """A server's answer that gives the guest its address."""
    body = struct.pack(">BBBBIHH", 2, 1, 6, 0, xid, 0, 0) + bytes(4) + GUEST + OWN + bytes(4)
    body += GUEST_MAC + bytes(10 + 64 + 128) + COOKIE + bytes([53, 1, kind, 54, 4]) + OWN
    body += bytes([51, 4]) + struct.pack(">I", 86400) + bytes([1, 4, 255, 255, 255, 0, 3, 4]) + OWN
    body += bytes([6, 4, 10, 0, 0, 3]) + options + b"\xff"
    return udp(67, 68, body)


def dns(ident, port, name=b"\x04name\x04test\0", kind=1, source=RESOLVER):
    """An answer with an address."""
    body = struct.pack(">HHHHHH", ident, 0x8180, 1, 1, 0, 0) + name + struct.pack(">HH", kind, 1)
    data = bytes([10, 0, 0, 77]) if kind == 1 else LINK_OWN
    body += struct.pack(">HHHIH", 0xc00c, kind, 1, 60, len(data)) + data
    return udp(53, port, body, source=source)


def neighbour_frames():
    """Discovery and groups of IPv6."""
    mac_option = b"\2\1" + OWN_MAC
    prefix = struct.pack(">BBBBIII", 3, 4, 64, 0xc0, 3600, 1800, 0) + bytes.fromhex("fd00") + \
        bytes(14)
    router = struct.pack(">BBHII", 64, 0, 30, 0, 0) + b"\1\1" + OWN_MAC
    return [
        icmp6(135, 0, bytes(4) + LINK_GUEST + b"\1\1" + OWN_MAC),
        icmp6(136, 0, b"\x60\0\0\0" + LINK_OWN + mac_option),
        icmp6(134, 0, router + struct.pack(">BBHI", 5, 1, 0, 1400) + prefix, target=ALL_NODES),
        icmp6(134, 0, router + prefix + b"\x19\3\0\0\0\0\0\x10" + LINK_OWN, target=ALL_NODES),
        icmp6(133, 0, bytes(4) + b"\1\1" + OWN_MAC),
        icmp6(137, 0, bytes(4) + LINK_OWN + LINK_OWN),
        icmp6(128, 0, b"\0\1\0\1" + bytes(range(56))),
        icmp6(2, 0, struct.pack(">I", 1280) + ip6(TCP, bytes(20), LINK_GUEST, LINK_OWN)[14:]),
        icmp6(1, 4, bytes(4) + ip6(UDP, bytes(8), LINK_GUEST, LINK_OWN)[14:]),
        icmp6(130, 0, struct.pack(">HH", 1000, 0) + bytes(16), target=ALL_NODES, hops=1),
        ip6(44, struct.pack(">BBHI", 17, 0, 1, 7) + bytes(64)),
        ip6(44, struct.pack(">BBHI", 17, 0, 64, 7) + bytes(32)),
        ip6(0, bytes([58, 0, 5, 2, 0, 0, 1, 0]) + bytes(32)),
        ip6(60, bytes([43, 0, 1, 4, 0, 0, 0, 0, 59, 2, 0, 1]) + bytes(40)),
        ip6(UDP, bytes([0, 7, 0, 7, 0, 40, 1, 2]) + bytes(32)),
        ip6(TCP, struct.pack(">HHIIBBHHH", 5000, 80, 1, 0, 0x50, SYN, 1000, 0, 0)),
    ]


def stream_frames():
    """TCP with its options and flags, for ports that listen and ports that do not."""
    options = bytes([2, 4, 5, 0xb4, 4, 2, 8, 10]) + bytes(8) + bytes([1, 3, 3, 7])
    sack = bytes([1, 1, 5, 18]) + bytes(16)
    return [
        tcp(5001, 80, 1, 0, SYN, options=options),
        tcp(5001, 7, 1, 0, SYN, options=bytes([2, 4, 0, 1])),
        tcp(5001, 80, 2, 7, ACK | PSH, data=b"GET / HTTP/1.0\r\n\r\n", options=sack),
        tcp(5002, 7, 2, 7, ACK | FIN), tcp(5002, 11, 2, 7, RST), tcp(5002, 9999, 2, 7, SYN),
        tcp(5003, 7, 9, 9, ACK | 32, data=bytes(300)),
    ]


def valid_frames():
    """One of each kind."""
    piece = udp(5000, 7, bytes(400))[34:]
    nobody = bytes([10, 0, 0, 9])
    return stream_frames() + neighbour_frames() + [
        arp(1, OWN, GUEST), arp(2, OWN, GUEST), arp(1, bytes(4), nobody), arp(2, nobody, nobody),
        icmp(8, 0, b"\0\1\0\1" + bytes(range(56))), icmp(0, 0, bytes(12)),
        icmp(3, 3, bytes(4) + udp(7, 9, b"x" * 8, GUEST, OWN)[14:]),
        icmp(3, 4, struct.pack(">HH", 0, 576) + tcp(7, 9, 1, 1, ACK, source=GUEST,
                                                    target=OWN)[14:]),
        icmp(13, 0, bytes(16)),
        udp(5000, 7, b"hello"), udp(5000, 7, bytes(1400)), udp(5000, 7777, b"nobody"),
        udp(5000, 68, bytes(300)),
        ip4(UDP, piece[:200], ident=9, fragment=0x2000),
        ip4(UDP, piece[200:], ident=9, fragment=25),
        ip4(UDP, bytes(64), ident=10, fragment=0x1fff),
        ip4(UDP, bytes(8), ident=10, fragment=0x2001),
        ip4(2, struct.pack(">BBHI", 0x11, 100, 0xeefa, 0)), ip4(2, bytes(8)), ip4(255, bytes(40)),
        ethernet(0x8100, b"\0\5\x08\0" + bytes(60)), ethernet(0x1234, bytes(46)),
    ]


class Mutator:
    """An endless row of frames, the same for the same seed."""

    BYTES = (0, 1, 0x7f, 0x80, 0xff, 2, 4, 8, 0x40)

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.frames = valid_frames()

    def change(self, frame):
        """Some bytes are others, some are missing or too many."""
        choose, frame = self.random, bytearray(frame)
        # Most changes hit the headers.
        for _ in range(choose.choice((1, 1, 1, 2, 3, 8))):
            if not frame:
                break
            at = choose.randrange(min(len(frame), 100 if choose.random() < 0.8 else 2000))
            how = choose.randrange(6)
            if how == 0:
                frame[at] = choose.randrange(256)
            elif how == 1:
                frame[at] = choose.choice(self.BYTES)
            elif how == 2:
                frame[at] ^= 1 << choose.randrange(8)
            elif how == 3:
                frame[at:at + 2] = choose.choice((b"\0\0", b"\xff\xff", b"\0\1", b"\x7f\xff"))
            elif how == 4:
                end = len(frame) if choose.random() < 0.5 else at + choose.randrange(1, 20)
                del frame[at:end]
            else:
                frame[at:at] = choose.randbytes(choose.randrange(1, 40))
        # The emulator takes an empty one for the end.
        return bytes(frame[:1514]) or b"\0"

    def next(self, frame=None):
        """One frame; of the given one, if there is one."""
        frame = self.change(frame or self.random.choice(self.frames))
        if self.random.random() < 0.6:
            frame = summed(frame)
        # Who claims the guest's own address makes it look for another: that is no error.
        if frame[12:14] == b"\x08\x06" and frame[28:32] == GUEST:
            frame = frame[:28] + OWN + frame[32:]
        return frame


def summed(frame):
    """With the checksums it should have, as far as it can be understood."""
    if frame[12:14] == b"\x08\0" and len(frame) >= 34:
        head = (frame[14] & 15) * 4
        packet = bytearray(frame[14:])
        if head < 20 or len(packet) < head:
            return frame
        packet[10:12] = b"\0\0"
        packet[10:12] = struct.pack(">H", checksum(bytes(packet[:head])))
        size = min(int.from_bytes(packet[2:4], "big"), len(packet))
        whole = sum_of(packet[9], bytes(packet[head:size]), bytes(packet[12:16]),
                       bytes(packet[16:20]))
        return frame[:14] + bytes(packet[:head]) + whole + bytes(packet[max(size, head):])
    if frame[12:14] == b"\x86\xdd" and len(frame) >= 54:
        size = min(int.from_bytes(frame[18:20], "big"), len(frame) - 54)
        whole = sum_of(frame[20], frame[54:54 + size], frame[22:38], frame[38:54])
        return frame[:54] + whole + frame[54 + size:]
    return frame


def sum_of(protocol, message, source, target):
    """The message with its checksum."""
    at = {TCP: 16, UDP: 6, ICMP: 2, ICMP6: 2}.get(protocol)
    if at is None or len(message) < at + 2:
        return message
    message = message[:at] + b"\0\0" + message[at + 2:]
    if protocol == ICMP:
        return message[:at] + struct.pack(">H", checksum(message)) + message[at + 2:]
    return with_sum(protocol, message, at, source, target)
