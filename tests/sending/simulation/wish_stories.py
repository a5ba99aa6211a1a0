"""Late looks, told step by step: what chance brings about too seldom.

Each ends with what its job's late look is to have come to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from campaigns.states import CampaignState, DecisionKind, LateLook, SubmissionState
from sending.protocol import Deletion
from tests.sending.simulation.schedule import START
from tests.sending.simulation.store import Store, Submission
from tests.sending.simulation.stories import Story


class WishStory(Story):
    """Two jobs that go out in three hours, in which nothing happens but what is told."""

    def __init__(self) -> None:
        super().__init__()
        self.send_at = START + timedelta(hours=3)
        self.store = Store(self.send_at, self.send_at + timedelta(hours=4), START)
        for number in (0, 1):
            planned = self.send_at + timedelta(seconds=1 + number)
            self.store.submissions.append(Submission(number, planned))
        self.deletions: list[Deletion] = []
        self.tick()

    def before(self, minutes: float) -> None:
        """So long before the first job's second: who has opted out is looked for."""
        self.now = self.send_at + timedelta(seconds=1) - timedelta(minutes=minutes)
        self.vendor.run(self.now)
        self._tick()
        self._late_look()

    def opted_out(self, job: Submission | None = None) -> None:
        chosen = job or self.job
        chosen.has_opted_out, chosen.opted_out_at = True, self.now

    def both_handed_over(self, *answers: str) -> None:
        for answer in answers or ("ok", "ok"):
            self.handed_over(answer)

    def went_out_again(self) -> None:
        self._revoke()
        self.tick()
        self.handed_over("ok")

    def _deleted(self, submission: Submission) -> Deletion:
        return self.deletions.pop(0) if self.deletions else super()._deleted(submission)


def a_wish_in_time(story: WishStory) -> LateLook:
    """Nothing happens at half-time, nor for the other job; then they are taken out."""
    story.both_handed_over()
    story.before(80)
    story.opted_out()
    story.before(31)
    assert story.job.late_look is None
    story.before(29)
    story.went_out_again()
    assert story.store.submissions[1].late_look is LateLook.NOBODY
    return LateLook.TAKEN_OUT


def a_wish_too_late(story: WishStory) -> LateLook:
    """Whoever opts out after the late look is not taken out any more."""
    story.both_handed_over()
    story.before(29)
    story.opted_out()
    story.before(20)
    return LateLook.NOBODY


def named_by_a_person(story: WishStory) -> LateLook:
    """A person said which job it is; it might be somebody else's."""
    story.handed_over("never")
    story.decided(DecisionKind.MARK_AS_SENT)
    story.job.job_id = "read off a screen"
    story.opted_out()
    story.before(29)
    return LateLook.NO_JOB


def paused_for_a_while(story: WishStory) -> LateLook:
    """The look waits until somebody lets the campaign go on."""
    story.both_handed_over()
    story.opted_out()
    story._pause_or_resume()
    story.before(29)
    story.store.move_campaign(CampaignState.SENDING)
    story.store.lane = replace(story.store.lane, probe_needed=False)
    story.before(28)
    story.went_out_again()
    return LateLook.TAKEN_OUT


def resting_for_a_while(story: WishStory) -> LateLook:
    """The look waits until the account may be used again."""
    story.both_handed_over()
    story.opted_out()
    rested = story.store.lane
    story.before(31)
    story.store.lane = replace(rested, cool_until=story.now + timedelta(minutes=3))
    story.before(29)
    assert story.job.late_look is None
    story.before(27)
    story.went_out_again()
    return LateLook.TAKEN_OUT


def no_second_left(story: WishStory) -> LateLook:
    """Taken back, it could not go out any more."""
    story.both_handed_over()
    story.store.send_by = story.send_at + timedelta(seconds=1)
    story.opted_out()
    story.before(29)
    return LateLook.NO_ROOM


def one_after_the_other(story: WishStory) -> LateLook:
    """The second is asked back only when the first is accepted again."""
    story.both_handed_over()
    second = story.store.submissions[1]
    story.opted_out()
    story.opted_out(second)
    story.before(29)
    assert (story.job.state, second.late_look) == (SubmissionState.REVOKING, None)
    story.went_out_again()
    story.before(28)
    assert second.late_look is LateLook.TAKEN_OUT
    story.went_out_again()
    return LateLook.TAKEN_OUT


def asked_back_in_vain(story: WishStory) -> LateLook:
    """No answer to any deletion, until there is no time for another."""
    story.both_handed_over()
    story.opted_out()
    story.before(29)
    story.deletions = [Deletion.UNCLEAR] * 9
    story._revoke()
    story.before(65 / 60)
    story._revoke()
    story.decided(DecisionKind.SEND_AGAIN)
    assert story.job.state is SubmissionState.UNKNOWN
    return LateLook.UNCLEAR


def it_ran_already(story: WishStory) -> LateLook:
    """The vendor says that it runs."""
    story.both_handed_over()
    story.opted_out()
    story.before(29)
    story.deletions = [Deletion.ALREADY_RUNNING]
    story._revoke()
    return LateLook.RUNNING


def it_was_gone(story: WishStory) -> LateLook:
    """Somebody else took it back and sent it: it waits for a person, and all else is done."""
    story.both_handed_over()
    story.opted_out()
    story.before(29)
    story._copy_acts()
    story._revoke()
    story.tick(60 * 40)
    assert story.job.state is SubmissionState.REVOKED
    assert story.store.state is CampaignState.NEEDS_DECISION
    return LateLook.GONE


def refused_the_second_time(story: WishStory) -> LateLook:
    """As too large, which pauses a campaign; but nobody else is to suffer for one wish."""
    story.both_handed_over()
    story.opted_out()
    story.before(29)
    story._revoke()
    story.tick()
    story.handed_over("413")
    assert story.store.state is not CampaignState.PAUSED
    return LateLook.TAKEN_OUT


STORIES: list[Callable[[WishStory], LateLook]] = [
    a_wish_in_time,
    a_wish_too_late,
    named_by_a_person,
    paused_for_a_while,
    resting_for_a_while,
    no_second_left,
    one_after_the_other,
    asked_back_in_vain,
    it_ran_already,
    it_was_gone,
    refused_the_second_time,
]


def play(tell: Callable[[WishStory], LateLook], kind: type[WishStory] = WishStory) -> None:
    """Tell it, see what the look came to, let everything come to rest, and see whether all held."""
    story = kind()
    result = tell(story)
    assert story.job.late_look is result, f"{story.job.late_look} instead of {result}"
    story._check_always()
    story._come_to_rest()
    story.check_at_rest()
