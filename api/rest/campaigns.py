"""Campaigns: made, changed, looked at, and what each person would get."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from ninja.decorators import decorate_view

from api.models import Scope
from api.rest.access import ApiRequest, Token
from api.rest.campaign_fields import (
    CampaignOut,
    CampaignSummary,
    DraftFields,
    NewCampaign,
    campaign_as_json,
    content_sent,
    etag_of,
    summary_of,
)
from api.rest.pages import After, Limit, Page, cursor_page
from api.rest.problems import EVERYWHERE, NotDone, of_draft
from api.rest.repeats import once
from campaigns.addressed_campaigns import campaign_of
from campaigns.models import Campaign
from campaigns.scheduling.timing import zone_of
from campaigns.states import CampaignState
from composer import drafts, message_templates, plan_checks, plan_making, previewing, tasks
from composer.forms import ComposeForm
from composer.models import MessageTemplate
from composer.plan_report import PlanReport
from composer.views.compose_parts import content_for, shown_lists
from interface import hints
from sending import readiness
from teams.access import Action

router = Router(tags=["campaigns"])
# A plan of many people is made by a worker.
_LOOK_AGAIN_SECONDS = 2
_PREVIEWED = 5


class PlanProblem(Schema):
    """What keeps a draft from being sent."""

    field: str
    detail: str


class PlanWarning(Schema):
    """What has to be confirmed by its `code` in `overruled` to send it all the same."""

    code: str
    detail: str


class Plan(Schema):
    """What launching the draft as it is would do; launching it repeats `version` and `people`."""

    version: int
    is_ready: bool
    problems: list[PlanProblem]
    warnings: list[PlanWarning] = []
    people: int | None = None
    left_out: dict[str, int] = {}
    jobs: int | None = None
    segments: int | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None
    ends_at: datetime | None = None
    needs_approval: bool = False


class PreviewedMessage(Schema):
    """What one person would get."""

    phone: str
    name: str
    text: str


class Preview(Schema):
    """The first people of the draft's lists, and what each would get."""

    messages: list[PreviewedMessage]


def campaign_for(request: ApiRequest, campaign_id: UUID) -> Campaign:
    """The team's campaign, if the token may use its channel. Raises Http404 and MayNot."""
    campaign = campaign_of(request, campaign_id)
    if campaign.channel is not None:
        request.caller.require_channel(campaign.channel)
    return campaign


def told(response: HttpResponse, campaign: Campaign) -> dict[str, Any]:
    """A campaign as it is now, with its ETag."""
    response["ETag"] = etag_of(campaign)
    return campaign_as_json(campaign)


@router.get(
    "/campaigns",
    auth=Token(Scope.READ),
    response={200: Page[CampaignSummary], **EVERYWHERE},
    summary="List campaigns, the newest first",
)
def list_campaigns(
    request: ApiRequest, after: After, limit: Limit, state: CampaignState | None = None
) -> Any:
    """Narrowed down by `state`; a token that is bound to channels sees those of its channels."""
    campaigns = Campaign.objects.filter(team=request.team).select_related("channel")
    if state is not None:
        campaigns = campaigns.filter(state=state.value)
    if bound := request.caller.token.channel_ids:
        campaigns = campaigns.filter(Q(channel=None) | Q(channel__public_id__in=bound))
    return cursor_page(campaigns, after, limit, summary_of)


@router.post(
    "/campaigns",
    auth=Token(Scope.DRAFTS),
    response={201: CampaignOut, **EVERYWHERE},
    summary="Make a draft",
)
@decorate_view(once)
def make_campaign(request: ApiRequest, response: HttpResponse, sent: NewCampaign) -> Any:
    """Of fields, or of a saved message (`from_template`) and whatever fields are to differ."""
    with transaction.atomic():
        if sent.from_template is not None:
            templates = MessageTemplate.objects.filter(team=request.team, archived_at=None)
            template = get_object_or_404(templates, public_id=sent.from_template)
            draft = message_templates.draft_from_template(template, request.user)
        else:
            draft = drafts.begin_draft(request.team, request.user)
        _save(request, draft, draft.version, sent)
    return Status(201, told(response, draft))


@router.get(
    "/campaigns/{uuid:campaign_id}",
    auth=Token(Scope.READ),
    response={200: CampaignOut, **EVERYWHERE},
    summary="One campaign",
)
def get_campaign(request: ApiRequest, response: HttpResponse, campaign_id: UUID) -> Any:
    """With its ETag, which a change sends back as `If-Match`."""
    return told(response, campaign_for(request, campaign_id))


@router.patch(
    "/campaigns/{uuid:campaign_id}",
    auth=Token(Scope.DRAFTS),
    response={200: CampaignOut, **EVERYWHERE},
    summary="Change a draft",
)
def change_campaign(
    request: ApiRequest, response: HttpResponse, campaign_id: UUID, sent: DraftFields
) -> Any:
    """Fields that are not sent stay as they are. Wants `If-Match` with the draft's ETag."""
    campaign = campaign_for(request, campaign_id)
    _save(request, campaign, version_seen(request, campaign), sent)
    return told(response, campaign)


@router.delete(
    "/campaigns/{uuid:campaign_id}",
    auth=Token(Scope.DRAFTS),
    response={204: None, **EVERYWHERE},
    summary="Delete a draft",
)
def delete_campaign(request: ApiRequest, campaign_id: UUID) -> Any:
    """Only a draft can be deleted."""
    if not drafts.delete_draft(campaign_for(request, campaign_id)):
        raise NotDone(HTTPStatus.CONFLICT, "Only a draft can be deleted.", "not_a_draft")
    return Status(204, None)


def version_seen(request: ApiRequest, campaign: Campaign) -> int:
    """The version that `If-Match` names. Raises NotDone (428, 412)."""
    seen = request.headers.get("If-Match", "")
    if not seen:
        sentence = "Send the campaign's ETag as If-Match, so that nobody's change is lost."
        raise NotDone(HTTPStatus.PRECONDITION_REQUIRED, sentence, "if_match_missing")
    if seen not in ("*", etag_of(campaign)):
        raise _changed_meanwhile()
    return campaign.version


def _changed_meanwhile() -> NotDone:
    sentence = "The campaign was changed since. Get it again, and change it as it is now."
    return NotDone(HTTPStatus.PRECONDITION_FAILED, sentence, "outdated")


def _save(request: ApiRequest, draft: Campaign, version: int, sent: DraftFields) -> None:
    if draft.state != CampaignState.DRAFT:
        raise NotDone(HTTPStatus.CONFLICT, "It was launched: only drafts change.", "not_a_draft")
    content = content_sent(draft, request.user, sent)
    if content.channel is not None:
        request.caller.require_channel(content.channel)
    try:
        drafts.save(draft, request.user, version, content)
    except drafts.Outdated:
        raise _changed_meanwhile() from None


@router.get(
    "/campaigns/{uuid:campaign_id}/preview",
    auth=Token(Scope.DRAFTS),
    response={200: Preview, **EVERYWHERE},
    summary="What the first people of a draft would get",
)
def preview_campaign(request: ApiRequest, campaign_id: UUID) -> Any:
    """Of the lists that the token's maker may use."""
    request.caller.require_action(Action.EXPORT)
    campaign = _draft(request, campaign_id)
    form = ComposeForm(campaign, request.user)
    form.is_valid()
    lists = shown_lists(form)
    messages, ask = [], previewing.Ask()
    country = campaign.team.default_country
    for _number in range(_PREVIEWED):
        shown = previewing.person_for_preview(lists, ask, country).person if lists else None
        if shown is None or shown.pk == ask.key:
            break
        text, _around = content_for(campaign, shown, request.user)
        messages.append({"phone": shown.phone, "name": shown.name, "text": text})
        ask = previewing.Ask(previewing.Move.NEXT, key=shown.pk)
    return {"messages": messages}


@router.get(
    "/campaigns/{uuid:campaign_id}/plan",
    auth=Token(Scope.DRAFTS),
    response={200: Plan, **EVERYWHERE},
    summary="What launching a draft would do",
)
def plan_campaign(request: ApiRequest, campaign_id: UUID) -> Any:
    """Of many people it is made by a worker: until it is there, 503 with `Retry-After`."""
    campaign = _draft(request, campaign_id)
    problems = of_draft(readiness.counted_problems(campaign, request.user))
    if problems:
        shown = [{"field": field, "detail": sentence} for field, sentence in problems]
        return {"version": campaign.version, "is_ready": False, "problems": shown}
    report, needs_worker = plan_making.report_of(campaign, request.user)
    if needs_worker:
        hints.nudge(tasks.make_estimate, campaign.pk)
    if report is None:
        sentence = "The plan is being made. Ask again in a moment."
        raise NotDone(
            HTTPStatus.SERVICE_UNAVAILABLE,
            sentence,
            "being_made",
            retry_after=_LOOK_AGAIN_SECONDS,
        )
    return _plan(campaign, report)


def _draft(request: ApiRequest, campaign_id: UUID) -> Campaign:
    campaign = campaign_for(request, campaign_id)
    if campaign.state != CampaignState.DRAFT:
        raise NotDone(HTTPStatus.CONFLICT, "It is no draft any more.", "not_a_draft")
    return campaign


def _plan(campaign: Campaign, report: PlanReport) -> dict[str, Any]:
    checks = plan_checks.checks(campaign, report, zone_of(campaign))
    return {
        "version": campaign.version,
        "is_ready": report.people > 0 and not report.never_ends,
        "problems": [],
        "warnings": [
            {"code": check.code, "detail": check.sentence}
            for check in plan_checks.warning_checks(checks)
        ],
        "people": report.people,
        "left_out": report.left_out,
        "jobs": report.jobs,
        "segments": report.segments.total if report.segments else None,
        "first_at": report.first_slot,
        "last_at": report.last_slot,
        "ends_at": report.last_leaves,
        "needs_approval": readiness.needs_second_person(campaign, report.people),
    }
