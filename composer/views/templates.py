"""Saved messages: the shelf, one of them with its versions, and making them from campaigns."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.addressed_campaigns import campaign_of
from campaigns.models import Campaign
from composer import field_use, message_templates
from composer.forms import LONGEST_TEXT
from composer.models import MessageTemplate
from composer.template_fields import TemplateName
from interface.form_fields import PlainText, PublicChoice, is_uuid
from interface.lost_updates import Conflict, conflict_between, said_by, seen_of
from interface.phone_preview import PhonePreview
from recipients.models import RecipientList
from sociocs_accounts.models import Channel
from sociocs_gateway.providers import Medium
from teams.access import Action, TeamRequest, may, page_of_team
from teams.models import Team
from trail.acts import Act
from trail.recording import record

# A shelf is looked over as a whole; nobody has more.
SHOWN = 500


class TemplateForm(forms.Form):
    """A template's name, and the folder it stands in."""

    name = TemplateName()
    folder = PlainText(
        label=gettext_lazy("Folder"),
        max_length=60,
        required=False,
        error_messages={"max_length": gettext_lazy("Shorten the folder's name to 60 characters.")},
    )


class TemplateTextForm(TemplateForm):
    """What a template says as well."""

    text = PlainText(
        label=gettext_lazy("Message"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"max_length": gettext_lazy("Shorten the message.")},
    )


class NewTemplateForm(TemplateTextForm):
    """A template that is written and not made of a campaign."""

    channel = PublicChoice(
        Channel.objects.none(),
        label=gettext_lazy("Send from"),
        required=False,
        empty_label=gettext_lazy("Choose when you send it"),
        to_field_name="public_id",
        error_messages={"invalid_choice": gettext_lazy("Choose one of the channels.")},
    )

    def __init__(self, team: Team, data: Any = None) -> None:
        super().__init__(data)
        self.fields["text"].required = True
        self.fields["text"].error_messages["required"] = _("Write the message.")
        channel = self.fields["channel"]
        assert isinstance(channel, PublicChoice)
        channel.queryset = Channel.objects.filter(team=team, is_active=True).order_by("label")


@require_http_methods(["GET", "POST"])
@page_of_team(Action.COMPOSE)
def template_new(request: TeamRequest) -> HttpResponse:
    """Write a template."""
    form = NewTemplateForm(request.team, request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = message_templates.write_template(request.team, request.user, **form.cleaned_data)
        messages.success(request, _("The template “%(name)s” is made.") % {"name": made.name})
        return redirect("template", request.team.slug, made.public_id)
    context = {"form": form, "folders": folders_of(request.team)}
    status = 422 if form.is_bound else 200
    return render(request, "composer/template_new.html", context, status=status)


@require_GET
@page_of_team(Action.VIEW)
def templates(request: TeamRequest) -> HttpResponse:
    """The team's templates in their folders."""
    found = list(
        of_team(request.team).select_related("created_by").order_by("folder", "name", "pk")[:SHOWN]
    )
    texts = {template.pk: message_templates.current_of(template) for template in found}
    broken = {use.thing.pk: use.missing for use in field_use.uses_in_templates(request.team)}
    rows = [(template, texts[template.pk], broken.get(template.pk, ())) for template in found]
    folders = [(name, list(some)) for name, some in groupby(rows, lambda row: row[0].folder)]
    return render(request, "composer/templates.html", {"folders": folders})


def of_team(team: Team) -> Any:
    """The team's templates that were not deleted."""
    return MessageTemplate.objects.filter(team=team, archived_at=None)


def folders_of(team: Team) -> list[str]:
    """The names of the folders that the team's kept templates lie in, each once, in order."""
    used = of_team(team).exclude(folder="").order_by("folder")
    return list(used.values_list("folder", flat=True).distinct())


def template_of(request: TeamRequest, template_id: UUID) -> MessageTemplate:
    """The team's template. Raises Http404."""
    template: MessageTemplate = get_object_or_404(
        of_team(request.team).select_related("team"), public_id=template_id
    )
    return template


@require_http_methods(["GET", "POST"])
@page_of_team(Action.VIEW)
def template(request: TeamRequest, template_id: UUID) -> HttpResponse:
    """One template; POST changes its name, its folder or what it says."""
    found = template_of(request, template_id)
    form = _stored_form(found)
    conflict = None
    if request.method == "POST":
        if not _may_compose(request):
            return redirect("template", request.team.slug, found.public_id)
        form = TemplateTextForm({**_stored_form(found).initial, **request.POST.dict()})
        if form.is_valid() and (conflict := _saved(request, found, form)) is None:
            messages.success(request, _("The template is saved."))
            return redirect("template", request.team.slug, found.public_id)
    seen = request.POST.get("seen") or seen_of(said_by(_stored_form(found)))
    context = {**_shown(request, found, form), "conflict": conflict, "seen": seen}
    status = 409 if conflict else 422 if form.is_bound else 200
    return render(request, "composer/template.html", context, status=status)


def _stored_form(template: MessageTemplate) -> TemplateTextForm:
    text = message_templates.current_of(template).content.get("text", "")
    initial = {"name": template.name, "folder": template.folder, "text": text}
    return TemplateTextForm(initial=initial)


def _saved(
    request: TeamRequest, template: MessageTemplate, form: TemplateTextForm
) -> Conflict | None:
    """Save a valid form; what keeps it from being saved, if anything does."""
    with transaction.atomic():
        locked = MessageTemplate.objects.select_for_update().get(pk=template.pk)
        stored = said_by(_stored_form(locked))
        conflict = conflict_between(request.POST, said_by(form), stored)
        if conflict is None:
            text = form.cleaned_data.pop("text")
            MessageTemplate.objects.filter(pk=template.pk).update(**form.cleaned_data)
            if text != message_templates.current_of(locked).content.get("text", ""):
                message_templates.rewrite_template(locked, text, request.user)
            else:
                record(Act.TEMPLATE_SAVED, template)
    return conflict


def _may_compose(request: TeamRequest) -> bool:
    return may(request.membership, Action.COMPOSE)


def _shown(request: TeamRequest, template: MessageTemplate, form: TemplateForm) -> dict[str, Any]:
    version = message_templates.current_of(template)
    content = version.content
    in_use = Channel.objects.filter(team=request.team, is_active=True)
    channel = in_use.filter(pk=content.get("channel")).first()
    use = field_use.use_of_template(template, content, version.choices)
    usable = RecipientList.objects.for_member(request.team, request.user)
    return {
        "template": template,
        "form": form,
        "version": version,
        "content": content,
        "channel": channel,
        "phone": PhonePreview(
            look=(channel.capabilities.medium if channel else Medium.SMS).value,
            sender=request.team.name,
            text=content.get("text", ""),
            media_kind=content.get("media_kind", ""),
            media_url=content.get("media_url", ""),
        ),
        "missing": use.missing,
        "lists": [(recipient_list, recipient_list in usable) for recipient_list in use.lists],
        "versions": list(template.versions.select_related("made_by").order_by("-number")[:50]),
        "folders": folders_of(request.team),
    }


@require_POST
@page_of_team(Action.COMPOSE)
def template_begin(request: TeamRequest, template_id: UUID) -> HttpResponse:
    """Begin a campaign with the template."""
    draft = message_templates.draft_from_template(template_of(request, template_id), request.user)
    return redirect("compose", request.team.slug, draft.public_id)


@require_POST
@page_of_team(Action.COMPOSE)
def template_go_back(request: TeamRequest, template_id: UUID) -> HttpResponse:
    """Make the version `number` the newest one."""
    template = template_of(request, template_id)
    number = request.POST.get("number", "")
    version = None
    if number.isdecimal() and len(number) < 6:
        version = template.versions.filter(number=int(number)).first()
    if version is None:
        messages.error(request, _("There is no such version. Choose one of those shown."))
    else:
        message_templates.go_back(template, version, request.user)
        messages.success(
            request, _("The template now says what version %(n)s said.") % {"n": number}
        )
    return redirect("template", request.team.slug, template.public_id)


@require_POST
@page_of_team(Action.COMPOSE)
def template_delete(request: TeamRequest, template_id: UUID) -> HttpResponse:
    """Delete a template; campaigns that began with it keep what they say."""
    template = template_of(request, template_id)
    message_templates.delete_template(template)
    messages.success(request, _("The template “%(name)s” is deleted.") % {"name": template.name})
    return redirect("templates", request.team.slug)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.COMPOSE)
def template_keep(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Make a template of a campaign, or with `template` a new version of one."""
    campaign = campaign_of(request, campaign_id)
    existing = request.POST.get("template", "")
    form = TemplateForm(request.POST or None, initial={"name": campaign.name})
    if request.method == "POST" and is_uuid(existing):
        template = template_of(request, UUID(existing))
        message_templates.renew_template(template, campaign, request.user)
        messages.success(
            request,
            _("“%(name)s” now says what this campaign says. Its older versions are kept.")
            % {"name": template.name},
        )
        return redirect("template", request.team.slug, template.public_id)
    if request.method == "POST" and form.is_valid():
        made = message_templates.make(campaign, request.user, **form.cleaned_data)
        messages.success(request, _("The template “%(name)s” is made.") % {"name": made.name})
        return redirect("template", request.team.slug, made.public_id)
    return _keep_page(request, campaign, form)


def _keep_page(request: TeamRequest, campaign: Campaign, form: TemplateForm) -> HttpResponse:
    context = {
        "campaign": campaign,
        "form": form,
        "folders": folders_of(request.team),
        "existing": list(of_team(request.team).order_by("name", "pk")[:SHOWN]),
    }
    status = 422 if form.is_bound else 200
    return render(request, "composer/template_keep.html", context, status=status)


@require_GET
@page_of_team(Action.VIEW)
def fields_in_use(request: TeamRequest) -> HttpResponse:
    """Which columns drafts, templates and filters need, and what is broken."""
    columns = field_use.columns_of(field_use.uses_of(request.team, request.user))
    usable = RecipientList.objects.for_member(request.team, request.user)
    context = {
        "columns": columns,
        "broken": sum(1 for column in columns if column.broken),
        "usable": set(usable.values_list("pk", flat=True)),
    }
    return render(request, "composer/fields_in_use.html", context)
