# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's command line: `key=value ... env.NAME=value -- arguments of main`."""
import os
import re
import shlex

from . import RunError

# What the guest keeps of the command line, the closing NUL included.
CMDLINE_MAX = 2048
LEVELS = ("off", "error", "warn", "info", "debug", "trace")
# Boot words and their values (None: any; "": it may stand alone). What the kernel reads in
# kernel/ and fs/ is listed here, so that a misspelt word is an error and not ignored.
WORDS = {"log": LEVELS, "logto": ("ctl", "console"), "tty": ("on", "off"), "quiet": ("", "y", "n"),
         "console": ("virtio",), "recorded": ("",), "app": None, "autorun": None, "ip": None,
         "ntp": None, "root": None, "cwd": None, "ramdisk": None, "virtio_mmio.device": None,
         "SHELL_PASSWORD": None, "SHELL_PORT": None, "SHELL_LOGIN": None}
PLAIN = re.compile(r"[A-Za-z0-9_./:=,+@%^~#!?*$&;|<>(){}\[\]'`-]+", re.ASCII)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)


def quote(text):
    """One word as the guest's splitter reads it back: double quotes keep blanks, \\ escapes."""
    if PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def environment(text):
    """The words of --appenv "A=b C=d" as `env.A=b` words; shell quotes keep blanks."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise RunError(f"APPENV: {error}: {text}") from None
    result = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not NAME.match(name):
            raise RunError(f"APPENV: '{word}' is not of the form NAME=value")
        result.append(f"env.{name}={quote(value)}" if value else f"env.{name}=")
    return result


def split(line):
    """The words as the guest splits them: blanks part, double quotes keep, \\ escapes."""
    words, word, quoted, escaped = [], None, False, False
    for letter in line:
        if escaped:
            word, escaped = word + letter, False
        elif letter == "\\":
            word, escaped = word or "", True
        elif letter == '"':
            word, quoted = word or "", not quoted
        elif letter in " \t\r\n" and not quoted:
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or "") + letter
    if quoted or escaped:
        raise RunError(f"BOOTARGS: a quote is not closed, or a backslash stands last: {line}")
    return words + ([word] if word is not None else [])


def check(bootargs):
    """One sentence about the first boot word that is none."""
    for word in split(bootargs):
        if word == "--":
            return
        key, equals, value = word.partition("=")
        if key.startswith("log.") and key[4:]:
            allowed = LEVELS
        elif key.startswith("env.") and NAME.match(key[4:]) and equals:
            continue
        elif key in WORDS:
            allowed = WORDS[key]
        else:
            raise RunError(f"BOOTARGS: {key} is unknown; allowed: {' '.join(WORDS)} log.MODULE "
                           "env.NAME")
        if allowed is not None and value not in allowed:
            raise RunError(f"BOOTARGS: {key}={value} is unknown; allowed: "
                           f"{' '.join(allowed).strip()}")


def program(image):
    """The name of an image's program: APP, or APP_BIN of the file APP.APP_BIN.img."""
    name = os.path.splitext(os.path.basename(image))[0]
    last = name.rpartition(".")[2]
    return last if last[:1].isalpha() else name


def build(tty, log, bootargs, appenv, arguments, name=None):
    """The whole line, with the program's name where there is room; RunError when it is cut."""
    words = ["tty=on"] if tty else ["tty=off", "logto=ctl"]
    if log:
        if log not in LEVELS:
            raise RunError(f"LOG={log} is unknown; allowed: {' '.join(LEVELS)}")
        words.append(f"log={log}")
    if bootargs:
        check(bootargs)
        words.append(bootargs)
    words += environment(appenv or "")
    if arguments:
        words.append("--")
        words += [quote(word) for word in arguments]
    line = " ".join(words)
    named = " ".join([f"app={quote(name)}"] + words) if name else line
    if len(os.fsencode(named)) < CMDLINE_MAX:
        return named
    length = len(os.fsencode(line))
    if length >= CMDLINE_MAX:
        raise RunError(f"the kernel command line has {length} bytes; "
                       f"the guest accepts {CMDLINE_MAX - 1}")
    return line
