# SPDX-License-Identifier: BSD-2-Clause
"""The driver ./uni: the same verbs as make, with exact statuses."""
import os
import re
import shutil

from lib.build import ROOT
from lib.context import cases, once

UNI = os.path.join(ROOT, "uni")


@once
@cases(0, 7, 255)
def test_exact_status(ctx, status):
    ctx.build("tests/programs", "exit_status")
    result = ctx.run(UNI, "run", "tests/programs", "APP_BIN=exit_status", "LOG=off", "--",
                     str(status), timeout=400)
    ctx.status(result, status)


def test_status_of_a_script(ctx):
    """os.exit(7) ends ./uni run with 7."""
    ctx.build("lua")
    result = ctx.run(UNI, "run", "lua", "-a", ctx.arch, "LOG=off", "--", "-e", "os.exit(7)",
                     timeout=400)
    ctx.status(result, 7)


@once
def test_streams_pass_unchanged(ctx):
    ctx.build("cat")
    with open(os.path.join(ROOT, "README.md"), "rb") as file:
        data = file.read()
    result = ctx.run(UNI, "run", "cat", "LOG=off", stdin=data, timeout=400)
    ctx.equal(result.stdout, data, "the copy")
    ctx.status(result, 0)


@once
def test_options(ctx):
    ctx.build("tests/programs", "cpus", arch="riscv64")
    result = ctx.run(UNI, "run", "tests/programs", "-a", "riscv64", "--smp", "4", "--mem", "48M",
                     "APP_BIN=cpus", "LOG=off", timeout=400)
    ctx.matches(result.out, "^cpus 4$", "standard output")
    ctx.status(result, 0)


@once
@cases(("verb", ["fly"]), ("variable", ["run", "SPM=4"]), ("option", ["run", "--nosuch"]),
       ("arch", ["run", "-a", "mips"]), ("smp", ["run", "--smp", "x"]),
       ("app", ["run", "nosuch"]), ("small_letters", ["run", "arch=x86_64"]),
       ("file", ["run", "examples/cat/main.c"]), ("surplus", ["clean", "cat"]),
       ("quote", ["run", "ARGS='a"]))
def test_wrong_words(ctx, case):
    result = ctx.run(UNI, *case[1], timeout=400)
    ctx.check(result.status not in (0, None), "it ended with status 0")
    last = (result.out + result.err).splitlines()[-1:]
    ctx.check(last and " " in last[0], "nothing was said")
    ctx.check("Traceback" not in result.err and "usage:" not in result.err, "no sentence")
    if case[0] in ("verb", "variable"):
        ctx.matches(result.err, rf"^uni: there is no {case[0]} (fly|SPM); ./uni help lists them$",
                    "the sentence")


@once
def test_paths_of_an_application(ctx):
    """`.` and what holds a slash are paths from where the user is, also among the examples."""
    ctx.build("hello_world")
    for folder, path in (("examples/hello_world", "."), ("examples", "./hello_world"),
                         ("tests", "../examples/hello_world/"), ("docs", "hello_world")):
        result = ctx.run(UNI, "run", path, "LOG=off", timeout=400, cwd=os.path.join(ROOT, folder))
        ctx.equal(result.stdout, b"Hello from Unishyper\n", f"standard output of {path}")
    result = ctx.run(UNI, "run", "V=1", "LOG=off", timeout=400)
    ctx.matches(result.err, "^uni: qemu-system-aarch64 ", "QEMU's command")


@once
def test_streams_that_are_none(ctx):
    ctx.build("hello_world")
    for streams, status in (("2>&-", 0), ("</", 1), (">/dev/full", 1)):
        result = ctx.run("sh", "-c", f"./uni run hello_world LOG=off {streams}", timeout=400)
        ctx.status(result, status)
        ctx.check("Traceback" not in result.err, "an error of the runner")


@once
def test_doctor(ctx):
    """It says what is there, and how to get what is not."""
    result = ctx.run(UNI, "doctor")
    # The checkers of the sources need not be there.
    missing = re.findall(r"^missing +(\S+)", result.out, re.M)
    ctx.check(set(missing) <= {"clang-format", "cppcheck"}, f"{missing} are missing")
    ctx.status(result, 1 if missing else 0)
    ctx.matches(result.out, "^ok +qemu-system-riscv64 +boots riscv64 images$", "the report")
    tools = ctx.folder()
    for name in "sh basename dirname uname sed sort head tr make python3 gcc".split():
        os.symlink(shutil.which(name), os.path.join(tools, name))
    result = ctx.run(UNI, "doctor", env={"PATH": tools})
    ctx.status(result, 1)
    ctx.matches(result.out, "^missing +qemu-system-aarch64 +boots aarch64 images$", "the report")
    ctx.matches(result.out, "^  apt-get update && apt-get install .* qemu-system-arm ", "the line")
    ctx.check("gcc-aarch64-linux-gnu" in result.out, "the compiler is not named")
