"""What follows from a wish to stop for jobs that Sociocs has already, and what became of each.

The register only writes a row; here it is found, by the tick or a hint. Whoever opted out and is in
such a job is noted (`CampaignRecipient.stopped`) and, unless the team wants it otherwise, blocked
at once by the number as it stands in the job. Whether a job that waits heeds a block is not known:
certain is only the late look (`sending.late_looks`). When the time of the job has come it is told
what it came to: taken out, blocked, or too late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, Exists, Q, QuerySet, Subquery
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.moves import locked_campaign, record_event
from campaigns.opt_out_words import (
    STOPPED_WORDS,
    WHY_NOT_A_SINGLE_MESSAGE,
    WHY_NOT_TAKEN_OUT,
)
from campaigns.states import (
    RUNNING,
    CampaignState,
    LateLook,
    Stopped,
    SubmissionState,
)
from delivery import blocking
from delivery.models import SentMessage, VendorBlock, WebhookEndpoint
from delivery.replies import JOB_OF_PERSON, submission_of, submissions_of
from interface.wording import Text
from recipients.models import OptOut
from sending.intents import may_have_gone
from sending.models import Submission
from sociocs_accounts.models import GatewayAccount
from sociocs_gateway.results import DeliveryStatus
from teams.models import StopWay

PEOPLE_A_ROUND = 500
_PEOPLE_TOLD_A_ROUND = 2_000
_S = SubmissionState
# Jobs that are, or may be, at the vendor; or are being built at this very moment.
_HANDED_OVER = frozenset({_S.CLAIMED, _S.POSTING, _S.ACCEPTED, _S.UNKNOWN, _S.REVOKING, _S.REVOKED})
_MAY_STILL_GO_OUT = [*sorted(state.value for state in RUNNING), CampaignState.CANCELLING.value]
# What was learnt of an account: a block counts for later jobs only.
_LATER_JOBS_ONLY = "blocks_later_jobs_only"
# Looks after which nothing but the block was left to try.
_LEFT_TO_THE_BLOCK = frozenset(
    {"", LateLook.NOBODY, LateLook.TAKEN_OUT, LateLook.BLOCK_ONLY, LateLook.NO_TIME}
)
# Who may have been kept from it: a message that is blocked may be queued first.
_NOT_REACHED = [
    *(DeliveryStatus.FAILED.value, DeliveryStatus.UNKNOWN.value, DeliveryStatus.QUEUED.value),
]


def has_wishes() -> bool:
    """Whether a wish waits to be followed up, or it is still open what became of one."""
    return OptOut.objects.filter(is_followed_up=False).exists() or _to_tell().exists()


def follow_wishes() -> bool:
    """Follow up the next wishes, and tell what became of earlier ones. True: more wait."""
    with transaction.atomic():
        # Another worker has its own five hundred, where the database can tell them apart.
        rows = OptOut.objects.select_for_update(
            of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
        ).filter(is_followed_up=False)
        wishes = list(rows.select_related("team").order_by("pk")[:PEOPLE_A_ROUND])
        surely = [one for one in wishes if one.is_open and one.source != OptOut.Source.UNSURE]
        _stop(surely)
        for lifted in wishes:
            if not lifted.is_open:
                _let_go_on(lifted)
        OptOut.objects.filter(pk__in=[one.pk for one in wishes]).update(is_followed_up=True)
    _tell_what_came_of_them()
    return len(wishes) == PEOPLE_A_ROUND


def came_of_wishes(campaign: Campaign) -> Counter[Stopped]:
    """How many people opted out after their job was handed over, by what became of each."""
    rows = CampaignRecipient.objects.filter(campaign=campaign).exclude(stopped="")
    counts = rows.values_list("stopped").annotate(n=Count("pk")).order_by()
    return Counter({Stopped(stopped): n for stopped, n in counts})


@dataclass(frozen=True, slots=True)
class OptedOut:
    """How many people opted out after hand-over, (people, words) of each part that holds any, and
    why those were not taken out who were not.

    `is_unproved`: some were blocked, and no report will ever say whether they got it all the same.
    """

    people: int
    parts: list[tuple[int, Text]]
    reasons: list[str]
    is_unproved: bool

    @property
    def mark(self) -> str:
        """Changes whenever anything of it does."""
        return "-".join(f"{n}{words}" for n, words in self.parts).replace(" ", "")


def opted_out_since(campaign: Campaign) -> OptedOut | None:
    """What a campaign's page says of its wishes; None where there are none."""
    counts = came_of_wishes(campaign)
    if not counts:
        return None
    parts = [(counts[one], words) for one, words in STOPPED_WORDS.items() if counts[one]]
    not_taken_out = CampaignRecipient.objects.filter(
        ~Q(stopped=""), campaign=campaign, stopped__in=(Stopped.TOO_LATE, Stopped.BLOCKED)
    )
    looks = not_taken_out.annotate(
        look=Subquery(JOB_OF_PERSON.values("late_look")[:1]),
        is_single=Subquery(JOB_OF_PERSON.values("is_single")[:1]),
    )
    found = set(looks.values_list("look", "is_single").distinct())
    words = [str(text) for look, text in WHY_NOT_TAKEN_OUT.items() if (look, False) in found]
    if any(is_single for _look, is_single in found):
        words.append(str(WHY_NOT_A_SINGLE_MESSAGE))
    is_unproved = bool(counts[Stopped.BLOCKED]) and not _has_reports(campaign)
    return OptedOut(counts.total(), parts, list(dict.fromkeys(words)), is_unproved)


def _has_reports(campaign: Campaign) -> bool:
    endpoints = WebhookEndpoint.objects.filter(channel=campaign.channel_id, wants_statuses=True)
    return endpoints.filter(state=WebhookEndpoint.State.ON).exists()


def heed_report(message: SentMessage) -> None:
    """Somebody who was blocked got it all the same: jobs that wait do not heed blocks there."""
    person = message.recipient
    # Nearly nobody has opted out: the others cost no query.
    if person is None or not person.stopped or message.status in _NOT_REACHED:
        return
    blocked = CampaignRecipient.objects.filter(pk=person.pk, stopped=Stopped.BLOCKED)
    if blocked.update(stopped=Stopped.TOO_LATE):
        _learn_that_blocks_come_too_late(message.channel.account)


def _learn_that_blocks_come_too_late(account: GatewayAccount) -> None:
    account.capabilities = {**account.capabilities, _LATER_JOBS_ONLY: True}
    account.save(update_fields=["capabilities"])


# --- A wish ---------------------------------------------------------------------------------------


def _stop(wishes: Sequence[OptOut]) -> None:
    people: dict[Campaign, list[int]] = {}
    blocks: list[tuple[OptOut, GatewayAccount, str]] = []
    in_jobs = _in_jobs(wishes)
    # First, as everybody does who changes people and tells of it.
    for campaign_id in sorted({row.campaign_id for row, _wish in in_jobs}):
        locked_campaign(campaign_id)
    jobs = submissions_of([row for row, _wish in in_jobs])
    for row, wish in in_jobs:
        submission = jobs.get(row.pk)
        if submission is None or submission.state not in _HANDED_OVER:
            continue
        slot = _slot_of(submission)
        if slot is not None and slot <= wish.created_at:
            continue
        people.setdefault(row.campaign, []).append(row.pk)
        is_ahead = slot is None or slot > timezone.now()
        if is_ahead and wish.team.stop_way != StopWay.TAKE_OUT:
            blocks.append((wish, submission.account, row.phone))
    for campaign, ids in people.items():
        rows = CampaignRecipient.objects.filter(pk__in=ids, stopped="", left_out="")
        if count := rows.update(stopped=Stopped.WAITING):
            record_event(campaign, CampaignEvent.Kind.OPTED_OUT, people=count)
    blocking.block_by_itself(blocks)


def _in_jobs(wishes: Sequence[OptOut]) -> list[tuple[CampaignRecipient, OptOut]]:
    """The places of these people in campaigns that may still go out, by the key of the person."""
    pairs = []
    by_team: dict[int, dict[str, OptOut]] = {}
    for wish in wishes:
        by_team.setdefault(wish.team_id, {})[wish.phone_key] = wish
    for team_id, by_key in by_team.items():
        since = min(wish.created_at for wish in by_key.values())
        rows = CampaignRecipient.objects.filter(
            Q(campaign__state__in=_MAY_STILL_GO_OUT) | Q(campaign__finished_at__gte=since),
            campaign__team_id=team_id,
            phone_key__in=list(by_key),
            left_out="",
        )
        pairs += [(row, by_key[row.phone_key]) for row in rows.select_related("campaign")]
    return pairs


def _slot_of(submission: Submission) -> datetime | None:
    """The second of the job that is at the vendor; None before there is one."""
    attempt = submission.current_attempt
    is_under_way = submission.state in {_S.CLAIMED, _S.REVOKED}
    return None if attempt is None or is_under_way else attempt.slot


# --- A wish that was lifted -----------------------------------------------------------------------


def _let_go_on(lifted: OptOut) -> None:
    blocking.unblock_by_itself(lifted)
    again = OptOut.objects.open().filter(team=lifted.team_id, phone_key=lifted.phone_key)
    if again.exclude(source=OptOut.Source.UNSURE).exists():
        return
    rows = CampaignRecipient.objects.filter(
        campaign__team_id=lifted.team_id,
        phone_key=lifted.phone_key,
        left_out="",
        stopped=Stopped.WAITING,
    )
    for row in rows:
        submission = submission_of(row)
        slot = _slot_of(submission) if submission else None
        if slot is None or slot > timezone.now():
            still = CampaignRecipient.objects.filter(pk=row.pk, left_out="", stopped=row.stopped)
            still.update(stopped="")


# --- What became of it ----------------------------------------------------------------------------


def _tell_what_came_of_them() -> None:
    rows = list(_to_tell().select_related("campaign")[:_PEOPLE_TOLD_A_ROUND])
    jobs = submissions_of(rows)
    for row in rows:
        if (job := jobs.get(row.pk)) is not None and (result := _result(row, job)) != row.stopped:
            CampaignRecipient.objects.filter(pk=row.pk, stopped=row.stopped).update(stopped=result)


def _to_tell() -> QuerySet[CampaignRecipient]:
    """Those of whom it can be said by now: whatever waits for a time ahead, or an answer, waits."""
    is_decided = Q(state__in=[_S.CANCELLED.value, _S.ABANDONED.value]) | Q(
        state=_S.ACCEPTED.value, current_attempt__slot__lte=timezone.now()
    )
    return CampaignRecipient.objects.filter(
        # Says nothing new, but the index for the few who are stopped begins at it.
        ~Q(stopped=""),
        Exists(JOB_OF_PERSON.filter(is_decided)) | Q(campaign__state=CampaignState.CANCELLED.value),
        stopped=Stopped.WAITING,
    )


def _result(row: CampaignRecipient, submission: Submission) -> str:
    """What became of somebody of `_to_tell`; "" when it does not matter."""
    state = SubmissionState(submission.state)
    if state is not _S.ACCEPTED or row.campaign.state == CampaignState.CANCELLED:
        return Stopped.TOO_LATE if may_have_gone(submission) else ""
    slot = _slot_of(submission)
    assert slot is not None
    if not (_is_left_to_the_block(submission) and _was_blocked(row, submission, slot)):
        return Stopped.TOO_LATE
    if SentMessage.objects.filter(recipient=row).exclude(status__in=_NOT_REACHED).exists():
        _learn_that_blocks_come_too_late(submission.account)
        return Stopped.TOO_LATE
    return Stopped.BLOCKED


def _is_left_to_the_block(submission: Submission) -> bool:
    """Whether a block is what was to keep them from it, and may have.

    Where they were to be taken out and could not be, it is help but no proof: too late, it is told.
    """
    heeds = not submission.account.capabilities.get(_LATER_JOBS_ONLY)
    return heeds and not submission.is_single and submission.late_look in _LEFT_TO_THE_BLOCK


def _was_blocked(row: CampaignRecipient, submission: Submission, slot: datetime) -> bool:
    """Whether the vendor confirmed in time that it blocks them, by their number in the job."""
    return VendorBlock.objects.filter(
        account=submission.account_id,
        phone=row.phone,
        is_block=True,
        state=VendorBlock.State.DONE,
        updated_at__lte=slot,
    ).exists()
