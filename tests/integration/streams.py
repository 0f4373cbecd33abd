# SPDX-License-Identifier: BSD-2-Clause
"""Standard input, output and error carry every byte unchanged."""
import os
import subprocess
import zlib

from lib import boot
from lib.context import arches, cases, once

EVERY_BYTE = bytes(range(256)) * 3
BINARY = b"".join(zlib.compress(bytes([n]) * 50) for n in range(256)) + EVERY_BYTE
INPUTS = {
    "empty": b"",
    "one_byte": b"x",
    "no_newline": b"first\nlast line without an end",
    "text": b"".join(b"line %d\n" % n for n in range(500)),
    "crlf": b"dos\r\nlines\r\n\r\r\n",
    "special": b"\x04\x16\x04\x16\x16\x04\x02\x03\x1a\x00\xff\x16",
    "every_byte": EVERY_BYTE,
    "binary": BINARY,
    "exit_line": b"exit 3\nstop it\n",
}


def pattern(count):
    """What tests/programs/produce.c writes."""
    return bytes((i + i // 256 + i // 65536) & 0xff for i in range(count))


@cases(*INPUTS)
def test_copy(ctx, name):
    data = INPUTS[name]
    result = ctx.program("copy", stdin=data)
    ctx.equal(result.stdout, data, "the copy")
    ctx.status(result, 0)
    ctx.matches(result.err, rf"^copied {len(data)}$", "standard error")


@cases(*INPUTS)
def test_example_cat(ctx, name):
    data = INPUTS[name]
    result = ctx.boot(ctx.build("cat"), stdin=data)
    ctx.equal(result.stdout, data, "the copy")
    ctx.status(result, 0)


def test_example_cat_reads_a_file(ctx):
    path = ctx.file("input", BINARY)
    with open(path, "rb") as file:
        result = ctx.boot(ctx.build("cat"), stdin=file)
    ctx.equal(result.stdout, BINARY, "the copy")


@cases(1, 4)
def test_output_of_a_megabyte(ctx, smp):
    result = ctx.program("produce", "1048576", smp=smp, timeout=240)
    ctx.equal(result.stdout, pattern(1 << 20), "the output")
    ctx.status(result, 0)


def test_input_of_many_bytes(ctx):
    data = pattern(1 << 17)
    total = 1
    for byte in data:
        total = total * 31 + byte & 0xffffffff
    result = ctx.program("consume", stdin=data, timeout=240)
    ctx.equal(result.out, f"{len(data)} {total:08x}\n", "the checksum")


def test_copy_both_ways(ctx):
    """More than every buffer on the way holds, in both directions at once."""
    data = pattern(150000)
    result = ctx.program("copy", stdin=data, smp=4, timeout=240)
    ctx.equal(result.stdout, data, "the copy")


@arches("x86_64")
def test_copy_a_megabyte(ctx):
    data = pattern(1 << 20)
    result = ctx.program("copy", stdin=data, timeout=240)
    ctx.equal(result.stdout, data, "the copy")


def test_input_that_nobody_reads(ctx):
    result = ctx.program("silent", stdin=pattern(200000))
    ctx.status(result, 0)
    result = ctx.program("one_line", stdin=b"first\n" + pattern(200000))
    ctx.equal(result.stdout, b"got first\n", "standard output")
    ctx.status(result, 0)


def test_slow_writer(ctx):
    """Input that comes in pieces; the program sees no end before the writer's."""
    image = ctx.build("tests/programs", "copy")
    words = boot.runner_command(image, ctx.arch, (), 240, mem="64M")
    feeder = subprocess.Popen(["sh", "-c", "echo one; sleep 1; echo two; sleep 1; printf three"],
                              stdout=subprocess.PIPE)
    result = boot.run(words, feeder.stdout, 260)
    feeder.stdout.close()
    feeder.wait()
    ctx.last = result
    ctx.equal(result.stdout, b"one\ntwo\nthree", "the copy")


def test_standard_error(ctx):
    result = ctx.program("stderr", log="off")
    ctx.equal(result.stdout, b"out one\nexit 8\n", "standard output")
    ctx.equal(result.stderr, b"exit 9\nstop nothing\nno newline at the end: exit",
              "standard error")
    ctx.status(result, 5)


def test_arguments_and_environment(ctx):
    words = ["plain", "two words", "", 'a "quote"', "back\\slash", "tab\there", "--", "-x",
             "k=v", "ümlaut", "$HOME", "'", "new\nline", "trailing\\"]
    result = ctx.program("arguments", *words, appenv="A=b C='d e' EMPTY= Q='\"x\\'")
    wanted = [f"arg {n} [{word}]" for n, word in enumerate(words, 1)]
    wanted += ["env [A=b]", "env [C=d e]", "env [EMPTY=]", 'env [Q="x\\]']
    ctx.equal(result.out, "\n".join(wanted) + "\n", "standard output")
    ctx.status(result, 0)


def test_name(ctx):
    """argv[0] is the program's name, or what the boot line says."""
    ctx.equal(ctx.program("arguments").out, "name [arguments]\n", "standard output")
    ctx.equal(ctx.program("arguments", bootargs="app=other").out, "name [other]\n",
              "standard output")


def test_command_line_limit(ctx):
    """The longest line arrives whole; one byte more is refused with a sentence."""
    image = ctx.build("tests/programs", "arguments")
    fixed = len("tty=off logto=ctl log=off -- ")
    longest = "x" * (2047 - fixed)
    result = ctx.boot(image, longest, log="off")
    ctx.equal(result.out, f"arg 1 [{longest}]\n", "standard output")
    result = ctx.boot(image, longest + "x", log="off")
    ctx.matches(result.err, "^uni: the kernel command line has 2048 bytes", "standard error")
    ctx.check(result.status != 0, "a line that is too long was accepted")


def test_log_off_is_silent(ctx):
    for program, status in (("silent", 0), ("exit_status", 3)):
        result = ctx.program(program, "3", log="off")
        ctx.equal((result.stdout, result.stderr), (b"", b""), "the output")
        ctx.status(result, status)


def test_log_goes_to_standard_error(ctx):
    result = ctx.boot(ctx.build("hello_world"), log="debug")
    ctx.equal(result.stdout, b"Hello from Unishyper\n", "standard output")
    ctx.check(result.stderr, "nothing was logged at debug")


def test_info_is_a_few_lines_without_colour(ctx):
    result = ctx.boot(ctx.build("hello_world"), log="info")
    ctx.equal(result.stdout, b"Hello from Unishyper\n", "standard output")
    lines = result.err.splitlines()
    ctx.check(len(lines) <= 12, f"{len(lines)} lines at info")
    ctx.check(b"\x1b" not in result.stderr, "an escape sequence without a terminal")


def test_closed_output_ends_quietly(ctx):
    image = ctx.build("tests/programs", "produce")
    words = boot.runner_command(image, ctx.arch, ("100000000",), 240, mem="64M", log="off")
    line = boot.printable(words) + " | head -c 1000 | wc -c; exit ${PIPESTATUS[0]}"
    result = boot.run(["bash", "-c", line], b"", 260)
    ctx.last = result
    ctx.equal(result.out.strip(), "1000", "the number of bytes")
    ctx.equal(result.stderr, b"", "standard error")
    ctx.status(result, 141)


@once
def test_standard_streams_may_be_closed(ctx):
    image = ctx.build("tests/programs", "exit_status")
    words = boot.runner_command(image, ctx.arch, ("6",), 240, mem="64M")
    line = boot.printable(words)
    for closed in ("<&-", "<&- >&- 2>&-", ">/dev/full"):
        result = ctx.run("bash", "-c", f"{line} {closed}", timeout=260)
        ctx.status(result, 6)


@once
def test_seekable_input_is_not_eaten_by_the_shell(ctx):
    """The next command of a script still gets its input when the program's is /dev/null."""
    image = ctx.build("tests/programs", "silent")
    words = boot.printable(boot.runner_command(image, ctx.arch, (), 240, mem="64M"))
    result = ctx.run("bash", "-c", f"{words} </dev/null; read -r line; echo \"$line\"",
                     stdin=b"the next line\n", timeout=260)
    ctx.equal(result.out, "the next line\n", "standard output")
    ctx.check(os.path.exists(image), "the image is there")
