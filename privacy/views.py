"""How long data is kept; a person erased, and what is held about them as a file."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.forms import model_to_dict
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.models import CampaignRecipient
from delivery.models import Reply
from interface.hints import nudge
from interface.lost_updates import conflict_between, said_by, seen_of
from privacy import erasing, holding
from privacy.forms import RetentionForm
from privacy.models import Retention
from privacy.retention import retention_of
from privacy.tasks import empty_team, erase_on
from recipients.lists.people import phone_of
from recipients.models import OptOut, Recipient
from recipients.subscriber_keys import subscriber_key
from recipients.views.file_answers import table_answer
from teams import proving
from teams.access import Action, TeamRequest, page_of_team
from trail.acts import Act
from trail.recording import record_change

_ERASURES_SHOWN = 20


@require_http_methods(["GET", "POST"])
@page_of_team(Action.MANAGE_TEAM)
def kept_data(request: TeamRequest) -> HttpResponse:
    """Choose after how many days the team's data of people is emptied."""
    if request.method != "POST":
        return _kept_page(request, RetentionForm(instance=retention_of(request.team)))
    reason = _("What is deleted cannot be brought back.")
    if (asked := proving.ask_again(request, request.path, reason)) is not None:
        return asked
    with transaction.atomic():
        Retention.objects.get_or_create(team=request.team)
        kept = Retention.objects.select_for_update().get(team=request.team)
        before = model_to_dict(kept, RetentionForm.base_fields)
        stored = said_by(RetentionForm(instance=kept))
        form = RetentionForm(request.POST, instance=kept)
        if not form.is_valid():
            return _kept_page(request, form, status=422)
        if conflict := conflict_between(request.POST, said_by(form), stored):
            return _kept_page(request, form, status=409, conflict=conflict)
        form.instance.look_at = None
        form.instance.save(update_fields=[*form.fields, "look_at"])
        record_change(Act.KEPT_CHANGED, kept, before, form.cleaned_data)
    nudge(empty_team, request.team.pk)
    messages.success(request, _("Saved. Data that is old enough is now deleted."))
    return redirect("kept-data", request.team.slug)


def _kept_page(
    request: TeamRequest, form: RetentionForm, *, status: int = 200, conflict: object = None
) -> HttpResponse:
    stored = RetentionForm(instance=retention_of(request.team))
    erasures = request.team.erasures.select_related("asked_by").order_by("-pk")
    context = {
        "form": form,
        "conflict": conflict,
        "seen": request.POST.get("seen") or seen_of(said_by(stored)),
        "erasures": erasures[:_ERASURES_SHOWN],
    }
    return render(request, "privacy/kept_data.html", context, status=status)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.MANAGE_TEAM)
def erase_person(request: TeamRequest, person_id: str) -> HttpResponse:
    """Say what there is about a person, and erase it."""
    phone = _phone(request, person_id)
    if request.method == "POST":
        reason = _("What is erased cannot be brought back.")
        if (asked := proving.ask_again(request, request.path, reason)) is not None:
            return asked
        erasure = erasing.begin_erasure(request.team, phone, request.user)
        nudge(erase_on, erasure.pk)
        messages.success(
            request, _("This person is being erased and is left out of every campaign from now on.")
        )
        return redirect("person-erase", request.team.slug, person_id)
    key = subscriber_key(phone)
    under_way = erasing.erasure_of(request.team, phone)
    context = {
        "phone_written": phone,
        "person_id": person_id,
        "erasure": under_way,
        "waits_for": erasing.campaigns_waited_for(under_way)[:10] if under_way else [],
        "on_lists": Recipient.objects.filter(
            recipient_list__team=request.team, phone_key=key
        ).count(),
        "in_campaigns": CampaignRecipient.objects.filter(
            campaign__team=request.team, phone_key=key
        ).count(),
        "replies": Reply.objects.filter(team=request.team, phone_key=key).count(),
        "opt_outs": OptOut.objects.filter(team=request.team, phone_key=key).count(),
    }
    return render(request, "privacy/erase_person.html", context)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def person_file(request: TeamRequest, person_id: str) -> HttpResponseBase:
    """What the team holds about a person, as a file for them."""
    phone = _phone(request, person_id)
    back_to = reverse("person", args=[request.team.slug, person_id])
    reason = _("The file has everything the team knows about this person.")
    if (asked := proving.ask_again(request, back_to, reason)) is not None:
        return asked
    return table_answer("person", "csv", holding.what_is_held(request.team, phone, request.user))


def _phone(request: TeamRequest, person_id: str) -> str:
    """The number behind an id. Raises Http404 for one that is none of this team's."""
    phone = phone_of(request.team, person_id)
    if phone is None:
        raise Http404
    return phone
