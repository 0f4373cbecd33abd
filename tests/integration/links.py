# SPDX-License-Identifier: BSD-2-Clause
"""What a network card can be joined to: a tap interface, another image."""
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from lib.boot import Skip, runner_command
from lib.build import ROOT
from lib.context import cases, once

BYTES = 1 << 21


def own_network(ctx):
    """Is a network of one's own allowed?"""
    if ctx.run("unshare", "-rn", "test", "-w", "/dev/net/tun").status:
        raise Skip("unshare -rn or /dev/net/tun is not allowed here: no tap interface")


@cases(("10.0.0.1", 1, None), ("fd00::1", 4, "pci"))
def test_tap(ctx, case):
    """The card cuts and joins long segments of TCP, both ways; its checksums are nobody's work."""
    address, smp, bus = case
    own_network(ctx)
    image = ctx.build("tests/network", "bulk")
    words = runner_command(image, ctx.arch, (address, "5000", str(BYTES)), 100, net="tap",
                           tap="tap7", mem="64M", smp=smp, bus=bus)
    result = ctx.run("unshare", "-rn", sys.executable, os.path.join(ROOT, "tests/network/tap.py"),
                     "--tap=tap7", f"--bytes={BYTES}", "--", *words, timeout=120)
    ctx.status(result, 0)
    said = json.loads(result.out)
    ctx.equal((said["status"], said["out"]),
              (0, f"sent {BYTES}, received {BYTES}, wrong pieces 0\n"), f"the end of {said}")
    ctx.equal((said["got"], said["right"]), (BYTES, True), "what arrived here")
    for way in ("to", "from"):
        ctx.check(said[f"long_{way}_guest"] > BYTES // 65536 // 2,
                  f"of the frames {way} the guest few were long: {said}")


@once
def test_tap_setup(ctx):
    """Who is not root reads in one sentence what root has to do."""
    if os.getuid():
        words = ["make", "-s", "tap_setup", "TAP_IF=tap7"]
    else:
        words = ["setpriv", "--reuid=65534", "make", "-s", "tap_setup", "TAP_IF=tap7"]
    result = ctx.run(*words)
    ctx.check(result.status, "it ends well")
    ctx.matches(result.err, r"\AThis needs root: sudo make tap_setup TAP_IF=tap7\n"
                r"which does: ip tuntap add dev tap7 mode tap", "the sentence")


@cases(1, 4)
def test_second_card(ctx, smp):
    """The card of another make: a pair of machines, one with each; then user networking."""
    image = ctx.build("tests/network", "bulk")
    exchange(ctx, image, f"{ctx.arch}-nic-{smp}", {"nic": "e1000e", "smp": smp}, {"smp": smp})
    port = listening(ctx.stack, "127.0.0.1")
    result = ctx.boot(ctx.build("tests/network", "reach"), "10.0.0.1", str(port), "10.0.0.1", "1",
                      net="user", nic="e1000e", smp=smp, bootargs="ip=dhcp")
    ctx.equal(result.out.splitlines(), ["from 10.0.0.15", "not: Connection refused"],
              "what it says")


def pair_folder(ctx, name):
    """Where the two of a pair meet."""
    path = os.path.join(tempfile.gettempdir(), f"uni-pair-{os.getuid()}-{name}")
    ctx.stack.callback(shutil.rmtree, path, ignore_errors=True)
    return path


@cases(1, 4)
def test_pair(ctx, smp):
    """Two machines talk: the first to come is 10.0.0.2."""
    exchange(ctx, ctx.build("tests/network", "bulk"), f"{ctx.arch}-{smp}", {"smp": smp},
             {"smp": smp})


def exchange(ctx, image, name, first_options, second_options):
    """A pair of machines sends bytes both ways."""
    name = f"test-{os.getpid()}-{name}"
    folder = pair_folder(ctx, name)
    options = {"net": "pair", "pair": name, "mem": "64M"}
    words = runner_command(image, ctx.arch, ("listen", "5000", str(BYTES)), 100, **options,
                           **first_options)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True) as first:
        ctx.stack.callback(first.kill)
        while not os.path.exists(os.path.join(folder, "2")) and first.poll() is None:
            time.sleep(0.05)
        second = ctx.boot(image, "10.0.0.2", "5000", str(BYTES), **options,
                          **second_options)
        said = first.communicate()[0]
    wanted = f"sent {BYTES}, received {BYTES}, wrong pieces 0\n"
    ctx.equal((second.status, second.out), (0, wanted), "the second one's end")
    ctx.equal((first.returncode, said), (0, wanted), "the first one's end")


@once
def test_pair_of_three(ctx):
    """A third machine is refused in one sentence, and so is a name that is a path."""
    image = ctx.build("tests/network", "bulk")
    name = f"test-{os.getpid()}-full"
    folder = pair_folder(ctx, name)
    os.makedirs(folder)
    with open(os.path.join(folder, "lock2"), "w", encoding="ascii") as one, \
            open(os.path.join(folder, "lock3"), "w", encoding="ascii") as other:
        fcntl.flock(one, fcntl.LOCK_EX)
        fcntl.flock(other, fcntl.LOCK_EX)
        for pair, what in ((name, f"two machines of the pair {name} run already"),
                           ("../x", "PAIR=../x is not a name")):
            result = ctx.boot(image, net="pair", pair=pair)
            ctx.status(result, 1)
            ctx.matches(result.err, what, "the sentence")
            ctx.equal(len(result.err.splitlines()), 1, "sentences")


def listening(stack, address):
    """A server of this computer that takes connections and says nothing; its port, or None."""
    try:
        server = socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address
                                      else socket.AF_INET)
    except OSError:
        return None
    stack.enter_context(server)
    return server.getsockname()[1]


def test_addresses(ctx):
    """DHCP and router advertisements give addresses; a closed port and a host that is not there
    are told apart."""
    image = ctx.build("tests/network", "reach")
    four, six = listening(ctx.stack, "127.0.0.1"), listening(ctx.stack, "::1")
    words, wanted = ["10.0.0.1", str(four), "10.0.0.1", "1"], \
        ["from 10.0.0.15", "not: Connection refused"]
    if six:
        # Whether somebody else has it is asked for a second first.
        words += ["3", "s", "fec0::2", str(six)]
        wanted.append("from fec0::4ab0:2dff:fe0e:6e9e")
    result = ctx.boot(image, *words, net="user", bootargs="ip=dhcp")
    ctx.status(result, 0)
    ctx.equal(result.out.splitlines(), wanted, "what it says")
    # Nobody answers for the address: three seconds of the machine's, which pass at once.
    result = ctx.boot(image, "10.0.0.77", "80", net="user", icount=True)
    ctx.equal(result.out, "not: Host is unreachable\n", "what it says")


def test_no_route(ctx):
    """What a router says is told at once."""
    if ctx.run("unshare", "-rn", "true").status:
        raise Skip("unshare -rn is not allowed here: no network without a way out")
    words = runner_command(ctx.build("tests/network", "reach"), ctx.arch, ("192.0.2.1", "80"), 60,
                           net="user", mem="64M")
    result = ctx.run("unshare", "-rn", *words, timeout=80)
    ctx.equal((result.status, result.out), (0, "not: Network unreachable\n"), "the end")


@cases("virtio", "e1000e")
def test_cable(ctx, nic):
    """The cable is pulled and plugged while the program runs; each is told once, and it works."""
    path, dump = os.path.join(ctx.folder(), "qmp"), os.path.join(ctx.folder(), "dump")
    port = listening(ctx.stack, "127.0.0.1")
    words = runner_command(ctx.build("tests/network", "reach"), ctx.arch,
                           ("10.0.0.1", str(port), "line", "-", "10.0.0.1", str(port)), 60,
                           net="user", nic=nic, mem="64M", net_dump=dump,
                           qemu_args=f"-qmp unix:{path},server=on,wait=off")
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as machine:
        ctx.stack.callback(machine.kill)
        ctx.equal(machine.stdout.readline(), "from 10.0.0.2\n", "the first line")
        said = []

        def until(text):
            while text not in (said[-1] if said else ""):
                said.append(machine.stderr.readline())
                ctx.check(said[-1], f"it ended without '{text}': {said}")

        with socket.socket(socket.AF_UNIX) as qmp:
            qmp.connect(path)
            answers = qmp.makefile()
            answers.readline()

            def command(what, **arguments):
                qmp.sendall(json.dumps({"execute": what, "arguments": arguments}).encode())
                answers.readline()

            command("qmp_capabilities")
            end = time.monotonic() + 60
            # Its address of IPv6 is its own a second after the start only.
            while not said6(dump, 136, 1)[0] and time.monotonic() < end:
                said.clear()
                command("set_link", name="net0", up=False)
                until("eth0: the cable is out")
                command("set_link", name="net0", up=True)
                until("eth0: the cable is in")
        ctx.equal(machine.communicate("\n"), ("from 10.0.0.2\n", ""), "what it says")
    count, flags = said6(dump, 136, 1)
    ctx.check(count and flags == 0x20, f"by IPv6 it says so {count} times, flags {flags:#x}")


def announced(path, mac=bytes.fromhex("48b02d0e6e9e"), own=bytes([10, 0, 0, 2])):
    """How often the guest has told all where it is, by ARP: in a dump of its frames."""
    with open(path, "rb") as file:
        data = file.read()
    return data.count(b"\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + own +
                      bytes(6) + own) + \
        data.count(b"\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + own +
                   b"\xff" * 6 + own)


def said6(path, kind, group, mac=bytes.fromhex("48b02d0e6e9e")):
    """How often the guest has said that to a group of IPv6 from its address of the link, and the
    flags of the last one."""
    with open(path, "rb") as file:
        data = file.read()
    head = bytes.fromhex("3333000000") + bytes([group]) + mac + bytes.fromhex("86dd60000000")
    own = bytes.fromhex("fe800000000000004ab02dfffe0e6e9e")
    count, flags, at = 0, 0, data.find(head)
    while at >= 0:
        if data[at + 22:at + 38] == own and data[at + 54] == kind:
            count, flags = count + 1, data[at + 58]
            if kind == 136 and (data[at + 62:at + 78] != own or data[at + 80:at + 86] != mac):
                return 0, 0
        at = data.find(head, at + 1)
    return count, flags


def test_announce(ctx):
    """Who moves the machine asks it to say where it is now, by the card's control queue."""
    path, dump = os.path.join(ctx.folder(), "qmp"), os.path.join(ctx.folder(), "dump")
    port = listening(ctx.stack, "127.0.0.1")
    words = runner_command(ctx.build("tests/network", "reach"), ctx.arch,
                           ("10.0.0.1", str(port), "line", "-", "10.0.0.1", str(port)), 60,
                           net="user", mem="64M", net_dump=dump,
                           qemu_args=f"-qmp unix:{path},server=on,wait=off")
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as machine:
        ctx.stack.callback(machine.kill)
        ctx.equal(machine.stdout.readline(), "from 10.0.0.2\n", "the first line")
        before, end = announced(dump), time.monotonic() + 60
        with socket.socket(socket.AF_UNIX) as qmp:
            qmp.connect(path)
            answers = qmp.makefile()
            answers.readline()
            for command in ({"execute": "qmp_capabilities"},
                            # Its address of IPv6 is its own a second after the start only.
                            {"execute": "announce-self", "arguments":
                             {"initial": 50, "max": 50, "rounds": 1000, "step": 0}}):
                qmp.sendall(json.dumps(command).encode())
                answers.readline()
            while (announced(dump) < before + 2 or said6(dump, 136, 1)[0] < 2) and \
                    time.monotonic() < end:
                time.sleep(0.05)
            ctx.equal(machine.communicate("\n"), ("from 10.0.0.2\n", None), "what it says")
    ctx.check(announced(dump) >= before + 2, f"it said so {announced(dump)} times, {before} before")
    count, flags = said6(dump, 136, 1)
    ctx.check(count >= 2 and flags == 0x20, f"by IPv6 it said so {count} times, flags {flags:#x}")
