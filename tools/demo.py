"""Shows the provider at work, against a real Terraform and the built-in sandbox: `make demo`.

Applies examples/demo in a scratch copy, plans again to show that nothing is left to do, changes the tenants behind
Terraform's back, lets it find and repair that, shows the outputs, and destroys. Ends with exit code 0 only if every
step did what it should.
"""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import sandbox
import workspace

FOLDER = workspace.TARGET / "demo"
CONFIGURATION = workspace.ROOT / "examples" / "demo"
COLOURS = re.compile(r"\033\[[0-9;]*m")
PROGRESS_OF_READS = re.compile(r": (Refreshing state|Reading|Read complete)")
# What examples/demo sets `ofac_fuzzy_match_weight` to.
WEIGHT = 15
# What it sets `max_retry_attempts` to.
ATTEMPTS = 2
# What a destroy leaves none of at Didit, in the sandbox's words.
DIDIT_KINDS = ["workflows", "questionnaires", "webhook_destinations"]
# The bucket's secret, which must reach the vendor and nothing of Terraform's.
SECRET = "never-in-state"
# How long Terraform may take to end well after Ctrl-C.
PATIENCE_SECONDS = 30


class StepFailed(RuntimeError):
    """A step did not do what it should; the message says what came instead."""


class Terraform:
    """Terraform in the scratch folder."""

    def __init__(self, path: str, environment: dict[str, str]) -> None:
        self.path = path
        self.environment = environment

    def run(self, *arguments: str, show: bool = True, expect: int = 0) -> str:
        """Runs one command, shows what it prints, and returns it. Another exit code than `expect` fails the step."""
        command = [self.path, *arguments]
        # In a session of its own, so that Ctrl-C reaches it once, from `stop`: at the second it would drop everything.
        process = subprocess.Popen(
            command,
            cwd=FOLDER,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        printed = []
        try:
            for line in without_override_warning(process.stdout):
                printed.append(line)
                if show and not PROGRESS_OF_READS.search(line):
                    print(f"  {line if sys.stdout.isatty() else COLOURS.sub('', line)}".rstrip(), flush=True)
            code = process.wait()
        except BaseException:
            stop(process)
            raise
        if code != expect:
            tail = "" if show else "".join(f"\n  {line}".rstrip() for line in printed)
            raise StepFailed(f"`terraform {' '.join(arguments)}` ended with exit code {code}, not {expect}{tail}")
        return "\n".join(printed)

    def plan(self, *arguments: str, expect: int) -> list[str]:
        """Saves a plan and returns what a person wants of it: the count of changes, and each warning once."""
        events = self.run(
            "plan", "-json", "-out=saved.tfplan", "-detailed-exitcode", *arguments, show=False, expect=expect
        )
        told = []
        for event in map(json.loads, events.splitlines()):
            if event["type"] == "change_summary":
                told.append(event["@message"])
            elif event["type"] == "diagnostic" and "development overrides" not in event["@message"]:
                told.append(event["@message"])
        return list(dict.fromkeys(told))


def stop(process: subprocess.Popen) -> None:
    """Ends Terraform gracefully."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def without_override_warning(lines: Iterator[str]) -> Iterator[str]:
    """Terraform's lines without the box about `dev_overrides`, which is how this script hands it the provider."""
    box: list[str] = []
    for line in (line.rstrip("\n") for line in lines):
        plain = COLOURS.sub("", line)
        if plain.startswith("╷") or box:
            box.append(line)
            if plain.startswith("╵"):
                if not any("development overrides" in inner for inner in box):
                    yield from box
                box = []
        else:
            yield line
    yield from box


def heading(text: str) -> None:
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}== {text}{plain}", flush=True)


def tell(lines: list[str]) -> None:
    for line in lines:
        print(f"  {line}")


def drift(state: dict) -> None:
    """What somebody does in the dashboards."""
    state["vult"]["weights"][-1]["ofac_fuzzy_match_weight"] = 1
    webhooks = state["vult"]["webhooks"]
    webhooks[:] = [webhook for webhook in webhooks if webhook["name"] != "audit"]
    state["onekosmos"]["buckets"][0]["isEnabled"] = False
    state["didit"]["workflows"][-1]["settings"]["max_retry_attempts"] = 10


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StepFailed(otherwise)


class Demo:
    """The steps. Each fails with `StepFailed` where something else happens than its sentence says."""

    def __init__(self, terraform: Terraform, vendors: sandbox.Sandbox) -> None:
        self.terraform = terraform
        self.vendors = vendors
        self.steps = [
            ("Apply examples/demo to tenants that know nothing of Terraform", self.create),
            ("Plan again: nothing is left to do", self.plan_again),
            ("Somebody lowers a weight, deletes a webhook, disables the bucket and allows more attempts by hand: the plan finds all four", self.find_drift),
            ("Apply that plan: the tenants are as declared again", self.repair),
            ("Destroy: what the vendors cannot delete is put back as it was, or switched off", self.destroy),
        ]

    def run(self) -> bool:
        """Runs the steps until one fails, and ends with a summary. Whether all did what they should."""
        summary, failed = [], False
        for sentence, step in self.steps:
            heading(sentence)
            started = time.monotonic()
            try:
                step()
            except StepFailed as failure:
                summary += [f"failed   {sentence}", f"         {failure}"]
                failed = True
                break
            summary.append(f"{time.monotonic() - started:5.1f} s  {sentence}")
        heading("Summary")
        tell(summary)
        return not failed

    def create(self) -> None:
        tell(self.terraform.plan(expect=2))
        self.terraform.run("apply", "saved.tfplan")
        self.check_weight()
        check(SECRET in json.dumps(self.vendors.state()), "the bucket's secret did not reach the vendor")
        check(SECRET not in (FOLDER / "terraform.tfstate").read_text(encoding="utf-8"), "a secret is in state")

    def plan_again(self) -> None:
        self.terraform.run("plan", "-detailed-exitcode")

    def find_drift(self) -> None:
        self.vendors.change(drift)
        self.terraform.run("plan", "-detailed-exitcode", "-out=saved.tfplan", expect=2)

    def repair(self) -> None:
        self.terraform.run("apply", "saved.tfplan")
        self.check_weight()
        state = self.vendors.state()
        names = sorted(webhook["name"] for webhook in state["vult"]["webhooks"])
        check(names == ["audit", "reviews"], f"the webhooks at the vendor are {names}")
        check(state["onekosmos"]["buckets"][0]["isEnabled"], "the bucket at the vendor is still disabled")
        versions = state["didit"]["workflows"]
        attempts = [version["settings"]["max_retry_attempts"] for version in versions]
        check(attempts[-1] == ATTEMPTS, f"the versions of the workflow allow {attempts} attempts")
        check(len({version["workflow_id"] for version in versions}) == 1, f"the workflow has changed its id: {versions}")
        self.terraform.plan(expect=0)

    def destroy(self) -> None:
        tell(self.terraform.plan("-destroy", expect=2))
        self.terraform.run("apply", "saved.tfplan")
        state = self.vendors.state()
        left = state["vult"]["webhooks"] + state["onekosmos"]["templates"]
        left += [it for kind in DIDIT_KINDS for it in state["didit"][kind]]
        check(not left, f"objects are left at the vendors: {left}")
        check(not state["onekosmos"]["buckets"][0]["isEnabled"], "the bucket is not disabled, which destroy promised")
        first, last = state["vult"]["weights"][0], state["vult"]["weights"][-1]
        check({**first, "id": ""} == {**last, "id": ""}, f"the weights were {first} before the demo and are {last}")

    def check_weight(self) -> None:
        weight = self.vendors.state()["vult"]["weights"][-1]["ofac_fuzzy_match_weight"]
        check(weight == WEIGHT, f"the weight at the vendor is {weight}, not {WEIGHT}")


def main() -> int:
    # A polite end of the process cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        heading("Build the provider, find a Terraform, start the sandbox")
        binary = workspace.build()
        path, version = workspace.find_terraform()
        with sandbox.running(binary) as vendors:
            tell([f"{version} at {path}", f"the configuration is in {FOLDER.relative_to(workspace.ROOT)}"])
            variables = {**vendors.environment, "TF_VAR_bucket_secret_key": SECRET}
            environment = workspace.prepare(FOLDER, CONFIGURATION, binary, variables)
            return 0 if Demo(Terraform(path, environment), vendors).run() else 1
    except KeyboardInterrupt:
        print("\nInterrupted; the sandbox and its tenants are gone.", file=sys.stderr)
        return 130
    except (subprocess.CalledProcessError, RuntimeError) as failure:
        print(f"\nThe demo could not begin: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
