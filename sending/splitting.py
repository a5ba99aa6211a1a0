"""Smaller jobs for what is left, when the vendor (or a daily limit) finds them too large.

A refusal for its size halves the size of the account's jobs and gives the job back
(`sending.recording`). Whatever is larger than the account takes is cut when a worker has claimed
it: its first part is what the worker holds, the others wait behind it. Nothing of it has left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Max

from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.moves import locked_campaign, record_event
from campaigns.person_states import LEFT_OUT_LATE
from campaigns.states import PauseReason, SubmissionState
from sending import day_limits
from sending.intents import has_to_be_cut
from sending.models import Submission
from sociocs_accounts.models import GatewayAccount
from teams.models import User

_SPLITTABLE = [
    SubmissionState.PLANNED.value,
    SubmissionState.READY.value,
    SubmissionState.REVOKED.value,
]
TOO_LARGE = "too_large"


def cut_to_size(claimed: Sequence[Submission], account: GatewayAccount) -> list[Submission]:
    """Cut what is larger than the account takes; of what was taken away meanwhile nothing is left.

    Each of `claimed` comes with its account and stays in the hands of its claim.
    """
    return [
        submission
        for submission in claimed
        if not has_to_be_cut(submission) or _cut(submission, account.largest_job)
    ]


def _cut(submission: Submission, at_most: int) -> bool:
    """False when it was not the claim's any more."""
    with transaction.atomic():
        # Whoever cancels or pauses holds the same row, and so does whoever numbers jobs.
        campaign = locked_campaign(submission.campaign_id)
        first, *rest = _parts(submission, at_most)
        submission.first_position, submission.last_position, submission.recipient_count = first
        is_mine = Submission.objects.filter(
            pk=submission.pk,
            state=SubmissionState.CLAIMED.value,
            claim_token=submission.claim_token,
        ).update(
            first_position=submission.first_position,
            last_position=submission.last_position,
            recipient_count=submission.recipient_count,
            version=F("version") + 1,
        )
        if is_mine:
            last = campaign.submissions.aggregate(last=Max("seq"))["last"]
            parts = [
                _part_of(submission, last + number, part, number)
                for number, part in enumerate(rest, start=1)
            ]
            for part in parts:
                part.state = SubmissionState.READY.value
            Submission.objects.bulk_create(parts, batch_size=500)
    return bool(is_mine)


def split_for_a_day(campaign: Campaign, user: User) -> None:
    """A person lets a campaign go on that was paused because its jobs do not fit into a day.

    The caller holds the campaign's row lock.
    """
    if campaign.state_reason == PauseReason.QUOTA and campaign.channel is not None:
        limit = day_limits.smallest_limit(campaign)
        if limit is not None:
            _split(campaign, user, limit)


def split_to_try_again(campaign: Campaign, submission: Submission, user: User) -> None:
    """A person has a refused job, READY again by now, tried again: in halves if it was too large.

    So is everything else that is left; trying the same again would be refused again.
    """
    attempt = submission.current_attempt
    if attempt is not None and attempt.reason == TOO_LARGE and submission.recipient_count > 1:
        _split(campaign, user, submission.recipient_count // 2)


def _split(campaign: Campaign, user: User, at_most: int) -> None:
    """Cut every job that nothing is known to have left of into jobs of `at_most` people."""
    large = list(
        # What was gone is a question about the very job that it was.
        campaign.submissions.filter(
            state__in=_SPLITTABLE, recipient_count__gt=at_most, is_gone=False
        ).order_by("seq")
    )
    seq = campaign.submissions.aggregate(last=Max("seq"))["last"] or 0
    made: list[Submission] = []
    for submission in large:
        first, *rest = _parts(submission, at_most)
        for number, part in enumerate(rest, start=1):
            seq += 1
            made.append(_part_of(submission, seq, part, number))
        submission.first_position, submission.last_position, submission.recipient_count = first
    Submission.objects.bulk_update(
        large, ["first_position", "last_position", "recipient_count"], batch_size=500
    )
    Submission.objects.bulk_create(made, batch_size=500)
    if made:
        record_event(campaign, CampaignEvent.Kind.SPLIT, user, people=at_most, jobs=len(made))


def _part_of(
    submission: Submission, seq: int, part: tuple[int, int, int], number: int
) -> Submission:
    first, last, people = part
    return Submission(
        campaign_id=submission.campaign_id,
        account_id=submission.account_id,
        seq=seq,
        first_position=first,
        last_position=last,
        recipient_count=people,
        text=submission.text,
        state=submission.state,
        revoked_for=submission.revoked_for,
        planned_slot=submission.planned_slot + timedelta(seconds=number),
        send_by=submission.send_by,
        zones=submission.zones,
        not_before=submission.not_before,
    )


def _parts(submission: Submission, at_most: int) -> Iterator[tuple[int, int, int]]:
    """(first position, last position, people) of each part, in order."""
    positions = list(
        CampaignRecipient.objects.filter(
            campaign_id=submission.campaign_id,
            position__gte=submission.first_position,
            position__lte=submission.last_position,
            # Who was left out since then stays among the people of their job.
            left_out__in=["", *sorted(LEFT_OUT_LATE)],
        )
        .order_by("position")
        .values_list("position", flat=True)
    )
    if not positions:
        yield submission.first_position, submission.last_position, submission.recipient_count
    for start in range(0, len(positions), at_most):
        part = positions[start : start + at_most]
        yield part[0], part[-1], len(part)
