# SPDX-License-Identifier: BSD-2-Clause
"""The network card of a machine: user networking with forwarded ports, a tap, another machine."""
import contextlib
import fcntl
import ipaddress
import os
import re
import shlex
import socket
import tempfile

from . import RunError

KINDS = ("user", "tap", "pair")
CARDS = ("virtio", "e1000e")
MAC = "48:b0:2d:0e:6e:9e"
GUEST = "10.0.0.2"
# The two machines of a pair: the end of their addresses, and the cards' addresses.
PAIR = (("2", MAC), ("3", "48:b0:2d:0e:6e:9f"))
USER = "user,id=net0,net=10.0.0.0/24,host=10.0.0.1,dns=10.0.0.3,dhcpstart=10.0.0.15"
STATUS = 1


class Port:
    """HOST:GUEST[/udp], or ADDRESS:HOST:GUEST[/udp]; without address this computer alone."""

    def __init__(self, text):
        match = re.fullmatch(r"(?:([0-9.]+):)?(\d+):(\d+)(/tcp|/udp)?", text)
        if not match or not all(0 < int(match[i]) < 65536 for i in (2, 3)):
            raise RunError(f"PORTS={text} is not HOST:GUEST such as 8080:80 or 5555:5555/udp",
                           STATUS)
        self.address = match[1] or "127.0.0.1"
        self.host, self.guest = int(match[2]), int(match[3])
        self.kind = (match[4] or "/tcp")[1:]

    def check(self):
        """Is it free?"""
        kind = socket.SOCK_DGRAM if self.kind == "udp" else socket.SOCK_STREAM
        with contextlib.closing(socket.socket(socket.AF_INET, kind)) as probe:
            if self.kind == "tcp":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.address, self.host))
            except OSError as error:
                raise RunError(f"PORTS={self.host}:{self.guest}: port {self.host} of this "
                               f"computer cannot be had ({error.strerror})", STATUS) from None

    def forward(self, guest):
        """For QEMU's user networking."""
        return f",hostfwd={self.kind}:{self.address}:{self.host}-{guest}:{self.guest}"


def boot_word(bootargs):
    """The value of ip= among the boot words, or None."""
    try:
        words = shlex.split(bootargs or "")
    except ValueError:
        return None
    return next((word[3:] for word in reversed(words) if word.startswith("ip=")), None)


def is_address(text):
    """An IPv4 address, or nothing."""
    try:
        return not text or bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


def check_ip(value):
    """The guest's address by the word, None if it asks; a bad word ends in a sentence."""
    hows = ("dhcp", "on", "any", "none", "off")
    if value in hows:
        return None
    fields = value.split(":")
    how = fields[6] if len(fields) > 6 else ""
    if not value or len(fields) > 10 or how not in hows + ("",) or \
            not all(map(is_address, fields[:4])):
        raise RunError(f"ip={value} is not an address such as ip=10.0.0.2::10.0.0.1:255.255.255.0 "
                       "or ip=dhcp", STATUS)
    return fields[0] or None


class Pair:
    """A place in a pair of machines: the first to come is 10.0.0.2, the second 10.0.0.3."""

    def __init__(self, name):
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,32}", name):
            raise RunError(f"PAIR={name} is not a name of letters, digits and ._-", STATUS)
        self.folder = os.path.join(tempfile.gettempdir(), f"uni-pair-{os.getuid()}-{name}")
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        if os.stat(self.folder).st_uid != os.getuid():
            raise RunError(f"PAIR={name}: {self.folder} belongs to another user", STATUS)
        for index, (self.own, self.mac) in enumerate(PAIR):
            # Kept open, and with it the place, until this process ends.
            self.lock = os.open(os.path.join(self.folder, "lock" + self.own),
                                os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.other = PAIR[1 - index][0]
                return
            except BlockingIOError:
                os.close(self.lock)
        raise RunError(f"NET=pair: two machines of the pair {name} run already; PAIR= names "
                       "another", STATUS)

    def boot_word(self):
        """The guest's address."""
        return f"ip=10.0.0.{self.own}::10.0.0.1:255.255.255.0"

    def netdev(self):
        """Frames go through two sockets in a folder of the user's."""
        def end(name):
            return os.path.join(self.folder, name).replace(",", ",,")
        return f"dgram,id=net0,local.type=unix,local.path={end(self.own)}," \
               f"remote.type=unix,remote.path={end(self.other)}"


def join(options):
    """For --net pair: takes a place, and puts the address that belongs to it on the boot line."""
    if options.net != "pair" or not options.image:
        return
    options.place = Pair(options.pair or "pair")
    if boot_word(options.bootargs) is None:
        options.bootargs = f"{options.place.boot_word()} {options.bootargs or ''}".strip()


class Network:
    """What --net and its companions say."""

    def __init__(self, options):
        self.kind, self.dump = options.net, options.net_dump
        self.tap, self.card = options.tap or "tap0", options.nic
        self.place = options.place
        self.ports = [Port(text) for text in (options.ports or "").split(",") if text]
        self.guest = GUEST
        word = boot_word(options.bootargs)
        if word is not None:
            self.guest = check_ip(word) or GUEST
        if options.ports and self.kind != "user":
            raise RunError("PORTS= is for NET=y: otherwise the guest has an address of its own",
                           STATUS)

    def check(self):
        """What can be said before the start."""
        for port in self.ports:
            port.check()
        if self.kind == "tap" and self.tap not in (
                name for _, name in socket.if_nameindex()):
            raise RunError(f"the tap interface {self.tap} is not there: `make tap_setup` makes "
                           f"it, as root", STATUS)
        if self.dump and not os.path.isdir(os.path.dirname(os.path.abspath(self.dump))):
            raise RunError(f"NET_DUMP={self.dump}: there is no such folder", STATUS)

    def tell(self):
        """A sentence for each port: the program only knows its own."""
        return [f"{port.address}:{port.host}{'/udp' * (port.kind == 'udp')} of this computer is "
                f"port {port.guest} of the program" for port in self.ports]

    def arguments(self, bus):
        """-netdev and -device."""
        if not self.kind:
            return []
        mac = MAC
        if self.kind == "tap":
            netdev = f"tap,id=net0,ifname={self.tap},script=no,downscript=no"
            if self.dump:
                # What is written would begin with virtio's header, which no program reads.
                netdev += ",vnet_hdr=off"
            elif os.access("/dev/vhost-net", os.R_OK | os.W_OK):
                netdev += ",vhost=on"
        elif self.kind == "pair":
            netdev, mac = self.place.netdev(), self.place.mac
        else:
            netdev = USER + "".join(port.forward(self.guest) for port in self.ports)
        result = ["-netdev", netdev]
        if self.card != "virtio":
            device = f"{self.card},romfile="
        elif bus == "mmio":
            result += ["-global", "virtio-mmio.force-legacy=false"]
            device = "virtio-net-device"
        else:
            device = "virtio-net-pci,disable-legacy=on,romfile="
        result += ["-device", f"{device},netdev=net0,mac={mac}"]
        if self.dump:
            path = self.dump.replace(",", ",,")
            result += ["-object", f"filter-dump,id=dump0,netdev=net0,file={path}"]
        return result
