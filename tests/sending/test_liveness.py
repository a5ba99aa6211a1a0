"""Whatever is slow, dead or away holds up itself and nobody else; real workers and processes."""

from __future__ import annotations

import inspect
import re
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import requests
from celery import current_app
from django.utils import timezone

from campaigns.models import Campaign, Heartbeat
from campaigns.pulse import Tick
from composer.models import DraftEstimate
from recipients.lists import exporting, list_operations
from recipients.models import Export, ListOperation
from sending import launch
from sending.models import Attempt
from sociocs_accounts.models import Channel
from teams import invitations
from teams.models import Role, WaitingMail
from tests import world
from tests.processes import Processes, Sandbox
from tests.waiting import wait_until
from tooling import children

pytestmark = [pytest.mark.processes]

# More than have a turn that moves at the same time (`sending.turns`).
SLOW_ACCOUNTS = 18
NOBODY_WAITS_LONGER = 15.0


def another_account(sandbox: Sandbox) -> Sandbox:
    made = requests.post(f"{sandbox.url}/sandbox/accounts", timeout=10).json()
    return replace(sandbox, api_key=made["api_key"])


def launched_on(channel: Channel, people: int = 30) -> Campaign:
    return world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(people)))
    )


def env_of(sandbox: Sandbox, **more: str) -> dict[str, str]:
    return {"SOCIOCS_BASE_URL": sandbox.url, "LEAD_SECONDS": "2", **more}


def accepted(campaign: Campaign) -> Callable[[], bool]:
    return lambda: set(world.states(campaign)) == {"accepted"}


def seconds_until(holds: Callable[[], bool]) -> float:
    began = time.monotonic()
    wait_until(holds, progress=Attempt.objects.count)
    return time.monotonic() - began


@pytest.mark.either_database
def test_more_slow_accounts_than_the_worker_has_places_hold_up_neither_another_nor_the_tick(
    channel: Channel, processes: Processes, sandbox: Sandbox
) -> None:
    slow = [another_account(sandbox) for _ in range(SLOW_ACCOUNTS)]
    for one in slow:
        launched_on(world.a_channel(channel.team, one))
        world.set_fault(sandbox, "delay", seconds=30, times=None, key_ends=one.api_key[-8:])
    processes.worker("sending", env_of(sandbox))
    waits_for_answers = Attempt.objects.filter(outcome="open")
    wait_until(lambda: waits_for_answers.count() == SLOW_ACCOUNTS, progress=waits_for_answers.count)

    healthy = launched_on(channel)

    assert seconds_until(accepted(healthy)) < NOBODY_WAITS_LONGER
    assert waits_for_answers.count() == SLOW_ACCOUNTS
    ticked = Heartbeat.objects.get(part="tick").at
    assert seconds_until(lambda: Heartbeat.objects.get(part="tick").at > ticked) < 15


@pytest.mark.either_database
def test_without_a_broker_a_campaign_that_is_due_is_handed_over(
    channel: Channel, processes: Processes, sandbox: Sandbox, tmp_path: Path
) -> None:
    nowhere = f"redis+socket://{tmp_path / 'nobody.sock'}"
    # Without a broker it is never "ready".
    command = ["-A", "config", "worker", "-Q", "sending,ticking", "-P", "threads", "-c", "2"]
    python = ["python", "-m", "celery"]
    processes.start(
        "worker-alone",
        *(str(Path(".venv/bin") / python[0]), *python[1:], *command),
        env=env_of(sandbox, REDIS_URL=nowhere),
    )
    wait_until(Heartbeat.objects.filter(part="tick").exists)

    campaign = launched_on(channel)

    assert seconds_until(accepted(campaign)) < NOBODY_WAITS_LONGER


def test_each_task_of_the_background_is_found_by_a_tick() -> None:
    current_app.loader.import_default_modules()
    tasks = [task for name, task in current_app.tasks.items() if not name.startswith("celery.")]
    ticks = [inspect.getsource(task.run) for task in tasks if task.name.endswith(".tick")]
    lost = {
        task.name
        for task in tasks
        if getattr(task, "queue", "") == "background"
        and not any(re.search(rf"\b{task.run.__name__}\b", tick) for tick in ticks)
    }
    assert not lost


@pytest.mark.either_database
def test_without_a_broker_the_background_does_its_work(
    channel: Channel, processes: Processes, tmp_path: Path
) -> None:
    owner = world.owner_of(channel.team)
    people = world.a_list(channel.team, world.phones(30))
    campaign = world.a_campaign(channel, people)
    launch.launch(campaign, world.confirmed(campaign))
    copied = list_operations.copy(people, owner, "Copy")
    export = exporting.order_file(channel.team, owner, people)
    invitations.invite(channel.team, "nora@example.org", Role.VIEWER, owner)
    estimate = DraftEstimate.objects.create(
        campaign=world.a_campaign(channel, people),
        wanted_by=owner,
        wanted_at=timezone.now() - timedelta(minutes=1),
    )

    def left() -> list[str]:
        """What nobody has done yet."""
        undone = {
            "frozen": Campaign.objects.filter(pk=campaign.pk, state="freezing"),
            "copied": ListOperation.objects.filter(pk=copied.pk).exclude(state="completed"),
            "written": Export.objects.filter(pk=export.pk).exclude(state="ready"),
            "mailed": WaitingMail.objects.all(),
            "estimated": DraftEstimate.objects.filter(pk=estimate.pk, finished_at=None),
        }
        return [what for what, rows in undone.items() if rows.exists()]

    assert len(left()) == 5
    processes.start(
        "worker-alone",
        *(str(Path(".venv/bin/python")), "-m", "celery", "-A", "config", "worker"),
        *("-Q", "background,ticking", "-P", "threads", "-c", "2"),
        env={"REDIS_URL": f"redis+socket://{tmp_path / 'nobody.sock'}"},
    )
    wait_until(lambda: not left(), progress=left)


def test_a_worker_that_forks_never_has_the_database_open_itself(processes: Processes) -> None:
    worker = psutil.Process(processes.worker("background").pid)
    tick = Heartbeat.objects.filter(part="composer.tick")
    wait_until(tick.exists, progress=lambda: worker.cpu_times().user)

    assert not [file.path for file in worker.open_files() if "sqlite" in file.path]
    pulse, *_pool = worker.children()
    wait_until(
        lambda: any("sqlite" in file.path for file in pulse.open_files()),
        progress=lambda: pulse.cpu_times().user,
    )

    worker.kill()
    psutil.wait_procs([pulse], timeout=20)
    assert not pulse.is_running()


@pytest.mark.either_database
def test_what_a_dead_worker_had_claimed_goes_on_at_once(
    channel: Channel, processes: Processes, sandbox: Sandbox
) -> None:
    campaign = launched_on(channel)
    worker = processes.worker("sending", env_of(sandbox, FAILPOINTS="after_claim=stop"))
    wait_until(lambda: "claimed" in world.states(campaign))
    worker.kill()
    processes.worker("sending", env_of(sandbox))
    assert seconds_until(accepted(campaign)) < NOBODY_WAITS_LONGER


@pytest.mark.both_databases
def test_a_worker_that_is_frozen_in_the_middle_of_writing_holds_up_nobody_for_long(
    channel: Channel, processes: Processes, sandbox: Sandbox
) -> None:
    campaign = launched_on(channel)
    processes.worker("sending", env_of(sandbox, FAILPOINTS="inside_intent=stop"))
    wait_until(lambda: "claimed" in world.states(campaign))
    processes.worker("sending", env_of(sandbox))
    other = world.a_channel(channel.team, another_account(sandbox))

    assert seconds_until(accepted(launched_on(other))) < NOBODY_WAITS_LONGER


@pytest.mark.either_database
def test_a_worker_that_is_told_to_end_finishes_its_call_and_gives_back_the_rest(
    channel: Channel, processes: Processes, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "delay", seconds=3, times=None)
    campaign = launched_on(channel)
    worker = processes.worker("sending", env_of(sandbox))
    wait_until(lambda: "posting" in world.states(campaign))
    children.signal_group(worker.process, signal.SIGTERM)

    worker.wait(timeout=30)

    states = world.states(campaign)
    assert states[0] == "accepted"
    assert set(states[1:]) == {"ready"}


class Machine:
    """A worker that looks for a tick every second of a clock of its own."""

    def __init__(self, *, is_first: bool = True) -> None:
        self.now, self.is_running = 0.0, True
        self._tick = Tick(
            "sending", 10 if is_first else 30, is_first=is_first, monotonic=lambda: self.now
        )

    def ticks(self) -> bool:
        self.now += 1
        return self.is_running and self._tick.is_mine()


def ticks_of(machines: list[Machine], seconds: int) -> list[list[int]]:
    """At which seconds each of them ticked."""
    given: list[list[int]] = [[] for _ in machines]
    for second in range(seconds):
        for machine, seconds_of_it in zip(machines, given, strict=True):
            if machine.ticks():
                seconds_of_it.append(second)
    return given


@pytest.mark.both_databases
@pytest.mark.parametrize("hours", [2, -2])
def test_a_tick_is_due_by_silence_and_not_by_anybodys_clock(hours: int, db: None) -> None:
    wrong = timezone.now() + timedelta(hours=hours)
    Heartbeat.objects.create(part="sending.tick", at=wrong)
    machines = [Machine(), Machine()]
    # Who has just been started ticks at once; then one of them every ten seconds.
    one, other = ticks_of(machines, 60)
    assert (one[0], other[0]) == (0, 0)
    assert len(one) + len(other) == 7
    machines[0].is_running = False
    _dead, other = ticks_of(machines, 60)
    assert len(other) >= 5
    assert other[0] <= 10


@pytest.mark.both_databases
def test_whoever_is_second_ticks_only_where_nobody_does(db: None) -> None:
    machines = [Machine(), Machine(is_first=False)]
    first, second = ticks_of(machines, 120)
    assert (len(first), second) == (12, [])
    machines[0].is_running = False
    _dead, second = ticks_of(machines, 70)
    # Silent since ten seconds before; from then on as often as the first one did.
    assert second == [20, 30, 40, 50, 60]
