"""A copy is made while work goes on; put back, it sends nothing that may have been sent since."""

from __future__ import annotations

import os
import stat
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, Heartbeat
from campaigns.states import DecisionKind
from recipients.models import Recipient
from sending import control, decisions, launch, submit, tick
from sending.control import NotPossible
from sending.readiness import LaunchRefused
from sociocs_accounts import clients
from sociocs_accounts.models import Channel
from tests import postgresql, world
from tests.browsing import Desk, text_of
from tests.client import Client
from tests.processes import Sandbox
from upkeep import programs

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.thorough,
]


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    path = [str(postgresql.installed_programs()), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    settings.DATA_DIR = tmp_path / "data"


@pytest.fixture
def waiting(channel: Channel, quick: Settings) -> Campaign:
    """A campaign of three jobs that wait to be handed over."""
    quick.LEAD_SECONDS = 300
    return world.launched(a_draft(channel, 1))


def a_draft(channel: Channel, number: int) -> Campaign:
    people = world.a_list(channel.team, world.phones(25, number * 100), f"List {number}")
    return world.a_campaign(channel, people, name=f"Campaign {number}")


def work(channel: Channel) -> None:
    """What workers do until nothing is left to do."""
    for _ in range(3):
        for pk in tick.tick().freeze:
            launch.freeze(pk)
        submit.hand_over(channel.account_id)


def workers_stopped() -> None:
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=1))


def messages_by_person(sandbox: Sandbox) -> Counter[str]:
    jobs = world.witness(sandbox, "/jobs")
    shown = [world.witness(sandbox, f"/jobs/{job['job_id']}") for job in jobs]
    return Counter(person["to"] for job in shown for person in job["recipients"])


def test_nobody_gets_twice_what_was_sent_after_the_copy(
    waiting: Campaign, channel: Channel, sandbox: Sandbox, tmp_path: Path
) -> None:
    draft, freezing, planned = (a_draft(channel, number) for number in (2, 3, 4))
    launch.launch(freezing, world.confirmed(freezing))
    launch.launch(planned, world.confirmed(planned))
    launch.freeze(planned.pk)
    call_command("back_up", tmp_path / "copy")
    launch.launch(draft, world.confirmed(draft))
    work(channel)
    assert messages_by_person(sandbox).total() == 100

    workers_stopped()
    call_command("restore", tmp_path / "copy")
    work(channel)
    channel.account.refresh_from_db()
    assert channel.account.halt_reason == "restored"
    clients.reopen(channel.account)
    for campaign in (waiting, planned):
        with suppress(NotPossible):
            control.resume(campaign, world.owner_of(channel.team))
    work(channel)

    assert set(messages_by_person(sandbox).values()) == {1}
    assert world.states(waiting) == world.states(planned) == ["unknown"] * 3
    waiting.refresh_from_db()
    assert waiting.state == "needs_decision"
    client = Client()
    client.force_login(world.owner_of(channel.team))
    page = text_of(Desk(channel.team, client).get("campaign", waiting))
    assert "we do not know whether it was given to Sociocs" in page
    assert "Look at Sociocs once more" not in page
    for held in (draft, freezing):
        held.refresh_from_db()
        assert held.state == "draft"
        with pytest.raises(LaunchRefused) as refused:
            launch.launch(held, world.confirmed(held))
        assert "may have been sent already" in refused.value.sentence


def test_what_was_not_sent_goes_out_once_somebody_says_so(
    waiting: Campaign, channel: Channel, sandbox: Sandbox, tmp_path: Path
) -> None:
    call_command("back_up", tmp_path / "copy")
    workers_stopped()
    call_command("restore", tmp_path / "copy")
    clients.reopen(channel.account)
    tick.tick()

    for job in waiting.submissions.order_by("seq"):
        assert job.current_attempt is not None
        decisions.decide(
            job,
            world.owner_of(channel.team),
            DecisionKind.SEND_AGAIN,
            shown_version=job.version,
            attempt_id=job.current_attempt.pk,
        )
    work(channel)

    assert set(messages_by_person(sandbox).values()) == {1}
    assert messages_by_person(sandbox).total() == 25
    assert world.states(waiting) == ["accepted"] * 3


def test_nothing_is_put_back_while_workers_run(
    waiting: Campaign, channel: Channel, tmp_path: Path
) -> None:
    call_command("back_up", tmp_path / "copy")
    work(channel)

    with pytest.raises(CommandError, match="Workers are running"):
        call_command("restore", tmp_path / "copy")

    assert world.states(waiting) == ["accepted"] * 3


def test_a_copy_is_for_its_owner_alone_and_has_media_if_wished(
    channel: Channel, tmp_path: Path
) -> None:
    media = django_settings.DATA_DIR / "media"
    media.mkdir(parents=True)
    (media / "tooth.png").write_bytes(b"picture")

    call_command("back_up", tmp_path / "small")
    call_command("back_up", tmp_path / "copy", "--media")
    (media / "tooth.png").unlink()
    workers_stopped()
    call_command("restore", tmp_path / "copy")

    assert (media / "tooth.png").read_bytes() == b"picture"
    assert not (tmp_path / "small" / "media").exists()
    for path in [tmp_path / "copy", *(tmp_path / "copy").glob("database.*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    with pytest.raises(CommandError, match="is there already"):
        call_command("back_up", tmp_path / "copy")


def test_a_damaged_copy_changes_nothing(
    waiting: Campaign, channel: Channel, tmp_path: Path
) -> None:
    call_command("back_up", tmp_path / "copy")
    [copy] = (tmp_path / "copy").iterdir()
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size * 2 // 3])
    workers_stopped()

    with pytest.raises((CommandError, DatabaseError)):
        call_command("restore", tmp_path / "copy")

    assert world.states(waiting) == ["ready"] * 3


@pytest.mark.postgresql
def test_it_says_which_program_is_missing(
    channel: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("upkeep.programs.DEBIANS", tmp_path)

    with pytest.raises(CommandError, match="pg_dump is not on this machine"):
        call_command("back_up", tmp_path / "copy")

    assert not list(tmp_path.glob("copy*"))
    assert connection.vendor == "postgresql"


@pytest.mark.postgresql
def test_a_script_that_breaks_off_changes_nothing(waiting: Campaign) -> None:
    script = ["sh", "-c", "echo 'TRUNCATE recipients_recipient;'; exit 3"]

    with pytest.raises(CommandError, match="sh failed"):
        programs.play(script, "psql", "--no-psqlrc", "--single-transaction", "-f", "-")

    assert Recipient.objects.count() == 25
