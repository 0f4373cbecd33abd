#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A small Linux to compare with: Debian's kernel, a static initramfs, the machine of tools/run.py.

linux.py [-O build] --arch x PROGRAM ARGUMENTS    boots it and runs files, speedtest1 or server
linux.py [-O build] [--arch x]                    only makes it (`make bench-linux`)
"""
import argparse
import glob
import lzma
import os
import re
import shlex
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tools")]
# pylint: disable=wrong-import-position
import mkinitrd

ARCHES = ("aarch64", "x86_64", "riscv64")
PREFIX = {"aarch64": "aarch64-linux-gnu-", "x86_64": "x86_64-linux-gnu-",
          "riscv64": "riscv64-linux-gnu-"}
CONSOLE = {"aarch64": "ttyAMA0", "x86_64": "ttyS0", "riscv64": "ttyS0"}
# What the programs and their disk need, if it is not built in.
MODULES = ("virtio_mmio", "virtio_pci", "virtio_blk", "virtio_net", "nls_cp437", "nls_ascii",
           "nls_utf8", "vfat")
# A CPU that waits for the disk sleeps; without that the time until the next timer would pass at
# once, which may be the one that gives a request up.
ICOUNT = "shift=0,sleep=on"


class LinuxError(Exception):
    """Why there is no such Linux."""


def run(words, **options):
    """A command that must succeed."""
    done = subprocess.run(words, capture_output=True, check=False, text=True, **options)
    if done.returncode:
        raise LinuxError((done.stderr or done.stdout).strip() or f"{words[0]} failed")
    return done.stdout


def recipe(out, target, rules=""):
    """make, with deps/sqlite.mk alone."""
    return run(["make", "-s", "--no-print-directory", "-f", "-", target, f"O={out}"], cwd=TOP,
               input=f"include deps/sqlite.mk\n{rules}")


class Guest:
    """The Linux of one processor below an output folder."""

    def __init__(self, out, arch):
        self.arch = arch
        self.out = os.path.join(TOP, out)
        self.dir = os.path.join(self.out, "linux-" + arch)

    def release(self):
        """The kernel's name."""
        with open(os.path.join(self.dir, "release"), encoding="utf-8") as file:
            return file.read().strip()

    def kernel(self):
        """The kernel's file."""
        return glob.glob(os.path.join(self.dir, "root/boot/vmlinu[xz]-*"))[0]

    def module_files(self):
        """Names and contents of the modules, each behind those it needs."""
        found = {}
        for path in glob.glob(os.path.join(self.dir, "root/**/*.ko*"), recursive=True):
            found[os.path.basename(path).split(".")[0].replace("-", "_")] = path
        order = {}

        def add(name):
            if name not in found or name in order:
                return
            opener = lzma.open if found[name].endswith(".xz") else open
            with opener(found[name], "rb") as file:
                data = file.read()
            for word in re.search(rb"\0depends=([^\0]*)\0", data)[1].decode().split(","):
                add(word.replace("-", "_"))
            order[name] = data

        for name in MODULES:
            add(name)
        return order

    def variable(self, name):
        """A variable of deps/sqlite.mk, as its words."""
        return recipe(self.out, "print", f"print:\n\t@echo '$({name})'\n").split()

    def compile(self):
        """The programs, static, by the options of ours that matter, which are Debian's, too."""
        compiler = [PREFIX[self.arch] + "gcc", "-O2", "-fstack-protector-strong", "-w", "-static",
                    "-Iinclude"]
        include = [f"-I{word}" for word in self.variable("SQLITE_INCLUDES")]
        defines = [f"-D{word}" for word in self.variable("SQLITE_DEFINES")]
        sources = self.variable("SQLITE_SRCS")
        jobs = {"init": ["tools/measure/linux_init.c"],
                "files": ["tests/bench/storage/files.c"],
                "server": sorted(glob.glob("tests/bench/servers/*.c", root_dir=TOP)),
                "speedtest1": ["examples/sqlite/speedtest1.c", *sources, *include, *defines, "-lm"]}
        bin_dir = os.path.join(self.dir, "bin")
        os.makedirs(bin_dir, exist_ok=True)
        result = {}
        for name, words in jobs.items():
            path = os.path.join(bin_dir, name)
            used = [os.path.join(TOP, word) for word in words if word.endswith(".c")] + [__file__]
            if not os.path.exists(path) or \
                    os.path.getmtime(path) < max(map(os.path.getmtime, used)):
                print(f"  CC      {os.path.relpath(path, TOP)}", file=sys.stderr)
                run([*compiler, "-o", path, *words], cwd=TOP)
            with open(path, "rb") as file:
                result[name] = file.read()
        return result

    def make(self):
        """Brings kernel and initramfs up to date; the initramfs' path."""
        env = dict(os.environ, O=self.out)
        done = subprocess.run([os.path.join(TOP, "tools/measure/linux_fetch.sh"), self.arch],
                              env=env, check=False, stdout=subprocess.DEVNULL)
        if done.returncode:
            raise LinuxError(f"there is no Linux for {self.arch}")
        recipe(self.out, self.variable("SQLITE_SRCS")[0])
        programs, modules = self.compile(), self.module_files()
        path = os.path.join(self.dir, "initramfs")
        parts = [(name, 0o40755, b"") for name in ("bin", "dev", "fatfs", "modules")]
        parts += [("dev/console", 0o20600, struct.pack("<II", 5, 1))]
        parts += [("bin/" + name, 0o100755, data) for name, data in programs.items()]
        parts += [(f"modules/{name}.ko", 0o100644, data) for name, data in modules.items()]
        order = "".join(f"{name}.ko\n" for name in modules)
        parts += [("modules/order", 0o100644, order.encode()),
                  ("init", 0o120777, b"bin/init"), ("TRAILER!!!", 0, b"")]
        with open(path, "wb") as file:
            for number, (name, mode, data) in enumerate(parts, 1):
                file.write(member(number, name, mode, data))
        return path

    def command(self, program, disk=None, mem="256M", qemu_args="", icount=ICOUNT, **options):
        """
        QEMU's command, the runner's but for the boot line: `program` is words in /bin, `options`
        are more of the runner's.
        """
        words = [sys.executable, os.path.join(TOP, "tools/run.py"), "--print", "--arch", self.arch,
                 "--image", self.kernel(), "--initrd", os.path.join(self.dir, "initramfs"),
                 "--mem", mem, f"--qemu-args={qemu_args}"]
        words += ["--icount", icount] if icount else []
        words += [f"--{name}={value}" for name, value in options.items()]
        words += ["--disk", disk] if disk else []
        command = shlex.split(run(words))
        line = f"console={CONSOLE[self.arch]} quiet panic=-1 -- /bin/" + " ".join(program)
        command[command.index("-append") + 1] = line
        return command

    def run(self, program, timeout=600, **options):
        """Boots it; what the program printed. LinuxError unless it ended with 0."""
        words = self.command(program, **options)
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            raise LinuxError(f"Linux did not end within {timeout} s") from None
        out = done.stdout.decode(errors="replace").replace("\r", "")
        if not re.search(r"^status 0$", out, re.M):
            raise LinuxError("Linux: " + (out + done.stderr.decode(errors="replace")).strip()
                             .replace("\n", "; ")[-300:])
        return out


def member(number, name, mode, data):
    """One member of the archive; a device's data are its two numbers."""
    entry = mkinitrd.entry(number, name, mode, 1, b"" if mode >> 12 == 2 else data)
    if mode >> 12 == 2:
        device = b"".join(b"%08X" % word for word in struct.unpack("<II", data))
        entry = entry[:78] + device + entry[94:]
    return entry


def main():
    """Makes, or boots."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=ARCHES)
    parser.add_argument("-O", "--out", default="build")
    parser.add_argument("--disk")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    try:
        for arch in [options.arch] if options.arch else ARCHES:
            guest = Guest(options.out, arch)
            guest.make()
            print(f"{arch}: Linux {guest.release()}")
            if options.program:
                print(guest.run(options.program, disk=options.disk), end="")
    except LinuxError as error:
        sys.exit(f"linux.py: {error}")


if __name__ == "__main__":
    main()
