# SPDX-License-Identifier: BSD-2-Clause
"""What `make soak` runs of the long forms is there, and takes the arguments it is given."""
import os
import subprocess
import sys

from lib import long_forms
from lib.build import ARCHES, ROOT
from lib.context import once


@once
def test_long_forms(ctx):
    listed = subprocess.run([sys.executable, os.path.join("tests", "run.py"), "--soak", "--long",
                             "--list"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    names = long_forms.names()
    ctx.equal(sorted(listed.stdout.decode().split()),
              sorted(f"long/{name}/{arch}" for name in names for arch in ARCHES), "the jobs")
    known = {}
    for name in names:
        python, program, *words = long_forms.command(name, "aarch64", 0.001, 1)
        if program not in known:
            known[program] = subprocess.run([python, program, "--help"], cwd=ROOT, check=True,
                                            stdout=subprocess.PIPE).stdout.decode()
        for word in words:
            ctx.check(not word.startswith("--") or word in known[program],
                      f"{program} does not know {word}")
