"""Measures what every Terraform run pays for the provider, and how that grows with the objects: `make bench`.

Terraform starts the plugin several times in one run, so its start and its memory are felt. Every figure stands beside a
yardstick that is measured in the same run, because times and sizes mean little without the machine they were taken on:
starts and memory beside trivial processes, function calls beside Terraform's own, objects beside `terraform_data`.

The figures go into target/bench/performance.json. With RECORD=1 they replace those of the documentation.
"""

import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measure
import workspace
from bench_objects import ENTRIES, FLOOR, GENERIC, LISTS, WEBHOOKS, YARDSTICK, Bench

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
# How often /proc is read while Terraform reads the schema.
SAMPLE_SECONDS = 0.0005
# The latency of the sandbox while creates are measured, and how many of them Terraform runs at a time by default.
LATENCY_MS = 50
PARALLELISM = 10
# The numbers of objects that are planned.
SIZES = (250, 1000, 4000)
RECORD = workspace.ROOT / "docs" / "measurements" / "performance.json"
GUIDE = workspace.ROOT / "docs" / "guides" / "performance.md"


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


def memory_after_schema(terraform: str, environment: dict[str, str], binary: Path) -> dict[str, int]:
    """The provider's memory at its peak, in KiB, while Terraform reads its schema."""
    command = [terraform, "providers", "schema", "-json"]
    process = subprocess.Popen(command, cwd=FOLDER, env=environment, stdout=subprocess.DEVNULL)
    seen: dict[str, int] = {}
    while process.poll() is None:
        for child in measure.providers_below(process.pid, binary):
            status = measure.memory_kb(child)
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
    status = measure.memory_kb(process.pid)
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


def bench_growth(binary: Path, terraform: str) -> list[dict]:
    """Plans of more and more objects that exist, and applies beside generic providers."""
    bench = Bench(binary, terraform, FOLDER / "objects")
    for name in sorted(GENERIC.keys() - bench.binaries.keys()):
        print(f"\nterraform-provider-{name} is neither on the PATH nor named by BENCH_{name.upper()}: it is not measured.")
    yardsticks = [FLOOR]
    if YARDSTICK.provider in bench.binaries:
        yardsticks.append(YARDSTICK)
    else:
        print("\nGo is not on the PATH: a provider that does nothing is not measured.")
    heading("Plans of objects that exist, no latency")
    for count in SIZES:
        for kind in (*yardsticks, WEBHOOKS, ENTRIES):
            show("plan", bench.planned(kind, count, FEW_RUNS if count < SIZES[-1] else 1))
    show("plan", bench.planned(ENTRIES, 10_000, 1))
    heading("Applies, no latency")
    for count in SIZES[:2]:
        generic = [kind for name, (_, kind) in GENERIC.items() if name in bench.binaries]
        for kind in (*yardsticks, LISTS, *generic):
            show("apply", bench.applied(kind, count, 3))
    return bench.rows


def bench_latency(binary: Path, terraform: str) -> list[dict]:
    """Applies of objects whose vendor takes its time, beside the time that the round trips take at Terraform's parallelism.

    A create takes one round trip, or two where its response has no id: the id comes from a list that is read afterwards.
    """
    bench = Bench(binary, terraform, FOLDER / "latency", LATENCY_MS)
    heading(f"Applies of 1,000 objects at {LATENCY_MS} ms latency")
    for kind, round_trips in ((FLOOR, 0), (LISTS, 1), (WEBHOOKS, 2)):
        row = bench.applied(kind, 1000, 1)
        row["round_trips_seconds"] = row["count"] / PARALLELISM * round_trips * LATENCY_MS / 1000
        show("apply", row)
    return bench.rows


def heading(title: str) -> None:
    print(f"\n{title:<52} {'s':>8} {'CPU s':>8} {'MiB':>8} {'requests':>9}")


def show(command: str, row: dict) -> None:
    cost = row[command]
    name = f"{row['count']} {row['objects']}" + (f" ({row['provider']})" if row["provider"] in GENERIC else "")
    floor = f"  at least {row['round_trips_seconds']:.1f} s of round trips" if row.get("round_trips_seconds") else ""
    print(f"  {name:<50} {cost['seconds']:8.2f} {cost['provider_cpu_seconds']:8.2f} {cost['provider_private_mib']:8.1f} "
          f"{cost['requests']:9}{floor}", flush=True)


def markdown(record: dict) -> str:
    """The tables of the guide. A ratio is that to `terraform_data` in the same run."""
    lines = [f"Measured on {record['machine']}, with {record['terraform']} and version {record['provider']} of the provider.", ""]
    for title, rows, command in (
        ("Plan of objects that exist, no latency", [row for row in record["growth"] if "apply" not in row], "plan"),
        ("Apply, no latency", [row for row in record["growth"] if "apply" in row], "apply"),
        (f"Apply at {LATENCY_MS} ms latency", record["latency"], "apply"),
    ):
        floors = {row["count"]: row[command]["seconds"] for row in rows if row["provider"] == FLOOR.provider}
        lines += [f"### {title}", "", "| objects | provider | seconds | ratio | CPU of the provider, s | private memory, MiB | requests |",
                  "|---|---|---|---|---|---|---|"]
        for row in rows:
            cost, floor = row[command], floors.get(row["count"])
            ratio = f"{cost['seconds'] / floor:.2f}" if floor else ""
            own = row["provider"] != FLOOR.provider
            figures = [f"{cost['provider_cpu_seconds']:.2f}", f"{cost['provider_private_mib']:.1f}", f"{cost['requests']:,}"]
            cells = [f"{row['count']:,} {row['objects']}", row["provider"], f"{cost['seconds']:.2f}", ratio, *(figures if own else ["", "", ""])]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def keep(record: dict) -> None:
    """Writes the figures below target/, and with RECORD=1 into the documentation."""
    text = json.dumps(record, indent=2) + "\n"
    (FOLDER / "performance.json").write_text(text, encoding="utf-8")
    if os.environ.get("RECORD") != "1":
        print(f"\nThe figures are in {FOLDER / 'performance.json'}. RECORD=1 writes them into the documentation.")
        return
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")
    begin, end = "<!-- measured: begin -->", "<!-- measured: end -->"
    tables = f"{begin}\n\n{markdown(record)}\n{end}"
    guide = GUIDE.read_text(encoding="utf-8")
    GUIDE.write_text(re.sub(f"{begin}.*{end}", lambda _: tables, guide, flags=re.DOTALL), encoding="utf-8")
    print(f"\nThe figures are in {RECORD} and {GUIDE}.")


def bench() -> None:
    binary = workspace.build("release")
    terraform, version = workspace.find_terraform()
    print(f"{measure.machine()}; {version}; Python {platform.python_version()}; medians of {RUNS} starts and {FEW_RUNS} Terraforms")
    bench_start(binary)
    bench_memory(binary, terraform)
    bench_functions(terraform, workspace.prepare(FOLDER, CONFIGURATION, binary, {}))
    growth, latency = bench_growth(binary, terraform), bench_latency(binary, terraform)
    own = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    keep({"machine": measure.machine(), "terraform": version, "provider": own, "growth": growth, "latency": latency})
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
