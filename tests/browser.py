"""pytest plugin: pages in a real Chromium, on a desk and in a hand, by day and by night."""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    ViewportSize,
    expect,
)

from tests import effort
from tooling import assets, chromium
from tooling.places import VAR

Device = Literal["desktop", "phone"]
ColourScheme = Literal["light", "dark"]
NewPage = Callable[..., Page]
Look = Callable[[Page, str], None]

# Two cores shared by a browser, servers and workers: how long something takes says nothing.
expect.set_options(timeout=20_000)

DEVICES: dict[Device, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1360, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
# How a page is looked at: colours do not depend on the width, nor does what fits on the colours.
LOOKS: list[tuple[Device, ColourScheme]] = [("desktop", "light"), ("phone", "dark")]
ICONS = set(assets.icon_names())
SCREENSHOTS = VAR / "screenshots"


def open_step(page: Page, step: str) -> None:
    """Open one of the composer's steps, "Who", "What" or "When", unless it is open."""
    heading = page.get_by_role("heading", name=step, exact=True)
    found = page.locator("details[data-step]", has=heading)
    # Before its script has run all three are open, and then two of them close.
    expect(page.locator("form.is-stepped")).to_be_visible()
    if found.get_attribute("open") is None:
        heading.click()
    expect(found).to_have_attribute("open", "")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch the Chromium that is there instead of one that Playwright would download.

    It finds nobody but this machine. Playwright's own way, to be asked about every request, would
    have each page fetch all its scripts and styles anew.
    """
    options = chromium.launch_options()
    return browser_type_launch_args | options | {"args": [*options["args"], ONLY_HERE]}


ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
# Chromium and HTMX say the first two for a page that is not there, which a test may well want;
# HTMX the others when somebody leaves a page that was just asking for something.
HARMLESS = (
    "Failed to load resource",
    "Response Status Error Code 404",
    "htmx:afterRequest",
    "htmx:sendAbort",
)


class Watch:
    """Notes what a visitor would not see but a developer must: errors, and calls to elsewhere."""

    def __init__(self, context: BrowserContext) -> None:
        self.problems: list[str] = []
        context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        context.on("console", self._console)
        context.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(HARMLESS):
            self.problems.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if not is_local(request.url):
            self.problems.append(f"asked another server: {request.url}")
        # Leaving a page or a stopped poll aborts what was on its way.
        elif request.failure != "net::ERR_ABORTED":
            self.problems.append(f"{request.failure}: {request.url}")


def is_local(url: str) -> bool:
    """Return whether a URL stays on this machine."""
    return re.match(r"(https?://(127\.0\.0\.1|localhost)[:/]|data:|blob:|about:)", url) is not None


def no_icon(page: Page) -> list[str]:
    """Return the icons that the page, as it stands, asks of the sprite in vain."""
    try:
        asked = icons_on(page)
    except Error:
        # It was just about to show something else, as one that is left in the midst of work may.
        page.wait_for_load_state("load")
        asked = icons_on(page)
    return [f"no icon {name!r} in the sprite" for name in sorted({*asked} - ICONS)]


def icons_on(page: Page) -> list[str]:
    """Return the names of the icons that the page asks for."""
    asked: list[str] = page.locator("svg use[href*='vendor/icons']").evaluate_all(
        "uses => uses.map(use => use.getAttribute('href').split('#')[1])"
    )
    return asked


ACTS = ("check", "click", "fill", "press", "select_option", "set_input_files", "uncheck")


@pytest.fixture(scope="session", autouse=True)
def human_hands() -> Iterator[None]:
    """Let nobody act on a page whose scripts are still on their way, as no person is that quick.

    Playwright waits until a thing is to be seen, and acts in the same millisecond.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ACTS:
            patch.setattr(Locator, name, once_loaded(getattr(Locator, name)))
        yield


def once_loaded(act: Callable[..., Any]) -> Callable[..., Any]:
    """The act, done once the page that the thing stands on has loaded."""

    @functools.wraps(act)
    def patient(thing: Locator, *args: Any, **kwargs: Any) -> Any:
        thing.first.wait_for(state="attached")
        thing.page.wait_for_load_state("load")
        return act(thing, *args, **kwargs)

    return patient


@pytest.fixture
def new_page(browser: Browser, live_server: Any) -> Iterator[NewPage]:
    """Opens pages: `new_page("phone", "dark")`; addresses are relative to the live server.

    Each call is a visitor with cookies of their own. After the test, errors in a page's scripts or
    console and requests to other machines fail it.
    """
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def open_page(
        device: Device = "desktop",
        colour_scheme: ColourScheme = "light",
        base_url: str = live_server.url,
    ) -> Page:
        context = browser.new_context(
            base_url=base_url, color_scheme=colour_scheme, **DEVICES[device]
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        watches.append(Watch(context))
        return context.new_page()

    yield open_page
    problems = [icon for context in contexts for page in context.pages for icon in no_icon(page)]
    for context in contexts:
        context.close()
    problems += [problem for watch in watches for problem in watch.problems]
    assert not problems, "\n".join(problems)


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A desktop page (1360 x 900), light."""
    return new_page("desktop")


@pytest.fixture
def phone_page(new_page: NewPage) -> Page:
    """A phone's page (390 x 844), light."""
    return new_page("phone")


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    """Saves the whole page as var/screenshots/<name>.png, in a long run: it is for people."""

    def save(page: Page, name: str) -> None:
        if not effort.is_long():
            return
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")
        # It can leave an emulated phone with other sizes, and clicks then go astray.
        if page.viewport_size is not None:
            page.set_viewport_size(page.viewport_size)

    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return save


# HTMX marks whatever asks for something until what came stands in the page.
ALL_CAME = "() => !document.querySelector('.htmx-request')"


def wait_until_whole(page: Page) -> None:
    """Wait until what the last act asked for is there: a part of the page, or another page.

    A click is over once the next page has begun to come, when there is nothing yet to be judged.
    """
    page.wait_for_load_state("load")
    page.wait_for_function(ALL_CAME)


def once_whole(judge: Callable[[Page], None]) -> Callable[[Page], None]:
    """Judge a page once it is whole."""

    def patient(page: Page) -> None:
        wait_until_whole(page)
        judge(page)

    return patient


AXE = Axe().axe_script
# Colours that are on their way from one to another have a contrast of no page. What moves in a
# fold that was closed meanwhile gets no frames any more, and would never come to its end.
# `preload` reads all styles anew, a quarter of the work, to ask of them whether they ever hold
# a phone in one direction. They are the same on all pages: tests/test_front_end.py asks the files.
JUDGE = """async preload => {
  let hasChanged = false;
  const watch = new MutationObserver(() => { hasChanged = true; });
  watch.observe(document, {attributes: true, characterData: true, childList: true, subtree: true});
  await Promise.race([
    new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
      .then(() => Promise.all(document.getAnimations()
        .filter(one => one.effect.getComputedTiming().endTime !== Infinity)
        .map(one => one.finished.catch(() => null)))),
    new Promise(done => setTimeout(done, 3_000)),
  ]);
  const {violations} = await axe.run({resultTypes: ["violations"], preload});
  watch.disconnect();
  return [violations, hasChanged];
}"""


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """Fails when axe-core finds anything at all to improve in the page, once it is whole."""

    return once_whole(assert_axe_finds_nothing)


def assert_axe_finds_nothing(page: Page) -> None:
    """Ask axe-core about a page as it stands."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    tries = 3
    found, has_changed = page.evaluate(JUDGE, effort.is_long())
    while found and has_changed and (tries := tries - 1):
        # What an answer changed meanwhile was seen half as it was, half as it is.
        found, has_changed = page.evaluate(JUDGE, effort.is_long())
    assert not found, "\n".join(
        f"{violation['id']}: {violation['help']}\n    "
        + "\n    ".join(node["html"] for node in violation["nodes"])
        for violation in found
    )


# How much of the page's end is never to be seen above what is fixed to the bottom of a phone.
COVERED = """() => {
  const [main, nav] = [document.querySelector("main"), document.querySelector(".thumb-nav")];
  if (!main || !nav) return 0;
  const room = document.documentElement.scrollHeight - nav.offsetHeight;
  return Math.floor(main.getBoundingClientRect().bottom + window.scrollY - room);
}"""


@pytest.fixture
def assert_fits() -> Callable[[Page], None]:
    """Fails when a page is wider than its window, so that it would scroll sideways, or when its end
    lies below the places under the thumb, where nobody can press it.
    """
    return once_whole(assert_nothing_sticks_out)


def assert_nothing_sticks_out(page: Page) -> None:
    """Measure a page as it stands."""
    widths: list[int] = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths[0] <= widths[1], f"{page.url} is {widths[0]} px wide in {widths[1]} px"
    covered: int = page.evaluate(COVERED)
    assert covered <= 0, f"{page.url} has {covered} px below the places under the thumb"


@pytest.fixture
def look(screenshot: Callable[[Page, str], None]) -> Look:
    """`look(page, "list")` judges a page once it is whole, on a desk by day, in a hand by night.

    Nothing is too wide, and axe-core finds nothing to improve, as each page's name has it by day or
    by night; a long run asks it both times and keeps a picture of each. Then the page is as it was.
    """

    def judge(page: Page, name: str) -> None:
        wait_until_whole(page)
        size, colours = page.viewport_size, page.evaluate(COLOURS)
        judged = LOOKS if effort.is_long() else [LOOKS[zlib.crc32(name.encode()) % len(LOOKS)]]
        for device, scheme in LOOKS:
            show(page, DEVICES[device]["viewport"], scheme)
            screenshot(page, f"{name}-{device}-{scheme}")
            assert_nothing_sticks_out(page)
            if (device, scheme) in judged:
                assert_axe_finds_nothing(page)
        show(page, size, colours)

    return judge


COLOURS = "matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"


def show(page: Page, size: ViewportSize | None, colours: ColourScheme) -> None:
    """Give a page another window and other colours."""
    page.emulate_media(color_scheme=colours)
    if size is not None:
        page.set_viewport_size(size)
