# SPDX-License-Identifier: BSD-2-Clause
"""The machine waits for a debugger, which stops it at a function of the program and lets it go."""
import os
import re
import socket

from lib.context import once
from lib.server import free_port
from runner.remote import Remote

NM = {"aarch64": "aarch64-linux-gnu-nm", "x86_64": "nm", "riscv64": "riscv64-linux-gnu-nm"}


def test_breakpoint_at_main(ctx):
    image = ctx.build("hello_world")
    names = ctx.run(NM[ctx.arch], os.path.splitext(image)[0] + ".elf").out
    main = int(re.search(r"^(\w+) [Tt] main$", names, re.M)[1], 16)
    # A debugger complains about sections that take memory but lie in no segment.
    sections = ctx.run("readelf", "-SW", os.path.splitext(image)[0] + ".elf").out
    ctx.matches(sections, r" \.text +PROGBITS .* AX ", "the sections")
    ctx.check(not re.search(r" \.(dyn|rela)\S* .* A ", sections), "the linker's tables are loaded")
    port = free_port()
    console = ctx.console(image, gdb=port)
    console.expect(f"waiting for gdb on port {port}")
    remote = Remote(port, 60, 60)
    ctx.matches(remote.ask("?"), "^[TS]05", "the machine at its start")
    ctx.equal(remote.ask(f"Z1,{main:x},4"), "OK", "a breakpoint")
    ctx.matches(remote.ask("c"), "^[TS]05", "the stop")
    ctx.check(b"Hello" not in console.all, "main was reached too late")
    ctx.equal(remote.ask(f"z1,{main:x},4"), "OK", "taking the breakpoint back")
    remote.send("c")
    console.expect("Hello from Unishyper")
    ctx.equal(console.wait(), 0, "the status")


@once
def test_make_gdb_attaches_with_symbols(ctx):
    """The debugger itself is not needed to see what it would be told."""
    fake = ctx.file("gdb-multiarch", '#!/bin/sh\nprintf "[%s]" "$@"\n')
    os.chmod(fake, 0o755)
    path = os.path.dirname(fake) + ":" + os.environ["PATH"]
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", 1234))
            result = ctx.make("gdb", env={"PATH": path})
            ctx.check(result.status, "it goes on without a machine")
            ctx.matches(result.out, "^no machine waits on port 1234: `make debug` ", "the advice")
            server.listen()
        except OSError:
            pass  # somebody has such a machine
        result = ctx.make("gdb", env={"PATH": path})
    ctx.status(result, 0)
    ctx.matches(result.out, r"\[-x\]\[tools/gdb\.py\]\[\S*/hello_world\.elf\]"
                r"\[-ex\]\[target remote localhost:1234\]",
                "what gdb is told")
