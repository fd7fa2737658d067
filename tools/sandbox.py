"""The sandbox, as the tools start and use it."""

import json
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


class Sandbox:
    """A running sandbox."""

    def __init__(self, ready: dict) -> None:
        self.environment: dict[str, str] = ready["env"]
        self.control: str = ready["urls"]["control"]
        # Each with its `name` and `env`, if the sandbox was started with `--tenants`.
        self.tenants: list[dict] = ready.get("tenants", [])

    def state(self) -> dict:
        return self._ask("GET", "/state")

    def requests(self) -> list[dict]:
        """Every request since the last call of `forget_requests`."""
        return self._ask("GET", "/requests")

    def forget_requests(self) -> None:
        self._ask("DELETE", "/requests")

    def change(self, change: Callable[[dict], None]) -> None:
        """Changes the tenants outside of Terraform."""
        state = self.state()
        change(state)
        self._ask("PUT", "/state", state)

    def _ask(self, method: str, path: str, body: dict | None = None):
        """Calls the control port and returns the JSON of the response; `None` for a response without a body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.control + path, data=data, headers=headers, method=method)
        # Without the caller's proxy: the sandbox is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as response:
            text = response.read()
            return json.loads(text) if text else None


@contextmanager
def running(binary: Path, *arguments: str, within: Sequence[str] = ()) -> Iterator[Sandbox]:
    """Runs a sandbox on free ports, by the command `within` if there is one.

    It is in a session of its own: Ctrl-C must not end it before Terraform has stopped.
    """
    process = subprocess.Popen([*within, binary, "sandbox", *arguments], stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox ended with exit code {process.wait()} before it was ready")
        yield Sandbox(json.loads(line))
    finally:
        process.terminate()
        process.wait()
