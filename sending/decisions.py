"""What people answer about jobs of which nobody else can know what became."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import CampaignEvent
from campaigns.moves import durable, locked_campaign, record_event
from campaigns.states import (
    CampaignState,
    DecisionKind,
    How,
    Outcome,
    SubmissionState,
    TakeBack,
)
from sending import splitting
from sending.control import NotPossible
from sending.models import Attempt, Decision, Submission, with_job_ids
from sending.moves import move_submission
from sending.protocol import Refusal, after_decision
from teams.models import User
from trail.acts import Act
from trail.recording import record


def decide(
    submission: Submission,
    user: User,
    kind: DecisionKind,
    *,
    shown_version: int,
    attempt_id: UUID,
    job_id: str = "",
) -> None:
    """A person answers. Raises NotPossible when the question is not the one shown.

    `job_id`: the job that the person has seen at Sociocs, if they say so with "mark as sent": it is
    kept for the history, but never taken back, since it was only read off a screen.
    """
    try:
        with durable():
            _decide(submission.pk, user, kind, shown_version, attempt_id, job_id)
    except IntegrityError:
        raise NotPossible(_("Someone else has answered this in the meantime.")) from None
    submission.refresh_from_db()


def is_repeat_typed(submission: Submission, kind: DecisionKind, people: int | None) -> bool:
    """Whether who wants a job sent again has named the people who might get it twice."""
    return kind is not DecisionKind.SEND_AGAIN or people == submission.people_handed_over


def _decide(
    submission_id: int,
    user: User,
    kind: DecisionKind,
    shown_version: int,
    attempt_id: UUID,
    job_id: str,
) -> None:
    found = Submission.objects.get(pk=submission_id)
    campaign = locked_campaign(found.campaign_id)
    submission = Submission.objects.select_for_update().get(pk=submission_id)
    attempt = _current_attempt(submission)
    is_current = submission.version == shown_version and (
        attempt is None or attempt.pk == attempt_id
    )
    new = after_decision(
        kind,
        SubmissionState(submission.state),
        Outcome(attempt.outcome) if attempt else None,
        is_current,
        CampaignState(campaign.state),
        is_of_late_look(submission, attempt),
    )
    if isinstance(new, Refusal):
        raise NotPossible(_refusal_sentence(new, submission))
    if job_id:
        _check_job_id(submission, job_id)
    decision = Decision.objects.create(
        user=user,
        submission=submission,
        attempt=attempt,
        kind=kind.value,
        job_id=job_id,
        shown_version=shown_version,
    )
    if kind is DecisionKind.SEND_AGAIN and attempt is not None:
        attempt.waived_by = decision
        attempt.save(update_fields=["waived_by"])
    move_submission(submission, new, **_changes_of(new, job_id))
    if kind is DecisionKind.TRY_AGAIN:
        splitting.split_to_try_again(campaign, submission, user)
    record_event(
        campaign,
        CampaignEvent.Kind.DECIDED,
        user,
        seq=submission.seq,
        people=submission.people_handed_over,
        answer=kind.value,
    )


def is_of_late_look(submission: Submission, attempt: Attempt | None) -> bool:
    """Whether what is unclear is a job that was asked back for somebody who opted out."""
    is_asked_back = attempt is not None and attempt.outcome == Outcome.ACCEPTED
    return is_asked_back and submission.revoked_for == TakeBack.LATE_LOOK


def _check_job_id(submission: Submission, job_id: str) -> None:
    """Raises NotPossible for a job that is another submission's."""
    of_account = {"account": submission.account_id}
    others = with_job_ids(Submission.objects.filter(**of_account), [job_id])
    known = with_job_ids(Attempt.objects.filter(**of_account), [job_id])
    if others.exclude(pk=submission.pk).exists() or known.exclude(submission=submission).exists():
        raise NotPossible(
            _(
                "This job id belongs to another job, so nothing was changed. Look for the job "
                "due at exactly the second named here."
            )
        )


def _current_attempt(submission: Submission) -> Attempt | None:
    if submission.current_attempt_id is None:
        return None
    return Attempt.objects.select_for_update().get(pk=submission.current_attempt_id)


def _changes_of(new: SubmissionState, job_id: str) -> dict[str, object]:
    if new is SubmissionState.ACCEPTED:
        return {"how": How.PERSON.value, "job_id": job_id}
    if new is SubmissionState.READY:
        fresh: dict[str, object] = {"refusal": [], "is_contradicted": False, "is_gone": False}
        return fresh | {"not_before": None, "not_sent_count": 0}
    return {}


def _refusal_sentence(refusal: Refusal, submission: Submission) -> str:
    last = submission.decisions.select_related("user").order_by("-pk").first()
    if refusal in {Refusal.OUTDATED, Refusal.WRONG_STATE} and last is not None:
        return _("%(name)s has answered this already. Nothing was changed.") % {"name": last.user}
    if refusal is Refusal.STILL_OPEN:
        return _("Sociocs has not answered yet. Wait for its answer, two minutes at most.")
    if refusal is Refusal.CAMPAIGN_NOT_SENDING:
        return _("This campaign is being cancelled, so nothing is sent again.")
    return _("This has changed since you opened the page. Look at it again; nothing was changed.")


@transaction.atomic
def look_again(submission: Submission) -> None:
    """A person asks for one more look at the vendor's list, now.

    A single message is there until its second only.
    """
    unclear = submission.attempts.filter(outcome=Outcome.AMBIGUOUS.value)
    if submission.is_single:
        unclear = unclear.filter(slot__gt=timezone.now())
    record(Act.LOOKED_AGAIN, submission.campaign, after={"seq": submission.seq})
    unclear.update(next_look_at=timezone.now() - timedelta(seconds=1))
