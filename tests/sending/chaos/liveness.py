"""`python -m tests.sending.chaos.liveness --database postgresql`: what waits while a part is ill.

One part after the other is slow, frozen, dead, away, full or has a wrong clock. Meanwhile a
campaign is launched on a healthy account and pages are asked for, over real sockets; where nobody
can write, it is launched once they can again. Prints a table of faults: how long the healthy
account waited, how old the tick became, how long the slowest page took and what the page of a
campaign that the fault stops says. Ends with an AssertionError where the healthy account waits more
than 15 seconds, a page more than 5, or somebody gets a message twice.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from dataclasses import dataclass
from typing import Any

import requests

from tests.processes import Sandbox
from tests.sending.chaos.__main__ import surroundings
from tests.sending.chaos.faults import (
    FAULTS,
    OF_SEVERAL_MACHINES,
    STOPS_ALL,
    Fault,
    Scene,
    are_accepted,
)
from tests.waiting import wait_until

# submission.md 2.3, by what people are promised.
LONGEST_WAIT, LONGEST_PAGE = 15.0, 5.0
# How long a fault lasts before the healthy account is looked at.
TAKES_HOLD = 2.0


@dataclass
class Measured:
    """What one fault did to others, in seconds, and what the page of its own campaign said."""

    fault: str
    healthy_waited: float
    tick_age: float
    slowest_page: float
    pause_took: float
    page_said: str

    def __str__(self) -> str:
        figures = (self.healthy_waited, self.tick_age, self.slowest_page, self.pause_took)
        cells = (self.fault, *(f"{seconds:.1f}" for seconds in figures), self.page_said)
        return f"| {' | '.join(cells)} |"


# --- What others notice ---------------------------------------------------------------------------


def measure(scene: Scene, name: str, fault: Fault) -> Measured:
    """Bring this fault about, and look what it does to a healthy account and to pages."""
    from campaigns.models import Heartbeat  # noqa: PLC0415 - needs Django

    # As old as the tick gets in a healthy moment.
    wait_until(Heartbeat.objects.filter(part="tick").exists)
    with fault(scene) as campaign:
        reader = Reader(scene, campaign)
        time.sleep(TAKES_HOLD)
        watch = TickWatch()
        pages = [reader.page_seconds()]
        began = time.monotonic()
        healthy = scene.launch()
        wait_until(lambda: are_accepted(healthy), progress=watch.look, pause=0.2)
        waited = time.monotonic() - began
        while time.monotonic() - began < LONGEST_WAIT:
            pages.append(reader.page_seconds())
            watch.look()
        said = reader.said()
        pause = reader.pause_seconds()
    return Measured(name, waited, watch.oldest, max(pages), pause, said)


def measure_afterwards(scene: Scene, name: str, fault: Fault) -> Measured:
    """Bring about what stops everybody: how pages answer while it lasts, and sending after it."""
    reader = Reader(scene, scene.launch())
    with fault(scene):
        began, pages = time.monotonic(), []
        while time.monotonic() - began < LONGEST_PAGE:
            pages.append(reader.page_seconds())
        said, pause = reader.said(), reader.pause_seconds()
    connection_is_new()
    watch, began = TickWatch(), time.monotonic()
    healthy = scene.launch()
    wait_until(lambda: are_accepted(healthy), progress=watch.look, pause=0.2)
    return Measured(name, time.monotonic() - began, watch.oldest, max(pages), pause, said)


def connection_is_new() -> None:
    """Our own may be to a server that was killed."""
    from django.db import connection  # noqa: PLC0415 - needs Django

    connection.close()


class TickWatch:
    """How long the tick stays away at most, by our own clock."""

    def __init__(self) -> None:
        self.oldest, self._at, self._since = 0.0, self.look_up(), time.monotonic()

    @staticmethod
    def look_up() -> object:
        from campaigns.models import Heartbeat  # noqa: PLC0415 - needs Django

        return Heartbeat.objects.get(part="tick").at

    def look(self) -> object:
        at = self.look_up()
        if at != self._at:
            self._at, self._since = at, time.monotonic()
        self.oldest = max(self.oldest, time.monotonic() - self._since)
        return at


class Reader:
    """Somebody who has the page of the campaign that a fault stops in a browser."""

    def __init__(self, scene: Scene, campaign: Any) -> None:
        from django.urls import reverse  # noqa: PLC0415 - needs Django

        from tests import world  # noqa: PLC0415
        from tests.client import Client  # noqa: PLC0415

        client = Client()
        client.force_login(world.owner_of(campaign.team))
        self._session = requests.Session()
        for name, cookie in client.cookies.items():
            self._session.cookies.set(name, cookie.value)
        of_campaign = [campaign.team.slug, campaign.public_id]
        self._page = scene.web.url + reverse("campaign", args=of_campaign)
        self._pause = scene.web.url + reverse("pause", args=of_campaign)

    def page_seconds(self) -> float:
        began = time.monotonic()
        answer = self._session.get(self._page, timeout=60)
        assert answer.status_code in {200, 503}, (answer.status_code, answer.text[:3000])
        return time.monotonic() - began

    def said(self) -> str:
        page = self._session.get(self._page, timeout=60).text
        alerts = re.findall(r'class="alert\b.*?<div[^>]*>(.*?)</div>', page, re.DOTALL)
        words = [" ".join(re.sub(r"<[^>]*>", " ", alert).split()) for alert in alerts]
        return " / ".join(words) or "-"

    def pause_seconds(self) -> float:
        page = self._session.get(self._page, timeout=60).text
        tokens = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        began = time.monotonic()
        data = {"csrfmiddlewaretoken": tokens[0] if tokens else ""}
        answer = self._session.post(self._pause, data, timeout=60)
        assert answer.status_code in {200, 503}, (answer.status_code, answer.text[:3000])
        return time.monotonic() - began


def judge(sandbox: Sandbox) -> None:
    """Raises AssertionError when somebody got a message twice."""
    from tests import world  # noqa: PLC0415 - needs Django

    assert world.witness(sandbox, "/phones?min=2")["phones"] == 0, "somebody was texted twice"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options.add_argument("--only", help="faults whose name holds this")
    chosen = options.parse_args()
    with surroundings(chosen.database, 400) as around:
        scene = Scene(
            around.processes,
            around.sandbox,
            around.folder,
            around.redis,
            around.disk,
            around.database,
        )
        faults = FAULTS | (OF_SEVERAL_MACHINES if around.database.server else {})
        rows = [
            measure(scene, name, fault)
            for name, fault in faults.items()
            if (chosen.only or "") in name
        ]
        rows += [
            measure_afterwards(scene, name, fault)
            for name, fault in STOPS_ALL.items()
            if (chosen.only or "") in name and around.disk.is_mounted
        ]
        judge(around.sandbox)
    table = ["| fault | healthy account | tick | page | pause | the page says |"]
    table += ["|---|---|---|---|---|---|", *map(str, rows)]
    sys.stdout.write("\n".join(table) + "\n")
    late = [row.fault for row in rows if row.healthy_waited > LONGEST_WAIT]
    late += [row.fault for row in rows if max(row.slowest_page, row.pause_took) > LONGEST_PAGE]
    assert not late, f"somebody else waited too long: {late}"


if __name__ == "__main__":
    main()
