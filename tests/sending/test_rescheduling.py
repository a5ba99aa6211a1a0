"""Another time, undo and taking back, against the sandbox: nobody twice, nobody lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignEvent, ClockKeeper
from campaigns.schedule_timeline import taken_back_in_words
from campaigns.scheduling.clocks import WALL_FORMAT
from campaigns.scheduling.timing import lead
from campaigns.states import CampaignState, SubmissionState
from sending import control, gateway, job_times, rescheduling, submit, taking_back, tick
from sending.control import NotPossible
from sending.models import Attempt
from sending.protocol import Deletion
from sending.rescheduling import NewTime, Then
from sociocs_accounts.models import Channel
from sociocs_gateway.client import SociocsClient
from tests import world
from tests.processes import Sandbox

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.thorough,
]
ZONE = "America/New_York"


@pytest.fixture
def channel(channel: Channel, quick: Settings) -> Channel:
    # Time enough to change one's mind before anything goes out.
    quick.LEAD_SECONDS = 120
    return channel


def handed_over(channel: Channel, **fields: object) -> Campaign:
    """A campaign to 25 people, its three jobs at the vendor."""
    people = world.a_list(channel.team, world.phones(25))
    campaign = world.launched(world.a_campaign(channel, people, **fields))
    work(campaign)
    return campaign


def work(campaign: Campaign) -> None:
    """Do what the workers do."""
    assert campaign.channel is not None
    taking_back.revoke(campaign.channel.account_id)
    tick.tick()
    submit.hand_over(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def in_(hours: int) -> NewTime:
    at = datetime.now(UTC) + timedelta(hours=hours)
    return NewTime(at.astimezone(ZoneInfo(ZONE)).strftime(WALL_FORMAT), ZONE)


def ask_to_take_back(campaign: Campaign, then: Then) -> None:
    rescheduling.begin_taking_back(campaign, world.owner_of(campaign.team), then)


def move(campaign: Campaign, time: NewTime) -> None:
    rescheduling.reschedule(campaign, world.owner_of(campaign.team), time)


def told(campaign: Campaign) -> str:
    return taken_back_in_words(campaign.events.get(kind=CampaignEvent.Kind.TAKEN_BACK).details)


def when_the_first_is_out(campaign: Campaign) -> time_machine.travel:
    """The time of the first job has come while somebody made up their mind."""
    slot = Attempt.objects.get(submission__campaign=campaign, submission__seq=1).slot
    return time_machine.travel(slot + timedelta(milliseconds=500), tick=False)


def jobs_at_the_vendor(sandbox: Sandbox) -> int:
    return sum(1 for job in world.witness(sandbox, "/jobs") if job["state"] == "scheduled")


class TestUndo:
    @pytest.mark.both_databases
    def test_a_launch_that_was_handed_over_leaves_a_draft_and_nothing_else(
        self, channel: Channel, sandbox: Sandbox
    ) -> None:
        campaign = handed_over(channel, text="Oops")
        assert jobs_at_the_vendor(sandbox) == 3

        ask_to_take_back(campaign, Then.UNDO)
        # Nothing is said to be undone before the vendor has confirmed it.
        assert campaign.state == CampaignState.PAUSED
        work(campaign)

        assert (campaign.state, jobs_at_the_vendor(sandbox)) == ("cancelled", 0)
        assert world.witness(sandbox)["messages"] == 0
        draft = Campaign.objects.get(state=CampaignState.DRAFT)
        assert (draft.text, draft.lists.count()) == ("Oops", 1)
        assert campaign.take_back == {"draft": str(draft.public_id)}
        assert told(campaign) == "Stopped in time for 25 of 25 people."

    def test_a_job_that_somebody_else_took_away_is_no_draft_again(
        self, channel: Channel, sandbox: Sandbox
    ) -> None:
        campaign = handed_over(channel)
        second = campaign.submissions.get(seq=2)
        with SociocsClient(sandbox.url, sandbox.api_key) as client:
            client.delete_bulk_job(second.job_id)

        ask_to_take_back(campaign, Then.UNDO)
        work(campaign)

        # Whoever did may have sent it in another way.
        assert not Campaign.objects.filter(state=CampaignState.DRAFT).exists()
        assert (campaign.state, campaign.state_reason) == ("paused", "person")
        assert (
            told(campaign)
            == "Stopped in time for 15 of 25 people. No longer there to stop: 10 people."
        )

    def test_what_is_out_already_is_told_and_the_rest_waits(self, channel: Channel) -> None:
        campaign = handed_over(channel)

        with when_the_first_is_out(campaign):
            ask_to_take_back(campaign, Then.UNDO)
            work(campaign)

        assert told(campaign) == "Stopped in time for 15 of 25 people. Already sent to 10 people."
        assert (campaign.state, campaign.state_reason) == ("paused", "person")
        assert not Campaign.objects.filter(state=CampaignState.DRAFT).exists()

    def test_before_anything_was_tried_it_simply_is_a_draft_again(self, channel: Channel) -> None:
        people = world.a_list(channel.team, world.phones(25))
        time = in_(5)
        campaign = world.launched(
            world.a_campaign(
                channel,
                people,
                wall_time=time.wall_time,
                time_zone=ZONE,
                clock_keeper=ClockKeeper.HERE,
            )
        )
        ask_to_take_back(campaign, Then.UNDO)
        assert (campaign.state, campaign.submissions.count()) == ("draft", 0)
        assert campaign.recipients.count() == 0

    @pytest.mark.both_databases
    def test_a_delete_without_an_answer_proves_nothing(
        self, channel: Channel, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        campaign = handed_over(channel)
        ask_to_take_back(campaign, Then.UNDO)
        with monkeypatch.context() as patch:
            patch.setattr(gateway, "delete_job", lambda *_: (Deletion.UNCLEAR, None))
            work(campaign)
        assert campaign.state == CampaignState.PAUSED
        assert SubmissionState.REVOKING.value in world.states(campaign)

        work(campaign)

        assert (campaign.state, jobs_at_the_vendor(sandbox)) == ("cancelled", 0)


class TestAnotherTime:
    @pytest.mark.both_databases
    def test_jobs_at_the_vendor_are_taken_back_and_planned_again(
        self, channel: Channel, sandbox: Sandbox
    ) -> None:
        campaign = handed_over(channel)
        time = in_(30)

        move(campaign, time)
        work(campaign)
        work(campaign)

        assert campaign.state == CampaignState.SENDING
        assert world.states(campaign) == ["accepted"] * 3
        live = Attempt.objects.filter(revoked_at=None)
        assert {one.slot >= time.instant() for one in live} == {True}
        assert live.count() == 3 == jobs_at_the_vendor(sandbox)
        assert (campaign.wall_time, campaign.send_at) == (time.wall_time, time.instant())
        began = campaign.events.filter(kind=CampaignEvent.Kind.STARTED).order_by("pk")
        assert [event.details["jobs"] for event in began] == [3, 3]

    @pytest.mark.both_databases
    def test_what_is_out_already_is_not_sent_again(
        self, channel: Channel, sandbox: Sandbox
    ) -> None:
        campaign = handed_over(channel)

        with when_the_first_is_out(campaign):
            move(campaign, in_(30))
            work(campaign)
            work(campaign)

        assert told(campaign) == "Stopped in time for 15 of 25 people. Already sent to 10 people."
        assert campaign.submissions.get(seq=1).attempts.count() == 1
        assert Attempt.objects.filter(revoked_at=None).count() == 3

    @pytest.mark.both_databases
    def test_what_waits_here_only_gets_other_slots(self, channel: Channel) -> None:
        first, later = in_(5), in_(9)
        people = world.a_list(channel.team, world.phones(25))
        campaign = world.launched(
            world.a_campaign(
                channel,
                people,
                wall_time=first.wall_time,
                time_zone=ZONE,
                clock_keeper=ClockKeeper.HERE,
            )
        )
        move(campaign, later)
        assert (campaign.state, campaign.send_at) == ("scheduled", later.instant())
        assert campaign.hand_over_at == later.instant() - lead()
        slots = campaign.submissions.order_by("seq").values_list("planned_slot", flat=True)
        assert list(slots) == job_times.slots_from(later.instant(), 3)
        assert not Attempt.objects.exists()

    @pytest.mark.both_databases
    def test_a_missed_campaign_gets_a_new_time(self, channel: Channel) -> None:
        campaign = handed_over(channel, clock_keeper=ClockKeeper.HERE, **_at(in_(5)))
        Campaign.objects.update(state=CampaignState.MISSED)
        campaign.refresh_from_db()
        move(campaign, in_(2))
        assert campaign.state == CampaignState.SCHEDULED

    @pytest.mark.parametrize(
        ("wall_time", "sentence"),
        [
            ("2020-01-01T09:30", "Choose a later time"),
            ("2099-01-01T09:30", "Choose an earlier time"),
            ("2027-03-14T02:30", "The clocks skip this time. Choose an earlier or later one."),
        ],
    )
    def test_times_that_cannot_be_are_refused(
        self, channel: Channel, wall_time: str, sentence: str
    ) -> None:
        campaign = handed_over(channel, clock_keeper=ClockKeeper.HERE, **_at(in_(5)))
        with pytest.raises(NotPossible, match=sentence):
            move(campaign, NewTime(wall_time, ZONE))
        assert campaign.state == CampaignState.SCHEDULED


def _at(time: NewTime) -> dict[str, str]:
    return {"wall_time": time.wall_time, "time_zone": time.time_zone}


class TestPauseAndTakeBack:
    @pytest.mark.both_databases
    def test_what_was_taken_back_goes_out_once_when_it_goes_on(
        self, channel: Channel, sandbox: Sandbox
    ) -> None:
        campaign = handed_over(channel)
        ask_to_take_back(campaign, Then.PAUSE)
        with pytest.raises(NotPossible, match="still being stopped"):
            control.resume(campaign, world.owner_of(campaign.team))
        work(campaign)
        assert world.states(campaign) == ["revoked"] * 3

        control.resume(campaign, world.owner_of(campaign.team))
        work(campaign)

        assert world.states(campaign) == ["accepted"] * 3
        assert jobs_at_the_vendor(sandbox) == 3
        assert Attempt.objects.filter(revoked_at=None).count() == 3

    @pytest.mark.both_databases
    def test_asking_twice_changes_nothing(self, channel: Channel) -> None:
        campaign = handed_over(channel)
        ask_to_take_back(campaign, Then.PAUSE)
        with pytest.raises(NotPossible, match="already"):
            ask_to_take_back(campaign, Then.UNDO)
        work(campaign)
        assert (campaign.state, campaign.state_reason) == ("paused", "person")
