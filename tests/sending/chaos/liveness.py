"""`python -m tests.sending.chaos.liveness --database postgresql`: what waits while a part is ill.

One part after the other is slow, frozen, dead, away or has a wrong clock. Meanwhile a campaign is
launched on a healthy account and pages are asked for, over real sockets. Prints a table of faults:
how long the healthy account waited, how old the tick became, how long the slowest page took and
what the page of a campaign that the fault stops says. Ends with an AssertionError where the healthy
account waits more than 15 seconds, a page more than 5, or somebody gets a message twice.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests

from tests.processes import Child, Processes, Sandbox, WebServer
from tests.sending.chaos.__main__ import surroundings
from tests.sending.chaos.surroundings import Redis
from tests.waiting import wait_until
from tooling.clocks import compile_clock

# submission.md 2.3, by what people are promised.
LONGEST_WAIT, LONGEST_PAGE = 15.0, 5.0
SLOW_ACCOUNTS, PEOPLE = 6, 30
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


@dataclass
class Scene:
    """The product in its processes: a web server, two sending workers, a ticking one."""

    processes: Processes
    sandbox: Sandbox
    folder: Path
    redis: Redis
    web: WebServer = field(init=False)
    sending: list[Child] = field(init=False)
    ticking: Child = field(init=False)

    def __post_init__(self) -> None:
        self.web = self.processes.web(self.env())
        self.sending = [self.start_sending() for _ in range(2)]
        self.ticking = self.start_ticking()

    def env(self, **more: str) -> dict[str, str]:
        return {
            "SOCIOCS_BASE_URL": self.sandbox.url,
            "LEAD_SECONDS": "2",
            "SOCIOCS_TIMEOUT_SECONDS": "60",
            "RECIPIENTS_PER_SUBMISSION": "10",
            **more,
        }

    def start_sending(self, **more: str) -> Child:
        return self.processes.worker("sending", self.env(**more), also="")

    def start_ticking(self, **more: str) -> Child:
        return self.processes.worker("ticking", self.env(**more))

    def launch(self, sandbox: Sandbox | None = None) -> Any:
        """A campaign of three jobs on an account of its own, of one and the same team."""
        from sending import launch  # noqa: PLC0415 - needs Django
        from teams.models import Team  # noqa: PLC0415
        from tests import world  # noqa: PLC0415

        team = Team.objects.first() or world.a_team()
        channel = world.a_channel(team, sandbox or self.account())
        numbers = world.phones(PEOPLE, start=PEOPLE * channel.pk)
        campaign = world.a_campaign(channel, world.a_list(team, numbers, name=f"L{channel.pk}"))
        launch.launch(campaign, world.confirmed(campaign))
        launch.freeze(campaign.pk)
        return campaign

    def account(self) -> Sandbox:
        made = requests.post(f"{self.sandbox.url}/sandbox/accounts", timeout=10).json()
        return replace(self.sandbox, api_key=made["api_key"])

    def fault(self, account: Sandbox, name: str, **rule: Any) -> None:
        from tests import world  # noqa: PLC0415 - needs Django

        world.set_fault(
            self.sandbox, name, **{"times": None, "key_ends": account.api_key[-8:]} | rule
        )


# --- Faults: each gives the campaign that it stops ------------------------------------------------

Fault = Callable[[Scene], AbstractContextManager[Any]]


@contextmanager
def nothing(scene: Scene) -> Iterator[Any]:
    yield scene.launch()


@contextmanager
def slow_accounts(scene: Scene) -> Iterator[Any]:
    campaigns = []
    for _ in range(SLOW_ACCOUNTS):
        account = scene.account()
        scene.fault(account, "delay", seconds=30)
        campaigns.append(scene.launch(account))
    yield campaigns[0]


@contextmanager
def list_that_fails(scene: Scene) -> Iterator[Any]:
    account = scene.account()
    scene.fault(account, "500", method="GET", path="/messages/bulk")
    yield scene.launch(account)


@contextmanager
def frozen_in_its_intent(scene: Scene) -> Iterator[Any]:
    once = scene.folder / f"frozen-{time.monotonic()}"
    once.touch()
    for worker in scene.sending:
        worker.kill()
    scene.sending = [scene.start_sending(FAILPOINTS=f"inside_intent=once:{once}:stop")]
    campaign = scene.launch()
    wait_until(lambda: not once.exists())
    scene.sending.append(scene.start_sending())
    try:
        yield campaign
    finally:
        scene.sending[0].thaw()


@contextmanager
def killed_in_its_call(scene: Scene) -> Iterator[Any]:
    account = scene.account()
    scene.fault(account, "delay", seconds=30, times=1)
    campaign = scene.launch(account)
    wait_until(lambda: campaign.submissions.filter(state="posting").exists())
    for worker in scene.sending:
        worker.kill()
        worker.start()
    yield campaign


@contextmanager
def frozen_ticking_worker(scene: Scene) -> Iterator[Any]:
    scene.ticking.freeze()
    try:
        yield scene.launch()
    finally:
        scene.ticking.thaw()


def wrong_clock(hours: int) -> Fault:
    @contextmanager
    def fault(scene: Scene) -> Iterator[Any]:
        scene.ticking.kill()
        library = compile_clock(scene.folder)
        shift = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(hours * 3600)}
        scene.ticking = scene.start_ticking(**shift)
        try:
            yield scene.launch()
        finally:
            scene.ticking.kill()
            scene.ticking = scene.start_ticking()

    return fault


@contextmanager
def without_broker(scene: Scene) -> Iterator[Any]:
    scene.redis.kill()
    try:
        yield scene.launch()
    finally:
        scene.redis.start()


@contextmanager
def frozen_broker(scene: Scene) -> Iterator[Any]:
    scene.redis.freeze()
    try:
        yield scene.launch()
    finally:
        scene.redis.thaw()


FAULTS: dict[str, Fault] = {
    "nothing": nothing,
    f"{SLOW_ACCOUNTS} accounts whose calls take 30 s": slow_accounts,
    "an account whose list answers 500": list_that_fails,
    "a worker frozen inside its intent": frozen_in_its_intent,
    "all sending workers killed in a call": killed_in_its_call,
    "the ticking worker frozen": frozen_ticking_worker,
    "no broker": without_broker,
    "a frozen broker": frozen_broker,
}
# Where there is more than one machine; a file has one, and one clock.
OF_SEVERAL_MACHINES: dict[str, Fault] = {
    "the ticking worker's clock 2 h ahead": wrong_clock(2),
    "the ticking worker's clock 2 h behind": wrong_clock(-2),
}


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


def are_accepted(campaign: Any) -> bool:
    return set(campaign.submissions.values_list("state", flat=True)) == {"accepted"}


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
        assert answer.status_code in {200, 503}, answer.status_code
        return time.monotonic() - began

    def said(self) -> str:
        page = self._session.get(self._page, timeout=60).text
        alerts = re.findall(r'class="alert\b.*?<div[^>]*>(.*?)</div>', page, re.DOTALL)
        words = [" ".join(re.sub(r"<[^>]*>", " ", alert).split()) for alert in alerts]
        return " / ".join(words) or "-"

    def pause_seconds(self) -> float:
        page = self._session.get(self._page, timeout=60).text
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
        began = time.monotonic()
        data = {"csrfmiddlewaretoken": token}
        answer = self._session.post(self._pause, data, timeout=60)
        assert answer.status_code in {200, 503}, answer.status_code
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
        scene = Scene(around.processes, around.sandbox, around.folder, around.redis)
        faults = FAULTS | (OF_SEVERAL_MACHINES if around.database.server else {})
        rows = [
            measure(scene, name, fault)
            for name, fault in faults.items()
            if (chosen.only or "") in name
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
