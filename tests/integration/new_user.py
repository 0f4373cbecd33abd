# SPDX-License-Identifier: BSD-2-Clause
"""A new user's first commands, on a computer where nothing is installed as far as ./uni can see.
tests/new_user.py does the same in a real empty Debian."""
import os
import signal
import socket
import subprocess

from lib import newuser
from lib.boot import clean_env
from lib.boot import run as run_words
from lib.build import ROOT
from lib.context import once

# What an empty Debian 12 lacks of what this needs: ./uni looks for these names.
ABSENT = ("make", "python3", "xz", "patch", "bzip2", "aarch64-linux-gnu-", "qemu-system-")
PLACES = ("/usr/bin", "/bin", "/usr/sbin", "/sbin")
APT = """#!/bin/sh
# Installing is making visible what the computer has anyway.
[ "$1" = install ] && cp -P "{more}"/* "{tools}"/
exit 0
"""


def script(path, text):
    """A program."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)


def empty_computer(ctx):
    """A folder for PATH without what is absent, and an apt-get that brings it there."""
    tools, more = os.path.join(ctx.folder(), "tools"), os.path.join(ctx.folder(), "more")
    os.mkdir(tools)
    os.mkdir(more)
    for place in PLACES:
        for name in os.listdir(place) if os.path.isdir(place) else ():
            where = os.path.join(more if name.startswith(ABSENT) else tools, name)
            if not os.path.lexists(where):
                os.symlink(os.path.join(place, name), where)
    for name, text in (("apt-get", APT.format(tools=tools, more=more)),
                       ("id", "#!/bin/sh\necho 0\n")):
        if os.path.lexists(os.path.join(tools, name)):
            os.unlink(os.path.join(tools, name))
        script(os.path.join(tools, name), text)
    return tools


@once
def test_messages(ctx):
    for app in ("hello_world", "httpd"):
        ctx.build(app)
    home = os.path.join(ctx.folder(), "home")
    os.mkdir(home)
    env = {"PATH": empty_computer(ctx), "HOME": home, "O": ctx.builder.out, "LC_ALL": "C.UTF-8"}
    servers = []

    def run(command):
        result = run_words(["bash", "-c", command], b"", 200, ROOT, env)
        return result.err, result.out

    def start(command):
        # pylint: disable=consider-using-with
        server = subprocess.Popen(["bash", "-c", command], cwd=ROOT, env=clean_env(env), text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, start_new_session=True)
        servers.append(server)
        return newuser.until_listening(server)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        with newuser.READING:
            text = newuser.transcript(run, start, port)
    finally:
        for server in servers:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(20)
            server.stdout.close()
    newuser.compare(text, False)
