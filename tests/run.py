#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the tests: unit, target, integration and example rings. See tests/README.md.

Words select tests whose names hold all of them: tests/run.py lua aarch64
"""
import argparse
import importlib.util
import os
import queue
import signal
import sys
import threading
import time
import traceback
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "tools")]
# pylint: disable=wrong-import-position
from lib import boot, build, examples, long_forms, target
from lib.build import ARCHES, ROOT, BuildError, Builder
from lib.context import Context

CPUS = os.cpu_count() or 1
JOBS = CPUS + 1          # a test waits for its machine or its peer half of the time
SOAK_ROUNDS, SOAK_LIMIT_S = 20, 45 * 60
UNIT_TIMEOUT = 600


class Report:
    """Collects and prints results as they come."""

    def __init__(self, verbose):
        self.verbose = verbose
        self.lock = threading.Lock()
        self.results = []
        self.begin = time.monotonic()

    def add(self, name, failure, seconds=0.0):
        """One test's result; failure is None or its text."""
        with self.lock:
            self.results.append((name, failure, seconds))
            if failure:
                print(f"FAIL {name}\n  " + failure.replace("\n", "\n  "), flush=True)
            elif self.verbose:
                print(f"PASS {name} ({seconds:.1f} s)", flush=True)

    def note(self, text):
        """A line that is no result."""
        with self.lock:
            print(f"[{time.monotonic() - self.begin:5.0f} s] {text}", flush=True)

    def junit(self, path):
        """Writes the results as JUnit XML."""
        suite = xml.Element("testsuite", name="unishyper", tests=str(len(self.results)),
                            failures=str(sum(1 for r in self.results if r[1])))
        for name, failure, seconds in self.results:
            group, _, last = name.rpartition("/")
            case = xml.SubElement(suite, "testcase", classname=group, name=last,
                                  time=f"{seconds:.3f}")
            if failure:
                text = "".join(c for c in failure if c in "\n\t" or c >= " ")
                xml.SubElement(case, "failure", message=text.splitlines()[0]).text = text
        xml.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)

    def end(self):
        """Prints the failed names and the totals; the status."""
        failed = sorted(name for name, failure, _ in self.results if failure)
        passed = len(self.results) - len(failed)
        if failed:
            print("\nfailed:\n" + "\n".join("  " + name for name in failed))
        print(f"took {time.monotonic() - self.begin:.0f} s")
        print(f"{passed} passed, {len(failed)} failed", flush=True)
        return 1 if failed or not passed else 0


class Job:
    """Something a worker runs; it gives one or several results."""

    def __init__(self, name, function):
        self.name, self.function = name, function

    def run(self, report):
        """Runs and reports; nothing a test does may end the worker."""
        start = time.monotonic()
        try:
            several = self.function()
            results = several if isinstance(several, list) else [(self.name, None)]
        except boot.Skip as skip:
            report.note(f"SKIP {self.name}: {skip}")
            return
        except (boot.Failure, BuildError) as failure:
            results = [(self.name, failure)]
        except Exception:                                 # pylint: disable=broad-except
            results = [(self.name, traceback.format_exc())]
        seconds = time.monotonic() - start
        for name, failure in results:
            report.add(name, str(failure) if failure else None, seconds / len(results))


def unit_job(builder, words):
    """The unit programs; make unit runs them in parallel by itself."""
    def run():
        extra = [f"UNIT={' '.join(words)}"] if words else []
        status, text = builder.make([f"-j{CPUS}", "unit", *extra], UNIT_TIMEOUT)
        results = []
        for line in text.splitlines():
            word, _, rest = line.partition(" ")
            name, _, why = rest.partition(":")
            if word in ("PASS", "FAIL", "SKIP") and name:
                results.append((f"unit/{name}", (why.strip() or "failed") if word == "FAIL"
                                else "skipped:" + why if word == "SKIP" else None))
        if not results or status and not any(why for _, why in results):
            results.append(("unit", f"make unit ended with {status}:\n" + build.tail(text, 40)))
        return results
    return Job("unit", run)


def target_jobs(builder, arch):
    """Each suite image with one CPU and with four."""
    return [Job(target.name_of(app, arch, smp, bus),
                lambda app=app, smp=smp, bus=bus: target.run(builder, app, arch, smp, bus))
            for app in build.folders("tests/target") for smp in (1, 4)
            for bus in target.buses(app)]


def load(path):
    """A scenario file as a module."""
    name = "scenario_" + os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scenario(builder, arch, function, values):
    """Runs one scenario with a context of its own."""
    context = Context(builder, arch)
    try:
        function(context, *values)
    finally:
        context.close()


def integration_jobs(builder):
    """{processor or None: jobs} from all functions test_* of tests/integration/*.py."""
    jobs = {arch: [] for arch in (*ARCHES, None)}
    folder = os.path.join(ROOT, "tests", "integration")
    for file in sorted(os.listdir(folder)):
        if not file.endswith(".py"):
            continue
        module = load(os.path.join(folder, file))
        for name, function in vars(module).items():
            if not name.startswith("test_"):
                continue
            for arch in getattr(function, "arches", ARCHES):
                for value in getattr(function, "cases", (None,)):
                    parts = ["integration", file[:-3], name[5:]]
                    parts += [str(value[0] if isinstance(value, tuple) else value)] \
                        if value is not None else []
                    parts += [arch] if arch else []
                    jobs[arch].append(Job(
                        "/".join(parts),
                        lambda function=function, arch=arch, value=value: scenario(
                            builder, arch, function, () if value is None else (value,))))
    return jobs


def example_jobs(builder, arch):
    """The examples' READMEs and test.json files."""
    return [Job(name, function) for app in build.folders("examples")
            for name, function in examples.tests(builder, app, arch)]


def all_jobs(builder, soak):
    """Every job, those of one processor together, so that its build is awaited once."""
    scenarios = integration_jobs(builder)
    jobs = []
    for arch in ARCHES:
        jobs += target_jobs(builder, arch)
        if not soak:
            jobs += scenarios[arch] + example_jobs(builder, arch)
    return jobs if soak else jobs + scenarios[None]


def work(jobs, report, parallel):
    """Runs the jobs in their order by some workers."""
    waiting = queue.SimpleQueue()
    tenths = {len(jobs) * tenth // 10 for tenth in range(1, 10)}
    for number, job in enumerate(jobs):
        waiting.put((number, job))

    def worker():
        while True:
            try:
                number, job = waiting.get_nowait()
            except queue.Empty:
                return
            if len(jobs) >= 100 and number in tenths:
                report.note(f"{number} of {len(jobs)} jobs")
            job.run(report)

    threads = [threading.Thread(target=worker, daemon=True) for _ in range(parallel)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def long_jobs(builder, scale, begin):
    """The long forms at that scale; what is random differs from day to day."""
    return [Job(f"long/{form}/{arch}", lambda form=form, arch=arch, seed=begin + number:
                long_forms.run(builder, form, arch, scale, seed))
            for number, (form, arch) in enumerate(long_forms.all_forms())]


def soak(jobs, slices, report, options):
    """The target ring again and again; any failure counts. The long stress goes round with the
    processors, and beside each round goes a slice of a long form: both begin first, or one CPU
    would have nothing to do at the end of each round."""
    first = int(time.time()) // 86400 * options.rounds
    for number in range(1, options.rounds + 1):
        target.LONG = f"stress/{ARCHES[number % len(ARCHES)]}/smp4"
        start = time.monotonic()
        more = [slices[(first + number) % len(slices)]] if slices else []
        rest = sorted(jobs, key=lambda job: target.LONG not in job.name)
        work([*more, *rest], report, options.jobs)
        failed = sum(1 for _, failure, _ in report.results if failure)
        report.note(f"round {number} of {options.rounds}: {time.monotonic() - start:.0f} s, "
                    f"{failed} failed so far")
    if time.monotonic() - report.begin > SOAK_LIMIT_S:
        report.add("soak/time", f"it took more than {SOAK_LIMIT_S // 60} minutes")


def main():
    """Parses, runs, reports."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="parts of names; all must be in the name")
    parser.add_argument("--soak", action="store_true", help="the target ring 20 times")
    parser.add_argument("--long", action="store_true", help="the long forms, hours of them")
    parser.add_argument("--scale", type=float, help="how much of a long form, 1 is all of it")
    parser.add_argument("--rounds", type=int, default=SOAK_ROUNDS)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--junit", metavar="FILE")
    parser.add_argument("--list", action="store_true", help="print the names only")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each test that passed")
    parser.add_argument("-O", "--out", default="build", help="folder for what is built")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # In the background or under nohup these are ignored, and what is started would inherit that;
    # a handler of ours is not inherited.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    report = Report(options.verbose)
    builder = Builder(options.out, report.note)
    def chosen(all_of_them):
        return [job for job in all_of_them if all(word in job.name for word in options.words)]
    slices = []
    if options.soak or options.long:
        scale = options.scale or (1.0 if options.long else long_forms.SLICE)
        slices = chosen(long_jobs(builder, scale, int(time.time()) // 86400))
    jobs = slices if options.long else chosen(all_jobs(builder, options.soak))
    unit_words = [word for word in options.words if word != "unit"]
    with_unit = not (options.soak or options.long) and \
        (not options.words or "unit" in options.words)
    if options.list:
        print("\n".join((["unit"] if with_unit else []) + [job.name for job in jobs]))
        return 0
    if not jobs and not slices and not with_unit:
        print(f"no test's name holds {' and '.join(options.words)}; --list prints all names")
    if with_unit:
        unit_job(builder, unit_words).run(report)
        report.note("unit tests done")
    if options.soak and not options.long:
        soak(jobs, slices, report, options)
    else:
        work(jobs, report, options.jobs)
    if options.junit:
        report.junit(options.junit)
    return report.end()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        boot.end_all()
        os._exit(130)
    finally:
        boot.end_all()
