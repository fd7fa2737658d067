"""Builds the provider as it is released: `make release` leaves it in target/release.

A start calls a seventh of the binary's functions, but they are scattered over all of it, and the kernel maps 64 KiB around
each. So the provider is built twice. The first build is traced while a real Terraform applies, plans and destroys
examples/demo, and the linker of the second one puts the functions that were called side by side. Nothing else differs:
docs/decisions/0002-functions-side-by-side.md has the figures.
"""

import hashlib
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import sandbox
import workspace

FOLDER = workspace.TARGET / "placement"
NAME = "terraform-provider-idv"
TRACER = Path(__file__).resolve().parent / "function_trace.py"
# What is traced: all that a plan, an apply and a destroy of examples/demo call.
COMMANDS = [["apply", "-auto-approve", "-no-color"], ["plan", "-no-color"], ["destroy", "-auto-approve", "-no-color"]]
CAPTURED = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
# The first whose linker on Linux on x86-64 is LLD.
FIRST_RUST_WITH_LLD = (1, 90)
# Of examples/demo. It reaches a sandbox and nobody else.
VARIABLES = {"TF_VAR_bucket_secret_key": "of-a-sandbox"}


def cargo(target: Path, *rustc_arguments: str) -> Path:
    """Builds the provider into `target`, where only its last step gets `rustc_arguments`, and returns the binary."""
    command = ["cargo", "rustc", "--locked", "--release", "--bin", NAME, "--target-dir", str(target)]
    subprocess.run([*command, "--", *rustc_arguments], cwd=workspace.ROOT, check=True)
    return target / "release" / NAME


def build_ordinary() -> Path:
    """The release build as cargo makes it, but with its symbols, which no process loads."""
    return cargo(FOLDER, "-C", "strip=none")


def build() -> Path:
    """The release build, with the functions that a run calls side by side where this machine can place them."""
    ordinary = build_ordinary()
    if hindrance := what_hinders(ordinary):
        print(f"This is an ordinary release build, without functions placed by their use: {hindrance}", file=sys.stderr)
        return cargo(workspace.TARGET)
    order = order_of(ordinary).relative_to(workspace.ROOT)
    # A function that one build inlines and the other does not is no mistake.
    return cargo(workspace.TARGET, "-C", f"link-arg=-Wl,--symbol-ordering-file={order},--no-warn-symbol-ordering")


def what_hinders(ordinary: Path) -> str | None:
    """Why functions cannot be placed here; `None` where they can."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return "that is done on Linux on x86-64 only."
    rustc = subprocess.run(["rustc", "--version"], cwd=workspace.ROOT, check=True, stdout=subprocess.PIPE, text=True)
    version = tuple(map(int, re.findall(r"\d+", rustc.stdout)[:2]))
    if version < FIRST_RUST_WITH_LLD:
        return f"that takes Rust {FIRST_RUST_WITH_LLD[0]}.{FIRST_RUST_WITH_LLD[1]}, whose linker takes an order of functions."
    with tempfile.TemporaryDirectory() as lists:
        command = [sys.executable, str(TRACER), lists, str(ordinary), "--version"]
        finished = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return finished.stderr.strip() if finished.returncode != 0 else None


def order_of(ordinary: Path) -> Path:
    """The file with the functions that the demo calls. It is kept: the same binary is traced once."""
    digest = hashlib.sha256(ordinary.read_bytes()).hexdigest()
    order = FOLDER / f"order-{digest[:16]}.txt"
    if not order.is_file():
        for old in FOLDER.glob("order-*.txt"):
            old.unlink()
        order.write_text("".join(f"{name}\n" for name in trace(ordinary)), encoding="utf-8")
    return order


def trace(ordinary: Path) -> list[str]:
    """The functions that the provider calls in the demo, in the order of their first calls."""
    lists, plugin = FOLDER / "lists", FOLDER / "plugin"
    for folder in (lists, plugin):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    launcher = plugin / NAME
    command = shlex.join([sys.executable, str(TRACER), str(lists), str(ordinary)])
    launcher.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)

    terraform, _ = workspace.find_terraform()
    folder = FOLDER / "demo"
    with sandbox.running(ordinary) as vendors:
        variables = {**vendors.environment, **VARIABLES}
        environment = workspace.prepare(folder, workspace.ROOT / "examples" / "demo", launcher, variables)
        for arguments in COMMANDS:
            finished = subprocess.run([terraform, *arguments], cwd=folder, env=environment, **CAPTURED)
            if finished.returncode != 0:
                raise RuntimeError(f"`terraform {' '.join(arguments)}` failed while it was traced:\n{finished.stdout}")

    called = [name for path in sorted(lists.iterdir()) for name in path.read_text(encoding="utf-8").splitlines()]
    if not called:
        raise RuntimeError("the provider left no list of the functions that it called")
    return list(dict.fromkeys(called))


def main() -> int:
    try:
        print(build())
    except (subprocess.CalledProcessError, RuntimeError) as failure:
        print(f"The provider could not be built for a release: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
