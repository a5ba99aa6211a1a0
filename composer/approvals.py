"""Four eyes: a second person approves what goes to many people.

Whoever wants to launch asks; a colleague who may launch approves, and with that it is launched, or
rejects it with a reason. What is approved is bound to what was seen. The draft's version, all it
says and its lists' last changes are compared at once (`plan_making.approval_fingerprint`). The
people themselves, cell by cell, are compared whenever a small audience or the plan of a large one
is looked at, and with those who are frozen (`audience_digest`); so are the names that a text takes
from elsewhere (`outside_values`). Any change asks again.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.audiences import audience_digest
from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import locked_campaign, record_event
from campaigns.states import CampaignState
from campaigns.texts import personal_texts
from composer import plan_making
from interface.prepared_queries import Among, prepared
from sending import launch, readiness
from sending.models import Approval
from sending.readiness import Confirmation, LaunchRefusal, LaunchRefused, SeenPlan
from teams import proved_addresses
from teams.models import Team, User

Verdict = Approval.Verdict


class NotApproved(Exception):
    """Nothing was launched; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def open_request(campaign: Campaign) -> Approval | None:
    """The request that waits for a colleague; one that the draft has outgrown is closed by this."""
    approval = campaign.approvals.filter(answer=Verdict.WAITING).select_related("asked_by").first()
    if approval is None:
        return None
    if campaign.state != CampaignState.DRAFT or _is_outdated(campaign, approval):
        outgrow(approval)
        return None
    return approval


def asked_as_it_is(campaign: Campaign) -> Approval | None:
    """The request that waits for the draft as it is stored; its people are not looked at again."""
    approvals = campaign.approvals.filter(answer=Verdict.WAITING, version=campaign.version)
    return approvals.select_related("asked_by").first()


def asker_or(user: User, campaign: Campaign) -> Coalesce:
    """Who asked for approval of the draft as it is stored, else `user`: a value for a query."""
    asked = campaign.approvals.filter(answer=Verdict.WAITING, version=campaign.version)
    return Coalesce(Subquery(asked.values("asked_by")[:1]), user.pk)


def outgrow(approval: Approval) -> None:
    """Close a request whose draft or people are no longer those it was made for."""
    Approval.objects.filter(pk=approval.pk, answer=Verdict.WAITING).update(answer=Verdict.OUTDATED)


def last_answer(campaign: Campaign) -> Approval | None:
    """The latest request if it came to nothing, for whoever looks at the draft next.

    An approved one did when it could not be frozen as it was seen.
    """
    last = campaign.approvals.select_related("answered_by", "asked_by").order_by("-pk").first()
    came_to_nothing = {Verdict.REJECTED, Verdict.OUTDATED}
    if campaign.state_reason == launch.NOT_AS_APPROVED:
        came_to_nothing.add(Verdict.APPROVED)
    return last if last and last.answer in came_to_nothing else None


def waiting_in(team: Team) -> list[Approval]:
    """All requests for approval of a team that wait, oldest first."""
    return _first_waiting(team.pk)


@prepared
def _first_waiting(team: int) -> QuerySet[Approval]:
    approvals = Approval.objects.filter(
        campaign__team=team, campaign__state=CampaignState.DRAFT.value, answer=Verdict.WAITING
    )
    return approvals.select_related("campaign", "asked_by").order_by("pk")[:20]


def _is_outdated(campaign: Campaign, approval: Approval) -> bool:
    return (
        approval.version != campaign.version
        or plan_making.approval_fingerprint(campaign, approval.asked_by) != approval.fingerprint
        # Opt-outs, earlier campaigns and whatever else changes people but not their lists.
        or (
            plan_making.is_small_audience(campaign)
            and audience_digest.of_draft(campaign) != approval.audience
        )
    )


def launch_or_ask(campaign: Campaign, confirmation: Confirmation) -> bool:
    """Launch a draft; where nothing but a second person is missing, ask colleagues to approve it.

    False: they are asked. Raises LaunchRefused.
    """
    try:
        launch.launch(campaign, confirmation)
    except LaunchRefused as refused:
        if refused.code is not LaunchRefusal.APPROVAL or confirmation.plan is None:
            raise
        _ask(campaign, confirmation, confirmation.plan)
        return False
    return True


def _ask(campaign: Campaign, confirmation: Confirmation, plan: SeenPlan) -> None:
    user, people = confirmation.user, confirmation.people
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        if locked.state != CampaignState.DRAFT or locked.version != confirmation.version:
            raise readiness.outdated()
        if locked.approvals.filter(token=confirmation.token).exists():
            return
        locked.approvals.filter(answer=Verdict.WAITING).update(answer=Verdict.OUTDATED)
        Approval.objects.create(
            campaign=locked,
            asked_by=user,
            fingerprint=plan_making.approval_fingerprint(locked, user),
            audience=plan.audience,
            outside_values=personal_texts.outside_values_of(locked, user),
            version=confirmation.version,
            people=people,
            token=confirmation.token,
            overruled=confirmation.warnings_overruled(),
        )
        record_event(locked, CampaignEvent.Kind.APPROVAL_ASKED, user, people=people)


def may_answer(approval: Approval, user: User) -> str:
    """Why this person may not answer a request; "" if they may (and may launch at all)."""
    if approval.asked_by_id == user.pk:
        return _("You asked for this yourself: someone else has to approve it.")
    if approval.campaign.updated_by_id == user.pk:
        return _("You wrote this draft last: someone else has to approve it.")
    if not proved_addresses.is_proved(user):
        return _("First confirm your e-mail address in your account.")
    return ""


def approve(
    approval_id: UUID, campaign: Campaign, user: User, seen: str, *, is_proved: bool
) -> None:
    """Approve, and so launch, exactly what was asked for and `seen`.

    `is_proved`: whoever approves has typed their password lately. Raises NotApproved, and
    LaunchRefused for what stands in the launch's way.
    """
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        approval = _waiting(locked, approval_id, user)
        if _is_outdated(locked, approval) or approval.fingerprint != seen:
            raise NotApproved(_outdated())
        approval.answer = Verdict.APPROVED
        _answer(approval, user)
        confirmation = Confirmation(
            user=approval.asked_by,
            token=approval.token,
            version=approval.version,
            people=approval.people,
            is_proved=is_proved,
            approval=approval,
        )
        launch.launch(locked, confirmation)
        record_event(locked, CampaignEvent.Kind.APPROVED, user, people=approval.people)
    campaign.refresh_from_db()


def reject(approval_id: UUID, campaign: Campaign, user: User, reason: str) -> None:
    """Say no, and why. Raises NotApproved when that has no effect any more."""
    if not reason.strip():
        raise NotApproved(
            _("Say why, so that it can be fixed, such as “the price is from last year”.")
        )
    with transaction.atomic():
        locked = locked_campaign(campaign.pk)
        approval = _waiting(locked, approval_id, user)
        approval.answer, approval.reason = Verdict.REJECTED, reason.strip()[:500]
        _answer(approval, user)
        record_event(locked, CampaignEvent.Kind.REJECTED, user, reason=approval.reason)


def _waiting(campaign: Campaign, approval_id: UUID, user: User) -> Approval:
    approval = campaign.approvals.filter(public_id=approval_id).select_related("asked_by").first()
    if (
        approval is None
        or approval.answer != Verdict.WAITING
        or campaign.state != CampaignState.DRAFT
    ):
        raise NotApproved(_("Someone else has answered this already, or it was changed."))
    why_not = may_answer(approval, user)
    if why_not:
        raise NotApproved(why_not)
    return approval


def _answer(approval: Approval, user: User) -> None:
    approval.answered_by, approval.answered_at = user, timezone.now()
    approval.save(update_fields=["answer", "answered_by", "answered_at", "reason"])


def _outdated() -> str:
    return _("It changed after approval was asked for. Ask for approval again to send it.")


def waiting_for_approval(campaign_ids: Iterable[int]) -> set[int]:
    """Return which of these are drafts that a colleague was asked to approve as they stand."""
    return set(_campaigns_that_wait(list(campaign_ids)))


@prepared
def _campaigns_that_wait(campaigns: list[int]) -> QuerySet[Approval, int]:
    waiting = Approval.objects.filter(
        Among("campaign_id", campaigns),
        answer=Approval.Verdict.WAITING,
        version=F("campaign__version"),
        campaign__state=CampaignState.DRAFT.value,
    )
    return waiting.values_list("campaign_id", flat=True)
