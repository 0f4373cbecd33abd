#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Follow the README in an empty Debian 12, from the last commit, and compare every message with
tests/new_user.expected. Needs root, debootstrap, the network, and some minutes:

    tests/new_user.py FOLDER     FOLDER/base is made by debootstrap if it is not there
    tests/new_user.py FOLDER --write
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "tools")]
# pylint: disable=wrong-import-position
from lib import newuser
from lib.boot import Failure
from lib.build import ROOT

PORT = 8080
# In namespaces of its own: what is mounted and what runs ends with the command.
ENTER = """
mount --make-rprivate / && mount -t overlay overlay \\
	-o lowerdir="$BASE",upperdir="$TOP/up",workdir="$TOP/work" "$TOP/root" || exit 99
cd "$TOP/root" && mount -t proc proc proc && mount -t tmpfs dev dev || exit 99
for n in null zero random urandom full tty; do touch dev/$n; mount --bind /dev/$n dev/$n; done
mkdir dev/shm; mount -t tmpfs shm dev/shm; ln -s /proc/self/fd dev/fd
exec env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 \\
	chroot "$TOP/root" sh -c "cd /root/unishyper 2>/dev/null || cd /root; $COMMAND"
"""


class Computer:
    """An empty Debian, on top of what debootstrap made."""

    def __init__(self, folder):
        self.base = os.path.join(folder, "base")
        self.top = os.path.join(folder, "new")
        if not os.path.isdir(self.base):
            subprocess.run(["debootstrap", "--variant=minbase", "--include=git,ca-certificates",
                            "bookworm", self.base], check=True)
        shutil.rmtree(self.top, ignore_errors=True)
        for name in ("up", "work", "root"):
            os.makedirs(os.path.join(self.top, name))
        self.server = None

    def words(self, command):
        """What runs a command inside."""
        return (["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER],
                {**os.environ, "BASE": self.base, "TOP": self.top, "COMMAND": command})

    def run(self, command):
        """(standard error, standard output)."""
        words, env = self.words(command)
        done = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        return done.stderr, done.stdout

    def start(self, command):
        """The server's first words; it goes on until stop()."""
        words, env = self.words(command)
        # pylint: disable=consider-using-with
        self.server = subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       start_new_session=True)
        return newuser.until_listening(self.server)

    def stop(self):
        """Ends the server."""
        if self.server:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()


def main():
    """Status 0: every message was as expected."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--write", action="store_true", help="what is said is right from now on")
    options = parser.parse_args()
    computer = Computer(os.path.abspath(options.folder))
    bundle = os.path.join(computer.top, "up", "unishyper.bundle")
    subprocess.run(["git", "-C", ROOT, "bundle", "create", "-q", bundle, "HEAD"], check=True)
    begin = time.monotonic()
    computer.run("git clone -q /unishyper.bundle unishyper")
    try:
        text = newuser.transcript(computer.run, computer.start, PORT)
    finally:
        computer.stop()
    print(text + f"took {time.monotonic() - begin:.0f} s")
    if options.write:
        with open(newuser.EXPECTED, "w", encoding="utf-8") as file:
            file.write(text)
        return 0
    try:
        newuser.compare(text, True)
    except Failure as failure:
        print(failure)
        return 1
    print("every message is as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
