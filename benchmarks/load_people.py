"""The people of `load`: locust starts this, in an environment that has neither Django nor us.

Each is signed in, opens one page after another as somebody at work does, and thinks for three
seconds between them. The folder named in LOAD has `people.json`, with who they are and what they
may open, and gets `asked.csv`: when each request began, how long it took, and what was wrong.
"""

from __future__ import annotations

import csv
import html
import itertools
import json
import os
import random
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from locust import FastHttpUser, between, events, task

FOLDER = Path(os.environ["LOAD"])
DATA: dict[str, Any] = json.loads((FOLDER / "people.json").read_text())
PEOPLE = itertools.cycle(DATA["people"])
ASKED: list[tuple[float, float, str, str]] = []
FINE = (200, 204)
TYPED = 3
# Seconds of thinking, between pages and between what is typed on one.
THINKING = (2, 4)
LOOKS = 4
# As static/js/live.js waits: ever longer while nothing is new.
FIRST_LOOK, SLOWER = 1.5, 1.5
LIVE_PART = re.compile(r'data-live\s+hx-get="([^"]+)"')
VERSION = re.compile(r'data-version="(\d+)"')


@events.request.add_listener
def note(name: str, start_time: float, response_time: float, exception: Any, **_: Any) -> None:
    """Keep what there is to tell of a request; `response_time` comes in milliseconds."""
    ASKED.append((start_time, response_time / 1000, name, str(exception or "")))


@events.quitting.add_listener
def write(**_: Any) -> None:
    """Hand it over."""
    with (FOLDER / "asked.csv").open("w", newline="") as file:
        csv.writer(file).writerows(ASKED)


class Person(FastHttpUser):
    """Somebody of the team."""

    wait_time = between(*THINKING)

    def on_start(self) -> None:
        """Take a seat."""
        self.mine = next(PEOPLE)
        cookies = self.mine["cookies"]
        self.headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": next(value for name, value in cookies.items() if "csrf" in name),
            "Accept-Encoding": "gzip",
        }
        time.sleep(random.uniform(0, 3))

    @task(4)
    def watch_a_campaign(self) -> None:
        self.stay_on("campaign", random.choice(DATA["campaigns"]), LOOKS)

    @task(3)
    def look_around(self) -> None:
        self.stay_on("overview", DATA["pages"]["overview"], looks=1)

    @task(3)
    def campaigns(self) -> None:
        self.stay_on("campaigns", DATA["pages"]["campaigns"], looks=1)

    @task(3)
    def write_a_message(self) -> None:
        page = self.see("compose", self.mine["compose"])
        found = VERSION.search(page) or re.search(r'name="version" value="(\d+)"', page)
        version = found[1] if found else self.mine["form"]["version"]
        for _ in range(TYPED):
            time.sleep(random.uniform(*THINKING))
            form = self.mine["form"] | {"text": f"See you in {random.random()}", "version": version}
            for part in ("preview", "figures"):
                self.send(part, self.mine[part], form)
            if saved := VERSION.search(self.send("autosave", self.mine["autosave"], form)):
                version = saved[1]

    @task(3)
    def a_list(self) -> None:
        address = random.choice(DATA["lists"])
        self.see("list", address)
        time.sleep(random.uniform(*THINKING))
        self.send("search", f"{address}search/", {"words": f"Person {random.randrange(100_000)}"})

    @task(4)
    def another_page(self) -> None:
        name = random.choice(["lists", "replies", "delivery", "calendar", "opt-outs", "notices"])
        self.see(name, DATA["pages"][name])

    @task(1)
    def a_rare_page(self) -> None:
        name = random.choice(["team", "filters", "templates"])
        self.see(name, DATA["pages"][name])

    def see(self, name: str, address: str) -> str:
        """Open a page."""
        return self.ask("GET", name, address)[0]

    def send(self, name: str, address: str, form: dict[str, Any]) -> str:
        """Send a form, or a part of it, as htmx does."""
        return self.ask("POST", name, address, urlencode(form, doseq=True), htmx=True)[0]

    def stay_on(self, name: str, address: str, looks: int) -> None:
        """Open a page and let it look what is new, as long as somebody is on it."""
        page, pause = self.see(name, address), FIRST_LOOK
        for _ in range(looks):
            if not (part := LIVE_PART.search(page)):
                return
            time.sleep(pause)
            new, at = self.ask("GET", f"live {name}", html.unescape(part[1]), htmx=True)
            pause = FIRST_LOOK if new else pause * SLOWER
            if new or at:
                page = new or f'data-live hx-get="{html.escape(at)}"'

    def ask(
        self, method: str, name: str, address: str, body: str | None = None, *, htmx: bool = False
    ) -> tuple[str, str]:
        """The text of an answer, and where it says to ask the next time."""
        headers = {**self.headers, "HX-Request": "true"} if htmx else self.headers
        if body is not None:
            headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        with self.client.request(
            method,
            address,
            name=name,
            data=body,
            headers=headers,
            allow_redirects=False,
            catch_response=True,
        ) as answer:
            told = answer.headers or {}
            # A campaign that is still a draft opens in the composer.
            is_draft = told.get("Location", "").endswith("/compose/")
            if answer.status_code not in FINE and not is_draft:
                answer.failure(str(answer.status_code or answer.error))
            return answer.text or "", told.get("Live-Url", "")
