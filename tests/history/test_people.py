"""Who was in a campaign and what became of it; its jobs' attempts; a new draft for the rest."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignRecipient
from campaigns.states import Outcome, SubmissionState
from delivery import delivery_reports
from delivery.models import Reply
from history import followups, reached
from history.campaign_rows import rows_of
from history.models import FollowUp
from history.reached import FILTERS, merged, people_of
from privacy.emptying import erase_rows
from recipients import searching
from recipients.models import Recipient, RecipientList
from sending.models import Decision
from teams.models import User
from tests.browsing import Desk, Page, text_of
from tests.desks import DeskOf, a_kept_campaign, again
from tests.world import accepted, attempted, become, job, refused, unclear

MOMENT = "2026-12-01T15:00Z"
pytestmark = [pytest.mark.thorough, pytest.mark.at(MOMENT)]

S = SubmissionState


@pytest.fixture(scope="module")
def kept_campaign(kept: None) -> Campaign:
    return a_kept_campaign(MOMENT, 3)


@pytest.fixture
def launched(kept_campaign: Campaign, db: None, settings: Settings) -> Campaign:
    """Twelve people in four jobs of three."""
    settings.RECIPIENTS_PER_SUBMISSION = 3
    return again(kept_campaign)


def phones_on(page: Page) -> list[str]:
    return re.findall(r'phone-number">([^<]*)<', page.content.decode())


def shown(campaign: Campaign, **asked: Any) -> list[str]:
    """The last two digits of everybody on all pages, in their order."""
    found: list[str] = []
    while True:
        page = people_of(campaign, **asked)
        found += [one.recipient.phone[-2:] for one in page.shown]
        if not page.after:
            return found
        asked["after"] = page.after


def fail_to_reach(campaign: Campaign, phone: str) -> None:
    """The network says that it could not deliver somebody's message."""
    assert campaign.channel is not None
    person = campaign.recipients.get(phone=phone)
    delivery_reports.credit_message(campaign.channel, f"m-{phone}", person)
    person.sent_messages.update(status="failed", error_code="30003")
    delivery_reports.change_counts(
        delivery_reports.Changes({(campaign.pk, "unknown"): -1, (campaign.pk, "failed"): 1})
    )


# --- People ---------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_each_person_has_their_job_and_its_state(
    desk: Desk, launched: Campaign, clock: time_machine.Traveller
) -> None:
    accepted(job(launched, 1), "kQ2x81Vb")
    unclear(job(launched, 2))
    CampaignRecipient.objects.filter(phone="+12025550002").update(left_out="opted_out")
    fail_to_reach(launched, "+12025550001")
    text = text_of(desk.get("campaign-people", launched))
    assert "Person 2 +1 202 555 0000 Still to send 1" in text
    assert "Person 3 +1 202 555 0001 Failed The phone was switched off" in text
    assert "ask for a new number. code 30003 1" in text
    assert "Not sent opted out" in text
    assert "Person 5 +1 202 555 0003 May have been sent 2" in text
    clock.shift(timedelta(hours=1))
    text = text_of(desk.get("campaign-people", launched))
    assert "Person 2 +1 202 555 0000 On its way 1" in text


@pytest.mark.both_databases
def test_filters_show_their_people_over_all_pages(
    launched: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(job(launched, 1), "a")
    accepted(job(launched, 3), "b")
    become(job(launched, 4), S.CANCELLED)
    for phone in ("+12025550001", "+12025550007"):
        fail_to_reach(launched, phone)
    CampaignRecipient.objects.filter(phone="+12025550006").update(left_out="opted_out")
    for size in (50, 2, 1):
        monkeypatch.setattr("history.reached.PEOPLE_PER_PAGE", size)
        assert shown(launched) == [f"{n:02}" for n in range(12)]
        assert shown(launched, only="still_to_send") == ["00", "02", "03", "04", "05", "08"]
        assert shown(launched, only="not_sent") == ["06", "09", "10", "11"]
        assert shown(launched, only="failed") == ["01", "07"]
        assert shown(launched, only="left_out") == ["06"]
        assert shown(launched, only="delivered") == []
        assert shown(launched, only="nonsense", words="Person 1") == ["08", "09", "10", "11"]
        assert shown(launched, only="not_sent", words="202 555 0010") == ["10"]
        assert shown(launched, after="tampered:with")[0] == "00"
    assert set(FILTERS) >= {"still_to_send", "failed", "left_out"}


def test_ranges_that_follow_one_another_are_one() -> None:
    assert merged([(1, 5), (6, 9), (11, 12)]) == [(1, 9), (11, 12)]


@pytest.mark.both_databases
def test_a_campaign_is_searched_to_its_end(
    desk: Desk, launched: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(job(launched, 4), "j4")
    # Only the last of the twelve is called that; only the tenth is.
    assert shown(launched, words="Person 13") == ["11"]
    assert shown(launched, words="erson 1", only="still_to_send") == ["08", "09", "10", "11"]
    assert "4 people" in text_of(desk.post("campaign-people", launched, words="erson 1"))

    monkeypatch.setattr(searching, "MOST_COUNTED", 3)
    assert shown(launched, words="erson 1") == ["08", "09", "10", "11"]
    assert shown(launched, words="erson 1", only="still_to_send") == ["08", "09", "10", "11"]
    found = text_of(desk.post("campaign-people", launched, words="erson 1"))
    assert "More than 3 people" in found


@pytest.mark.both_databases
def test_whoever_was_erased_is_not_found_by_an_old_name(launched: Campaign) -> None:
    somebody = CampaignRecipient.objects.filter(name="Person 13")
    assert somebody.update(name="Élodie Brûlé") == 1
    assert shown(launched, words="élodie") == ["11"]
    assert shown(launched, words="Person 13") == []
    erase_rows(CampaignRecipient.objects.filter(name="Élodie Brûlé"), fields={})
    assert shown(launched, words="élodie") == []
    assert shown(launched, words="0011") == []


@pytest.mark.both_databases
def test_a_name_is_found_among_the_delivered_however_many_there_are(
    launched: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        fail_to_reach(launched, f"+120255500{number:02d}")
    monkeypatch.setattr(reached, "PEOPLE_PER_PAGE", 2)
    assert shown(launched, words="Person 7", only="failed") == ["05"]


def test_words_come_by_post_and_stand_in_no_address(desk: Desk, launched: Campaign) -> None:
    page = desk.post("campaign-people", launched, words="2025550004")
    assert phones_on(page) == ["+1 202 555 0004"]
    assert "?" not in page.request["QUERY_STRING"]
    nobody = text_of(desk.post("campaign-people", launched, words="Nobody at all"))
    assert "Nobody found" in nobody


# --- A job ----------------------------------------------------------------------------------------


def test_a_job_shows_its_attempts_with_the_vendors_own_answer(
    desk: Desk, launched: Campaign, sami: User
) -> None:
    unclear(
        job(launched, 2),
        http_status=502,
        reason="server_error",
        looks=4,
        last_look_at=timezone.now(),
        evidence={"answer": "<h1>Bad gateway</h1>"},
    )
    Decision.objects.create(
        user=sami, submission=job(launched, 2), kind="mark_as_sent", job_id="J7", shown_version=1
    )
    page = desk.client.get(desk.url("job", launched, job(launched, 2).public_id))
    text = text_of(page)
    assert "HTTP 502 · Sociocs reported an error of its own" in text
    assert b"&lt;h1&gt;Bad gateway&lt;/h1&gt;" in page.content
    assert "4 times" in text
    assert "Sami Haddad answered that it was sent to" in text
    assert "with the job id J7" in text


def decide(desk: Desk, campaign: Campaign, seq: int, job_id: str) -> Page:
    asked = job(campaign, seq)
    fields = {
        "kind": "mark_as_sent",
        "job_id": job_id,
        "shown_version": asked.version,
        "attempt_id": asked.current_attempt_id,
    }
    url = desk.url("decide", campaign, asked.public_id)
    return desk.client.post(url, fields, follow=True)


def test_marking_as_sent_may_name_the_job(desk: Desk, launched: Campaign) -> None:
    unclear(job(launched, 2))
    decide(desk, launched, 2, " kQ2x81Vb ")
    assert (job(launched, 2).state, job(launched, 2).job_id) == ("accepted", "kQ2x81Vb")
    assert Decision.objects.get().job_id == "kQ2x81Vb"


# --- The rest as a new draft ----------------------------------------------------------------------


@pytest.fixture
def cancelled(launched: Campaign) -> Campaign:
    """One job went out (a phone did not take it), one may have, two were stopped in time."""
    accepted(job(launched, 1), "a")
    fail_to_reach(launched, "+12025550001")
    attempted(job(launched, 2), Outcome.AMBIGUOUS)
    become(job(launched, 2), S.ABANDONED)
    become(job(launched, 3), S.CANCELLED)
    become(job(launched, 4), S.REVOKED)
    CampaignRecipient.objects.filter(phone="+12025550011").update(left_out="opted_out")
    Campaign.objects.filter(pk=launched.pk).update(state="cancelled", finished_at=timezone.now())
    launched.refresh_from_db()
    return launched


def gathered(draft: Campaign) -> list[str]:
    (choice,) = draft.list_choices.all()
    rows = Recipient.objects.filter(recipient_list=choice.recipient_list).order_by("phone")
    return [row.phone[-2:] for row in rows]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("groups", "people"),
    [
        (["not_sent"], ["06", "07", "08", "09", "10"]),
        (["perhaps_sent"], ["03", "04", "05"]),
        (["failed"], ["01"]),
        (["not_sent", "failed"], ["01", "06", "07", "08", "09", "10"]),
    ],
)
def test_a_draft_for_the_rest_has_those_who_were_chosen_and_nobody_else(
    desk: Desk, cancelled: Campaign, groups: list[str], people: list[str]
) -> None:
    answer = desk.post("follow-up", cancelled, groups=groups)
    draft = Campaign.objects.get(state="draft", name="Rest of Spring check-up")
    assert answer.url == desk.url("compose", draft)
    assert gathered(draft) == people
    assert (draft.text, draft.channel) == (cancelled.text, cancelled.channel)
    made = draft.list_choices.get().recipient_list
    assert (made.recipient_count, made.is_ready, made.visibility) == (len(people), True, "private")


@pytest.mark.both_databases
def test_who_was_asked_back_too_late_may_have_been_sent_it(
    cancelled: Campaign, alice: User
) -> None:
    accepted(job(cancelled, 3), "c")
    become(job(cancelled, 3), S.ABANDONED)
    asked = followups.begin_follow_up(cancelled, alice, [followups.FollowUpGroup.NOT_SENT])
    draft = followups.gather(asked.pk, 60)
    assert draft is not None
    assert gathered(draft) == ["09", "10"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("group", "name", "people"),
    [
        ("replied", "Replied to Spring check-up", ["00", "04"]),
        ("silent", "No reply to Spring check-up", ["02"]),
    ],
)
def test_who_replied_and_who_did_not_make_an_audience(
    desk: Desk, cancelled: Campaign, group: str, name: str, people: list[str]
) -> None:
    channel = cancelled.channel
    assert channel is not None
    for phone in ("+12025550000", "+12025550004", "+12025550077"):
        Reply.objects.create(
            team=cancelled.team,
            channel=channel,
            campaign=cancelled,
            message_id=phone,
            phone=phone,
            text="Yes",
            sent_at=timezone.now(),
            received_at=timezone.now(),
        )
    assert "Everybody who replied" in text_of(desk.get("campaign-replies", cancelled))
    desk.post("follow-up", cancelled, groups=[group])
    assert gathered(Campaign.objects.get(state="draft", name=name)) == people


def test_the_page_offers_it_with_numbers_and_warns(desk: Desk, cancelled: Campaign) -> None:
    page = desk.get("campaign", cancelled)
    text = text_of(page)
    assert "It was not sent to 5 people." in text
    assert "It may have been sent to 3 people." in text
    assert "It failed for 1 person." in text
    assert "They may get the message twice." in text
    checked = re.findall(r'value="(\w+)" checked', page.content.decode())
    assert checked == ["not_sent"]


@pytest.mark.parametrize("state", ["sending", "paused", "needs_decision", "cancelling"])
def test_a_campaign_that_is_not_finished_has_no_rest(
    desk: Desk, cancelled: Campaign, state: str
) -> None:
    refused(job(cancelled, 3), "no")
    Campaign.objects.update(state=state)
    assert "Write to these people" not in text_of(desk.get("campaign", cancelled))
    desk.post("follow-up", cancelled, groups=["not_sent"])
    assert not FollowUp.objects.exists()


@pytest.mark.both_databases
def test_the_rest_leaves_out_who_asked_for_no_more_and_numbers_that_do_not_work(
    cancelled: Campaign, alice: User
) -> None:
    for code, people in (("21610", 0), ("30005", 0), ("30003", 1), ("30007", 1)):
        cancelled.recipients.get(phone="+12025550001").sent_messages.update(error_code=code)
        rest = followups.rest_of(cancelled, rows_of([cancelled])[0].counts)
        assert rest is not None
        assert rest.failed == people
    cancelled.recipients.get(phone="+12025550001").sent_messages.update(error_code="30005")
    asked = followups.begin_follow_up(cancelled, alice, [followups.FollowUpGroup.FAILED])
    assert followups.gather(asked.pk, 60) is None


@pytest.mark.both_databases
def test_a_killed_gathering_goes_on_where_it_was_and_takes_nobody_twice(
    cancelled: Campaign, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followups, "_JOBS_A_PIECE", 1)
    asked = followups.begin_follow_up(cancelled, alice, [followups.FollowUpGroup.NOT_SENT])
    assert followups.begin_follow_up(cancelled, alice, [followups.FollowUpGroup.FAILED]) == asked
    for _ in range(3):
        assert followups.gather(asked.pk, 0) is None
    assert followups.to_gather() == [asked.pk]
    assert not RecipientList.objects.get(name="Rest of Spring check-up").is_ready
    draft = followups.gather(asked.pk, 60)
    assert draft is not None
    assert gathered(draft) == ["06", "07", "08", "09", "10"]
    assert followups.gather(asked.pk, 60) == draft
    assert followups.to_gather() == []


@pytest.mark.both_databases
def test_nobody_found_leaves_nothing_behind(desk: Desk, cancelled: Campaign) -> None:
    cancelled.recipients.update(left_out="opted_out")
    page = desk.client.post(desk.url("follow-up", cancelled), {"groups": ["not_sent"]}, follow=True)
    assert "Nobody you chose is left." in text_of(page)
    assert not RecipientList.objects.filter(name__startswith="Rest").exists()


def test_a_viewer_is_not_offered_it(desk_of: DeskOf, cancelled: Campaign, vera: User) -> None:
    assert "Write to these people" not in text_of(desk_of(vera).get("campaign", cancelled))


@pytest.mark.both_databases
def test_what_was_reported_shows_on_the_page(desk: Desk, launched: Campaign) -> None:
    assert "failed" not in text_of(desk.get("campaign", launched))
    fail_to_reach(launched, "+12025550001")
    before = desk.get("campaign-live", launched, seen="")
    assert "1 failed" in text_of(before)
    fail_to_reach(launched, "+12025550002")
    assert "2 failed" in text_of(desk.get("campaign", launched))
