# SPDX-License-Identifier: BSD-2-Clause
"""Names for addresses: a small reader of an ELF file's symbol table, and addr2line for lines."""
import bisect
import os
import re
import shutil
import struct
import subprocess

from . import elf

TOOLS = {"aarch64": "aarch64-linux-gnu-", "riscv64": "riscv64-linux-gnu-",
         "x86_64": "x86_64-linux-gnu-"}
# The image may have named the function itself (SYMS=y): then the line of the source is missing.
FRAME = re.compile(rb"^\s*#(\d+)\s+(?:pc\s+)?0x([0-9a-f]+)( \S+\+0x[0-9a-f]+)?\s*$", re.I)
PLACE = re.compile(rb"\bthread \d+ \".*\", cpu \d+, pc 0x([0-9a-f]+)( \S+\+0x[0-9a-f]+)?$")
TRAP_FILE = "vectors.S"
REGISTER = re.compile(rb"\b(pc|rip|lr|ra)[ =:]+0x([0-9a-f]+)", re.I)
REGISTERS = re.compile(rb"^\s*(?:pc|rip|lr|ra)[ =:]+0x")


class Symbols:
    """Looks addresses up in one .elf; everything is read on first use."""

    def __init__(self, path, arch):
        self.path, self.arch = path, arch
        self.starts = self.entries = None
        self.tool = None
        self.lines = {}
        self.after_trap = False

    def load(self):
        """Sorts the functions by address; a file that cannot be read gives no names."""
        self.starts, self.entries = [], []
        try:
            found = sorted(elf.functions(self.path))
        except (OSError, ValueError, struct.error):
            return
        end = 0
        for start, size, name in found:
            if not size and start < end:
                continue  # a label within a function
            end = max(end, start + size)
            if self.starts and self.starts[-1] == start:
                self.entries[-1] = (start, max(size, self.entries[-1][1]), name)
                continue
            self.starts.append(start)
            self.entries.append((start, size, name))

    def name(self, address):
        """`function+0xoff` or None."""
        if self.starts is None:
            self.load()
        index = bisect.bisect_right(self.starts, address) - 1
        if index < 0:
            return None
        start, size, name = self.entries[index]
        if address - start >= (size or 4096):
            return None
        return f"{name}+{address - start:#x}"

    def start_tool(self):
        """addr2line of the cross compiler, or the host's, as a process that answers lines."""
        for prefix in (TOOLS.get(self.arch, ""), ""):
            tool = shutil.which(prefix + "addr2line")
            if tool:
                return subprocess.Popen([tool, "-e", self.path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        return False

    def line(self, address):
        """`file:line` or None."""
        if address in self.lines:
            return self.lines[address]
        if self.tool is None:
            self.tool = self.start_tool()
        if not self.tool:
            return None
        try:
            self.tool.stdin.write(b"%x\n" % address)
            self.tool.stdin.flush()
            answer = self.tool.stdout.readline().decode(errors="replace")
        except OSError:
            self.tool = False
            return None
        where = answer.strip().split(" (discriminator")[0]
        where = None if where.startswith("??") or where.endswith((":?", ":0")) else where
        if where and where.startswith(os.getcwd() + "/"):
            where = where[len(os.getcwd()) + 1:]
        self.lines[address] = where
        return where

    def describe(self, address, is_return):
        """`name+0xoff (file:line)`; a return address is looked up at the call before it."""
        name = self.name(address - is_return)
        if name is None:
            return None
        if is_return:
            base, _, offset = name.rpartition("+")
            name = f"{base}+{int(offset, 16) + 1:#x}"
        where = self.line(address - is_return)
        return f"{name} ({where})" if where else name

    def missing(self, address, is_return, has_name):
        """What a line lacks of "name+0xoff (file:line)", as bytes with a space before."""
        found = self.describe(address, is_return)
        if found and has_name:
            found = found.partition(" ")[2]
        return b" " + found.encode() if found else b""

    def suffix(self, text):
        """What to append to one line of output (bytes without its end); b"" for nothing."""
        frame = FRAME.match(text)
        if frame:
            # What a trap interrupted has not called anything: its place is exact.
            address, is_return = int(frame[2], 16), int(frame[1]) > 0 and not self.after_trap
            found = self.missing(address, is_return, frame[3])
            self.after_trap = TRAP_FILE.encode() in found
            return found
        place = PLACE.search(text)
        if place:
            return self.missing(int(place[1], 16), False, place[2])
        if not REGISTERS.match(text):
            return b""
        notes = []
        for register, value in REGISTER.findall(text):
            found = self.describe(int(value, 16), register.lower() in (b"lr", b"ra"))
            if found:
                notes.append((register.decode(), found))
        if len(notes) == 1:
            return b" " + notes[0][1].encode()
        return "".join(f"  {name}={what}" for name, what in notes).encode()

    def close(self):
        """Ends addr2line."""
        if self.tool:
            self.tool.stdin.close()
            self.tool.kill()
            self.tool.wait()


class Annotator:
    """Passes a stream on at once and writes names before the end of lines that hold addresses."""

    def __init__(self, symbols):
        self.symbols = symbols
        self.current = bytearray()

    def feed(self, data):
        """The bytes to write for `data`."""
        if not self.symbols:
            return data
        out = bytearray()
        for part in data.splitlines(keepends=True) if b"\n" in data else [data]:
            if not part.endswith(b"\n"):
                self.current += part[:512]
                out += part
                continue
            end = b"\r\n" if part.endswith(b"\r\n") else b"\n"
            body = part[:-len(end)]
            whole = bytes(self.current) + body
            self.current.clear()
            out += body
            if len(whole) < 512 and b"0x" in whole:
                out += self.symbols.suffix(whole)
            out += end
        return bytes(out)
