# SPDX-License-Identifier: BSD-2-Clause
"""One run of QEMU: moves the streams, keeps the time, finds the status."""
import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
import time

from .console import Console, Control, Input, Sink
from .symbols import Annotator

READ_SIZE = 65536
BUFFER_MAX = 65536
MARK_WAIT = 3.0
HOLD_WAIT = 0.1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
PR_SET_PDEATHSIG = 1
KVM_FAILURE = b"KVM internal error"


class Stopped(Exception):
    """A signal, the time limit or a closed standard output ends the machine."""

    def __init__(self, signum=None, text=None, status=None):
        super().__init__(text)
        self.signum, self.text, self.status = signum, text, status


def on_signal(signum, _):
    """Signal handler: ends the run."""
    raise Stopped(signum=signum)


def die_with_parent():
    """In QEMU's process before exec: the kernel ends it when the runner is gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Session:
    """Streams, process and result of one boot."""

    def __init__(self, tty, symbols, timeout, has_firmware, arch):
        self.tty, self.arch, self.timeout = tty, arch, timeout
        self.console, self.control = Console(has_firmware), Control()
        self.out, self.err = Sink(1), Sink(2)
        self.input = Input(0, tty)
        self.console_names = Annotator(symbols if tty else None)
        self.control_names = Annotator(symbols)
        self.complaint = bytearray()
        self.process = None
        self.ctl_read = None
        self.begin = time.monotonic()
        self.held_since = None
        self.before_stop = None  # called before a machine is ended that took too long

    def start(self, make_command):
        """Starts QEMU; `make_command` gets the path of the control channel."""
        self.ctl_read, ctl_write = os.pipe()
        command = make_command(f"/dev/fd/{ctl_write}")
        if os.environ.get("V") == "1":
            self.err.say("uni: " + subprocess.list2cmdline(command))
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            bufsize=0, pass_fds=[ctl_write], start_new_session=True, preexec_fn=die_with_parent)
        os.close(ctl_write)
        to_guest = self.process.stdin.fileno()
        fcntl.fcntl(to_guest, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(to_guest, False)

    def stop_machine(self):
        """Ends QEMU and its group, politely first."""
        if self.process is None or self.process.poll() is not None:
            return
        for signum, wait in ((signal.SIGTERM, 1.0), (signal.SIGKILL, None)):
            try:
                os.killpg(self.process.pid, signum)
                self.process.wait(wait)
                return
            except ProcessLookupError:
                self.process.wait()
                return
            except subprocess.TimeoutExpired:
                continue

    def from_console(self, data):
        """Bytes of the UART."""
        self.out.put(self.console_names.feed(self.console.feed(data)))

    def from_control(self, data):
        """Bytes of the control channel."""
        text = self.control.feed(data)
        self.err.put(self.control_names.feed(text))
        self.held_since = time.monotonic() if self.control.is_waiting() else None

    def from_qemu(self, data):
        """What QEMU itself says."""
        self.complaint += data[:8192]
        self.err.put(data)
        if KVM_FAILURE in self.complaint:
            raise Stopped(text="KVM failed while it ran the program", status=126)

    def wait_ms(self):
        """How long poll may sleep."""
        now, waits = time.monotonic(), []
        if self.timeout:
            waits.append(self.begin + self.timeout - now)
        if self.held_since:
            waits.append(self.held_since + HOLD_WAIT - now)
        if not self.console.marked and now - self.begin < MARK_WAIT:
            waits.append(self.begin + MARK_WAIT - now)
        return max(0, min(waits) * 1000 + 1) if waits else None

    def on_time(self):
        """What the clock asks for."""
        now = time.monotonic()
        if self.timeout and now - self.begin >= self.timeout:
            raise Stopped(text=f"stopped after {self.timeout:g} s (--timeout)" +
                          ("" if self.before_stop else "; --core FILE keeps where it was"),
                          status=124)
        if self.held_since and now - self.held_since >= HOLD_WAIT:
            self.err.put(self.control_names.feed(self.control.release()))
            self.held_since = None
        if self.tty and not self.console.started and now - self.begin >= MARK_WAIT:
            self.out.put(self.console.give_up())

    def may_feed(self):
        """The kernel's UART is up (or, without a mark, it should be)."""
        return self.console.marked or self.tty and self.console.started or \
            time.monotonic() - self.begin >= MARK_WAIT

    def pump(self):
        """Moves bytes until the machine has closed all its streams."""
        process = self.process
        to_guest = process.stdin.fileno()
        sources = {process.stdout.fileno(): (self.from_console, self.out),
                   self.ctl_read: (self.from_control, self.err),
                   process.stderr.fileno(): (self.from_qemu, self.err)}
        guest_open = True
        while sources:
            poller = select.poll()
            for source, (_, sink) in sources.items():
                if len(sink.buffer) < BUFFER_MAX:
                    poller.register(source, select.POLLIN)
            for sink in (self.out, self.err):
                if sink.buffer:
                    poller.register(sink.descriptor, select.POLLOUT)
            if guest_open and self.may_feed():
                if self.input.pending:
                    poller.register(to_guest, select.POLLOUT)
                elif self.input.open:
                    poller.register(self.input.descriptor, select.POLLIN)
            for descriptor, event in poller.poll(self.wait_ms()):
                if descriptor in sources:
                    data = os.read(descriptor, READ_SIZE)
                    if data:
                        sources[descriptor][0](data)
                    else:
                        del sources[descriptor]
                elif descriptor == to_guest:
                    guest_open = self.feed_guest(to_guest)
                elif descriptor == self.input.descriptor:
                    self.input.read()
                    if self.input.is_given_up():
                        raise Stopped(signum=signal.SIGINT)
                elif descriptor == self.out.descriptor:
                    self.write_out()
                elif descriptor == self.err.descriptor:
                    self.write_err()
            self.on_time()

    def feed_guest(self, to_guest):
        """Gives the guest what it takes now; False when it is gone."""
        try:
            done = os.write(to_guest, self.input.pending)
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False
        del self.input.pending[:done]
        return True

    def write_out(self):
        """Standard output; like any program we end quietly when nobody reads it."""
        try:
            self.out.write_some()
        except BrokenPipeError:
            self.out.closed = True
            self.out.buffer.clear()
            raise Stopped(signum=signal.SIGPIPE) from None
        except OSError as error:
            self.out.closed = True
            self.out.buffer.clear()
            raise Stopped(text=f"the standard output cannot be written: {error.strerror}",
                          status=1) from None

    def write_err(self):
        """Standard error; nobody reading it is no reason to stop."""
        try:
            self.err.write_some()
        except OSError:
            self.err.closed = True
            self.err.buffer.clear()

    def run(self, make_command):
        """Boots and returns (status, signal to die by or None)."""
        for signum in STOP_SIGNALS:
            if signal.getsignal(signum) is not signal.SIG_IGN:
                signal.signal(signum, on_signal)
        stopped = None
        try:
            self.start(make_command)
            self.pump()
        except Stopped as reason:
            stopped = reason
            if self.before_stop and reason.status == 124:
                self.before_stop()
        finally:
            for signum in STOP_SIGNALS:
                signal.signal(signum, signal.SIG_IGN)
            if stopped is not None or sys.exc_info()[0]:
                self.stop_machine()
        status = self.verdict(stopped)
        self.finish()
        return status, stopped.signum if stopped else None

    def verdict(self, stopped):
        """The status to end with; says why when it is not the program's."""
        text, status, reason = self.control.finish()
        self.err.put(self.control_names.feed(text))
        if stopped is not None:
            if self.tty and not self.out.at_line_start:
                self.out.put(b"\n")
            if stopped.text:
                self.out.put(b"" if self.console.marked else self.console.give_up())
                self.err.say("uni: " + stopped.text)
            return stopped.status if stopped.status is not None else 128 + stopped.signum
        code = self.process.wait()
        if reason is not None:
            self.err.say(f"uni: the kernel stopped: {reason}")
            return 125
        if not self.console.marked:
            self.out.put(self.console.give_up())
        if status is not None:
            return status
        if code < 0:
            self.err.say(f"uni: QEMU was ended by {signal.Signals(-code).name}: by somebody, "
                         "or by this computer for lack of memory (MEM= asks for less)")
            return 126
        if code and b"qemu" in self.complaint:
            self.err.say("uni: QEMU ended with an error before the program had a status" +
                         (": too little memory (MEM=), or a load address that is taken"
                          if b"regions are overlapping" in self.complaint else
                          "; its reason stands above, V=1 shows its command"))
            return 126
        if code and not (self.arch == "x86_64" and not code & 1):
            return code >> 1 if self.arch == "x86_64" else code
        self.err.say("uni: the machine ended without a status: LOG=debug shows how far it came, "
                     "make debug and make gdb where it is")
        return 127

    def finish(self):
        """Hands over what is still buffered."""
        try:
            self.out.flush(2000)
        except OSError:
            pass
        try:
            self.err.flush(2000)
        except OSError:
            pass
