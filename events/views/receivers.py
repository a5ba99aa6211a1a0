"""The systems that a team's events are sent to: owners look after them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from events import receivers as steps
from events.forms import ReceiverForm
from events.keeping import KEPT_FOR
from events.models import OutgoingEvent, Receiver
from events.words import TONES, kinds_in_words, shown_event
from teams import proving, sealing
from teams.access import Action, TeamRequest, page_of_team
from teams.models import User

_SHOWN = 30
_WAITING = Q(outgoing__state=OutgoingEvent.State.WAITING)


@require_GET
@page_of_team(Action.MANAGE_TEAM)
def overview(request: TeamRequest) -> HttpResponse:
    """Every system that events go to."""
    found = request.team.receivers.annotate(waiting=Count("outgoing", filter=_WAITING))
    lines = [
        {"receiver": one, "kinds": kinds_in_words(one), "tone": TONES[one.state]} for one in found
    ]
    return render(request, "events/receivers.html", {"lines": lines})


@require_http_methods(["GET", "POST"])
@page_of_team(Action.MANAGE_TEAM)
def new(request: TeamRequest) -> HttpResponse:
    """Have events sent to another system."""

    def make(name: str, url: str, kinds: list[str]) -> Receiver:
        return steps.make_receiver(request.team, request.user, name, url, kinds)

    return _form_page(request, None, make)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.MANAGE_TEAM)
def change(request: TeamRequest, receiver_id: UUID) -> HttpResponse:
    """Give a system another name, address or choice of events."""
    one = _receiver(request, receiver_id, form=Receiver.Form.OWN)

    def save(name: str, url: str, kinds: list[str]) -> Receiver:
        steps.change_receiver(one, request.user, name, url, kinds)
        return one

    return _form_page(request, one, save)


def _form_page(
    request: TeamRequest, one: Receiver | None, save: Callable[[str, str, list[str]], Receiver]
) -> HttpResponse:
    if request.method != "POST":
        stored = {"name": one.name, "url": one.url, "kinds": one.kinds} if one else None
        return _filled(request, one, ReceiverForm(initial=stored))
    reason = _("Anyone who gets these events sees phone numbers and replies.")
    if (asked := proving.ask_again(request, request.path, reason)) is not None:
        return asked
    form = ReceiverForm(request.POST)
    if form.is_valid():
        try:
            saved = save(*(form.cleaned_data[name] for name in ("name", "url", "kinds")))
        except steps.NotTaken as error:
            form.add_error(error.field, error.sentence)
        else:
            messages.success(request, _("Events now go to “%(name)s”.") % form.cleaned_data)
            return _to_page(request, saved)
    return _filled(request, one, form, status=422)


def _filled(
    request: TeamRequest, one: Receiver | None, form: ReceiverForm, status: int = 200
) -> HttpResponse:
    context = {"form": form, "receiver": one}
    return render(request, "events/receiver_form.html", context, status=status)


@require_GET
@page_of_team(Action.MANAGE_TEAM)
def receiver(request: TeamRequest, receiver_id: UUID) -> HttpResponse:
    """A system, and what was sent to it last."""
    return _page(request, _receiver(request, receiver_id))


def _page(request: TeamRequest, one: Receiver, secret: str = "") -> HttpResponse:
    last = one.outgoing.order_by("-pk")[:_SHOWN]
    waiting = one.outgoing.filter(state=OutgoingEvent.State.WAITING).order_by("pk")
    first = waiting.first()
    context: dict[str, Any] = {
        "receiver": one,
        "tone": TONES[one.state],
        "kinds": kinds_in_words(one),
        "is_own": one.form == Receiver.Form.OWN,
        "waiting": waiting.count(),
        # What holds the others up.
        "held_by": shown_event(first) if first and one.failing_since else None,
        "events": [shown_event(event) for event in last],
        "secret": secret,
        "kept_days": KEPT_FOR.days,
    }
    return render(request, "events/receiver.html", context)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def show_secret(request: TeamRequest, receiver_id: UUID) -> HttpResponse:
    """Show what a system's events are signed with."""
    one = _receiver(request, receiver_id)
    if (asked := _ask_again(request, one)) is not None:
        return asked
    try:
        secret = steps.show_secret(one, request.user)
    except sealing.Unreadable:
        messages.error(request, _("The secret cannot be read. Create a new one."))
        return _to_page(request, one)
    return _page(request, one, secret)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def new_secret(request: TeamRequest, receiver_id: UUID) -> HttpResponse:
    """Sign with another secret from now on."""
    one = _receiver(request, receiver_id, form=Receiver.Form.OWN)
    if (asked := _ask_again(request, one)) is not None:
        return asked
    steps.renew_secret(one, request.user)
    messages.success(request, _("There is a new secret. Copy it to your system now."))
    return _to_page(request, one)


def _ask_again(request: TeamRequest, one: Receiver) -> HttpResponse | None:
    page = reverse("receiver", args=[request.team.slug, one.public_id])
    return proving.ask_again(
        request, page, _("Anyone with the secret can sign events in your name.")
    )


# --- Buttons --------------------------------------------------------------------------------------


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def send_test(request: TeamRequest, receiver_id: UUID) -> HttpResponse:
    """Send a test, and whatever waits before it."""
    one = _receiver(request, receiver_id)
    sent = _("A test is on its way. Reload this page to see the answer.")
    return _done(request, one, steps.send_test, sent, _("Switch it on first."))


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def pause(request: TeamRequest, receiver_id: UUID) -> HttpResponse:
    """Send nothing until it goes on."""
    one = _receiver(request, receiver_id)
    paused = _("Paused. We keep new events for three days.")
    return _done(request, one, steps.pause_receiver, paused, _("This system was not switched on."))


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def go_on(request: TeamRequest, receiver_id: UUID) -> HttpResponse:
    """Send again."""
    one = _receiver(request, receiver_id)
    goes_on = _("Events are sent again, starting with the ones that are waiting.")
    not_so = _("This system is already switched on, or has ended.")
    return _done(request, one, steps.let_receiver_go_on, goes_on, not_so)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def remove(request: TeamRequest, receiver_id: UUID) -> HttpResponse:
    """Send nothing more to a system, and forget what was sent."""
    one = _receiver(request, receiver_id)
    steps.remove_receiver(one, request.user)
    messages.success(request, _("“%(name)s” gets no more events.") % {"name": one.name})
    return redirect("receivers", request.team.slug)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def send_again(request: TeamRequest, receiver_id: UUID, event_id: UUID) -> HttpResponse:
    """Send an event once more."""
    event = _event(request, receiver_id, event_id)
    if steps.send_again(event, request.user):
        messages.success(request, _("The event is sent again, with the same id."))
    else:
        messages.error(request, _("This event is already waiting, or its text was deleted."))
    return _to_page(request, event.receiver)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def leave_out(request: TeamRequest, receiver_id: UUID, event_id: UUID) -> HttpResponse:
    """Give an event up, so that those behind it go on."""
    event = _event(request, receiver_id, event_id)
    if steps.leave_out(event, request.user):
        messages.success(request, _("The event is left out. The ones after it are sent."))
    else:
        messages.error(request, _("This event is no longer waiting."))
    return _to_page(request, event.receiver)


def _done(
    request: TeamRequest,
    one: Receiver,
    step: Callable[[Receiver, User], bool],
    done: str,
    not_done: str,
) -> HttpResponse:
    if step(one, request.user):
        messages.success(request, done)
    else:
        messages.error(request, not_done)
    return _to_page(request, one)


def _receiver(request: TeamRequest, receiver_id: UUID, **others: str) -> Receiver:
    return get_object_or_404(request.team.receivers, public_id=receiver_id, **others)


def _event(request: TeamRequest, receiver_id: UUID, event_id: UUID) -> OutgoingEvent:
    events = OutgoingEvent.objects.select_related("receiver")
    of = _receiver(request, receiver_id)
    return get_object_or_404(events, receiver=of, public_id=event_id)


def _to_page(request: TeamRequest, one: Receiver) -> HttpResponse:
    return redirect("receiver", request.team.slug, one.public_id)
