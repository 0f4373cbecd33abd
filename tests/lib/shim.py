# SPDX-License-Identifier: BSD-2-Clause
"""Stands for `./uni run` in the tests of the READMEs: the same words, the given processor.

What is to be started comes from make, as for uni itself; only the processor differs when the
command does not say one.
"""
import os
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# pylint: disable=wrong-import-position
from lib.build import ROOT, clean_env
from lib.examples import scratch_name

OPTIONS = {"-a": "ARCH", "--arch": "ARCH", "-m": "MACHINE", "--machine": "MACHINE",
           "--smp": "SMP", "--mem": "MEM"}


def main(words):
    """Asks make for the runner's command and becomes it."""
    split = words.index("--") if "--" in words else len(words)
    variables, rest = {"ARCH": os.environ["UNI_TEST_ARCH"]}, words[:split]
    while rest:
        word = rest.pop(0)
        if word in OPTIONS:
            variables[OPTIONS[word]] = rest.pop(0)
        elif "=" in word:
            name, _, value = word.partition("=")
            variables[name] = value
        else:
            variables["APP"] = word
    if split < len(words):
        variables["ARGS"] = shlex.join(words[split + 1:]).replace("$", "$$")
    path = scratch_name()
    try:
        made = subprocess.run(
            ["make", "--no-print-directory", "-s", f"O={os.environ['UNI_TEST_OUT']}",
             f"RUN_COMMAND={path}", *(f"{k}={v}" for k, v in variables.items()), "run-command"],
            cwd=ROOT, env=clean_env(), stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
        if made.returncode:
            sys.exit(made.returncode)
        with open(path, encoding="utf-8") as file:
            command = file.read()
    finally:
        os.unlink(path)
    os.chdir(ROOT)
    os.execvp("sh", ["sh", "-c", "exec " + command])


main(sys.argv[1:])
