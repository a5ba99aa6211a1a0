"""What chance brings about too seldom, told step by step: two attempts at one submission.

Each leaves the played schedule to come to rest; what must hold is checked as in all others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from campaigns.states import DecisionKind, SubmissionState
from tests.sending.simulation.schedule import START, Schedule, Step
from tests.sending.simulation.store import Store, Submission


class Story(Schedule):
    """A campaign of one job under way, in which nothing happens but what is told."""

    def __init__(self) -> None:
        super().__init__(0, "ordinary")
        self.faulty, self.has_hours, self.answers = False, False, list[str]()
        send_at = self.now + timedelta(minutes=5)
        self.store = Store(send_at, send_at + timedelta(hours=4), START)
        self.store.submissions.append(Submission(0, send_at + timedelta(seconds=1)))
        self.tick()

    @property
    def job(self) -> Submission:
        return self.store.submissions[0]

    def tick(self, seconds: int = 0) -> None:
        self.now += timedelta(seconds=seconds)
        self.vendor.run(self.now)
        self._tick()

    def called(self, answer: str) -> Step:
        """A worker that has the answer to its call in hand, but has not stored it."""
        self.answers.append(answer)
        worker = self._worker()
        for _ in range(4):
            assert next(worker, "ended") is None, "there is nothing to hand over"
        return worker

    def stored(self, worker: Step) -> None:
        """It stores the answer now."""
        assert next(worker, "ended") == "ended"

    def handed_over(self, answer: str) -> None:
        self.stored(self.called(answer))

    def decided(self, kind: DecisionKind) -> None:
        self._answer(self.job, kind, True)
        self.tick()

    def looked(self) -> None:
        self.tick(61)
        self._look()

    def sent_again(self, first: str = "landing") -> None:
        """Unclear, and sent again on a person's word, while the first may still turn up."""
        self.handed_over(first)
        self.decided(DecisionKind.SEND_AGAIN)

    def cancelled(self) -> None:
        self._undo_launch()
        self._revoke()
        self.tick()

    def _what(self) -> str:
        return self.answers.pop(0) if self.answers else "ok"

    def _delay(self) -> timedelta:
        return timedelta(seconds=60)


def an_overtaken_answer(story: Story) -> None:
    """The first worker was frozen; its refusal comes while the second call is open."""
    first = story.called("400")
    story.tick(200)
    story.decided(DecisionKind.SEND_AGAIN)
    second = story.called("ok")
    story.stored(first)
    story.tick()
    story.stored(second)


def an_overtaken_proof(story: Story) -> None:
    """The first turns up while the second call is open."""
    story.sent_again()
    second = story.called("ok")
    story.looked()
    story.tick()
    story.stored(second)


def found_after_a_refusal(story: Story) -> None:
    """The second is refused; the first turns up."""
    story.sent_again()
    story.handed_over("400")
    story.looked()


def too_large_the_second_time(story: Story) -> None:
    """The second is found too large, while the first may still turn up."""
    story.sent_again()
    story.handed_over("413")
    if story.job.state is SubmissionState.READY:
        story.handed_over("ok")


def found_before_a_failure(story: Story) -> None:
    """The first turns up while the second call is open, and the second was never sent."""
    story.sent_again()
    second = story.called("dns")
    story.looked()
    story.stored(second)
    story.tick(61)


def found_before_an_unclear_answer(story: Story) -> None:
    """The first turns up while the second call is open, and the second gets no clear answer."""
    story.sent_again()
    second = story.called("lost")
    story.looked()
    story.stored(second)
    story.tick()


def found_before_silence(story: Story) -> None:
    """The first turns up while the second call is open, and the second's worker is lost."""
    story.sent_again()
    story.called("lost")
    story.looked()
    story.tick(200)


def marked_found_and_refused(story: Story) -> None:
    """The second is marked as sent, the first turns up, the second was refused."""
    story.sent_again()
    second = story.called("400")
    story.tick(200)
    story.decided(DecisionKind.MARK_AS_SENT)
    story.looked()
    story.stored(second)


def found_after_it_came_back(story: Story) -> None:
    """The second is taken back; then the first turns up."""
    story.sent_again()
    story.handed_over("ok")
    story.cancelled()
    story.looked()


def found_before_it_came_back(story: Story) -> None:
    """Both are there, and the second is taken back."""
    story.sent_again()
    story.handed_over("ok")
    story.looked()
    story.cancelled()


def a_twin_by_hand(story: Story) -> None:
    """Somebody makes by hand the very job that we look for."""
    story.handed_over("lost")
    story.vendor.accept_by_hand(story.store.attempts[0].slot)
    story.looked()


def undone_beside_a_copy(story: Story) -> None:
    """Its launch is undone, and somebody else took the job back before us and sent it."""
    story.handed_over("ok")
    story._undo_launch()
    story.vendor.delete(story.job.job_id, story.now)
    story.vendor.accept(0, story.store.attempts[0].slot, story.now)
    story.job.is_copied = True
    story._revoke()
    story.tick()


STORIES: list[Callable[[Story], None]] = [
    an_overtaken_answer,
    an_overtaken_proof,
    found_after_a_refusal,
    too_large_the_second_time,
    found_before_a_failure,
    found_before_an_unclear_answer,
    found_before_silence,
    marked_found_and_refused,
    found_after_it_came_back,
    found_before_it_came_back,
    a_twin_by_hand,
    undone_beside_a_copy,
]


def play(tell: Callable[[Story], None]) -> None:
    """Tell it, let everything come to rest, and look whether all held."""
    story = Story()
    tell(story)
    story._check_always()
    story._come_to_rest()
    story.check_at_rest()
