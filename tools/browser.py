"""Opens a page in a headless Chromium and prints as JSON what a person and a screen reader would meet.

`browser.py PAGE.html [--screenshot FILE] [--dark] [--width N] [--height N]`

The JSON has `errors` (of the console and of the page), `requests` (every address that was asked for, but the page's own), `names` (what
a screen reader says for each picture) and `focusable` (what the Tab key reaches, in order).
"""

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import websocket

FOLDER = Path(__file__).resolve().parent.parent / "target" / "browser"
PATIENCE_SECONDS = 90
FLAGS = [
    "--headless=shell",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
]


class Page:
    """A page that is driven by the DevTools protocol."""

    def __init__(self, address: str) -> None:
        self.socket = websocket.create_connection(address, timeout=PATIENCE_SECONDS)
        self.last_id = 0
        self.events: list[dict] = []

    def call(self, method: str, **parameters):
        self.last_id += 1
        self.socket.send(json.dumps({"id": self.last_id, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") != self.last_id:
                self.events.append(message)
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']}")
            else:
                return message["result"]

    def wait_for(self, event: str) -> None:
        while not any(message.get("method") == event for message in self.events):
            self.events.append(json.loads(self.socket.recv()))

    def evaluate(self, expression: str):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")


def start(profile: str) -> tuple[subprocess.Popen, str]:
    """Starts a browser and returns the address of its one page."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(FOLDER / "al2023" / "lib"), "FONTCONFIG_PATH": str(FOLDER / "fonts" / "fonts")}
    command = [str(FOLDER / "chromium"), *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    port_file = Path(profile) / "DevToolsActivePort"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not port_file.exists() or not port_file.read_text(encoding="utf-8").strip():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError("the browser did not start")
        time.sleep(0.05)
    port = port_file.read_text(encoding="utf-8").split()[0]
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE_SECONDS) as response:
        pages = json.load(response)
    return process, next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")


def look(page: Page, options: argparse.Namespace) -> dict:
    address = Path(options.page).resolve().as_uri()
    for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
        page.call(f"{domain}.enable")
    features = [{"name": "prefers-color-scheme", "value": "dark" if options.dark else "light"}]
    page.call("Emulation.setEmulatedMedia", features=features)
    page.call(
        "Emulation.setDeviceMetricsOverride", width=options.width, height=options.height, deviceScaleFactor=1, mobile=False
    )
    page.call("Page.navigate", url=address)
    page.wait_for("Page.loadEventFired")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    pictures = [node for node in nodes if node.get("role", {}).get("value") in ("image", "img")]
    focusable = []
    for _ in range(200):
        for kind in ("keyDown", "keyUp"):
            page.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        tag = page.evaluate("document.activeElement === document.body ? null : document.activeElement.tagName.toLowerCase()")
        index = page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)")
        if tag is None or any(index == other for other, _ in focusable):
            break
        focusable.append((index, tag))
    if options.screenshot:
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        shot = page.call("Page.captureScreenshot", format="png")
        Path(options.screenshot).write_bytes(base64.b64decode(shot["data"]))
    errors = [
        event["params"]
        for event in page.events
        if event.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
    ]
    requests = [
        event["params"]["request"]["url"] for event in page.events if event.get("method") == "Network.requestWillBeSent"
    ]
    return {
        "errors": errors,
        "requests": [url for url in requests if url != address and not url.startswith("data:")],
        "names": [picture.get("name", {}).get("value", "") for picture in pictures],
        "focusable": [tag for _, tag in focusable],
        "background": page.evaluate("getComputedStyle(document.body).backgroundColor"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Open a page and print what a person and a screen reader would meet.")
    parser.add_argument("page")
    parser.add_argument("--screenshot")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--width", type=int, default=1100)
    parser.add_argument("--height", type=int, default=1400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process, address = start(profile)
        try:
            print(json.dumps(look(Page(address), options)))
        finally:
            process.kill()
            process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
