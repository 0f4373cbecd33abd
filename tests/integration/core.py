# SPDX-License-Identifier: BSD-2-Clause
"""Core files: gdb shows in them what the console said, and all threads."""
import os
import re
import shutil

from lib.boot import Skip
from lib.context import cases
from lib.server import free_port
from runner.remote import Remote

GDB = "gdb-multiarch"


def elf_of(image):
    """The file with symbols beside an image."""
    return os.path.splitext(image)[0] + ".elf"


def gdb(ctx, elf, core, *commands):
    """What gdb prints."""
    if not shutil.which(GDB):
        raise Skip(f"{GDB} is not installed: nobody opens the core file")
    words = [word for command in commands for word in ("-ex", command)]
    result = ctx.run(GDB, "-q", "-nx", "-batch", "-ex", "set width 0", elf,
                     *([core] if core else []), *words)
    ctx.status(result, 0)
    return result.out


def test_core_shows_what_the_console_showed(ctx):
    """A thread faults while main waits for it."""
    image = ctx.build("tests/programs", "faults")
    core = os.path.join(ctx.folder(), "core")
    result = ctx.boot(image, core=core)
    ctx.status(result, 42)
    console = re.findall(r"^  #\d+ 0x[0-9a-f]+ (\w+)\S* \((\S+:\d+)\)", result.err, re.M)[:3]
    ctx.equal([name for name, _ in console], ["write_code", "work", "thread_main"], "the console")
    ctx.matches(result.err, rf"core file of 3 threads.*\n.*{re.escape(core)}", "the hint")
    said = gdb(ctx, elf_of(image), core, "info threads", "thread apply all bt")
    first = said[said.index("Thread 1 (LWP 101)"):]
    frames = re.findall(r"^#\d .*?(\w+) \(.*\) at (\S+:\d+)", first, re.M)[:3]
    ctx.equal(frames, console, "the backtrace in gdb")
    ctx.equal(sorted(map(int, re.findall(r"^. \d+ +LWP (\d+) ", said, re.M))), [11, 100, 101],
              "the threads")
    main = re.search(r"^Thread \d+ \(LWP 100\):\n((?:#.*\n)*)", said, re.M)[1]
    ctx.matches(main, r"(?s) in (sys_futex|futex_wait) .*<signal handler called>.* in main \(.*\) "
                r"at \S*faults\.c:\d+", "the way of main into the kernel")


def test_core_of_an_example(ctx):
    """The console and gdb tell one function, file and line of a write through a null pointer."""
    image = ctx.build("crash")
    core = os.path.join(ctx.folder(), "core")
    result = ctx.boot(image, core=core)
    ctx.status(result, 139)
    ctx.matches(result.err, r"^\*\*\* null pointer \+ 16: write at address 0x10$", "the console")
    console = re.findall(r"^  #\d+ 0x[0-9a-f]+ (\w+)\S* \((\S+:\d+)\)", result.err, re.M)[:2]
    with open(os.path.join(ctx.root, "examples/crash/main.c"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    at = [1 + next(n for n, line in enumerate(lines) if text in line)
          for text in ("account->balance = balance", '"carla"')]
    ctx.equal(console, [("deposit", f"examples/crash/main.c:{at[0]}"),
                        ("main", f"examples/crash/main.c:{at[1]}")], "the console")
    frames = re.findall(r"^#\d .*?(\w+) \(.*\) at (\S+:\d+)",
                        gdb(ctx, elf_of(image), core, "bt"), re.M)
    ctx.equal(frames[1:], console, "the backtrace in gdb, after its first look")


@cases(1, 4)
def test_core_of_a_kernel_that_stopped(ctx, smp):
    """The handler that faulted, and what it interrupted, in one backtrace."""
    image = ctx.build("tests/misuse", profile="debug", variables=("LOG=info",))
    core = os.path.join(ctx.folder(), "core")
    ctx.status(ctx.boot(image, "fault_later", "loop", core=core, smp=smp), 125)
    said = gdb(ctx, elf_of(image), core, "bt", "info threads")
    ctx.equal(sorted(map(int, re.findall(r"^. \d+ +LWP (\d+) ", said, re.M))),
              [11, 22, 33, 44, 100] if smp == 4 else [11, 100], "the threads")
    ctx.matches(said, r"(?s)#0 .*write_null .*misuse\.c:\d+.* trap_i\w+ .*"
                r"<signal handler called>.* loop \(.*main\.c:\d+", "the backtrace")


def test_core_of_a_machine_that_hangs(ctx):
    """Once by the time limit, once from outside."""
    image = ctx.build("tests/programs", "sleeper")
    core = os.path.join(ctx.folder(), "core")
    words = ["python3", "tools/run.py", "--arch", ctx.arch, "--mem", "64M"]
    result = ctx.run(*words, "--image", image, "--core", core, "--timeout", "4")
    ctx.status(result, 124)
    ctx.matches(gdb(ctx, elf_of(image), core, "thread apply all bt"),
                r"(?s)LWP 100\).* in main \(.*sleeper\.c:\d+", "main")
    port = free_port()
    console = ctx.console(image, gdb=port)
    console.expect(f"waiting for gdb on port {port}")
    attach = [*words, "--elf", elf_of(image), "--image", image, f"--attach={port}", "--core", core]
    result = ctx.run(*attach)
    ctx.status(result, 2)
    ctx.matches(result.err, "no page tables yet: let it boot", "the advice")
    Remote(port, 60, 60).ask("D")
    console.expect("ready")
    os.unlink(core)
    ctx.status(ctx.run(*attach), 0)
    ctx.matches(gdb(ctx, elf_of(image), core, "thread apply all bt"),
                r"(?s)LWP 100\).* in main \(.*sleeper\.c:\d+", "main")


def test_core_without_a_crash_or_a_machine(ctx):
    core = os.path.join(ctx.folder(), "core")
    ctx.status(ctx.program("exit_status", "3", core=core), 3)
    ctx.check(not os.path.exists(core), "a core file of nothing")
    image = ctx.build("tests/programs", "exit_status")
    result = ctx.run("python3", "tools/run.py", "--arch", ctx.arch, "--image", image, "--core",
                     core, f"--attach={free_port()}")
    ctx.status(result, 2)
    ctx.matches(result.err, "start one with `make debug`", "the advice")


# What `uni threads 100`, `uni locks` and the others say of main, which waits for a thread.
SAID = [r'^100 "main" +blocked +priority +8 buckets\S*$', r'^101 "write_code" +running .* cpu \d$',
        r"(?s)<signal handler called>.* in main \(.*\) at \S*faults\.c:\d+",
        r'^100 "main" waits in buckets\S* for ', r"^frames: \d+ of \d+ are free",
        r"^kernel's heap: \d+ bytes in use",
        r"^\[0000\.\d+\]\[I\]\[boot\] Unishyper"]
COMMANDS = ["uni threads", "uni threads 100", "uni locks", "uni heap", "uni log", "uni interrupts"]


def test_commands_of_gdb(ctx):
    """In a machine that a breakpoint stopped, which then goes on; and in a core file."""
    image = ctx.build("tests/programs", "faults")
    core = os.path.join(ctx.folder(), "core")
    ctx.status(ctx.boot(image, core=core, log="info"), 42)
    port = free_port()
    console = ctx.console(image, gdb=port, log="info")
    console.expect(f"waiting for gdb on port {port}")
    load = "source tools/gdb.py"
    live = gdb(ctx, elf_of(image), None, load, f"target remote 127.0.0.1:{port}",
               "hbreak process_thread_faulted", "continue", *COMMANDS, "delete", "detach")
    for text in live, gdb(ctx, elf_of(image), core, load, *COMMANDS):
        for pattern in SAID + [r"^ +27 +\d+ timer +timer_handler$"] * (ctx.arch == "aarch64"):
            ctx.matches(text, pattern, "what gdb's commands say")
    ctx.equal(console.wait(), 42, "the status of the machine that went on")
