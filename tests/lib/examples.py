# SPDX-License-Identifier: BSD-2-Clause
"""The example ring: what README.md shows and test.json says is what happens."""
import contextlib
import json
import os
import re
import shlex

from . import boot as booting
from .boot import Failure
from .build import ROOT, lacks_compiler
from .context import Context

BLOCK = re.compile(r"^```console\n(.*?)^```", re.M | re.S)
STATUS = re.compile(r"\[exit status: (\d+)\]\Z")
RUN = re.compile(r"\./uni run\b")
ANY = "..."


def sessions(text):
    """(command, expected lines, status) of each `$ ` line in the console blocks of a README."""
    for block in BLOCK.findall(text):
        current = None
        for line in block.splitlines():
            if line.startswith("$ "):
                if current:
                    yield current
                current = [line[2:], [], 0]
            elif current is not None:
                found = STATUS.match(line)
                if found:
                    current[2] = int(found[1])
                else:
                    current[1].append(line)
        if current:
            yield current


def same_line(wanted, found):
    """Compares two lines; `...` inside stands for any text."""
    parts = wanted.rstrip().split(ANY)
    return re.fullmatch(".*".join(re.escape(part) for part in parts), found.rstrip())


def lines_match(wanted, found):
    """Compares lines; a line `...` stands for any number of lines."""
    if not wanted:
        return not found
    if wanted[0] == ANY:
        return any(lines_match(wanted[1:], found[skip:]) for skip in range(len(found) + 1))
    return bool(found) and same_line(wanted[0], found[0]) is not None and \
        lines_match(wanted[1:], found[1:])


def readme_runs(app):
    """The sessions that run the application, with a number for the name."""
    path = os.path.join(ROOT, app, "README.md")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        found = [s for s in sessions(file.read()) if RUN.search(s[0])]
    return found


def run_readme(builder, app, arch, session):
    """Runs one command of a README as a user would; only the processor is given from outside."""
    command, wanted, status = session
    context = Context(builder, arch)
    context.build(app)
    env = {"ARCH": arch, "O": builder.out, "DISK_SIZE": "64M",
           "DISK_IMG": os.path.join(context.folder(), "disk.img")}
    try:
        result = booting.run(["bash", "-c", command], b"", 90, ROOT, env)
    finally:
        context.close()
    result.command = command + f"   (with ARCH={arch})"
    found = result.out.splitlines()
    if result.status != status:
        raise Failure(f"the exit status is {result.status} instead of {status}\n" +
                      result.describe())
    if not lines_match(wanted, found):
        raise Failure("it does not print what README.md shows:" +
                      "".join("\n    > " + text for text in wanted) + "\n" + result.describe())


def check_field(context, result, spec, name, data):
    """NAME, NAME_file, NAME_contains, NAME_regex of a run against the output NAME."""
    folder = spec["folder"]
    if name in spec:
        context.equal(data, spec[name].encode(), name)
    if name + "_file" in spec:
        with open(os.path.join(ROOT, folder, spec[name + "_file"]), "rb") as file:
            context.equal(data, file.read(), name)
    for part in spec.get(name + "_contains", []):
        context.check(part.encode() in data, f"{name} does not hold {part!r}")
    if name + "_regex" in spec:
        context.matches(data.decode(errors="replace"), spec[name + "_regex"], name)
    return result


def tested_by(app):
    """The scenario that runs an example which needs somebody on the other side."""
    path = os.path.join(ROOT, app, "test.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file).get("tested_by")


def check_scenario(app):
    """The scenario is there and names the example."""
    with open(os.path.join(ROOT, tested_by(app)), encoding="utf-8") as file:
        if f'"{os.path.basename(app)}"' not in file.read():
            raise Failure(f"{tested_by(app)} does not run {app}")


def json_runs(app):
    """The runs of test.json; what stands outside `runs` is for all of them."""
    path = os.path.join(ROOT, app, "test.json")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        spec = json.load(file)
    if "tested_by" in spec:
        return []
    common = {key: value for key, value in spec.items() if key != "runs"}
    return [{**common, **run, "folder": app} for run in spec.get("runs", [{}])]


def run_json(builder, arch, spec):
    """One run of a test.json."""
    context = Context(builder, arch)
    with contextlib.closing(context):
        boot_json(context, spec)


def boot_json(context, spec):
    """Boots it with each number of CPUs."""
    image = context.build(spec["folder"], spec.get("bin"))
    stdin = spec.get("stdin", "").encode()
    if "stdin_file" in spec:
        with open(os.path.join(ROOT, spec["folder"], spec["stdin_file"]), "rb") as file:
            stdin = file.read()
    env = " ".join(f"{k}={shlex.quote(v)}" for k, v in spec.get("env", {}).items())
    cpus = spec.get("smp", 1)
    disk = context.disk(spec["disk"]) if "disk" in spec else None
    for smp in cpus if isinstance(cpus, list) else [cpus]:
        result = context.boot(image, *spec.get("args", []), stdin=stdin, smp=smp,
                              timeout=spec.get("timeout", 120), appenv=env or None,
                              mem=spec.get("mem", "128M"), disk=disk)
        context.status(result, spec.get("status", 0))
        check_field(context, result, spec, "stdout", result.stdout)
        check_field(context, result, spec, "stderr", result.stderr)


def tests(builder, app, arch):
    """(name, function) of an example on a processor."""
    name = os.path.basename(app)
    result = []
    missing_package = lacks_compiler(app, arch)
    if missing_package:
        builder.say(f"{app} is not tested on {arch}: {missing_package} is not installed")
        return []
    runs = readme_runs(app)
    if tested_by(app):
        return [(f"example/{name}/{arch}/scenario", lambda: check_scenario(app))]
    if runs is None or not runs and not json_runs(app):
        def missing():
            raise Failure(f"{app} needs a README.md with a console block that runs it")
        result.append((f"example/{name}/{arch}/readme", missing))
    for number, session in enumerate(runs or [], 1):
        result.append((f"example/{name}/{arch}/readme{number}",
                       lambda session=session: run_readme(builder, app, arch, session)))
    for number, spec in enumerate(json_runs(app), 1):
        label = spec.get("name", f"run{number}")
        result.append((f"example/{name}/{arch}/{label}",
                       lambda spec=spec: run_json(builder, arch, spec)))
    return result

