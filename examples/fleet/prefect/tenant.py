"""The steps for one tenant: plan, lint, report, apply of the saved plan. Nothing in this file is Prefect's.

Every attempt begins with a new plan. What an attempt that was cut off leaves behind is cleared first:

- a state that could not be saved (`errored.tfstate`) is pushed;
- an object that a killed apply created, and that is in no state, is imported by the lines of the error. This happens only
  after an apply of this tenant that was cut off: otherwise the object is somebody else's, and the error is for a person.
"""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

FLEET = Path(os.environ.get("FLEET_SOURCE", Path(__file__).resolve().parent.parent))
WORK = Path(os.environ.get("FLEET_WORK", FLEET / "work"))
TERRAFORM = os.environ.get("FLEET_TERRAFORM", "terraform")
PROVIDER = os.environ.get("FLEET_PROVIDER", "terraform-provider-idv")

# How long a plan or an apply waits for the lock of the tenant's state. PostgreSQL releases the lock of a process that died.
LOCK_TIMEOUT = "60s"
# What Terraform writes into its folder if it cannot save the state.
ERRORED_STATE = "errored.tfstate"
LOCK_FILE = ".terraform.lock.hcl"
# There while an apply runs, and after one that was cut off.
MARKER = "applying"
# The `import` blocks for what an apply that was cut off has created.
ADOPTIONS = "adopted.tf"
# How often one attempt plans again because an apply found what a killed one had created: a list first, then its entries.
MOST_ADOPTIONS = 4
# The length of a fault in a summary.
MOST_CHARACTERS = 600
# What Terraform says of a provider that was killed.
CRASHES = re.compile(
    r"plugin (did not respond|exited|crashed)|request (was )?cancelled|connection refused|broken pipe|error reading from server",
    re.IGNORECASE,
)


class StepFailed(RuntimeError):
    """A step failed. The message names the step and the fault."""


@dataclass
class Outcome:
    """What happened to a tenant."""

    tenant: str
    result: str  # "unchanged", "changed", "planned" or "failed"
    detail: str = ""
    report: str = ""


@dataclass
class Finished:
    """A finished command."""

    code: int
    stdout: str
    stderr: str

    def diagnostics(self) -> list[dict]:
        """The errors that Terraform prints with `-json`, one document a line."""
        found = []
        for line in self.stdout.splitlines():
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                continue
            if event.get("type") == "diagnostic" and event["diagnostic"]["severity"] == "error":
                found.append(event["diagnostic"])
        return found

    def fault(self) -> str:
        """One line that says what went wrong."""
        if self.code < 0:
            return f"ended by signal {-self.code}"
        texts = [f"{it['summary']}: {it['detail']}" for it in self.diagnostics()]
        return one_line("; ".join(dict.fromkeys(texts)) or self.stderr or f"exit code {self.code}")

    def is_cut_off(self) -> bool:
        """Whether Terraform or the provider was killed, by any of the errors: the first ones may be long."""
        texts = [f"{it['summary']} {it['detail']}" for it in self.diagnostics()]
        return self.code < 0 or any(CRASHES.search(text) for text in (*texts, self.stderr))


def one_line(text: str) -> str:
    """A text without line breaks and the lines that Terraform draws, cut to what a summary has room for."""
    return " ".join(text.translate({ord(character): " " for character in "╷│╵"}).split())[:MOST_CHARACTERS]


class Tenant:
    """A tenant's folder and environment."""

    def __init__(self, name: str, variables: dict[str, str], initialised: Path) -> None:
        """`variables` has the tenant's own credentials, such as IDV_VULT_CLIENT_SECRET; `initialised` is from `initialise`."""
        self.name = name
        self.initialised = initialised
        # Not the credentials of the other tenants, which this process has.
        kept = {key: value for key, value in os.environ.items() if not key.startswith("TENANT_")}
        self.environment = {
            **kept,
            **variables,
            "TF_VAR_tenant": name,
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            # One folder with providers for all tenants: the schema of the state is in the environment and not in there.
            "TF_DATA_DIR": str(initialised / ".terraform"),
            "PG_SCHEMA_NAME": "tenant_" + name.replace("-", "_"),
        }
        self.folder = WORK / name / "root"
        self.plan = WORK / name / "saved.tfplan"

    def roll_out(self, apply: bool) -> Outcome:
        """Plans, checks, reports, and applies the saved plan."""
        self._prepare()
        self._push_errored_state()
        for _ in range(MOST_ADOPTIONS + 1):
            if not self._changes():
                self._forget_cut_off_apply()
                return Outcome(self.name, "unchanged")
            self._lint()
            report = self._report()
            if not apply:
                return Outcome(self.name, "planned", "the plan has changes", report)
            if self._apply():
                return Outcome(self.name, "changed", "", report)
        raise StepFailed(f"apply: objects exist already after {MOST_ADOPTIONS} imports")

    def _prepare(self) -> None:
        """Copies the configuration: an `errored.tfstate` and the `import` blocks are of one tenant."""
        copy_configuration(self.folder.parent)
        shutil.copy(self.initialised / LOCK_FILE, self.folder)

    def _push_errored_state(self) -> None:
        if (self.folder / ERRORED_STATE).exists():
            pushed = self._terraform("state", "push", "-no-color", ERRORED_STATE)
            if pushed.code != 0:
                raise StepFailed(f"state push: {pushed.fault()}")
            (self.folder / ERRORED_STATE).unlink()

    def _changes(self) -> bool:
        """Saves a plan, and returns whether it changes anything."""
        planned = self._terraform("plan", "-json", "-detailed-exitcode", f"-lock-timeout={LOCK_TIMEOUT}", f"-out={self.plan}")
        if planned.code not in (0, 2):
            raise StepFailed(f"plan: {planned.fault()}")
        return planned.code == 2

    def _lint(self) -> None:
        linted = self._run(PROVIDER, "lint", ".")
        if linted.code != 0:
            raise StepFailed(f"lint: {one_line(linted.stdout or linted.stderr)}")

    def _report(self) -> str:
        shown = self._terraform("show", "-json", "-no-color", str(self.plan))
        if shown.code != 0:
            raise StepFailed(f"show: {shown.fault()}")
        reported = self._run(PROVIDER, "report", "--format", "markdown", "-", stdin=shown.stdout)
        # 0: nothing of this provider changes, such as for outputs; 2: something does.
        if reported.code not in (0, 2):
            raise StepFailed(f"report: {reported.fault()}")
        return reported.stdout

    def _apply(self) -> bool:
        """Applies the saved plan. Returns whether it is done; otherwise a new plan imports what a killed apply has created."""
        marker = self.folder.parent / MARKER
        was_cut_off = marker.exists()
        marker.touch()
        applied = self._terraform("apply", "-json", f"-lock-timeout={LOCK_TIMEOUT}", str(self.plan))
        if applied.code == 0:
            self._forget_cut_off_apply()
            return True
        fault = applied.fault()
        is_cut_off = applied.is_cut_off() or (self.folder / ERRORED_STATE).exists()
        if not was_cut_off and not is_cut_off:
            marker.unlink()
        elif was_cut_off and not is_cut_off and self._adopt(applied.diagnostics()):
            return False
        raise StepFailed(f"apply: {fault}")

    def _adopt(self, errors: list[dict]) -> bool:
        """Writes an `import` block for each object of which an error says that it exists. Returns whether that is every error."""
        blocks = []
        for error in errors:
            ids = re.findall(r'^\s*id = "([^"]+)"$', error["detail"], re.MULTILINE)
            # With several ids it is not certain which object is the tenant's: that is for a person.
            if "already exists" in error["summary"] and len(ids) == 1 and "address" in error:
                blocks.append(f'import {{\n  to = {error["address"]}\n  id = "{ids[0]}"\n}}\n')
        with (self.folder / ADOPTIONS).open("a", encoding="utf-8") as file:
            file.writelines(blocks)
        return bool(blocks) and len(blocks) == len(errors)

    def _forget_cut_off_apply(self) -> None:
        (self.folder.parent / MARKER).unlink(missing_ok=True)
        (self.folder / ADOPTIONS).unlink(missing_ok=True)

    def _terraform(self, *arguments: str) -> Finished:
        return self._run(TERRAFORM, *arguments)

    def _run(self, *command: str, stdin: str = "") -> Finished:
        finished = subprocess.run(
            command, cwd=self.folder, env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        return Finished(finished.returncode, finished.stdout, finished.stderr)


def copy_configuration(folder: Path) -> None:
    for source in ("root", "modules"):
        shutil.copytree(FLEET / source, folder / source, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".terraform*"))
    shutil.copy(FLEET / "tenants.yaml", folder)


def initialise(name: str) -> Path:
    """Runs `terraform init` once for all tenants of a batch, and returns the folder that was initialised."""
    folder = WORK / "init" / name / "root"
    copy_configuration(folder.parent)
    environment = {**os.environ, "TF_DATA_DIR": str(folder / ".terraform"), "TF_INPUT": "0", "PG_SCHEMA_NAME": "fleet_init"}
    command = [TERRAFORM, "init", "-no-color"]
    finished = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise StepFailed(f"init: {one_line(finished.stderr)}")
    return folder
