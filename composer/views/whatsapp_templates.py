"""A team's WhatsApp templates: the list, and registering, changing and deleting one."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.models import TemplateStatus, WhatsAppTemplate
from campaigns.texts import whatsapp_templates
from composer import whatsapp_saving
from composer.template_paste import Taken, take_apart
from composer.template_picker import OnShelf
from composer.whatsapp_forms import WhatsAppTemplateForm, stored_values, whatsapp_channels
from interface.form_fields import is_uuid
from interface.lost_updates import Conflict, conflict_between, said_by, seen_of
from interface.phone_preview import PhonePreview
from sociocs_accounts.models import Channel
from sociocs_gateway.providers import Medium
from teams.access import Action, TeamRequest, may, page_of_team
from teams.models import Team

SHOWN = 500
LONGEST_PASTE = 100_000


@require_GET
@page_of_team(Action.VIEW)
def shelf(request: TeamRequest) -> HttpResponse:
    """The team's templates, channel by channel; `words` narrows them down."""
    words = request.GET.get("words", "").strip()[:100].replace("\x00", "")
    every = of_team(request.team)
    found = every
    if words:
        found = every.filter(name__icontains=words) | every.filter(body__icontains=words)
    rows = found.order_by("channel__label", "channel_id", "name", "language", "pk")[:SHOWN]
    groups = groupby(rows, lambda template: template.channel)
    context = {
        "words": words,
        "channels": [(channel, [OnShelf(one, False) for one in some]) for channel, some in groups],
        "takes_templates": whatsapp_channels(request.team).exists(),
    }
    return render(request, "composer/whatsapp_templates.html", context)


def of_team(team: Team) -> Any:
    """The team's registered templates that were not deleted."""
    found = WhatsAppTemplate.objects.filter(channel__team=team, archived_at=None)
    return found.select_related("channel", "channel__team")


def template_of(request: TeamRequest, template_id: UUID) -> WhatsAppTemplate:
    """The team's registered template. Raises Http404."""
    found: WhatsAppTemplate = get_object_or_404(of_team(request.team), public_id=template_id)
    return found


@require_http_methods(["GET", "POST"])
@page_of_team(Action.COMPOSE)
def template_new(request: TeamRequest) -> HttpResponse:
    """Register a template; `read` takes what was pasted apart into the form."""
    channels = list(whatsapp_channels(request.team))
    first = {"status": TemplateStatus.APPROVED.value, "channel": request.GET.get("channel", "")}
    if not is_uuid(first["channel"]) and channels:
        first["channel"] = str(channels[0].public_id)
    form = WhatsAppTemplateForm(request.team, request.POST or None, initial=first)
    taken = None
    if "read" in request.POST:
        taken, form = _read(request, channels)
    elif request.method == "POST" and form.is_valid():
        channel = form.cleaned_data["channel"]
        made = whatsapp_saving.register(channel, request.user, form.cleaned_data)
        messages.success(
            request,
            _("“%(name)s” is on the list of %(channel)s now.")
            % {"name": made.name, "channel": channel.label},
        )
        return redirect("whatsapp-templates", request.team.slug)
    context = {
        **_form_context(form),
        "phone": _phone_of(request.team, _typed(form)),
        "channels": channels,
        "taken": taken,
        "pasted": request.POST.get("pasted", "")[:LONGEST_PASTE],
    }
    is_refused = form.is_bound or (taken is not None and not taken.found_anything)
    status = 422 if is_refused else 200
    return render(request, "composer/whatsapp_template_new.html", context, status=status)


def _read(request: TeamRequest, channels: list[Channel]) -> tuple[Taken, WhatsAppTemplateForm]:
    """What was pasted, and the form with it; what it does not say stays as it was typed."""
    taken = take_apart(request.POST.get("pasted", "")[:LONGEST_PASTE])
    typed = {name: request.POST.get(name, "") for name in WhatsAppTemplateForm.base_fields}
    chosen = next((one for one in channels if str(one.public_id) == typed["channel"]), None)
    if taken.provider is not None and (chosen is None or chosen.provider != taken.provider):
        fitting = [channel for channel in channels if channel.provider == taken.provider]
        if len(fitting) == 1:
            typed["channel"] = str(fitting[0].public_id)
        else:
            taken.unread.append(_("It is of another provider than the channel. Check “Send from”."))
    found = {name: text for name, text in taken.values.items() if text}
    if taken.found_anything:
        # Parts that the pasted template does not have are not another one's.
        typed |= dict.fromkeys(("header_kind", "header", "footer", "buttons"), "")
    return taken, WhatsAppTemplateForm(request.team, initial=typed | found)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.VIEW)
def template(request: TeamRequest, template_id: UUID) -> HttpResponse:
    """One template; POST changes it, once whoever does so has seen what that breaks."""
    found = template_of(request, template_id)
    stored = WhatsAppTemplateForm(request.team, template=found, initial=stored_values(found))
    form, conflict, asks = stored, None, False
    if request.method == "POST":
        if not may(request.membership, Action.COMPOSE):
            return redirect("whatsapp-template", request.team.slug, found.public_id)
        form = WhatsAppTemplateForm(request.team, request.POST, found)
        if form.is_valid():
            conflict, asks = _saved(request, found, form)
            if conflict is None and not asks:
                messages.success(request, _("The template is saved."))
                return redirect("whatsapp-templates", request.team.slug)
    context = {
        **_form_context(form),
        "template": found,
        "concerned": whatsapp_saving.concerned_by(found),
        "conflict": conflict,
        "asks": asks,
        "seen": request.POST.get("seen") or seen_of(said_by(stored)),
        "phone": _phone(found, form),
    }
    status = 409 if conflict or asks else 422 if form.is_bound else 200
    return render(request, "composer/whatsapp_template.html", context, status=status)


def _saved(
    request: TeamRequest, template: WhatsAppTemplate, form: WhatsAppTemplateForm
) -> tuple[Conflict | None, bool]:
    """Save a valid form; else (what keeps it from being saved, whether that is to be confirmed)."""
    with transaction.atomic():
        locked = of_team(request.team).select_for_update(of=("self",)).get(pk=template.pk)
        stored = WhatsAppTemplateForm(request.team, template=locked, initial=stored_values(locked))
        conflict = conflict_between(request.POST, said_by(form), said_by(stored))
        if conflict is not None:
            return conflict, False
        is_broken = whatsapp_saving.breaks(locked, form.cleaned_data)
        if is_broken and "confirmed" not in request.POST and whatsapp_saving.concerned_by(locked):
            return None, True
        whatsapp_saving.change(locked, form.cleaned_data)
    return None, False


@require_http_methods(["GET", "POST"])
@page_of_team(Action.COMPOSE)
def template_delete(request: TeamRequest, template_id: UUID) -> HttpResponse:
    """Say what deleting the template breaks; POST deletes it."""
    found = template_of(request, template_id)
    if request.method == "POST":
        whatsapp_saving.delete(found)
        messages.success(request, _("The template “%(name)s” is deleted.") % {"name": found.name})
        return redirect("whatsapp-templates", request.team.slug)
    context = {"template": found, "concerned": whatsapp_saving.concerned_by(found)}
    return render(request, "composer/whatsapp_template_delete.html", context)


def _form_context(form: WhatsAppTemplateForm) -> dict[str, Any]:
    return {"form": form, "named": whatsapp_saving.NAMED}


def _phone(template: WhatsAppTemplate, form: WhatsAppTemplateForm) -> PhonePreview:
    """The template as it is typed, with its places unfilled."""
    said = template.said()
    if form.is_bound and form.is_valid():
        said |= {name: form.cleaned_data[name] for name in said if name in form.cleaned_data}
    return _phone_of(template.channel.team, said)


def _typed(form: WhatsAppTemplateForm) -> dict[str, Any]:
    """What stands in a form, right or wrong, as far as a phone shows it."""
    said = {
        name: str(form[name].value() or "") for name in ("header_kind", "header", "body", "footer")
    }
    lines = str(form["buttons"].value() or "").splitlines()
    return {**said, "buttons": [{"text": line.partition(" = ")[0]} for line in lines]}


def _phone_of(team: Team, said: dict[str, Any]) -> PhonePreview:
    return PhonePreview(
        look=Medium.WHATSAPP.value,
        sender=team.name,
        text=str(said["body"]),
        around=whatsapp_templates.around(said, ""),
    )
