"""People in front of the site: some look at a page again and again, one enters opt-outs."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import requests

from tests.machines.scene import Site
from tests.waiting import wait_until
from tests.world import PASSWORD, phones

LOOKS_EVERY = 0.4
# Often enough to see a part die, and seldom enough for a run of all tests.
LOOKS_EVERY_IN_SHORT = 1.0
# Of more people no campaign is here; those opt out.
BEYOND = 50_000


@dataclass
class Seen:
    """What came of requests: how many, the longest in seconds, and which failed with what."""

    requests: int = 0
    longest: float = 0.0
    failed: list[str] = field(default_factory=list)


@dataclass
class Visitor:
    """Somebody signed in, in a browser of their own."""

    site: Site
    email: str
    browser: requests.Session = field(init=False, default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.browser.trust_env = False
        self.browser.verify = str(self.site.authority)
        self.browser.headers["Referer"] = f"{self.site.url}/"
        said = {"email": self.email, "password": PASSWORD}
        self.post("/sign-in/", said | {"csrfmiddlewaretoken": self.token("/sign-in/")})

    def get(self, path: str) -> requests.Response:
        return self.browser.get(self.site.url + path, timeout=60)

    def post(
        self, path: str, said: dict[str, str], files: dict[str, tuple[str, bytes]] | None = None
    ) -> requests.Response:
        return self.browser.post(
            self.site.url + path, data=said, files=files, timeout=60, allow_redirects=False
        )

    def token(self, path: str) -> str:
        """The hidden word of the forms of a page."""
        page = self.get(path).text
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found, page[:2000]
        return found[1]


class Crowd:
    """Looks and writes until it is told to end; what happened is told part by part."""

    def __init__(
        self, reader: Visitor, page: str, writer: Visitor, team: str, every: float
    ) -> None:
        self.entered = 0
        self.seen = Seen()
        self._every = every
        self._reader, self._page = reader, page
        self._writer, self._form = writer, f"/{team}/opt-outs/add/"
        self._token = writer.token(self._form)
        self._numbers = iter(phones(BEYOND, start=BEYOND))
        self._ends = threading.Event()
        self._lock = threading.Lock()
        work = (self._look, self._look, self._write)
        # So many requests are on their way at most.
        self.size = len(work)
        self._threads = [threading.Thread(target=self._go_on, args=(one,)) for one in work]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def look_around(self) -> None:
        """Let each of them see a few answers since `since` was asked."""
        wait_until(lambda: self.seen.requests >= 4 * self.size, progress=lambda: self.seen.requests)

    def since(self) -> Seen:
        """What happened since this was asked before."""
        with self._lock:
            seen, self.seen = self.seen, Seen()
        return seen

    def _go_on(self, work: Callable[[], str]) -> None:
        while not self._ends.wait(self._every):
            began = time.monotonic()
            failure = "cut off"
            with suppress(requests.RequestException):
                failure = work()
            with self._lock:
                self.seen.requests += 1
                self.seen.longest = max(self.seen.longest, time.monotonic() - began)
                if failure:
                    self.seen.failed.append(failure)

    def _look(self) -> str:
        answer = self._reader.get(self._page)
        return "" if answer.status_code == 200 else f"GET {answer.status_code}"

    def _write(self) -> str:
        said = {"csrfmiddlewaretoken": self._token, "numbers": next(self._numbers)}
        answer = self._writer.post(self._form, said)
        if answer.status_code != 302 or "/sign-in/" in answer.headers["Location"]:
            return f"POST {answer.status_code}"
        self.entered += 1
        return ""
