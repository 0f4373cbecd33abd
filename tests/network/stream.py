#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs a machine with the server of tests/bench/servers beside a tap interface in a network of its
own, made without root by `unshare -rn stream.py [options] recv|send -- COMMAND`, and sends to it,
or receives from it, MiB in one connection.
"""
import argparse
import socket
import subprocess
import sys
import time

MIB = 1 << 20
PATIENCE = 60
GUEST = ("10.0.0.2", 8080)


def setup(name):
    """The interface, with offloads, and this computer's address on it."""
    for words in (f"tuntap add dev {name} mode tap vnet_hdr", f"addr add 10.0.0.1/24 dev {name}",
                  f"link set {name} up"):
        subprocess.run(["ip", *words.split()], check=True)


def connect(machine):
    """A connection to the guest, once it listens."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(GUEST, 5)
        except OSError:
            if time.monotonic() > end or machine.poll() is not None:
                raise
            time.sleep(0.2)


def receive(peer, mib):
    """The guest receives."""
    block = b"x" * (1 << 18)
    peer.sendall(b"SINK")
    for _ in range(mib * MIB // len(block)):
        peer.sendall(block)
    peer.shutdown(socket.SHUT_WR)
    said = b""
    while part := peer.recv(100):
        said += part
    return int(said) == mib * MIB + 4


def send(peer, mib):
    """The guest sends."""
    peer.sendall(b"SRCE")
    count, room = 0, bytearray(1 << 18)
    while part := peer.recv_into(room):
        count += part
    return count >= mib * MIB


def main():
    """See above; 0: all bytes came."""
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tap", default="tap0")
    parser.add_argument("--mib", type=int, default=18)
    parser.add_argument("way", choices=("recv", "send"))
    options = parser.parse_args(sys.argv[1:split])
    setup(options.tap)
    with subprocess.Popen(sys.argv[split + 1:], stdin=subprocess.DEVNULL) as machine:
        try:
            with connect(machine) as peer:
                peer.settimeout(PATIENCE)
                right = (receive if options.way == "recv" else send)(peer, options.mib)
        finally:
            machine.terminate()
    return 0 if right else "bytes were lost"


sys.exit(main())
