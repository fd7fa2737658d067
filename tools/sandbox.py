"""The stand-in for the vendors, as `demo.py` and `release.py` start and use it."""

import json
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Sandbox:
    """The running stand-in for the vendors."""

    def __init__(self, ready: dict) -> None:
        self.environment: dict[str, str] = ready["env"]
        self.control: str = ready["urls"]["control"]

    def state(self) -> dict:
        return self._ask("GET", "/state")

    def change(self, change: Callable[[dict], None]) -> None:
        """Changes the tenants behind everybody's back."""
        state = self.state()
        change(state)
        self._ask("PUT", "/state", state)

    def _ask(self, method: str, path: str, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.control + path, data=data, headers=headers, method=method)
        # Without the caller's proxy: the sandbox is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as response:
            return json.load(response)


@contextmanager
def running(binary: Path) -> Iterator[Sandbox]:
    """Runs a sandbox on free ports. In a session of its own: Ctrl-C must not end it before Terraform has stopped."""
    process = subprocess.Popen([binary, "sandbox"], stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox ended with exit code {process.wait()} before it was ready")
        yield Sandbox(json.loads(line))
    finally:
        process.terminate()
        process.wait()
