# SPDX-License-Identifier: BSD-2-Clause
"""The long forms of the network's and the disks' hard tests, for `make soak`.

Each is a program of its own (tests/robust/long.py, tests/storage/*.py); here stands how it is
called, and with what numbers at a scale: 1 is the whole of it.
"""
import importlib.util
import os
import subprocess
import sys

from .build import ARCHES, ROOT

SLICE = 0.03                # of one that goes beside a round of the target ring
SLICE_S, WHOLE_S = 300, 6 * 3600
NETWORK = os.path.join("tests", "robust", "long.py")
# Arguments, the one that is scaled, and its whole.
DISKS = {
    "random_ops": (("--count", "2000"), "--operations", 1000000),
    "random_ops_exfat": (("--fs", "exfat", "--count", "2000"), "--operations", 1000000),
    "powercut": ((), "--points", 1000),
    "errors": ((), "--values", 1000),
    "liar": ((), "--values", 100),
}


def network_names():
    """The scenarios that tests/robust/long.py has."""
    spec = importlib.util.spec_from_file_location("robust_long", os.path.join(ROOT, NETWORK))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.scenarios(1, 1))


def command(name, arch, scale, seed):
    """The words of one form, `network/...` or `disks/...`."""
    kind, _, form = name.partition("/")
    common = ["--arch", arch, "--seed", str(seed)]
    if kind == "network":
        return [sys.executable, NETWORK, *common, "--scale", str(scale), form]
    words, scaled, whole = DISKS[form]
    program = os.path.join("tests", "storage", form.removesuffix("_exfat") + ".py")
    return [sys.executable, program, *common, *words, scaled, str(max(1, int(whole * scale)))]


def names():
    """All forms."""
    return [f"network/{name}" for name in network_names()] + [f"disks/{name}" for name in DISKS]


def all_forms():
    """(form, processor): neighbours differ in both, so that some of them are a bit of everything.
    """
    forms = names()
    if len(forms) % len(ARCHES):
        count = len(forms) * len(ARCHES)
        return [(forms[i % len(forms)], ARCHES[i % len(ARCHES)]) for i in range(count)]
    return [(form, arch) for arch in ARCHES for form in forms]


def run(builder, name, arch, scale, seed):
    """[(name, failure or None)] of one form. It builds nothing anew: the images are there then."""
    builder.image("tests/robust", arch)
    builder.image("tests/storage", arch, "ops")
    words = command(name, arch, scale, seed)
    try:
        done = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False,
                              timeout=WHOLE_S if scale >= 1 else SLICE_S)
        status, out = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        status, out = "no end in time", late.stdout or b""
    if status == 0:
        return [(f"long/{name}/{arch}", None)]
    text = out.decode(errors="replace").splitlines()[-40:]
    return [(f"long/{name}/{arch}", f"{status}\n  command: {' '.join(words)}\n" +
             "\n".join("  | " + line for line in text))]
