# SPDX-License-Identifier: BSD-2-Clause
"""A run that is recorded, so that it can be repeated to the instruction: QEMU's record/replay.

A recording is a folder: the image, QEMU's command, its log of everything from outside, and an
overlay where QEMU keeps snapshots, which let gdb go backwards.
"""
import json
import os
import shutil
import subprocess

from . import RunError

CONTROL = "CONTROL"
ICOUNT = "shift=2,rr={},rrfile={},rrsnapshot=start"
OVERLAY_SIZE = "4G"


def snapshots(folder, new):
    """Where QEMU keeps snapshots, the first of them made as the recording begins."""
    path = os.path.join(folder, "snapshots.qcow2")
    drive = ["-drive", f"if=none,id=snapshots,file={path.replace(',', ',,')}"]
    if not new:
        return drive
    try:
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, OVERLAY_SIZE],
                       check=True, capture_output=True)
    except FileNotFoundError:
        raise RunError("qemu-img is not installed (Debian package qemu-utils)", 126) from None
    except subprocess.CalledProcessError as error:
        raise RunError(f"{path}: {error.stderr.decode(errors='replace').strip()}") from None
    return drive


def prepare(options):
    """Before the machine is put together: the folder, with a copy of the image."""
    folder = os.path.abspath(options.record)
    if options.disk or options.kvm or options.icount or options.gdb:
        raise RunError("a run with disks, KVM, gdb or --icount cannot be recorded")
    if options.smp > 1:
        raise RunError(f"SMP={options.smp}: QEMU records machines with one CPU only")
    if os.path.exists(folder) and not os.path.exists(os.path.join(folder, "command.json")) and \
            (not os.path.isdir(folder) or os.listdir(folder)):
        raise RunError(f"{folder} is there and is no recording")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    options.image = shutil.copy(options.image, os.path.join(folder, "image"))
    if options.elf:
        options.elf = shutil.copy(options.elf, os.path.join(folder, "image.elf"))


def recording(options, tty, command, control):
    """QEMU's command that records; it is kept with the control channel's name left open."""
    folder = os.path.abspath(options.record)
    log = os.path.join(folder, "log").replace(",", ",,")
    kept = [word.replace(control, CONTROL) for word in command]
    kept += ["-icount", ICOUNT.format("replay", log)]
    with open(os.path.join(folder, "command.json"), "w", encoding="utf-8") as file:
        json.dump({"arch": options.arch, "tty": tty, "command": kept}, file, indent=1)
    return [*command, *snapshots(folder, True), "-icount", ICOUNT.format("record", log)]


def load(folder):
    """What a recording says of itself."""
    try:
        with open(os.path.join(folder, "command.json"), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        raise RunError(f"{folder} is no recording: make one with `make record`") from None


def replaying(folder, kept, gdb, control):
    """QEMU's command that repeats a recording."""
    command = [word.replace(CONTROL, control) for word in kept["command"]]
    command += snapshots(os.path.abspath(folder), False)
    return command + (["-gdb", f"tcp:127.0.0.1:{gdb}", "-S"] if gdb else [])
