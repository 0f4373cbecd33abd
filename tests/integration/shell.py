# SPDX-License-Identifier: BSD-2-Clause
"""The terminal (TERMINAL=y), by keystrokes and by pipes."""
import http.server
import os
import re
import signal
import socket
import threading
import time

from lib.boot import Failure
from lib.context import cases
from lib.server import Server, free_port

PROMPT = "SHELL➜ "


def terminal(ctx, **options):
    """A console with the prompt showing."""
    console = ctx.console(ctx.build("tests/shell"), terminal=True, **options)
    # In any order: two threads.
    console.expect(f"main returned 0(.|\n)*{PROMPT}|{PROMPT}(.|\n)*main returned 0")
    return console


def lines(ctx, text, **options):
    """Commands on a pipe."""
    options.setdefault("net", "user")
    data = text.encode("utf-8", "surrogateescape")
    return ctx.boot(ctx.build("tests/shell"), stdin=data, **options)


# What each command prints (a pattern), and its status when used well and badly.
GOOD = {
    "help": r"^  cat FILE\.\.\. +print files$",
    "help ls": r"^ls \[PATH\]$",
    "ls /": r"^\[ \d\]:d 0\tproc$",
    "cat /proc/version": "^Unishyper .* for qemu on ",
    "ps": r'^-\[ +\d+\] Running\tUSER\t8\t.*"terminal"$',
    "free": r"^free:  \d+ Bytes",
    "uptime": "^up 0 days, 00:",
    "version": "^Unishyper ",
    "uname": "^Unishyper unishyper ",
    "dmesg": r"\[boot\] Unishyper",
    'echo a \'b  c\' "d"': "^a b  c d$",
    "env A=b; echo $A$?": "^b0$",
    "pwd": "^/$",
    "mkdir /tmp/a; cd /tmp/a; pwd": "^/tmp/a$",
    "echo x > /tmp/f; echo y >> /tmp/f; cp /tmp/f /tmp/g; cat /tmp/g": r"^x\ny$",
    "touch /tmp/t; mv /tmp/t /tmp/u; ls /tmp": r"^\[ \d\]:- 0\tu$",
    "mkdir /tmp/d; rmdir /tmp/d; ls /tmp/d":
        "^ls: cannot access '/tmp/d': No such file or directory$",
    "mkdir /tmp/d; touch /tmp/d/e; rm -r /tmp/d; ls /tmp/d": "^ls: cannot access '/tmp/d'",
    "mkdir /tmp/d /tmp/d/e /tmp/d/e/f /tmp/d/g; touch /tmp/d/a /tmp/d/e/f/b; rm -r /tmp/d/; "
    "ls /tmp/d": "^ls: cannot access '/tmp/d'",
    "mkdir /tmp/n; cd /tmp/n; touch d a c b ba; ls; rm -r /tmp/n":
        r"^\[ 0\]:- 0\ta\n\[ 1\]:- 0\tb\n\[ 2\]:- 0\tba\n\[ 3\]:- 0\tc\n\[ 4\]:- 0\td$",
    "ls /dev": r"\[ \d\]:c 0\tnull$",
    "echo abc > /tmp/h; hexdump /tmp/h": r"^00000000  61 62 63 0a +abc\.$",
    "echo abcdefghijklmno > /tmp/h; echo p >> /tmp/h; hexdump /tmp/h":
        r"^00000000 ( [67][0-9a-f]){15} 0a  abcdefghijklmno\.\n00000010  70 0a {44}p\.$",
    "env B=long; env B=s C=1; echo $B$C; env B=longer; echo $B": r"^s1\nlonger$",
    "df /": r"^ +\d+ +\d+ +\d+  /$",
    "sync": "",
    "sleep 0.01": "",
    "time sleep 0.01": r"^0\.\d{6} s$",
    "date": r"^\d{4}-\d\d-\d\d .* UTC$",
    "top 1": r"^ +\d+\.\d +\d+ +8 +\d+ terminal$",
    "irq": "^ LINE +COUNT NAME$",
    "devices": "^DEVICE +DRIVER$",
    "drivers": "^[a-z0-9-]+ +[a-z]",
    "cpu": "^0: ",
    "mount": r"^memory +ramfs +/ +rw\nmemory +ramfs +/dev +rw\nmemory +ramfs +/proc +rw$",
    "stacks": r'^-\[ +\d+\] +\d{4} +\d{3,4} +6\d{4} +\d{4,5} "terminal"$',
    "devmem $REGISTER $WIDTH 17; devmem $REGISTER $WIDTH": r"^0x(000000)?11$",
    "devmem -f $RAM 16; devmem -f $RAM 64": r"^0x([0-9a-f]{4})\n0x[0-9a-f]{12}\1$",
    "log warn; cat /proc/loglevel; log info": "^warn$",
    "ifconfig lo0": r"^lo0: up, connected\n  inet 127\.0\.0\.1 netmask 255\.0\.0\.0$",
    "ifconfig et1": r"^et1: up, connected, mtu 1500, 48:b0:2d:0e:6e:9e\n  inet 10\.0\.0\.2 ",
    "ifconfig lo0 127.0.0.9 netmask 255.0.0.0; ifconfig lo0; ifconfig lo0 127.0.0.1":
        r"inet 127\.0\.0\.9 netmask",
    "ifconfig lo0 down; ifconfig lo0; ifconfig lo0 up": "^lo0: down, ",
    "route": r"^default +10\.0\.0\.1 +0\.0\.0\.0 +et1$",
    "route default 10.0.0.9; route; route default 10.0.0.1": r"^default +10\.0\.0\.9 ",
    "ping -c 2 10.0.0.1": r"^64 bytes from 10\.0\.0\.1: icmp_seq=1 time=\d+\.\d{3} ms\n"
                          r"64 bytes from 10\.0\.0\.1: icmp_seq=2 time=.*\n"
                          "2 packets transmitted, 2 received$",
    "ping -c 1 localhost": "^1 packets transmitted, 1 received$",
    "arp": r"^10\.0\.0\.1 +52:55:0a:00:00:01  et1$",
    "nslookup unishyper": r"^unishyper 10\.0\.0\.2$",
    "netstat": "^KIND +LOCAL +REMOTE +STATE$",
    "ls /proc": r"\]:- 0\tmeminfo\n\[[ \d]+\]:d 0\tnet\n\[",
    "cd /proc/net; pwd; ls; cat ../version; cd ..; pwd":
        r"^/proc/net\n\[.*\n\[ 0\]:- 0\tarp\n(\[.*\n)+Unishyper .*\n/proc$",
    "cat /proc/net/route": r"^10\.0\.0\.0 +- +255\.255\.255\.0 +et1$",
    "greet": "^Hello, world!$",
    "run greet me": "^Hello, me!$",
    "greet & sleep 0.1": "^Hello, world!$",
    "echo a;;echo b # c": r"^a\nb$",
}
# All that are in an image with files, a disk and the network.
COMMANDS = """arp cat cd cp cpu date devices devmem df dmesg drivers echo env exit free help hexdump
ifconfig irq kill log ls mkdir mount mv netstat nslookup ping poweroff ps pwd reboot rm rmdir route
run sleep stacks sync time top touch umount uname uptime version watch wget""".split()
GOOD.update({f"help {name}": rf"^{name} .*\n  [^ \n]" for name in COMMANDS})
GOOD.update({f"{name} --help": rf"^{name} .*\n  [^ \n]" for name in ("ps", "watch", "exit")})
# A register that keeps what is written to it, its width, some RAM, and where nothing is.
PLACES = {
    "aarch64": "REGISTER=0x09000028 WIDTH=32 RAM=0x40080038 NOWHERE=0x0b000000",
    "x86_64": "REGISTER=0xfec00000 WIDTH=32 RAM=0x200000 NOWHERE=0x7ffffffffffffff8",
    "riscv64": "REGISTER=0x10000007 WIDTH=8 RAM=0x80200038 NOWHERE=0x0b000000",
}
BAD = {
    "nonsense":
        (127, '^command not found: "nonsense", please input \\\'help\\\' for more info\\.$'),
    "hlep": (127, r"^Did you mean help\?$"),
    "help nothing": (1, "there is no command nothing"),
    "ls a b": (2, r"^usage: ls \[PATH\]$"),
    "ls /nothing": (1, "^ls: cannot access '/nothing'"),
    "cat": (2, r"^usage: cat FILE\.\.\.$"),
    "cat /nothing": (1, "^cat: /nothing: No such file or directory$"),
    "mkdir": (2, "^usage: mkdir"),
    "mkdir /proc": (1, "^mkdir: /proc: File exists$"),
    "rmdir /nothing": (1, "^rmdir: /nothing: "),
    "rm": (2, "^usage: rm"),
    "rm -r": (2, "^usage: rm"),
    "rm /nothing": (1, "^rm: /nothing: "),
    "rm -r /": (1, "^rm: /: "),
    "rm -r /proc": (1, "^rm: /proc: Resource busy$"),
    "rm -r /dev/fd": (1, "^rm: /dev/fd: "),
    "rmdir /dev/fd": (1, "^rmdir: /dev/fd: Directory not empty$"),
    "cp /tmp": (2, "^usage: cp"),
    "cp /nothing /tmp": (1, "^cp: /nothing"),
    "cp /proc/version /proc/version": (1, "same file"),
    "mv /nothing /tmp": (1, "^mv: /nothing"),
    "touch /proc/x/y": (1, "^touch: "),
    "cd /nothing": (1, "^cd: /nothing: "),
    "pwd x": (2, "^usage: pwd$"),
    "hexdump /tmp": (1, "^hexdump: /tmp: Is a directory$"),
    "df /nothing": (1, "^df: /nothing"),
    "kill": (2, "^usage: kill TID$"),
    "kill x": (2, r'^\[warning\] illegal argument in kill, please input \"help\"'),
    "kill 9999": (1, "^kill: thread 9999: No such process$"),
    "run": (2, "^usage: run"),
    "run 9999": (1, "^run: thread 9999: No such process$"),
    "run nothing": (127, "there is no program nothing"),
    "sleep": (2, "^usage: sleep SECONDS$"),
    "sleep x": (2, "^usage: sleep"),
    "sleep -1": (2, "^usage: sleep"),
    "log": (2, "^usage: log"),
    "log loud": (2, "levels are off error"),
    "log nothing debug": (2, "levels are"),
    "env x": (2, "^usage: env"),
    "top x": (2, "^usage: top"),
    "watch 1": (2, "^usage: watch"),
    "time": (2, "^usage: time"),
    "exit 256": (2, "^usage: exit"),
    "exit x": (2, "^usage: exit"),
    "uptime x": (2, "^usage: uptime$"),
    "date x": (2, "^usage: date$"),
    "sync x": (2, "^usage: sync$"),
    "echo 'x": (2, "a quote is open"),
    "echo x >": (2, "a file's name is missing"),
    "> x": (2, "a command is missing"),
    "echo x > /proc/version": (1, "^echo: /proc/version: Permission denied$"),
    "echo x > /dev/full": (1, "^echo: /dev/full: No space left on device$"),
    "&": (2, "a command is missing"),
    "stacks x": (2, "^usage: stacks$"),
    "devmem": (2, "^usage: devmem"),
    "devmem x": (2, "^usage: devmem"),
    "devmem 0x1000 24": (2, "^usage: devmem"),
    "devmem 0x1000 8 256": (2, "^usage: devmem"),
    "devmem 0x1001 32": (1, "^devmem: 0x1001: that is no multiple of the width$"),
    "devmem $RAM": (1, "^devmem: 0x[0-9a-f]+: that is memory of the kernel"),
    "devmem 0x7ffffffffffffff8": (1, "^devmem: 0x7ffffffffffffff8: nothing answers there$"),
    "devmem $NOWHERE": (1, "^devmem: 0x[0-9a-f]+: nothing answers there$"),
    "devmem $NOWHERE 64 1": (1, "^devmem: 0x[0-9a-f]+: nothing answers there$"),
    "mount x": (2, "^usage: mount"),
    "mount vdz /tmp": (1, "^mount: there is no disk vdz"),
    "umount": (2, "^usage: umount DIR$"),
    "umount /tmp": (1, "^umount: /tmp: nothing is mounted there$"),
    "umount /proc": (1, "^umount: /proc: Resource busy$"),
    "umount /nothing": (1, "^umount: /nothing: No such file"),
    "ifconfig et9": (1, "^ifconfig: et9: there is no such device$"),
    "ifconfig et1 sideways": (2, "^usage: ifconfig"),
    "ifconfig et9 up": (1, "^ifconfig: et9 up: No such device$"),
    "ifconfig et1 10.0.0.2 netmask 255.0.255.0": (1, "Invalid argument$"),
    "route x": (2, "^usage: route"),
    "route default 1.2.3.4": (1, "^route: default 1.2.3.4: Network unreachable$"),
    "arp x": (2, "^usage: arp$"),
    "netstat x": (2, "^usage: netstat$"),
    "ping": (2, "^usage: ping"),
    "ping -c 0 10.0.0.1": (2, "^usage: ping"),
    "ping -c 1 10.0.0.77": (1, "^1 packets transmitted, 0 received$"),
    "ping ::1": (1, "^ping: ::1: "),
    "nslookup": (2, "^usage: nslookup NAME$"),
    "nslookup 1.2.3.4.5.": (1, "^nslookup: "),
    "wget": (2, "^usage: wget"),
    "wget ftp://x/y": (2, "^usage: wget"),
    "wget http://localhost/": (1, "^wget: localhost: Connection refused$"),
    "greet a b": (2, r"^usage: greet \[NAME\]$"),
    "echo " + "x" * 1100: (2, "longer than 1023 bytes: nothing was run"),
    "echo " + "x" * 65536: (2, "longer than 1023 bytes: nothing was run"),
    "echo " + "x " * 100: (2, "too many words"),
    "\udcff\udcfe\udc80": (127, "^command not found: "),
    "null": (139, "^null: ended by a fault$"),
    "overflow": (139, "^overflow: ended by a fault$"),
    "null > /tmp/out": (139, "^null: ended by a fault$"),
}


BAD.update({f"{name} surplus": (2, f"^usage: {name}$") for name in (
    "cpu", "devices", "dmesg", "drivers", "free", "irq", "poweroff", "ps", "reboot", "uname",
    "version")})


def test_commands(ctx):
    """Each command used well, in one boot: its output stands between two marks."""
    text = f"env {PLACES[ctx.arch]}\n"
    text += "".join(f"echo ~~{i}~~; cd /\n{command}\n" for i, command in enumerate(GOOD))
    result = lines(ctx, text + "exit 0\n")
    ctx.status(result, 0)
    parts = result.out.split("~~")
    for i, (command, pattern) in enumerate(GOOD.items()):
        ctx.matches(parts[2 + 2 * i], pattern, f"the output of '{command}'")


def test_misuse(ctx):
    text = f"env {PLACES[ctx.arch]}\n"
    text += "".join(f"echo ~~{i}~~\n{command}\necho status $?\n" for i, command in enumerate(BAD))
    result = lines(ctx, text + "exit 0\n")
    ctx.status(result, 0)
    parts = result.out.split("~~")
    for i, (command, (status, pattern)) in enumerate(BAD.items()):
        ctx.matches(parts[2 + 2 * i], pattern, f"the output of '{command}'")
        ctx.matches(parts[2 + 2 * i], rf"^status {status}$", f"the status of '{command}'")


@cases(("exit", "exit 7", 7), ("last", "ls /nothing", 1), ("end", "echo x", 0))
def test_autorun(ctx, case):
    _, commands, status = case
    result = ctx.boot(ctx.build("tests/shell"), bootargs=f'autorun="echo begin; {commands}"')
    ctx.status(result, status)
    ctx.matches(result.out, r"^begin$", "the output")


def test_mount(ctx):
    """A disk goes and comes, read only and not; what is in use stays."""
    folder = os.path.dirname(ctx.file("from/note", "on the disk\n"))
    disk = ctx.disk("16M", folder)
    result = lines(ctx, """cd /fatfs; cat note; umount /fatfs; cd /; umount /fatfs
ls /fatfs; mkdir /m
mount -r vda /m; mount; cat /m/note; touch /m/new; mount vda /fatfs; umount /m
mount vda /m; echo more >> /m/note; umount /m; mount /dev/vda /fatfs; cat /fatfs/note
mount vda /fatfs/note; cd /fatfs; touch x; umount /fatfs; cd /; umount /fatfs; mount
exit 0
""", disk=disk)
    ctx.status(result, 0)
    out = result.out[result.out.index("on the disk"):]
    ctx.matches(out, r"""^on the disk
umount: /fatfs: Resource busy
\[  \]:\[T\] \[size\]\t\[name\]
(memory .*\n)*vda +vfat +/m +ro
on the disk
touch: /m/new: Read-only file system
mount: vda: Resource busy
on the disk
more
mount: /fatfs/note: Not a directory
umount: /fatfs: Resource busy
(memory .*\n)*\Z""", "the output")
    result = lines(ctx, "cat /fatfs/note; ls /fatfs\nexit 0\n", disk=disk)
    ctx.matches(result.out, r"on the disk\nmore\n(.*\n)*\[ \d\]:- 0\tx$", "the disk afterwards")
    ctx.check("repair" not in result.err, "the disk was left clean")


def test_wget(ctx):
    """A page of a server of this computer."""
    class Page(http.server.BaseHTTPRequestHandler):
        """Answers /page, and nothing else."""

        def do_GET(self):  # pylint: disable=invalid-name
            if self.path != "/page":
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 100000 + b"end\n")

        def log_message(self, *_):  # pylint: disable=arguments-differ
            pass
    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://10.0.0.1:{server.server_port}"
        result = lines(ctx, f"cd /tmp; wget {url}/page; ls; wget -O - {url}/page\n"
                       f"wget {url}/none\n")
        server.shutdown()
    ctx.status(result, 1)
    ctx.matches(result.out, r"^100004 bytes$", "the output")
    ctx.matches(result.out, r"^\[ \d\]:- 100004\tpage$", "the folder")
    ctx.matches(result.out, "^x{100000}end$", "the page")
    ctx.matches(result.out, "^wget: 10.0.0.1: the server answers 404$", "the output")


def test_reboot(ctx):
    """It really does: the emulator, which is told not to, ends without a status."""
    result = ctx.boot(ctx.build("tests/shell"), bootargs='autorun="echo begin; reboot; echo still"')
    ctx.status(result, 127)
    ctx.equal(result.out.count("still"), 0, "lines printed after it")
    ctx.matches(result.out, "^begin$", "the output")


def test_end_of_input(ctx):
    ctx.status(lines(ctx, "ls /nothing"), 1)
    ctx.status(lines(ctx, ""), 0)


def test_keys(ctx):
    """Movement, history, completion and the end of the file."""
    console = terminal(ctx, smp=4)
    console.send("ecko one\x01\x1b[C\x1b[C\x1b[3~h\x05 two\r")
    console.expect("\none two\r?\n")
    console.send("\x1b[A three\r")
    console.expect("\none two three\r?\n")
    console.send("\x12two\r")
    console.expect("\none two three\r?\n")
    console.send("gr\t'x you\x17the \x19'\r")
    console.expect("\nHello, x the you!")
    console.send("cat /pr\tvers\t\r")
    console.expect("\nUnishyper .* for qemu")
    console.send("echo gr\xfc\xdfe \x15echo €uro\x7f\x7f\x7f\x7f!\r")
    console.expect("\n!\r?\n")
    console.send("exit 55\x02\x7f\r")
    ctx.equal(console.wait(), 5, "the status")
    ctx.equal(console.mode(), console.before, "the terminal's mode")


# Keys, and what the line they make prints.
EDITED = (
    ("echo one two three\x1bb\x1bbX\x1bfY\r", "one XtwoY three"),
    ("echo one two\x1b[1;5DX\x1b[1;5C!\r", "one Xtwo!"),
    ("echo abc def\x17ghi\r", "abc ghi"),
    ("zzz\x1b[Hecho \x1b[F yy\r", "zzz yy"),
    ("echo ab\x14\r", "ba"),
    ("echo once\x01\x0b\x19\r", "once"),
    ("\x10\x10\x0e!\r", "once!"),
    ("echo x\x1b[D\x04y\r", "y"),
    ("echo a b c\x1bb\x1bb\x1bd\r", "a c"),
    ("echo 1\x1b[Cx\x02\x06\x0c2\r", "1x2"),
    ("help hel\t\r", "help .COMMAND.\r?\n  list the commands, or explain one"),
)


def test_more_keys(ctx):
    """Words, cutting, swapping, the history's keys; another width; both ends of what is unusual."""
    console = terminal(ctx)
    for keys, printed in EDITED:
        console.send(keys)
        console.expect(f"\n{printed}\r?\n")
    console.send("\x1b[1;40R" + "a" * 60 + "\x0c")
    console.expect(f"{PROMPT}a{{10,30}}\x1b\\[K")
    console.send("\x1b[1;100R\x0c")
    console.expect(f"{PROMPT}a{{60}}\x1b\\[K")
    console.send(b"\x15echo \xff\xfe\x80\xe2\x9c \r")
    console.expect(PROMPT)
    console.send("null\r")
    console.expect("\nnull: ended by a fault\r?\n")
    console.send("e" * 1200 + "\r")
    console.expect("nothing was run\r?\n")
    console.send("exit 4\r")
    ctx.equal(console.wait(), 4, "the status")


def test_dumb(ctx):
    """A terminal that knows no movements: a plain prompt, the kernel's line editing."""
    console = ctx.console(ctx.build("tests/shell"), terminal=True, appenv="TERM=dumb")
    console.expect("SHELL> ")
    console.send("echo pix\x7flain\r")
    console.expect("\npilain\r?\n")
    console.send("echo it begins; sleep 1000\r")
    console.expect("\nit begins\r?\n")
    time.sleep(0.5)
    console.send("\x03")
    console.expect("SHELL> ")
    console.send("exit 6\r")
    ctx.equal(console.wait(), 6, "the status")
    ctx.check(b"\x1b" not in console.all, "no escape sequences")


def test_interrupt(ctx):
    """^C gives up a line and ends a command; three of them end the machine."""
    console = terminal(ctx)
    console.send("sleep 1000\x03")
    console.expect(r"\^C")
    console.expect(PROMPT)
    console.send("echo it begins; sleep 1000\r")
    console.expect("\nit begins\r?\n")
    time.sleep(0.5)
    console.send("\x03")
    console.expect(PROMPT)
    console.send("echo $?\r")
    console.expect("\n130\r?\n")
    console.send("watch 0.01 echo again\r")
    console.expect("again")
    time.sleep(0.5)
    console.send("\x03")
    console.expect(PROMPT)
    console.send("\x04")
    ctx.equal(console.wait(), 130, "the status")


NO_FILES = r'^\[warning\] file system is not supported, please enable "fs" feature\.$'


def test_without_files(ctx):
    """A program that names no file has a terminal without: the rest works, ^C and kill too."""
    image = ctx.build("tests/bench/prompt")
    refused = "cat cd cp devmem df hexdump ls mkdir mount mv pwd rm rmdir sync touch umount".split()
    facts = "cpu devices dmesg drivers free irq ps stacks top version uptime".split()
    text = "".join(f"{name} x\necho {name} $?\n" for name in refused)
    text += "echo x > y\necho to $?\n" + "".join(f"{name}\n" for name in facts).replace(
        "top", "top 1") + "help\nlog loud\necho log $?\nsleep 1000 &\nkill 102\nsleep 1\n" \
        "kill 102\nexit 5\n"
    result = ctx.boot(image, stdin=text.encode())
    ctx.status(result, 5)
    ctx.equal(len(re.findall(NO_FILES, result.out, re.M)), len(refused) + 1, "the warnings")
    for name in refused + ["to"]:
        ctx.matches(result.out, f"^{name} 1$", "a status")
        ctx.check(f"  {name} " not in result.out, f"help lists {name}")
    for pattern in ("^0: ", "^DEVICE +DRIVER$", r"\[boot\] Unishyper", "^psci|^apic|^sbi|^[a-z]",
                    r"^free:  \d+ Bytes", "^ LINE +COUNT NAME$", r'Running\tUSER\t8\t.*"terminal"$',
                    r'6\d{4} +\d{4,5} "terminal"$', r"^ +\d+\.\d +\d+ +8 +\d+ terminal$",
                    "^Unishyper .* for qemu on ", "^up 0 days", "^  ps +list the threads$",
                    "^log 2$"):
        ctx.matches(result.out, pattern, "the output")
    ctx.equal(len(re.findall("^kill: thread 102: No such process$", result.out, re.M)), 1,
              "the second kill")
    console = ctx.console(image, terminal=True)
    console.expect("No FS support")
    console.expect(PROMPT)
    console.send("watch 0.01 echo again\r")
    console.expect("again\r?\n")
    console.send("\x03")
    console.expect(PROMPT)
    console.send("echo $?\r")
    console.expect("\n130\r?\n")
    console.send("exit 6\r")
    ctx.equal(console.wait(), 6, "the status")


def test_given_up(ctx):
    console = terminal(ctx)
    console.send("\x03\x03\x03")
    ctx.equal(console.wait(), -signal.SIGINT, "the status")
    ctx.equal(console.mode(), console.before, "the terminal's mode")


class Client:
    """A telnet or nc of this computer."""
    IAC, ECHO, GO_AHEAD, SIZE = 255, 1, 3, 31

    def __init__(self, server, port, telnet, refused=False):
        def connect():
            socket_ = socket.create_connection(("127.0.0.1", port), timeout=60)
            # The emulator takes connections before the machine does, and ends them then.
            first = socket_.recv(1)
            if not first or (first == b"A") != refused:
                socket_.close()
                raise OSError("nobody is there, or all are in use")
            return socket_, first
        self.socket, self.bytes = server.until(connect)
        self.seen = b""
        if telnet:
            self.socket.sendall(bytes((self.IAC, 253, self.ECHO, self.IAC, 253, self.GO_AHEAD,
                                       self.IAC, 251, self.SIZE,
                                       self.IAC, 250, self.SIZE, 0, 60, 0, 20, self.IAC, 240)))

    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def expect(self, pattern):
        """All up to and with a match, which is taken away."""
        while True:
            found = re.search(pattern.encode(), self.bytes)
            if found:
                text, self.bytes = self.bytes[:found.end()], self.bytes[found.end():]
                return text
            more = self.socket.recv(4096)
            if not more:
                raise Failure(f"the connection ended before {pattern!r}: {self.bytes!r}")
            self.bytes += more
            self.seen += more

    def ended(self):
        """What still came until the other side closed."""
        while True:
            more = self.socket.recv(4096)
            if not more:
                self.socket.close()
                return self.bytes
            self.bytes += more

    def login(self, word="secret"):
        self.expect("Password: ")
        self.send(word + "\r\n")
        return self


@cases(1, 4)
def test_remote(ctx, smp):
    """telnet and nc, a wrong password, too many sessions, ^C, a fault, the end."""
    port = free_port()
    with Server(ctx, ctx.build("tests/shell"), smp=smp, ports=f"{port}:23",
                bootargs="SHELL_PASSWORD=secret", stdin=b"watch 0.2 sync\n") as server:
        one = Client(server, port, True).login("wrong").login("secre").login()
        one.expect(PROMPT)
        ctx.check(b"secre" not in one.seen and one.seen.count(b"not the password") == 2,
                  "two were wrong, and none was shown")
        one.send("ecko\x1b[D\x7fh\x05 a b\r\n")
        one.expect("\r\na b\r\n")
        one.send("cat /proc/vers\t\r\0")
        one.expect("\r\nUnishyper .*\r\n")
        two = Client(server, port, False).login()
        two.expect("SHELL> ")
        two.send("echo $?; null; echo $?\n")
        two.expect("null: ended by a fault\r\nSHELL> ")
        two.send("overflow\necho $?; cd /tmp\n")
        two.expect("139\r\nSHELL> ")
        one.send("echo it begins; sleep 1000\r\n")
        one.expect("\nit begins\r\n")
        time.sleep(0.5)
        one.send(b"\x03")
        one.expect(PROMPT)
        one.send("watch 0.01 echo again; echo not\r\n")
        one.expect("2Jagain")
        one.send(bytes((255, 244)))
        one.expect(PROMPT)
        one.send("echo $?; pwd\r\n")
        one.expect("130\r\n/tmp\r\n")
        more = [Client(server, port, False) for _ in range(2)]
        ctx.check(b"in use" in Client(server, port, False, True).ended(), "the fifth is refused")
        for client in more:
            client.socket.close()
        three = Client(server, port, False)
        for _ in range(3):
            three.login("x" * 300)
        three.ended()
        two.send("exit 3\n")
        two.ended()
        one.send("echo \xff\xff; ps; exit\r\n".encode("latin-1"))
        ctx.check(b'"remote-input"' in one.ended(), "the threads of a connection")
        last = Client(server, port, False).login()
        last.expect("SHELL> ")
        for _ in range(200):
            last.send("ps\n")
            left = last.expect("SHELL> ").count(b'"remote"')
            if left == 1:
                break
            time.sleep(0.1)
        ctx.equal(left, 1, "sessions that are left")
        last.send("exit\n")
        last.ended()
        last = Client(server, port, True).login()
        last.send("poweroff\r\n")
    ctx.status(server.result, 0)


def test_remote_off(ctx):
    """Nobody listens without a password."""
    port = free_port()
    with Server(ctx, ctx.build("tests/shell"), ports=f"{port}:23", bootargs="SHELL_PASSWORD=",
                stdin=b"netstat; sleep 2; exit 0\n") as server:
        with server.until(lambda: socket.create_connection(("127.0.0.1", port), 60)) as client:
            try:
                ctx.equal(client.recv(100), b"", "what came")
            except ConnectionResetError:
                pass
    ctx.status(server.result, 0)
    ctx.check(":23" not in server.result.out, "nobody listens")
