"""Rolls examples/fleet out to many tenants for real, and disturbs it: `make fleet TENANTS=200 SEED=1`.

Starts a PostgreSQL for the states, the sandbox with a tenant for each line of tenants.yaml, and Prefect with a worker, and
runs examples/fleet/prefect. Meanwhile it kills Terraform and the provider at random, and stops PostgreSQL once. Then it plans
again, and checks that every tenant is as declared or names its fault, that nothing exists twice, and that no lock is left.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sandbox
import workspace
from postgres import Postgres

FLEET = workspace.ROOT / "examples" / "fleet"
FOLDER = workspace.TARGET / "fleet"
FLOWS = FLEET / "prefect"
POOL = "idv-fleet"
# The account of the vendor that all tenants share.
SHARED = "didit"
# The seconds between two kills, how long one waits for a process of its kind, and how long PostgreSQL is down.
BETWEEN_KILLS = (0.5, 3.0)
WAIT_FOR_PROCESS = 2.0
DOWN_SECONDS = 5
# So that a kill finds applies in the middle of a request.
LATENCY = "80ms"
# How long Prefect's server may take to start.
PATIENCE_SECONDS = 120
# The variables of the sandbox that a pipeline needs for this configuration.
VARIABLES = re.compile(r"IDV_(VULT|DIDIT)_")
# Reaches the provider from the caller: how several processes share a limit.
KEPT = ("IDV_SHARED_BUDGET",)


class Failed(RuntimeError):
    """The run could not be made; the message says why."""


def install_prefect() -> Path:
    """A virtual environment with the pinned Prefect, installed on first use; returns its folder of programs."""
    requirements = FLOWS / "requirements.txt"
    venv, stamp = FOLDER / "venv", FOLDER / "venv" / "installed.txt"
    wanted = requirements.read_text(encoding="utf-8")
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
        subprocess.run([venv / "bin" / "python", "-m", "pip", "install", *quiet, "-r", requirements], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return venv / "bin"


def write_mirror(binary: Path) -> Path:
    """Writes a command-line configuration with which `terraform init` installs this binary, and returns its path."""
    mirror = FOLDER / "mirror"
    shutil.rmtree(mirror, ignore_errors=True)
    subprocess.run([binary, "mirror", mirror], check=True, stdout=subprocess.DEVNULL)
    configuration = FOLDER / "cli.tfrc"
    block = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
    configuration.write_text(block, encoding="utf-8")
    return configuration


def names_of_tenants(count: int) -> list[str]:
    """The names of the first tenants. The file is a list whose items begin with their name."""
    names = re.findall(r"^- name: (\S+)$", (FLEET / "tenants.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    if not 1 <= count <= len(names):
        raise Failed(f"there are 1 to {len(names)} tenants, not {count}")
    return names[:count]


def credentials(names: list[str], vendors: sandbox.Sandbox) -> dict[str, str]:
    """The credentials of every tenant, each under its name, and of the shared account."""
    found = {"TF_VAR_shared_didit_api_key": vendors.environment["IDV_DIDIT_API_KEY"]}
    for name, tenant in zip(names, vendors.tenants, strict=True):
        prefix = f"TENANT_{name.upper().replace('-', '_')}_"
        found |= {prefix + key: value for key, value in tenant["env"].items() if VARIABLES.match(key)}
    return found


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def process(command: list, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """Runs a program in a session of its own, and ends the session."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, env=environment, cwd=FOLDER, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            pass
        # What it has started and left.
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()


def wait_until_healthy(url: str, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and server.poll() is None:
        try:
            opener.open(f"{url}/health", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise Failed(f"Prefect's server did not start; {FOLDER / 'server.log'} says why")


def descendants(root: int) -> dict[int, list[str]]:
    """The processes below one, with their arguments."""
    parents, arguments = {}, {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended
        # The second field is the name in parentheses, which may have spaces.
        parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
        arguments[int(folder.name)] = words
    found, level = {}, {root}
    while level:
        level = {child for child, parent in parents.items() if parent in level} - found.keys()
        found |= {child: arguments[child] for child in level}
    return found


def is_terraform(words: list[str]) -> bool:
    return any(word.endswith("/tools/terraform.py") for word in words[:3]) or Path(words[0]).name in ("terraform", "tofu")


def is_provider(words: list[str]) -> bool:
    return Path(words[0]).name.startswith("terraform-provider-idv_v")


class Disturbance(threading.Thread):
    """Kills Terraform and the provider at random, and stops PostgreSQL once, until it is told to end."""

    def __init__(self, worker: int, postgres: Postgres, tenants: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.worker, self.postgres, self.tenants = worker, postgres, tenants
        self.random = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.stops = 0
        self.failure: Exception | None = None
        self._end = threading.Event()

    def run(self) -> None:
        try:
            while not self._end.wait(self.random.uniform(*BETWEEN_KILLS)):
                begun = self._begun()
                # At most one kill for two tenants, spread over the run, so that retries are enough on a slow machine as well.
                if 2 * self.kills.total() <= begun:
                    self._kill_one()
                if not self.stops and 2 * begun >= self.tenants:
                    self.postgres.stop("immediate")
                    self.stops += 1
                    time.sleep(DOWN_SECONDS)
                    self.postgres.start()
        except (RuntimeError, OSError, subprocess.CalledProcessError) as failure:
            self.failure = failure

    def end(self) -> None:
        self._end.set()
        self.join()
        if self.failure:
            raise Failed(f"the disturbance could not go on: {self.failure}")

    def _kill_one(self) -> None:
        kind, is_one = self.random.choice([("terraform", is_terraform), ("provider", is_provider)])
        deadline = time.monotonic() + WAIT_FOR_PROCESS
        while time.monotonic() < deadline:
            if running := sorted(child for child, words in descendants(self.worker).items() if is_one(words)):
                try:
                    os.kill(self.random.choice(running), signal.SIGKILL)
                    self.kills[kind] += 1
                except ProcessLookupError:
                    pass
                return
            time.sleep(0.02)

    def _begun(self) -> int:
        """How many tenants have a schema."""
        return int(self.postgres.ask("select count(*) from pg_namespace where nspname like 'tenant\\_%'")[0])


class Run:
    """Both runs of the flow, and what is checked after them."""

    def __init__(self, names: list[str], limit: int, most_refused: int | None, vendors: sandbox.Sandbox, postgres: Postgres) -> None:
        self.names, self.limit, self.most_refused, self.vendors, self.postgres = names, limit, most_refused, vendors, postgres
        self.problems: list[str] = []
        self.figures: list[tuple[str, str]] = [("tenants", str(len(names)))]

    def flow(self, programs: Path, environment: dict[str, str], *arguments: str) -> list[dict]:
        """Runs the flow over all tenants and returns the outcomes."""
        outcomes = FOLDER / "outcomes.json"
        outcomes.unlink(missing_ok=True)
        command = [programs / "python", FLOWS / "fleet.py", "run", "--first", str(len(self.names)), "--json", outcomes, *arguments]
        # It ends with 1 if a tenant failed, and writes the outcomes then too. The summary has the faults of the log.
        subprocess.run(command, env={**environment, "PREFECT_LOGGING_LEVEL": "CRITICAL"}, cwd=FOLDER, check=False)
        if not outcomes.is_file():
            raise Failed("the flow ended without outcomes; its own words are above")
        return json.loads(outcomes.read_text(encoding="utf-8"))

    def check(self, first: list[dict], second: list[dict]) -> None:
        named = {it["tenant"] for it in [*first, *second] if it["result"] == "failed" and it["detail"]}
        self._check_plans(first, second, named)
        self._check_objects(named)
        locks = self.postgres.ask("select count(*) from pg_locks where locktype = 'advisory'")[0]
        self._figure("advisory locks left in PostgreSQL", locks, locks == "0")
        self._check_requests()

    def _figure(self, what: str, value: object, holds: bool = True) -> None:
        self.figures.append((what, str(value)))
        if not holds:
            self.problems.append(f"{what}: {value}")

    def _check_plans(self, first: list[dict], second: list[dict], named: set[str]) -> None:
        empty = sum(it["result"] == "unchanged" for it in second)
        silent = [it["tenant"] for it in second if it["result"] != "unchanged" and it["tenant"] not in named]
        self._figure("retries of tenants", sum(max(it["attempts"] - 1, 0) for it in first))
        self._figure("tenants that name a fault after all retries", len(named))
        self._figure("tenants whose next plan is empty", empty)
        self._figure("tenants whose next plan is not empty, without a fault", len(silent), not silent)

    def _check_objects(self, named: set[str]) -> None:
        """Compares what the vendors have with what tenants.yaml declares. A tenant with a fault may lack something."""
        state = self.vendors.state()
        twice, missing = [], []
        for name, tenant in zip(self.names, self.vendors.tenants, strict=True):
            own = state["tenants"][tenant["name"]]
            webhooks = [webhook["name"] for webhook in own["vult"]["webhooks"]]
            lists = [it for it in own["didit"]["lists"] if not it["is_system"]]
            phones = [entry["value"] for it in lists for entry in it["entries"]]
            for kind, found in (("webhook", webhooks), ("list", [it["name"] for it in lists]), ("phone", phones)):
                twice += [f"{name}: {kind} {what}" for what, count in Counter(found).items() if count > 1]
                missing += [] if found or name in named else [f"{name}: {kind}"]
        shared = [entry["comment"] for it in state[SHARED]["lists"] for entry in it["entries"]]
        twice += [f"shared account: {what}" for what, count in Counter(shared).items() if count > 1]
        missing += [f"shared account: {name}" for name in self.names if f"Reported by {name}." not in shared and name not in named]
        self._figure("objects that exist twice", len(twice), not twice)
        self._figure("objects that are missing", len(missing), not missing)
        for line in [*twice, *missing][:20]:
            print(f"  {line}")

    def _check_requests(self) -> None:
        requests = self.vendors.requests()
        shared = [it for it in requests if it["vendor"] == SHARED and "tenant" not in it]
        refused = sum(it["status"] == 429 for it in requests)
        self._figure("requests to the vendors", len(requests))
        self._figure("requests to the shared account", len(shared))
        holds = self.most_refused is None or refused <= self.most_refused
        self._figure(f"429 at its limit of {self.limit} a minute (retried)", refused, holds)


def report(figures: list[tuple[str, str]]) -> None:
    width = max(len(what) for what, _ in figures)
    for what, value in figures:
        print(f"  {what:<{width}}  {value:>8}")


def run(tenants: int, limit: int, most_refused: int | None, seed: int) -> int:
    names = names_of_tenants(tenants)
    FOLDER.mkdir(parents=True, exist_ok=True)
    # A copy: cargo may replace its own during the run, and Terraform's lock file has the checksum.
    binary = Path(shutil.copy(workspace.build(), FOLDER / "terraform-provider-idv"))
    terraform, version = workspace.find_terraform()
    postgres = Postgres(FOLDER / "postgres")
    programs = install_prefect()
    print(f"{version}, PostgreSQL in {postgres.programs}, Prefect in {programs}", flush=True)
    for folder in ("prefect", "work"):
        shutil.rmtree(FOLDER / folder, ignore_errors=True)
    for log in FOLDER.glob("*.log"):
        log.unlink()
    with ExitStack() as running:
        running.callback(postgres.remove)
        postgres.create()
        postgres.start()
        arguments = ["--tenants", str(tenants), "--account-limit", str(limit), "--latency", LATENCY]
        vendors = running.enter_context(sandbox.running(binary, *arguments))
        url = f"http://127.0.0.1:{free_port()}/api"
        environment = workspace.clean_environment(
            {
                **{name: os.environ[name] for name in KEPT if name in os.environ},
                **credentials(names, vendors),
                "TF_CLI_CONFIG_FILE": str(write_mirror(binary)),
                "TF_VAR_shared_requests_per_minute": str(limit),
                "FLEET_TERRAFORM": terraform,
                "FLEET_PROVIDER": str(binary),
                "PG_CONN_STR": postgres.connection,
                "FLEET_WORK": str(FOLDER / "work"),
                "PREFECT_HOME": str(FOLDER / "prefect"),
                "PREFECT_API_URL": url,
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                "PREFECT_SERVER_UI_ENABLED": "false",
                "PREFECT_LOGGING_LEVEL": "ERROR",
                "PREFECT_WORKER_QUERY_SECONDS": "2",
                "DO_NOT_TRACK": "1",
                "NO_PROXY": "127.0.0.1",
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            }
        )
        address = ["--host", "127.0.0.1", "--port", url.split(":")[2].removesuffix("/api")]
        server = running.enter_context(process([programs / "prefect", "server", "start", *address], environment, FOLDER / "server.log"))
        wait_until_healthy(url, server)
        subprocess.run([programs / "python", FLOWS / "fleet.py", "deploy"], env=environment, cwd=FOLDER, check=True)
        start_worker = [programs / "prefect", "worker", "start", "--pool", POOL]
        worker = running.enter_context(process(start_worker, environment, FOLDER / "worker.log"))
        return disturb_and_check(Run(names, limit, most_refused, vendors, postgres), worker.pid, programs, environment, seed)


def disturb_and_check(both: Run, worker: int, programs: Path, environment: dict[str, str], seed: int) -> int:
    print(f"Roll out to {len(both.names)} tenants, with kills; seed {seed}", flush=True)
    started = time.monotonic()
    disturbance = Disturbance(worker, both.postgres, len(both.names), seed)
    disturbance.start()
    try:
        first = both.flow(programs, environment)
    finally:
        disturbance.end()
    rolled_out = time.monotonic()
    print("Plan again, without kills", flush=True)
    second = both.flow(programs, environment, "--plan-only")
    both.figures += [
        ("time of the roll-out, s", f"{rolled_out - started:.0f}"),
        ("time of the plans after it, s", f"{time.monotonic() - rolled_out:.0f}"),
        ("kills of terraform", str(disturbance.kills["terraform"])),
        ("kills of the provider", str(disturbance.kills["provider"])),
        ("stops of PostgreSQL", str(disturbance.stops)),
    ]
    both.check(first, second)
    report(both.figures)
    for problem in both.problems:
        print(f"FAILED  {problem}")
    print("FAILED" if both.problems else "All checks hold.", flush=True)
    return 1 if both.problems else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Roll examples/fleet out to many tenants, and disturb it.")
    parser.add_argument("--tenants", type=int, default=200, help="how many tenants (default: 200)")
    parser.add_argument("--limit", type=int, default=120, help="how many requests a minute the shared account accepts (default: 120)")
    parser.add_argument("--most-refused", type=int, metavar="COUNT", help="fail if more requests are refused with 429 (default: any number)")
    parser.add_argument("--seed", type=int, default=1, help="what the kills follow from (default: 1)")
    arguments = parser.parse_args()
    # A polite end of the process cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run(arguments.tenants, arguments.limit, arguments.most_refused, arguments.seed)
    except KeyboardInterrupt:
        print("\nInterrupted; what was started has ended.", file=sys.stderr)
        return 130
    except (Failed, RuntimeError, subprocess.CalledProcessError) as failure:
        print(f"\nThe fleet could not be run: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
