"""A page as Chromium shows it, at a width that is asked for: sizes, images, screenshots; over its own protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from patience import PATIENCE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WHY_NOT = "needs Debian's chromium: apt-get install chromium"
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, "")}  # those that a browser obeys: code, and what they type
PLAIN = ("--disable-gpu",)
NO_WEBGL = ("--disable-gpu", "--disable-3d-apis")
WEBGL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")  # drawn by the processor


@contextmanager
def browser(folder: Path, flags: tuple[str, ...] = PLAIN):
    """A Chromium without a window, whose traces stay in a folder; yields a function that looks at a page."""
    command = [
        CHROMIUM, "--headless", "--no-sandbox", *flags, "--hide-scrollbars", "--remote-debugging-port=0", "--no-first-run",
        "--disable-extensions", "--disable-background-networking", f"--user-data-dir={folder / 'profile'}", "about:blank",
    ]  # fmt: skip
    environment = {**os.environ, "HOME": str(folder)}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        address = _address(folder / "profile" / "DevToolsActivePort", process)
        yield lambda page, width, **how: asyncio.run(_look(address, page, width, **how))
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _address(file: Path, process) -> str:
    """Where the browser listens; it writes this into a file once it does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, f"chromium ended with {process.returncode}"
        lines = file.read_text().split() if file.exists() else []
        if len(lines) == 2:
            return f"http://127.0.0.1:{lines[0]}"
        time.sleep(0.05)
    raise TimeoutError(f"chromium has not begun to listen within {PATIENCE:g} s")


class Tab:
    """An open page: what it is asked, and what it complained of on the way."""

    def __init__(self, line) -> None:
        self._line, self._number = line, 0
        self.complaints: list[str] = []  # errors of scripts, and what went to the console as an error or a warning

    async def call(self, method: str, **parameters):
        self._number += 1
        await self._line.write_message(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await asyncio.wait_for(self._line.read_message(), PATIENCE))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._hear(answer)

    async def value(self, expression: str):
        """What an expression of JavaScript gives."""
        found = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def press(self, key: str) -> None:
        """Press a key and let it go."""
        code, text = KEYS.get(key, (0, key if len(key) == 1 else ""))
        about = {"key": key, **({"code": key, "windowsVirtualKeyCode": code} if code else {})}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **about, **({"text": text} if text else {}))
        await self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    async def point(self, x: float, y: float) -> None:
        """Move the pointer to a place of the window."""
        await self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    async def click(self, x: float, y: float) -> None:
        """Press the left button of the pointer at a place of the window, and let it go."""
        await self.point(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def picture(self, file: Path) -> None:
        """Write the whole page to a PNG."""
        shot = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def _hear(self, event) -> None:
        told = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        if event.get("method") == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(x.get("value", x.get("description"))) for x in told["args"]))
        if event.get("method") == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(told["entry"]["text"])


async def _look(
    address: str, page: Path, width: int, *, asked: str = "", picture: Path | None = None, media: str = "screen",
    scripts: bool = True, act=None,
):  # fmt: skip
    """Open a page at a width, and give what an expression of JavaScript gives there. picture: of the whole page, as PNG;
    act: a coroutine that is given the open Tab, and whose result is given in place of the expression's."""
    from tornado.httpclient import AsyncHTTPClient
    from tornado.websocket import websocket_connect

    made = await AsyncHTTPClient().fetch(f"{address}/json/new?about:blank", method="PUT", body="")
    target = json.loads(made.body)
    line = await websocket_connect(target["webSocketDebuggerUrl"], max_message_size=2**28)
    tab = Tab(line)
    for domain in ("Runtime", "Log"):
        await tab.call(f"{domain}.enable")
    await tab.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    await tab.call("Emulation.setEmulatedMedia", media=media)
    await tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
    await tab.call("Emulation.setScriptExecutionDisabled", value=not scripts)
    await tab.call("Page.navigate", url=page.resolve().as_uri())
    until = time.monotonic() + PATIENCE
    while not await tab.value("document.readyState === 'complete' && location.protocol === 'file:'"):
        assert time.monotonic() < until, "the page has not loaded"
        await asyncio.sleep(0.05)
    found = await tab.value(asked) if asked else None
    found = await act(tab) if act else found
    if picture is not None:
        await tab.picture(picture)
    line.close()
    await AsyncHTTPClient().fetch(f"{address}/json/close/{target['id']}")
    return found
