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
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.audiences import audience_digest
from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import locked_campaign, record_event
from campaigns.states import CampaignState
from campaigns.texts import personal_texts
from composer import plan_making
from sending import launch, readiness
from sending.models import Approval
from sending.readiness import Confirmation, LaunchRefused, Refusal, SeenPlan
from teams.models import Team, User

Answer = Approval.Answer


class NotApproved(Exception):
    """Nothing was launched; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def open_wish(campaign: Campaign) -> Approval | None:
    """The wish that waits for a colleague; one that the draft has outgrown is closed by this."""
    wish = campaign.approvals.filter(answer=Answer.WAITING).select_related("asked_by").first()
    if wish is None:
        return None
    if campaign.state != CampaignState.DRAFT or _is_outdated(campaign, wish):
        outgrow(wish)
        return None
    return wish


def asked_as_it_is(campaign: Campaign) -> Approval | None:
    """The wish that waits for the draft as it is stored; its people are not looked at again."""
    found = campaign.approvals.filter(answer=Answer.WAITING, version=campaign.version)
    return found.select_related("asked_by").first()


def outgrow(wish: Approval) -> None:
    """Close a wish whose draft or people are no longer those it was made for."""
    Approval.objects.filter(pk=wish.pk, answer=Answer.WAITING).update(answer=Answer.OUTDATED)


def last_answer(campaign: Campaign) -> Approval | None:
    """The latest wish if it came to nothing, for whoever looks at the draft next.

    An approved one did when it could not be frozen as it was seen.
    """
    last = campaign.approvals.select_related("answered_by", "asked_by").order_by("-pk").first()
    came_to_nothing = {Answer.REJECTED, Answer.OUTDATED}
    if campaign.state_reason == launch.NOT_AS_APPROVED:
        came_to_nothing.add(Answer.APPROVED)
    return last if last and last.answer in came_to_nothing else None


def waiting_in(team: Team) -> list[Approval]:
    """All wishes of a team that wait, oldest first."""
    found = Approval.objects.filter(
        campaign__team=team, campaign__state=CampaignState.DRAFT.value, answer=Answer.WAITING
    )
    return list(found.select_related("campaign", "asked_by").order_by("pk")[:20])


def _is_outdated(campaign: Campaign, wish: Approval) -> bool:
    return (
        wish.version != campaign.version
        or plan_making.approval_fingerprint(campaign, wish.asked_by) != wish.fingerprint
        # Opt-outs, earlier campaigns and whatever else changes people but not their lists.
        or (
            plan_making.is_small_audience(campaign)
            and audience_digest.of_draft(campaign) != wish.audience
        )
    )


def launch_or_ask(campaign: Campaign, confirmation: Confirmation) -> bool:
    """Launch a draft; where nothing but a second person is missing, ask colleagues to approve it.

    False: they are asked. Raises LaunchRefused.
    """
    try:
        launch.launch(campaign, confirmation)
    except LaunchRefused as refused:
        if refused.code is not Refusal.APPROVAL or confirmation.plan is None:
            raise
        _ask(campaign, confirmation, confirmation.plan)
        return False
    return True


def _ask(campaign: Campaign, confirmation: Confirmation, plan: SeenPlan) -> None:
    user, people = confirmation.user, confirmation.people
    with transaction.atomic():
        here = locked_campaign(campaign.pk)
        if here.state != CampaignState.DRAFT or here.version != confirmation.version:
            raise readiness.outdated()
        if here.approvals.filter(token=confirmation.token).exists():
            return
        here.approvals.filter(answer=Answer.WAITING).update(answer=Answer.OUTDATED)
        Approval.objects.create(
            campaign=here,
            asked_by=user,
            fingerprint=plan_making.approval_fingerprint(here, user),
            audience=plan.audience,
            outside_values=personal_texts.outside_values_of(here, user),
            version=confirmation.version,
            people=people,
            token=confirmation.token,
            overruled=confirmation.warnings_overruled(),
        )
        record_event(here, CampaignEvent.Kind.APPROVAL_ASKED, user, people=people)


def may_answer(wish: Approval, user: User) -> str:
    """Why this person may not answer a wish; "" if they may (and may launch at all)."""
    if wish.asked_by_id == user.pk:
        return _("You asked for this yourself: somebody else has to approve it.")
    if wish.campaign.updated_by_id == user.pk:
        return _("You wrote this draft last: somebody else has to approve it.")
    return ""


def approve(wish_id: UUID, campaign: Campaign, user: User, seen: str, *, is_proved: bool) -> None:
    """Approve, and so launch, exactly what was asked for and `seen`.

    `is_proved`: whoever approves has typed their password lately. Raises NotApproved, and
    LaunchRefused for what stands in the launch's way.
    """
    with transaction.atomic():
        here = locked_campaign(campaign.pk)
        wish = _waiting(here, wish_id, user)
        if _is_outdated(here, wish) or wish.fingerprint != seen:
            raise NotApproved(_outdated())
        wish.answer = Answer.APPROVED
        _answer(wish, user)
        confirmation = Confirmation(
            user=wish.asked_by,
            token=wish.token,
            version=wish.version,
            people=wish.people,
            is_proved=is_proved,
            approval=wish,
        )
        launch.launch(here, confirmation)
        record_event(here, CampaignEvent.Kind.APPROVED, user, people=wish.people)
    campaign.refresh_from_db()


def reject(wish_id: UUID, campaign: Campaign, user: User, reason: str) -> None:
    """Say no, and why. Raises NotApproved when that has no effect any more."""
    if not reason.strip():
        raise NotApproved(_("Say why, so that it can be mended: “the price is of last year”."))
    with transaction.atomic():
        here = locked_campaign(campaign.pk)
        wish = _waiting(here, wish_id, user)
        wish.answer, wish.reason = Answer.REJECTED, reason.strip()[:500]
        _answer(wish, user)
        record_event(here, CampaignEvent.Kind.REJECTED, user, reason=wish.reason)


def _waiting(campaign: Campaign, wish_id: UUID, user: User) -> Approval:
    wish = campaign.approvals.filter(public_id=wish_id).select_related("asked_by").first()
    if wish is None or wish.answer != Answer.WAITING or campaign.state != CampaignState.DRAFT:
        raise NotApproved(_("Somebody else has answered this already, or it was changed."))
    why_not = may_answer(wish, user)
    if why_not:
        raise NotApproved(why_not)
    return wish


def _answer(wish: Approval, user: User) -> None:
    wish.answered_by, wish.answered_at = user, timezone.now()
    wish.save(update_fields=["answer", "answered_by", "answered_at", "reason"])


def _outdated() -> str:
    return _("It was changed since it was asked for. Whoever wants to send it has to ask again.")


def waiting_for_approval(campaign_ids: Iterable[int]) -> set[int]:
    """Return which of these are drafts that a colleague was asked to approve as they stand."""
    waiting = Approval.objects.filter(
        campaign_id__in=list(campaign_ids),
        answer=Approval.Answer.WAITING,
        version=F("campaign__version"),
        campaign__state=CampaignState.DRAFT.value,
    )
    return set(waiting.values_list("campaign_id", flat=True))
