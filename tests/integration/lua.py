# SPDX-License-Identifier: BSD-2-Clause
"""Lua, a real program nobody here wrote: scripts and files on every processor."""
from lib.context import cases


def script(ctx, text, *args, smp=1, stdin=b""):
    """Runs a Lua program given on the command line."""
    return ctx.boot(ctx.build("lua"), "-e", text, *args, smp=smp, stdin=stdin, mem="128M")


@cases(1, 4)
def test_expression(ctx, smp):
    result = script(ctx, 'print(_VERSION, 7 // 2, 2^0.5, ("x"):rep(3))', smp=smp)
    ctx.equal(result.out, "Lua 5.4\t3\t1.4142135623731\txxx\n", "standard output")
    ctx.status(result, 0)


def test_status(ctx):
    ctx.status(script(ctx, "os.exit(7)"), 7)
    result = script(ctx, "error('on purpose')")
    ctx.status(result, 1)
    ctx.matches(result.err, "on purpose", "standard error")


def test_files(ctx):
    result = script(ctx, """
        local f = assert(io.open("/new.txt", "w"))
        for i = 1, 1000 do f:write("line ", i, "\\n") end
        f:close()
        local n, last = 0
        for line in io.lines("/new.txt") do n, last = n + 1, line end
        print(n, last)
        f = io.open("/new.txt", "r+"); f:seek("set", 5); f:write("X"); f:seek("set", 0)
        print(f:read("l")); f:close()
        assert(os.rename("/new.txt", "/old.txt")); print(io.open("/new.txt"))
        assert(os.remove("/old.txt")); print(os.remove("/old.txt"))
    """)
    ctx.equal(result.out, "1000\tline 1000\nline X\n"
              "nil\t/new.txt: No such file or directory\t2\n"
              "nil\t/old.txt: No such file or directory\t2\n", "standard output")
    ctx.status(result, 0)


def test_standard_input(ctx):
    result = script(ctx, "local s = 0 for n in io.lines() do s = s + n end print(s)",
                    stdin=b"".join(b"%d\n" % n for n in range(101)))
    ctx.equal(result.out, "5050\n", "standard output")


def test_memory_and_coroutines(ctx):
    result = script(ctx, """
        local t = {}
        for i = 1, 200000 do t[i] = tostring(i) end
        t = nil; collectgarbage()
        local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
        print(co(), co(), co(), collectgarbage("count") < 4096)
    """)
    ctx.equal(result.out, "1\t2\t3\ttrue\n", "standard output")
    ctx.status(result, 0)


def test_time(ctx):
    result = script(ctx, "local c = os.clock() for i = 1, 1e5 do end print(os.clock() >= c, "
                         "os.time() > 1.6e9)")
    ctx.equal(result.out, "true\ttrue\n", "standard output")
