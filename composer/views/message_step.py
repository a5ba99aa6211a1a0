"""Fragments of the message step and its phone. Nothing is saved, and what is wrong stays silent."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from composer import tasks
from composer.views.compose import fragment_form
from composer.views.compose_parts import preview_phone
from composer.views.message_parts import asked, field_choices, figures_shown
from composer.views.steps import settled_steps, typed_problems
from interface import hints
from interface.read_once import reading_once
from teams.access import Action, TeamRequest, page_of_team


@require_POST
@page_of_team(Action.COMPOSE)
@reading_once()
def message_preview(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """The phone as what is typed now would look. A POST, since texts do not belong into URLs."""
    phone = preview_phone(fragment_form(request, campaign_id), asked(request.POST), request.user)
    return render(request, "composer/_preview.html", {"phone": phone})


@require_POST
@page_of_team(Action.COMPOSE)
@reading_once()
def fields(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """The fields that the chosen lists offer."""
    form = fragment_form(request, campaign_id)
    context = {**field_choices(form), "form": form, "campaign": form.campaign}
    return render(request, "composer/_fields.html", context)


@require_POST
@page_of_team(Action.COMPOSE)
@reading_once()
def template_picker(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """The approved templates of the chosen channel, or only the places of the chosen one."""
    form = fragment_form(request, campaign_id)
    context = {**field_choices(form), "form": form, "campaign": form.campaign}
    is_places = request.headers.get("HX-Target") == "places"
    part = "composer/_template_places.html" if is_places else "composer/_template_picker.html"
    return render(request, part, context)


@require_POST
@page_of_team(Action.COMPOSE)
@reading_once()
def figures(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """What the text comes to: segments, cost, jobs, who lacks what. May set a worker to it."""
    form = fragment_form(request, campaign_id)
    times = request.POST.get("figures_asked", "")
    shown, wants_worker = figures_shown(
        form, request.user, int(times) if times.isdecimal() and len(times) < 3 else 0
    )
    if wants_worker:
        hints.nudge(tasks.make_estimate, form.campaign.pk)
    context = {
        "figures": shown,
        "campaign": form.campaign,
        "settled": settled_steps(form, typed_problems(form)),
    }
    return render(request, "composer/_figures.html", context)
