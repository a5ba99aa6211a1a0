"""Whoever opts out after hand-over: taken out of the job by its late look, or the reason is told.

Each is played with both rules the vendor may have: a block counts for jobs that wait, or not.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.person_states import PersonState
from campaigns.states import DecisionKind
from delivery import blocking, delivery_reports, stops
from delivery.models import SentMessage
from history.people_counts import PeopleCounts, people_counts
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from sending import control, decisions, late_looks, submit, taking_back, tasks, tick
from sending.control import NotPossible
from sending.models import Attempt, DayTotal, Submission
from sending.tally import tallies
from sociocs_accounts.models import Channel, GatewayAccount
from tests import world
from tests.processes import Sandbox
from tests.sending.chaos.rounds import let_all_go_out
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.either_database,
    pytest.mark.thorough,
]

PHONES = world.phones(25)
ANN, BOB, CY = PHONES[3], PHONES[7], PHONES[14]
BLOCKS = ["a block counts at once", "a block counts for later jobs only"]


@pytest.fixture(params=[BLOCKS[0], pytest.param(BLOCKS[1], marks=pytest.mark.long)], autouse=True)
def vendors_rule(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    if request.param == BLOCKS[1]:
        later_jobs_only(sandbox)
    return str(request.param)


def later_jobs_only(sandbox: Sandbox) -> None:
    world.set_fault(sandbox, "block_later_jobs_only", path="/contacts/block/*", times=None)


@pytest.fixture
def campaign(channel: Channel, quick: Settings) -> Campaign:
    """Three jobs, handed over; their late look comes two seconds later, 24 s before their time."""
    return handed_over(channel, quick, seconds_ahead=26)


@pytest.fixture
def soon(channel: Channel, quick: Settings) -> Campaign:
    """Three jobs, handed over, whose time is too near for a late look."""
    made = handed_over(channel, quick, seconds_ahead=6)
    spend(made)
    return made


def handed_over(channel: Channel, quick: Settings, seconds_ahead: int) -> Campaign:
    quick.SOCIOCS_TIMEOUT_SECONDS = 1
    quick.LEAD_SECONDS = seconds_ahead
    made = world.launched(world.a_campaign(channel, world.a_list(channel.team, PHONES)))
    submit.hand_over(channel.account_id)
    quick.LEAD_SECONDS = 2
    return made


def stop(campaign: Campaign, *phones: str) -> None:
    opt_outs.add_opt_outs(campaign.team, phones, OptOut.Source.BY_HAND, None)


def act(campaign: Campaign) -> None:
    """What the tick and its tasks do, once."""
    assert campaign.channel is not None
    account_id = campaign.channel.account_id
    while stops.follow_wishes():
        pass
    while blocking.ask_some(account_id):
        pass
    for account in tick.tick().look_late:
        if late_looks.look_late(account):
            taking_back.revoke(account)
            tick.settle()
    submit.hand_over(account_id)
    tick.settle()
    stops.follow_wishes()
    campaign.refresh_from_db()


def wait_for_the_look(campaign: Campaign) -> None:
    """Until every job has had its look, or stands still with a question."""

    def looked() -> bool:
        act(campaign)
        return not campaign.submissions.filter(state="accepted", late_look="").exists()

    wait_until(looked, progress=lambda: looks(campaign))


def acting_until(campaign: Campaign, state: str) -> None:
    """Until the first job is in this state."""

    def is_there() -> bool:
        act(campaign)
        return world.states(campaign)[0] == state

    wait_until(is_there, progress=lambda: world.states(campaign))


def looks(campaign: Campaign) -> list[str]:
    return list(campaign.submissions.order_by("seq").values_list("late_look", flat=True))


def stopped(campaign: Campaign) -> dict[str, str]:
    rows = CampaignRecipient.objects.filter(campaign=campaign).exclude(stopped="")
    return dict(rows.values_list("phone", "stopped"))


def reached(sandbox: Sandbox) -> dict[str, int]:
    """Who got how many messages, once everything has gone out."""
    let_all_go_out(sandbox)
    wait_until(lambda: world.witness(sandbox)["settled"], progress=lambda: None)
    numbers: dict[str, int] = world.witness(sandbox, "/phones?min=1")["numbers"]
    return numbers


def counts_of(campaign: Campaign) -> PeopleCounts:
    """The figures of its page."""
    return people_counts([campaign], tallies([campaign.pk]))[campaign.pk]


def spend(campaign: Campaign) -> None:
    """As if every job had had its late look already."""
    campaign.submissions.update(late_look="nobody")


def test_whoever_opts_out_in_time_is_taken_out_and_all_others_get_it_once(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    stop(campaign, ANN, CY)
    wait_for_the_look(campaign)

    assert looks(campaign) == ["taken_out", "taken_out", "nobody"]
    assert stopped(campaign) == {ANN: "taken_out", CY: "taken_out"}
    assert world.states(campaign) == ["accepted"] * 3
    assert reached(sandbox) == dict.fromkeys(set(PHONES) - {ANN, CY}, 1)
    assert CampaignRecipient.objects.get(phone=ANN).left_out == "opted_out"
    counts = counts_of(campaign)
    assert (counts.total, counts.people[PersonState.NOT_SENT]) == (len(PHONES), 2)


def test_who_opted_out_before_hand_over_is_not_sent_it_and_everybody_is_counted(
    channel: Channel, sandbox: Sandbox
) -> None:
    campaign = world.launched(world.a_campaign(channel, world.a_list(channel.team, PHONES)))
    stop(campaign, ANN, CY)
    tick.tick()
    submit.hand_over(channel.account_id)
    assert world.states(campaign) == ["accepted"] * 3
    counts = counts_of(campaign)
    assert (counts.total, counts.people[PersonState.NOT_SENT]) == (len(PHONES), 2)


def test_nobody_gets_it_earlier_for_that(campaign: Campaign) -> None:
    before = {attempt.submission_id: attempt.slot for attempt in Attempt.objects.all()}
    stop(campaign, ANN)
    wait_for_the_look(campaign)
    again = Attempt.objects.get(n=2)
    assert again.slot >= before[again.submission_id]
    assert again.recipient_count == 9
    assert set(DayTotal.objects.values_list("people", flat=True)) == {24}


def test_one_job_at_a_time_is_taken_back_the_earliest_first(campaign: Campaign) -> None:
    stop(campaign, ANN, CY)
    assert campaign.channel is not None
    account_id = campaign.channel.account_id
    wait_until(
        lambda: late_looks.accounts_to_look_late() == [account_id],
        progress=lambda: looks(campaign),
    )
    assert late_looks.look_late(account_id)
    assert world.states(campaign) == ["revoking", "accepted", "accepted"]
    assert not late_looks.look_late(account_id)
    assert looks(campaign)[:2] == ["taken_out", ""]


@pytest.mark.parametrize("vendors_rule", BLOCKS, indirect=True)
def test_after_the_late_look_there_is_the_block_and_what_became_of_it_is_told(
    soon: Campaign, sandbox: Sandbox, vendors_rule: str
) -> None:
    stop(soon, ANN)
    act(soon)
    # As long as its time has not come nobody can say.
    assert stopped(soon) == {ANN: "waiting"}

    got = reached(sandbox)
    assert (ANN in got) == (vendors_rule == BLOCKS[1])
    the_time_comes(soon)
    act(soon)
    assert stopped(soon) == {ANN: "blocked"}
    counts = counts_of(soon)
    assert (counts.total, counts.people[PersonState.NOT_SENT]) == (len(PHONES), 1)


def test_without_a_block_it_is_too_late(soon: Campaign, sandbox: Sandbox) -> None:
    soon.team.stop_way = "take_out"
    soon.team.save()
    stop(soon, ANN)
    act(soon)
    assert world.witness(sandbox)["requests_by_call"].get("POST /contacts/block/*", 0) == 0
    the_time_comes(soon)
    act(soon)
    assert stopped(soon) == {ANN: "too_late"}


def test_a_team_that_only_blocks_takes_nothing_back(campaign: Campaign, sandbox: Sandbox) -> None:
    campaign.team.stop_way = "block"
    campaign.team.save()
    stop(campaign, ANN)
    wait_for_the_look(campaign)
    assert looks(campaign) == ["block_only", "nobody", "nobody"]
    assert world.witness(sandbox)["deleted_jobs"] == 0
    assert stopped(campaign) == {ANN: "waiting"}


def the_time_comes(campaign: Campaign) -> None:
    """Wait until the second of every job has passed."""
    last = Attempt.objects.filter(submission__campaign=campaign).order_by("slot").last()
    assert last is not None
    wait_until(lambda: timezone.now() > last.slot, progress=lambda: int(timezone.now().timestamp()))


@pytest.mark.parametrize("spelling", ["+5215512345678", "+525512345678"])
def test_another_spelling_of_the_same_person_is_that_person(
    channel: Channel, quick: Settings, sandbox: Sandbox, spelling: str
) -> None:
    quick.SOCIOCS_TIMEOUT_SECONDS, quick.LEAD_SECONDS = 1, 26
    people = world.a_list(channel.team, ["+525512345678", *PHONES[:3]])
    campaign = world.launched(world.a_campaign(channel, people))
    submit.hand_over(channel.account_id)
    quick.LEAD_SECONDS = 2
    stop(campaign, spelling)
    act(campaign)
    assert OptOut.objects.get().vendor_blocks.get().phone == "+525512345678"
    wait_for_the_look(campaign)
    assert stopped(campaign) == {"+525512345678": "taken_out"}
    assert reached(sandbox) == dict.fromkeys(PHONES[:3], 1)


def test_a_lifted_wish_takes_the_block_back_and_they_get_it(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    stop(campaign, ANN)
    stops.follow_wishes()
    assert campaign.channel is not None
    while blocking.ask_some(campaign.channel.account_id):
        pass
    opt_outs.lift(OptOut.objects.get(), "She called", world.owner_of(campaign.team))
    wait_for_the_look(campaign)

    assert looks(campaign) == ["nobody"] * 3
    assert stopped(campaign) == {}
    assert reached(sandbox) == dict.fromkeys(PHONES, 1)


def test_a_job_of_nobody_else_is_simply_not_sent(campaign: Campaign, sandbox: Sandbox) -> None:
    stop(campaign, *PHONES[:10])
    wait_for_the_look(campaign)
    acting_until(campaign, "cancelled")
    assert reached(sandbox) == dict.fromkeys(PHONES[10:], 1)


FAULTS = [
    ("503", "GET", "/messages/bulk"),
    pytest.param("clock_skew", "GET", "/messages/bulk", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("fault", "method", "path"), FAULTS)
def test_without_a_list_that_answers_nothing_is_taken_back_and_the_reason_is_told(
    campaign: Campaign, sandbox: Sandbox, fault: str, method: str, path: str
) -> None:
    world.set_fault(sandbox, fault, method=method, path=path, times=None)
    stop(campaign, ANN)
    wait_for_the_look(campaign)
    assert looks(campaign)[0] in {"account", "no_clock", "no_time", "not_sending"}
    assert world.witness(sandbox)["deleted_jobs"] == 0


def test_what_was_gone_waits_for_a_person_who_may_send_it(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "404", method="DELETE", path="/messages/bulk/*")
    stop(campaign, ANN)
    wait_for_the_look(campaign)
    act(campaign)

    job = world.job(campaign)
    assert (job.state, job.is_gone, job.late_look) == ("revoked", True, "gone")
    assert campaign.state == "needs_decision"
    answer(job, campaign, DecisionKind.TRY_AGAIN)
    act(campaign)
    assert world.job(campaign).state == "accepted"
    assert stopped(campaign) == {ANN: "taken_out"}


def answer(job: Submission, campaign: Campaign, kind: DecisionKind) -> None:
    assert job.current_attempt_id is not None
    decisions.decide(
        job,
        world.owner_of(campaign.team),
        kind,
        shown_version=job.version,
        attempt_id=job.current_attempt_id,
    )


def test_what_is_unclear_is_a_question_that_offers_no_second_sending(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "503", method="DELETE", path="/messages/bulk/*", times=None)
    stop(campaign, ANN)
    wait_for_the_look(campaign)
    assert campaign.channel is not None
    account_id = campaign.channel.account_id

    wait_until(
        lambda: taking_back.revoke(account_id) or world.job(campaign).state == "unknown",
        progress=lambda: int(timezone.now().timestamp()),
    )
    job = world.job(campaign)
    assert job.late_look == "unclear"
    with pytest.raises(NotPossible):
        answer(job, campaign, DecisionKind.SEND_AGAIN)
    answer(job, campaign, DecisionKind.DO_NOT_SEND)
    assert world.witness(sandbox)["deleted_jobs"] == 0


def test_the_last_deletion_begins_well_before_the_second(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    stop(campaign, ANN)
    wait_until(late_looks.accounts_to_look_late, progress=int)
    assert campaign.channel is not None
    assert late_looks.look_late(campaign.channel.account_id)
    attempt = Attempt.objects.order_by("slot")[0]
    wait_until(
        lambda: timezone.now() > attempt.slot - timedelta(seconds=9),
        progress=lambda: int(timezone.now().timestamp()),
    )
    taking_back.revoke(campaign.channel.account_id)
    assert world.witness(sandbox)["deleted_jobs"] == 0
    assert world.job(campaign).state == "unknown"


def test_a_refused_second_hand_over_pauses_nobody(campaign: Campaign, sandbox: Sandbox) -> None:
    world.set_fault(sandbox, "413", after=0)
    stop(campaign, ANN)
    wait_for_the_look(campaign)
    acting_until(campaign, "refused")
    assert campaign.state in {"sending", "needs_decision"}
    # Whoever was taken out is none of those who are asked about.
    told = CampaignEvent.objects.get(campaign=campaign, kind=CampaignEvent.Kind.REFUSED)
    assert told.details["people"] == world.job(campaign).people_handed_over == 9
    answer(world.job(campaign), campaign, DecisionKind.TRY_AGAIN)
    act(campaign)
    assert stopped(campaign) == {ANN: "taken_out"}


@pytest.mark.long
def test_a_paused_campaign_takes_nothing_back_by_itself(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    control.pause(campaign, world.owner_of(campaign.team))
    stop(campaign, ANN)
    wait_for_the_look(campaign)
    assert looks(campaign)[0] == "not_sending"
    assert world.witness(sandbox)["deleted_jobs"] == 0


def test_whoever_is_paused_meanwhile_goes_out_without_them_when_it_goes_on(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    owner = world.owner_of(campaign.team)
    control.pause(campaign, owner)
    control.take_back_jobs(campaign, owner)
    stop(campaign, ANN)
    act(campaign)
    assert campaign.channel is not None
    taking_back.revoke(campaign.channel.account_id)
    assert stopped(campaign) == {ANN: "waiting"}
    control.resume(campaign, owner)
    act(campaign)
    assert stopped(campaign) == {ANN: "taken_out"}
    assert reached(sandbox) == dict.fromkeys(set(PHONES) - {ANN}, 1)


def test_a_job_that_waits_again_has_its_look_before_it_when_its_campaign_goes_on(
    campaign: Campaign,
) -> None:
    stop(campaign, ANN)
    wait_until(late_looks.accounts_to_look_late, progress=int)
    assert campaign.channel is not None
    assert late_looks.look_late(campaign.channel.account_id)
    taking_back.revoke(campaign.channel.account_id)
    tick.settle()
    assert (world.states(campaign)[0], looks(campaign)[0]) == ("ready", "taken_out")
    owner = world.owner_of(campaign.team)
    control.pause(campaign, owner)
    control.resume(campaign, owner)
    submit.hand_over(campaign.channel.account_id)
    assert (world.states(campaign)[0], looks(campaign)[0]) == ("accepted", "")
    assert stopped(campaign) == {ANN: "taken_out"}


def test_of_a_cancelled_campaign_nobody_has_to_be_told(campaign: Campaign) -> None:
    stop(campaign, ANN)
    # And no more: on a slow machine the late look would be due.
    stops.follow_wishes()
    control.cancel(campaign, world.owner_of(campaign.team))
    assert campaign.channel is not None
    taking_back.revoke(campaign.channel.account_id)
    act(campaign)
    assert campaign.state == "cancelled"
    CampaignRecipient.objects.filter(stopped="blocked").update(stopped="waiting")
    stops.follow_wishes()
    assert stopped(campaign) == {}


def test_a_report_shows_that_a_block_came_too_late(soon: Campaign) -> None:
    row = CampaignRecipient.objects.get(campaign=soon, phone=ANN)
    CampaignRecipient.objects.filter(pk=row.pk).update(stopped="blocked")
    assert soon.channel is not None
    with transaction.atomic():
        delivery_reports.credit_message(soon.channel, "message-1", row)
    assert stopped(soon) == {ANN: "blocked"}
    SentMessage.objects.update(status="delivered")
    stops.heed_report(SentMessage.objects.get())
    assert stopped(soon) == {ANN: "too_late"}

    # The vendor's rule is known now: nobody is said to be blocked there any more.
    stop(soon, BOB)
    act(soon)
    the_time_comes(soon)
    act(soon)
    assert stopped(soon)[BOB] == "too_late"


def test_many_wishes_cost_as_many_questions_as_few(soon: Campaign) -> None:
    def queries_for(*phones: str) -> int:
        stop(soon, *phones)
        with CaptureQueriesContext(connection) as captured:
            stops.follow_wishes()
        return len(captured)

    assert queries_for(*PHONES[:2]) == queries_for(*PHONES[2:14])
    assert set(stopped(soon)) == set(PHONES[:14])


def test_a_report_that_comes_before_it_is_told_counts_as_well(soon: Campaign) -> None:
    stop(soon, ANN, BOB)
    act(soon)
    assert soon.channel is not None
    row = CampaignRecipient.objects.get(campaign=soon, phone=ANN)
    with transaction.atomic():
        delivery_reports.credit_message(soon.channel, "message-1", row)
    SentMessage.objects.update(status="delivered")
    the_time_comes(soon)
    act(soon)
    assert stopped(soon) == {ANN: "too_late", BOB: "too_late"}


def test_whoever_opts_out_of_an_unclear_job_is_never_told_to_have_got_nothing(
    channel: Channel, sandbox: Sandbox
) -> None:
    campaign = world.launched(world.a_campaign(channel, world.a_list(channel.team, PHONES[:10])))
    world.set_fault(sandbox, "503")
    submit.hand_over(channel.account_id)
    job = world.job(campaign)
    assert job.state == "unknown"
    stop(campaign, ANN)
    act(campaign)
    answer(job, campaign, DecisionKind.SEND_AGAIN)
    acting_until(campaign, "accepted")
    assert Attempt.objects.get(n=2).recipient_count == 9
    assert stopped(campaign) == {ANN: "too_late"}
    assert PersonState.NOT_SENT not in counts_of(campaign).people


def test_what_may_be_a_wish_keeps_them_out_until_somebody_has_decided(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    opt_outs.add_opt_outs(campaign.team, [ANN], OptOut.Source.UNSURE, None)
    act(campaign)
    assert world.witness(sandbox)["requests_by_call"].get("POST /contacts/block/*", 0) == 0
    wait_for_the_look(campaign)
    assert stopped(campaign) == {ANN: "taken_out"}


@pytest.mark.long
def test_an_account_with_an_unclear_answer_takes_nothing_back(campaign: Campaign) -> None:
    GatewayAccount.objects.update(strikes=1)
    stop(campaign, ANN)
    wait_for_the_look(campaign)
    assert looks(campaign)[0] == "account"
    the_time_comes(campaign)
    act(campaign)
    assert stopped(campaign) == {ANN: "too_late"}


def test_the_timeline_tells_of_the_wish_and_of_what_came_of_it(campaign: Campaign) -> None:
    stop(campaign, ANN)
    wait_for_the_look(campaign)
    kinds = [CampaignEvent.Kind.OPTED_OUT, CampaignEvent.Kind.LATE_LOOK]
    told = CampaignEvent.objects.filter(campaign=campaign, kind__in=kinds)
    assert [(one.kind, one.details) for one in told] == [
        ("opted_out", {"people": 1}),
        ("late_look", {"seq": 1, "people": 10, "result": "taken_out"}),
    ]


def test_the_task_takes_one_job_after_the_other_back_and_hands_each_over_again(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    stop(campaign, ANN, CY, PHONES[22])
    assert campaign.channel is not None
    account_id = campaign.channel.account_id

    def looked() -> bool:
        tasks.look_late(account_id)
        return looks(campaign) == ["taken_out"] * 3

    wait_until(looked, progress=lambda: looks(campaign))
    assert world.states(campaign) == ["accepted"] * 3
    assert reached(sandbox) == dict.fromkeys(set(PHONES) - {ANN, CY, PHONES[22]}, 1)


def test_a_campaign_that_goes_out_at_once_has_no_time_for_a_late_look(
    channel: Channel, sandbox: Sandbox
) -> None:
    campaign = world.launched(world.a_campaign(channel, world.a_list(channel.team, PHONES)))
    submit.hand_over(channel.account_id)
    before: Any = world.witness(sandbox)["requests"]
    tick.tick()
    assert looks(campaign) == ["no_time"] * 3
    assert world.witness(sandbox)["requests"] == before
