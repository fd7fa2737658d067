"""What the tools share: the provider's binary, a Terraform, and a folder in which the two meet.

Nothing of the caller's Terraform is touched: the folder has its own command-line configuration, and no TF_ or IDV_
variable of the caller reaches it.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import install_terraform

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "target"
SOURCE = "identity-as-code/idv"

# The first version with write-only attributes, for Terraform and OpenTofu alike.
LEAST_VERSION = (1, 11)


def build(profile: str = "dev") -> Path:
    """Builds the provider with a profile of Cargo.toml and returns its binary. Cargo reports on standard error."""
    subprocess.run(["cargo", "build", "--locked", "--profile", profile], cwd=ROOT, check=True)
    return TARGET / ("debug" if profile == "dev" else profile) / "terraform-provider-idv"


def find_terraform() -> tuple[str, str]:
    """The path of a Terraform or OpenTofu and how it names its version.

    `TF_ACC_TERRAFORM_PATH` is taken at its word. On the PATH one that is new enough is looked for; where there is
    none, the pinned one is installed into target/.
    """
    if path := os.environ.get("TF_ACC_TERRAFORM_PATH"):
        return path, version_of(path)
    for name in ("terraform", "tofu"):
        if (path := shutil.which(name)) and is_new_enough(version := version_of(path)):
            return path, version
    pinned = (ROOT / ".terraform-version").read_text(encoding="utf-8").strip()
    launcher = TARGET / "terraform" / pinned / "terraform"
    if not launcher.is_file():
        install_terraform.install(pinned)
    return str(launcher), version_of(str(launcher))


def version_of(terraform: str) -> str:
    """The first line of `terraform version`, such as `Terraform v1.15.5`."""
    environment = clean_environment({})
    finished = subprocess.run([terraform, "version"], env=environment, capture_output=True, text=True, check=True)
    return finished.stdout.splitlines()[0]


def is_new_enough(version: str) -> bool:
    numbers = re.search(r"v(\d+)\.(\d+)", version)
    return numbers is not None and tuple(map(int, numbers.groups())) >= LEAST_VERSION


def clean_environment(more: dict[str, str]) -> dict[str, str]:
    """The caller's variables without those that would change what Terraform or the provider does, and `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "IDV_"))}
    return {**kept, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", **more}


def prepare(folder: Path, configuration: Path, binary: Path, more: dict[str, str]) -> dict[str, str]:
    """Copies a configuration into an empty folder and returns the environment in which Terraform uses `binary` there."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(configuration, folder)
    cli_configuration = folder / "cli.tfrc"
    cli_configuration.write_text(
        f'provider_installation {{\n  dev_overrides {{ "{SOURCE}" = "{binary.parent}" }}\n  direct {{}}\n}}\n',
        encoding="utf-8",
    )
    return clean_environment({"TF_CLI_CONFIG_FILE": str(cli_configuration), **more})
