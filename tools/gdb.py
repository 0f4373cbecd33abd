# SPDX-License-Identifier: BSD-2-Clause
"""Commands for gdb that know the kernel: `uni` lists them. Loaded by `make gdb`, or by hand:

    gdb-multiarch -x tools/gdb.py build/…/hello_world.elf build/core

They read the kernel's own structures as the debug information describes them, in a running machine
and in a core file of `make core`.
"""
import contextlib

import gdb  # pylint: disable=import-error

STATES = ("new", "ready", "running", "blocked", "dead")
# What arch_switch() keeps on a kernel stack: registers in order, from which word on, its words.
SWITCH = {"aarch64": ([f"x{n}" for n in range(19, 31)], 0, 24, "x30"),
          "riscv": (["ra", *(f"s{n}" for n in range(12))], 0, 28, "ra"),
          "i386:x86-64": (["r15", "r14", "r13", "r12", "rbx", "rbp", "pc"], 1, 8, "pc")}


def value(expression):
    """An expression of C, as gdb sees it."""
    return gdb.parse_and_eval(expression)


def number(expression):
    """A number, however it is typed."""
    return int(expression if isinstance(expression, gdb.Value) else value(expression))


def static(file, name):
    """A static variable of a file of the kernel; an image without it has no such thing."""
    try:
        return value(f"'{file}'::{name}")
    except gdb.error:
        raise gdb.GdbError(f"no {name} of {file}: is the image the machine's, and has it this?") \
            from None


def words(address, count):
    """Memory as 64-bit words."""
    data = gdb.selected_inferior().read_memory(address, 8 * count).tobytes()
    return [int.from_bytes(data[8 * i:8 * i + 8], "little") for i in range(count)]


def symbol(address):
    """`name+4` or the bare number."""
    text = gdb.execute(f"info symbol {address:#x}", to_string=True)
    if text.startswith("No symbol"):
        return f"{address:#x}"
    return text.split(" in section")[0].replace(" + ", "+")


def members(head, kind, member):
    """The objects of a struct list."""
    kind = gdb.lookup_type(kind).pointer()
    offset = next(field.bitpos // 8 for field in kind.target().fields() if field.name == member)
    node = head["next"]
    while node and number(node) != number(head.address):
        yield gdb.Value(number(node) - offset).cast(kind)
        node = node["next"]


def cpus():
    """struct cpu * of each CPU that runs."""
    return [value(f"cpu_list[{index}]") for index in range(number("cpu_count"))]


def threads():
    """All threads, those that idle at the end."""
    found = list(members(static("thread.c", "threads"), "struct thread", "table_node"))
    return found + [cpu["idle"] for cpu in cpus()]


def title(thread):
    """`101 "name"`."""
    return f'{number(thread["id"])} "{thread["name"].string(errors="replace")}"'


def running(thread):
    """The index of the CPU that runs it, or None."""
    for cpu in cpus():
        if number(cpu["current"]) == number(thread):
            return number(cpu["index"])
    return None


def is_core():
    """A core file has a thread of gdb's for each of the kernel's; a machine one for each CPU."""
    return gdb.selected_inferior().connection is not None and \
        gdb.selected_inferior().connection.type == "core"


@contextlib.contextmanager
def seen_by(thread):
    """Within, gdb's registers are the thread's."""
    selected, cpu = gdb.selected_thread(), running(thread)
    mine = sorted(gdb.selected_inferior().threads(), key=lambda item: item.num)
    saved = {}
    try:
        if is_core():
            next(item for item in mine if number(thread["id"]) in item.ptid).switch()
        elif cpu is not None:
            mine[cpu].switch()
        else:
            names, first, count, back = SWITCH[gdb.selected_frame().architecture().name()
                                               .split(":rv")[0]]
            sp = number(thread["kernel_sp"])
            gdb.execute("frame 0", to_string=True)
            saved = {name: number(f"${name}") for name in [*names, "sp", "pc"]}
            kept = words(sp, count)[first:first + len(names)]
            for name, word in [*zip(names, kept), ("sp", sp + 8 * count)]:
                gdb.execute(f"set var ${name} = {word:#x}")
            gdb.execute(f"set var $pc = {kept[names.index(back)]:#x}")
        yield
    finally:
        gdb.execute("frame 0", to_string=True)
        for name, word in saved.items():
            gdb.execute(f"set var ${name} = {word:#x}")
        selected.switch()


class Group(gdb.Command):
    """The system's threads, locks, memory, log and interrupts: uni threads, uni locks, uni heap,
uni log, uni interrupts."""

    def __init__(self):
        super().__init__("uni", gdb.COMMAND_STATUS, prefix=True)

    def invoke(self, argument, _):
        raise gdb.GdbError(f'"{argument}": ' * bool(argument) +
                           "say uni threads, locks, heap, log or interrupts")


class Threads(gdb.Command):
    """Every thread of the kernel: uni threads [ID] [N]. With an ID (or all) its backtrace, too."""

    def __init__(self):
        super().__init__("uni threads", gdb.COMMAND_STATUS)

    def invoke(self, argument, _):
        wanted = argument.split()
        for thread in threads():
            if wanted and wanted[0] not in ("all", str(number(thread["id"]))):
                continue
            cpu = running(thread)
            where = f"cpu {cpu}" if cpu is not None else \
                symbol(number(thread["waiter"]["queue"])) if thread["waiter"]["queue"] else ""
            state = STATES[number(thread["state"])]
            if state == "running" and cpu is None:  # an idle thread whose CPU has other work
                state = "ready"
            print(f"{title(thread):24} {state:8} priority {number(thread['priority']):2} {where}"
                  .rstrip())
            if wanted:
                with seen_by(thread):
                    print(gdb.execute("bt " + " ".join(wanted[1:]), to_string=True))


class Locks(gdb.Command):
    """Locks that are held, who waits, and for whom."""

    def __init__(self):
        super().__init__("uni locks", gdb.COMMAND_STATUS)

    @staticmethod
    def variables(kind):
        """(name, value) of the kernel's variables of a type."""
        file = ""
        for line in gdb.execute(f'info variables -q -t "{kind}"', to_string=True).splitlines():
            if line.startswith("File "):
                file = line[5:].rstrip(":")
            elif line.endswith(";") and "[" not in line:
                name = line.rstrip(";").split()[-1].lstrip("*")
                with contextlib.suppress(gdb.error):
                    yield name, value(f"'{file}'::{name}")

    def invoke(self, argument, _):
        kind = gdb.lookup_type("struct thread").pointer()
        for name, lock in self.variables("struct spinlock"):
            if number(lock["held"]):
                print(f"spinlock {name} is held")
        for name, lock in self.variables("struct mutex"):
            owner = number(lock["owner"]) & ~7
            if owner:
                print(f"mutex {name} is held by {title(gdb.Value(owner).cast(kind))}")
        for thread in threads():
            queue = number(thread["waiter"]["queue"])
            if not queue:
                continue
            key = number(thread["waiter"]["key"])
            text = f"{title(thread)} waits in {symbol(queue)}"
            if key:
                text += f" for {symbol(key)}"
            if thread["holder"]:
                text += f", held by {title(thread['holder'])}"
            print(text)


class Heap(gdb.Command):
    """Memory: frames, the kernel's heap, the program's regions."""

    def __init__(self):
        super().__init__("uni heap", gdb.COMMAND_STATUS)

    def invoke(self, argument, _):
        print(f"frames: {number(static('frame.c', 'free_frames'))} of "
              f"{number(static('frame.c', 'total_frames'))} are free (4 KiB each)")
        print(f"kernel's heap: {number(static('heap.c', 'used_bytes'))} bytes in use")
        sizes, partial = static("heap.c", "class_size"), static("heap.c", "partial")
        for index in range(partial.type.range()[1] + 1):
            pages = sum(1 for _ in members(partial[index], "struct heap_page", "node"))
            if pages:
                print(f"  blocks of {number(sizes[index]):4} bytes: {pages} pages have room")


class Log(gdb.Command):
    """The log's last bytes, as `dmesg` shows them."""

    def __init__(self):
        super().__init__("uni log", gdb.COMMAND_STATUS)

    def invoke(self, argument, _):
        ring = static("log.c", "ring")
        size = number(ring["mask"]) + 1
        data = gdb.selected_inferior().read_memory(number(ring["data"]), size).tobytes()
        head, tail = number(ring["head"]), number(ring["tail"])
        text = bytes(data[at % size] for at in range(tail, head))
        print(text.decode(errors="replace"), end="")


class Interrupts(gdb.Command):
    """Lines, how often they came, and their handlers."""

    def __init__(self):
        super().__init__("uni interrupts", gdb.COMMAND_STATUS)

    def invoke(self, argument, _):
        actions = static("irq.c", "actions")
        for index in range(actions.type.range()[1] + 1):
            action = actions[index]
            if action["handler"]:
                print(f"{number(action['line']):5} {number(action['count']):10} "
                      f"{action['name'].string():20} {symbol(number(action['handler']))}")


for command in (Group, Threads, Locks, Heap, Log, Interrupts):
    command()
gdb.execute("set pagination off")
