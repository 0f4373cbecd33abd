# SPDX-License-Identifier: BSD-2-Clause
"""As much of gdb's remote protocol as the runner needs to talk to QEMU's stub."""
import re
import socket
import time

PACKET = re.compile(rb"\$([^#]*)#..", re.S)


class Remote:
    """A connection to a stub: a port of this computer, or the path of a socket."""

    def __init__(self, where, seconds=10.0, timeout=None):
        """Tries for some seconds; with a timeout, no answer within it is a TimeoutError."""
        end = time.monotonic() + seconds
        while True:
            try:
                if isinstance(where, int):
                    self.socket = socket.create_connection(("127.0.0.1", where))
                else:
                    self.socket = socket.socket(socket.AF_UNIX)
                    self.socket.connect(where)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
        self.socket.settimeout(timeout)
        self.seen = b""

    def send(self, text):
        """A packet."""
        data = text.encode()
        self.socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xff))

    def answer(self):
        """The next packet, acknowledged; ConnectionError when the machine has ended."""
        while True:
            found = PACKET.search(self.seen)
            if found:
                self.seen = self.seen[found.end():]
                self.socket.sendall(b"+")
                return found[1].decode("latin-1")
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the machine has ended")
            self.seen += data

    def ask(self, text):
        """Sends a packet; its answer."""
        self.send(text)
        return self.answer()

    def settle(self):
        """A machine that ran stops when somebody connects, and may say so unasked."""
        self.send("qC")
        while not self.answer().startswith("QC"):
            pass

    def monitor(self, command):
        """A command of QEMU's monitor; what it prints."""
        self.send("qRcmd," + command.encode().hex())
        text = ""
        while True:
            answer = self.answer()
            if answer == "OK" or not answer or answer[0] == "E":
                return text
            text += bytes.fromhex(answer[1:]).decode(errors="replace")

    def cpus(self):
        """The stub's names of the CPUs, in order."""
        names, answer = [], self.ask("qfThreadInfo")
        while answer.startswith("m"):
            names += answer[1:].split(",")
            answer = self.ask("qsThreadInfo")
        return names

    def registers(self, cpu):
        """The registers of a CPU as the bytes of a g packet."""
        self.ask("Hg" + cpu)
        return bytes.fromhex(self.ask("g").replace("x", "0"))

    def go_on(self):
        """Lets the machine run and gives it up."""
        self.ask("D")
        self.socket.close()
