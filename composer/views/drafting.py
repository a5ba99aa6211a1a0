"""What a composer page says by itself while somebody writes, and copies of campaigns."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import copying
from campaigns.addressed_campaigns import campaign_of
from campaigns.states import CampaignState
from composer import drafts, presence
from composer.autosaving import page_save_of, storable
from composer.forms import ComposeForm
from composer.views.compose import outdated_sentence
from interface.dates import written
from interface.form_fields import is_uuid
from interface.read_once import reading_once
from teams.access import Action, TeamRequest, page_of_team

CONFLICT, NOT_STORED = 409, 422


@require_POST
@page_of_team(Action.COMPOSE)
def autosave(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Store what of the form can be stored: 200, or 422 when that is nothing, 409 over another's.

    The answer is the line that says so, with the draft's version for the page's next save.
    """
    campaign = campaign_of(request, campaign_id)
    with reading_once():
        form = ComposeForm(campaign, request.user, request.POST)
        found, before = storable(form, request.user), form.stored_content
    context: dict[str, Any] = {"campaign": campaign, "storable": found}
    if found.form is None:
        return render(request, "composer/_save_state.html", context, status=NOT_STORED)
    version, content = found.form.cleaned_data["version"], found.form.content()
    # A new version of the same would only outdate a colleague's page.
    if campaign.state != CampaignState.DRAFT or before != content:
        try:
            drafts.save(campaign, request.user, version, content, page_save_of(form), before)
        except drafts.Outdated as outdated:
            context |= {
                "outdated": outdated,
                "sentence": outdated_sentence(outdated, campaign),
            }
            return render(request, "composer/_conflict.html", context, status=CONFLICT)
    zone = ZoneInfo(campaign.team.time_zone)
    context["saved_at"] = written(timezone.now().astimezone(zone), "H:i")
    return render(request, "composer/_save_state.html", context)


@require_POST
@page_of_team(Action.COMPOSE)
def here(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Note that the page `page` is open, or with `leaving` that it is not; say who else is here.

    `version` is what the page shows: whether a colleague has saved a newer one is told, too.
    """
    campaign = campaign_of(request, campaign_id)
    page = request.POST.get("page", "")
    if not is_uuid(page):
        return HttpResponse(status=NOT_STORED)
    if "leaving" in request.POST:
        presence.leave(campaign, request.user, UUID(page))
        return HttpResponse(status=204)
    presence.arrive(campaign, request.user, UUID(page))
    version = request.POST.get("version", "")
    is_older = version.isdecimal() and len(version) < 10 and int(version) < campaign.version
    saved_at = campaign.updated_at.astimezone(ZoneInfo(campaign.team.time_zone))
    context = {
        "campaign": campaign,
        "others": presence.others(campaign, request.user, UUID(page)),
        "is_newer": is_older and not presence.was_saved_by(campaign, UUID(page)),
        "is_draft": campaign.state == CampaignState.DRAFT,
        "saved_at": written(saved_at, "H:i"),
    }
    return render(request, "composer/_presence.html", context)


@require_POST
@page_of_team(Action.COMPOSE)
def campaign_duplicate(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """A new draft that says what this campaign says."""
    campaign = campaign_of(request, campaign_id)
    copy = copying.duplicate(campaign, request.user)
    messages.success(
        request,
        _("This is a copy of “%(name)s”. Nothing is sent until you send it.")
        % {"name": campaign.name},
    )
    return redirect("compose", request.team.slug, copy.public_id)
