"""A headless Chromium for tests, spoken to through its own DevTools pipe: nothing to install, no port."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

#: Names under which Debian, Fedora, Arch and Google install it.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The browser reads commands on file descriptor 3 and answers on 4.
_LAUNCH = "import os, sys; os.dup2({0}, 3); os.dup2({1}, 4); os.execv(sys.argv[1], sys.argv[1:])"
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--window-size=1000,1400",
)


class Page:
    """One page: what it holds, what it complained of, and what it asked the network for."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._left = b""
        self._number = 0
        self._session: str | None = None
        self._events: list[dict[str, Any]] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._events.clear()
        self._ask("Page.navigate", url=path.resolve().as_uri())
        while not self._told("Page.loadEventFired"):
            self._receive()

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int, text: str = "") -> None:
        """A key, pressed and let go, where the focus is."""
        for kind in ("keyDown", "keyUp"):
            typed = {"text": text} if text and kind == "keyDown" else {}
            self._ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **typed)

    def type(self, text: str) -> None:
        """Text typed where the focus is."""
        self._ask("Input.insertText", text=text)

    def screenshot(self) -> bytes:
        """What the window shows, as PNG."""
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])

    def as_printed(self) -> None:
        """Show the page as it is on paper."""
        self._ask("Emulation.setEmulatedMedia", media="print")

    def as_on_screen(self) -> None:
        """Show it on the screen again."""
        self._ask("Emulation.setEmulatedMedia", media="")

    def nodes(self, selector: str) -> int:
        """Elements that a selector finds, also where no script runs."""
        root = self._ask("DOM.getDocument")["root"]["nodeId"]
        return len(self._ask("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"])

    def without_scripts(self) -> None:
        """Open the pages that follow as a browser does that runs no scripts."""
        self._ask("Emulation.setScriptExecutionDisabled", value=True)

    def complaints(self) -> list[str]:
        """Errors and warnings of the console, refusals of the page's policy, exceptions."""
        self._ask("Page.getLayoutMetrics")  # what was said before is read before the answer
        told = [
            event["params"]["entry"]["text"]
            for event in self._told("Log.entryAdded")
            if event["params"]["entry"]["level"] in ("error", "warning")
        ]
        told += [str(event["params"]["args"]) for event in self._told("Runtime.consoleAPICalled")]
        return told + [str(event["params"]) for event in self._told("Runtime.exceptionThrown")]

    def requests(self) -> list[str]:
        """Addresses that were asked for since the page was opened; images inside the page are none."""
        asked = [event["params"]["request"]["url"] for event in self._told("Network.requestWillBeSent")]
        return [url for url in asked if not url.startswith("data:")]

    def _told(self, method: str) -> list[dict[str, Any]]:
        return [event for event in self._events if event["method"] == method]

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        left = json.dumps(message).encode() + b"\0"
        while left:
            left = left[os.write(self._write, left) :]
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            part = os.read(self._read, 1 << 16)
            assert part, "the browser closed its pipe"
            self._left += part
        first, _, self._left = self._left.partition(b"\0")
        message = dict(json.loads(first))
        if "method" in message:
            self._events.append(message)
        return message


@contextlib.contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """A browser with a profile of its own; the test is skipped where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser on the PATH (looked for {', '.join(NAMES)})")
    if os.name != "posix":
        pytest.skip("the browser is spoken to through inherited file descriptors, which needs POSIX")
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # Above 4, so that neither is written over before it has been copied.
    import fcntl

    high = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out)]
    # Its sandbox needs rights that a container's root does not have; what it opens here is our own page.
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    process = subprocess.Popen(
        [sys.executable, "-c", _LAUNCH.format(*high), found, *_FLAGS, *root, f"--user-data-dir={profile}"],
        pass_fds=high,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    for end in (theirs_in, theirs_out, *high):
        os.close(end)
    try:
        yield Page(ours_out, ours_in)
    finally:
        # The browser leaves when its pipe is closed.
        os.close(ours_out)
        os.close(ours_in)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
