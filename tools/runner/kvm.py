# SPDX-License-Identifier: BSD-2-Clause
"""Proves that KVM runs code here by booting a few instructions, before it is trusted."""
import os
import platform
import struct
import subprocess

from . import RunError

LOAD = 0x100000
# 32-bit, as PVH enters: SSE on (CR4.OSFXSR), movd and movq between registers, then 0x21 to the
# debug-exit port: QEMU ends with 0x43.
X86_CODE = bytes.fromhex("0f20e0 0d00060000 0f22e0 0f20c0 83e0fb 83c802 0f22c0"
                         "b821000000 660f6ec0 f30f7ec8 660f7ec8 e7f4 f4 ebfd")
# movz x0, #0x8400, lsl #16; movk x0, #8 (PSCI SYSTEM_OFF); hvc #0; b .
ARM_CODE = struct.pack("<IIII", 0xd2b08000, 0xf2800100, 0xd4000002, 0x14000000)


def x86_image():
    """An ELF32 file with a PVH note (Xen note 18) around X86_CODE."""
    note = struct.pack("<III4sI", 4, 4, 18, b"Xen\0", LOAD)
    start = 52 + 2 * 32
    size = len(note) + len(X86_CODE)
    head = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack(
        "<HHIIIIIHHHHHH", 2, 3, 1, LOAD + len(note), 52, 0, 0, 52, 32, 2, 40, 0, 0)
    load = struct.pack("<8I", 1, start, LOAD, LOAD, size, size, 7, 4096)
    notes = struct.pack("<8I", 4, start, LOAD, LOAD, len(note), len(note), 4, 4)
    note = struct.pack("<III4sI", 4, 4, 18, b"Xen\0", LOAD + len(note))
    return head + load + notes + note + X86_CODE


def probe(arch, qemu, machine, scratch):
    """Returns when KVM works; RunError with the reason when it does not."""
    host = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    if host != arch:
        raise RunError(f"KVM=true: this is {host}, KVM cannot run {arch} here", 126)
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise RunError("KVM=true: /dev/kvm is missing or not open to this user", 126)
    path = os.path.join(scratch, "probe")
    with open(path, "wb") as file:
        file.write(x86_image() if arch == "x86_64" else ARM_CODE)
    command = [qemu, "-M", machine, "-accel", "kvm", "-cpu", "host", "-m", "64M", "-nodefaults",
               "-no-user-config", "-display", "none", "-no-reboot", "-kernel", path]
    if arch == "x86_64":
        command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=5,
                              check=False)
    except subprocess.TimeoutExpired as late:
        text, status = late.stderr or b"", None
    else:
        text, status = done.stderr, done.returncode
    if status == (0x43 if arch == "x86_64" else 0):
        return
    lines = [line for line in text.decode(errors="replace").splitlines() if line.strip()]
    reason = lines[0].strip() if lines else "it never ended" if status is None else \
        f"QEMU ended with {status}"
    raise RunError(f"KVM=true: KVM does not work here (a probe boot failed: {reason})", 126)
