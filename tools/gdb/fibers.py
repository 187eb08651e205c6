"""Backtraces of all fibers of a running godwit, or of its core file.

    gdb -p PID -x tools/gdb/fibers.py -batch -ex fibers
    gdb godwit core -x tools/gdb/fibers.py -batch -ex fibers

`fibers` prints every fiber with the stack it waits on, `fibers NAME` those of one name. It writes nothing into the
process: an unwinder tells gdb that below frame 0 of the present thread lies the fiber. A fiber that runs is on its
loop's thread: see `thread apply all backtrace`. Only x86-64; needs debug information.
"""

import gdb
from gdb.unwinder import Unwinder, register_unwinder

# How jump_fcontext leaves the registers, from the address in fiber.context on.
SAVED = {"r12": 0x08, "r13": 0x10, "r14": 0x18, "r15": 0x20, "rbx": 0x28, "rbp": 0x30, "rip": 0x38}
SAVED_BYTES = 0x40
MOST_FRAMES = 64


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class FiberUnwinder(Unwinder):
    """While a context is set, the caller of frame 0 is the place where that fiber waits."""

    def __init__(self):
        super().__init__("godwit fibers")
        self.context = None

    def __call__(self, pending):
        if self.context is None or pending.level() != 0:
            return None
        word = gdb.lookup_type("unsigned long")
        start = gdb.Value(self.context).cast(word)
        info = pending.create_unwind_info(FrameId(start, pending.read_register("rip")))
        for register, offset in SAVED.items():
            value = gdb.Value(self.context + offset).cast(word.pointer()).dereference()
            info.add_saved_register(register, value)
        info.add_saved_register("rsp", gdb.Value(self.context + SAVED_BYTES).cast(word))
        return info


UNWINDER = FiberUnwinder()
register_unwinder(None, UNWINDER, replace=True)


def all_loops():
    loops, count = gdb.lookup_static_symbol("all_loops"), gdb.lookup_static_symbol("all_loops_n")
    if loops is None or count is None:
        raise gdb.GdbError("no loops: this is no godwit, or it has no debug information")
    first = loops.value()
    return [first[i] for i in range(int(count.value()))] if first else []


def fibers_of(loop):
    fiber = loop["live"]
    while fiber:
        yield fiber.dereference()
        fiber = fiber["live_next"]


def describe(frame):
    place = frame.find_sal()
    where = "%s:%d" % (place.symtab.filename, place.line) if place.symtab else "?"
    return "%-28s %s" % (frame.name() or hex(frame.pc()), where)


def print_frames(context):
    selected = gdb.selected_frame()
    UNWINDER.context = context
    gdb.invalidate_cached_frames()
    try:
        frame = gdb.newest_frame().older()
        for number in range(MOST_FRAMES):
            if frame is None or not frame.is_valid():
                break
            print("    #%-2d %s" % (number, describe(frame)))
            if frame.name() == "entry":
                break
            frame = frame.older()
    finally:
        UNWINDER.context = None
        gdb.invalidate_cached_frames()
        if selected.is_valid():
            selected.select()


class Fibers(gdb.Command):
    """Prints the backtrace of every fiber; with a name, of those of that name."""

    def __init__(self):
        super().__init__("fibers", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        total = 0
        for loop in all_loops():
            for fiber in fibers_of(loop):
                name = fiber["name"].string()
                if argument and name != argument:
                    continue
                total += 1
                context = int(fiber["context"])
                state = "waits" if context and fiber["parked"] else "is ready" if context else "runs"
                print("fiber %s of loop %d %s" % (name, int(loop["index"]), state))
                if context:
                    print_frames(context)
        print("%d fibers" % total)


Fibers()
