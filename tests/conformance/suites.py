# SPDX-License-Identifier: BSD-2-Clause
"""The suites of run.py: which of their tests can run in one program, and how they are compiled."""
import glob
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROCESSES = re.compile(r"\b(fork|vfork|system|popen|exec[lv]p?e?|waitpid|wait|"
                       r"_POSIX_PROCESS_SPAWN)\s*\(")


def fetch(name):
    """The folder of the sources of deps/NAME.recipe."""
    subprocess.run([f"{ROOT}/deps/fetch.sh", name], check=True)
    with open(f"{ROOT}/deps/{name}.recipe", encoding="utf-8") as file:
        version = re.search(r"^VERSION=(.*)", file.read(), re.M)[1]
    return f"{ROOT}/build/deps/{name}-{version}/src"


def one_program(path):
    """Whether a test needs no other process, by its words outside comments."""
    with open(path, encoding="latin-1") as file:
        return not PROCESSES.search(re.sub(r"/\*.*?\*/|//[^\n]*", "", file.read(), flags=re.S))


class Suite:
    """Tests by name, the compiler's options for them, and files that they share."""

    def __init__(self):
        self.tests, self.flags, self.helpers, self.left_out = {}, [], [], 0
        self.codes = {"0": "PASS"}
        self.fine = ("PASS",)
        self.must_build = True

    def add(self, name, path):
        """Takes a test in, if it can be run."""
        if one_program(path):
            self.tests[name] = path
        else:
            self.left_out += 1


class OpenPosix(Suite):
    """The Open POSIX Test Suite: a test of one assertion is FOLDER/ASSERTION-NUMBER.c."""

    def __init__(self):
        super().__init__()
        top = fetch("posixtestsuite")
        # Tests that take for granted what a C library's headers may bring along.
        self.flags = [f"-I{top}/include", "-include", "fcntl.h"]
        self.codes = {"0": "PASS", "1": "FAIL", "2": "UNRESOLVED", "4": "UNSUPPORTED",
                      "5": "UNTESTED"}
        self.fine = ("PASS", "UNSUPPORTED", "UNTESTED")
        for path in sorted(glob.glob(f"{top}/conformance/interfaces/*/*.c")):
            folder, file = path.split("/")[-2:]
            if re.fullmatch(r"[0-9]+-[0-9]+\.c", file):
                self.add(f"{folder}/{file[:-2]}", path)


class Gnulib(Suite):
    """The tests of gnulib that need nothing but the C library: those of gnulib's own functions do
    not compile without it and are left out."""

    def __init__(self):
        super().__init__()
        top = fetch("gnulib")
        self.flags = [f"-I{HERE}/gnulib", "-iquote", f"{top}/tests", "-iquote", f"{top}/lib",
                      "-D_GNU_SOURCE"]
        self.codes = {"0": "PASS", "77": "SKIP", "134": "ABORT"}
        self.fine = ("PASS", "SKIP")
        self.helpers = [f"{top}/tests/{name}.c" for name in ("randomf", "randomd", "randoml")]
        self.must_build = False
        for path in sorted(glob.glob(f"{top}/tests/test-*.c")):
            self.add("gnulib/" + os.path.basename(path)[5:-2], path)


SUITES = {"posix": OpenPosix, "gnulib": Gnulib}
