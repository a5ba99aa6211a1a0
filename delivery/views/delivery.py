"""Delivery reports: on which channels Sociocs tells us what became of messages, and who replied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from campaigns.state_words import unclear_words
from delivery import subscriptions
from delivery.models import WebhookEndpoint
from interface.wording import Text
from sociocs_accounts.models import Channel
from sociocs_accounts.troubles import Trouble, trouble_sentence
from sociocs_gateway.exceptions import Reason
from teams import proving
from teams.access import Action, TeamRequest, page_of_team
from teams.models import Team
from trail.acts import Act
from trail.recording import record

State = WebhookEndpoint.State

_NOT_ON = frozenset({State.GONE, State.PAUSED, State.CHANGED})
_TONES = {State.ON: "success", State.UNCLEAR: "warning"}
# By whether it is what became of messages, and whether it is replies.
_REPORTS: dict[tuple[bool, bool], Text] = {
    (True, True): gettext_lazy("which messages arrived, and replies"),
    (True, False): gettext_lazy("which messages arrived"),
    (False, True): gettext_lazy("replies"),
}
_REFUSALS: dict[str, Text] = {
    Reason.AUTHENTICATION: gettext_lazy("Sociocs does not accept the channel's API key."),
    Reason.NOT_FOUND: gettext_lazy("Sociocs does not know this channel, or has no webhooks."),
    Reason.RATE_LIMITED: gettext_lazy("Sociocs gets too many calls just now. Wait a minute."),
    Reason.CONNECT: gettext_lazy("Sociocs could not be reached."),
    Reason.DNS: gettext_lazy("Sociocs could not be reached."),
    Reason.CONNECT_TIMEOUT: gettext_lazy("Sociocs could not be reached."),
}


@dataclass(frozen=True)
class Line:
    """One channel of the page; `endpoint` is None while nothing is reported on it."""

    channel: Channel
    endpoint: WebhookEndpoint | None
    address: str = ""
    tone: str = "neutral"
    why: str = ""

    @property
    def is_to_be_switched_on(self) -> bool:
        """Whether Sociocs was asked to report and does not do so, or not as it was asked."""
        return self.endpoint is not None and State(self.endpoint.state) in _NOT_ON

    @property
    def reports(self) -> str:
        """What Sociocs was asked to report."""
        if self.endpoint is None:
            return ""
        wanted = (self.endpoint.wants_statuses, self.endpoint.wants_replies)
        return str(_REPORTS.get(wanted, ""))


@require_GET
@page_of_team(Action.VIEW)
def delivery(request: TeamRequest) -> HttpResponse:
    """Each channel with what is reported on it."""
    return render(request, "delivery/delivery.html", {"lines": list(_lines(request.team))})


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def delivery_on(request: TeamRequest, channel_id: UUID) -> HttpResponse:
    """Have Sociocs report on a channel; pressed again it renews the secret and what is wanted."""
    channel = _channel(request, channel_id)
    wanted = {name: name in request.POST for name in ("wants_replies", "wants_statuses")}
    if not any(wanted.values()):
        messages.error(request, _("Choose at least one: which messages arrived, or replies."))
        return redirect("delivery", request.team.slug)
    if (asked := _ask_again(request)) is not None:
        return asked
    endpoint = subscriptions.switch_on(channel, request.user, **wanted)
    _tell(request, endpoint, _("Reports for “%(channel)s” are on."))
    return redirect("delivery", request.team.slug)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def delivery_check(request: TeamRequest, channel_id: UUID) -> HttpResponse:
    """Ask Sociocs whether it still reports on a channel."""
    endpoint = _endpoint(request, channel_id)
    record(Act.REPORTS_CHECKED, endpoint.channel)
    subscriptions.check_subscription(endpoint)
    was_paused = endpoint.state == State.PAUSED
    if was_paused:
        subscriptions.switch_on_again(endpoint)
    if was_paused and endpoint.state == State.ON:
        messages.success(request, _("Sociocs had paused its reports. They are switched on again."))
    elif endpoint.state == State.GONE:
        messages.error(request, _("Sociocs no longer sends reports here. Switch them on again."))
    else:
        _tell(request, endpoint, _("Reports for “%(channel)s” are on, and all is well."))
    return redirect("delivery", request.team.slug)


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def delivery_off(request: TeamRequest, channel_id: UUID) -> HttpResponse:
    """Have Sociocs stop reporting on a channel."""
    endpoint = _endpoint(request, channel_id)
    if (asked := _ask_again(request)) is not None:
        return asked
    label = {"channel": endpoint.channel.label}
    if subscriptions.switch_off(endpoint):
        messages.success(request, _("Reports for “%(channel)s” are off.") % label)
    else:
        messages.error(
            request,
            _("Sociocs did not confirm that reports for “%(channel)s” are off. Try again.") % label,
        )
    return redirect("delivery", request.team.slug)


def _ask_again(request: TeamRequest) -> HttpResponse | None:
    page = reverse("delivery", args=[request.team.slug])
    reason = _(
        "With these reports the dashboard knows who replied STOP, and which messages arrived."
    )
    return proving.ask_again(request, page, reason)


def _channel(request: TeamRequest, channel_id: UUID) -> Channel:
    return get_object_or_404(request.team.channels.select_related("account"), public_id=channel_id)


def _endpoint(request: TeamRequest, channel_id: UUID) -> WebhookEndpoint:
    endpoints = WebhookEndpoint.objects.select_related("channel__account")
    return get_object_or_404(endpoints, channel=_channel(request, channel_id))


def _lines(team: Team) -> Iterator[Line]:
    channels = list(team.channels.filter(is_active=True))
    endpoints = subscriptions.endpoints_of(channels)
    for channel in channels:
        endpoint = endpoints.get(channel.pk)
        if endpoint is None:
            yield Line(channel, None)
            continue
        tone = _TONES.get(State(endpoint.state), "danger")
        yield Line(channel, endpoint, subscriptions.address_of(endpoint), tone, _why(endpoint))


def _why(endpoint: WebhookEndpoint) -> str:
    if endpoint.state == State.UNCLEAR:
        return _(
            "The reports may or may not be on (%(why)s). Switch them on once more; that does no "
            "harm."
        ) % {"why": unclear_words(endpoint.reason)}
    if endpoint.state == State.GONE:
        return _("Sociocs no longer sends reports here. Switch them on again.")
    if endpoint.state == State.PAUSED:
        return trouble_sentence(Trouble.REPORTS_PAUSED)
    if endpoint.state == State.CHANGED:
        return _("Sociocs no longer reports what was asked for. Switch the reports on again.")
    if endpoint.state == State.FAILED:
        return str(_REFUSALS.get(endpoint.reason, _("Sociocs said no and gave no reason we know.")))
    return ""


def _tell(request: TeamRequest, endpoint: WebhookEndpoint, done: str) -> None:
    if endpoint.state == State.ON:
        messages.success(request, done % {"channel": endpoint.channel.label})
    else:
        messages.error(request, _why(endpoint))
