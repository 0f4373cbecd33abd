# SPDX-License-Identifier: BSD-2-Clause
"""Terminal, standard streams and the marks of the control channel."""
import os
import re
import select
import termios
import time

CHUNK = 4096
START = b"\x02"
EOF, QUOTE = 0x04, 0x16
QUOTED = re.compile(rb"[\x04\x16]")
RECORD = re.compile(rb"\x01?(?:exit (\d{1,3})|stop ([^\n]*))\n\Z")
# The end of the text may be the beginning of a record: it waits until more is known.
PARTIAL = re.compile(rb"\x01?(?:\x01|e|ex|exi|exit|exit \d{0,3}\n?|s|st|sto|stop|stop [^\n]*\n?)\Z")
RECORD_MAX = 1024
# The last line OpenSBI prints before it starts the kernel.
FIRMWARE_END = re.compile(rb"\nBoot HART MEDELEG\s*: 0x[0-9a-f]+\r?\n")


class Terminal:
    """The user's terminal, a key at a time and without echo, restored in any case."""

    def __init__(self, descriptor, keeps_signals):
        self.descriptor = descriptor
        self.no_signals = 0 if keeps_signals else termios.ISIG
        self.saved = None

    def __enter__(self):
        self.saved = termios.tcgetattr(self.descriptor)
        mode = termios.tcgetattr(self.descriptor)
        mode[3] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN | self.no_signals)
        mode[0] &= ~(termios.IXON | termios.ICRNL)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        mode[6][termios.VSUSP] = mode[6][termios.VQUIT] = b"\0"
        termios.tcsetattr(self.descriptor, termios.TCSADRAIN, mode)
        return self

    def __exit__(self, *_):
        termios.tcsetattr(self.descriptor, termios.TCSADRAIN, self.saved)


class Sink:
    """Buffered output to a descriptor that may be slow; writes only what fits without waiting."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.buffer = bytearray()
        self.at_line_start = True
        self.closed = False

    def put(self, data):
        """Takes bytes for later."""
        if data and not self.closed:
            self.buffer += data
            self.at_line_start = data[-1:] == b"\n"

    def say(self, text):
        """A message of the runner on a line of its own."""
        self.put((b"" if self.at_line_start else b"\n") + text.encode(errors="replace") + b"\n")

    def write_some(self):
        """One write; a reader that went away raises BrokenPipeError."""
        try:
            done = os.write(self.descriptor, self.buffer[:CHUNK])
        except BlockingIOError:
            return
        del self.buffer[:done]

    def flush(self, deadline=None):
        """Writes the rest, waiting for the reader."""
        while self.buffer and not self.closed:
            poller = select.poll()
            poller.register(self.descriptor, select.POLLOUT)
            if poller.poll(deadline):
                self.write_some()
            elif deadline is not None:
                return


class Input:
    """Standard input on its way to the guest."""

    def __init__(self, descriptor, raw):
        self.descriptor, self.raw = descriptor, raw
        self.pending = bytearray()
        self.open = True
        self.interrupts = []

    def is_given_up(self):
        """Ctrl-C is the guest's; three of them within a second are for us."""
        return len(self.interrupts) == 3 and self.interrupts[2] - self.interrupts[0] < 1

    def read(self):
        """Reads what is there and turns the end of the file into a bare 0x04."""
        try:
            data = os.read(self.descriptor, 1024)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.open = False
            if not self.raw:
                self.pending.append(EOF)
            return
        if self.raw:
            self.interrupts = (self.interrupts + [time.monotonic()] * data.count(3))[-3:]
        else:
            data = QUOTED.sub(lambda found: bytes((QUOTE,)) + found[0], data)
        self.pending += data


class Control:
    """The control channel: text for standard error, and at its end the record of the end."""

    def __init__(self):
        self.held = bytearray()
        self.tail = bytearray()

    def feed(self, data):
        """The text to show now."""
        self.tail = (self.tail + data)[-RECORD_MAX:]
        self.held += data
        found = PARTIAL.search(self.held[-RECORD_MAX:])
        keep = len(found[0]) if found else 0
        cut = len(self.held) - keep
        text, self.held = bytes(self.held[:cut]), self.held[cut:]
        return text

    def is_waiting(self):
        """True while text is held that is no whole record: it is shown soon."""
        return bool(self.held) and not RECORD.search(self.held)

    def release(self):
        """Shows what was held, a prompt that ends like the beginning of a record."""
        text = bytes(self.held)
        self.held.clear()
        return text

    def finish(self):
        """(rest of the text, status or None, reason of a stop or None) when the machine ended."""
        record = RECORD.search(self.tail)
        text = self.release()
        if not record:
            return text, None, None
        text = text[:max(0, len(text) - len(record[0]))]
        if record[1] is not None:
            return text, int(record[1]) & 0xff, None
        return text, None, record[2].decode(errors="replace").strip() or "unknown reason"


class Console:
    """The guest's UART; what firmware wrote before the kernel's START byte is left out."""

    def __init__(self, has_firmware):
        self.has_firmware = has_firmware
        self.started = False
        self.marked = False
        self.before = bytearray()

    def feed(self, data):
        """The program's bytes in `data`."""
        if self.marked:
            return data
        head, mark, rest = data.partition(START)
        if mark:
            self.marked = True
            if self.started:
                return head + rest
            self.started = True
            if not self.has_firmware:
                return bytes(self.before) + head + rest
            return rest
        if self.started:
            return data
        if self.has_firmware:
            self.before += data
            end = FIRMWARE_END.search(self.before)
            if not end:
                return b""
            data = bytes(self.before[end.end():])
            self.before.clear()
        self.started = True
        return data

    def give_up(self):
        """No mark came: all that was kept back."""
        text = bytes(self.before)
        self.before.clear()
        self.started = True
        return text
