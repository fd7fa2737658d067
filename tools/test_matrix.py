"""Runs the part of the suite that depends on Terraform's version with one Terraform of each minor version.

One line for each version on standard output; what failed is told in full after its line. `test_matrix.py 1.8.4 1.11.4`
runs those alone. Every version runs even where one has failed, and the exit code says whether any did.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import install_terraform

ROOT = Path(__file__).resolve().parent.parent

# The subjects of the suite that ask which Terraform they run.
SUBJECTS = ["docs::commands::", "examples::", "versions::"]


def suite(*arguments: str) -> list[str]:
    return ["cargo", "test", "--locked", "--test", "suite", *arguments]


def launcher(version: str) -> Path:
    """The command that is this Terraform, installed if it is not yet."""
    path = ROOT / "target" / "terraform" / version / "terraform"
    if not path.is_file():
        install_terraform.install(version)
    return path


def tested(version: str) -> tuple[bool, str]:
    """Whether the suite passes with a version, and what it printed."""
    environment = {**os.environ, "TF_ACC_TERRAFORM_PATH": str(launcher(version))}
    finished = subprocess.run(
        suite("--", *SUBJECTS), cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return finished.returncode == 0, finished.stdout


def line(version: str, passed: bool, output: str, seconds: float) -> str:
    counts = re.search(r"(\d+) passed; (\d+) failed", output)
    told = f"{counts[1]} passed, {counts[2]} failed" if counts else "no test ran"
    return f"Terraform {version:<7} {'ok    ' if passed else 'FAILED'}  {told}, {seconds:.0f} s"


def main() -> int:
    versions = sys.argv[1:] or list(install_terraform.PACKAGES)
    if unknown := set(versions) - set(install_terraform.PACKAGES):
        print(f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(install_terraform.PACKAGES)}", file=sys.stderr)
        return 2
    failed = []
    try:
        subprocess.run(suite("--no-run"), cwd=ROOT, check=True)
        for version in versions:
            started = time.monotonic()
            passed, output = tested(version)
            # A run in which no test is left proves nothing, and cargo calls it a success.
            passed = passed and re.search(r"[1-9]\d* passed", output) is not None
            print(line(version, passed, output, time.monotonic() - started), flush=True)
            if not passed:
                failed.append(version)
                print(output, flush=True)
    except subprocess.CalledProcessError as error:
        print(f"The matrix could not be run: `{' '.join(map(str, error.cmd))}` failed; its own words are above.", file=sys.stderr)
        return 1
    if failed:
        print(f"Failed with Terraform {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
