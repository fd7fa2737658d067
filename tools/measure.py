"""What a run of Terraform costs: its time, and the processor time and private memory of the providers that it starts."""

import os
import platform
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

# How often /proc is read while Terraform runs. A process that ends between two looks loses what it did since the first.
SAMPLE_SECONDS = 0.005
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def machine() -> str:
    """The processor, its cores and the system."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    release = platform.release().split("-")[0]
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {release}"


@dataclass
class Cost:
    """What a command and the providers below it took."""

    seconds: float = 0.0
    # Of all processes of the provider, since Terraform starts several in one run.
    cpu_seconds: float = 0.0
    # The largest process at its peak, in MiB: heap and stacks (`RssAnon`).
    private_mib: float = 0.0
    output: str = field(default="", repr=False)


def memory_kb(pid: int) -> dict[str, int]:
    """The memory of a process in KiB, by the names of /proc/PID/status and smaps_rollup; empty when it has ended.

    `VmHWM` is the peak of the resident memory. `RssAnon` is private: heap and stacks. `Pss` counts a page that several
    processes share by its share only, as the pages of the binary are when Terraform runs several plugins.
    """
    return _fields(pid, "status", "smaps_rollup")


def providers_below(pid: int, binary: Path) -> list[int]:
    """The processes that `pid` started from `binary`, at any depth."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            candidates = [int(child) for child in children.read_text(encoding="utf-8").split()]
            found += [child for child in candidates if Path(f"/proc/{child}/exe").resolve() == binary]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        for child in candidates:
            found += providers_below(child, binary)
    return found


def cost(command: list[str], folder: Path, environment: dict[str, str], binary: Path) -> Cost:
    """Runs a command. Raises `CalledProcessError` with its output if it fails."""
    seen: dict[int, tuple[float, float]] = {}
    binary = binary.resolve()
    with open(folder / "output.txt", "w+", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            for child in providers_below(process.pid, binary):
                cpu, memory = _cpu_seconds(child), _fields(child, "status").get("RssAnon", 0) / 1024
                before = seen.get(child, (0.0, 0.0))
                seen[child] = (max(cpu, before[0]), max(memory, before[1]))
            time.sleep(SAMPLE_SECONDS)
        seconds = time.perf_counter() - started
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, text)
    cpu = sum(cpu for cpu, _ in seen.values())
    return Cost(seconds, cpu, max((memory for _, memory in seen.values()), default=0.0), text)


def _cpu_seconds(pid: int) -> float:
    """The processor time that a process has used, with the threads that have ended; 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0
    # The name, in parentheses, may contain spaces; user and system time are the 14th and 15th field of the line.
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def _fields(pid: int, *files: str) -> dict[str, int]:
    try:
        texts = [Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8") for name in files]
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return {}
    fields = (line.split() for line in "\n".join(texts).splitlines() if line.endswith(" kB"))
    return {name.rstrip(":"): int(size) for name, size, *_ in fields}
