# SPDX-License-Identifier: BSD-2-Clause
"""The screen of a crash, as a whole: each fault is caught and named, with the line it came from.

`tests/golden/crash.ARCH` holds the screens, without addresses; GOLDEN=write makes it anew.
"""
import os
import re
import threading

from lib.build import ROOT
from lib.context import arches, cases

# What is no text of ours: addresses, registers, times, sizes of memory, lines of the kernel.
NORMAL = [
    (r"^  ( ?[a-z]\w* +[0-9a-f]{16}\b.*|.*\b(sstatus|pstate|vector) .*)\n", r""),
    (r"0x[0-9a-f]+", "0x*"),
    (r"\+0x\*", "+*"),
    (r"\[\d{4,}\.\d{3}\]", "[TIME]"),
    (r"\b\d+ KiB free", "N KiB free"),
    (r"(CPUs?) \(.*?\)", r"\1"),
    (r"code 0x\*", "code *"),
    (r"\((?!tests/programs/)(\S+):\d+\)", r"(\1)"),
]
HEADER = "# SPDX-License-Identifier: BSD-2-Clause\n"
LOCK = threading.Lock()


def screen(text):
    """From the first fault on, without what differs from build to build."""
    text = text[max(0, text.find("\n***") + 1):].replace("\r", "")
    for pattern, better in NORMAL:
        text = re.sub(pattern, better, text, flags=re.M)
    return text


def golden(ctx, name, text):
    """Compares a screen with its section of the golden file, or writes it."""
    path = os.path.join(ROOT, "tests/golden", "crash." + ctx.arch)
    with LOCK:
        try:
            with open(path, encoding="utf-8") as file:
                sections = dict(re.findall(r"^=== (.*)\n((?:(?!=== ).*\n)*)", file.read(), re.M))
        except FileNotFoundError:
            sections = {}
        if os.environ.get("GOLDEN") == "write":
            sections[name] = screen(text)
            with open(path, "w", encoding="utf-8") as file:
                file.write(HEADER + "".join(f"=== {key}\n{value}"
                                   for key, value in sorted(sections.items())))
            return
    ctx.equal(screen(text).splitlines(), sections.get(name, "").splitlines(), "the screen")


@arches("x86_64")
def test_division_by_zero(ctx):
    result = ctx.program("faults", "divide")
    ctx.status(result, 136)
    ctx.matches(result.err, "^\\*\\*\\* division by zero or overflow$", "the screen")
    ctx.matches(result.err, "^fault: kind=division-by-zero-or-overflow pc=", "the screen")


@cases("", "overflow", "abort", "out_of_memory", "wild")
def test_fault(ctx, last):
    """Threads end one after the other; then main does, if it is told to."""
    result = ctx.program("faults", *([last] if last else []), log="info")
    ctx.status(result, {"": 42, "abort": 134}.get(last, 139))
    ctx.equal(result.stdout, b"", "standard output")
    golden(ctx, f"faults {last}", result.err)
    lines = max(len(part.splitlines()) for part in result.err.split("\n***"))
    ctx.check(lines <= 40, f"a report has {lines} lines")


def test_fault_with_four_cpus(ctx):
    """The same threads, quietly: LOG=error silences what is no fault."""
    result = ctx.program("faults", smp=4, log="error")
    ctx.status(result, 42)
    kinds = re.findall(r"^fault: kind=(\S+) pc=0x[0-9a-f]+ address=0x[0-9a-f]+ thread=\d+ cpu=\d "
                       r"in=program$", result.err, re.M)
    ctx.equal(kinds, ["write-to-code", "write-to-constants", "execution-of-data",
                      "execution-of-data", "null-pointer", "null-pointer", "null-pointer",
                      "stack-overflow"], "the lines for programs")
    ctx.check("[boot]" not in result.err, "the log is not quiet")


@cases("fault", "overflow", "fault_in_interrupt", ("fault_in_interrupt_of_program", "fault_later"))
def test_fault_of_the_kernel(ctx, case):
    """The machine stops; a fault in an interrupt shows what was interrupted."""
    name = case[1] if isinstance(case, tuple) else case
    image = ctx.build("tests/misuse", profile="debug", variables=("LOG=info",))
    result = ctx.boot(image, name, *(["loop"] if name == "fault_later" else []))
    ctx.status(result, 125)
    golden(ctx, f"misuse {name}", result.err)


def test_names_in_the_image(ctx):
    """SYMS=y: without the runner's symbols the functions' names are the image's own."""
    image = ctx.build("tests/misuse", profile="debug", variables=("LOG=info",))
    frames = re.compile(r"^  #\d+ 0x([0-9a-f]+)(.*)$", re.M)
    for what in "fault_in_interrupt", "fault":
        bare = ctx.boot(image, what, elf=ctx.file("none.elf", "nothing"))
        ctx.status(bare, 125)
        places = dict(frames.findall(bare.err))
        names = [text.split("+")[0].strip() for text in places.values()]
        ctx.check("main" in names and "sys_misuse" in names and ("" not in names), str(names))
        ctx.matches(bare.err, rf", pc 0x[0-9a-f]+ {names[0]}\+0x[0-9a-f]+$", "the headline")
        whole = dict(frames.findall(ctx.boot(image, what).err))
        ctx.equal([text.split("+")[0].strip() for text in whole.values()], names, "the names")
        # Where the interrupt comes, in a loop of two instructions, is not the same each time.
        same = places.keys() & whole.keys()
        ctx.check(len(same) >= len(places) - 1, f"{sorted(places)} are {sorted(whole)}")
        for address in same:
            ctx.check(whole[address].startswith(places[address]),
                      f"{places[address]} is {whole[address]}")
    ctx.matches(list(whole.values())[-1], r"uk_start\+0x[0-9a-f]+ \(\S+:\d+\)$",
                "the runner's part")


@cases(1, 4)
def test_bad_pointer_to_a_call(ctx, smp):
    result = ctx.program("bad_pointer", stdin=b"some input\n", smp=smp)
    ctx.equal(result.stdout, b"unchanged\n", "standard output")
    ctx.status(result, 0)
