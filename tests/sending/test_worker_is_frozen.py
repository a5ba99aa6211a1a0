"""SIGSTOP of a real worker inside its intent: the others go on, pages answer, nobody gets two.

On PostgreSQL the server ends the frozen transaction. On SQLite it holds the one write lock until it
is thawed, which pages say.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from interface import hints
from sending import tasks
from sending.models import Attempt, Submission
from sociocs_accounts.models import Channel
from tests import effort, world
from tests.processes import Child, Processes, Sandbox, WebServer
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.both_databases]

# In seconds, on any machine: what is promised is 5.
PATIENCE = 30


@pytest.fixture
def start(processes: Processes, sandbox: Sandbox) -> Callable[..., Child]:
    """`start(NAME=value)` starts a worker for sending with these settings."""
    env = {
        "SOCIOCS_BASE_URL": sandbox.url,
        "LEAD_SECONDS": "2",
        "SOCIOCS_TIMEOUT_SECONDS": "5",
    }
    return lambda **settings: processes.worker("sending", env=env | settings)


def launched(channel: Channel, start: int = 0) -> Campaign:
    people = world.a_list(channel.team, world.phones(15, start=start))
    return world.launched(world.a_campaign(channel, people))


def another_account(channel: Channel, sandbox: Sandbox) -> Channel:
    """A channel of the same team, on an account of its own."""
    account = requests.post(f"{sandbox.url}/sandbox/accounts", timeout=10).json()
    return world.a_channel(channel.team, replace(sandbox, api_key=account["api_key"]))


def frozen_inside_its_intent(start: Callable[..., Child], tmp_path: Path) -> psutil.Process:
    """A process of a worker that was stopped at the end of an intent."""
    (once := tmp_path / "once").touch()
    worker = start(FAILPOINTS=f"inside_intent=once:{once}:stop")
    hints.nudge(tasks.tick)
    return wait_until(lambda: stopped_process(psutil.Process(worker.pid)))


def stopped_process(parent: psutil.Process) -> psutil.Process | None:
    processes = (parent, *parent.children(recursive=True))
    return next((one for one in processes if one.status() == psutil.STATUS_STOPPED), None)


def work_until(condition: Callable[[], bool]) -> None:
    """Nudge as beat does until it holds."""

    def holds() -> bool:
        hints.nudge(tasks.tick)
        return condition()

    wait_until(holds, progress=how_far, pause=0.5)


def how_far() -> list[int]:
    return list(Submission.objects.order_by("pk").values_list("version", flat=True))


def accepted(campaign: Campaign) -> Callable[[], bool]:
    return lambda: set(world.states(campaign)) == {"accepted"}


def pause_button(web: WebServer, campaign: Campaign) -> Callable[[], requests.Response]:
    """The button of a campaign's page that its team's owner has open, at a real web server."""
    client = Client()
    client.force_login(world.owner_of(campaign.team))
    browser = requests.Session()
    browser.trust_env = False
    port = urlsplit(web.url).port
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    browser.cookies.set(f"sessionid-{port}", session, domain="127.0.0.1")
    page = f"{web.url}{reverse('campaign', args=[campaign.team.slug, campaign.public_id])}"
    assert browser.get(page, timeout=PATIENCE).ok
    fields = {"csrfmiddlewaretoken": browser.cookies[f"csrftoken-{port}"]}
    return lambda: browser.post(
        f"{page}pause/", data=fields, timeout=PATIENCE, allow_redirects=False
    )


@pytest.mark.postgresql
@pytest.mark.parametrize("limit", effort.long_but(["0"], ["0", "1000"]))
def test_other_accounts_of_the_team_go_on_while_one_is_frozen(
    channel: Channel, start: Callable[..., Child], sandbox: Sandbox, tmp_path: Path, limit: str
) -> None:
    channel.team.daily_limit = int(limit)
    channel.team.save()
    stuck, other = launched(channel), launched(another_account(channel, sandbox), start=100)
    Campaign.objects.filter(pk=other.pk).update(state="paused")
    frozen = frozen_inside_its_intent(start, tmp_path)
    Campaign.objects.filter(pk=other.pk).update(state="sending")
    start()

    work_until(accepted(other))

    assert frozen.status() == psutil.STATUS_STOPPED
    wait_until(lambda: not silent_sessions())
    frozen.send_signal(signal.SIGCONT)
    work_until(accepted(stuck))
    everybody_got_it_once(sandbox)


def silent_sessions() -> int:
    """How many sessions of the server hold something and say nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
            " AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def test_pause_answers_with_a_page_while_a_process_is_frozen_in_its_intent(
    channel: Channel,
    processes: Processes,
    start: Callable[..., Child],
    sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    campaign = launched(channel)
    press_pause = pause_button(processes.web(), campaign)
    frozen = frozen_inside_its_intent(start, tmp_path)

    answer = press_pause()

    assert frozen.status() == psutil.STATUS_STOPPED
    assert answer.status_code == 503
    assert "nothing was changed and nothing is lost" in " ".join(answer.text.split())
    assert answer.headers["Retry-After"] == "10"
    frozen.send_signal(signal.SIGCONT)
    work_until(accepted(campaign))
    everybody_got_it_once(sandbox)


def everybody_got_it_once(sandbox: Sandbox) -> None:
    seen = world.witness(sandbox)
    assert seen["jobs"] == Attempt.objects.filter(outcome="accepted").count()
    assert seen["recipients"] == Submission.objects.count() / 2 * 15
    assert world.witness(sandbox, "/phones?min=2")["phones"] == 0
