"""Measures what every Terraform run pays for the provider: `make bench`.

Terraform starts the plugin several times in one run, so its start and its memory are felt. Every figure stands beside a
yardstick that is measured in the same run, because times and sizes mean little without the machine they were taken on:
starts and memory beside trivial processes, function calls beside Terraform's own, creates beside `terraform_data`.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sandbox
import workspace

RUNS = 30
# Runs of what takes a whole Terraform.
FEW_RUNS = 5
FOLDER = workspace.TARGET / "bench"
CONFIGURATION = workspace.ROOT / "examples" / "provider"
# What Terraform itself sets for a plugin: go-plugin's cookie and the protocol it speaks.
PLUGIN = {
    "TF_PLUGIN_MAGIC_COOKIE": "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
    "PLUGIN_PROTOCOL_VERSIONS": "6",
}
# How often /proc is read while Terraform talks to the provider.
SAMPLE_SECONDS = 0.0005
# The latency of the sandbox while creates are measured, and how many of them Terraform runs at a time by default.
LATENCY_SECONDS = 0.05
PARALLELISM = 10


def machine() -> str:
    """The processor, its cores and the system."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.release()}"


def client_certificate() -> str | None:
    """A certificate like the one that Terraform makes for mutual TLS; `None` where there is no openssl."""
    if not (openssl := shutil.which("openssl")):
        return None
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521", "-nodes"]
    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder) / "certificate.pem"
        files = ["-keyout", str(Path(folder) / "key.pem"), "-out", str(certificate)]
        subprocess.run([*command, *files, "-days", "1", "-subj", "/CN=localhost"], check=True, capture_output=True)
        return certificate.read_text(encoding="utf-8")


def start_to_handshake(binary: Path, more: dict[str, str]) -> float:
    """Seconds from the start of the process to its handshake line."""
    # A process that is killed leaves its socket behind, so the socket is in a folder that is deleted.
    with tempfile.TemporaryDirectory() as sockets:
        environment = workspace.clean_environment({**PLUGIN, "PLUGIN_UNIX_SOCKET_DIR": sockets, **more})
        started = time.perf_counter()
        process = subprocess.Popen([binary], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = process.stdout.readline()
        seconds = time.perf_counter() - started
        process.kill()
        process.wait()
        process.stdout.close()
    if not line.startswith(b"1|6|"):
        raise RuntimeError(f"the provider printed {line!r} instead of a handshake line")
    return seconds


def start_to_end(command: list[str]) -> float:
    """Seconds from the start of a trivial process to its end."""
    started = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def median_ms(measure, *arguments) -> float:
    measure(*arguments)  # once to warm the page cache
    return 1000 * statistics.median(measure(*arguments) for _ in range(RUNS))


def memory_kb(pid: int) -> dict[str, int]:
    """The memory of a process in KiB, by the names of /proc/PID/status and smaps_rollup; empty when it has ended.

    `VmHWM` is the peak of the resident memory. `RssAnon` is private: heap and stacks. `Pss` counts a page that several
    processes share by its share only, as the pages of the binary are when Terraform runs several plugins.
    """
    try:
        files = [Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8") for name in ("status", "smaps_rollup")]
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return {}
    lines = "\n".join(files).splitlines()
    fields = (line.split() for line in lines if line.endswith(" kB"))
    return {name.rstrip(":"): int(size) for name, size, *_ in fields}


def providers_below(pid: int, binary: Path) -> list[int]:
    """The processes that `pid` started from `binary`."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            candidates = [int(child) for child in children.read_text(encoding="utf-8").split()]
            found += [child for child in candidates if Path(f"/proc/{child}/exe").resolve() == binary]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return found


def memory_after_schema(terraform: str, environment: dict[str, str], binary: Path) -> dict[str, int]:
    """The provider's memory at its peak, in KiB, while Terraform reads its schema."""
    command = [terraform, "providers", "schema", "-json"]
    process = subprocess.Popen(command, cwd=FOLDER, env=environment, stdout=subprocess.DEVNULL)
    seen: dict[str, int] = {}
    while process.poll() is None:
        for child in providers_below(process.pid, binary):
            status = memory_kb(child)
            seen = status if status.get("VmHWM", 0) >= seen.get("VmHWM", 1) else seen
        time.sleep(SAMPLE_SECONDS)
    if process.returncode != 0 or not seen:
        raise RuntimeError(f"`terraform providers schema` ended with {process.returncode}, and a provider was "
                           f"{'seen' if seen else 'not seen'}")
    return seen


def memory_of(command: list[str]) -> dict[str, int]:
    """The memory of a process that does nothing, in KiB, a moment after its start."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    time.sleep(0.2)
    status = memory_kb(process.pid)
    process.kill()
    process.wait()
    return status


def plan_of_calls(terraform: str, environment: dict[str, str], expression: str) -> float:
    """Seconds for the plan of a configuration that evaluates `expression`, of `a` and `b`, 10,000 times."""
    calls = f"flatten([for a in range(100) : [for b in range(100) : {expression}]])"
    requirement = f'terraform {{\n  required_providers {{\n    idv = {{ source = "{workspace.SOURCE}" }}\n  }}\n}}\n'
    configuration = f'{requirement}output "calls" {{\n  value = length({calls})\n}}\n'
    folder = FOLDER / "functions"
    folder.mkdir(exist_ok=True)
    (folder / "main.tf").write_text(configuration, encoding="utf-8")
    started = time.perf_counter()
    subprocess.run([terraform, "plan", "-input=false"], cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def table(title: str, unit: str, rows: list[tuple[str, float]]) -> None:
    """A row for each measurement, and how many times the last row, the yardstick, it is."""
    yardstick = rows[-1][1]
    print(f"\n{title:<52} {unit:>8} {'ratio':>8}")
    for name, value in rows:
        print(f"  {name:<50} {value:8.2f} {value / yardstick:8.2f}")


def bench_start(binary: Path) -> None:
    rows = [("provider, process start to handshake line", median_ms(start_to_handshake, binary, {}))]
    if certificate := client_certificate():
        more = {"PLUGIN_CLIENT_CERT": certificate}
        rows.append(("the same with mutual TLS, as Terraform starts it", median_ms(start_to_handshake, binary, more)))
    else:
        print("There is no openssl on the PATH: the start with mutual TLS is not measured.")
    rows.append(("python3 -c pass, start to end", median_ms(start_to_end, [sys.executable, "-c", "pass"])))
    rows.append(("/bin/true, start to end", median_ms(start_to_end, ["/bin/true"])))
    table("Start", "ms", rows)


def bench_memory(binary: Path, terraform: str) -> None:
    environment = workspace.prepare(FOLDER, CONFIGURATION, binary, {})
    runs = [memory_after_schema(terraform, environment, binary) for _ in range(FEW_RUNS)]
    provider = sorted(runs, key=lambda run: run["VmHWM"])[len(runs) // 2]
    others = [("python3, waiting", memory_of([sys.executable, "-c", "input()"])), ("cat, waiting", memory_of(["/bin/cat"]))]
    measures = [
        ("Private memory (RssAnon: heap and stacks)", "RssAnon"),
        ("Proportional memory (PSS: shared pages by their share)", "Pss"),
        ("Resident memory (RSS at its peak, with shared pages)", "VmHWM"),
    ]
    for title, name in measures:
        rows = [("provider after GetProviderSchema", provider), *others]
        table(title, "MiB", [(row, memory[name] / 1024) for row, memory in rows])


def bench_functions(terraform: str, environment: dict[str, str]) -> None:
    calls = [
        ("provider::idv::xident_webhook_signature", 'provider::idv::xident_webhook_signature("${a}-${b}", "secret")'),
        ("provider::idv::parse_import_id", 'provider::idv::parse_import_id("idv_vult_webhook", "${a}/${b}")'),
        ("base64sha256, one of Terraform's own", 'base64sha256("${a}-${b}secret")'),
    ]
    table("A plan with 10,000 calls of a function", "s",
          [(name, statistics.median(plan_of_calls(terraform, environment, expression) for _ in range(FEW_RUNS)))
           for name, expression in calls])


def apply_seconds(terraform: str, environment: dict[str, str], resource: str) -> float:
    """Seconds for the apply of one resource block, and of nothing else; it is destroyed again."""
    requirement = f'terraform {{\n  required_providers {{\n    idv = {{ source = "{workspace.SOURCE}" }}\n  }}\n}}\n'
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        (Path(folder) / "main.tf").write_text(requirement + resource, encoding="utf-8")
        command = [terraform, "apply", "-auto-approve", "-input=false"]
        started = time.perf_counter()
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        seconds = time.perf_counter() - started
        subprocess.run([*command, "-destroy"], cwd=folder, env=environment, check=True, capture_output=True)
    return seconds


def bench_creates(binary: Path, terraform: str) -> None:
    """Creates of many objects: seconds and requests, beside as many `terraform_data` and the latency that nobody can avoid.

    A create takes one round trip, or two where its response has no id: the id comes from a list that is read afterwards.
    """
    kinds = [
        ("didit", "Didit lists", 200, 1, '''resource "idv_didit_list" "many" {
  count      = %d
  name       = "list ${count.index}"
  list_type  = "custom"
  entry_type = "email"
}
'''),
        ("didit", "Didit webhook destinations", 100, 1, '''resource "idv_didit_webhook_destination" "many" {
  count             = %d
  label             = "destination ${count.index}"
  url               = "https://hooks.example.com/${count.index}"
  subscribed_events = ["status.updated"]
}
'''),
        ("vult", "VULT webhooks", 200, 2, '''resource "idv_vult_webhook" "many" {
  count = %d
  name  = "hook ${count.index}"
  url   = "https://hooks.example.com/${count.index}"
}
'''),
    ]
    print(f"\n{'Creates at %d ms latency' % (1000 * LATENCY_SECONDS):<52} {'s':>8} {'bound':>8} {'requests':>9}")
    with sandbox.running(binary, "--latency", f"{round(1000 * LATENCY_SECONDS)}ms") as running:
        environment = workspace.prepare(FOLDER, CONFIGURATION, binary, running.environment)
        for vendor, name, count, round_trips, resource in kinds:
            yardstick = f'resource "terraform_data" "many" {{\n  count = {count}\n}}\n'
            own = statistics.median(apply_seconds(terraform, environment, yardstick) for _ in range(3))
            running.forget_requests()
            seconds = apply_seconds(terraform, environment, resource % count)
            # The destroy is in the log too; its requests are the deletes and what follows them.
            requests = [(request["method"], request["path"]) for request in running.requests() if request["vendor"] == vendor]
            deletes = ("DELETE", "/webhook/delete")
            creates = next((at for at, request in enumerate(requests) if any(word in request for word in deletes)), None)
            bound = 1.5 * (count / PARALLELISM * round_trips * LATENCY_SECONDS + own)
            print(f"  {f'{count} {name}':<50} {seconds:8.2f} {bound:8.2f} {len(requests[:creates]):9}")


def bench() -> None:
    binary = workspace.build("release")
    terraform, version = workspace.find_terraform()
    print(f"{machine()}; {version}; Python {platform.python_version()}; medians of {RUNS} starts and {FEW_RUNS} Terraforms")
    bench_start(binary)
    bench_memory(binary, terraform)
    bench_functions(terraform, workspace.prepare(FOLDER, CONFIGURATION, binary, {}))
    bench_creates(binary, terraform)
    print(f"\nThe binary has {binary.stat().st_size / 1024 / 1024:.1f} MiB.")


def main() -> int:
    if not Path("/proc/self/status").exists():
        print("Memory is read from /proc, which this system does not have; run this on Linux.", file=sys.stderr)
        return 1
    try:
        bench()
    except (subprocess.CalledProcessError, RuntimeError) as failure:
        print(f"The measurement failed: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
