# SPDX-License-Identifier: BSD-2-Clause
"""Bad input ends in one clear sentence and a status that is not 0, and never hangs."""
import os
import re
import struct

from runner import fdt

from lib import boot
from lib.context import arches, cases, once

MAKE = (
    ("arch", ["ARCH=mips", "run"], r"ARCH=mips is unknown; allowed: .*aarch64.*x86_64.*riscv64"),
    *((f"arch_{goal}", ["ARCH=mips", goal], "ARCH=mips is unknown; allowed: aarch64 x86_64 riscv64")
      for goal in ("bench", "test", "soak", "conformance", "unit", "net_server", "latency")),
    ("row", ["ROW=nosuch", "bench"], r"ROW=nosuch is unknown; allowed: hello_bytes "),
    ("machine", ["MACHINE=nosuch", "run"], r"MACHINE=nosuch is unknown; allowed: .*qemu"),
    ("app", ["APP=nosuch", "run"], r"APP=nosuch .*hello_world"),
    ("app_path", ["APP=/nonexistent/folder", "run"], r"APP=/nonexistent/folder "),
    ("app_blanks", ["APP=/nonexistent/a folder", "run"], r"APP=.*must not hold blanks"),
    ("app_dot", ["APP=.", "run"], r"the folder \. holds no C file"),
    ("app_bin", ["APP=hello_world", "APP_BIN=nosuch", "run"], r"APP_BIN=nosuch is unknown"),
    ("log", ["LOG=loud", "run"], r"LOG=loud is unknown; allowed: .*off.*error.*trace"),
    ("profile", ["PROFILE=fast", "run"], r"PROFILE=fast is unknown; allowed: .*release.*debug"),
    ("bus", ["BUS=isa", "run"], r"BUS=isa is unknown; allowed: .*mmio.*pci"),
    ("kvm", ["KVM=perhaps", "run"], r"KVM=perhaps is unknown; allowed: "),
    ("unit", ["UNIT=nosuch", "unit"], r"UNIT=nosuch is unknown; allowed: .*fdt"),
    ("target", ["nosuch"], r"No rule to make target 'nosuch'"),
    ("smp", ["SMP=9", "run"], r"SMP=9.*1 to 8 CPUs"),
    ("smp_zero", ["SMP=0", "run"], r"SMP=0.*1 to 8 CPUs"),
    ("smp_word", ["SMP=many", "run"], r"^uni: SMP=many: 1 to 8 CPUs"),
    ("mem", ["MEM=lots", "run"], r"MEM=lots .*memory size"),
    ("mem_little", ["MEM=1M", "run"], r"MEM=1M is too little memory"),
    ("qemu_machine", ["QEMU_MACHINE=nosuch", "run"], r"unsupported machine type"),
    ("qemu_cpu", ["QEMU_CPU=nosuch", "run"], r"nosuch"),
    ("appenv", ["APPENV=novalue", "run"], r"APPENV: 'novalue' is not of the form NAME=value"),
)


@once
@cases(*MAKE)
def test_make(ctx, case):
    _, words, pattern = case
    ctx.build("hello_world")
    result = ctx.make(*words, timeout=300)
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.out, pattern, "the output")
    ctx.check(len(result.out.splitlines()) <= 14, "more than a few lines")


def failing_app(ctx, name, text):
    """Runs make on a folder with one C file; Result."""
    path = ctx.file(f"{name}/main.c", text)
    return ctx.make(f"APP={os.path.dirname(path)}", "run")


@once
def test_app_without_main(ctx):
    result = failing_app(ctx, "t_no_main", "int helper(void) { return 1; }\n")
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.out, r"\bt_no_main\b.*\bmain\b", "the output")


@once
def test_app_that_does_not_compile(ctx):
    result = failing_app(ctx, "t_no_compile", "int main(void) { return nosuch; }\n")
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.out, r"main\.c:1:\d+: error: .*nosuch", "the output")


@once
def test_app_with_missing_function(ctx):
    result = failing_app(ctx, "t_no_function",
                         "int nosuch(void);\nint main(void) { return nosuch(); }\n")
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.out, r"nosuch", "the output")


@once
def test_app_of_several_programs(ctx):
    path = ctx.file("t_two/one.c", "int main(void) { return 1; }\n")
    ctx.file("t_two/two.c", "int main(void) { return 2; }\n")
    result = ctx.make(f"APP={os.path.dirname(path)}", "run")
    ctx.matches(result.out, r"several functions main: .*app\.mk \(BINS = one two\)", "the output")


@once
@cases(("srcs", "SRCS = no.c", "name what is not there: .*/no.c"),
       ("pattern", "SRCS = sub/*.c", r"name what is not there: .*/sub/\*\.c"),
       ("libs", "LIBS = no.a", "name what is not there: .*/no.a"),
       ("deps", "DEPS = nosuch", "DEPS=nosuch is unknown; allowed: .*lua"),
       ("bins", "BINS = nosuch", "BINS names nosuch, but"),
       ("rootfs", "ROOTFS = nosuch", "ROOTFS=nosuch is not there"),
       ("option", "FS = perhaps", "FS=perhaps is unknown; allowed: y n"),
       ("mem", "MEM = lots", "MEM=lots is not a memory size"))
def test_app_mk(ctx, case):
    path = ctx.file("t_mk/main.c", "int main(void) { return 0; }\n")
    ctx.file("t_mk/app.mk", case[1] + "\n")
    result = ctx.make(f"APP={os.path.dirname(path)}", "run")
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.out, case[2], "the output")


@once
def test_app_of_an_empty_folder(ctx):
    folder = os.path.dirname(ctx.file("t_empty/readme.txt", "nothing\n"))
    result = ctx.make(f"APP={folder}", "run")
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.out, r"t_empty.*holds no C file", "the output")


@once
@cases("log=loud", "log.sched=loud", "tty=perhaps", "nosuch=1", '"unfinished', "env.=x", "lastly\\")
def test_bootargs(ctx, words):
    result = ctx.boot(ctx.build("hello_world"), bootargs=words)
    ctx.status(result, 2)
    ctx.matches(result.err, r"^uni: BOOTARGS: .*", "standard error")
    ctx.equal(len(result.err.splitlines()), 1, "the number of lines")


def test_kernel_refuses_an_unfinished_line(ctx):
    """Past the runner's check: the image started by plain QEMU."""
    words = ctx.run(boot.PYTHON, boot.RUNNER, "--arch", ctx.arch, "--image",
                    ctx.build("hello_world"), "--print").out
    words = [eval(word) for word in re.findall(r"'[^']*'", words)]  # pylint: disable=eval-used
    words[words.index("-append") + 1] = 'logto=ctl "unfinished'
    words = [word.replace("path=/dev/null", "path=/dev/stderr") for word in words]
    result = ctx.run(*words, timeout=60)
    ctx.check(result.status is not None, "it hangs")
    ctx.matches(result.err, r"^stop .*|^exit [1-9]", "the control channel")


def test_little_memory(ctx):
    """From the image's size up: a sentence about memory each time, then it runs."""
    image = ctx.build("hello_world")
    sizes = [1024 + 128 * n for n in range(12)] if ctx.arch != "riscv64" else \
        [2048 + 256 * n for n in range(16)]
    worked = False
    for kib in sizes:
        result = ctx.boot(image, mem=f"{kib}K", log="error", timeout=60)
        if result.status == 0:
            worked = True
            ctx.equal(result.stdout, b"Hello from Unishyper\n", "standard output")
            continue
        ctx.check(not worked, f"{kib} KiB fail, but less was enough")
        ctx.matches(result.err, "(?i)memory|size|device tree|dtb", "standard error")
    ctx.check(worked, f"not even {sizes[-1]} KiB are enough")


@cases("nonsense", "cut", "magic", "name_size", "file_size")
def test_corrupt_initrd(ctx, how):
    """An archive from the boot loader that is no archive, or ends too early."""
    entry = (b"070701" + b"%08x" * 13 % (1, 0o100644, 0, 0, 1, 0, 5, 0, 0, 0, 0, 6, 0) +
             b"hello\0")
    entry += bytes(-len(entry) % 4) + b"12345" + bytes(3)
    data = {"nonsense": bytes(range(256)) * 8,
            "cut": entry[:60],
            "magic": b"070799" + entry[6:],
            "name_size": entry[:94] + b"ffffffff" + entry[102:],
            "file_size": entry[:54] + b"7fffffff" + entry[62:]}[how]
    result = ctx.boot(ctx.build("cat"), "/hello", initrd=ctx.file("initrd", data))
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.err, "(?i)initrd|archive", "standard error")


def test_corrupt_initrd_in_the_image(ctx):
    """The archive that the build linked in, damaged afterwards."""
    with open(ctx.build("lua"), "rb") as file:
        data = bytearray(file.read())
    at = data.find(b"070701")
    ctx.check(at >= 0, "the image holds no archive")
    data[at:at + 6] = b"XXXXXX"
    elf = ctx.build("lua")[:-4] + ".elf"
    result = ctx.boot(ctx.file("lua.img", bytes(data)), "main.lua", elf=elf)
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.err, "(?i)initrd|archive", "standard error")


def tree_of(ctx):
    """The device tree QEMU makes for the processor's virt machine."""
    path = os.path.join(ctx.folder(), "virt.dtb")
    ctx.run(f"qemu-system-{ctx.arch}", "-M", f"virt,dumpdtb={path}", "-m", "64M",
            "-display", "none")
    with open(path, "rb") as file:
        return file.read()


@arches("aarch64", "riscv64")
@cases("nonsense", "magic", "total_size", "struct_offset", "strings_offset", "token", "depth",
       "property_length", "cut", "zeros")
def test_corrupt_device_tree(ctx, how):
    """Given to the guest unchanged; the kernel says so on the control channel."""
    tree = bytearray(tree_of(ctx))
    structs = struct.unpack_from(">I", tree, 8)[0]
    if how == "nonsense":
        tree = bytearray(range(256)) * 16
    elif how == "magic":
        tree[0] ^= 1
    elif how == "total_size":
        tree[4:8] = b"\0\0\0\x10"
    elif how == "struct_offset":
        tree[8:12] = b"\x7f\xff\xff\xf0"
    elif how == "strings_offset":
        tree[12:16] = b"\x7f\xff\xff\xf0"
    elif how == "token":
        tree[structs:structs + 4] = b"\0\0\0\x77"
    elif how == "depth":
        tree[structs:] = b"\0\0\0\1a\0\0\0" * ((len(tree) - structs) // 8)
    elif how == "property_length":
        at = tree.find(b"\0\0\0\3", structs)
        tree[at + 4:at + 8] = b"\xff\xff\xff\xf0"
    elif how == "cut":
        tree = tree[:structs + 40]
    else:
        tree[40:] = bytes(len(tree) - 40)
    result = ctx.boot(ctx.build("hello_world"), dtb_raw=ctx.file("bad.dtb", bytes(tree)),
                      timeout=60)
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.err, "(?i)device tree", "standard error")


@arches("aarch64", "riscv64")
def test_device_tree_that_qemu_refuses(ctx):
    result = ctx.boot(ctx.build("hello_world"), dtb=ctx.file("bad.dtb", b"not a tree" * 100))
    ctx.status(result, 126)
    ctx.check(result.err, "nothing was said")


@arches("aarch64", "riscv64")
def test_device_tree_of_the_user(ctx):
    """A good one works both ways."""
    tree = ctx.file("good.dtb", fdt.set_chosen(tree_of(ctx), {}))
    for way in ("dtb", "dtb_raw"):
        result = ctx.boot(ctx.build("hello_world"), **{way: tree})
        ctx.matches(result.out, "^Hello from Unishyper$", "standard output")


@arches("x86_64", "riscv64")
def test_more_cpus_than_supported(ctx):
    """Past the runner's check: the kernel says that it cannot, or what it leaves out."""
    result = ctx.boot(ctx.build("hello_world"), qemu_args="-smp 9")
    ctx.matches(result.err, r"(?i)\bCPUs?\b", "standard error")


@once
def test_missing_image(ctx):
    result = ctx.boot("/nonexistent.img")
    ctx.equal(result.err, "uni: image /nonexistent.img: no such file\n", "standard error")
    ctx.status(result, 2)


@once
def test_image_of_another_processor(ctx):
    image = ctx.build("hello_world", arch="x86_64")[:-4] + ".elf"
    result = ctx.boot(image)
    ctx.matches(result.err, "^uni: .* is not for aarch64$", "standard error")
    ctx.status(result, 2)


@once
def test_kvm_works_or_says_why(ctx):
    ctx.arch = "x86_64"
    result = ctx.boot(ctx.build("hello_world"), kvm=True)
    if result.status == 0:
        ctx.equal(result.stdout, b"Hello from Unishyper\n", "standard output")
        return
    ctx.status(result, 126)
    ctx.matches(result.err, "KVM", "standard error")


@once
def test_kvm_of_another_processor(ctx):
    for arch in ("aarch64", "riscv64"):
        if arch == os.uname().machine:
            continue
        ctx.arch = arch
        result = ctx.boot(ctx.build("hello_world"), kvm=True)
        ctx.matches(result.err, f"^uni: KVM=true: .*cannot run {arch}", "standard error")
        ctx.status(result, 126)


@once
def test_unreachable_package(ctx):
    """Fetching fails with the package's name, in a folder where nothing was fetched before."""
    folder = ctx.folder()
    result = ctx.make("ARCH=x86_64", f"O={folder}/out", "dependencies", timeout=120,
                      env={name: "http://127.0.0.1:9" for name in
                           ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")})
    ctx.check(result.status != 0, "it ended with status 0")
    ctx.matches(result.out, "(?i)musl", "the output")
