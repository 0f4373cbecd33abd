# SPDX-License-Identifier: BSD-2-Clause
"""SQLite: what it answers is what the host's SQLite answers."""
import os
import sqlite3

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
