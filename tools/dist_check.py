"""Checks the files of a release before they are published: `make dist-check`. The folder is that which `make dist` made.

- The checksums are those of all files, and the signature is that of the checksums, and of no others.
- A second build, in another folder, has the same bytes.
- Terraform installs the archive for this machine and applies with it in a root folder that has no C library.
"""

import argparse
import filecmp
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import dist
import sandbox
import workspace

CONFIGURATION = """
resource "idv_vult_webhook" "events" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
"""
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class Failed(RuntimeError):
    """The files must not be published; the message says why."""


def one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise Failed(f"{folder} has {len(found)} files {pattern}, and not one")
    return found[0]


def check_sums(folder: Path) -> None:
    sums = one(folder, "*_SHA256SUMS")
    lines = [line.split("  ") for line in sums.read_text(encoding="utf-8").splitlines()]
    files = {file.name for file in folder.iterdir()} - {sums.name, f"{sums.name}.sig"}
    if [name for _, name in lines] != sorted(files):
        raise Failed(f"{sums.name} is not of the files that are there: {', '.join(sorted(files))}")
    for expected, name in lines:
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected:
            raise Failed(f"{name} has another checksum than {sums.name} says")
    print(f"The checksums of {len(lines)} files are right.")


def check_signature(folder: Path, public_key: Path) -> None:
    sums = one(folder, "*_SHA256SUMS")
    signature = one(folder, "*_SHA256SUMS.sig")
    with tempfile.TemporaryDirectory() as home:
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet"]
        subprocess.run([*gpg, "--import", public_key], check=True)
        if subprocess.run([*gpg, "--verify", signature, sums], capture_output=True, check=False).returncode != 0:
            raise Failed(f"{signature.name} is not the signature of {sums.name} by the key in {public_key}")
        changed = Path(home) / "changed"
        content = sums.read_bytes()
        changed.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        if subprocess.run([*gpg, "--verify", signature, changed], capture_output=True, check=False).returncode == 0:
            raise Failed(f"gpg accepts {signature.name} for a file that was changed")
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)
    print("The signature is right, and is not that of a changed file.")


def check_same(folder: Path, other: Path) -> None:
    built = sorted(file for file in other.iterdir() if file.suffix == ".zip" or file.name.endswith(".cdx.json"))
    if not built:
        raise Failed(f"{other} has no archives")
    for file in built:
        if not (folder / file.name).is_file() or not filecmp.cmp(folder / file.name, file, shallow=False):
            raise Failed(f"{file.name} differs from that in {other}")
    print(f"A second build has the same {len(built)} files.")


class Root:
    """A folder as the root of processes: Terraform, the unpacked archive, and the archive in a mirror. It has no C library."""

    def __init__(self, folder: Path, archive: Path, terraform: Path) -> None:
        self.folder = folder
        for name in ("bin", "home", "tmp", "work"):
            (folder / name).mkdir()
        shutil.copy(terraform, folder / "bin" / "terraform")
        with zipfile.ZipFile(archive) as packed:
            programs = [entry for entry in packed.namelist() if entry.startswith(dist.NAME)]
            self.provider = Path("/bin") / Path(packed.extract(programs[0], folder / "bin")).name
        (folder / "bin" / self.provider.name).chmod(0o755)
        mirror = folder / "mirror" / "registry.terraform.io" / workspace.SOURCE
        mirror.mkdir(parents=True)
        shutil.copy(archive, mirror)
        (folder / "cli.tfrc").write_text('provider_installation {\n  filesystem_mirror {\n    path = "/mirror"\n  }\n}\n')
        required = f'terraform {{\n  required_providers {{\n    idv = {{ source = "{workspace.SOURCE}" }}\n  }}\n}}\n'
        (folder / "work" / "main.tf").write_text(required + CONFIGURATION)
        self.environment = {"PATH": "/bin", "HOME": "/home", "TF_CLI_CONFIG_FILE": "/cli.tfrc", "CHECKPOINT_DISABLE": "1"}

    def within(self) -> list[str]:
        """The command that changes the root of another one. A user other than root needs a namespace for that."""
        if not (unshare := shutil.which("unshare")):
            raise Failed("there is no unshare on the PATH: install util-linux")
        return [unshare, *([] if os.geteuid() == 0 else ["--map-root-user"]), f"--root={self.folder}"]

    def run(self, *command: str | Path) -> None:
        print(f"$ {' '.join(map(str, command))}", flush=True)
        finished = subprocess.run([*self.within(), *command], env=self.environment, text=True, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if finished.returncode != 0:
            raise Failed(f"`{' '.join(map(str, command))}` ended with exit code {finished.returncode}\n{finished.stdout}")

    def terraform(self, *arguments: str) -> None:
        self.run("/bin/terraform", "-chdir=/work", *arguments, "-input=false", "-no-color")


def check_isolated(folder: Path, terraform: Path) -> None:
    archive = one(folder, f"*_linux_{MACHINES.get(platform.machine(), platform.machine())}.zip")
    with tempfile.TemporaryDirectory() as name:
        root = Root(Path(name), archive, terraform)
        with sandbox.running(root.provider, within=root.within()) as vendors:
            root.environment |= vendors.environment
            root.run("/bin/terraform", "version")
            root.terraform("init")
            lock = (root.folder / "work" / ".terraform.lock.hcl").read_text(encoding="utf-8")
            if '"h1:' not in lock:
                raise Failed(f"the lock file has no checksum of the archive:\n{lock}")
            root.run(root.provider, "doctor")
            root.terraform("apply", "-auto-approve")
            root.terraform("plan", "-detailed-exitcode")
            if len(vendors.state()["vult"]["webhooks"]) != 1:
                raise Failed("the apply has not created the webhook")
    print(f"{archive.name} works without a C library.")


def main() -> int:
    parser = argparse.ArgumentParser(description="Check the files of a release before they are published.")
    parser.add_argument("folder", nargs="?", type=Path, default=dist.DIST, help="the folder that make dist made")
    parser.add_argument("--public-key", type=Path, help="the OpenPGP key of the signature; needed if there is one")
    parser.add_argument("--same", type=Path, metavar="FOLDER", help="the archives of a second build")
    parser.add_argument("--terraform", type=Path, default=shutil.which("terraform"),
                        help="a statically linked Terraform (default: that on the PATH)")
    arguments = parser.parse_args()
    try:
        check_sums(arguments.folder)
        if arguments.public_key:
            check_signature(arguments.folder, arguments.public_key)
        elif list(arguments.folder.glob("*.sig")):
            raise Failed("there is a signature: --public-key names the key that it is checked with")
        if arguments.same:
            check_same(arguments.folder, arguments.same)
        if not arguments.terraform:
            raise Failed("there is no terraform on the PATH: --terraform names a statically linked one")
        check_isolated(arguments.folder, arguments.terraform)
    except (RuntimeError, subprocess.CalledProcessError, OSError, json.JSONDecodeError) as failure:
        print(f"\nThe release must not be published: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
