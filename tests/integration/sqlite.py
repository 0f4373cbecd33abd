# SPDX-License-Identifier: BSD-2-Clause
"""SQLite: what it answers is what the host's SQLite answers."""
import fcntl
import os
import shutil
import signal
import sqlite3
import subprocess

from lib import boot
from lib.build import ROOT
from lib.context import cases

SCRIPT = os.path.join(ROOT, "examples/sqlite/rootfs/demo.sql")
# What the journal writes, cuts off, unlinks, and maps into memory and locks.
JOURNALS = ("DELETE", "TRUNCATE", "PERSIST", "MEMORY", "WAL", "OFF")
WORK = """
PRAGMA journal_mode = {journal};
PRAGMA mmap_size = {mapped};
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, number REAL);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
	INSERT INTO t SELECT i, hex(i * i) || printf('%0100d', i), i / 8.0 FROM n;
COMMIT;
CREATE INDEX by_name ON t(name);
UPDATE t SET name = substr(name, 5) WHERE id % 3 = 0;
DELETE FROM t WHERE id % 5 = 0;
SELECT count(*), sum(id), total(number), max(name) FROM t;
INSERT INTO t SELECT id + 10000, name, number FROM t WHERE id < 1000;
SELECT count(*), sum(id), total(number), min(name) FROM t;
SELECT id FROM t ORDER BY name, id LIMIT 3;
PRAGMA wal_checkpoint(TRUNCATE);
VACUUM;
PRAGMA integrity_check;
"""


def shown(value):
    """A value as the command line prints it."""
    if value is None:
        return ""
    if isinstance(value, float):
        text = f"{value:.15g}"
        return text if "." in text or "e" in text else text + ".0"
    return str(value)


def answers(script, path):
    """What the host's SQLite answers to a script, as the command line would print it."""
    lines, statement = [], ""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for line in script.splitlines():
            statement += line + "\n"
            if sqlite3.complete_statement(statement):
                for row in connection.execute(statement):
                    lines.append("|".join(map(shown, row)) + "\n")
                statement = ""
    finally:
        connection.close()
    return "".join(lines)


def read_script():
    """The example's script."""
    with open(SCRIPT, encoding="utf-8") as file:
        return file.read()


def test_sqlite_script(ctx):
    """The example's script in the memory file system."""
    image = ctx.build("sqlite", "sqlite3")
    result = ctx.boot(image, "test.db", ".read /demo.sql")
    ctx.status(result, 0)
    ctx.equal(result.out, answers(read_script(), os.path.join(ctx.folder(), "test.db")),
              "the output")


@cases(*[(f"{journal.lower()}{'_mapped' if mapped else ''}", journal, mapped)
         for journal in JOURNALS for mapped in (0, 1 << 20)])
def test_sqlite_journal(ctx, case):
    """Every kind of journal, with the database read or mapped."""
    name, journal, mapped = case
    script = WORK.format(journal=journal, mapped=mapped)
    result = ctx.boot(ctx.build("sqlite", "sqlite3"), "test.db", stdin=script.encode())
    ctx.status(result, 0)
    ctx.equal(result.out, answers(script, os.path.join(ctx.folder(), name + ".db")), "the output")


KILLS = 3
# Rows are told once they are committed; a line is as long as standard output's buffer.
INSERT = """INSERT INTO t(text) VALUES(hex(zeroblob(400)) || (SELECT count(*) FROM t));
SELECT printf('%01023d', max(id)) FROM t;
"""
QUESTIONS = """PRAGMA integrity_check;
SELECT count(*), min(id), max(id), sum(length(text)) FROM t;
SELECT id, substr(text, 800) FROM t ORDER BY text LIMIT 20;
"""


def disk_image(ctx):
    """The program with FAT: a copy, since the image it is built as is the plain one's."""
    copy = os.path.join(ctx.folder(), "sqlite.img")
    plain = ctx.build("sqlite", "sqlite3")
    words = [f"ARCH={ctx.arch}", "APP=sqlite", "APP_BIN=sqlite3", os.path.relpath(plain, ROOT)]
    with ctx.builder.lock_of((ctx.arch, "qemu", "release")), \
            open(os.path.join(ROOT, "uni"), encoding="utf-8") as uni:
        # As uni does, so that an example's test does not build at the same time.
        fcntl.flock(uni, fcntl.LOCK_EX)
        status, output = ctx.builder.make([*words, "FS=y"])
        shutil.copy(plain, copy)
        ctx.builder.make(words)
    ctx.equal(status, 0, "make's status:\n" + output[-500:])
    return copy


def on_host(ctx, disk, name):
    """A copy of a file on a disk that no machine uses, and of its journal if there is one."""
    path = os.path.join(ctx.folder(), name)
    env = dict(os.environ, MTOOLS_SKIP_CHECK="1")
    ctx.status(ctx.run("mcopy", "-n", "-o", "-i", disk, "::/" + name, path, env=env), 0)
    ctx.run("mcopy", "-n", "-o", "-i", disk, f"::/{name}-journal", path + "-journal", env=env)
    return path


def test_sqlite_disk(ctx):
    """A script from the disk; the host's SQLite reads the database it leaves there."""
    disk, image = ctx.disk("64M"), disk_image(ctx)
    ctx.status(ctx.run("mcopy", "-i", disk, SCRIPT, "::/script.sql"), 0)
    local = os.path.join(ctx.folder(), "host.db")
    for _ in range(2):
        result = ctx.boot(image, "test.db", ".read script.sql", disk=disk)
        ctx.status(result, 0)
        ctx.equal(result.out, answers(read_script(), local), "the output")
    ctx.status(ctx.run("/usr/sbin/fsck.fat", "-n", disk), 0)
    questions = "SELECT * FROM runs;\nSELECT * FROM book;\nPRAGMA integrity_check;\n"
    found = answers(questions, on_host(ctx, disk, "test.db"))
    ctx.equal(found, answers(questions, local), "what is in the database")


@cases("DELETE", "WAL")
def test_sqlite_killed(ctx, journal):
    """The machine is killed among transactions: what was committed is there, and nothing else."""
    disk, image = ctx.disk("64M"), disk_image(ctx)
    # With FULL the end of a journal, which is a commit's, need not be on the disk yet.
    script = f"PRAGMA journal_mode = {journal}; PRAGMA synchronous = EXTRA;\n"
    create = script + "CREATE TABLE t(id INTEGER PRIMARY KEY, text);"
    ctx.status(ctx.boot(image, "test.db", create, disk=disk), 0)
    committed = 0
    for kill in range(KILLS):
        words = boot.runner_command(image, ctx.arch, ("test.db",), disk=disk, mem="64M")
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, start_new_session=True) as machine:
            machine.stdin.write((script + INSERT * 40).encode())
            machine.stdin.flush()
            machine.stdout.readline()
            for _ in range(5 + kill * 7):
                committed = int(machine.stdout.readline())
            os.killpg(machine.pid, signal.SIGKILL)
        result = ctx.boot(image, "test.db", stdin=QUESTIONS.encode(), disk=disk)
        ctx.status(result, 0)
        lines = result.out.split("\n")
        ctx.equal(lines[0], "ok", "integrity_check")
        count, first, last, _ = map(int, lines[1].split("|"))
        ctx.check(first == 1 and count == last >= committed,
                  f"{count} rows, {first} to {last}, after {committed} were committed")
    found = answers(QUESTIONS, on_host(ctx, disk, "test.db"))
    ctx.equal(result.out, found, "what the host's SQLite answers")
    ctx.status(ctx.run("/usr/sbin/fsck.fat", "-n", disk), 0)
