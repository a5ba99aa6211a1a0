"""Every way in which the vendor can fail, against the whole of claiming, calling and recording.

The client alone is looked at in tests/sociocs_gateway. One sandbox plays all faults, one after
the other.
"""

from __future__ import annotations

import json
import ssl
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import formatdate
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from sending import gateway, reconcile, submit, tick
from sending.models import Attempt, Submission
from sociocs_accounts.models import Channel, GatewayAccount
from sociocs_gateway.client import SociocsClient
from tests import effort, world
from tests.browsing import text_of
from tests.client import Client
from tests.processes import Sandbox
from tests.sociocs_gateway.certificates import Authority
from tests.sociocs_gateway.scripted_server import close_at_once, raw, running
from tests.waiting import wait_until
from tooling import children

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

PEOPLE = 5
PageOf = Callable[[Campaign], str]


@dataclass(frozen=True)
class Outcome:
    """How a job of one campaign ends up, and what that does to its campaign and account."""

    job: str
    campaign: str
    why: str = ""
    account: str = ""


@dataclass(frozen=True)
class Row:
    """A fault, the outcome it has, and words of the page a person reads then."""

    outcome: Outcome
    told: str
    fault: str = ""
    parameters: dict[str, float | str] = field(default_factory=dict)


REFUSED = Outcome("refused", "needs_decision")
UNCLEAR = Outcome("unknown", "needs_decision", account="struck")
COOLS = Outcome("ready", "sending", account="cools")

CLOSED = Row(UNCLEAR, "no clear answer (connection closed)")
SILENT = Row(UNCLEAR, "no clear answer (Sociocs stayed silent for too long)")
BROKEN_OFF = Row(UNCLEAR, "no clear answer (the answer broke off)")
UNREADABLE = Row(UNCLEAR, "no clear answer (the answer could not be read)")
TOO_LONG = "no clear answer (the answer was far too long)"
NAMELESS = "no clear answer (the answer named no job)"
PATIENCE = "Sociocs asked us to slow down"


def refused(said: str, account: str = "") -> Row:
    return Row(Outcome("refused", "needs_decision", account=account), said)


def answered(outcome: Outcome, told: str, body: str) -> Row:
    return Row(outcome, told, "own_body", {"body": body})


def a_job_of(job_id: str) -> str:
    return f'{{"status": "success", "data": {{"job_id": {job_id}}}}}'


# By the name of the fault, unless the row names it.
ROWS: dict[str, Row] = {
    **{str(n): refused("asked for by a sandbox fault") for n in (400, 413, 415, 422)},
    "200_error": refused("The request was refused"),
    "401": Row(Outcome("ready", "paused", "auth", "auth"), "does not accept the API key any more"),
    "403": refused("asked for by a sandbox fault", "auth"),
    **{str(n): refused("asked for by a sandbox fault", "config") for n in (404, 405)},
    "429": Row(COOLS, PATIENCE),
    **{
        f"429, come back {when}": Row(COOLS, PATIENCE, "429", {"retry_after": when})
        for when in ("0", "-5", "999999999999", "9" * 400, "soon", "Wed, 21 Oct 2015 07:28:00 GMT")
    },
    **{
        str(n): Row(UNCLEAR, "no clear answer (Sociocs reported an error of its own)")
        for n in (500, 502, 503, 504, 511)
    },
    "408": Row(UNCLEAR, "no clear answer (an answer we do not understand)"),
    **{
        str(n): Row(UNCLEAR, "no clear answer (Sociocs pointed to another address)")
        for n in (301, 302, 303, 307, 308)
    },
    **dict.fromkeys(
        [
            *("reset_before_reading", "reset_after_part", "reset_after_reading"),
            *("reset_after_job_made", "closed_no_answer", "job_made_no_answer"),
        ],
        CLOSED,
    ),
    "job_made_then_502": Row(UNCLEAR, "no clear answer (Sociocs reported an error of its own)"),
    "late_landing": Row(CLOSED.outcome, CLOSED.told, parameters={"seconds": 1.0}),
    **dict.fromkeys(["silence", "slow_drip"], SILENT),
    **dict.fromkeys(["half_body", "broken_chunks"], BROKEN_OFF),
    **dict.fromkeys(["invalid_json", "deep_json", "html_page"], UNREADABLE),
    "a NaN": answered(UNCLEAR, UNREADABLE.told, a_job_of("NaN")),
    "a number of 5,000 digits": answered(UNCLEAR, NAMELESS, a_job_of("9" * 5000)),
    "a length that cuts it": answered(UNCLEAR, UNREADABLE.told, a_job_of('"job-1"')[:-1]),
    "nothing at all": answered(UNCLEAR, UNREADABLE.told, ""),
    "another type": answered(UNCLEAR, NAMELESS, '["success"]'),
    "data of another type": answered(UNCLEAR, NAMELESS, '{"status": "success", "data": [1]}'),
    "no status": answered(UNCLEAR, NAMELESS, '{"data": {"job_id": "job-1"}}'),
    "an error with a job": answered(
        UNCLEAR,
        "no clear answer (the answer contradicted itself)",
        '{"status": "error", "data": {"job_id": "job-1"}}',
    ),
    "no_job_id": Row(UNCLEAR, NAMELESS),
    **{
        f"a job id of {job_id}": answered(UNCLEAR, NAMELESS, a_job_of(job_id))
        for job_id in ("null", '""', '" "', '["job-1"]', "{}", "true")
    },
    "duplicate_job_id": Row(
        UNCLEAR, "no clear answer (the answer named a job that belongs to other people)"
    ),
    "many_headers": Row(UNREADABLE.outcome, UNREADABLE.told, parameters={"headers": 10_000}),
    # Over our limit of a megabyte; and one that is far below it until it is unpacked.
    "huge_body": Row(UNCLEAR, TOO_LONG, parameters={"bytes": 2_000_000}),
    "gzip_bomb": Row(UNREADABLE.outcome, UNREADABLE.told, parameters={"bytes": 20_000_000}),
}
# After these the vendor has the job, although its answer says nothing clear.
MADE_ALL_THE_SAME = ("job_made_then_502", "half_body", "no_job_id", "late_landing", "invalid_json")


def rows_of_this_run() -> dict[str, Row]:
    """One fault of each outcome that a person is told in the same words, and of each that leaves a
    job at the vendor; all of them in a long run. The client alone meets each in every run.
    """
    if effort.is_long():
        return ROWS
    kinds = {(row.outcome, row.told, row.fault): name for name, row in reversed(ROWS.items())}
    return {name: ROWS[name] for name in ROWS if name in {*kinds.values(), *MADE_ALL_THE_SAME}}


@pytest.fixture
def impatient(settings: Settings) -> Settings:
    settings.SOCIOCS_TIMEOUT_SECONDS = 1
    return settings


@pytest.fixture
def page_of(channel: Channel, client: Client) -> PageOf:
    """Reads a campaign's page as its owner."""
    client.force_login(world.owner_of(channel.team))

    def read(campaign: Campaign) -> str:
        address = reverse("campaign", args=[channel.team.slug, campaign.public_id])
        return text_of(client.get(address))

    return read


def campaigns(channel: Channel) -> Iterator[Campaign]:
    """One campaign of one job after the other, each to people of its own, on a fresh account.

    The one before is put where no tick looks at it again.
    """
    for number in range(100):
        Attempt.objects.update(next_look_at=None)
        Campaign.objects.update(state="draft")
        GatewayAccount.objects.update(
            state="open",
            halt_reason="",
            cool_until=None,
            probe_needed=False,
            strikes=0,
            redirects=0,
        )
        gateway.forget_clocks()
        people = world.a_list(channel.team, world.phones(PEOPLE, start=number * PEOPLE))
        yield world.launched(world.a_campaign(channel, people))


def hand_over(campaign: Campaign) -> None:
    assert campaign.channel is not None
    submit.hand_over(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def outcome(campaign: Campaign) -> Outcome:
    account = GatewayAccount.objects.get()
    condition = account.halt_reason or ("cools" if account.cool_until else "")
    condition = condition or ("struck" if account.strikes else "")
    (job,) = world.states(campaign)
    return Outcome(job, campaign.state, campaign.state_reason, condition)


def bulk_posts(sandbox: Sandbox) -> int:
    """How many bulk sends have arrived at the vendor."""
    counts: dict[str, int] = world.witness(sandbox)["requests_by_call"]
    return counts.get("POST /messages/bulk", 0)


def test_every_fault_ends_as_it_should_and_nothing_is_called_twice(
    channel: Channel,
    sandbox: Sandbox,
    impatient: Settings,
    page_of: PageOf,
) -> None:
    rows, found = rows_of_this_run(), dict[str, Outcome]()
    fresh = campaigns(channel)
    hand_over(next(fresh))  # so that there is an earlier job whose id can be repeated
    with running() as elsewhere:
        for name, row in rows.items():
            campaign, jobs, posts = next(fresh), jobs_made(sandbox), bulk_posts(sandbox)
            parameters = {"location": elsewhere.url} if name.startswith("30") else row.parameters
            world.set_fault(sandbox, row.fault or name, **parameters)
            hand_over(campaign)
            found[name] = outcome(campaign)
            assert row.told in page_of(campaign), name
            assert_within_bounds(campaign, name)
            world.clear_faults(sandbox)
            hand_over(campaign)
            assert bulk_posts(sandbox) == posts + 1, name
            if name == "late_landing":
                wait_until(partial(is_listed, sandbox, campaign))
            if row.outcome is UNCLEAR:
                is_made = jobs_made(sandbox) > jobs
                assert is_found_at_the_vendor(campaign) is is_made, name

    assert found == {name: row.outcome for name, row in rows.items()}
    assert elsewhere.connections == 0
    ways = Submission.objects.filter(state="accepted", how="slot").count()
    assert ways >= len(MADE_ALL_THE_SAME)
    assert world.witness(sandbox, "/phones?min=2")["phones"] == 0


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_one_redirect_halts_nothing_and_a_second_in_a_row_halts_the_account(
    channel: Channel, sandbox: Sandbox, impatient: Settings, method: str
) -> None:
    people = world.a_list(channel.team, world.phones(25))
    campaign = world.launched(world.a_campaign(channel, people))
    with running() as elsewhere:
        world.set_fault(sandbox, "307", method=method, times=1, location=elsewhere.url)
        for _ in range(2):
            gateway.forget_clocks()
            hand_over(campaign)
        assert GatewayAccount.objects.get().state == "open"
        assert set(world.states(campaign)) == {"POST": {"unknown", "accepted"}}.get(
            method, {"accepted"}
        )

        more = world.a_list(channel.team, world.phones(25, start=100))
        campaign = world.launched(world.a_campaign(channel, more))
        world.set_fault(sandbox, "307", method=method, times=2, location=elsewhere.url)
        for _ in range(2):
            gateway.forget_clocks()
            hand_over(campaign)

    account = GatewayAccount.objects.get()
    assert (account.state, account.halt_reason) == ("halted", "redirect")
    assert (campaign.state, campaign.state_reason) == ("paused", "redirect")
    assert elsewhere.connections == 0


def jobs_made(sandbox: Sandbox) -> int:
    made: int = world.witness(sandbox)["jobs"]
    return made


def assert_within_bounds(campaign: Campaign, name: str) -> None:
    """However absurd the answer: a lane rests for minutes at most, and little of it is kept."""
    until = GatewayAccount.objects.get().cool_until
    assert until is None or timedelta() < until - timezone.now() <= timedelta(minutes=15), name
    (evidence,) = Attempt.objects.filter(submission__campaign=campaign).values_list(
        "evidence", flat=True
    )
    assert all(len(words) <= 2_000 for words in evidence.values()), name


def is_found_at_the_vendor(campaign: Campaign) -> bool:
    """Look at once instead of in five seconds."""
    assert campaign.channel is not None
    Attempt.objects.exclude(next_look_at=None).update(next_look_at=timezone.now())
    reconcile.reconcile(campaign.channel.account_id)
    return world.states(campaign) == ["accepted"]


def listed(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The vendor's list of jobs, asked for past the product."""
    answer = requests.get(
        f"{sandbox.url}/messages/bulk", headers={"apikey": sandbox.api_key}, timeout=10
    )
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def is_listed(sandbox: Sandbox, campaign: Campaign) -> bool:
    slot = Attempt.objects.get(submission__campaign=campaign).slot
    return slot in {datetime.fromisoformat(job["schedule"]) for job in listed(sandbox)}


# --- The list of jobs, when it is looked at for an unclear one ------------------------------------


def test_whatever_the_list_shows_or_hides_nothing_is_ever_taken_for_not_sent(
    channel: Channel, sandbox: Sandbox, impatient: Settings, page_of: PageOf
) -> None:
    fresh = campaigns(channel)
    for fault, parameters in LISTS:
        campaign = next(fresh)
        world.set_fault(sandbox, "job_made_no_answer")
        hand_over(campaign)
        posts = bulk_posts(sandbox)
        world.set_fault(sandbox, fault, method="GET", times=99, **parameters)

        assert not is_found_at_the_vendor(campaign), fault
        hand_over(campaign)
        assert outcome(campaign).job == "unknown", fault
        assert CLOSED.told in page_of(campaign), fault

        world.clear_faults(sandbox)
        assert is_found_at_the_vendor(campaign), fault
        assert bulk_posts(sandbox) == posts, fault


LISTS: list[tuple[str, dict[str, Any]]] = [
    ("list_empty", {}),
    ("list_html", {}),
    ("list_stale", {"seconds": 300.0}),
    ("503", {}),
    ("silence", {}),
    ("gzip_bomb", {"bytes": 20_000_000}),
    ("own_body", {"body": '{"status": "success", "data": [{"id": "1", "when": "soon"}, 7, null]}'}),
    # A vendor that shows no schedule is not looked at by itself any more: last.
    ("list_without_schedule", {}),
]


def test_a_list_in_another_order_is_read_as_well(channel: Channel, sandbox: Sandbox) -> None:
    for campaign in islice(campaigns(channel), 3):
        world.set_fault(sandbox, "job_made_no_answer")
        hand_over(campaign)
    body = json.dumps({"status": "success", "data": listed(sandbox)[::-1]})
    world.set_fault(sandbox, "own_body", method="GET", body=body)

    assert is_found_at_the_vendor(Campaign.objects.latest("pk"))


def test_our_slot_on_two_jobs_or_on_a_strangers_is_asked_about(
    channel: Channel, sandbox: Sandbox, page_of: PageOf
) -> None:
    fresh = campaigns(channel)
    for fault, text in (("job_made_no_answer", "See you in spring."), ("503", "Not ours.")):
        campaign = next(fresh)
        world.set_fault(sandbox, fault)
        hand_over(campaign)
        slot = Attempt.objects.get(submission__campaign=campaign).slot
        a_job_by_hand(channel, sandbox, slot, PEOPLE, text)

        assert not is_found_at_the_vendor(campaign)
        assert "and have not found it" in page_of(campaign)


def test_a_full_list_of_later_jobs_does_not_count_as_a_look(
    channel: Channel, sandbox: Sandbox
) -> None:
    campaign = next(campaigns(channel))
    world.set_fault(sandbox, "503")
    hand_over(campaign)
    slot = Attempt.objects.get().slot
    for number in range(100):
        a_job_by_hand(channel, sandbox, slot + timedelta(hours=1, seconds=number), 1, "Not ours.")

    assert not is_found_at_the_vendor(campaign)
    attempt = Attempt.objects.get()
    assert (attempt.looks, attempt.last_sight, attempt.outcome) == (0, "blind", "ambiguous")


def a_job_by_hand(
    channel: Channel, sandbox: Sandbox, slot: datetime, people: int, text: str
) -> None:
    """What somebody else makes on the same account."""
    answer = requests.post(
        f"{sandbox.url}/messages/bulk",
        json={
            "provider": "twlo",
            "channel_key": channel.channel_key,
            "recipients": [{"to": phone, "name": "Ann"} for phone in world.phones(people, 900)],
            "text": text,
            "schedule": slot.isoformat(),
        },
        headers={"apikey": sandbox.api_key},
        timeout=10,
    )
    answer.raise_for_status()


# --- Nobody there, or not whom we trust -----------------------------------------------------------


def test_nobody_at_the_other_end_costs_time_and_no_question(
    channel: Channel, settings: Settings
) -> None:
    campaign = next(campaigns(channel))
    for address in (f"http://127.0.0.1:{children.free_port()}", "https://sociocs.invalid"):
        settings.SOCIOCS_BASE_URL = address
        hand_over(campaign)

    assert outcome(campaign) == Outcome("ready", "sending")
    assert not Attempt.objects.exists()


def test_a_connection_that_is_taken_and_closed_at_once_is_asked_about(
    channel: Channel, settings: Settings, page_of: PageOf
) -> None:
    campaign = next(campaigns(channel))
    with running() as server:
        settings.SOCIOCS_BASE_URL = server.url
        server.will(raw(an_empty_list()), close_at_once)
        hand_over(campaign)
        hand_over(campaign)

    assert outcome(campaign).job == "unknown"
    assert CLOSED.told in page_of(campaign)
    assert Attempt.objects.count() == 1


def an_empty_list() -> bytes:
    body = b'{"status": "success", "data": []}'
    now = formatdate(usegmt=True)
    return f"HTTP/1.1 200 OK\r\nDate: {now}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_a_server_that_cannot_be_trusted_stops_the_account_and_is_sent_nothing(
    channel: Channel,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    page_of: PageOf,
) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    authority, stranger = Authority(tmp_path), Authority(elsewhere)
    trusting = partial(SociocsClient, ca_bundle=authority.bundle)
    monkeypatch.setattr(gateway, "SociocsClient", trusting)
    outdated = authority.server_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        outdated.minimum_version = outdated.maximum_version = ssl.TLSVersion.TLSv1
    outdated.set_ciphers("ALL:@SECLEVEL=0")
    contexts = {
        "another authority": stranger.server_context(),
        "expired": authority.server_context(valid_for=-timedelta(days=1)),
        "another host": authority.server_context(host="127.0.0.2"),
        "TLS 1.0": outdated,
    }
    fresh = campaigns(channel)
    for name, context in contexts.items():
        campaign = next(fresh)
        with running(context) as server:
            settings.SOCIOCS_BASE_URL = server.url
            hand_over(campaign)
        assert outcome(campaign) == Outcome("ready", "paused", "tls", "tls"), name
        assert server.requests == [], name
        assert "The connection to Sociocs is not secure" in page_of(campaign), name
    assert not Attempt.objects.exists()
