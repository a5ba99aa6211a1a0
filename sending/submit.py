"""Handing submissions over: claim, build, intent, call, record. The order is the protection.

1. `claim`: READY -> CLAIMED by a conditional update. Nothing has left this machine.
2. `building.build`: read the slice and look at opt-outs once more. Nothing has left.
3. `attempts.turn`: an open attempt is committed: the point of no return.
4. `gateway.post_message`: the call, outside any transaction, fenced against having waited too long.
5. `attempts.turn`: the answer is stored, together with the intent of the next call.

Killed between 3 and 5, nobody can know whether the call was made. Only what is proven not to have
been sent is ever sent again by itself.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, zip_longest
from typing import Self

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.moves import shared_clock
from campaigns.states import CampaignState, SubmissionState
from interface import log_ids
from interface.database_errors import is_away
from sending import gateway, one_by_one, reconcile, splitting, turns
from sending.attempts import slots_for, turn
from sending.building import build
from sending.failpoints import failpoint
from sending.gateway import VendorClock
from sending.giving_back import gives_back
from sending.intents import Begun, Built
from sending.models import Submission
from sending.moves import move_submissions
from sending.protocol import (
    CLOCK_SKEW,
    LEASE,
    MAY_CLAIM,
    START_FENCE,
    Refusal,
    claim_refusal,
    lane_refusal,
)
from sending.recording import Answered, pause_halted
from sociocs_accounts import call_rates, clients
from sociocs_accounts.lanes import Lane, LaneState
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import GatewayError

log = logging.getLogger(__name__)

CLAIMED_AT_ONCE = 20
# A turn begins no call after so long, and asks to be called again, behind the others.
TURN_SECONDS = 15.0
# A worker that waits this long for an answer needs its connection to the database no longer.
_SLOW_SECONDS = 1.0
# How often a turn looks whether the next single message is in reach.
PACE_SECONDS = 0.25
# What holds for all of a lane: the claims are given back, to be taken anew when it may go on.
_LANE_RESTS = {
    Refusal.LANE_HALTED,
    Refusal.LANE_COOLING,
    Refusal.STILL_OPEN,
    Refusal.PROBE_NEEDED,
    Refusal.TOO_LARGE,
}


class WaitedTooLong(Exception):
    """Between intent and first byte more time passed than the start fence allows."""


@gives_back
def hand_over(account_id: int, only: int | None = None) -> bool:
    """Hand over what is ready on this lane, for a while. True: call again, more is ready.

    `only` one submission where nothing else is to be waited for. Several workers may run it for the
    same lane: the claims and the database's constraints keep them apart.
    """
    account = GatewayAccount.objects.get(pk=account_id)
    if lane_refusal(account.lane, timezone.now()) not in MAY_CLAIM:
        return False
    # The vendor's clock is asked only where there may be something to do by it.
    now = timezone.now()
    if not claimable(account, now, now + CLOCK_SKEW).exists():
        return False
    ends = time.monotonic() + TURN_SECONDS
    try:
        with clients.client_of(account) as client, _Line(account, client) as line:
            while time.monotonic() < ends and not turns.is_over():
                claimed = claim(account, line.look_at_the_clock().now(), only=only)
                if claimed and _hand_over_each(line, claimed, ends):
                    return False
                if not claimed and not _waits_for_the_next_second(line):
                    return False
    except (GatewayError, clients.LaneHalted) as error:
        log.warning("lane %s: cannot hand over now: %s", account.public_id, error)
        return False
    finally:
        pause_halted(account)
    return True


def _waits_for_the_next_second(line: _Line) -> bool:
    """Wait a moment where a single message comes into reach before the tick would tell of it."""
    now, ahead = timezone.now(), timedelta(seconds=settings.TICK_SECONDS)
    if lane_refusal(line.account.lane, now) not in MAY_CLAIM:
        return False
    vendor_now = line.look_at_the_clock().now()
    soon = claimable(line.account, now + ahead, vendor_now + ahead).filter(is_single=True)
    if not soon.exists():
        return False
    line.store()
    time.sleep(PACE_SECONDS)
    return True


def _hand_over_each(line: _Line, claimed: list[Submission], ends: float) -> bool:
    """Hand each over until the turn `ends`; whatever happens, unused claims are given back.

    True: the lane must rest.
    """
    failpoint("after_claim")
    account = line.account
    try:
        _look_before_sending_again(line, claimed)
        slots, is_idle = slots_for(account.pk, claimed), True
        for submission, slot in zip(claimed, slots, strict=True):
            if turns.is_over() or time.monotonic() >= ends:
                break
            if slot and one_by_one.is_too_early(submission, slot, line.look_at_the_clock().now()):
                continue
            # While the call of the one before is under way.
            built = build(submission, slot)
            failpoint("after_build")
            refusal = line.hand_over(built)
            is_idle &= refusal is Refusal.NOT_YET
            if refusal in _LANE_RESTS:
                line.store()
                account.refresh_from_db()
                return refusal not in {Refusal.PROBE_NEEDED, Refusal.TOO_LARGE}
        if is_idle:
            # Only single messages, whose pace is one a second.
            line.store()
            time.sleep(PACE_SECONDS)
    except call_rates.MustWait:
        return True
    finally:
        release(claimed)
    account.refresh_from_db()
    return False


@dataclass(slots=True)
class _Line:
    """One call after the other. The thread only calls; the database is not touched there.

    Left for whatever reason, it has stored the answer of its last call.
    """

    account: GatewayAccount
    client: SociocsClient
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))
    under_way: Future[Answered] | None = None
    answered: Answered | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.store()
        finally:
            self.thread.shutdown()

    def look_at_the_clock(self) -> VendorClock:
        """The vendor's clock; may ask, and an answer in hand must not wait for anything."""
        if not gateway.knows_time(self.account):
            self.store()
        return gateway.vendor_clock(self.account, self.client)

    def hand_over(self, built: Built) -> Refusal | None:
        """Store the answer of the call before, and begin the next one unless it is refused.

        Raises call_rates.MustWait, GatewayError or gateway.LaneHalted; then nothing was begun.
        """
        self.wait()
        if turns.is_over():
            # A worker that was told to end begins no further call.
            return Refusal.NOT_YET
        pause = call_rates.reserve(self.account)
        if pause:
            self.store()
        time.sleep(pause)
        now = self.look_at_the_clock().now()
        begun = turn(self.answered, built, now)
        self.answered = None
        if not isinstance(begun, Begun):
            return begun
        self.under_way = self.thread.submit(log_ids.carried(_call), self.client, begun)
        return None

    def wait(self) -> None:
        """Wait for the answer of the call under way."""
        if self.under_way is not None:
            call, self.under_way = self.under_way, None
            is_slow = bool(wait([call], timeout=_SLOW_SECONDS).not_done)
            if is_slow and not connection.in_atomic_block:
                connection.close()
            self.answered = call.result()

    def store(self) -> None:
        """Store the answer of the call before, without a next one."""
        self.wait()
        if self.answered is not None:
            turn(self.answered, None, timezone.now())
            self.answered = None
            failpoint("after_record")


def _look_before_sending_again(line: _Line, claimed: list[Submission]) -> None:
    """Whoever said "send again" may have been overtaken by proof that the first one arrived."""
    tried = [submission.pk for submission in claimed if submission.attempt_count]
    if tried:
        line.store()
        reconcile.look_once_more(line.account, line.client, tried)


def _call(client: SociocsClient, begun: Begun) -> Answered:
    """Make the one call of an attempt, unless this process was frozen since its intent."""

    def fence() -> None:
        failpoint("before_send")
        if gateway.boot_time() - begun.intended_at > START_FENCE.total_seconds():
            raise WaitedTooLong

    answer, evidence = gateway.post_message(client, begun.message, fence)
    # The job id is in the log before it is in the database: a last resort for a person.
    log.info(
        "attempt %s: %s, job %s, HTTP %s",
        begun.attempt.pk,
        answer.reason or answer.kind.value,
        answer.job_id or "-",
        answer.http_status or "-",
    )
    failpoint("after_answer")
    attempt = begun.attempt
    return Answered(attempt.pk, attempt.n, attempt.submission, answer, evidence)


# --- Claim ----------------------------------------------------------------------------------------


def claimable(
    account: GatewayAccount, now: datetime, vendor_now: datetime | None = None
) -> QuerySet[Submission]:
    """What `claim_refusal` allows on a lane that is open, in the order of its slots.

    Of single messages only those whose seconds are in reach by the vendor's clock, which is ours
    if nobody says otherwise. This only searches: before a row is claimed, the rule itself is asked.
    """
    return (
        Submission.objects.filter(
            account=account,
            state=SubmissionState.READY.value,
            campaign__state=CampaignState.SENDING.value,
        )
        .filter(Q(not_before=None) | Q(not_before__lte=now), one_by_one.in_reach(vendor_now or now))
        .order_by("planned_slot", "id")
    )


def claim(
    account: GatewayAccount,
    vendor_now: datetime | None = None,
    at_most: int = CLAIMED_AT_ONCE,
    only: int | None = None,
) -> list[Submission]:
    """Take the next READY submissions of this lane for this worker, or `only` one; may be empty.

    The lane's campaigns take turns, so that a long one does not hold up a short one.
    """
    failpoint("before_claim")
    token = uuid.uuid4()
    with transaction.atomic():
        ready = claimable(account, timezone.now(), vendor_now)
        ids = _in_turns(ready.filter(pk=only) if only else ready, account, at_most)
        move_submissions(
            ids,
            SubmissionState.READY,
            SubmissionState.CLAIMED,
            claim_token=token,
            lease_until=shared_clock() + LEASE,
        )
    _held.add(token)
    mine = Submission.objects.filter(pk__in=ids, claim_token=token).in_bulk()
    claimed = [mine[pk] for pk in ids if pk in mine]
    _complete(claimed, account)
    return splitting.cut_to_size(claimed, account)


def _complete(submissions: list[Submission], account: GatewayAccount) -> None:
    """Give each its account and its campaign, which is read once for all that are its."""
    campaigns = Campaign.objects.select_related("channel", "message", "team").in_bulk(
        {submission.campaign_id for submission in submissions}
    )
    for submission in submissions:
        submission.campaign, submission.account = campaigns[submission.campaign_id], account


def _in_turns(ready: QuerySet[Submission], account: GatewayAccount, at_most: int) -> list[int]:
    """Primary keys of what may be claimed, one of each campaign in turn; locked where possible."""
    now = timezone.now()
    waiting = Campaign.objects.filter(
        Exists(ready.filter(campaign=OuterRef("pk")).order_by()), state=CampaignState.SENDING.value
    )
    campaigns = list(waiting.values_list("pk", flat=True))
    # With more campaigns than fit into a batch, chance is fair enough.
    chosen = random.sample(campaigns, min(at_most, len(campaigns)))
    share = -(-at_most // max(1, len(chosen)))
    queues = [
        _first_of(ready.filter(campaign_id=campaign_id), share, account.lane, now)
        for campaign_id in chosen
    ]
    turns = (
        submission_id
        for turn_of in zip_longest(*queues)
        for submission_id in turn_of
        if submission_id is not None
    )
    return list(islice(turns, at_most))


def _first_of(rows: QuerySet[Submission], number: int, lane: Lane, now: datetime) -> list[int]:
    """The first of these rows, as far as the protocol lets them be claimed as they are now."""
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    submissions = rows.values_list("pk", "campaign__state", "state", "not_before")[:number]
    return [
        pk
        for pk, campaign, state, not_before in submissions
        if claim_refusal(CampaignState(campaign), SubmissionState(state), not_before, lane, now)
        in MAY_CLAIM
    ]


def release(submissions: list[Submission]) -> None:
    """Give claims back that were not used; the others are not touched.

    On a new connection if the server has closed ours; else they come back by their lease.
    """
    try:
        _release(submissions)
    except Error as error:
        if not is_away(error):
            raise
        connection.close()
        _release(submissions)


def _release(submissions: list[Submission]) -> None:
    tokens = {submission.claim_token for submission in submissions}
    move_submissions(
        [submission.pk for submission in submissions],
        SubmissionState.CLAIMED,
        SubmissionState.READY,
        Q(claim_token__in=tokens),
        claim_token=None,
        lease_until=None,
    )
    _held.difference_update(tokens)


# What this process has claimed and not given back yet.
_held: set[uuid.UUID | None] = set()


def keep_claims() -> None:
    """Hold on to what this process has claimed: whoever does not do so for a while is dead."""
    if held := tuple(_held):
        claimed = Submission.objects.filter(
            state=SubmissionState.CLAIMED.value, claim_token__in=held
        )
        claimed.update(lease_until=shared_clock() + LEASE)


def unserved_accounts() -> list[int]:
    """Accounts with something to hand over of which no worker has anything in hand.

    Those that rest, or whose list could not be had, are not asked more often than the tick comes.
    """
    now = timezone.now()
    just_failed = now - timedelta(seconds=settings.TICK_SECONDS)
    rests = Q(account__cool_until__gt=now) | Q(account__list_trouble_at__gt=just_failed)
    in_hand = Submission.objects.filter(
        state__in=[SubmissionState.CLAIMED.value, SubmissionState.POSTING.value]
    )
    ready = Submission.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        one_by_one.in_reach(now + CLOCK_SKEW),
        state=SubmissionState.READY.value,
        campaign__state=CampaignState.SENDING.value,
        account__state=LaneState.OPEN.value,
    ).exclude(Q(account__in=in_hand.values("account")) | rests)
    return list(ready.order_by().values_list("account_id", flat=True).distinct())
