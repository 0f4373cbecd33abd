# SPDX-License-Identifier: BSD-2-Clause
"""An ELF core file of a stopped machine: all of its memory, and each thread's registers.

The machine's memory comes from QEMU in one piece; the page tables in it say what is where. A
thread that runs has its CPU's registers, or those of the trap it faulted by; one that does not run
has what arch_switch() saved on its kernel stack.
"""
import mmap
import os
import re
import struct
import sys
import tempfile
import threading

from . import RunError, elf
from .machine import ELF_MACHINE, RAM_BASE, memory_kib
from .remote import Remote

PAGE = 4096
NT_PRSTATUS, NT_PRPSINFO = 1, 3
PT_LOAD, PT_NOTE, ET_CORE = 1, 4, 4
OSABI_LINUX = 3  # the layout of the notes is Linux's: gdb knows it
OFFSETS = os.path.join(os.path.dirname(__file__), "..", "..", "include", "kernel", "offsets.h")
NOT_BOOTED = "the machine has no page tables yet: let it boot first"


def offsets():
    """The numbers of include/kernel/offsets.h."""
    with open(OFFSETS, encoding="utf-8") as file:
        return {name: int(value)
                for name, value in re.findall(r"^#define (\w+)\s+(\d+)\b", file.read(), re.M)}


def words(data, count, at=0):
    """64-bit words."""
    return list(struct.unpack_from(f"<{count}Q", data, at))


class Aarch64:
    """Registers are x0 to x30, sp, pc, pstate, as in struct trap_frame."""
    count, levels, pc, sp = 34, 3, 32, 31

    @staticmethod
    def from_cpu(data):
        """The g packet's."""
        return words(data, 33) + [struct.unpack_from("<I", data, 264)[0]]

    @staticmethod
    def from_frame(read, at):
        """Those of a struct trap_frame."""
        return words(read(at, 272), 34)

    @staticmethod
    def from_switch(read, sp):
        """What arch_switch() pushed."""
        saved = words(read(sp, 96), 12)
        return [0] * 19 + saved + [sp + 192, saved[11], 0x5]

    @staticmethod
    def roots(machine):
        """(physical root table, first address it is for)."""
        low, high = words(machine.read_symbol("secondary_roots", 16), 2)
        return [(low, 0), (high, 0xffffff8000000000)]

    @staticmethod
    def entry(value, leaf):
        """(physical address, is a page, may be written) of a table's entry, or None."""
        if not value & 1:
            return None
        return value & 0xfffffffff000, leaf or not value & 2, not value & 0x80


class Riscv64:
    """pc takes the place of x0, as in struct trap_frame."""
    count, levels, pc, sp = 32, 3, 0, 2

    @staticmethod
    def from_cpu(data):
        """The g packet's: x0 to x31, pc."""
        found = words(data, 33)
        return [found[32], *found[1:32]]

    @staticmethod
    def from_frame(read, at):
        """Those of a struct trap_frame."""
        return words(read(at, 256), 32)

    @staticmethod
    def from_switch(read, sp):
        """What arch_switch() stored: ra, s0 to s11."""
        saved = words(read(sp, 104), 13)
        result = [0] * 32
        result[0], result[1], result[2] = saved[0], saved[0], sp + 224
        result[8:10], result[18:28] = saved[1:3], saved[3:]
        return result

    @staticmethod
    def roots(machine):
        """One table for both halves."""
        satp, = words(machine.read_symbol("secondary_satp", 8), 1)
        return [((satp & 0xfffffffffff) << 12, 0)]

    @staticmethod
    def entry(value, leaf):
        """As above."""
        if not value & 1:
            return None
        return (value >> 10 & 0xfffffffffff) << 12, leaf or bool(value & 0xe), bool(value & 4)


class X86_64:  # pylint: disable=invalid-name
    """r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs flags rsp ss …"""
    count, levels, pc, sp = 27, 4, 16, 19

    @staticmethod
    def from_cpu(data):
        """The g packet's: rax rbx rcx rdx rsi rdi rbp rsp r8 to r15 rip flags cs ss ds es fs gs."""
        ax, bx, cx, dx, si, di, bp, sp, *r8 = words(data, 17)
        flags, cs, ss = struct.unpack_from("<III", data, 136)
        bases = words(data, 2, 164)
        return [*reversed(r8[4:8]), bp, bx, *reversed(r8[:4]), ax, cx, dx, si, di, 2**64 - 1,
                r8[8], cs, flags, sp, ss, *bases, 0, 0, 0, 0]

    @staticmethod
    def from_frame(read, at):
        """r15 to r8, rdi rsi rbp rbx rdx rcx rax, vector, error, rip cs flags rsp ss."""
        f = words(read(at, 176), 22)
        return [f[0], f[1], f[2], f[3], f[10], f[11], f[4], f[5], f[6], f[7], f[14], f[13], f[12],
                f[9], f[8], 2**64 - 1, *f[17:22], 0, 0, 0, 0, 0, 0]

    @staticmethod
    def from_switch(read, sp):
        """FP control words, r15 r14 r13 r12 rbx rbp, the return address."""
        _, r15, r14, r13, r12, bx, bp, pc = words(read(sp, 64), 8)
        return [r15, r14, r13, r12, bp, bx, *[0] * 9, 2**64 - 1, pc, 8, 2, sp + 64,
                0, 0, 0, 0, 0, 0, 0]

    @staticmethod
    def roots(machine):
        """CR3 of the first CPU."""
        return [(words(machine.raw[0], 1, 204)[0] & ~0xfff, 0)]

    @staticmethod
    def entry(value, leaf):
        """As above."""
        if not value & 1:
            return None
        return value & 0xffffffffff000, leaf or bool(value & 0x80), bool(value & 2)


CPUS = {"aarch64": Aarch64, "riscv64": Riscv64, "x86_64": X86_64}


class Stopped:
    """A machine that stands still, seen through the stub."""

    def __init__(self, remote, arch, path, memory, scratch):
        self.arch, self.cpu, self.path = arch, CPUS[arch], path
        self.symbols = {}
        for name, value, _, _, index in elf.symbols(path):
            if index:
                self.symbols.setdefault(name, value)
        self.offsets = offsets()
        self.raw = [remote.registers(name) for name in remote.cpus()]
        base = RAM_BASE[arch]
        ram = os.path.join(scratch, "ram")
        said = remote.monitor(f'pmemsave {base:#x} {memory_kib(memory) * 1024:#x} "{ram}"')
        if not os.path.exists(ram) or not os.path.getsize(ram):
            raise RunError(f"QEMU did not save the memory: {said.strip()}; is there room in "
                           f"{scratch}? (TMPDIR says where else)")
        with open(ram, "rb") as file:
            self.ram = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.base = base
        self.pages = {}
        self.remote = remote
        for root, start in self.cpu.roots(self):
            self.walk(root, start, self.cpu.levels - 1)
        if not self.word(self.symbols.get("cpu_list", 0)):
            raise RunError(NOT_BOOTED)

    def physical(self, address, size):
        """Bytes of RAM, b"" for what is none."""
        at = address - self.base
        return self.ram[at:at + size] if 0 <= at < len(self.ram) else b""

    def read(self, address, size):
        """Bytes at a virtual address; zeros where there is nothing."""
        out = b""
        while len(out) < size:
            here = address + len(out)
            length = min(size - len(out), PAGE - here % PAGE)
            page = self.pages.get(here - here % PAGE)
            part = self.physical(page + here % PAGE, length) if page is not None else b""
            out += part.ljust(length, b"\0")
        return out

    def word(self, address):
        """A pointer or number of 64 bits."""
        return words(self.read(address, 8), 1)[0]

    def read_symbol(self, name, size):
        """Through the stub, before the tables are known."""
        if name not in self.symbols:
            raise RunError(f"{self.path} has no symbol {name}: it is not this machine's image")
        answer = self.remote.ask(f"m{self.symbols[name]:x},{size:x}")
        if answer[:1] == "E" or len(answer) != 2 * size:
            raise RunError(NOT_BOOTED)
        return bytes.fromhex(answer)

    def walk(self, table, start, level):
        """Enters all pages of RAM below one table."""
        data = self.physical(table, PAGE)
        if len(data) < PAGE:
            return
        size = PAGE << 9 * level
        for index, value in enumerate(struct.unpack("<512Q", data)):
            found = self.cpu.entry(value, level == 0)
            if not found:
                continue
            physical, is_page, _ = found
            address = start + index * size
            if self.cpu is not Aarch64 and address >> (11 + 9 * self.cpu.levels) & 1:
                address |= -1 << (12 + 9 * self.cpu.levels) & 2**64 - 1
            if not is_page:
                self.walk(physical, address, level - 1)
                continue
            physical &= ~(size - 1)
            first = max(0, self.base - physical)
            for at in range(first, min(size, self.base + len(self.ram) - physical), PAGE):
                self.pages[address + at] = physical + at

    def threads(self):
        """(id, name, address, CPU index or None) of the kernel's threads."""
        off, found, running = self.offsets, [], {}
        count = struct.unpack("<I", self.read(self.symbols["cpu_count"], 4))[0]
        for index in range(min(count, len(self.raw))):
            cpu = self.word(self.symbols["cpu_list"] + 8 * index)
            running[self.word(cpu + off["CPU_CURRENT"])] = index
            found.append(self.word(cpu + off["CPU_IDLE"]))
        node = self.word(self.symbols["threads"])
        while node and node != self.symbols["threads"] and len(found) < 10000:
            found.append(node - off["THREAD_TABLE_NODE"])
            node = self.word(node)
        result = []
        for at in found:
            number = struct.unpack("<i", self.read(at + off["THREAD_ID"], 4))[0]
            name = self.read(at + off["THREAD_NAME"], 16).split(b"\0")[0].decode("latin-1")
            result.append((number, name, at, running.get(at)))
        return result

    def registers_of(self, thread):
        """Of a thread that threads() tells."""
        _, _, at, cpu = thread
        if cpu is not None:
            return self.cpu.from_cpu(self.raw[cpu])
        return self.cpu.from_switch(self.read, self.word(at + self.offsets["THREAD_KSP"]))


def note(kind, data):
    """A note of Linux's."""
    return struct.pack("<III8s", 5, len(data), kind, b"CORE") + data.ljust(-len(data) % 4 +
                                                                           len(data), b"\0")


def prstatus(number, signum, registers):
    """struct elf_prstatus [Linux, include/linux/elfcore.h]."""
    return struct.pack("<iiihxxQQiiii8Q", signum, 0, 0, signum, 0, 0, number, 1, 1, 1,
                       *[0] * 8) + struct.pack(f"<{len(registers)}Q", *registers) + bytes(8)


def prpsinfo(name):
    """struct elf_prpsinfo: the program's name."""
    return struct.pack("<bbbbxxxxQiiiiii16s80s", 0, ord("R"), 0, 0, 0, 0, 0, 1, 0, 1, 1,
                       name[:15].encode(), name[:79].encode())


def runs(machine):
    """Neighbouring pages: [address, physical address, length]."""
    result = []
    for address in sorted(machine.pages):
        physical = machine.pages[address]
        last = result[-1] if result else None
        if last and last[0] + last[2] == address and last[1] + last[2] == physical:
            last[2] += PAGE
        else:
            result.append([address, physical, PAGE])
    return result


def write(machine, path, name, faulted=None, signum=0):
    """The file. `faulted`: (CPU index, address of its trap frame or None)."""
    notes = note(NT_PRPSINFO, prpsinfo(name))
    threads = machine.threads()
    first = faulted[0] if faulted else 0
    threads.sort(key=lambda thread: (thread[3] != first, thread[3] is None, thread[0]))
    for thread in threads:
        registers = machine.registers_of(thread)
        hit = faulted and thread[3] == faulted[0]
        if hit and faulted[1]:
            registers = machine.cpu.from_frame(machine.read, faulted[1])
        registers = (registers + [0] * machine.cpu.count)[:machine.cpu.count]
        notes += note(NT_PRSTATUS, prstatus(thread[0], signum if hit else 0,
                                            [value & 2**64 - 1 for value in registers]))
    parts = runs(machine)
    count = len(parts) + 1
    if count >= 0xffff:
        raise RunError("the machine's memory is in too many pieces for a core file")
    at = 64 + 56 * count
    head = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, OSABI_LINUX, ET_CORE,
                       ELF_MACHINE[machine.arch], 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
    table = struct.pack("<IIQQQQQQ", PT_NOTE, 4, at, 0, 0, len(notes), 0, 4)
    at += len(notes)
    at += -at % PAGE
    body = at
    for address, _, length in parts:
        table += struct.pack("<IIQQQQQQ", PT_LOAD, 6, at, address, 0, length, length, PAGE)
        at += length
    with open(path, "wb") as file:
        file.write(head + table + notes)
        at = body
        for _, physical, length in parts:
            for offset in range(0, length, PAGE):
                data = machine.physical(physical + offset, PAGE)
                if data.count(0) != len(data):  # the file has holes where there are zeros
                    file.seek(at + offset)
                    file.write(data)
            at += length
        file.truncate(at)
    return threads


def take(remote, arch, elf_path, memory, path, faulted=None, signum=0):
    """A core of the machine that stands still behind a stub."""
    with tempfile.TemporaryDirectory(prefix="uni-") as scratch:
        machine = Stopped(remote, arch, elf_path, memory, scratch)
        name = os.path.splitext(os.path.basename(elf_path))[0]
        return write(machine, path, name, faulted, signum)


# Where a crash passes: (function, its first argument is a trap frame, its signal is in another).
CRASHES = [("process_thread_faulted", True, 1), ("panic_fault", True, None),
           ("fault_report_panic", False, None), ("fault_report_signal", False, 0)]
ARGUMENTS = {"aarch64": (0, 8), "x86_64": (40, 32), "riscv64": (80, 88)}  # in a g packet
SIGNAL_OF_KERNEL = 6
STOP = re.compile(r"T0[25].*?thread:([^;]+);|[TS]0[25]")


class Watch(threading.Thread):
    """Lets a machine run that waits for gdb, and takes a core at its first crash."""

    def __init__(self, options, where, say):
        super().__init__(daemon=True)
        self.options, self.where, self.say = options, where, say
        self.remote = None
        self.stuck = False

    def run(self):
        try:
            self.remote = Remote(self.where)
            symbols = {name: value for name, value, _, _, index in elf.symbols(self.options.elf)
                       if index}
            places = {symbols[crash[0]]: crash for crash in CRASHES if crash[0] in symbols}
            for place in places:
                self.remote.ask(f"Z1,{place:x},4")
            answer = self.remote.ask("c")
            self.save(answer, places)
            for place in places:
                self.remote.ask(f"z1,{place:x},4")
            self.remote.go_on()
        except (OSError, struct.error):
            pass  # it has ended before there was anything to save
        except RunError as error:
            self.say(f"uni: no core file: {error}")

    def save(self, answer, places):
        """The file, after the stop that `answer` tells."""
        found = STOP.match(answer)
        if not found:
            return
        names = self.remote.cpus()
        index = names.index(found[1]) if found[1] in names else 0
        data = self.remote.registers(names[index])
        cpu = CPUS[self.options.arch]
        crash = places.get(cpu.from_cpu(data)[cpu.pc], (None, False, None))
        values = [words(data, 1, at)[0] for at in ARGUMENTS[self.options.arch]]
        signum = SIGNAL_OF_KERNEL if crash[2] is None else values[crash[2]]
        threads = take(self.remote, self.options.arch, self.options.elf, self.options.mem,
                       self.options.core, (index, values[0] if crash[1] else None), signum)
        self.say(hint(self.options, len(threads)))

    def interrupt(self):
        """The machine hangs: its core is wanted, too."""
        if self.is_alive() and self.remote:
            self.remote.socket.sendall(b"\x03")
            self.join(30)


def hint(options, count):
    """What to do with it."""
    return (f"uni: {options.core}: core file of {count} threads; look at it with\n"
            f"uni:   gdb-multiarch {options.elf} {options.core}")


def attach(options):
    """A core of the machine that `make debug` has started: stops it and lets it go on."""
    try:
        remote = Remote(options.attach, 1)
    except OSError:
        raise RunError(f"no machine waits on port {options.attach}: start one with `make debug`"
                       " (and no gdb on it: the port is for one)") from None
    if not options.elf:
        raise RunError("--attach needs --elf, the file with the symbols of the machine's image")
    remote.settle()
    try:
        threads = take(remote, options.arch, options.elf, options.mem, options.core)
    except RunError as error:
        if str(error) != NOT_BOOTED:  # then it goes on waiting for a debugger
            remote.go_on()
        raise
    print(hint(options, len(threads)), file=sys.stderr)
    remote.go_on()
