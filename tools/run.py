#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots an image in QEMU and behaves like the program in it: its input, output and status.

Status: the program's 0 to 255. 124: --timeout. 125: the kernel stopped. 126: QEMU could not start
or died. 127: the machine ended without a status. 2: a wrong option.
"""
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is something to put back
# pylint: disable=wrong-import-position
import argparse
import contextlib
import os
import sys
import tempfile

# A standard stream that is closed would be the number of the next file or pipe.
for closed in range(3):
    try:
        os.fstat(closed)
    except OSError:
        os.open(os.devnull, os.O_RDWR)

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from runner import RunError, cmdline, core, disks, kvm, network, replay
from runner.console import Terminal
from runner.machine import DEFAULTS, Machine
from runner.session import Session
from runner.symbols import Symbols

ICOUNT = "shift=0,sleep=off"


def number(text):
    """A number in any usual base."""
    return int(text, 0)


def parse(words):
    """The options, and the arguments of main after `--`."""
    split = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="run.py --arch ARCH --image FILE [options] [-- args]", allow_abbrev=False)
    add = parser.add_argument
    add("--arch", choices=sorted(DEFAULTS))
    add("--image", help="boot image (.img) or ELF file")
    add("--elf", help="file with symbols (default: the image's name with .elf)")
    add("--smp", default="1", metavar="N", help="CPUs, 1 to 8")
    add("--mem", default="128M", metavar="SIZE", help="memory, e.g. 64M or 2048K")
    add("--bus", choices=["mmio", "pci"], help="bus of the virtio devices")
    add("--disk", action="append", default=[], metavar="FILE[,ro]",
        help="a disk image, write-protected with ,ro; repeatable")
    add("--net", choices=network.KINDS,
        help="a network card; user: no root is needed; pair: with another machine so started")
    add("--nic", choices=network.CARDS, default="virtio", help="the kind of card")
    add("--ports", metavar="HOST:GUEST,...", help="ports of this computer that lead to the guest")
    add("--net-dump", metavar="FILE", help="write all frames for wireshark")
    add("--tap", metavar="NAME", help="the interface of --net tap (tap0)")
    add("--pair", metavar="NAME", help="which pair, where there are several (pair)")
    add("--disk-kind", default="virtio", choices=disks.KINDS, help="how disks are attached")
    add("--console", choices=["serial", "virtio"], default="serial",
        help="what standard input and output go through (virtio: for programs with FS or NET; "
             "QEMU drops output that is not read in time)")
    add("--qemu-machine", metavar="M", help="q35, pc, microvm, virt,gic-version=3 ...")
    add("--qemu-cpu", metavar="CPU")
    add("--qemu-args", metavar="ARGS", help="more QEMU arguments, split like a shell's words")
    add("--kvm", action="store_true", help="use KVM, after a probe boot")
    add("--bootargs", metavar="WORDS", help="boot words for the kernel, e.g. log.mem=debug")
    add("--appenv", metavar="VARS", help='environment of the program: "A=b C=d"')
    add("--log", metavar="LEVEL", help=" ".join(cmdline.LEVELS))
    add("--gdb", nargs="?", type=int, const=1234, metavar="PORT",
        help="wait for gdb (default port 1234)")
    add("--core", metavar="FILE",
        help="write an ELF core file when the program or the kernel crashes, or at --timeout")
    add("--attach", nargs="?", type=int, const=1234, metavar="PORT",
        help="only write --core FILE of the machine that waits for gdb there, and let it go on")
    add("--record", metavar="FOLDER", help="keep all that comes from outside, for --replay")
    add("--replay", metavar="FOLDER",
        help="repeat a recorded run; --gdb can also step backwards in it")
    add("--terminal", action="store_true",
        help="the image has a terminal: Ctrl-C is for it, three within a second stop the machine")
    add("--icount", nargs="?", const=ICOUNT, metavar="SPEC", help=f"default {ICOUNT}")
    add("--timeout", type=float, metavar="SECONDS")
    add("--initrd", metavar="FILE")
    add("--dtb", metavar="FILE", help="device tree for QEMU to complete and pass on")
    add("--dtb-raw", metavar="FILE", help="device tree the guest gets unchanged")
    add("--loader-addr", type=number, metavar="ADDR",
        help="put the image at this physical address instead of using -kernel")
    add("--print", action="store_true", help="print the QEMU command and end")
    parser.set_defaults(place=None)
    options = parser.parse_args(words[:split])
    if not options.replay and not (options.arch and options.image):
        parser.error("--arch and --image are needed")
    if options.attach and not options.core:
        parser.error("--attach needs --core FILE")
    if options.core and (options.gdb or options.record or options.replay or options.kvm):
        parser.error("--core goes without --gdb, --record, --replay and --kvm")
    return options, words[split + 1:]


def foreground(descriptor):
    """True for a terminal this process may read from."""
    try:
        return os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


def boot(options, arguments):
    """Runs the machine; returns (status, signal)."""
    tty = foreground(0) and os.isatty(1)
    appenv = options.appenv
    if tty and options.terminal and os.environ.get("TERM") == "dumb":
        appenv = f"TERM=dumb {appenv or ''}"
    if options.console == "virtio":
        options.bootargs = f"console=virtio {options.bootargs or ''}"
    if options.record:
        options.bootargs = f"recorded {options.bootargs or ''}"
    network.join(options)
    line = cmdline.build(tty, options.log, options.bootargs, appenv, arguments,
                         cmdline.program(options.image))
    symbols = Symbols(options.elf, options.arch) if options.elf else None
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="uni-"))
        machine = Machine(options, scratch)
        machine.check()
        if options.core:
            machine.stub = os.path.join(scratch, "gdb")
        if options.record:
            replay.prepare(options)
        if options.print:
            print(" ".join(map(repr, machine.command(line, "/dev/null"))), flush=True)
            return 0, None
        if options.kvm:
            kvm.probe(options.arch, machine.qemu, machine.machine, scratch)
        if symbols:
            stack.callback(symbols.close)
        for sentence in machine.network.tell() if options.log != "off" else ():
            print(f"uni: {sentence}", file=sys.stderr, flush=True)
        if tty:
            stack.enter_context(Terminal(0, not options.terminal))
        if options.gdb:
            print(f"uni: waiting for gdb on port {options.gdb}", file=sys.stderr, flush=True)
        session = Session(tty, symbols, options.timeout, options.arch == "riscv64", options.arch)
        if options.core:
            if not options.elf:
                raise RunError("--core needs the file with symbols: --elf FILE")
            watch = core.Watch(options, os.path.join(scratch, "gdb"), session.err.say)
            session.before_stop = watch.interrupt
            watch.start()
        if options.record:
            return session.run(lambda control: replay.recording(
                options, tty, machine.command(line, control), control))
        return session.run(lambda control: machine.command(line, control))


def repeat(options):
    """Runs a recording again: nothing from here reaches it. As boot()."""
    kept = replay.load(options.replay)
    elf = os.path.join(options.replay, "image.elf")
    symbols = Symbols(elf, kept["arch"]) if os.path.exists(elf) else None
    with contextlib.ExitStack() as stack:
        if symbols:
            stack.callback(symbols.close)
        if options.gdb:
            print(f"uni: waiting for gdb on port {options.gdb}", file=sys.stderr, flush=True)
        session = Session(kept["tty"], symbols, options.timeout, kept["arch"] == "riscv64",
                          kept["arch"])
        session.input.open = False
        return session.run(lambda control: replay.replaying(
            options.replay, kept, options.gdb, control))


def main():
    """Ends with the program's status."""
    options, arguments = parse(sys.argv[1:])
    if options.elf is None and options.image:
        guess = os.path.splitext(options.image)[0] + ".elf"
        options.elf = guess if os.path.exists(guess) else None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if options.attach:
            core.attach(options)
            sys.exit(0)
        status, signum = repeat(options) if options.replay else boot(options, arguments)
    except RunError as error:
        print(f"uni: {error}", file=sys.stderr)
        sys.exit(error.status)
    except KeyboardInterrupt:
        status, signum = 130, signal.SIGINT
    if signum:
        signal.signal(signum, signal.SIG_DFL)
        os.kill(os.getpid(), signum)
    os._exit(status)


main()
