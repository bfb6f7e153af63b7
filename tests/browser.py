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

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WHY_NOT = "needs Debian's chromium: apt-get install chromium"
PATIENCE = 60.0  # seconds, on a machine that does much else


@contextmanager
def browser(folder: Path):
    """A Chromium without a window, whose traces stay in a folder; yields a function that looks at a page."""
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0",
        "--no-first-run", "--disable-extensions", "--disable-background-networking", f"--user-data-dir={folder / 'profile'}", "about:blank",
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


async def _look(
    address: str, page: Path, width: int, *, asked: str = "", picture: Path | None = None, media: str = "screen"
):
    """Open a page at a width, and give what an expression of JavaScript gives there. picture: of the whole page, as PNG."""
    from tornado.httpclient import AsyncHTTPClient
    from tornado.websocket import websocket_connect

    made = await AsyncHTTPClient().fetch(f"{address}/json/new?about:blank", method="PUT", body="")
    target = json.loads(made.body)
    line = await websocket_connect(target["webSocketDebuggerUrl"], max_message_size=2**28)
    number = 0

    async def call(method: str, **parameters):
        nonlocal number
        number += 1
        await line.write_message(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await asyncio.wait_for(line.read_message(), PATIENCE))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    async def value(expression: str):
        found = await call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    await call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    await call("Emulation.setEmulatedMedia", media=media)
    await call("Emulation.setFocusEmulationEnabled", enabled=True)
    await call("Page.navigate", url=page.resolve().as_uri())
    until = time.monotonic() + PATIENCE
    while not await value("document.readyState === 'complete' && location.protocol === 'file:'"):
        assert time.monotonic() < until, "the page has not loaded"
        await asyncio.sleep(0.05)
    found = await value(asked) if asked else None
    if picture is not None:
        shot = await call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        picture.write_bytes(base64.b64decode(shot["data"]))
    line.close()
    return found
