"""Takes the pictures of the user guide: `python -m tooling.guide_pictures [name ...]`.

The demo is started with its sample, on free ports and in a folder of its own that is removed
afterwards. The sample is always the same but for its days, which end today. Without names all
pictures are taken.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image
from playwright.sync_api import FilePayload, FloatRect, Locator, Page, expect, sync_playwright

from tooling import chromium, demo_services, running
from tooling.places import ROOT
from tooling.supervisor import Supervisor

FOLDER = ROOT / "docs" / "guide" / "pictures"
WIDTH, HEIGHT, SCALE, QUALITY = 1040, 760, 1.5, 72
MARGIN = 12
MESSAGE = "Hi {{CUSTOMER_NAME}}, your check-up is due. Call 202-555-0100. Reply STOP to opt out."

Shot = Callable[[Page], Locator | None]
SHOTS: dict[str, Shot] = {}


def shot(take: Shot) -> Shot:
    """Note a function that leads to what is shown; None shows the window."""
    SHOTS[take.__name__.replace("_", "-")] = take
    return take


@contextmanager
def demo() -> Iterator[dict[str, str]]:
    """The demo as `run` starts it, ready to be used; gives its environment."""
    with tempfile.TemporaryDirectory(prefix="guide-") as folder:
        os.environ |= {"DATA_DIR": folder, "PORT": "8500", "SANDBOX_PORT": "8900"}
        env = demo_services.settings(running.say)
        supervisor = Supervisor(running.say)
        try:
            running.prepare_database(env)
            running.gather_static_files(env)
            for service in demo_services.services(env):
                supervisor.start(service)
            if not running.wait_until_ready(supervisor, env):
                raise RuntimeError("The demo did not start.")
            yield env
        finally:
            supervisor.stop_all()
            demo_services.tidy_up(env)


def sign_in(page: Page, env: dict[str, str]) -> None:
    """As the demo's owner."""
    page.goto("/")
    page.get_by_label("E-mail").fill(env["DEMO_EMAIL"])
    page.get_by_label("Password").first.fill(env["DEMO_PASSWORD"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/riverside-dental/")


def open_page(page: Page, path: str = "") -> Locator:
    """A page of the team; its contents."""
    page.goto(f"/riverside-dental/{path}")
    return page.locator("main")


def campaign(page: Page, name: str) -> Locator:
    """The page of one of the sample's campaigns."""
    open_page(page, "campaigns/")
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    return page.locator("main")


def new_draft(page: Page, list_name: str = "Patients, autumn") -> None:
    """A new draft with a list, open at its first step."""
    open_page(page)
    page.get_by_role("button", name="New campaign").first.click()
    expect(page.locator("form.is-stepped")).to_be_visible()
    page.get_by_role("textbox", name="Name").fill("Check-up in December")
    page.locator(".list-choice", has_text=list_name).first.click()
    expect(page.locator("#audience")).to_contain_text(re.compile(r"\d people get this message"))


def write(page: Page, text: str = MESSAGE, channel: str = "Front desk SMS") -> None:
    """Go on to the second step and write the message."""
    page.get_by_role("button", name="Next: What").click()
    page.locator("label", has_text=channel).first.click()
    page.get_by_role("textbox", name="Message").fill(text)
    expect(page.locator("#preview .bubble")).to_be_visible()
    page.wait_for_timeout(1_500)  # the figures follow the text


def saved(page: Page) -> None:
    """Wait until the draft is saved and the phone follows."""
    expect(page.locator(".dock")).to_contain_text(re.compile(r"Saved \d"))
    page.wait_for_timeout(800)


@shot
def compose_who(page: Page) -> None:
    new_draft(page)
    saved(page)


@shot
def review(page: Page) -> None:
    new_draft(page)
    write(page)
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Review")
    expect(page.get_by_role("button", name=re.compile("^Send to"))).to_be_visible()


@shot
def sent(page: Page) -> None:
    campaign(page, "Closed on Monday")


@shot
def check(page: Page) -> None:
    open_page(page, "lists/upload/")
    link = page.get_by_role("link", name="Sample file").get_attribute("href")
    content = page.request.get(link or "").body()
    file = FilePayload(name="patients-2026.csv", mimeType="text/csv", buffer=content)
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("button", name=re.compile("^Import")).first).to_be_visible()


@shot
def fields(page: Page) -> None:
    new_draft(page)
    write(page)
    page.get_by_placeholder("Name or number").fill("Kavya")
    page.keyboard.press("Enter")
    expect(page.locator("#preview .bubble")).to_contain_text("Kavya")
    saved(page)
    page.set_viewport_size({"width": WIDTH, "height": 1_040})


@shot
def whatsapp(page: Page) -> None:
    new_draft(page, "Check-up is due")
    page.get_by_role("button", name="Next: What").click()
    page.locator("label", has_text="Clinic WhatsApp").first.click()
    page.get_by_role("radio", name="Check-up due").check()
    page.get_by_label("Place 1 is filled with").select_option("CUSTOMER_NAME")
    page.get_by_label("Place 2 is filled with").select_option("Last visit")
    page.get_by_placeholder("Name or number").fill("Kavya")
    page.keyboard.press("Enter")
    expect(page.locator("#preview .bubble")).to_contain_text("Kavya")
    saved(page)
    page.set_viewport_size({"width": WIDTH, "height": 1_400})


@shot
def opt_outs(page: Page) -> None:
    open_page(page, "opt-outs/")


@shot
def replies(page: Page) -> None:
    open_page(page, "replies/")
    page.locator(".reply-name", has_text="Femi Fischer").first.click()
    expect(page.locator(".conversation")).to_be_visible()


@shot
def question(page: Page) -> Locator:
    campaign(page, "Evening appointments")
    return page.locator(".question").first


@shot
def before_sending(page: Page) -> Locator:
    open_page(page, "team/settings/sending/")
    return page.locator(".settings-page")


@shot
def when(page: Page) -> Locator:
    new_draft(page)
    write(page)
    page.get_by_role("heading", name="When", exact=True).click()
    page.get_by_text("Later", exact=True).click()
    page.get_by_role("button", name="Tomorrow at").click()
    expect(page.locator("#moment")).to_contain_text("leaves about")
    saved(page)
    return page.locator("[data-step=when]")


@shot
def members(page: Page) -> None:
    page.set_viewport_size({"width": 1_280, "height": 640})
    open_page(page, "team/")


def save(page: Page, name: str, shown: Locator | None) -> int:
    """Write what is shown as a picture; how many bytes it takes."""
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement?.blur()")
    if shown is None:
        page.evaluate("window.scrollTo(0, 0)")
        # Without the site's head, which is the same everywhere.
        head = page.locator(".site-head").evaluate("head => head.offsetHeight")
        size = page.viewport_size or {"width": WIDTH, "height": HEIGHT}
        rest = FloatRect(x=0, y=head, width=size["width"], height=size["height"] - head)
        taken = page.screenshot(animations="disabled", clip=rest)
    else:
        shown.scroll_into_view_if_needed()
        taken = shown.screenshot(animations="disabled")
    file = FOLDER / f"{name}.webp"
    with Image.open(io.BytesIO(taken)) as picture:
        picture.convert("RGB").save(file, "WEBP", quality=QUALITY, method=6)
    return file.stat().st_size


def main(wanted: list[str]) -> int:
    """Take the pictures that are wanted, else all; return the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demo() as env, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        context = browser.new_context(
            base_url=env["BASE_URL"],
            color_scheme="light",
            viewport={"width": WIDTH, "height": HEIGHT},
            device_scale_factor=SCALE,
            locale="en-US",
            timezone_id="America/New_York",
            reduced_motion="reduce",
        )
        sign_in(context.new_page(), env)
        for name in wanted or SHOTS:
            page = context.new_page()
            print(f"{name}: {save(page, name, SHOTS[name](page)):,} bytes")
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
