"""Runs the part of the suite that depends on Terraform's version with one Terraform of each minor version, or with OpenTofu.

    test_matrix.py                       every version in turn
    test_matrix.py 1.8.4 1.11.4          those alone
    test_matrix.py --opentofu            the OpenTofu that TF_ACC_TOFU_PATH names, or the `tofu` on the PATH
    test_matrix.py --opentofu-if-found   the same; without one, says so and succeeds

Prints a line for each version, and the whole output of a failed one. Every version runs even if one has failed; the exit code
is 1 if any did, and 2 if one could not be run.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import install_terraform

ROOT = Path(__file__).resolve().parent.parent

# The subjects of the suite that depend on the version.
SUBJECTS = ["docs::commands::", "examples::", "versions::"]

# With OpenTofu also those that install the provider from a mirror, since its registry is another one.
OPENTOFU_SUBJECTS = [*SUBJECTS, "fleet::", "install::", "lifecycle::", "pipelines::"]


def suite(*arguments: str) -> list[str]:
    return ["cargo", "test", "--locked", "--test", "suite", *arguments]


def launcher(version: str) -> Path:
    """The command that is this Terraform, installed if it is not yet."""
    path = ROOT / "target" / "terraform" / version / "terraform"
    if not path.is_file():
        install_terraform.install(version)
    return path


def opentofu() -> Path | None:
    """The OpenTofu of this machine. A path that the caller names has to be there."""
    if named := os.environ.get("TF_ACC_TOFU_PATH"):
        path = Path(named).absolute()
        if not path.is_file():
            raise FileNotFoundError(f"TF_ACC_TOFU_PATH is {path}, and there is no such file")
        return path
    found = shutil.which("tofu")
    return Path(found).absolute() if found else None


def run(path: Path, subjects: list[str]) -> tuple[bool, str]:
    """Whether the subjects pass with a Terraform or OpenTofu, and what the suite printed."""
    environment = {**os.environ, "TF_ACC_TERRAFORM_PATH": str(path)}
    finished = subprocess.run(
        suite("--", *subjects), cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    # A run in which no test is left proves nothing, and cargo calls it a success.
    return finished.returncode == 0 and re.search(r"[1-9]\d* passed", finished.stdout) is not None, finished.stdout


def test(name: str, path: Path, subjects: list[str]) -> bool:
    """Runs the subjects and prints the line of their result."""
    started = time.monotonic()
    passed, output = run(path, subjects)
    counts = re.search(r"(\d+) passed; (\d+) failed", output)
    result = f"{counts[1]} passed, {counts[2]} failed" if counts else "no test ran"
    print(f"{name:<17} {'ok    ' if passed else 'FAILED'}  {result}, {time.monotonic() - started:.0f} s", flush=True)
    if not passed:
        print(output, flush=True)
    return passed


def version_of(path: Path) -> str:
    """The line of `tofu version` that has it, such as `OpenTofu v1.12.6`. Warnings may come before."""
    command = [str(path), "version"]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = re.search(r"^\w+ v\S+$", printed, re.MULTILINE)
    return found[0] if found else str(path)


def test_opentofu(is_required: bool) -> int:
    path = opentofu()
    if path is None:
        print("OpenTofu          not found, not tested: put `tofu` on the PATH, or set TF_ACC_TOFU_PATH to its path")
        return 2 if is_required else 0
    return 0 if test(version_of(path), path, OPENTOFU_SUBJECTS) else 1


def test_terraforms(versions: list[str]) -> int:
    subprocess.run(suite("--no-run"), cwd=ROOT, check=True)
    failed = [version for version in versions if not test(f"Terraform {version}", launcher(version), SUBJECTS)]
    if failed:
        print(f"Failed with Terraform {', '.join(failed)}.")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the tests that depend on Terraform's version.")
    parser.add_argument("versions", nargs="*", metavar="VERSION", help=f"one of {', '.join(install_terraform.PACKAGES)}")
    parser.add_argument("--opentofu", action="store_true", help="test with OpenTofu, which has to be found")
    parser.add_argument("--opentofu-if-found", action="store_true", help="test with OpenTofu, or say that it is not found")
    arguments = parser.parse_args()
    if unknown := set(arguments.versions) - set(install_terraform.PACKAGES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(install_terraform.PACKAGES)}")
    try:
        if arguments.opentofu or arguments.opentofu_if_found:
            return test_opentofu(is_required=arguments.opentofu)
        return test_terraforms(arguments.versions or list(install_terraform.PACKAGES))
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"The tests could not be run: `{' '.join(map(str, error.cmd))}` failed; its output is above.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
