"""Single messages under random schedules: a list that shows a message only until its second.

The steps are those of `Schedule`; what differs is the vendor's list, the lead, and that a message
is looked for while its call is still open.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from campaigns.states import Outcome
from sending import protocol, single_messages
from sending.protocol import Deletion, Sight
from sending.single_messages import WaitingMessage, WantedMessage
from tests.sending.simulation import schedule
from tests.sending.simulation.schedule import Schedule
from tests.sending.simulation.store import CALL_TIMEOUT, Attempt, Submission
from tests.sending.simulation.vendor import LISTED, STRANGER, Job, Vendor

# As many as the vendor's list shows, one a second.
FARTHEST = timedelta(seconds=100)
# On its way out a message is in no list any more, some seconds before its time.
LEAVES = timedelta(seconds=8)


class WaitingVendor(Vendor):
    """Lists the messages that wait, and knows nothing of one that is on its way out."""

    now: datetime = schedule.START

    def run(self, now: datetime) -> None:
        self.now = now
        super().run(now)

    def waiting(self, hidden: int = 0, is_bare: bool = False) -> list[WaitingMessage]:
        """The list, newest schedule first; a stale one lacks the last `hidden` messages.

        `is_bare`: it does not say of every message when it goes out, or to whom.
        """
        shown = self.jobs[: len(self.jobs) - hidden] if hidden else self.jobs
        rows = [job for job in shown if not job.deleted and job.slot > self.now + LEAVES]
        rows.sort(key=lambda job: job.slot, reverse=True)
        return [self._row(job, is_bare) for job in rows[:LISTED]]

    def _row(self, job: Job, is_bare: bool) -> WaitingMessage:
        hides = job.slot.second % 3 if is_bare else 0
        number = job.number or str(job.submission)
        return WaitingMessage(
            job.job_id,
            None if hides == 1 else job.slot,
            None if hides == 2 else number,
            job.channel_key,
        )

    def delete(self, job_id: str, now: datetime) -> Deletion:
        job = next(one for one in self.jobs if one.job_id == job_id)
        if not job.deleted and now < job.slot <= now + LEAVES:
            return Deletion.NOT_THERE
        return super().delete(job_id, now)


class Singles(Schedule):
    """A campaign of a few single messages under a random sequence of faults."""

    def __init__(self, seed: int, world: str = "") -> None:
        super().__init__(seed, world)
        self.waiting = self.vendor = WaitingVendor()
        # It begins where the first message comes into reach.
        self.now = self.store.send_at - self._lead()
        # Enough to outrun the pace.
        planned = self.store.submissions[-1].planned
        slots = protocol.slot_candidates(planned, planned + timedelta(seconds=1))
        for number in range(len(self.store.submissions), 5):
            self.store.submissions.append(Submission(number, next(slots)))

    def _may_be_cut(self, _submission: Submission, _attempt: Attempt) -> bool:
        return False

    def _lead(self) -> timedelta:
        return single_messages.lead_each(schedule.LEAD, CALL_TIMEOUT)

    def _is_too_early(self, slot: datetime, vendor_now: datetime) -> bool:
        return single_messages.is_too_early(slot, vendor_now, self._lead())

    def _within_reach(self) -> list[Submission]:
        until = self.now + self._lead() + single_messages.ROUNDING
        return [one for one in self.store.submissions if one.planned <= until]

    def _time_passes(self) -> None:
        """Everything happens within two minutes; so time goes in smaller steps."""
        seconds = [1, 2, 4, 9, 15, 30, 70, 600, 18_000]
        weights = [4] * 7 + [0.3, 0.1 * self.world.long_waits]
        self.now += timedelta(seconds=self.random.choices(seconds, weights)[0])

    def _begin(self, submission: Submission, token: int, vendor_now: datetime) -> Attempt | None:
        attempt = super()._begin(submission, token, vendor_now)
        if attempt is not None:
            ahead = attempt.slot - vendor_now
            assert ahead <= FARTHEST + timedelta(seconds=2), "more than the vendor's list shows"
        return attempt

    def _looked_for(self) -> set[Outcome]:
        return {Outcome.OPEN, Outcome.AMBIGUOUS}

    def _look(self) -> None:
        hidden = self.random.choice([0, 0, 1, 2]) if self.faulty else 0
        is_bare = self.faulty and self.random.random() < 0.1
        self._look_into(self.waiting.waiting(hidden, is_bare), self._looked_for())

    def _look_into(self, listed: list[WaitingMessage], outcomes: set[Outcome]) -> None:
        for attempt in self.store.attempts:
            if attempt.outcome in outcomes:
                self._conclude(attempt, *self._sight_of(attempt, listed))

    def _look_once_more(self, submission: Submission) -> None:
        for attempt in self._unclear(submission):
            self._conclude(attempt, *self._sight_of(attempt, self.waiting.waiting()))

    def _check_nothing_turned_up(self, submission: Submission) -> None:
        for attempt in self._unclear(submission):
            sight, _ = self._sight_of(attempt, self.waiting.waiting())
            assert sight is not Sight.FOUND, "sent again although the first one is there"

    def _unclear(self, submission: Submission) -> list[Attempt]:
        return [
            attempt
            for attempt in self.store.attempts
            if attempt.submission == submission.number and attempt.outcome is Outcome.AMBIGUOUS
        ]

    def _sight_of(self, attempt: Attempt, listed: list[WaitingMessage]) -> tuple[Sight, str]:
        wanted = WantedMessage(attempt.slot, str(attempt.submission), "channel")
        is_full = len(listed) >= LISTED
        sight, message_id = single_messages.look_for_message(
            wanted, listed, is_full, self.store.owns
        )
        if sight is Sight.NOT_SEEN:
            seconds = [message.schedule for message in listed]
            shows_all = all(seconds) and all(message.number for message in listed)
            assert shows_all, "told that it is not there, by a list that hides something"
            is_short = is_full and min(filter(None, seconds)) > attempt.slot
            assert not is_short, "told so by a list that others fill"
        return sight, message_id

    def _stranger(self) -> None:
        """Somebody schedules by hand: for a second of ours, or to one of our people."""
        if not self.store.attempts:
            return
        attempt = self.random.choice(self.store.attempts)
        ours = str(attempt.submission)
        differences: list[dict[str, Any]] = [
            {"number": "another"},
            {"number": ours, "channel_key": "another"},
        ]
        has_come = any(
            one.slot == attempt.slot and one.submission != STRANGER for one in self.vendor.jobs
        )
        if has_come:
            differences.append({"number": ours})
        slot = attempt.slot
        if self.random.random() < 0.3:
            slot, differences = slot + timedelta(seconds=1), [{"number": ours}]
        self.vendor.accept_by_hand(slot, **self.random.choice(differences))


# name: (what stands in `sending.single_messages`, what stands there without the guard)
GUARDS: dict[str, tuple[str, str]] = {
    "handed over as early as a job": (
        "min(lead, START_FENCE + call_timeout + LEFT_TO_LOOK)",
        "lead",
    ),
    "as many at once as there are": ("slot > vendor_now + lead + ROUNDING", "False"),
    "a message of any second is ours": ("message.schedule == wanted.slot", "True"),
    "a message to anybody is ours": ("            and message.number == wanted.number\n", ""),
    "a message of any channel is ours": (
        "            and message.channel_key in {None, wanted.channel_key}\n",
        "",
    ),
    "one of several is ours": ("    if len(message_ids) == 1:\n", "    if message_ids:\n"),
    "a list that hides something is a look": ("            shows_all = False\n", ""),
    "a list that others fill is a look": (
        "list_is_full and (earliest is None or earliest > wanted.slot)",
        "False",
    ),
}
# Guards of the protocol itself that single messages rest on, as in `guards.GUARDS`.
SHARED_GUARDS: dict[str, tuple[str, str]] = {
    "the pace is not kept": ("    if is_too_early:\n        return Refusal.NOT_YET\n", ""),
    "what leaves its list counts as taken back": ("said_at + MARGIN <= slot", "said_at <= slot"),
    "what was not there is sent again by itself": (
        "    if is_gone:\n        return submission\n",
        "",
    ),
}
# What no schedule reaches, because something else stands before it. (what stands, what is before)
UNREACHED: dict[str, tuple[str, str]] = {
    "a message of another attempt is ours": (
        "and not is_owned(message.message_id)",
        "no two attempts share a second, and a message id belongs to one attempt: both constraints",
    ),
}
