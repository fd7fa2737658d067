"""Runs a program and writes down which of its functions it calls: `function_trace.py LISTS PROGRAM [ARGUMENT...]`.

Each run leaves a file in the folder LISTS: the functions' linkage names in the order of their first calls, one a line. A
breakpoint stands at the start of each function until it is first met, so that a run is hardly slower than without.
Standard streams and exit code are the program's own. Linux on x86-64 only; the program must be
position-independent, as Rust's are, and have its symbols.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

# From <sys/ptrace.h>.
TRACEME, PEEKUSER, POKEUSER, CONT, SETOPTIONS = 0, 3, 6, 7, 0x4200
OPTION_TRACECLONE, OPTION_EXITKILL = 1 << 3, 1 << 20
WALL = 0x40000000  # waits for threads too
# Where the instruction pointer stands in `struct user`, of <sys/user.h>.
INSTRUCTION_POINTER = 16 * 8
BREAKPOINT = b"\xcc"

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long] * 4
LIBC.ptrace.restype = ctypes.c_long


def ptrace(request: int, thread: int, address: int = 0, data: int = 0) -> int:
    ctypes.set_errno(0)
    answer = LIBC.ptrace(request, thread, address, data)
    if error := ctypes.get_errno():
        raise OSError(error, f"ptrace request {request}: {os.strerror(error)}")
    return answer


def functions(program: str) -> dict[int, list[str]]:
    """The names of the functions at each address, which counts from the start of the file's first mapping."""
    command = ["readelf", "--symbols", "--wide", program]
    table = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = defaultdict(list)
    for fields in map(str.split, table.splitlines()):
        # number, address, size, type, binding, visibility, section, name
        if len(fields) == 8 and fields[3] == "FUNC" and fields[6].isdigit():
            found[int(fields[1], 16)].append(fields[7])
    if not found:
        raise RuntimeError(f"{program} has no symbols: it cannot be told which functions it calls")
    return found


class Tracee:
    """A program under a breakpoint at each of its functions."""

    def __init__(self, command: list[str]) -> None:
        names = functions(command[0])
        self.process = self._start(command)
        self.memory = os.open(f"/proc/{self.process}/mem", os.O_RDWR)
        first_mapping = Path(f"/proc/{self.process}/maps").read_text(encoding="utf-8")
        base = int(first_mapping.split("-")[0], 16)
        self.names = {base + address: names for address, names in names.items()}
        self.instructions = {address: os.pread(self.memory, 1, address) for address in self.names}
        self.called: dict[int, None] = {}  # a set that keeps its order
        for address in self.names:
            os.pwrite(self.memory, BREAKPOINT, address)

    @staticmethod
    def _start(command: list[str]) -> int:
        process = os.fork()
        if process == 0:
            try:
                ptrace(TRACEME, 0)
                os.execv(command[0], command)
            finally:
                os._exit(127)  # the parent says what happened
        _, status = os.waitpid(process, 0)
        if not os.WIFSTOPPED(status):
            raise RuntimeError(f"{command[0]} did not start under ptrace, which this machine may not allow")
        ptrace(SETOPTIONS, process, 0, OPTION_TRACECLONE | OPTION_EXITKILL)
        return process

    def run(self) -> int:
        """Lets the program run to its end and returns its exit code."""
        ptrace(CONT, self.process)
        while True:
            thread, status = os.waitpid(-1, WALL)
            if os.WIFSTOPPED(status):
                signal_number = self._stopped(thread, status)
                try:
                    ptrace(CONT, thread, 0, signal_number)
                except ProcessLookupError:
                    continue  # the program ended while this thread stood still
            elif thread == self.process:
                return os.waitstatus_to_exitcode(status)

    def _stopped(self, thread: int, status: int) -> int:
        """Removes the breakpoint that a thread has met. Returns the signal that is the program's own, or 0."""
        number, is_event = os.WSTOPSIG(status), status >> 16 != 0
        # A new thread begins with a SIGSTOP, and ptrace tells of it with an event.
        if is_event or number == signal.SIGSTOP:
            return 0
        if number != signal.SIGTRAP:
            return number
        address = ptrace(PEEKUSER, thread, INSTRUCTION_POINTER) - len(BREAKPOINT)
        if address not in self.instructions:
            return number
        # Two threads may meet it at once: the second comes here too, and has to go back as well.
        self.called[address] = None
        os.pwrite(self.memory, self.instructions[address], address)
        ptrace(POKEUSER, thread, INSTRUCTION_POINTER, address)
        return 0

    def names_called(self) -> list[str]:
        return [name for address in self.called for name in self.names[address]]


def main() -> int:
    lists, *command = sys.argv[1:]
    started = time.time_ns()
    try:
        tracee = Tracee(command)
        code = tracee.run()
    except (OSError, RuntimeError, subprocess.CalledProcessError) as failure:
        print(f"The functions that {command[0]} calls cannot be told: {failure}", file=sys.stderr)
        return 1
    names = "".join(f"{name}\n" for name in tracee.names_called())
    (Path(lists) / f"{started}.txt").write_text(names, encoding="utf-8")
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
