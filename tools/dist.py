"""Builds the archives of a release, as a registry wants them: `make dist KEY=signing.asc`.

They go into target/dist: a zip for each target, its bill of materials, the manifest, the checksums, and their signature if a key
is given. Two builds of one commit are equal byte by byte, in any folders: paths of the machine are replaced, and the archives have
the time of the commit.

`dist.py archives` builds the zips and bills only, so that several machines can share the targets. `dist.py sums` adds the manifest, the
checksums and the signature for all archives that are in target/dist.

A binary for Linux is linked statically with glibc, which since 2.34 resolves names without modules that are loaded at run time. So
it runs on any Linux of the architecture, with another libc or with none. A binary for Windows has the C runtime inside. Those for
FreeBSD are built on another system, with Zig's C compiler and its stubs of FreeBSD's libraries.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import workspace

NAME = "terraform-provider-idv"
DIST = workspace.TARGET / "dist"
# The tools have one path for all folders: Cargo derives symbol names from that of cargo-auditable.
TOOLS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / NAME / "tools"
# Rust's targets, and how registries call them.
TARGETS = {
    "x86_64-unknown-linux-gnu": "linux_amd64",
    "aarch64-unknown-linux-gnu": "linux_arm64",
    "x86_64-unknown-linux-musl": "linux_amd64",
    "aarch64-unknown-linux-musl": "linux_arm64",
    "x86_64-apple-darwin": "darwin_amd64",
    "aarch64-apple-darwin": "darwin_arm64",
    "x86_64-pc-windows-msvc": "windows_amd64",
    "aarch64-pc-windows-msvc": "windows_arm64",
    "x86_64-unknown-freebsd": "freebsd_amd64",
    "aarch64-unknown-freebsd": "freebsd_arm64",
}
# rustup has no standard library for this one: it is built from the component rust-src.
WITHOUT_STD = "aarch64-unknown-freebsd"
# What records the dependencies: in the binary, and beside it.
CARGO_AUDITABLE = ("cargo-auditable", "0.7.7")
CARGO_CYCLONEDX = ("cargo-cyclonedx", "0.5.9")
# The linker for FreeBSD, and the package of PyPI that has its compiler and libraries.
CARGO_ZIGBUILD = ("cargo-zigbuild", "0.24.1")
ZIG = ("ziglang", "0.17.1")


class Failed(RuntimeError):
    """There is no release; the message says why."""


def run(command: list, **options) -> str:
    """Runs a command and returns its output. What it reports goes to standard error."""
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, cwd=workspace.ROOT, **options).stdout


def installed(tool: tuple[str, str]) -> Path:
    """The path of a tool of cargo, which is installed into the user's cache on first use."""
    name, version = tool
    root = TOOLS / f"{name}-{version}"
    if not (program := root / "bin" / f"{name}{'.exe' if os.name == 'nt' else ''}").is_file():
        run(["cargo", "install", "--locked", name, "--version", version, "--root", root])
    return program


def zig() -> dict[str, str]:
    """The variables with which `cargo zigbuild` is found and finds Zig, which is installed into the user's cache on first use."""
    name, version = ZIG
    root = TOOLS / f"{name}-{version}"
    python, done = root / "bin" / "python", root / "installed"
    if not done.is_file():
        run([sys.executable, "-m", "venv", "--clear", root])
        run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", f"{name}=={version}"])
        done.touch()
    folder = installed(CARGO_ZIGBUILD).parent
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "CARGO_ZIGBUILD_PYTHON_PATH": str(python)}


def commit_time() -> int:
    """The time of the commit, in seconds; `SOURCE_DATE_EPOCH` where there is no repository."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    return int(run(["git", "log", "-1", "--format=%ct"]))


def version_of_package() -> str:
    manifest = (workspace.ROOT / "Cargo.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.*)"$', manifest, re.MULTILINE).group(1)


def host_target() -> str:
    return re.search(r"^host: (.*)$", run(["rustc", "-vV"]), re.MULTILINE).group(1)


def environment(target: str, seconds: int) -> dict[str, str]:
    """The variables with which a build has nothing of this machine, and needs no C library on Linux and Windows."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    paths = [(workspace.ROOT, "/source"), (home, "/cargo"), (run(["rustc", "--print", "sysroot"]).strip(), "/rust")]
    flags = [f"--remap-path-prefix={path}={name}" for path, name in paths]
    if "linux" in target or "windows" in target:
        flags += ["-Ctarget-feature=+crt-static"]
    if "linux" in target:
        # By default the crate looks the function up at run time, which a static binary cannot, and then needs /dev/urandom.
        flags += ["--cfg", 'getrandom_backend="linux_getrandom"']
    # Not RUSTFLAGS, whose values end at spaces.
    variables = {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags), "SOURCE_DATE_EPOCH": str(seconds)}
    # Assertions in C have the names of files. Microsoft's compiler has no such flag.
    if "msvc" not in target:
        variables["CFLAGS"] = " ".join(f"-ffile-prefix-map={path}={name}" for path, name in paths[:2])
    return os.environ | variables | {"CARGO_INCREMENTAL": "0"}


def build(target: str, seconds: int) -> Path:
    """Builds the release with its list of dependencies inside."""
    variables, build_command, options = environment(target, seconds), "build", ["--release", "--locked", "--target", target]
    if "freebsd" in target:
        build_command = "zigbuild"
        variables |= zig()
    if target == WITHOUT_STD:
        options.append("-Zbuild-std=std,panic_abort")
        variables["RUSTC_BOOTSTRAP"] = "1"
    run([installed(CARGO_AUDITABLE), "auditable", build_command, *options], env=variables)
    suffix = ".exe" if "windows" in target else ""
    binary = workspace.TARGET / target / "release" / f"{NAME}{suffix}"
    # A binary of this machine has to start.
    if TARGETS[target] == TARGETS.get(host_target()):
        run([binary, "--version"])
    return binary


def write_zip(path: Path, files: list[tuple[str, bytes, int]], seconds: int) -> None:
    """Writes files with their modes, each with the same time."""
    time = datetime.fromtimestamp(seconds, UTC).timetuple()[:6]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content, mode in files:
            entry = zipfile.ZipInfo(name, time)
            entry.create_system, entry.external_attr, entry.compress_type = 3, mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def write_sbom(path: Path, target: str, seconds: int) -> None:
    """Writes the bill of materials (CycloneDX), without its random serial number."""
    cyclonedx = installed(CARGO_CYCLONEDX)
    name = "bill-of-materials"
    run([cyclonedx, "cyclonedx", "--format", "json", "--target", target, "--override-filename", name],
        env=environment(target, seconds))
    written = workspace.ROOT / f"{name}.json"
    bill = json.loads(written.read_text(encoding="utf-8"))
    written.unlink()
    bill.pop("serialNumber", None)
    # A path of this machine would be in the references of the package itself.
    text = json.dumps(bill, indent=2, sort_keys=True).replace(workspace.ROOT.as_uri(), "file:///source")
    path.write_text(text + "\n", encoding="utf-8")


def sign(sums: Path, key: str) -> Path:
    """Writes the OpenPGP signature of the checksums, by a private key in a file, in a keyring of its own."""
    if not shutil.which("gpg"):
        raise Failed("there is no gpg on the PATH to sign with: install GnuPG, or leave KEY out")
    signature = sums.with_name(f"{sums.name}.sig")
    with tempfile.TemporaryDirectory() as home:
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--yes"]
        run([*gpg, "--import", key])
        run([*gpg, "--pinentry-mode", "loopback", "--passphrase", os.environ.get("KEY_PASSPHRASE", ""), "--detach-sign",
             "--output", signature, sums])
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)
    return signature


def write_archives(targets: list[str]) -> None:
    """Writes the zip and the bill of materials of each target."""
    version, seconds = version_of_package(), commit_time()
    for target in targets:
        binary = build(target, seconds)
        base = f"{NAME}_{version}_{TARGETS[target]}"
        program = f"{NAME}_v{version}{binary.suffix}"
        texts = [(name, (workspace.ROOT / name).read_bytes(), 0o100644) for name in ("LICENSE", "README.md", "CHANGELOG.md")]
        write_zip(DIST / f"{base}.zip", [(program, binary.read_bytes(), 0o100755), *texts], seconds)
        write_sbom(DIST / f"{base}.cdx.json", target, seconds)


def write_sums(key: str | None, platforms: set[str]) -> None:
    """Writes the manifest, the checksums of all files in target/dist and their signature. Archives of `platforms` have to be there."""
    prefix = f"{NAME}_{version_of_package()}"
    sums = DIST / f"{prefix}_SHA256SUMS"
    for earlier in (sums, sums.with_name(f"{sums.name}.sig")):
        earlier.unlink(missing_ok=True)
    manifest = {"version": 1, "metadata": {"protocol_versions": ["6.0"]}}
    (DIST / f"{prefix}_manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    files = sorted(DIST.iterdir())
    archives = {f"{prefix}_{platform}{suffix}" for platform in platforms for suffix in (".zip", ".cdx.json")}
    if missing := archives - {file.name for file in files}:
        raise Failed(f"{DIST} lacks {', '.join(sorted(missing))}")
    if strange := [file.name for file in files if not file.name.startswith(f"{prefix}_")]:
        raise Failed(f"{DIST} has files of no or another version: {', '.join(strange)}")
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    sums.write_text("".join(lines), encoding="utf-8", newline="\n")
    print("".join(lines), end="")
    print(f"The files are in {DIST}.")
    if key:
        print(f"Signed: {sign(sums, key).name}")
    else:
        print("They are not signed: KEY=FILE signs with a private OpenPGP key.")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the archives of a release.")
    parser.add_argument("step", nargs="?", choices=["archives", "sums"], help="only build the archives, or only add what is for all of them")
    parser.add_argument("--key", help="sign with the private OpenPGP key in this file, - for standard input; KEY_PASSPHRASE has its passphrase")
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="build for this target; can be repeated (default: this machine)")
    parser.add_argument("--complete", action="store_true", help="fail if an archive of a platform is missing")
    arguments = parser.parse_args()
    try:
        if arguments.step != "sums":
            shutil.rmtree(DIST, ignore_errors=True)
            DIST.mkdir(parents=True)
            write_archives(arguments.target or [host_target()])
        if arguments.step != "archives":
            write_sums(arguments.key or None, set(TARGETS.values()) if arguments.complete else set())
    except (Failed, subprocess.CalledProcessError, OSError) as failure:
        print(f"\nThere is no release: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
