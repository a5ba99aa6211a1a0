"""What people may do to a running campaign: pause, resume, cancel, answer questions."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import gateway, launch, plan, timetable
from campaigns.models import (
    Attempt,
    Campaign,
    CampaignEvent,
    Decision,
    GatewayAccount,
    Submission,
)
from campaigns.moves import (
    durable,
    locked_campaign,
    move_campaign,
    move_submission,
    move_submissions,
    record_event,
)
from campaigns.pacing import CannotPlan
from campaigns.protocol import (
    Deletion,
    Refusal,
    after_cancel,
    after_decision,
    after_deletion,
)
from campaigns.states import (
    CANCELLABLE,
    CampaignState,
    DecisionKind,
    How,
    LaneState,
    Outcome,
    PauseReason,
    SubmissionState,
)
from sociocs_gateway.exceptions import GatewayError
from teams.models import User

log = logging.getLogger(__name__)


class NotPossible(Exception):
    """The wish has no effect any more; `sentence` says why and what is true now."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def pause(campaign: Campaign, user: User) -> None:
    """C7: nothing new is handed over. What is on its way stays on its way. Raises NotPossible."""
    with transaction.atomic():
        here = locked_campaign(campaign.pk)
        if here.state != CampaignState.SENDING:
            raise NotPossible(_("Only a campaign that is being handed over can be paused."))
        move_campaign(here, CampaignState.PAUSED, "person")
        record_event(here, CampaignEvent.Kind.PAUSED, user, reason="person")
    campaign.refresh_from_db()


def resume(campaign: Campaign, user: User) -> None:
    """C6, C8: go on. A campaign whose time has passed gets a new one, from now on.

    With sending hours, that is when they begin again. Raises NotPossible.
    """
    with transaction.atomic():
        here = locked_campaign(campaign.pk)
        if here.state not in {CampaignState.PAUSED, CampaignState.MISSED}:
            raise NotPossible(_("This campaign is not paused any more."))
        assert here.channel is not None
        if here.channel.account.state == LaneState.HALTED:
            raise NotPossible(
                _(
                    "Sociocs does not accept this channel's account at the moment. Ask the person "
                    "who manages this server to check its API key, then resume."
                )
            )
        _go_on(here, user)
    campaign.refresh_from_db()


def continue_in_hours() -> None:
    """C8: campaigns that sending hours stopped, and that may go on by themselves, do so.

    Their jobs get slots in the next sending hours at once, so that they are there in time.
    """
    stopped = Campaign.objects.filter(
        state=CampaignState.PAUSED.value,
        state_reason=PauseReason.QUIET_HOURS.value,
        continues_next_day=True,
        channel__account__state=LaneState.OPEN.value,
    )
    for campaign_id in list(stopped.values_list("pk", flat=True)):
        with transaction.atomic(), suppress(NotPossible):
            here = locked_campaign(campaign_id)
            if here.state_reason == PauseReason.QUIET_HOURS:
                _go_on(here, None)


def _go_on(campaign: Campaign, user: User | None) -> None:
    """Let a paused or missed campaign, whose row is locked, go on. Raises NotPossible."""
    send_by = _send_by_from_now(campaign)
    move_campaign(campaign, CampaignState.SENDING, send_by=send_by)
    _make_ready(campaign)
    record_event(campaign, CampaignEvent.Kind.RESUMED, user)


def _send_by_from_now(campaign: Campaign) -> datetime:
    """How late its jobs may go out when it goes on now: never earlier than it was.

    The jobs of a campaign with a pace or sending hours get new slots. Raises NotPossible.
    """
    if timetable.is_timed(campaign):
        return _replanned(campaign)
    first = max(campaign.send_at or timezone.now(), timezone.now() + plan.lead())
    jobs = max(campaign.submissions.count(), 1)
    send_by = plan.send_by_of(plan.slots_from(first, jobs)[-1])
    return max(send_by, campaign.send_by or send_by)


def _replanned(campaign: Campaign) -> datetime:
    now = timezone.now()
    earliest = max(campaign.send_at or now, now + plan.lead())
    try:
        send_by = timetable.replan(campaign, earliest, now)
    except CannotPlan:
        raise NotPossible(
            _(
                "With its sending hours and its pace, the rest would take more than a year. Cancel "
                "it, and send the rest as a new campaign."
            )
        ) from None
    return max(send_by or now, campaign.send_by or now)


def cancel(campaign: Campaign, user: User) -> None:
    """C13: nothing more goes out; jobs whose time has not come are taken back by the tick.

    A launch that is still freezing becomes a draft again. Raises NotPossible.
    """
    if launch.undo(campaign, user):
        return
    with transaction.atomic():
        here = locked_campaign(campaign.pk)
        if (CampaignState(here.state), CampaignState.CANCELLING) not in _CANCELLABLE_FROM:
            raise NotPossible(_("This campaign is finished. There is nothing left to cancel."))
        move_campaign(here, CampaignState.CANCELLING)
        record_event(here, CampaignEvent.Kind.CANCEL_ASKED, user)
        sweep_cancelling(here)
    campaign.refresh_from_db()


_CANCELLABLE_FROM = {
    (state, CampaignState.CANCELLING)
    for state in (
        CampaignState.SCHEDULED,
        CampaignState.MISSED,
        CampaignState.SENDING,
        CampaignState.PAUSED,
        CampaignState.NEEDS_DECISION,
    )
}


def _make_ready(campaign: Campaign) -> None:
    """B1, B22: what waits for its campaign, and what was taken back, may be handed over."""
    for state in (SubmissionState.PLANNED, SubmissionState.REVOKED):
        ids = list(campaign.submissions.filter(state=state.value).values_list("pk", flat=True))
        move_submissions(ids, state, SubmissionState.READY)


def sweep_cancelling(campaign: Campaign) -> None:
    """B18, B23: in a campaign that is being cancelled, stop all that can still be stopped.

    The caller holds the campaign's row lock. Repeated by the tick: an answer that comes in late can
    make a submission READY or ACCEPTED again.
    """
    for state in CANCELLABLE:
        ids = list(campaign.submissions.filter(state=state.value).values_list("pk", flat=True))
        if ids:
            move_submissions(ids, state, SubmissionState.CANCELLED, claim_token=None)
    accepted = campaign.submissions.filter(
        state=SubmissionState.ACCEPTED.value,
        current_attempt__slot__gt=timezone.now(),
        current_attempt__revoked_at=None,
    ).exclude(job_id="")
    for submission in accepted.select_related("current_attempt"):
        assert submission.current_attempt is not None
        new = after_cancel(
            SubmissionState.ACCEPTED, submission.current_attempt.slot, timezone.now()
        )
        if new is not SubmissionState.ACCEPTED:
            move_submission(submission, new)


def revoke(account_id: int) -> None:
    """B19-B21: ask the vendor to delete the jobs of REVOKING submissions, one by one."""
    account = GatewayAccount.objects.get(pk=account_id)
    waiting = list(
        Submission.objects.filter(
            account=account, state=SubmissionState.REVOKING.value
        ).select_related("current_attempt")[:200]
    )
    if not waiting:
        return
    try:
        with gateway.client_of(account) as client:
            for submission in waiting:
                assert submission.current_attempt is not None
                now = gateway.vendor_clock(account, client).now()
                answer = gateway.delete(client, submission.job_id)
                _record_deletion(submission, submission.current_attempt, answer, now)
    except (GatewayError, gateway.LaneHalted) as error:
        log.warning("lane %s: could not take jobs back: %s", account.public_id, error)


def _record_deletion(
    submission: Submission, attempt: Attempt, answer: Deletion, now: datetime
) -> None:
    new = after_deletion(answer, attempt.slot, now)
    if new is None:
        return
    with durable():
        if new is SubmissionState.REVOKED:
            Attempt.objects.filter(pk=attempt.pk).update(revoked_at=timezone.now())
        elif new is SubmissionState.UNKNOWN:
            # Neither "sent" nor "not sent" is proven: the attempt stays live, a person is asked.
            Submission.objects.filter(pk=submission.pk).update(how="")
        move_submission(submission, new)


def decide(
    submission: Submission,
    user: User,
    kind: DecisionKind,
    *,
    shown_version: int,
    attempt_id: UUID,
) -> None:
    """B12-B15: a person answers. Raises NotPossible when the question is not the one shown."""
    try:
        with durable():
            _decide(submission.pk, user, kind, shown_version, attempt_id)
    except IntegrityError:
        raise NotPossible(_("Somebody else has answered this in the meantime.")) from None
    submission.refresh_from_db()


def _decide(
    submission_id: int, user: User, kind: DecisionKind, shown_version: int, attempt_id: UUID
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
    )
    if isinstance(new, Refusal):
        raise NotPossible(_refusal_sentence(new, submission))
    decision = Decision.objects.create(
        user=user,
        submission=submission,
        attempt=attempt,
        kind=kind.value,
        shown_version=shown_version,
    )
    if kind is DecisionKind.SEND_AGAIN and attempt is not None:
        attempt.waived_by = decision
        attempt.save(update_fields=["waived_by"])
    move_submission(submission, new, **_changes_of(new))
    record_event(
        campaign,
        CampaignEvent.Kind.DECIDED,
        user,
        seq=submission.seq,
        people=submission.recipient_count,
        answer=kind.value,
    )


def _current_attempt(submission: Submission) -> Attempt | None:
    if submission.current_attempt_id is None:
        return None
    return Attempt.objects.select_for_update().get(pk=submission.current_attempt_id)


def _changes_of(new: SubmissionState) -> dict[str, object]:
    if new is SubmissionState.ACCEPTED:
        return {"how": How.PERSON.value}
    if new is SubmissionState.READY:
        return {"not_before": None, "not_sent_count": 0, "refusal": [], "is_contradicted": False}
    return {}


def _refusal_sentence(refusal: Refusal, submission: Submission) -> str:
    last = submission.decisions.select_related("user").order_by("-pk").first()
    if refusal in {Refusal.OUTDATED, Refusal.WRONG_STATE} and last is not None:
        return _("%(name)s has answered this already. Nothing was changed.") % {"name": last.user}
    if refusal is Refusal.STILL_OPEN:
        return _("The call is still under way. Wait for its answer, three minutes at most.")
    if refusal is Refusal.CAMPAIGN_NOT_SENDING:
        return _("This campaign is being cancelled, so nothing is sent again.")
    return _("This has changed since you opened the page. Look at it again; nothing was changed.")


def look_again(submission: Submission) -> None:
    """A person asks for one more look at the vendor's list, now."""
    unclear = submission.attempts.filter(outcome=Outcome.AMBIGUOUS.value)
    unclear.update(next_look_at=timezone.now() - timedelta(seconds=1))
