"""Smaller jobs for what is left, when the vendor (or a daily limit) finds them too large."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Max

from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.moves import record_event
from campaigns.person_states import LEFT_OUT_LATE
from campaigns.states import DecisionKind, PauseReason, SubmissionState
from sending import day_limits
from sending.models import Decision, Submission
from sending.moves import move_submission
from teams.models import User

_SPLITTABLE = [
    SubmissionState.PLANNED.value,
    SubmissionState.READY.value,
    SubmissionState.REVOKED.value,
]
TOO_LARGE = "too_large"


def split_if_too_large(campaign: Campaign, user: User) -> None:
    """A person lets a campaign go on that was paused because its jobs are too large: halve them.

    The refused jobs are tried again as halves. The caller holds the campaign's row lock.
    """
    if campaign.state_reason == PauseReason.TOO_LARGE:
        refused = [
            submission
            for submission in campaign.submissions.filter(
                state=SubmissionState.REFUSED.value, current_attempt__reason=TOO_LARGE
            ).select_related("current_attempt")
            if submission.recipient_count > 1
        ]
        if refused:
            at_most = min(submission.recipient_count for submission in refused) // 2
            for submission in refused:
                _try_again(submission, user)
            _split(campaign, user, at_most)
    elif campaign.state_reason == PauseReason.QUOTA and campaign.channel is not None:
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


def _try_again(submission: Submission, user: User) -> None:
    """Refused is provably not sent."""
    Decision.objects.create(
        user=user,
        submission=submission,
        attempt=submission.current_attempt,
        kind=DecisionKind.TRY_AGAIN.value,
        shown_version=submission.version,
    )
    move_submission(
        submission, SubmissionState.READY, refusal=[], not_before=None, not_sent_count=0
    )


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
