#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Doxygen's input filter: a header whose comments it takes for documentation.

The headers are written for people: a comment above a declaration is about that one, one behind a
field about the field, the first one about the file. Here they get the marks that doxygen looks for,
and what it would read as commands or tags is quoted. Lines stay where they are.
"""
import re
import sys

STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', re.S)


def quoted(text):
    """Text without commands, tags and references."""
    return re.sub(r"([\\@<>#%&$`~])", r"\\\1", text)


def marked(source):
    """The whole header."""
    seen_file = False

    def mark(found):
        nonlocal seen_file
        text = found[0]
        if not text.startswith("/*") or "SPDX-License-Identifier" in text:
            return text
        body = quoted(text[2:-2])
        before = source[:found.start()]
        line = before[before.rfind("\n") + 1:]
        if line.strip():
            # Behind code: about a field, a value or a macro, if that is where the line ends.
            behind = source[found.end():source.find("\n", found.end())].strip()
            return f"/**<{body}*/" if line.strip()[-1] in ",;" and not behind else text
        if not seen_file and not re.search(r"^\s*#\s*(define (?!\w+_H\b)|include)", before, re.M):
            seen_file = True
            # The command takes what stands behind it in its line for a name.
            return f"/**{body}@file */" if body[0] == " " else f"/** @file{body}*/"
        return f"/**{body}*/"

    return STRING_OR_COMMENT.sub(mark, source)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.write(marked(file.read()))
