# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of storage share: images of disks, QEMU with special ones, the host's tools."""
import collections
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests"))

import exfat  # pylint: disable=wrong-import-position,import-error
from lib import boot  # pylint: disable=wrong-import-position
from lib.boot import Failure  # pylint: disable=wrong-import-position

TOOLS = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
         "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8", "MTOOLSRC": "/dev/null"}
# What fsck.fat says of a volume after a cut, by kind: the first that a line fits counts. None: it
# tells nothing of its own. docs/storage.md says which kinds a cut may leave, and why.
KINDS = [(kind, re.compile(pattern)) for kind, pattern in (
    (None, r"^fsck\.fat|^Starting check|^Dirty bit|not properly|^ Automatically|^\s*[12][):] |"
           r"\d+ files, |Leaving|boot sector and its backup|harmless|^\s*65:|^/|[Aa]uto-correct|"
           r"Not automatically|Using first FAT|^\s*$|Truncating (file|second) to"),
    ("lost clusters", r"^Reclaimed \d+ unused"),
    ("copies of the FAT", r"^FATs differ"),
    ("count of free clusters", r"^Free cluster summary"),
    ("chain longer than its file", r"File size is \d+ bytes, cluster chain length is > \d+"),
    ("two names of one chain", r"share clusters"),
    ("pieces of a long name", r"[Ll]ong file ?name|LFN|^  \(Start may have been|"
                              r"^  \(Short name .* may have changed|^  \".*\"$"),
)]
ALLOWED = {kind for kind, _ in KINDS if kind}


def tool(*words, check=True):
    """Runs one of the host's tools; its output."""
    done = subprocess.run(words, env=TOOLS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode(errors="replace")
    if check and done.returncode:
        raise Failure(f"{' '.join(words)}: status {done.returncode}\n{text}")
    return done.returncode, text


def make_disk(path, size, bits=None, cluster=None):
    """A FAT volume: 12, 16 or 32 bits, or "exfat"; sectors a cluster."""
    if os.path.exists(path):
        os.unlink(path)
    if bits == "exfat":
        exfat.make(path, size, cluster or 8)
        return
    words = ["mkfs.fat", "-C", path, str(size // 1024)]
    words += ["-F", str(bits)] if bits else []
    words += ["-s", str(cluster)] if cluster else []
    tool(*words)


def fsck(path):
    """What fsck.fat has to say; empty for a sound volume. Of exFAT what we find ourselves, and
    fsck.exfat if it is there."""
    if exfat.is_exfat(path):
        found = exfat.check(path)
        if shutil.which("fsck.exfat", path=TOOLS["PATH"]):
            status, text = tool("fsck.exfat", "-n", path, check=False)
            found += text if status else ""
        return found
    status, text = tool("fsck.fat", "-n", path, check=False)
    return text if status else ""


def kinds(text):
    """How often fsck.fat's answer tells of each kind; lines of none count as "other: ..."."""
    found, second = collections.Counter(), False
    for line in text.splitlines():
        kind = next((kind for kind, pattern in KINDS if pattern.search(line)), f"other: {line}")
        # The second of two names was cut by fsck.fat itself.
        if second and re.search(r"cluster chain length is \d", line):
            kind = None
        second = "Truncating second to" in line or second and line.startswith("/")
        if kind:
            found[kind] += 1
    return found


def read_out(image, folder):
    """All files of a volume, by mtools."""
    os.makedirs(folder, exist_ok=True)
    if exfat.is_exfat(image):
        exfat.extract(image, folder)
        return
    status, text = tool("mcopy", "-s", "-n", "-m", "-i", image, "::*", folder, check=False)
    if status and tool("mdir", "-b", "-i", image, "::", check=False)[1].strip():
        raise Failure(f"mcopy: {text}")


def disk_device(arch, bus, machine=None):
    """QEMU's name of the virtio disk, and what it needs."""
    if bus == "pci" or (arch == "x86_64" and machine != "microvm"):
        return "virtio-blk-pci,disable-legacy=on", []
    return "virtio-blk-device", ["-global", "virtio-mmio.force-legacy=false"]


def drive_args(arch, bus, nodes):
    """The runner's options for a machine with -blockdev for each of `nodes` (options), the last
    one being the disk's."""
    machine = "microvm" if arch == "x86_64" and bus == "mmio" else None
    device, words = disk_device(arch, bus, machine)
    for node in nodes:
        words += ["-blockdev", node]
    last = re.search(r"node-name=([^,]+)", nodes[-1]).group(1)
    return {"qemu_machine": machine,
            "qemu_args": " ".join(words + ["-device", f"{device},drive={last}"])}


def mount_once(image, arch, bus, path):
    """Mounts and unmounts by an image of ours."""
    nodes = [f"driver=file,node-name=disk,filename={path}"]
    words = boot.runner_command(image, arch, [], 60, mem="64M",
                                        **drive_args(arch, bus, nodes))
    result = boot.run(words, b"", 80)
    if result.status != 0:
        raise Failure(f"the mount after the cut:\n{result.describe()}")
    return result


class Talk:
    """A machine whose program prints lines and waits for an answer to each."""

    def __init__(self, image, arch, args, **options):
        self.words = boot.runner_command(image, arch, args, options.pop("timeout", 300),
                                         **options)
        self.process = subprocess.Popen(self.words, cwd=ROOT, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        start_new_session=True)
        boot.LIVE.add(self.process)

    def lines(self):
        """Each line; the caller answers before it takes the next."""
        for line in self.process.stdout:
            yield line.decode(errors="replace").rstrip("\r\n")

    def answer(self):
        """One byte, that the program waits for."""
        try:
            self.process.stdin.write(b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def end(self, timeout=60):
        """Status and standard error."""
        self.process.stdin.close()
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            status = None
        text = self.process.stderr.read().decode(errors="replace")
        boot.LIVE.discard(self.process)
        return status, text

    def stop(self):
        """Ends the machine, whatever it does."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Monitor:
    """QEMU's monitor."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + 20
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        """A command's answer, or None: an error, or the machine has ended."""
        try:
            self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            self.file.flush()
            while True:
                answer = json.loads(self.file.readline() or '{"error": 1}')
                if "return" in answer or "error" in answer:
                    return answer.get("return")
        except OSError:
            return None


class Clock:
    """For progress lines of long forms."""

    def __init__(self):
        self.begin = time.monotonic()

    def seconds(self):
        """Since the beginning."""
        return time.monotonic() - self.begin
