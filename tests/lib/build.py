# SPDX-License-Identifier: BSD-2-Clause
"""Builds every configuration once, all its programs by one make."""
import os
import re
import shutil
import subprocess
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ARCHES = ("aarch64", "x86_64", "riscv64")
BUILD_TIMEOUT = 900
# Variables of make that a caller's environment must not change in a test.
CLEARED = ("APP APP_BIN ARCH ARGS APPENV BOOTARGS BUS DISK KVM LOG MACHINE MAKEFLAGS MAKELEVEL "
           "MFLAGS MEM O PROFILE QEMU_ARGS QEMU_CPU QEMU_MACHINE SMP V MAKEOVERRIDES").split()


class BuildError(Exception):
    """A build that failed, with the end of its output."""


def clean_env(extra=None):
    """The environment without variables that would reach make. One image is started on every
    bus, so it has all drivers."""
    env = {name: value for name, value in os.environ.items() if name not in CLEARED}
    env["DEVICES"] = "all"
    env.update(extra or {})
    return env


def bins_of(folder):
    """The names BINS lists in a folder's app.mk."""
    try:
        with open(os.path.join(ROOT, folder, "app.mk"), encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
    except OSError:
        return []
    found = re.search(r"^BINS\s*[:+]?=(.*)$", text, re.M)
    return found[1].split() if found else []


CXX_SOURCES = (".cc", ".cpp")


def lacks_compiler(folder, arch):
    """The package that is missing for an application in C++, if it is one."""
    path = os.path.join(ROOT, folder)
    if not any(name.endswith(CXX_SOURCES) for name in os.listdir(path)) or \
            shutil.which(f"{arch}-linux-gnu-g++"):
        return None
    return "g++" if arch == os.uname().machine else f"g++-{arch}-linux-gnu".replace("_", "-")


def has_sources(folder):
    """True for a folder that make can build."""
    path = os.path.join(ROOT, folder)
    return os.path.isdir(path) and any(name == "app.mk" or name.endswith((".c", *CXX_SOURCES))
                                       for name in os.listdir(path))


def folders(parent):
    """The applications right below a folder, as paths from the root."""
    path = os.path.join(ROOT, parent)
    names = sorted(os.listdir(path)) if os.path.isdir(path) else []
    return [f"{parent}/{name}" for name in names if has_sources(f"{parent}/{name}")]


def standard_apps(arch, machine):
    """What a configuration is built with in one go. No test runs what is measured; that it
    compiles is seen on one processor."""
    if machine != "qemu":
        return ["examples/hello_world", "tests/programs"]
    return folders("examples") + folders("tests/target") + ["tests/programs", "tests/shell"] + \
        (folders("tests/bench") if arch == ARCHES[0] else [])


class Builder:
    """Remembers what was built; safe to call from several threads."""

    def __init__(self, out="build", say=lambda text: None, at_once=True):
        """With `at_once` the first program of a configuration brings all others of the tests."""
        self.out, self.say, self.at_once = out, say, at_once
        self.lock = threading.Lock()
        self.making = threading.Lock()
        self.locks = {}
        self.done = {}
        self.failed = {}

    def folder(self, arch, machine="qemu", profile="release"):
        """Where one configuration's results are."""
        return f"{self.out}/{arch}-{machine}-{profile}"

    def image_name(self, app, program=None):
        """NAME or NAME.BIN, the first of several when none is said."""
        bins = bins_of(app)
        name = os.path.basename(os.path.abspath(app))
        if program is None and bins:
            program = bins[0]
        return f"{name}.{program}" if program else name

    def make(self, words, timeout=BUILD_TIMEOUT, env=None):
        """One run of make from the root, one at a time; (status, output)."""
        os.makedirs(os.path.join(ROOT, self.out), exist_ok=True)
        try:
            with self.making:
                done = subprocess.run(
                    ["make", "--no-print-directory", f"O={self.out}", *words], cwd=ROOT,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    env=clean_env(env), timeout=timeout, check=False)
        except subprocess.TimeoutExpired as late:
            return 124, (late.output or b"").decode(errors="replace") + "\nmake: too slow"
        return done.returncode, done.stdout.decode(errors="replace")

    def lock_of(self, key):
        """One lock for each configuration: who comes second waits for the first one's build."""
        with self.lock:
            return self.locks.setdefault(key, threading.Lock())

    def configuration(self, arch, machine, profile):
        """Builds the standard programs of a configuration, however many of them fail."""
        key = (arch, machine, profile)
        if key in self.done:
            return
        apps = [app for app in standard_apps(arch, machine) if not lacks_compiler(app, arch)]
        words = [f"ARCH={arch}", f"MACHINE={machine}", f"PROFILE={profile}",
                 "APP=" + " ".join(os.path.basename(app) if app.startswith("examples/") else app
                                   for app in apps)]
        targets = []
        for app in apps:
            for program in bins_of(app) or [None]:
                targets.append(f"{self.folder(*key)}/{self.image_name(app, program)}.img")
        self.say(f"building {len(targets)} programs: {' '.join(key)}")
        self.done[key] = self.make(["-k", f"-j{os.cpu_count() or 2}", *words, *targets])[0]

    def image(self, app, arch, program=None, machine="qemu", profile="release", variables=()):
        """The path of a boot image, built if it is not there yet."""
        app = app if "/" in app else f"examples/{app}"
        name = self.image_name(app, program)
        path = f"{self.folder(arch, machine, profile)}/{name}.img"
        key = (arch, machine, profile)
        with self.lock_of(key):
            os.makedirs(os.path.join(ROOT, self.out), exist_ok=True)
            # Of the other profiles a few programs are wanted, each for itself.
            standard = self.at_once and profile == "release" and not variables and \
                app in standard_apps(arch, machine)
            if standard:
                self.configuration(*key)
            whole = os.path.join(ROOT, path)
            wanted = (key, name, tuple(variables))
            if wanted in self.failed:
                raise BuildError(self.failed[wanted])
            good = self.done.get(key) == 0 if standard else self.done.get(wanted) == 0
            if good and os.path.exists(whole):
                return whole
            status, output = self.make(
                [f"ARCH={arch}", f"MACHINE={machine}", f"PROFILE={profile}", f"APP={app}"
                 if not app.startswith("examples/") else f"APP={os.path.basename(app)}",
                 *variables, path])
            self.done[wanted] = status
        if status or not os.path.exists(whole):
            self.failed[wanted] = (f"make ARCH={arch} MACHINE={machine} APP={app} {path} failed "
                                   f"({status}):\n" + tail(output, 25))
            raise BuildError(self.failed[wanted])
        return whole


def tail(text, lines):
    """The last lines of a text."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])
