"""Installs a headless Chromium for the test of the HTML report: `install_browser.py` leaves `target/browser/browser`.

It comes from npm's registry, as the package that carries Chromium for servers without a desktop (Linux on x86-64), and needs no
Node. The launcher starts `browser.py`, which drives it.
"""

import base64
import hashlib
import io
import shlex
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path

VERSION = "153.0.0"
URL = f"https://registry.npmjs.org/@sparticuz/chromium/-/chromium-{VERSION}.tgz"
SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
PACKAGES = ["brotli==1.2.0", "websocket-client==1.9.0"]

TOOLS = Path(__file__).resolve().parent
FOLDER = TOOLS.parent / "target" / "browser"

# Run by the Python of the virtual environment, which has the decoder.
UNPACK = """
import brotli, io, pathlib, sys, tarfile
folder = pathlib.Path(sys.argv[1])
decoded = lambda name: brotli.decompress((folder / "package" / "bin" / name).read_bytes())
binary = folder / "chromium"
binary.write_bytes(decoded("chromium.br"))
binary.chmod(0o755)
for name in ("al2023", "fonts"):
    with tarfile.open(fileobj=io.BytesIO(decoded(name + ".tar.br"))) as archive:
        archive.extractall(folder / name, filter="data")
"""


def download() -> bytes:
    with urllib.request.urlopen(URL, timeout=120) as response:
        archive = response.read()
    found = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != SHA512:
        raise RuntimeError(f"{URL} has the SHA-512 {found}, not {SHA512}")
    return archive


def install() -> None:
    environment = FOLDER / "venv"
    python = environment / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([python, "-m", "pip", "install", *quiet, *PACKAGES], check=True)
    with tarfile.open(fileobj=io.BytesIO(download())) as archive:
        archive.extractall(FOLDER, filter="data")
    subprocess.run([python, "-c", UNPACK, FOLDER], check=True)
    command = shlex.join([str(python), str(TOOLS / "browser.py")])
    # Written last: the launcher is there only when all that it starts is.
    launcher = FOLDER / "browser"
    launcher.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)


if __name__ == "__main__":
    try:
        install()
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        print(f"The browser could not be installed: {error}", file=sys.stderr)
        sys.exit(1)
