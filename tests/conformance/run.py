#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Builds a suite of others into one image and runs it: `make conformance`.

Every test is a thread of one program (driver.c). A boot ends when a test hangs, crashes or leaves
threads behind; the next one goes on behind it. Tests that need several processes are left out.
Prints what is not as tests/conformance/expected says, and the totals.
"""
import argparse
import glob
import os
import queue
import re
import shlex
import shutil
import subprocess
import sys
import threading

import suites

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
JOBS = 2
SILENCE_S = 240   # a boot that says nothing for that long hangs; some spin for seconds


def make(arch, *words):
    """Runs make at the root; CONFORMANCE is in the environment for app.mk."""
    return subprocess.run(["make", "-s", f"ARCH={arch}", "APP=tests/conformance", *words],
                          cwd=ROOT, check=False, stderr=subprocess.PIPE, text=True)


def symbol(name):
    """The C name of a test's main."""
    return "conformance_" + re.sub(r"\W", "_", name)


def build(arch, suite, name):
    """Compiles all tests; the names of those that compile, in order."""
    out, tests = f"{ROOT}/build/conformance/{arch}-{name}", suite.tests
    os.makedirs(out, exist_ok=True)
    os.environ["CONFORMANCE"] = name
    archive = f"{out}/tests.a"
    if not os.path.exists(archive):
        open(archive, "wb").write(b"!<arch>\n")
    subprocess.run(["make", "-n", f"ARCH={arch}", "APP=tests/conformance", "image"], cwd=ROOT,
                   check=True, stdout=subprocess.DEVNULL)
    with open(f"{ROOT}/build/{arch}-qemu-release/app/conformance/flags",
              encoding="utf-8") as file:
        words = shlex.split(file.read())
    compiler = words[0]
    flags = [w for w in words[2:] if w not in ("-Wall", "-Wextra", "-g")] + \
        ["-w", *suite.flags, "-include", f"{HERE}/harness.h"]
    todo, built, failed = queue.Queue(), {}, []
    for name in tests:
        todo.put(name)

    def work():
        while True:
            try:
                name = todo.get_nowait()
            except queue.Empty:
                return
            path, main = tests[name], symbol(name)
            target = f"{out}/{main}.o"
            if not os.path.exists(target):
                compiled = subprocess.run(
                    [compiler, *flags, f"-Dmain={main}", f"-I{os.path.dirname(path)}", "-c",
                     path, "-o", target + ".tmp"], cwd=ROOT, stderr=subprocess.PIPE, check=False)
                if compiled.returncode:
                    failed.append((name, compiled.stderr.decode(errors="replace")))
                    continue
                subprocess.run([compiler.replace("gcc", "objcopy"), f"--keep-global-symbol={main}",
                                target + ".tmp", target], check=True)
                os.unlink(target + ".tmp")
            built[name] = target
    workers = [threading.Thread(target=work) for _ in range(JOBS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    helpers = []
    for path in suite.helpers:
        helpers.append(f"{out}/{os.path.basename(path)[:-2]}.o")
        subprocess.run([compiler, *flags, "-c", path, "-o", helpers[-1]], cwd=ROOT, check=True)
    return archive_tests(out, [compiler, *flags], {n: built[n] for n in tests if n in built},
                         helpers, arch, failed)


def archive_tests(out, compile_, built, helpers, arch, failed):
    """Puts the tests into the archive and links the image; a test that lacks a function is left
    out."""
    archive, table, compiler = f"{out}/tests.a", f"{out}/table.c", compile_[0]
    for _ in range(8):
        with open(table, "w", encoding="utf-8") as file:
            for name in built:
                file.write(f"int {symbol(name)}(int, char **);\n")
            file.write("const struct { const char *n; int (*f)(int, char **); } "
                       "conformance_table[] = {\n")
            for name in built:
                file.write(f'{{"{name}", {symbol(name)}}},\n')
            file.write(f"}};\nconst int conformance_count = {len(built)};\n")
        subprocess.run([*compile_, "-c", table, "-o", f"{out}/table.o"], cwd=ROOT,
                       check=True)
        with open(f"{out}/list", "w", encoding="utf-8") as file:
            file.write("\n".join([f"{out}/table.o", *helpers, *built.values()]))
        if os.path.exists(archive):
            os.unlink(archive)
        subprocess.run([compiler.replace("gcc", "ar"), "crs", archive, f"@{out}/list"],
                       check=True)
        linked = make(arch, "image")
        missing = set(re.findall(r"undefined reference to `(conformance_\w+)'", linked.stderr))
        lacking = dict(re.findall(r"\((conformance_\w+)\.o\):.*?undefined reference to `(\w+)'",
                                  linked.stderr, re.S))
        if not linked.returncode:
            for kind in ("img", "elf"):
                shutil.copy(f"{ROOT}/build/{arch}-qemu-release/conformance.{kind}", out)
            return list(built), failed
        if not missing | set(lacking):
            sys.exit(linked.stderr)
        failed += [(name, f"error: undefined: {lacking[symbol(name)]}") for name in built
                   if symbol(name) in lacking]
        built = {name: path for name, path in built.items()
                 if symbol(name) not in missing | set(lacking)}
    sys.exit(linked.stderr)


class Boot:
    """One run of the image from a test on."""

    def __init__(self, arch, first, last, options):
        command = [sys.executable, f"{ROOT}/tools/run.py", "--arch", arch, "--image",
                   f"{ROOT}/build/conformance/{arch}-{options.suite}/conformance.img",
                   "--mem", "256M", "--smp", str(options.smp), "--log", "warn"]
        if options.icount:
            command.append("--icount")
        self.process = subprocess.Popen(command + ["--", str(first), str(last)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.lines = queue.Queue()
        threading.Thread(target=self.read_errors, daemon=True).start()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        """All lines of the driver and the tests, then None."""
        for line in self.process.stdout:
            self.lines.put(line.decode(errors="replace").rstrip())
        self.lines.put(None)

    def read_errors(self):
        """What comes another way and may be in the middle of a line: it is shown, and no more."""
        for line in self.process.stderr:
            self.lines.put("  " + line.decode(errors="replace").strip())

    def end(self):
        """Stops the machine."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()


def run_from(arch, first, last, options, report):
    """One boot; the number of the test to go on with."""
    boot = Boot(arch, first, last, options)
    number, name, text, result = first, None, [], None
    try:
        while True:
            try:
                line = boot.lines.get(timeout=SILENCE_S)
            except queue.Empty:
                report(name, "HANG", text)
                return number + 1
            if line is None:
                if name:
                    report(name, "CRASH", text)
                return number + 1
            word, _, rest = line.partition(" ")
            if word == "@begin" and rest.split()[0].isdigit():
                number, name = int(rest.split()[0]), rest.split()[1]
                text = []
            elif word == "@end" and name:
                code = rest.split()[1]
                report(name, code, text)
                name = None
            elif word == "@done":
                return last + 1
            elif line:
                text.append(line)
    finally:
        boot.end()


def expectations(suite, arch):
    """{test: result} of what is known not to pass (the file `expected`), or passes live."""
    found = {}
    with open(f"{HERE}/expected", encoding="utf-8") as file:
        for line in file:
            words = line.split(None, 3)
            if len(words) == 4 and words[0] == suite:
                result, _, only = words[2].partition("@")
                if only in ("", arch):
                    found[words[1]] = result
    return found


def chosen_by(words, name):
    """Whether a test is one that the user wants."""
    return not words or any(word in name for word in words)


def main():
    """Arguments: words of which a test's name holds one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--arch", default="aarch64")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--no-icount", dest="icount", action="store_false")
    parser.add_argument("-v", action="store_true", dest="verbose")
    parser.add_argument("--suite", choices=suites.SUITES, default="posix")
    options = parser.parse_args()
    suite = suites.SUITES[options.suite]()
    names, failed = build(options.arch, suite, options.suite)
    results, known, wrong = {}, expectations(options.suite, options.arch), []
    for name, why in failed:
        if suite.must_build and chosen_by(options.words, name):
            results[name] = "BUILD"
            if known.get(name) != "BUILD":
                wrong.append(name)
        if name in wrong or options.verbose:
            print(f"BUILD {name}\n  " + "\n  ".join(
                [line for line in why.splitlines() if "error" in line][:3]))

    def report(name, result, text):
        results[name] = result = suite.codes.get(result, result)
        as_known = result in suite.fine if known.get(name, "live") == "live" \
            else result == known[name]
        if not as_known:
            wrong.append(name)
        if options.verbose or not as_known:
            print(f"{result} {name}" + "".join(f"\n  | {line}" for line in text[-8:]), flush=True)
    chosen = [i for i, name in enumerate(names)
              if chosen_by(options.words, name) and known.get(name) != "skip"]
    for live in (False, True):
        options.icount = options.icount and not live
        some = [i for i in chosen if (known.get(names[i]) == "live") == live]
        # Runs of neighbours share a boot.
        while some:
            first = last = some[0]
            while last + 1 in some:
                last += 1
            following = run_from(options.arch, first, last, options, report)
            some = [i for i in some if i >= following]
    counts = {}
    for result in results.values():
        counts[result] = counts.get(result, 0) + 1
    print(f"{options.arch}: {len(results)} tests, {suite.left_out} left out (several processes): " +
          ", ".join(f"{count} {result}" for result, count in sorted(counts.items())))
    print(f"{len(wrong)} not as expected" + "".join(f"\n  {name}" for name in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
