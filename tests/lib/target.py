# SPDX-License-Identifier: BSD-2-Clause
"""The target ring: suites linked into an image, which prints PASS, FAIL and at last DONE lines."""
import json
import os
import re

from .boot import Failure
from .build import ROOT
from .context import Context

LINE = re.compile(r"^(PASS|FAIL|SKIP) ([\w./-]+)(?::\s*(.*))?$")
DONE = re.compile(r"^DONE (\d+) passed,? (\d+) failed")
TIMEOUT = 400
LONG = None    # "suite/processor/smpN" that runs with the argument "long"


def parse(text):
    """({test: None or reason}, (passed, failed) or None) of a guest's output."""
    results, done = {}, None
    for line in text.splitlines():
        found = LINE.match(line.strip("\r"))
        if found:
            results[found[2]] = found[3] or "failed" if found[1] == "FAIL" else None
        found = DONE.match(line)
        if found:
            done = int(found[1]), int(found[2])
    return results, done


def boot_options(context, app):
    """The runner's options that a suite's test.json asks for; {"disk": "64M"} makes a disk."""
    path = os.path.join(ROOT, app, "test.json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        options = json.load(file)
    if "disk" in options:
        options["disk"] = context.disk(options["disk"])
    return {name: value for name, value in options.items() if name[0].islower()}


def run(builder, app, arch, smp):
    """Boots the suites; [(test, None or failure)]."""
    context = Context(builder, arch)
    prefix = f"target/{app.rsplit('/', 1)[1]}/{arch}/smp{smp}"
    image = context.build(app)
    words = ["long"] if LONG and prefix.endswith(LONG) else []
    try:
        result = context.boot(image, *words, smp=smp, mem="128M",
                              timeout=TIMEOUT * (3 if words else 1),
                              **boot_options(context, app))
    finally:
        context.close()
    results, done = parse(result.out + "\n" + result.err)
    failed = [name for name, why in results.items() if why]
    report = [(f"{prefix}/{name}", Failure(f"{why}\n" + result.describe()) if why else None)
              for name, why in results.items()]
    if done is None:
        report.append((prefix, Failure("the suites ended without DONE\n" + result.describe())))
    elif done != (len(results) - len(failed), len(failed)) or bool(result.status) != bool(failed):
        report.append((prefix, Failure(
            f"DONE says {done[0]} passed and {done[1]} failed, seen were {len(results)} tests "
            f"with {len(failed)} failures\n" + result.describe())))
    return report
