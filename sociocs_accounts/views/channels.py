"""A team's channels and Sociocs accounts: everybody sees them, owners look after them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interface.lost_updates import Conflict, conflict_between, said_by, seen_of
from sociocs_accounts import channels as steps
from sociocs_accounts import seen_troubles
from sociocs_accounts.channel_forms import ChannelForm, NewChannelForm, SociocsAccountForm
from sociocs_accounts.channel_rights import choose_senders
from sociocs_accounts.channel_words import carries, change_in_words
from sociocs_accounts.models import Channel, GatewayAccount
from sociocs_accounts.seen_troubles import TeamTroubles
from sociocs_accounts.sender_queue import Throughput, estimate
from sociocs_accounts.troubles import Standing, Trouble
from sociocs_accounts.views.test_numbers import NumberForm
from sociocs_gateway.exceptions import Halt
from sociocs_gateway.providers import Provider
from teams import proving
from teams.access import Action, TeamRequest, page_of_team
from teams.models import Team

CHANGES_SHOWN = 15
AUTHENTICATION = Halt.AUTHENTICATION.value


@dataclass(frozen=True, slots=True)
class Card:
    """A channel as its page shows it."""

    channel: Channel
    carries: list[str]
    throughput: Throughput
    troubles: list[Standing]


@require_GET
@page_of_team(Action.VIEW)
def channels(request: TeamRequest) -> HttpResponse:
    """Every channel with what it can carry, the accounts, and what was changed lately."""
    found = request.team.channels.select_related("account").order_by("-is_active", "label", "pk")
    changes = request.team.channel_events.select_related("actor").order_by("-pk")
    accounts = steps.accounts_of(request.team).prefetch_related("members")
    told = seen_troubles.troubles_of_team(request.team)
    context = {
        "troubles": told.of_installation,
        "cards": [_card(channel, told) for channel in found],
        "accounts": [
            (account, _told_of_account(request.team, account, told)) for account in accounts
        ],
        "changes": [(one, change_in_words(one)) for one in changes[:CHANGES_SHOWN]],
        "numbers": request.team.numbers_for_tests.all(),
        "number_form": NumberForm(),
    }
    return render(request, "sociocs_accounts/channels.html", context)


def _told_of_account(team: Team, account: GatewayAccount, told: TeamTroubles) -> list[Standing]:
    """The troubles of an account as the people of a team can act on them."""
    code = Trouble.OWN_KEY_REFUSED if account.team_id == team.pk else Trouble.KEY_REFUSED
    return [
        replace(trouble, code=code) if trouble.code == AUTHENTICATION else trouble
        for trouble in told.of_account(account)
    ]


def _card(channel: Channel, told: TeamTroubles) -> Card:
    speed = estimate(
        Provider(channel.provider), channel.phone_number, 1, 1, channel.messages_per_second
    )
    standing = told.of_channel(channel) if channel.is_active else []
    return Card(channel, carries(channel.capabilities), speed.throughput, standing)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.MANAGE_TEAM)
def channel(request: TeamRequest, channel_id: UUID) -> HttpResponse:
    """Change a channel's name, number, speed, and whether it is in use."""
    channels = request.team.channels.select_related("account", "team")
    channel = get_object_or_404(channels, public_id=channel_id)
    if request.method == "POST":
        return _channel_posted(request, channel.pk)
    return _channel_page(request, channel, ChannelForm(instance=channel))


def _channel_posted(request: TeamRequest, key: int) -> HttpResponse:
    with transaction.atomic():
        locked = Channel.objects.select_for_update(of=("self",)).select_related("account", "team")
        channel = locked.get(pk=key)
        own = [name for name in ChannelForm.Meta.fields if name != "senders"]
        before = {name: getattr(channel, name) for name in own}
        stored = said_by(ChannelForm(instance=channel))
        form = ChannelForm(request.POST, instance=channel)
        if not form.is_valid():
            return _channel_page(request, channel, form, label=before["label"])
        if conflict := conflict_between(request.POST, said_by(form), stored):
            return _channel_page(request, channel, form, conflict, before["label"])
        if "senders" in form.changed_data:
            reason = _("This decides who can send with the channel.")
            if (asked := proving.ask_again(request, request.path, reason)) is not None:
                return asked
        changed = [name for name in own if name in form.changed_data]
        steps.change_channel(channel, request.user, {name: before[name] for name in changed})
        choose_senders(channel, form.cleaned_data["senders"], request.user)
        messages.success(request, _("“%(name)s” is saved.") % {"name": channel.label})
        return redirect("channels", request.team.slug)


def _channel_page(
    request: TeamRequest,
    channel: Channel,
    form: ChannelForm,
    conflict: Conflict | None = None,
    label: str = "",
) -> HttpResponse:
    seen = request.POST.get("seen") or seen_of(said_by(form))
    context = {"form": form, "channel": channel, "label": label or channel.label}
    context |= {"conflict": conflict, "seen": seen}
    told = seen_troubles.troubles_of_team(request.team)
    of_account = _told_of_account(request.team, channel.account, told)
    context["troubles"] = [*of_account, *(told.of_channel(channel) if channel.is_active else [])]
    status = 409 if conflict else 200
    return render(request, "sociocs_accounts/channel.html", context, status=status)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.MANAGE_TEAM)
def channel_new(request: TeamRequest) -> HttpResponse:
    """Type a channel by hand."""
    form = NewChannelForm(request.POST if request.method == "POST" else None, team=request.team)
    if request.method == "POST" and form.is_valid():
        # `account` is no field of the model's form, since it is chosen by its public id.
        form.instance.account = form.cleaned_data["account"]
        try:
            steps.add_channel(form.instance, request.user)
        except steps.NotDone as refused:
            form.add_error("channel_key", refused.sentence)
        else:
            messages.success(request, _("“%(name)s” is added.") % {"name": form.instance.label})
            return redirect("channels", request.team.slug)
    return render(request, "sociocs_accounts/channel.html", {"form": form})


@require_POST
@page_of_team(Action.MANAGE_TEAM)
def channels_sync(request: TeamRequest, account_id: UUID) -> HttpResponse:
    """Read an account's channels at Sociocs."""
    account = get_object_or_404(steps.accounts_of(request.team), public_id=account_id)
    return _read(request, account)


def _read(request: TeamRequest, account: GatewayAccount) -> HttpResponse:
    try:
        synced = steps.sync(account, request.team, request.user)
    except steps.NotDone as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, _in_words(synced))
    return redirect("channels", request.team.slug)


def _in_words(synced: steps.Synced) -> str:
    words = [
        ngettext("%(n)d channel is new.", "%(n)d channels are new.", synced.added)
        % {"n": synced.added}
        if synced.added
        else _("There are no new channels.")
    ]
    if synced.changed:
        words.append(
            ngettext("%(n)d channel was updated.", "%(n)d channels were updated.", synced.changed)
            % {"n": synced.changed}
        )
    if synced.missing:
        words.append(
            ngettext(
                "%(n)d channel is no longer in Sociocs.",
                "%(n)d channels are no longer in Sociocs.",
                synced.missing,
            )
            % {"n": synced.missing}
        )
    return " ".join(words)


def _why_password() -> str:
    return _("With an API key, messages are sent and paid for in your team's name.")


@sensitive_post_parameters("api_key")
@require_http_methods(["GET", "POST"])
@page_of_team(Action.MANAGE_TEAM)
def account_new(request: TeamRequest) -> HttpResponse:
    """Add a Sociocs account of the team's own, and read its channels at once."""
    page = reverse("channels", args=[request.team.slug])
    if (asked := proving.ask_again(request, page, _why_password())) is not None:
        return asked
    form = SociocsAccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            account = steps.add_account(request.team, request.user, **form.cleaned_data)
        except steps.NotDone as refused:
            form.add_error("api_key", refused.sentence)
        else:
            messages.success(request, _("“%(name)s” is added.") % {"name": account.label})
            return _read(request, account)
    return render(request, "sociocs_accounts/account.html", {"form": form})


@sensitive_post_parameters("api_key")
@require_http_methods(["GET", "POST"])
@page_of_team(Action.MANAGE_TEAM)
def vendor_account(request: TeamRequest, account_id: UUID) -> HttpResponse:
    """Rename a team's own account, or give it a new key."""
    account = get_object_or_404(
        GatewayAccount.objects.filter(team=request.team), public_id=account_id
    )
    page = reverse("channels", args=[request.team.slug])
    if (asked := proving.ask_again(request, page, _why_password())) is not None:
        return asked
    form = SociocsAccountForm(request.POST if request.method == "POST" else None, account=account)
    label, conflict = account.label, None
    stored = SociocsAccountForm(account=account).said()
    if request.method == "POST" and form.is_valid():
        conflict = conflict_between(request.POST, form.said(), stored)
        try:
            if not conflict:
                steps.change_account(account, request.user, **form.cleaned_data)
        except steps.NotDone as refused:
            form.add_error("api_key", refused.sentence)
        else:
            if not conflict:
                if form.cleaned_data["api_key"]:
                    messages.success(request, _("“%(name)s” is saved.") % {"name": account.label})
                return redirect("channels", request.team.slug)
    context = {"form": form, "account": account, "label": label, "conflict": conflict}
    context["seen"] = request.POST.get("seen") or seen_of(stored)
    told = seen_troubles.troubles_of_team(request.team)
    context["troubles"] = _told_of_account(request.team, account, told)
    status = 409 if conflict else 200
    return render(request, "sociocs_accounts/account.html", context, status=status)
