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


def settings(app):
    """What stands in a suite's test.json."""
    path = os.path.join(ROOT, app, "test.json")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def buses(app):
    """The buses that a suite runs on, each for itself; none is named: the machine's own."""
    return settings(app).get("buses", [""])


def options(context, app, bus):
    """The runner's options: what stands there with small letters; "disk" is the size of one with a
    file system, "disks" are sizes of empty ones; and the bus."""
    result = {name: value for name, value in settings(app).items() if name[0].islower()}
    result.pop("buses", None)
    if "disk" in result:
        result["disk"] = [context.disk(result["disk"])]
    for number, words in enumerate(result.pop("disks", [])):
        size, *flags = words.split(",")
        path = context.file(f"raw{number}.img", b"")
        os.truncate(path, int(size.removesuffix("M")) << 20)
        result.setdefault("disk", []).append(",".join([path, *flags]))
    if bus:
        result["bus"] = bus
        if bus == "mmio" and context.arch == "x86_64":
            result["qemu_machine"] = "microvm"
    return result


def name_of(app, arch, smp, bus):
    """Of the job, and what its tests' names begin with."""
    return f"target/{app.rsplit('/', 1)[1]}/{arch}/smp{smp}" + ("/" + bus if bus else "")


def run(builder, app, arch, smp, bus=""):
    """Boots the suites; [(test, None or failure)]."""
    context = Context(builder, arch)
    prefix = name_of(app, arch, smp, bus)
    image = context.build(app)
    words = ["long"] if LONG and prefix.endswith(LONG) else []
    try:
        result = context.boot(image, *words, smp=smp, mem="128M",
                              timeout=TIMEOUT * (3 if words else 1),
                              **options(context, app, bus))
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
