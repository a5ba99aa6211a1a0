"""Campaigns: made, changed, looked at, and what each person would get."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Schema, Status

from api.models import Scope
from api.rest.access import ApiRequest
from api.rest.calls import Calls
from api.rest.campaign_fields import (
    CampaignOut,
    CampaignSummary,
    DraftFields,
    NewCampaign,
    campaign_as_json,
    content_sent,
    summary_of,
)
from api.rest.matching import HEADER, changed_meanwhile, check_match, tagged
from api.rest.pages import After, Limit, Page, cursor_page
from api.rest.problems import NotDone, of_draft
from campaigns.addressed_campaigns import campaign_of
from campaigns.models import Campaign
from campaigns.scheduling.timing import zone_of
from campaigns.states import CampaignState
from composer import drafts, message_templates, plan_checks, plan_making, tasks
from composer.forms import ComposeForm
from composer.models import MessageTemplate
from composer.plan_report import PlanReport
from composer.views.compose_parts import content_for, people_reached
from interface import hints
from sending import readiness
from teams.access import Action

router = Calls(tags=["campaigns"])
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
    """What one person would get. `place`: of the row in the lists, from 1; 0: unknown."""

    place: int
    phone: str
    name: str
    text: str


class Preview(Schema):
    """The first people who get the draft as it is, and what each of them gets."""

    messages: list[PreviewedMessage]


def campaign_for(request: ApiRequest, campaign_id: UUID) -> Campaign:
    """The team's campaign, if the token may use its channel. Raises Http404 and MayNot."""
    campaign = campaign_of(request, campaign_id)
    if campaign.channel is not None:
        request.caller.require_channel(campaign.channel)
    return campaign


def told(response: HttpResponse, campaign: Campaign) -> dict[str, Any]:
    """A campaign as it is now, with its ETag."""
    return tagged(response, campaign_as_json(campaign))


def as_seen(request: ApiRequest, campaign_id: UUID, *, is_match_needed: bool = False) -> Campaign:
    """`campaign_for`, if it is as `If-Match` says. Raises NotDone (428, 412) as well."""
    campaign = campaign_for(request, campaign_id)
    if request.headers.get(HEADER) or is_match_needed:
        check_match(request, campaign_as_json(campaign), is_needed=is_match_needed)
    return campaign


@router.call(
    "GET", "/campaigns", Scope.READ, Page[CampaignSummary], "List campaigns, the newest first"
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


@router.call("POST", "/campaigns", Scope.DRAFTS, CampaignOut, "Make a draft", status=201)
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


@router.call("GET", "/campaigns/{uuid:campaign_id}", Scope.READ, CampaignOut, "One campaign")
def get_campaign(request: ApiRequest, response: HttpResponse, campaign_id: UUID) -> Any:
    """With its ETag, which a change sends back as `If-Match`."""
    return told(response, campaign_for(request, campaign_id))


@router.call("PATCH", "/campaigns/{uuid:campaign_id}", Scope.DRAFTS, CampaignOut, "Change a draft")
def change_campaign(
    request: ApiRequest, response: HttpResponse, campaign_id: UUID, sent: DraftFields
) -> Any:
    """Fields that are not sent stay as they are. Wants `If-Match` with the draft's ETag."""
    campaign = as_seen(request, campaign_id, is_match_needed=True)
    _save(request, campaign, campaign.version, sent)
    return told(response, campaign)


@router.call(
    "DELETE", "/campaigns/{uuid:campaign_id}", Scope.DRAFTS, None, "Delete a draft", status=204
)
def delete_campaign(request: ApiRequest, campaign_id: UUID) -> Any:
    """Only a draft can be deleted."""
    if not drafts.delete_draft(as_seen(request, campaign_id)):
        raise NotDone(HTTPStatus.CONFLICT, "Only a draft can be deleted.", "not_a_draft")
    return Status(204, None)


def _save(request: ApiRequest, draft: Campaign, version: int, sent: DraftFields) -> None:
    if draft.state != CampaignState.DRAFT:
        raise NotDone(
            HTTPStatus.CONFLICT, "It was launched: only drafts can be changed.", "not_a_draft"
        )
    content = content_sent(draft, request.user, sent)
    if content.channel is not None:
        request.caller.require_channel(content.channel)
    try:
        drafts.save(draft, request.user, version, content)
    except drafts.Outdated:
        raise changed_meanwhile() from None


@router.call(
    "GET",
    "/campaigns/{uuid:campaign_id}/preview",
    Scope.DRAFTS,
    Preview,
    "What the first people who get a draft would read",
)
def preview_campaign(request: ApiRequest, campaign_id: UUID) -> Any:
    """Of the lists that the token's maker may use."""
    request.caller.require_action(Action.EXPORT)
    campaign = _draft(request, campaign_id)
    form = ComposeForm(campaign, request.user)
    form.is_valid()
    messages = []
    for shown in islice(people_reached(form, request.user), _PREVIEWED):
        text, _around = content_for(campaign, shown.person, request.user)
        phone, name = (shown.person.phone, shown.person.name) if shown.person else ("", "")
        messages.append({"place": shown.place, "phone": phone, "name": name, "text": text})
    return {"messages": messages}


@router.call(
    "GET",
    "/campaigns/{uuid:campaign_id}/plan",
    Scope.DRAFTS,
    Plan,
    "What launching a draft would do",
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
        raise NotDone(HTTPStatus.CONFLICT, "This campaign is no longer a draft.", "not_a_draft")
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
