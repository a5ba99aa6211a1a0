"""Every count adds up to everybody, on every page, whatever becomes of jobs and messages."""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignRecipient
from campaigns.person_states import PERSON_WORDS, PersonState
from campaigns.states import CampaignState, Outcome, SubmissionState
from delivery import delivery_reports, receiving
from delivery.models import SentMessage, WebhookEndpoint
from history import reached
from history.people_counts import PeopleCounts, people_counts
from sending import submit
from sending.models import Submission
from sending.reach import reach_of
from sending.tally import tallies
from sociocs_accounts.encrypted_fields import Secret
from tests.browsing import Desk, text_of
from tests.desks import a_kept_campaign, again
from tests.history.bars import people_on_bar
from tests.history.reports import network_says
from tests.world import accepted, attempted, become, job, refused, unclear

MOMENT = "2026-12-01T15:00Z"
PEOPLE, PEOPLE_A_JOB = 12, 3
pytestmark = [pytest.mark.both_databases, pytest.mark.at(MOMENT)]
P, S = PersonState, SubmissionState


@pytest.fixture(scope="module")
def kept_campaign(kept: None) -> Campaign:
    return a_kept_campaign(MOMENT, PEOPLE_A_JOB)


@pytest.fixture
def launched(kept_campaign: Campaign, db: None, settings: Settings) -> Campaign:
    """Twelve people in four jobs of three, on a channel that reports."""
    settings.RECIPIENTS_PER_SUBMISSION = PEOPLE_A_JOB
    campaign = again(kept_campaign)
    assert campaign.channel is not None
    WebhookEndpoint.objects.create(
        channel=campaign.channel, secret=Secret.of("a secret"), state="on"
    )
    return campaign


def out(submission: Submission) -> Submission:
    """A job that the vendor has and whose time has come."""
    second = timezone.now() - timedelta(minutes=1, seconds=submission.seq)
    return accepted(submission, f"out-{submission.seq}", slot=second)


def person(campaign: Campaign, number: int) -> CampaignRecipient:
    return campaign.recipients.order_by("position")[number]


# --- What every page says -------------------------------------------------------------------------


def in_figures(desk: Desk, campaign: Campaign) -> Counter[PersonState]:
    """The numbers over the bar of the campaign's page."""
    html = desk.get("campaign", campaign).content.decode()
    tiles = re.findall(r'\?only=(\w+)"\s*>(\d+)</a>\s*</dd>\s*<dd class="aside">\d+%', html)
    return Counter({PersonState(state): int(count) for state, count in tiles})


def test_one_person_is_spoken_of_in_the_singular() -> None:
    with translation.override("es"):
        assert [one.label for one in PeopleCounts({P.DELIVERED: 1}).tiles] == [
            "Destinatario",
            "Entregado",
        ]
        counts = PeopleCounts({P.DELIVERED: 2, P.FAILED: 1})
        assert [one.label for one in counts.tiles] == ["Destinatarios", "Entregados", "Fallido"]
        assert counts.in_words == "2 entregados, 1 fallido"


def test_who_moves_on_while_it_is_counted_is_counted_once(
    launched: Campaign,
) -> None:
    """The jobs are summed first; that one of them was accepted is seen by the next question."""
    tally_of = tallies([launched.pk])
    accepted(job(launched), "ahead", slot=timezone.now() + timedelta(minutes=5))
    counts = people_counts([launched], tally_of)[launched.pk]
    assert dict(counts.people) == {P.STILL_TO_SEND: PEOPLE}


def in_file(desk: Desk, name: str, *of: Campaign) -> list[dict[str, str]]:
    page = desk.post(name, *of, format="csv")
    content = b"".join(page.streaming_content) if page.streaming else page.content
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def in_history_file(desk: Desk) -> Counter[PersonState]:
    (line,) = in_file(desk, "report-history")
    states = {state: int(line[str(word.label)]) for state, word in PERSON_WORDS.items()}
    assert int(line["Recipients"]) == sum(states.values())
    return Counter({state: count for state, count in states.items() if count})


def in_people_file(desk: Desk, campaign: Campaign) -> Counter[PersonState]:
    state_of = {str(word.label): state for state, word in PERSON_WORDS.items()}
    return Counter(state_of[line["Status"]] for line in in_file(desk, "report-campaign", campaign))


def by_filter(campaign: Campaign) -> Counter[PersonState]:
    """How many the page of people shows of each state, a few at a time."""
    counts = Counter[PersonState]()
    for state in P:
        after, seen = "", set[int]()
        while True:
            page = reached.people_of(campaign, state.value, after=after)
            assert not seen & {one.recipient.pk for one in page.shown}
            assert all(one.state is state for one in page.shown)
            seen |= {one.recipient.pk for one in page.shown}
            if not (after := page.after):
                break
        if seen:
            counts[state] = len(seen)
    return counts


def one_by_one(campaign: Campaign) -> Counter[PersonState]:
    """Every person judged by themselves, by the rule as it is written down for people."""
    counts = Counter[PersonState]()
    now, is_over = timezone.now(), campaign.state in {"completed", "cancelled"}
    for row in CampaignRecipient.objects.filter(campaign=campaign):
        its_job = Submission.objects.select_related("current_attempt").get(
            campaign=campaign, first_position__lte=row.position, last_position__gte=row.position
        )
        status = row.sent_messages.values_list("status", flat=True).first()
        state = judged(its_job, status, bool(row.left_out), now)
        counts[P.NO_REPORT if is_over and state is P.ON_ITS_WAY else state] += 1
    return counts


def judged(its_job: Submission, status: str | None, is_left_out: bool, now: object) -> PersonState:
    if status in {"delivered", "read"}:
        return P.DELIVERED
    if status in {"queued", "sent"}:
        return P.ON_ITS_WAY
    if is_left_out:
        return P.NOT_SENT
    if status == "failed":
        return P.FAILED
    if its_job.state == S.ACCEPTED:
        attempt = its_job.current_attempt
        assert attempt is not None
        return P.STILL_TO_SEND if attempt.slot > now else P.ON_ITS_WAY  # type: ignore[operator]
    if its_job.state in {S.CANCELLED, S.ABANDONED}:
        may = its_job.attempts.filter(outcome__in=["ambiguous", "accepted"], revoked_at=None)
        return P.MAY_HAVE_BEEN_SENT if may.exists() else P.NOT_SENT
    if its_job.state == S.UNKNOWN:
        return P.MAY_HAVE_BEEN_SENT
    return P.NOT_SENT if its_job.state in {S.REFUSED, S.REVOKED} else P.STILL_TO_SEND


def has_begun(campaign: Campaign) -> bool:
    """Whether its time has come, or it asks for somebody before that."""
    campaign.refresh_from_db()
    is_ahead = campaign.send_at is not None and campaign.send_at > timezone.now()
    asks = Submission.objects.filter(campaign=campaign, state__in=[S.UNKNOWN, S.REFUSED]).exists()
    return campaign.state not in {"freezing", "scheduled", "sending", "cancelling"} or (
        campaign.state in {"sending", "cancelling"} and (asks or not is_ahead)
    )


def assert_all_say_the_same(desk: Desk, campaign: Campaign) -> Counter[PersonState]:
    right = one_by_one(campaign)
    assert sum(right.values()) == PEOPLE
    said = {
        "bar": people_on_bar(desk, "campaign", campaign),
        "figures": in_figures(desk, campaign),
        "history": people_on_bar(desk, "campaigns"),
        "overview": people_on_bar(desk, "overview"),
        "history file": in_history_file(desk),
        "people file": in_people_file(desk, campaign),
        "filters": by_filter(campaign),
    }
    if not has_begun(campaign):
        # It stands among the next days there, without a bar.
        assert not said["overview"]
        assert campaign.name in text_of(desk.get("overview")).partition("Next 7 days")[2]
        del said["overview"]
    assert said == dict.fromkeys(said, right)
    assert_reach(campaign)
    return right


def assert_reach(campaign: Campaign) -> None:
    """What can still be done about it is told of as many people as it would reach."""
    now, here = timezone.now(), Counter[str]()
    for row in CampaignRecipient.objects.filter(campaign=campaign):
        its_job = Submission.objects.select_related("current_attempt").get(
            campaign=campaign, first_position__lte=row.position, last_position__gte=row.position
        )
        status = row.sent_messages.values_list("status", flat=True).first()
        came = status in {"queued", "sent", "delivered", "read"}
        slot = its_job.current_attempt.slot if its_job.current_attempt else now
        place = "ahead" if its_job.state == S.ACCEPTED and slot > now else its_job.state
        here[place if came or not row.left_out else "left out"] += 1
    reach = reach_of(campaign, now)
    assert reach.total == PEOPLE - here["left out"]
    assert reach.waiting == here[S.PLANNED] + here[S.READY] + here[S.CLAIMED]
    assert (reach.ahead, reach.out, reach.unanswered) == (
        here["ahead"],
        here[S.ACCEPTED],
        here[S.UNKNOWN],
    )


# --- The walk -------------------------------------------------------------------------------------


def something_happens(
    campaign: Campaign, chance: random.Random, clock: time_machine.Traveller
) -> str:
    """One thing that may happen to a job or a person; told so that a failure can be read."""
    its_job = job(campaign, chance.randint(1, 4))
    somebody = person(campaign, chance.randrange(PEOPLE))
    what = chance.choice(
        ["accepted", "accepted", "time passes", "unclear", "refused", "state", "given up"]
        + ["report"] * 8
        + ["left out"] * 2
    )
    if what == "accepted" and its_job.state == S.UNKNOWN:
        become(its_job, S.ACCEPTED, how="slot")
    elif what == "accepted" and not its_job.attempts.exclude(outcome="not_sent").exists():
        accepted(its_job, f"job-{its_job.seq}-{its_job.version}")
    elif what == "time passes":
        # Their jobs begin five minutes from the first moment on.
        clock.shift(timedelta(minutes=1))
    elif what == "unclear" and not its_job.attempts.exists():
        unclear(its_job)
    elif what == "refused" and not its_job.attempts.exists():
        refused(its_job, "no")
    elif what == "given up" and its_job.state == S.UNKNOWN:
        become(its_job, S.ABANDONED)
    elif what == "state" and not its_job.attempts.exists():
        become(its_job, chance.choice([S.READY, S.CLAIMED, S.CANCELLED, S.PLANNED]))
    elif what == "report":
        status = chance.choice(["queued", "sent", "delivered", "read", "failed", "new word"])
        network_says(campaign, somebody, status, "30005" if status == "failed" else "")
    elif what == "left out":
        CampaignRecipient.objects.filter(pk=somebody.pk).update(left_out="opted_out")
    return what


@pytest.mark.either_database
@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(2))
def test_all_pages_say_the_same_of_everybody_while_jobs_and_messages_change(
    desk: Desk,
    launched: Campaign,
    seed: int,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reached, "PEOPLE_PER_PAGE", 4)
    chance, seen = random.Random(seed), set[PersonState]()
    for _ in range(5):
        for _ in range(6):
            something_happens(launched, chance, clock)
        seen |= set(assert_all_say_the_same(desk, launched))
    # What is complete has nothing ahead.
    clock.shift(timedelta(hours=1))
    for state in (CampaignState.CANCELLED, CampaignState.COMPLETED):
        Campaign.objects.filter(pk=launched.pk).update(state=state)
        launched.refresh_from_db()
        assert P.ON_ITS_WAY not in assert_all_say_the_same(desk, launched)
    assert len(seen) >= 5


# --- One by one -----------------------------------------------------------------------------------


def test_a_bar_is_not_full_while_most_have_no_report(desk: Desk, launched: Campaign) -> None:
    for seq in range(1, 5):
        out(job(launched, seq))
    network_says(launched, person(launched, 0), "delivered")
    html = desk.get("campaign", launched).content.decode()
    assert 'aria-label="1 delivered, 11 on their way"' in html
    assert 'class="fill-hatched"' in html


def test_a_report_on_an_unclear_job_counts_for_its_person_alone(
    desk: Desk, launched: Campaign
) -> None:
    unclear(job(launched, 1))
    network_says(launched, person(launched, 1), "delivered")
    assert people_on_bar(desk, "campaign", launched) == {
        P.DELIVERED: 1,
        P.MAY_HAVE_BEEN_SENT: 2,
        P.STILL_TO_SEND: 9,
    }


def test_who_opted_out_before_the_call_is_not_sent_it(desk: Desk, launched: Campaign) -> None:
    out(job(launched, 1))
    CampaignRecipient.objects.filter(pk=person(launched, 0).pk).update(left_out="opted_out")
    assert people_on_bar(desk, "campaign", launched) == {
        P.ON_ITS_WAY: 2,
        P.NOT_SENT: 1,
        P.STILL_TO_SEND: 9,
    }


def test_a_message_that_came_all_the_same_keeps_its_report(desk: Desk, launched: Campaign) -> None:
    out(job(launched, 1))
    for number, status in enumerate(["delivered", "failed"]):
        somebody = person(launched, number)
        CampaignRecipient.objects.filter(pk=somebody.pk).update(left_out="opted_out")
        network_says(launched, somebody, status)
    assert people_on_bar(desk, "campaign", launched) == {
        P.DELIVERED: 1,
        P.ON_ITS_WAY: 1,
        P.NOT_SENT: 1,
        P.STILL_TO_SEND: 9,
    }


def test_jobs_cut_smaller_lose_nobody_who_opted_out(desk: Desk, launched: Campaign) -> None:
    account = job(launched, 1).account
    account.people_per_job = 2
    account.save()
    CampaignRecipient.objects.filter(pk=person(launched, 1).pk).update(left_out="opted_out")
    submit.claim(account)
    assert launched.submissions.count() > 4
    assert people_on_bar(desk, "campaign", launched) == {P.NOT_SENT: 1, P.STILL_TO_SEND: PEOPLE - 1}


def test_a_channel_without_reports_says_not_reported(desk: Desk, launched: Campaign) -> None:
    WebhookEndpoint.objects.all().delete()
    for seq in range(1, 5):
        accepted(job(launched, seq), f"j{seq}")
    Campaign.objects.filter(pk=launched.pk).update(state="completed")
    text = text_of(desk.get("campaign", launched))
    assert "Not reported 12 100%" in text
    assert "no report yet" not in text.lower()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        people = text_of(desk.get("campaign-people", launched))
        rows = in_file(desk, "report-campaign", launched)
        phone = person(launched, 0).phone
        page = desk.client.post(desk.url("find-person"), {"phone": phone}, follow=True)
    assert people.count("Not reported") == PEOPLE
    assert [row["Status"] for row in rows] == ["Not reported"] * PEOPLE
    assert "Not reported" in text_of(page)


def test_messages_that_belong_to_nobody_are_told_beside_the_people(
    desk: Desk, launched: Campaign
) -> None:
    assert launched.channel is not None
    body = b'{"event": "status_update", "message_id": "x", "event_data": {"status": "delivered"}}'
    receiving.keep(launched.channel.webhook.pk, body)
    delivery_reports.work_through()
    text = text_of(desk.get("campaign", launched))
    assert "Still to send 12 100%" in text
    assert "1 message of this channel is not counted here" in text
    assert SentMessage.objects.get().recipient is None


def test_an_attempt_asked_back_too_late_may_have_been_sent(desk: Desk, launched: Campaign) -> None:
    attempted(job(launched, 1), Outcome.ACCEPTED, job_id="a")
    become(job(launched, 1), S.ABANDONED)
    assert people_on_bar(desk, "campaign", launched) == {
        P.MAY_HAVE_BEEN_SENT: 3,
        P.STILL_TO_SEND: 9,
    }
