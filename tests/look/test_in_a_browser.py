"""What a browser makes of a page: the view turns, and pictures stand in its place where it cannot."""

import asyncio
import json

import numpy as np
import pytest

import browser
from glass_pages import plane, waves
from vitrify.look import glass_page

pytestmark = pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WHY_NOT)
VIEW = "document.getElementById('view')"
TURN = f"{VIEW}.dataset.turn"
SEEN = f"JSON.stringify({VIEW}.viewer.getView())"
IMAGE = "document.querySelector('#view canvas').toDataURL()"
WIDE = "document.documentElement.scrollWidth - innerWidth"
OUTSIDE = """
(() => {
  const { cell, dimension: d } = JSON.parse(document.getElementById("scene").textContent);
  const canvas = document.querySelector("#view canvas").getBoundingClientRect();
  const corners = [...Array(2 ** d).keys()].map((n) => {
    const [x, y, z = 0] = [0, 1, 2].slice(0, d).map((m) => cell.reduce((sum, a, k) => sum + (((n >> k) & 1) - 0.5) * a[m], 0));
    return { x, y, z };
  });
  return document.getElementById("view").viewer.modelToScreen(corners).filter(({ x, y }) =>
    x - scrollX < canvas.left || x - scrollX > canvas.right || y - scrollY < canvas.top || y - scrollY > canvas.bottom).length;
})()
"""
FAINT = """
(() => {
  const light = (c) => { const [r, g, b] = c.map((x) => { x /= 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const parts = (c) => c.match(/[\\d.]+/g).map(Number);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const faint = [];
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.getClientRects().length || e.closest("script, style, noscript")) continue;
    const [a, b] = [light(parts(getComputedStyle(e).color).slice(0, 3)), light(behind(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(e.tagName + " " + e.textContent.slice(0, 30));
  }
  return faint;
})()
"""
COLOURED = """
(async () => {
  const image = new Image();
  image.src = document.querySelector("#view canvas").toDataURL();
  await image.decode();
  const flat = document.createElement("canvas");
  [flat.width, flat.height] = [image.width, image.height];
  const inside = flat.getContext("2d");
  inside.drawImage(image, 0, 0);
  const p = inside.getImageData(0, 0, flat.width, flat.height).data;
  let red = 0, blue = 0;
  for (let k = 0; k < p.length; k += 4) {
    if (p[k + 3] > 200 && p[k] > 90 && p[k + 1] < 0.45 * p[k] && p[k + 2] < 60) red++;
    if (p[k + 3] > 200 && p[k + 2] > 120 && p[k] < 90) blue++;
  }
  return [red, blue];
})()
"""


@pytest.fixture(scope="module")
def look(tmp_path_factory):
    with browser.browser(tmp_path_factory.mktemp("webgl"), browser.WEBGL) as opened:
        yield opened


@pytest.fixture(scope="module")
def without_webgl(tmp_path_factory):
    with browser.browser(tmp_path_factory.mktemp("flat"), browser.NO_WEBGL) as opened:
        yield opened


def distance(one, other):
    return np.abs(np.subtract(json.loads(one), json.loads(other))).max()


def test_the_view_turns_with_keys_and_mouse_and_shows_the_mode_that_is_chosen(look, page_file):
    async def act(tab):
        await of_the_page(tab)
        await of_the_keys(tab)
        await of_the_choice(tab)
        await of_the_mouse(tab)
        return tab.complaints

    assert look(page_file, 400, act=act) == []  # a small view is drawn sooner where there is no graphics card


def test_a_wide_screen_holds_the_page(look, page_file):
    async def act(tab):
        await of_the_page(tab)
        return tab.complaints

    assert look(page_file, 1400, act=act) == []


def test_a_screen_that_becomes_narrower_shows_the_whole_cell(look, page_file):
    async def act(tab):
        await tab.call("Emulation.setDeviceMetricsOverride", width=320, height=900, deviceScaleFactor=1, mobile=False)
        await asyncio.sleep(1.0)
        return await tab.value(OUTSIDE)

    assert look(page_file, 400, act=act) == 0


async def of_the_page(tab):
    """The view is there and holds the whole cell, nothing is wider than the screen, and no text is faint."""
    assert await tab.value(f"{VIEW}.querySelectorAll('canvas').length") == 1
    assert await tab.value(OUTSIDE) == 0
    red, blue = await tab.value(COLOURED)
    assert red > 50  # arrows
    assert blue > 50  # particles
    assert await tab.value(WIDE) <= 0
    assert await tab.value(FAINT) == []


async def of_the_keys(tab):
    first = await tab.value(TURN)
    await tab.value(f"{VIEW}.focus()")
    turned = [first]
    for key in ("ArrowLeft", "ArrowUp", "+", "-"):
        await tab.press(key)
        turned.append(await tab.value(TURN))
        assert distance(*turned[-2:]) > 0.01, key
    await tab.press("0")
    assert distance(await tab.value(TURN), first) < 1e-6


async def of_the_choice(tab):
    before = await tab.value(IMAGE)
    await tab.value("which.value = 4; which.dispatchEvent(new Event('change'))")
    assert await tab.value(f"{VIEW}.dataset.shown") == "mode 1"
    assert "mode 1" in await tab.value("document.getElementById('told').textContent")
    assert await tab.value(IMAGE) != before
    before = await tab.value(IMAGE)
    await tab.value("document.getElementById('far').click()")
    assert await tab.value(IMAGE) != before


async def of_the_mouse(tab):
    """It turns the view. A wheel scrolls the page, unless the view was chosen."""
    await tab.value("document.activeElement.blur()")
    await tab.value(f"{VIEW}.scrollIntoView({{block: 'center'}})")
    x, y = await tab.value(
        f"(() => {{ const b = {VIEW}.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
    )

    async def mouse(kind, dx=0, **how):
        await tab.call("Input.dispatchMouseEvent", type=kind, x=x + dx, y=y, **how)

    wheel = {"deltaX": 0, "deltaY": 120}
    scrolled, turn = await tab.value("scrollY"), await tab.value(SEEN)
    await mouse("mouseWheel", **wheel)
    await asyncio.sleep(0.5)
    assert await tab.value("scrollY") > scrolled
    assert await tab.value(SEEN) == turn
    await tab.value(f"{VIEW}.scrollIntoView({{block: 'center'}})")
    for kind, dx in (("mousePressed", 0), ("mouseMoved", 60), ("mouseMoved", 90), ("mouseReleased", 90)):
        await mouse(kind, dx, button="left", buttons=1, clickCount=1)
    assert await tab.value("document.activeElement.id") == "view"
    turned = await tab.value(SEEN)
    assert turned != turn
    scrolled = await tab.value("scrollY")
    await mouse("mouseWheel", **wheel)
    await asyncio.sleep(0.5)
    assert await tab.value("scrollY") == scrolled
    assert await tab.value(SEEN) != turned


def test_pictures_stand_in_place_of_the_view_where_there_is_no_webgl(without_webgl, page_file):
    async def act(tab):
        seen = await tab.value(
            "[...document.querySelectorAll('figure.flat')].map((x) => x.getBoundingClientRect().height > 200)"
        )
        why = await tab.value("document.getElementById('why').getClientRects().length")
        turning = await tab.value("document.getElementById('turning').getClientRects().length")
        return seen, why, turning, await tab.value(WIDE), tab.complaints

    assert without_webgl(page_file, 400, act=act) == ([True] * 4, 1, 0, 0, [])


def test_pictures_stand_in_place_of_the_view_where_scripts_are_off(look, page_file):
    shown = "[...document.querySelectorAll('figure')].filter((x) => x.getClientRects().length).length"
    said = "document.body.innerText.includes('runs no scripts')"
    assert look(page_file, 1400, asked=f"[{shown}, {said}]", scripts=False) == [7, True]


def test_a_glass_of_two_dimensions_and_one_without_modes_are_shown(look, tmp_path):
    async def act(tab):
        canvases, wider = await tab.value(f"[{VIEW}.querySelectorAll('canvas').length, {WIDE}]")
        return canvases, wider, await tab.value(COLOURED), tab.complaints

    for number in (2, 0):
        file = glass_page(plane(), waves(plane(), number)).write(tmp_path / f"flat{number}.html")
        canvases, wider, (red, blue), complaints = look(file, 400, act=act)
        assert (canvases, wider, complaints) == (1, 0, [])
        assert blue > 50
        assert (red > 10) is (number > 0)
