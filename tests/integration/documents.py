# SPDX-License-Identifier: BSD-2-Clause
"""What the documents say is there."""
import glob
import os
import re
import shutil

import doxygen_filter
from lib.build import ROOT
from lib.context import once

SOURCES = ("arch", "boards", "dev", "examples", "fault", "fs", "include", "kernel", "lib", "mem",
           "net", "posix", "shell", "tools", "zone", "tests", "deps")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w.-]+(?:/[\w.<>-]+)+/?|[\w-]+\.(?:c|h|S|py|mk|def|sh|md)")
CALL = re.compile(r"([A-Za-z_]\w*)\(\)")


def read(path):
    """A text file of the tree."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def tree_words():
    """Every identifier that stands before a parenthesis or as a label in the sources."""
    words, files = set(), set()
    for top in SOURCES:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in names:
                path = os.path.join(folder, name)
                files.add(os.path.relpath(path, ROOT))
                if name.endswith((".c", ".h", ".S", ".def", ".py")):
                    text = read(path)
                    words.update(re.findall(r"([A-Za-z_]\w*)\s*\(", text))
                    words.update(re.findall(r"^([A-Za-z_]\w*):", text, re.M))
                    words.update(re.findall(r"\bENTRY\w*\s*\(?\s*(\w+)", text))
    return words, files


@once
def test_tour_is_true(ctx):
    text = read("docs/tour.md")
    words, files = tree_words()
    names = {os.path.basename(file) for file in files}
    paths = calls = 0
    for code in CODE.findall(text):
        for path in PATH.findall(code) if "/" in code or "." in code else ():
            if "<" in path or path.startswith("/"):
                continue
            paths += 1
            there = os.path.exists(os.path.join(ROOT, path)) or path in names or \
                any(file.endswith("/" + path) for file in files)
            ctx.check(there, f"docs/tour.md names {path}, which does not exist")
        for call in CALL.findall(code):
            calls += 1
            stub = call.startswith("uk_sys_") and call.replace("uk_", "", 1) in words
            ctx.check(call in words or stub, f"docs/tour.md names {call}(), which does not exist")
    ctx.check(paths >= 10 and calls >= 10, "docs/tour.md names hardly any file or function")


HEADERS = """dirent.h fcntl.h ftw.h math.h netdb.h poll.h pthread.h sched.h stdio.h stdlib.h
string.h sys/mman.h sys/socket.h sys/stat.h sys/uio.h time.h unistd.h unishyper/mm.h unishyper/sem.h
unishyper/thread.h unishyper/time.h""".split()


def test_from_unishyper(ctx):
    """The functions that docs/from-unishyper.md names are there: an image holds all of them."""
    names = set()
    for line in read("docs/from-unishyper.md").splitlines():
        if line.startswith("|"):
            names.update(CALL.findall(line.split("|")[2]))
    ctx.check(len(names) > 200, "docs/from-unishyper.md names hardly any function")
    text = ["#define _GNU_SOURCE"] + [f"#include <{name}>" for name in HEADERS]
    text += ["static void (*const functions[])(void) = {"]
    text += [f"\t(void (*)(void))(void *)&{name}," for name in sorted(names)]
    text += ["};", "int main(void)", "{", "\tint count = 0;",
             "\tvoid (*volatile one)(void);",
             "\tfor (unsigned i = 0; i < sizeof(functions) / sizeof(*functions); i++) {",
             "\t\tone = functions[i];", "\t\tcount += one != NULL;", "\t}",
             '\tprintf("%d functions\\n", count);', "\treturn 0;", "}", ""]
    # At one place, since the objects that are kept remember where their source was.
    folder = os.path.join(ROOT, ctx.builder.out, "gen/from_unishyper")
    os.makedirs(folder, exist_ok=True)
    os.replace(ctx.file("main.c", "\n".join(text)), os.path.join(folder, "main.c"))
    result = ctx.boot(ctx.build(folder))
    ctx.status(result, 0)
    ctx.equal(result.out.strip(), f"{len(names)} functions", "what the image says")


@once
def test_posix_document_is_new(ctx):
    """docs/posix.md is what make docs makes."""
    result = ctx.make("kernel-sources")
    ctx.status(result, 0)
    sources = sorted(glob.glob(os.path.join(ROOT, ctx.builder.out, "deps/musl-*/src")))
    ctx.check(sources, "the C library's source is not there")
    result = ctx.run("tools/gen_posix_doc.py", "--check", "--musl", sources[0])
    ctx.status(result, 0)


@once
def test_reference_of_the_api(ctx):
    """Where doxygen is, it has nothing to warn of; where it is not, that is said."""
    result = ctx.make("reference")
    if shutil.which("doxygen"):
        ctx.status(result, 0)
        ctx.check("warning" not in result.out, "doxygen warns")
    else:
        ctx.matches(result.out, "^doxygen is missing: install doxygen$", "the output")


@once
def test_filter_of_the_reference(ctx):
    """What doxygen gets is the header, line by line, but for its comments."""
    comment = re.compile(r"/\*.*?\*/", re.S)
    marked = 0
    for path in glob.glob(os.path.join(ROOT, "include/**/*.h"), recursive=True):
        source = read(path)
        result = doxygen_filter.marked(source)
        ctx.equal(comment.sub("", result), comment.sub("", source), f"the code of {path}")
        ctx.equal(result.count("\n"), source.count("\n"), f"the lines of {path}")
        marked += result.count("/**")
    ctx.check(marked > 500, f"only {marked} comments are marked")


@once
def test_reference_is_new(ctx):
    """docs/configuration.md and the README's figures are what make docs makes."""
    ctx.status(ctx.run("tools/gen_reference.py", "--check"), 0)


@once
def test_help_has_all_variables(ctx):
    """What tools/build/config.mk takes from the user stands in make help."""
    build = read("tools/build/config.mk") + read("tools/build/run.mk")
    names = set(re.findall(r"\$\(call default,(\w+),", build))
    names |= set(re.search(r"^OPTIONS\s*:= (.*)$", build, re.M)[1].split())
    names |= set(re.findall(r"^([A-Z_]+) \?=", build, re.M)) | set(re.findall(
        r"\$\(if \$\(([A-Z_]+)\),--", build))
    ctx.check(len(names) > 20, f"hardly any variable was found: {sorted(names)}")
    names -= {"NAME", *re.findall(r"^([A-Z_]+) *:?= ", read("tools/build/run.mk"), re.M)}
    told = set(re.findall(r"[A-Z_]+", ctx.make("-s", "help").out))
    ctx.equal(sorted(names - told), [], "what make help does not tell")


@once
def test_documents_exist(ctx):
    for name in ("README.md", "LICENSE", "docs/tour.md", "docs/boot.md", "docs/memory.md",
                 "docs/threads.md", "docs/limits.md", "docs/licences.md", "docs/benchmarks.md",
                 "docs/start.md", "docs/examples.md", "docs/configuration.md", "docs/storage.md",
                 "docs/networking.md", "docs/security.md", "docs/glossary.md"):
        ctx.check(os.path.isfile(os.path.join(ROOT, name)), f"{name} is missing")
    ctx.check(os.listdir(os.path.join(ROOT, "docs/decisions")), "docs/decisions is empty")


@once
def test_index_of_documents(ctx):
    """docs/README.md leads to every document and every decision, each under its own title."""
    index = read("docs/README.md")
    for path in sorted(glob.glob(os.path.join(ROOT, "docs/*.md")) +
                       glob.glob(os.path.join(ROOT, "docs/decisions/*.md"))):
        name = os.path.relpath(path, os.path.join(ROOT, "docs"))
        ctx.check(name == "README.md" or f"]({name})" in index, f"docs/README.md lacks {name}")


@once
def test_glossary_is_sorted(ctx):
    words = re.findall(r"^\| ([^|]+?) \|", read("docs/glossary.md"), re.M)[1:]
    words = [word.lower() for word in words if not word.startswith("-")]
    ctx.check(len(words) > 30, "hardly any word")
    ctx.equal(words, sorted(words), "the order of the words")


@once
def test_links_of_documents(ctx):
    """Relative links lead somewhere."""
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [s for s in subfolders if s not in ("build", ".git")]
        for name in names:
            if not name.endswith(".md"):
                continue
            path = os.path.relpath(os.path.join(folder, name), ROOT)
            for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(path)):
                if "://" in link or link.startswith("mailto:"):
                    continue
                ctx.check(os.path.exists(os.path.join(folder, link)),
                          f"{path} links to {link}, which does not exist")


@once
def test_readme_has_the_two_commands(ctx):
    text = read("README.md")
    for command in ("./uni run", "./uni test"):
        ctx.check(command in text, f"README.md does not show {command}")


@once
def test_licence_lines(ctx):
    """Every source file begins with its licence."""
    for top in SOURCES:
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in names:
                if name.endswith((".c", ".h", ".S", ".cc", ".hh", ".py", ".sh", ".mk")):
                    path = os.path.relpath(os.path.join(folder, name), ROOT)
                    head = "".join(read(path).splitlines()[:3])
                    ctx.check("SPDX-License-Identifier: BSD-2-Clause" in head,
                              f"{path} has no SPDX line at its top")


@once
def test_driver_example_is_the_driver(ctx):
    source = read("tests/target/pci/edu.c")
    blocks = re.findall(r"^```c\n(.*?)^```", read("docs/writing-a-driver.md"), re.M | re.S)
    ctx.check(len(blocks) >= 5, "docs/writing-a-driver.md shows hardly any code")
    for block in blocks:
        ctx.check(block in source, f"not in tests/target/pci/edu.c:\n{block}")
