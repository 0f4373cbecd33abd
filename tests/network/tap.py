#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs a command beside a tap interface in a network of its own, made without root by
`unshare -rn tap.py [options] -- COMMAND`; a server there exchanges the pattern of bulk.c.

Says in JSON what the command did and what frames went over the interface.
"""
import argparse
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

TURN = 251
IP = ["ip"] if os.path.exists("/bin/ip") else ["/sbin/ip"]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def setup(name):
    """The interface by `make tap_setup`, and an address for IPv6."""
    subprocess.run(["make", "-s", "-C", ROOT, "tap_setup", f"TAP_IF={name}"], check=True)
    for words in ("link set lo up", f"addr add fd00::1/64 dev {name} nodad"):
        subprocess.run(IP + words.split(), check=True)


def pattern(size):
    """The bytes of bulk.c."""
    turn = bytes(range(TURN))
    return (turn * (size // TURN + 1))[:size]


def serve(listening, size, said):
    """Takes all that a client sends, then sends the same number of bytes."""
    peer, _ = listening.accept()
    data = bytearray()
    with peer:
        while chunk := peer.recv(1 << 18):
            data += chunk
        said["got"] = len(data)
        said["right"] = bytes(data) == pattern(len(data))
        peer.sendall(pattern(size))


def look_on(name, counts, ready):
    """Counts frames: by direction all, and those longer than one of Ethernet can be."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3)) as tap:
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        tap.bind((name, 0))
        buffer = bytearray(64)
        ready.set()
        while True:
            length, address = tap.recvfrom_into(buffer, len(buffer), socket.MSG_TRUNC)
            way = "to_guest" if address[2] == socket.PACKET_OUTGOING else "from_guest"
            counts[way] += 1
            counts["long_" + way] += length > 1518


def advertise(name):
    """A router of the prefix fd00::/64 [rfc4861 4.2, 4.6.2]."""
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as router:
        router.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        index = socket.if_nametoindex(name)
        prefix = struct.pack("!BBBBIII16s", 3, 4, 64, 0xc0, 3600, 3600, 0,
                             socket.inet_pton(socket.AF_INET6, "fd00::"))
        while True:
            try:
                router.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + prefix,
                              ("ff02::1", 0, 0, index))
            except OSError:
                pass
            time.sleep(0.3)


def main():
    """See above."""
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tap", default="tap0")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--bytes", type=int, default=1 << 22)
    options = parser.parse_args(sys.argv[1:split])
    setup(options.tap)
    said = {}
    counts = {"to_guest": 0, "from_guest": 0, "long_to_guest": 0, "long_from_guest": 0}
    ready = threading.Event()
    threading.Thread(target=look_on, args=(options.tap, counts, ready), daemon=True).start()
    ready.wait(10)
    listening = socket.create_server(("::", options.port), family=socket.AF_INET6,
                                     dualstack_ipv6=True)
    threading.Thread(target=advertise, args=(options.tap,), daemon=True).start()
    thread = threading.Thread(target=serve, args=(listening, options.bytes, said), daemon=True)
    thread.start()
    done = subprocess.run(sys.argv[split + 1:], capture_output=True, text=True, check=False)
    thread.join(10)
    said.update(status=done.returncode, out=done.stdout, err=done.stderr)
    time.sleep(0.1)
    said.update(counts)
    print(json.dumps(said))


main()
