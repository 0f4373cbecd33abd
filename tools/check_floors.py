#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check that code looks down the stairs: includes, and the symbols that objects refer to.

    check_floors.py [--nm TOOL --objects FOLDER]

A file may include headers of its own floor and the floors below, through include/ alone, and its
own folder's private headers. An object may refer to symbols of its own floor and below, and to
the upcalls named here. The floors are those of docs/tour.md.
"""
import argparse
import os
import re
import subprocess
import sys

FLOORS = {"base": 0, "lib": 0, "arch": 1, "impl": 1, "kernel": 2, "mem": 2, "zone": 2, "fault": 2,
          "dev": 3, "fs": 4, "net": 4, "posix": 5}
# On no floor: layouts shared with somebody outside.
SHARED = {"abi"}
# Standard headers that hold constants and layouts, which kernel and program share.
PLAIN = re.compile(r"(std(arg|bool|def|int|noreturn)|limits|errno|string|fcntl|time|dirent|sched|"
                   r"signal|termios|poll|mqueue|unistd|elf|stdio|stdlib|"
                   r"sys/(stat|types|mman|uio|time|ioctl|utsname|sysinfo|syscall|random|resource|"
                   r"mount|reboot|statvfs|statfs|sysmacros|times|file|prctl|membarrier|auxv|"
                   r"wait|epoll|eventfd|timerfd|signalfd|socket|un)|"
                   r"netinet/(in|tcp)|net/if)\.h")
# Libraries, each behind the folder that includes it: FAT (as a whole), TCP/IP.
LIBRARY = {"fs": re.compile(r"ff\.[ch]|ffunicode\.c|diskio\.h"),
           "net": re.compile(r"(lwip|netif)/.*\.h|lwip/.*/ip[46]_frag\.c")}
# Files that see every floor, and why.
ROOF = {
    "kernel/main.c",        # the table of the boot order
    "kernel/boot_fdt.c",    # discovery: describes what it finds to the drivers' floor
}
# What the ground floor may see of the floors above: the layouts it shares with them and the
# prototypes of the upcalls below; from dev/ only what is all inline or data.
SEEN_FROM_ARCH = re.compile(
    r"(kernel/(offsets|cpu|thread|panic|log|irq|timer|clock|boot|spinlock|tlb)|"
    r"mem/(boot_map|kstack|pagetable|linear|user)|dev/(device|mmio))\.h")
SEEN_FROM = {"kernel/trap.c": {"posix/process.h"}}
# Symbols of a higher floor that a lower one may name.
UPCALLS = {
    # Boot: the first tables, the first thread, the way up.
    "boot_map", "boot_map_physical", "boot_info", "boot_add_ram", "boot_add_reserved",
    "boot_add_cpu", "boot_set_line", "boot_set_initrd", "boot_add_device", "cpu_boot",
    "thread_init_boot", "kmain", "cpu_secondary_main", "thread_entry",
    # Traps, system calls, interrupts, faults.
    "trap_fault", "trap_exit", "trap_irq", "syscall_exit_work", "panic_fault", "panic",
    "process_thread_faulted", "user_peek", "timer_interrupt", "user_copy_in", "user_copy_out",
    "signal_syscall_exit",
    # A processor's own devices: its timer and its interrupt controller.
    "irq_attach", "irq_controller", "device_property_string", "clock_reference_rate",
    "clock_reference_watch", "clock_monotonic_ns", "boot_discover_fdt", "pc_discover",
    # Other CPUs: starting them, telling them to flush.
    "cpu_self", "cpu_count", "cpu_call_others", "cpu_ipi", "linear_map_device",
    "tlb_change", "tlb_await", "tlb_idle_begin", "tlb_idle_end",
    "linear_physical_of", "pagetable_map", "pagetable_unmap", "pagetable_query",
    # Said from everywhere.
    "log_raw", "log_write",
    # Put in by the compiler.
    "memcpy", "memmove", "memset", "memcmp", "__stack_chk_fail", "__stack_chk_guard",
}
INCLUDE = re.compile(r'^\s*#\s*include(?:_next)?\s*([<"])([^>"]+)[>"]')
FOLDERS = ("arch", "lib", "kernel", "mem", "zone", "fault", "dev", "fs", "net", "posix")


def floor_of(path):
    """The floor of a source file or of a header below include/, or None."""
    parts = path.split("/")
    return FLOORS.get(parts[1] if parts[0] == "include" and len(parts) > 2 else parts[0])


def sources():
    """All files of ours that the kernel is made of."""
    for top in FOLDERS + ("include",):
        for folder, _, names in os.walk(top):
            if folder.startswith("arch/host"):
                continue        # the contract as a Linux process, for tests
            for name in sorted(names):
                if name.endswith((".c", ".h", ".S")):
                    yield os.path.join(folder, name)


def application_side(path):
    """Compiled as an application: sees the C library."""
    return path.startswith(("posix/start/", "posix/libc/", "posix/native/", "posix/malloc/",
                            "posix/musl/", "include/unishyper/")) \
        or re.match(r"arch/\w+/app/", path)


def check_include(path, how, name):
    """What is wrong with an #include, or None."""
    if how == '"':
        near = os.path.normpath(os.path.join(os.path.dirname(path), name))
        if not os.path.exists(near):
            return f'"{name}" is not in its folder' if not application_side(path) else None
        return None if near.split("/")[0] == path.split("/")[0] else \
            f'"{name}" leaves the folder: headers for others stand in include/'
    first = name.split("/")[0]
    if first in SHARED or application_side(path):
        return None
    library = LIBRARY.get(path.split("/")[0])
    if library and library.fullmatch(name):
        return None
    if os.path.exists("include/" + name) or first == "impl":
        target = FLOORS.get(first)
        if target is None:
            return f"<{name}> is for applications"
        mine = floor_of(path)
        seen = name in SEEN_FROM.get(path, ()) or \
            mine == FLOORS["arch"] and SEEN_FROM_ARCH.fullmatch(name)
        if path not in ROOF and mine is not None and target > mine and not seen:
            return f"<{name}> is on floor {target}, this file on floor {mine}"
        return None
    return None if PLAIN.fullmatch(name) or \
        "/" not in name and name.endswith((".stubs", ".S")) \
        else f"<{name}> is no header of ours and none of constants"


def check_includes():
    """Yields the sentences about includes and processor names in conditions."""
    for path in sources():
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                found = INCLUDE.match(line)
                wrong = found and check_include(path, found[1], found[2])
                if wrong:
                    yield f"{path}:{number}: {wrong}"


def symbols(nm_tool, objects):
    """({symbol: object that defines it}, {object: symbols it refers to})"""
    defined, used = {}, {}
    text = subprocess.run([nm_tool, "-A", *objects], capture_output=True, text=True,
                          check=True).stdout
    for line in text.splitlines():
        place, _, rest = line.rpartition(".o:")
        words = rest.split()
        kind, name = words[-2:]
        if kind in "Uwv":
            used.setdefault(place, set()).add(name)
        elif kind.isupper():
            defined.setdefault(name, place)
    return defined, used


def check_symbols(nm_tool, folder):
    """Yields the sentences about references to a higher floor, or to nobody of the kernel."""
    objects = sorted(os.path.join(here, name) for here, _, names in os.walk(folder)
                     for name in names if name.endswith(".o"))
    defined, used = symbols(nm_tool, objects)
    for place in sorted(used):
        path = os.path.relpath(place, folder)
        mine = floor_of(path)
        if mine is None or path + ".c" in ROOF or path == "stubs":
            continue
        for name in sorted(used[place]):
            home = defined.get(name)
            if home is None:
                if not known_outside(name):
                    yield f"{path}.c refers to {name}, which is not the kernel's"
                continue
            other = os.path.relpath(home, folder)
            theirs = floor_of(other)
            if theirs is not None and theirs > mine and name not in UPCALLS:
                yield (f"{path}.c (floor {mine}) refers to {name} of {other} "
                       f"(floor {theirs})")


# Named by a file of all processors for the one that has it; never linked elsewhere.
ONE_PROCESSOR = {"arch_set_tp"}


def known_outside(name):
    """Symbols of the link script, of the start code and of the compiler's library."""
    return name in ONE_PROCESSOR or re.fullmatch(
        r"__(set|image|text|stubs|program_text|rodata|data|bss|boot|relr|initrd|tls|names)_\w+|"
        r"__(start|stop)_(inode_\w+|fs_types)|"
        r"__eh_frame_\w+|__\w+(di|ti|si)\d|uk_\w+|_GLOBAL_OFFSET_TABLE_|__pvh_\w+|"
        r"__clone|__syscall_cp_asm|kernel_tests_\w+|terminal_files|"
        r"_Unwind_\w+|__gcc_personality_v0|__riscv_save_\d+", name)


def main():
    """Print what is wrong; status 1 when anything is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--objects")
    options = parser.parse_args()
    wrong = list(check_includes())
    if options.objects:
        wrong += check_symbols(options.nm, options.objects)
    for sentence in wrong:
        print(sentence)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
