"""A launched campaign's page: what it says, and what can be done there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertRedirects
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignEvent, CampaignRecipient, Heartbeat
from campaigns.states import CampaignState, Outcome, SubmissionState
from delivery.models import WebhookEndpoint
from recipients.models import Recipient, RecipientList
from sending import attempts, reconcile, recording
from sending.models import Attempt, Decision
from sending.protocol import AnswerKind, PostAnswer
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel, GatewayAccount
from sociocs_gateway.exceptions import Reason
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Page, text_of
from tests.desks import DeskOf, a_kept_campaign, again
from tests.world import accepted, attempted, become, job, refused, unclear

MOMENT = "2026-12-01T15:00Z"
PEOPLE_A_JOB = 5
pytestmark = [pytest.mark.thorough, pytest.mark.at(MOMENT)]


@pytest.fixture(scope="module")
def kept_campaign(kept: None) -> Campaign:
    return a_kept_campaign(MOMENT, PEOPLE_A_JOB)


@pytest.fixture
def running(kept_campaign: Campaign, db: None, settings: Settings) -> Campaign:
    """Launched to twelve people in three jobs, of which none is handed over yet."""
    settings.RECIPIENTS_PER_SUBMISSION = PEOPLE_A_JOB
    return again(kept_campaign)


def state_of(campaign: Campaign) -> str:
    campaign.refresh_from_db()
    return campaign.state


def state_on(page: Page) -> str:
    """The word for where it stands, at its name."""
    found = re.search(r'data-live-state><span class="[^"]*">([^<]*)<', page.content.decode())
    assert found is not None
    return found[1]


def with_state(campaign: Campaign, state: CampaignState, **changes: Any) -> Campaign:
    Campaign.objects.filter(pk=campaign.pk).update(state=state.value, **changes)
    campaign.refresh_from_db()
    return campaign


# --- Where it stands ------------------------------------------------------------------------------


def test_the_page_says_how_far_it_has_come(
    desk: Desk, running: Campaign, clock: time_machine.Traveller
) -> None:
    accepted(job(running, 1), "kQ2x81Vb")
    text = text_of(desk.get("campaign", running))
    assert "Recipients 12 100% Still to send 12 100%" in text
    assert state_on(desk.get("campaign", running)) == "Scheduled"
    clock.shift(timedelta(hours=1))
    text = text_of(desk.get("campaign", running))
    assert "Recipients 12 100% On their way 5 42% Still to send 7 58%" in text
    assert "5 + 7 = 12" in text
    assert "5 of 12 sent" in text


def test_a_look_at_the_page_reads_no_more_people_than_it_shows(
    desk: Desk, running: Campaign
) -> None:
    with CaptureQueriesContext(connection) as queries:
        desk.get("campaign", running)
    columns = 'SELECT "campaigns_campaignrecipient"."id"'
    of_people = [query["sql"] for query in queries if query["sql"].startswith(columns)]
    assert of_people
    assert not [sql for sql in of_people if not sql.endswith(" LIMIT 1")]


def test_each_job_shows_its_id_its_people_its_second_and_its_state(
    desk: Desk, running: Campaign
) -> None:
    first = accepted(job(running, 1), "kQ2x81Vb")
    assert first.current_attempt is not None
    text = text_of(desk.get("campaign-jobs", running))
    slot = first.current_attempt.slot.astimezone(ZoneInfo("America/New_York"))
    assert f"1 kQ2x81Vb 5 {slot:%a %-d %b, %H:%M:%S} {slot.tzname()} Sent to Sociocs" in text
    assert "Waiting" in text


STATE_WORDS = {
    "draft": "Draft",
    "freezing": "Getting ready",
    "scheduled": "Scheduled",
    "missed": "Missed",
    "sending": "Sending",
    "paused": "Paused",
    "needs_decision": "Needs an answer",
    "cancelling": "Cancelling",
    "cancelled": "Cancelled",
    "completed": "Sent",
}


@pytest.mark.parametrize("state", CampaignState)
def test_every_state_has_its_word(
    desk_of: DeskOf, vera: User, running: Campaign, state: CampaignState
) -> None:
    with_state(running, state, send_at=timezone.now())
    assert state_on(desk_of(vera).get("campaign", running)) == STATE_WORDS[state]


def test_handed_over_with_the_time_still_to_come_is_not_called_completed(
    desk: Desk, running: Campaign
) -> None:
    for seq in (1, 2, 3):
        accepted(job(running, seq), f"job{seq}")
    assert "Sent" not in state_on(desk.get("campaign", running))
    Campaign.objects.update(send_at=timezone.now() + timedelta(hours=1))
    text = text_of(desk.get("campaign", running))
    assert "Scheduled" in text
    assert "The list of people is complete. It goes out at its time." in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (SubmissionState.UNKNOWN, "May or may not have been sent"),
        (SubmissionState.REFUSED, "Not sent: Sociocs refused it"),
        (SubmissionState.REVOKED, "Stopped in time"),
        (SubmissionState.CANCELLED, "Not sent"),
        (SubmissionState.ABANDONED, "Not sent"),
        (SubmissionState.POSTING, "Being sent to Sociocs"),
    ],
)
def test_a_jobs_state_is_told_in_words(
    desk: Desk, running: Campaign, state: SubmissionState, words: str
) -> None:
    become(job(running, 2), state)
    assert words in text_of(desk.get("campaign-jobs", running))


def test_a_job_that_was_given_up_while_unclear_is_never_called_not_sent(
    desk: Desk, running: Campaign
) -> None:
    become(unclear(job(running, 1)), SubmissionState.ABANDONED)
    text = text_of(desk.get("campaign", running))
    assert "May have been sent 5 42% Still to send 7 58%" in text
    text += text_of(desk.get("campaign-jobs", running))
    assert "May have been sent" in text
    assert "not sent" not in text.lower().replace("never sent", "")


def test_people_who_may_get_it_twice_are_counted(desk: Desk, running: Campaign) -> None:
    first = job(running, 1)
    attempted(first, Outcome.AMBIGUOUS, waived_by=a_decision(first))
    accepted(first, "second")
    assert "5 people may get it twice" in text_of(desk.get("campaign", running))


def falls_silent(second: Attempt) -> None:
    # By the clock of the database, which no test sets.
    Attempt.objects.filter(pk=second.pk).update(deadline=datetime(2020, 1, 1, tzinfo=UTC))
    reconcile.sweep_silent()


def gets_no_clear_answer(second: Attempt) -> None:
    answer = PostAnswer(AnswerKind.UNKNOWN, "timeout")
    answered = recording.Answered(second.pk, second.n, second.submission, answer, {})
    attempts.turn(answered, None, timezone.now())


@pytest.mark.parametrize("ends", [falls_silent, gets_no_clear_answer])
def test_a_second_call_asks_nobody_once_the_first_is_proven(
    desk: Desk, running: Campaign, ends: Callable[[Attempt], None]
) -> None:
    asked = job(running, 1)
    attempted(asked, Outcome.ACCEPTED, job_id="kQ2x81Vb", waived_by=a_decision(asked))
    second = attempted(asked, Outcome.OPEN)
    become(asked, SubmissionState.POSTING, current_attempt=second, attempt_count=2)
    ends(second)
    text = text_of(desk.get("campaign", running))
    assert "5 people may get it twice" in text
    assert "1 kQ2x81Vb 5 " in text_of(desk.get("campaign-jobs", running))
    assert "May or may not have been sent" not in text
    assert state_of(running) == "sending"


def a_decision(submission: Any) -> Decision:
    return Decision.objects.create(
        user=world.owner_of(submission.campaign.team),
        submission=submission,
        kind="send_again",
        shown_version=1,
    )


def test_a_job_found_by_its_second_and_one_marked_by_a_person_say_so(
    desk: Desk, running: Campaign
) -> None:
    become(accepted(job(running, 1), "a"), SubmissionState.ACCEPTED, how="slot")
    become(unclear(job(running, 2)), SubmissionState.ACCEPTED, how="person")
    text = text_of(desk.get("campaign-jobs", running))
    assert "found at Sociocs by its time" in text
    assert "marked as sent by a person" in text


def test_preparing_shows_how_many_are_noted_down(desk: Desk, running: Campaign) -> None:
    with_state(running, CampaignState.FREEZING, frozen_count=4, confirmed_count=12)
    page = desk.get("campaign", running)
    assert "4 of 12 people are on the list so far" in text_of(page)
    assert '<progress max="12" value="4"' in page.content.decode()


def test_a_pause_says_why(desk: Desk, running: Campaign) -> None:
    with_state(running, CampaignState.PAUSED, state_reason="auth")
    assert "Sociocs does not accept the API key any more" in text_of(desk.get("campaign", running))


def test_the_page_tells_who_was_left_out_and_why(
    desk: Desk, draft: Campaign, riverside: Team
) -> None:
    world.opt_out(riverside, world.phones(12)[3])
    world.launched(draft)
    text = text_of(desk.get("campaign", draft))
    assert "Recipients 11 1 left out: duplicate 1 left out: opted out" in text


def test_the_timeline_tells_what_happened_and_who_did_it(desk: Desk, running: Campaign) -> None:
    unclear(job(running, 1))
    CampaignEvent.objects.create(
        campaign=running,
        kind="unclear",
        details={"seq": 1, "people": 5, "reason": Reason.TIMEOUT},
    )
    text = text_of(desk.get("campaign", running))
    assert "Alice Moreau confirmed sending to 12 people" in text
    assert "Sending began" in text
    assert "No clear answer for 5 people (Sociocs stayed silent for too long)" in text


def test_every_event_can_be_told_even_without_its_details(desk: Desk, running: Campaign) -> None:
    for kind in CampaignEvent.Kind:
        CampaignEvent.objects.create(campaign=running, kind=kind)
    page = desk.get("campaign", running)
    assert page.status_code == 200
    assert {event.kind for event, _words, _tone in page.context["events"]} == {*CampaignEvent.Kind}


def test_many_jobs_come_page_by_page(desk: Desk, draft: Campaign, settings: Settings) -> None:
    settings.RECIPIENTS_PER_SUBMISSION = 1
    people = world.a_list(draft.team, world.phones(120), "Many")
    many = world.launched(world.a_campaign(draft.channel, people))  # type: ignore[arg-type]

    seen: list[str] = []
    url: str | None = desk.url("campaign-jobs", many)
    while url:
        html = desk.client.get(url).content.decode()
        seen += re.findall(r'data-label="#"><a [^>]*>(\d+)<', html)
        following = re.search(r'rel="next" href="([^"]*)"', html)
        url = following[1] if following else None

    assert seen == [str(n) for n in range(1, 121)]


def test_the_vendors_words_are_shown_as_text(desk: Desk, running: Campaign) -> None:
    refused(job(running, 1), "<script>alert(1)</script> is not valid")
    html = desk.get("campaign", running).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; is not valid" in html


def test_a_list_of_a_colleague_is_not_named(
    desk_of: DeskOf, bob: User, running: Campaign, patients: RecipientList
) -> None:
    patients.visibility = "private"
    patients.save()
    text = text_of(desk_of(bob).get("campaign", running))
    assert "a list that belongs to Alice Moreau" in text
    assert "Patients 2026" not in text


def test_a_silent_worker_is_told(desk: Desk, running: Campaign) -> None:
    # By the database's clock: those of two machines need not agree.
    Heartbeat.objects.update(at=Now() - timedelta(minutes=5))
    assert "Nothing is being sent at the moment." in text_of(desk.get("campaign", running))


def test_a_working_worker_is_not(desk: Desk, running: Campaign) -> None:
    Heartbeat.objects.update(at=Now())
    assert "Nothing is being sent" not in text_of(desk.get("campaign", running))


def test_the_sandboxs_phones_are_a_click_away(
    desk: Desk, running: Campaign, settings: Settings
) -> None:
    assert "See it on the practice phones" not in text_of(desk.get("campaign", running))
    settings.SANDBOX_URL = "http://127.0.0.1:8790"
    assert "See it on the practice phones" in text_of(desk.get("campaign", running))


# --- Live -----------------------------------------------------------------------------------------


def live_url(page: Page) -> str:
    found = re.search(r'data-live hx-get="([^"]*)"', page.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


def test_nothing_new_costs_no_page(desk: Desk, running: Campaign) -> None:
    url = live_url(desk.get("campaign", running))
    assert desk.client.get(url).status_code == 204


def test_news_come_by_themselves(desk: Desk, running: Campaign) -> None:
    url = live_url(desk.get("campaign", running))
    accepted(job(running, 1), "kQ2x81Vb", slot=timezone.now() - timedelta(minutes=1))
    Campaign.objects.update(send_at=timezone.now() - timedelta(minutes=1))
    part = desk.client.get(url)
    assert part.status_code == 200
    assert "5 of 12 sent" in part.content.decode()
    assert "<html" not in part.content.decode()


def test_a_look_at_the_vendors_list_is_news(desk: Desk, running: Campaign) -> None:
    submission = unclear(job(running, 1))
    url = live_url(desk.get("campaign", running))
    submission.attempts.update(looks=1, last_look_at=timezone.now())
    assert "We have looked once" in text_of(desk.client.get(url))


def test_a_further_page_of_jobs_stays_that_page(
    desk: Desk, draft: Campaign, settings: Settings
) -> None:
    settings.RECIPIENTS_PER_SUBMISSION = 1
    people = world.a_list(draft.team, world.phones(60), "Many")
    many = world.launched(world.a_campaign(draft.channel, people))  # type: ignore[arg-type]
    accepted(job(many, 51), "kQ2x81Vb")
    assert "kQ2x81Vb" not in desk.get("campaign-jobs", many).content.decode()
    assert "kQ2x81Vb" in desk.get("campaign-jobs", many, after="50").content.decode()
    # And it is found by its id, wherever it stands.
    found = text_of(desk.get("campaign-jobs", many, job_id=" kQ2x81Vb "))
    assert "kQ2x81Vb" in found
    assert "No job of this campaign has that id" in text_of(
        desk.get("campaign-jobs", many, job_id="kQ2x81")
    )


@pytest.mark.parametrize("state", ["completed", "cancelled"])
def test_what_is_finished_is_not_asked_about_again(
    desk: Desk, running: Campaign, state: str
) -> None:
    with_state(running, CampaignState(state))
    assert live_url(desk.get("campaign", running)) == ""


def test_a_launch_taken_back_sends_an_open_page_to_the_composer(
    desk: Desk, running: Campaign
) -> None:
    url = live_url(desk.get("campaign", running))
    with_state(running, CampaignState.DRAFT)
    assert desk.client.get(url)["HX-Redirect"] == desk.url("campaign", running)


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "%00"])
def test_a_page_that_does_not_exist_is_the_first(desk: Desk, running: Campaign, after: str) -> None:
    assert desk.get("campaign-jobs", running, after=after).status_code == 200


# --- Pausing, going on, cancelling ----------------------------------------------------------------


def test_pausing_and_going_on(desk: Desk, running: Campaign) -> None:
    assertRedirects(desk.post("pause", running), desk.url("campaign", running))
    assert state_of(running) == "paused"
    assert "Continue" in text_of(desk.get("campaign", running))

    desk.post("resume", running)
    assert state_of(running) == "sending"


def test_pausing_takes_back_what_waits_at_sociocs(desk: Desk, running: Campaign) -> None:
    gone, ahead = job(running, 1), job(running, 2)
    accepted(gone, "gone", slot=timezone.now() - timedelta(minutes=1))
    accepted(ahead, "ahead", slot=timezone.now() + timedelta(hours=1))
    assert 'id="pause"' in desk.get("campaign", running).content.decode()

    desk.post("pause", running)

    running.refresh_from_db()
    assert (running.state, running.state_reason) == ("paused", "taking_back")
    assert [job(running, seq).state for seq in (1, 2)] == ["accepted", "revoking"]
    # What has left cannot come back, and the page says so.
    text = text_of(desk.get("campaign", running))
    assert "It was already sent to 5 people. That cannot be stopped." in text
    assert "Still to stop: 5 people." in text


def test_the_phone_goes_from_person_to_person(desk: Desk, running: Campaign) -> None:
    people = list(running.recipients.filter(left_out="").order_by("position"))
    first, second, last = people[0], people[1], people[-1]

    def page(person: CampaignRecipient | None = None) -> str:
        asked = {"person": str(person.position)} if person else {}
        return str(desk.get("campaign", running, **asked).content.decode())

    assert f"As <bdi>{first.name}</bdi> gets it" in page()
    assert 'id="previous-person"' not in page()
    assert f"?person={second.position}#message" in page()
    assert f"As <bdi>{second.name}</bdi> gets it" in page(second)
    assert f"?person={first.position}#message" in page(second)
    # What is new is asked for with the same person on the phone.
    assert f"person={second.position}" in page(second).partition("data-live")[2][:400]
    assert 'id="next-person"' not in page(last)


@pytest.mark.parametrize("person", ["x", "-1", "9" * 30])
def test_nobody_at_that_place_is_the_first(desk: Desk, running: Campaign, person: str) -> None:
    assert "gets it" in text_of(desk.get("campaign", running, person=person))


def test_the_jobs_follow_what_happens(desk: Desk, running: Campaign) -> None:
    page = desk.get("campaign-jobs", running).content.decode()
    found = re.search(r'data-live\s+hx-get="([^"]+)"', page)
    assert found is not None
    live = unescape(found[1])
    assert desk.client.get(live).status_code == 204
    accepted(job(running, 1), "job-now")
    answer = desk.client.get(live)
    assert answer.status_code == 200
    assert "job-now" in answer.content.decode()


def test_pausing_twice_says_that_it_has_no_effect(desk: Desk, running: Campaign) -> None:
    desk.post("pause", running)
    page = desk.client.post(desk.url("pause", running), follow=True)
    assert "Only a campaign that is sending can be paused." in text_of(page)


def test_cancelling_says_what_it_can_still_reach(desk: Desk, running: Campaign) -> None:
    accepted(job(running, 1), "gone", slot=timezone.now() - timedelta(minutes=1))
    accepted(job(running, 2), "ahead", slot=timezone.now() + timedelta(hours=1))
    text = text_of(desk.get("campaign", running))
    assert "2 people do not get it." in text
    assert "Sociocs has it already for 5 people." in text
    assert "It was already sent to 5 people. That cannot be stopped." in text


def test_cancelling_stops_what_has_not_been_handed_over(desk: Desk, running: Campaign) -> None:
    desk.post("cancel", running)
    assert state_of(running) == "cancelling"
    assert world.states(running) == ["cancelled"] * 3


def test_a_missed_campaign_asks_and_can_still_go_out(desk: Desk, running: Campaign) -> None:
    with_state(running, CampaignState.MISSED)
    assert "Send it after all" in text_of(desk.get("campaign", running))
    desk.post("resume", running)
    assert state_of(running) == "sending"


def test_a_halted_account_keeps_a_campaign_paused_and_says_why(
    desk: Desk, running: Campaign
) -> None:
    desk.post("pause", running)
    GatewayAccount.objects.update(state="halted", halt_reason="auth")
    page = desk.client.post(desk.url("resume", running), follow=True)
    assert state_of(running) == "paused"
    # The refusal, and the dialog before it.
    assert text_of(page).count("choose “Use again” for the account") == 2
    assert "It is fixed" not in text_of(page)


def test_going_on_with_a_halted_account_takes_who_may_use_it_again(
    desk: Desk, running: Campaign, alice: User
) -> None:
    desk.post("pause", running)
    GatewayAccount.objects.update(state="halted", halt_reason="redirect")
    desk.client.post(desk.url("resume", running), {"use_again": "1"})
    assert (state_of(running), GatewayAccount.objects.get().state) == ("paused", "halted")

    alice.is_staff = alice.is_superuser = True
    alice.save()
    text = text_of(desk.get("campaign", running))
    assert "It is fixed: use the account again and continue" in text
    desk.client.post(desk.url("resume", running))
    assert (state_of(running), GatewayAccount.objects.get().state) == ("paused", "halted")

    desk.client.post(desk.url("resume", running), {"use_again": "1"})
    assert (state_of(running), GatewayAccount.objects.get().state) == ("sending", "open")


def test_an_account_that_stops_while_a_pause_takes_back_is_used_again_from_the_page(
    desk: Desk, running: Campaign, alice: User
) -> None:
    accepted(job(running, 2), "ahead", slot=timezone.now() + timedelta(hours=1))
    desk.post("pause", running)
    GatewayAccount.objects.update(state="halted", halt_reason="auth")
    assert "use the account again" not in text_of(desk.get("campaign", running))
    alice.is_staff = alice.is_superuser = True
    alice.save()
    page = desk.get("campaign", running)
    assert "It is fixed: use the account again" in text_of(page)
    desk.client.post(desk.url("resume", running), {"use_again": "1"})
    running.refresh_from_db()
    # What has not left is stopped first; then somebody may continue.
    assert (running.state, running.state_reason) == ("paused", "taking_back")
    assert GatewayAccount.objects.get().state == "open"
    assert "It is fixed" not in text_of(desk.get("campaign", running))


# --- Questions ------------------------------------------------------------------------------------


def test_an_unclear_job_says_all_that_is_known_and_not_a_word_more(
    desk: Desk, running: Campaign
) -> None:
    unclear(job(running, 2), looks=4, last_look_at=timezone.now() - timedelta(minutes=2))
    text = text_of(desk.get("campaign", running))
    assert "May have been sent to 5 people We gave it to Sociocs on" in text
    assert "and got no clear answer (connection closed). It may or may not go out on" in text
    assert "We have looked 4 times, last 2 min ago, and have not found it." in text
    assert "app.sociocs.com, under Bulk messaging, History: look for exactly that second" in text


def test_after_its_time_the_words_change(desk: Desk, running: Campaign) -> None:
    unclear(job(running, 2), slot=timezone.now() - timedelta(minutes=1))
    assert "It may or may not have gone out on" in text_of(desk.get("campaign", running))


REASONS = [*map(str, Reason), "silence", "job_id_known", "from a later version"]


@pytest.mark.parametrize("first", range(0, len(REASONS), 3))
def test_every_reason_can_be_told(desk: Desk, running: Campaign, first: int) -> None:
    reasons = REASONS[first : first + 3]
    for seq, reason in enumerate(reasons, start=1):
        unclear(job(running, seq), reason=reason)
    told = re.findall(r"no clear answer \([a-zS][^)_]*\)", text_of(desk.get("campaign", running)))
    assert len(told) == len(reasons)


def test_a_refused_job_shows_the_vendors_reasons(desk: Desk, running: Campaign) -> None:
    refused(job(running, 3), "channel_key is invalid")
    text = text_of(desk.get("campaign", running))
    assert "Not sent to 2 people Sociocs refused it. Nothing was sent." in text
    assert "channel_key is invalid" in text


def test_a_refusal_without_a_reason_shows_at_least_its_number(
    desk: Desk, running: Campaign
) -> None:
    refused(job(running, 3), http_status=413)
    assert "no reason given, HTTP 413" in text_of(desk.get("campaign", running))


def test_a_job_that_could_not_be_said_tells_it_in_our_words(desk: Desk, running: Campaign) -> None:
    become(job(running, 3), SubmissionState.REFUSED, refusal=["dynamic_field_left"])
    assert "The text contains “{{”" in text_of(desk.get("campaign", running))


def test_a_refusal_of_what_was_marked_as_sent_is_shown_again(desk: Desk, running: Campaign) -> None:
    become(refused(job(running, 1), "no"), SubmissionState.REFUSED, is_contradicted=True)
    assert "It was marked as sent, but Sociocs says that it refused it." in text_of(
        desk.get("campaign", running)
    )


def test_a_job_that_vanished_after_its_time_is_told_differently(
    desk: Desk, running: Campaign
) -> None:
    become(accepted(job(running, 1), "gone"), SubmissionState.UNKNOWN, how="")
    assert "either it was stopped or it has gone out" in text_of(desk.get("campaign", running))


def answer(desk: Desk, campaign: Campaign, seq: int, kind: str, **changes: Any) -> Page:
    """Answer the question about a job as the page asks it."""
    submission = job(campaign, seq)
    fields = {
        "kind": kind,
        "shown_version": submission.version,
        "attempt_id": submission.current_attempt_id or "",
    } | changes
    url = desk.url("decide", campaign, submission.public_id)
    return desk.client.post(url, fields, follow=True)


@pytest.mark.parametrize(
    ("kind", "after"),
    [("mark_as_sent", "accepted"), ("send_again", "ready"), ("do_not_send", "abandoned")],
)
def test_an_unclear_job_is_answered(
    desk: Desk, running: Campaign, alice: User, kind: str, after: str
) -> None:
    unclear(job(running, 2))
    answer(desk, running, 2, kind, people="5")
    assert job(running, 2).state == after
    assert Decision.objects.get().user == alice


@pytest.mark.parametrize(("kind", "after"), [("try_again", "ready"), ("do_not_send", "abandoned")])
def test_a_refused_job_is_answered(desk: Desk, running: Campaign, kind: str, after: str) -> None:
    refused(job(running, 2), "no")
    answer(desk, running, 2, kind)
    assert job(running, 2).state == after


def test_a_job_that_never_became_a_call_is_answered_too(desk: Desk, running: Campaign) -> None:
    become(job(running, 2), SubmissionState.REFUSED, refusal=["text_too_long"])
    answer(desk, running, 2, "do_not_send")
    assert job(running, 2).state == "abandoned"


@pytest.mark.parametrize("typed", ["", "4", "five", "50", "-5", "5.5"])
def test_sending_again_wants_the_number_of_people(
    desk: Desk, running: Campaign, typed: str
) -> None:
    unclear(job(running, 2))
    page = answer(desk, running, 2, "send_again", people=typed)
    assert job(running, 2).state == "unknown"
    assert "Nothing was sent again: type 5" in text_of(page)


@pytest.mark.parametrize("typed", ["1,200", "1200", " 1 200 ", "1.200"])
def test_the_number_may_be_typed_as_people_write_it(
    desk: Desk, running: Campaign, typed: str
) -> None:
    unclear(job(running, 2), recipient_count=1200)
    answer(desk, running, 2, "send_again", people=typed)
    assert job(running, 2).state == "ready"


def test_the_second_of_two_answers_is_told_who_was_first(
    desk: Desk, desk_of: DeskOf, sami: User, running: Campaign
) -> None:
    submission = unclear(job(running, 2))
    shown = {"shown_version": submission.version, "attempt_id": submission.current_attempt_id}
    answer(desk_of(sami), running, 2, "do_not_send", **shown)

    page = answer(desk, running, 2, "mark_as_sent", **shown)

    assert "Sami Haddad has answered this already. Nothing was changed." in text_of(page)
    assert job(running, 2).state == "abandoned"


def test_ten_clicks_on_send_again_are_one_answer(desk: Desk, running: Campaign) -> None:
    submission = unclear(job(running, 2))
    shown = {"shown_version": submission.version, "attempt_id": submission.current_attempt_id}
    for _ in range(10):
        answer(desk, running, 2, "send_again", people="5", **shown)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("kind", ["", "nonsense", "delete"])
def test_an_answer_to_nothing_is_nothing(desk: Desk, running: Campaign, kind: str) -> None:
    unclear(job(running, 2))
    assert answer(desk, running, 2, kind).status_code == 404


def test_checking_again_looks_at_once(desk: Desk, running: Campaign) -> None:
    submission = unclear(job(running, 2), next_look_at=timezone.now() + timedelta(hours=1))
    desk.client.post(desk.url("look-again", running, submission.public_id))
    assert submission.attempts.get().next_look_at < timezone.now()  # type: ignore[operator]


def test_a_question_of_another_campaign_is_not_here(desk: Desk, running: Campaign) -> None:
    other = world.a_campaign(running.channel)  # type: ignore[arg-type]
    submission = unclear(job(running, 2))
    fields = {
        "kind": "do_not_send",
        "shown_version": submission.version,
        "attempt_id": submission.current_attempt_id,
    }
    url = desk.url("decide", other, submission.public_id)
    assert desk.client.post(url, fields).status_code == 404
    assert job(running, 2).state == "unknown"


@pytest.mark.parametrize("name", ["decide", "look-again"])
def test_a_question_of_another_team_is_not_here(desk: Desk, elsewhere: Channel, name: str) -> None:
    people = world.a_list(elsewhere.team, world.phones(3))
    foreign = world.launched(world.a_campaign(elsewhere, people))
    submission = unclear(job(foreign))
    fields = {
        "kind": "do_not_send",
        "shown_version": submission.version,
        "attempt_id": submission.current_attempt_id,
    }
    url = desk.url(name, foreign, submission.public_id)
    assert desk.client.post(url, fields).status_code == 404
    assert job(foreign).state == "unknown"


# --- Who may --------------------------------------------------------------------------------------

ACTS = ["pause", "resume", "cancel"]


@pytest.mark.parametrize("name", ACTS)
def test_an_editor_cannot_act_on_what_runs(
    desk_of: DeskOf, bob: User, running: Campaign, name: str
) -> None:
    assert desk_of(bob).post(name, running).status_code == 403
    assert state_of(running) == "sending"


@pytest.mark.parametrize("name", [*ACTS, "campaign", "campaign-live"])
def test_a_stranger_finds_nothing(
    desk_of: DeskOf, charlie: User, running: Campaign, name: str
) -> None:
    assert desk_of(charlie).post(name, running).status_code in {404, 405}
    assert desk_of(charlie).get(name, running).status_code in {404, 405}
    assert state_of(running) == "sending"


@pytest.mark.parametrize("name", ACTS)
def test_acting_by_reading_is_refused(desk: Desk, running: Campaign, name: str) -> None:
    assert desk.get(name, running).status_code == 405
    assert state_of(running) == "sending"


@pytest.mark.parametrize("name", ["decide", "look-again"])
def test_only_senders_and_owners_answer_questions(
    desk: Desk,
    desk_of: DeskOf,
    bob: User,
    charlie: User,
    nobodys_desk: Desk,
    running: Campaign,
    name: str,
) -> None:
    submission = unclear(job(running, 2))
    url = desk.url(name, running, submission.public_id)
    assert desk_of(bob).client.post(url).status_code == 403
    assert desk_of(charlie).client.post(url).status_code == 404
    assert nobodys_desk.client.post(url)["Location"].startswith("/sign-in/")
    assert desk.client.get(url).status_code == 405


def test_a_viewer_sees_everything_and_no_button(
    desk_of: DeskOf, vera: User, running: Campaign
) -> None:
    unclear(job(running, 2))
    page = desk_of(vera).get("campaign", running)
    html = page.content.decode()
    assert "May have been sent to 5 people" in " ".join(html.split())
    assert "A sender or an owner of the team can answer this." in html
    for name in ACTS:
        assert desk_of(vera).url(name, running) not in html


def test_a_viewer_reads_a_draft_without_the_composer(
    desk_of: DeskOf, vera: User, draft: Campaign
) -> None:
    page = desk_of(vera).get("campaign", draft)
    assert "Draft" in text_of(page)
    assert "See you in spring." in text_of(page)


def test_a_writer_opens_a_draft_in_the_composer(desk: Desk, draft: Campaign) -> None:
    assertRedirects(desk.get("campaign", draft), desk.url("compose", draft))


def test_questions_alone_are_not_called_handed_over(desk: Desk, running: Campaign) -> None:
    accepted(job(running, 1), "a")
    unclear(job(running, 2))
    refused(job(running, 3), "no")
    text = text_of(desk.get("campaign", running))
    assert "Only the questions below are left" in text
    assert "Sociocs has every job" not in text


def test_questions_are_told_though_no_worker_is_seen(desk: Desk, running: Campaign) -> None:
    for seq in (1, 2, 3):
        unclear(job(running, seq))
    Heartbeat.objects.update(at=Now() - timedelta(minutes=5))
    assert "Only the questions below are left" in text_of(desk.get("campaign", running))


# --- Who opted out after hand-over ----------------------------------------------------------------


def opted_out_after_hand_over(campaign: Campaign, *stopped: str) -> None:
    people = CampaignRecipient.objects.filter(campaign=campaign).order_by("position")
    for person, word in zip(people, stopped, strict=False):
        CampaignRecipient.objects.filter(pk=person.pk).update(stopped=word)


def test_the_page_tells_what_became_of_who_opted_out_after_hand_over(
    desk: Desk, running: Campaign
) -> None:
    become(job(running), SubmissionState.READY, late_look="account")
    opted_out_after_hand_over(running, "taken_out", "blocked", "blocked", "too_late", "waiting")

    page = text_of(desk.get("campaign", running))

    assert "5 people opted out after this was given to Sociocs" in page
    for words in (
        *("1 taken out in time", "2 blocked at Sociocs", "1 too late", "1 not known yet"),
        "Not taken out: Sociocs did not answer reliably enough.",
    ):
        assert words in page, words
    # No report will say that a block was not heeded.
    unproved = "delivery reports are off for this channel"
    assert unproved in page
    assert running.channel is not None
    WebhookEndpoint.objects.create(channel=running.channel, secret=Secret.of("shared"), state="on")
    assert unproved not in text_of(desk.get("campaign", running))


def test_a_campaign_without_such_wishes_says_nothing_of_them(desk: Desk, running: Campaign) -> None:
    text = text_of(desk.get("campaign", running))
    assert "opted out after this was given" not in text


def test_a_job_that_was_gone_is_asked_about_with_what_we_suggest(
    desk: Desk, running: Campaign
) -> None:
    accepted(job(running), "job-1", revoked_at=timezone.now())
    become(job(running), SubmissionState.REVOKED, revoked_for="late_look", is_gone=True)
    with_state(running, CampaignState.NEEDS_DECISION)

    page = text_of(desk.get("campaign", running))

    assert "It was no longer there" in page
    assert "We suggest: do not send it again." in page
    assert "Send it without them" in page


@pytest.mark.parametrize(
    ("refusal", "next_step"),
    [
        ("past_send_by", "Write to the others in it in a new campaign"),
        ("quiet_hours", "Try again within its sending hours"),
        ("daily_limit", "Try again on another day"),
        ("The API key is not valid.", "Fix this first"),
    ],
)
def test_a_refused_job_says_what_helps(
    desk: Desk, running: Campaign, refusal: str, next_step: str
) -> None:
    accepted(job(running), "job-1")
    become(job(running), SubmissionState.REFUSED, revoked_for="late_look", refusal=[refusal])
    page = text_of(desk.get("campaign", running))
    assert next_step in page
    assert ("Fix this first" in page) == (next_step == "Fix this first")


def test_a_question_that_a_wish_caused_offers_no_second_sending(
    desk: Desk, running: Campaign
) -> None:
    accepted(job(running), "job-1")
    become(job(running), SubmissionState.UNKNOWN, revoked_for="late_look", how="", job_id="job-1")

    page = text_of(desk.get("campaign", running))

    assert "It may have gone out to all of them, or to nobody" in page
    assert "Send again" not in page


# --- The message ----------------------------------------------------------------------------------


def message_on(page: Page) -> str:
    html: str = page.content.decode()
    return html[html.index('id="message-title"') :].split("</section>")[0]


def test_the_message_is_what_the_person_on_the_phone_got(
    desk: Desk, draft: Campaign, riverside: Team
) -> None:
    phones = world.phones(12)
    world.opt_out(riverside, phones[0])
    Recipient.objects.filter(phone=phones[1]).update(name="Bea")
    draft.text = "Hello {{CUSTOMER_NAME}}, see you soon."
    draft.save()
    world.launched(draft)
    # Whoever stands on the list now, or is called otherwise, got nothing of it.
    Recipient.objects.filter(phone=phones[1]).update(name="Somebody else")
    Campaign.objects.filter(pk=draft.pk).update(text="Changed {{CUSTOMER_NAME}}")
    first = draft.recipients.order_by("position")[0]
    said = message_on(desk.get("campaign", draft))
    assert f"Hello {first.name}, see you soon." in said
    assert "{{" not in said


def test_a_name_that_sociocs_fills_in_is_shown_filled_in(
    desk: Desk, draft: Campaign, front_desk: Channel
) -> None:
    draft.text = "Hello {{CUSTOMER_NAME}}!"
    draft.field_rules = {"name_placeholder": "{{name}}"}
    draft.save()
    front_desk.account.name_placeholder = "{{name}}"
    front_desk.account.save()
    draft.refresh_from_db()
    world.launched(draft)
    first = draft.recipients.order_by("position")[0]
    assert job(draft).text == "Hello {{name}}!"
    assert f"Hello {first.name}!" in message_on(desk.get("campaign", draft))
