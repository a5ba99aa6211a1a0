"""Writing a campaign: one page for everything, saved as a draft until somebody reviews it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.addressed_campaigns import campaign_of
from campaigns.models import Campaign, CampaignEvent
from campaigns.problems import Problem
from campaigns.states import CampaignState
from campaigns.timeline import event_sentence
from composer import approvals, drafts
from composer.autosaving import page_save_of
from composer.forms import ComposeForm
from composer.schedule_fields import ScheduleFields
from composer.views import message_parts
from composer.views.compose_parts import audience_context, preview_phone
from composer.views.message_parts import asked, whole_number
from composer.views.schedule_step import (
    Load,
    moment_of,
    options_in_words,
    schedule_context,
)
from composer.views.steps import WHAT, settled_steps, typed_problems
from interface.dates import written
from interface.form_fields import is_uuid
from interface.read_once import reading_once
from recipients.models import RecipientList, SavedFilter
from sending import readiness
from teams.access import Action, TeamRequest, page_of_team


@require_POST
@page_of_team(Action.COMPOSE)
def campaign_new(request: TeamRequest) -> HttpResponse:
    """Make a draft and open it; `list` and `filter` (public ids) choose some at once."""
    lists = RecipientList.objects.for_member(request.team, request.user)
    filters = SavedFilter.objects.for_member(request.team, request.user)
    wanted, fitting = (
        [value for value in request.POST.getlist(name) if is_uuid(value)]
        for name in ("list", "filter")
    )
    draft = drafts.create(
        request.team,
        request.user,
        lists.filter(public_id__in=wanted),
        filters.filter(public_id__in=fitting),
    )
    return redirect("compose", request.team.slug, draft.public_id)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.COMPOSE)
def compose(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Show the draft or save it. `?check` also points out what is still missing."""
    campaign = campaign_of(request, campaign_id)
    if request.method == "POST":
        return _posted(request, campaign)
    if campaign.state != CampaignState.DRAFT:
        return redirect("campaign", request.team.slug, campaign.public_id)
    with reading_once():
        form = ComposeForm(campaign, request.user)
        form.is_valid()
        problems = launch_problems_of(campaign, request)
        settled = settled_steps(form, problems)
        if "check" not in request.GET:
            problems = [problem for problem in problems if form.is_filled(problem)]
        return _page(request, form, problems, settled=settled)


@reading_once()
def launch_problems_of(campaign: Campaign, request: TeamRequest) -> list[Problem]:
    """All that keeps this person from launching this draft now."""
    return readiness.counted_problems(campaign, request.user)


def _posted(request: TeamRequest, campaign: Campaign) -> HttpResponse:
    if "use_time" in request.POST or "use" in request.POST:
        return _page(request, _with_suggestion(request, campaign))
    with reading_once():
        form = ComposeForm(campaign, request.user, request.POST)
        is_valid = form.is_valid()
    if "person" in request.POST:
        return _page(request, form)
    if not is_valid:
        return _page(request, form, _faults_besides(form), status=422)
    version = form.cleaned_data["version"]
    if request.POST.get("overwrite") == str(campaign.version):
        version = campaign.version
    try:
        content, before = form.content(), form.stored_content
        drafts.save(campaign, request.user, version, content, page_save_of(form), before)
    except drafts.Outdated as outdated:
        form.add_error(None, outdated_sentence(outdated, campaign))
        return _page(request, form, status=409, outdated=outdated)
    return _after_saving(request, campaign)


def _after_saving(request: TeamRequest, campaign: Campaign) -> HttpResponse:
    address = [request.team.slug, campaign.public_id]
    if "test" in request.POST:
        shown, place = (whole_number(request.POST.get(name)) for name in ("shown", "place"))
        return redirect(reverse("test-send", args=address) + f"?person={shown}&place={place}")
    if "review" not in request.POST:
        messages.success(request, _("The draft is saved."))
        return redirect("compose", *address)
    if launch_problems_of(campaign, request):
        return redirect(reverse("compose", args=address) + "?check")
    return redirect("review", *address)


def _faults_besides(form: ComposeForm) -> list[Problem]:
    """What else is wrong in a form that cannot be saved: told in the same go.

    What is only missing yet is named to whoever wants to review it.
    """
    problems = typed_problems(form)
    return [problem for problem in problems if "review" in form.data or form.is_filled(problem)]


def _with_suggestion(request: TeamRequest, campaign: Campaign) -> ComposeForm:
    """What was typed, with the suggested time, hours or pace instead of what cannot work."""
    data = request.POST.copy()
    if "use_time" in data:
        data["when"] = "later"
        data["date"], _t, data["time"] = request.POST.get("use_time", "").partition("T")
    for name, value in parse_qsl(request.POST.get("use", "")):
        if name in ScheduleFields.base_fields:
            data[name] = value
    form = ComposeForm(campaign, request.user, data)
    form.is_valid()
    return form


def outdated_sentence(outdated: drafts.Outdated, campaign: Campaign) -> str:
    """Why a form was not saved, and what to do about it."""
    who = outdated.by or _("Someone")
    if not outdated.is_draft:
        return _(
            "This campaign was sent or scheduled meanwhile, so what you typed here was not "
            "saved. Copy what you still need."
        )
    at = outdated.at.astimezone(ZoneInfo(campaign.team.time_zone))
    return _(
        "%(who)s saved this draft at %(time)s, while you were writing. What you typed is all "
        "still here, but not saved: look at the other version, then save yours over it or copy "
        "what you need."
    ) % {"who": who, "time": written(at, "H:i")}


# What makes somebody open a draft again that they thought was on its way.
_CAME_BACK = {CampaignEvent.Kind.LAUNCH_UNDONE, CampaignEvent.Kind.REJECTED}


@reading_once()
def _page(
    request: TeamRequest,
    form: ComposeForm,
    problems: Iterable[Problem] = (),
    status: int = 200,
    outdated: drafts.Outdated | None = None,
    settled: dict[str, bool] | None = None,
) -> HttpResponse:
    settled = settled or settled_steps(form, typed_problems(form))
    last = form.campaign.last_event_kind
    came_back = form.campaign.events.order_by("-pk").first() if last in _CAME_BACK else None
    is_asked = last == CampaignEvent.Kind.APPROVAL_ASKED
    context: dict[str, Any] = {
        "form": form,
        "campaign": form.campaign,
        "page_token": uuid4(),
        "outdated": outdated,
        "settled": settled,
        "first_open": next((step for step, is_settled in settled.items() if not is_settled), WHAT),
        "came_back": event_sentence(came_back) if came_back else "",
        "approval": approvals.asked_as_it_is(form.campaign) if is_asked else None,
        "phone": preview_phone(form, asked(request.POST), request.user),
        **message_parts.of_form(form, request.user),
        **audience_context(form),
        **schedule_context(form),
    }
    context["moment"] = moment_of(form, _load(context["figures"]))
    # Last: a field with an error counts as empty, and the phone shows what was typed all the same.
    form.add_problems(problems)
    return render(request, "composer/compose.html", context, status=status)


# --- Fragments: nothing is saved, and what is wrong stays silent until somebody saves -------------


def fragment_form(request: TeamRequest, campaign_id: UUID) -> ComposeForm:
    """What is typed now, right or wrong."""
    form = ComposeForm(campaign_of(request, campaign_id), request.user, request.POST)
    form.is_valid()
    return form


@require_POST
@page_of_team(Action.COMPOSE)
@reading_once()
def send_moment(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """What the chosen time means, or what has to be settled about it."""
    form = fragment_form(request, campaign_id)
    figures, _wants_worker = message_parts.figures_shown(form, request.user, may_want=False)
    moment = moment_of(form, _load(figures))
    context = {
        "form": form,
        "moment": moment,
        "options": options_in_words(form),
        "settled": settled_steps(form, typed_problems(form)),
    }
    return render(request, "composer/_moment.html", context)


def _load(figures: message_parts.Shown | None) -> Load | None:
    return Load(figures.total, figures.segments) if figures else None


@require_POST
@page_of_team(Action.COMPOSE)
def campaign_delete(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Delete a draft for good."""
    campaign = campaign_of(request, campaign_id)
    if not drafts.delete_draft(campaign):
        messages.error(
            request, _("Only a draft can be deleted. This campaign was sent or scheduled.")
        )
        return redirect("campaign", request.team.slug, campaign.public_id)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": campaign.name})
    return redirect("campaigns", request.team.slug)
