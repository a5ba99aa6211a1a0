"""The late look in the simulation: it, the deletions for it, and what was promised to people."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from campaigns.states import (
    CampaignState,
    How,
    LateLook,
    Outcome,
    SubmissionState,
    TakeBack,
)
from sending import late_rules, protocol
from sending.protocol import Deletion
from sociocs_accounts.lanes import LaneState

if TYPE_CHECKING:
    from tests.sending.simulation.store import Attempt, Store, Submission
    from tests.sending.simulation.vendor import Vendor

C, S = CampaignState, SubmissionState
TIME_OUT = timedelta(seconds=60)
LEAD = timedelta(minutes=5)
# What a job with somebody who opted out was left as it is for, and which the page tells.
NAMED = frozenset(LateLook) - {LateLook.NOBODY, LateLook.TAKEN_OUT}
# Between being asked back and being accepted again.
UNDER_WAY = frozenset({S.REVOKING, S.REVOKED, S.READY, S.CLAIMED, S.POSTING})


class LateLooks:
    """The part of a schedule that looks once more who opted out."""

    now: datetime
    store: Store
    vendor: Vendor
    random: random.Random
    faulty: bool
    has_hours: bool

    if TYPE_CHECKING:

        @property
        def ours(self) -> datetime: ...
        def _used_slots(self) -> set[datetime]: ...
        def _deleted(self, submission: Submission) -> Deletion: ...
        def _is_open(self, slot: datetime) -> bool: ...

    def _late_look(self) -> None:
        """The tick and its task: one list call, then each job whose look is due, in turn."""
        answers_well = not (self.faulty and self.random.random() < 0.15)
        has_date = answers_well and not (self.faulty and self.random.random() < 0.1)
        if answers_well and self.store.lane.probe_needed:
            self.store.lane = replace(self.store.lane, probe_needed=False)
        for one in sorted(self.store.submissions, key=self._slot_of):
            attempt = self.store.current_of(one)
            if one.state is S.ACCEPTED and attempt and self._is_due(one, attempt):
                self._look_at(one, attempt, answers_well, self.now if has_date else None)

    def _slot_of(self, one: Submission) -> datetime:
        attempt = self.store.current_of(one)
        return attempt.slot if attempt else one.planned

    def _is_due(self, one: Submission, attempt: Attempt) -> bool:
        if one.late_look is not None or attempt.revoked:
            return False
        since = attempt.started_at
        due = late_rules.late_look_at(since, attempt.slot, LEAD, TIME_OUT)
        if self.ours < due:
            return False
        # Not before half of its time is over, nor more than half an hour before it ends; but while
        # there is room to act.
        nearest = attempt.slot - max(2 * LEAD, LEAD + 2 * TIME_OUT + timedelta(seconds=20))
        half = since + (attempt.slot - since) / 2
        half_an_hour = attempt.slot - timedelta(minutes=30)
        assert self.ours >= min(max(half, half_an_hour), nearest), "looked too early"
        assert due <= nearest, "looked too late to act"
        return True

    def _look_at(
        self, one: Submission, attempt: Attempt, answers_well: bool, vendors: datetime | None
    ) -> None:
        if not self._has_wishes(one):
            self._spend(one, LateLook.NOBODY)
            return
        if answers_well:
            refusal = late_rules.late_look_refusal(
                self.store.state,
                one.state,
                one.how,
                one.job_id,
                attempt.slot,
                self.store.lane,
                self.ours,
                vendors,
                late_rules.room_needed(LEAD, TIME_OUT),
                self._is_others_turn(),
                lambda: self._would_go_out(attempt),
            )
        else:
            refusal = LateLook.ACCOUNT
        room = late_rules.room_needed(LEAD, TIME_OUT)
        is_over = late_rules.is_too_late(attempt.slot, vendors or self.ours, room)
        if refusal is None:
            self._take_out(one, attempt, answers_well, vendors)
        elif refusal not in late_rules.MAY_CHANGE or is_over:
            self._spend(one, refusal)

    def _has_wishes(self, one: Submission) -> bool:
        return one.has_opted_out

    def _spend(self, one: Submission, result: LateLook) -> None:
        one.late_look, one.looked_at = result, self.now

    def _is_others_turn(self) -> bool:
        return any(
            one.revoked_for is TakeBack.LATE_LOOK
            and late_rules.is_between(self.store.state, one.state, self._slot_of(one), self.ours)
            for one in self.store.submissions
        )

    def _would_go_out(self, attempt: Attempt) -> bool:
        store = self.store
        earliest = max(attempt.slot, self.now + LEAD)
        used = self._used_slots()
        slot = next(
            one for one in protocol.slot_candidates(attempt.slot, earliest) if one not in used
        )

        def fits() -> bool:
            own = 10 if slot.date() == attempt.slot.date() else 0
            limit = store.daily_limit
            return limit is None or store.people_on(slot.date()) - own + 10 <= limit

        return (
            protocol.intent_refusal(
                store.state,
                S.CLAIMED,
                True,
                slot,
                store.send_by,
                store.lane,
                self.ours,
                self._is_open(slot),
                fits,
            )
            is None
        )

    def _take_out(
        self, one: Submission, attempt: Attempt, answers_well: bool, vendors: datetime | None
    ) -> None:
        store, lane = self.store, self.store.lane
        assert one.how is not How.PERSON, "what a person only named is taken back"
        assert one.job_id, "a job without an id is taken back"
        assert vendors is not None, "taken back by our own clock"
        assert answers_well, "taken back although the list did not answer"
        assert store.state is C.SENDING, f"taken back while the campaign is {store.state}"
        assert lane.state is LaneState.OPEN, "taken back on an account that waits for a person"
        assert lane.cool_until is None or self.ours >= lane.cool_until, "taken back while it cools"
        assert not lane.strikes, "taken back while the account does not answer"
        assert self.now + LEAD + 2 * TIME_OUT <= attempt.slot, "taken back with no time to act"
        assert self._is_open(attempt.slot), "taken back although it is outside its hours"
        assert attempt.slot <= store.send_by, "taken back although it is past its last moment"
        under_way = [
            other
            for other in store.submissions
            if other.revoked_for is TakeBack.LATE_LOOK and other.state in UNDER_WAY
        ]
        assert not under_way, "two jobs at once are taken back for a wish"
        one.take_outs += 1
        assert one.take_outs == 1, "taken back for a second late look"
        one.revoked_for, one.is_gone, one.planned = TakeBack.LATE_LOOK, False, attempt.slot
        one.first_slot = attempt.slot
        self._spend(one, LateLook.TAKEN_OUT)
        store.move(one, S.REVOKING)

    def _delete_for_late_look(
        self, one: Submission, attempt: Attempt, is_proven: bool
    ) -> tuple[Deletion | None, SubmissionState | None]:
        answer = None
        if late_rules.may_still_delete(attempt.slot, self.now, TIME_OUT):
            assert self.now + TIME_OUT + timedelta(seconds=10) <= attempt.slot, "deleted too late"
            answer = self._deleted(one)
        new = late_rules.after_late_deletion(
            answer, attempt.slot, self.now, self.now, TIME_OUT, is_proven
        )
        if new is not None:
            one.late_look = late_rules.what_came_of_it(new, answer)
        return answer, new

    def _is_of_late_look(self, one: Submission) -> bool:
        """Whether its question is about a job that was asked back for a wish."""
        attempt = self.store.current_of(one)
        is_asked_back = attempt is not None and attempt.outcome is Outcome.ACCEPTED
        return one.revoked_for is TakeBack.LATE_LOOK and is_asked_back

    def _copy_acts(self) -> None:
        """A copy of this database, restored somewhere, takes the same job back and sends it."""
        for one in self.store.submissions:
            attempt = self.store.current_of(one)
            is_asked_back = one.state is S.REVOKING and one.revoked_for is TakeBack.LATE_LOOK
            if attempt and is_asked_back and not one.is_copied:
                if self.vendor.delete(one.job_id, self.now) is Deletion.DELETED:
                    one.is_copied = True
                    self.vendor.accept(one.number, attempt.slot, self.now)
                return

    def _check_wish(self, one: Submission) -> None:
        """Whoever was opted out when the late look came got nothing, or is told why."""
        if one.opted_out_at is None or one.looked_at is None or one.is_copied:
            return
        if one.opted_out_at >= one.looked_at or one.state is not S.ACCEPTED:
            return
        slots = {job.slot for job in self.vendor.jobs if job.executed}
        reached = any(
            attempt.slot in slots and not attempt.is_without and not attempt.revoked
            for attempt in self.store.attempts
            if attempt.submission == one.number and attempt.outcome is Outcome.ACCEPTED
        )
        assert not reached or one.late_look in NAMED, f"reached, and it says {one.late_look}"
