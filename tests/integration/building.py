# SPDX-License-Identifier: BSD-2-Clause
"""The build: outputs, folders outside the tree, nothing to do, the same bytes twice."""
import hashlib
import json
import os
import re
import shutil
import time

from lib.build import ROOT
from lib.context import once

OUTSIDE_MAIN = """#include <stdio.h>
int helper(int);
int main(void) { printf("outside %d\\n", helper(20)); return helper(1); }
"""
OUTSIDE_HELPER = "int helper(int n) { return 2 * n + 1; }\n"


def test_folder_outside_the_tree(ctx):
    """Two C files and nothing else, by their path."""
    folder = os.path.dirname(ctx.file(f"t_outside_{ctx.arch}/main.c", OUTSIDE_MAIN))
    ctx.file(f"t_outside_{ctx.arch}/helper.c", OUTSIDE_HELPER)
    result = ctx.make(f"ARCH={ctx.arch}", f"APP={folder}", "LOG=off", "-s", "run")
    ctx.matches(result.out, "^outside 41$", "the output")
    ctx.matches(result.out, "exit status: 3", "the output")
    ctx.check(result.status != 0, "make hides that the program failed")


@once
def test_folder_that_moved(ctx):
    """Another folder of the same name, then the first one gone: no path of old is missed."""
    for number in (1, 2):
        ctx.file(f"{number}/t_moved/main.c",
                 f'int puts(const char *);\nint main(void)\n{{\n\tputs("{number}");\n}}\n')
    for number in (1, 2, 2):
        result = ctx.make(f"APP={ctx.folder()}/{number}/t_moved", "LOG=off", "-s", "run")
        ctx.status(result, 0)
        ctx.matches(result.out, f"^{number}$", "the output")
        shutil.rmtree(f"{ctx.folder()}/1", ignore_errors=True)



@once
def test_folder_with_a_root_file_system(ctx):
    folder = os.path.dirname(ctx.file("t_files/main.c", """#include <stdio.h>
int helper(int);
int main(void)
{
	char text[64] = "";
	FILE *file = fopen("/data/hello.txt", "r");
	if (!file || !fgets(text, sizeof(text), file) || helper(4) != 9)
		return 1;
	fputs(text, stdout);
	return fopen("/data/none", "r") ? 2 : 0;
}
"""))
    ctx.file("t_files/rootfs/data/hello.txt", "from a file\n")
    ctx.file("t_files/sub/helper.c", OUTSIDE_HELPER)
    result = ctx.make(f"APP={folder}", "image")
    ctx.matches(result.out, r"undefined reference to `helper'", "the output")
    ctx.matches(result.out, r"\(SRCS = sub/\*\.c\)", "the output")
    ctx.file("t_files/app.mk", "SRCS = sub/*.c\n")
    result = ctx.make(f"APP={folder}", "LOG=off", "-s", "run")
    ctx.matches(result.out, "^from a file$", "the output")
    ctx.status(result, 0)


@once
def test_make_run_prints_and_fails_with_the_status(ctx):
    result = ctx.make("APP=tests/programs", "APP_BIN=exit_status", "ARGS=72", "LOG=off", "-s",
                      "run")
    ctx.matches(result.out, "^exit status: 72$", "the output")
    ctx.equal(result.status, 2, "make's status")


@once
def test_variables_from_the_environment(ctx):
    result = ctx.make("-s", "run", env={"ARCH": "x86_64", "APP": "hello_world", "LOG": "off"})
    ctx.matches(result.out, "^Hello from Unishyper$", "the output")
    ctx.status(result, 0)


@once
def test_outputs(ctx):
    ctx.build("hello_world")
    folder = os.path.join(ROOT, ctx.builder.folder("aarch64"))
    result = ctx.make("ARCH=aarch64", "APP=hello_world", "build")
    ctx.status(result, 0)
    for end in ("elf", "img", "map", "asm", "size"):
        path = os.path.join(folder, f"hello_world.{end}")
        ctx.check(os.path.exists(path) and os.path.getsize(path), f"{path} is missing or empty")
    path = os.path.join(ROOT, "compile_commands.json")
    if not os.path.exists(path):
        path = os.path.join(ROOT, ctx.builder.out, "compile_commands.json")
    with open(path, encoding="utf-8") as file:
        commands = json.load(file)
    ctx.check(any(entry["file"].endswith("kernel/sched.c") for entry in commands),
              "compile_commands.json does not hold the scheduler")


@once
def test_nothing_to_do_is_quick(ctx):
    ctx.build("hello_world")
    ctx.build("lua")
    best = 99
    for app, target in (("hello_world", "image"), ("lua", "run-command"),
                        ("hello_world", "run-command"), ("lua", "image")) * 2:
        start = time.monotonic()
        result = ctx.make("ARCH=aarch64", f"APP={app}", "RUN_COMMAND=/dev/null", target)
        best = min(best, time.monotonic() - start)
        ctx.status(result, 0)
        ctx.check(" CC " not in result.out and " LINK " not in result.out,
                  "something was built again")
    ctx.check(best < 1, f"a build with nothing to do takes {best:.2f} s")


@once
def test_help_names_targets_and_variables(ctx):
    text = ctx.make("help").out
    for word in ("all build run debug gdb test check bench soak size clean help dependencies "
                 "ARCH MACHINE APP APP_BIN LOG SMP MEM BUS QEMU_MACHINE QEMU_CPU QEMU_ARGS KVM "
                 "ARGS APPENV BOOTARGS PROFILE V CROSS_COMPILE").split():
        ctx.check(re.search(rf"(?<!\w){word}(?!\w)", text), f"make help does not name {word}")


@once
def test_reproducible(ctx):
    """Another tree, below a path with blanks, and another output folder: the same bytes."""
    image = os.path.join(ROOT, ctx.build("hello_world", arch="x86_64"))
    tree = os.path.join(ctx.folder(), "another tree")
    shutil.copytree(ROOT, tree, ignore=lambda folder, names: [
        name for name in names if folder == ROOT and name in (".git", "build", ctx.builder.out)])
    # Copied, not shared: a build may touch the library.
    for name in os.listdir(os.path.join(ROOT, ctx.builder.out, "deps")):
        if name == "musl-x86_64" or re.match(r"(musl|fatfs|lwip)-[0-9.]+", name):
            shutil.copytree(os.path.join(ROOT, ctx.builder.out, "deps", name),
                            os.path.join(tree, "out", "deps", name))
    result = ctx.make("-C", tree, "ARCH=x86_64", "APP=hello_world", "O=out", "-j2", "image")
    ctx.status(result, 0)
    ctx.check(" FETCH " not in result.out, "a source was fetched again")
    digests = []
    for path in (image, os.path.join(tree, "out/x86_64-qemu-release/hello_world.img")):
        with open(path, "rb") as file:
            digests.append(hashlib.sha256(file.read()).hexdigest())
    ctx.equal(digests[1], digests[0], "the image's checksum")


@once
def test_debug_profile(ctx):
    result = ctx.boot(ctx.build("hello_world", profile="debug"))
    ctx.equal(result.stdout, b"Hello from Unishyper\n", "standard output")
