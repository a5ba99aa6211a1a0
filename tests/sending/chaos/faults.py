"""What may be ill: a scene of processes, and faults that stop a campaign of theirs for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests

from tests.processes import Child, Processes, Sandbox, WebServer
from tests.sending.chaos.surroundings import Cable, Database, Disk, Redis
from tests.waiting import wait_until
from tooling.clocks import compile_clock

SLOW_ACCOUNTS, PEOPLE = 6, 30
# As sending.protocol.START_FENCE, which needs Django.
START_FENCE_SECONDS = 10.0


@dataclass
class Scene:
    """The product in its processes: a web server, two sending workers, a ticking one."""

    processes: Processes
    sandbox: Sandbox
    folder: Path
    redis: Redis
    disk: Disk
    database: Database
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

    def the_only_one_sending(self, failpoint: str, **more: str) -> Path:
        """In place of all sending workers one that does this once; the file goes when it does."""
        once = self.folder / f"once-{time.monotonic()}"
        once.touch()
        for worker in self.sending:
            worker.kill()
        name, verb = failpoint.split("=")
        self.sending = [self.start_sending(FAILPOINTS=f"{name}=once:{once}:{verb}", **more)]
        return once

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


def are_accepted(campaign: Any) -> bool:
    return set(campaign.submissions.values_list("state", flat=True)) == {"accepted"}


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
    once = scene.the_only_one_sending("inside_intent=stop")
    campaign = scene.launch()
    wait_until(lambda: not once.exists())
    scene.sending.append(scene.start_sending())
    try:
        yield campaign
    finally:
        scene.sending[0].thaw()


@contextmanager
def vanished_in_its_intent(scene: Scene) -> Iterator[Any]:
    assert scene.database.server is not None
    cable = Cable(scene.database.server.folder / ".s.PGSQL.5432")
    name = scene.database.url.split("?")[0].rpartition("/")[2]
    through = {"DATABASE_URL": f"postgresql://postgres@127.0.0.1:{cable.port}/{name}"}
    once = scene.the_only_one_sending("inside_intent=stop", **through)
    campaign = scene.launch()
    wait_until(lambda: not once.exists())
    cable.cut()
    scene.sending[0].kill()
    scene.sending = [scene.start_sending() for _ in range(2)]
    yield campaign


@contextmanager
def woken_after_send_again(scene: Scene) -> Iterator[Any]:
    """Frozen before its first byte; somebody has that job sent again, and it goes on."""
    once = scene.the_only_one_sending("before_send=stop")
    campaign = scene.launch()
    wait_until(lambda: not once.exists())
    scene.sending.append(scene.start_sending())
    time.sleep(START_FENCE_SECONDS)
    send_again(campaign)
    scene.sending[0].thaw()
    yield campaign
    wait_until(lambda: are_accepted(campaign))


def send_again(campaign: Any) -> None:
    """Have somebody answer the question about its job under way as soon as it may be asked."""
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from campaigns.states import DecisionKind  # noqa: PLC0415
    from sending.decisions import decide  # noqa: PLC0415
    from sending.models import Attempt  # noqa: PLC0415
    from tests import world  # noqa: PLC0415

    unclear = campaign.submissions.filter(state="unknown")

    def is_asked() -> bool:
        of_campaign = Attempt.objects.filter(submission__campaign=campaign, outcome="open")
        of_campaign.update(deadline=timezone.now())
        return bool(unclear.exists())

    wait_until(is_asked, pause=0.5)
    job = unclear.get()
    decide(
        job,
        world.owner_of(campaign.team),
        DecisionKind.SEND_AGAIN,
        shown_version=job.version,
        attempt_id=job.current_attempt_id,
    )


@contextmanager
def full_disk(scene: Scene) -> Iterator[None]:
    """The one of the database: nobody writes until it is free again."""
    scene.disk.fill()
    yield
    scene.disk.free()
    scene.database.start_again()


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
    'a worker that wakes up after "send again"': woken_after_send_again,
    "the ticking worker frozen": frozen_ticking_worker,
    "no broker": without_broker,
    "a frozen broker": frozen_broker,
}
# While they last nobody writes; nothing may be waiting any more once they are over.
STOPS_ALL: dict[str, Fault] = {"the database's disk full": full_disk}
# Where there is more than one machine; a file has one, and one clock.
OF_SEVERAL_MACHINES: dict[str, Fault] = {
    "the ticking worker's clock 2 h ahead": wrong_clock(2),
    "the ticking worker's clock 2 h behind": wrong_clock(-2),
    "a machine that vanishes in an intent": vanished_in_its_intent,
}
