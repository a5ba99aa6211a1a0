"""Who may send with a channel: whoever may launch, or only those whom an owner chose."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from sociocs_accounts.channels import record_channel_event
from sociocs_accounts.models import Channel, ChannelEvent
from teams import alerts
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record_change


def why_not_with(channel: Channel, user: User) -> str:
    """Why `user`, whose role allows it, may not launch or test with a channel; "" if they may."""
    if not channel.has_chosen_senders or channel.senders.filter(pk=user.pk).exists():
        return ""
    mine = channel.senders.filter(memberships__team=channel.team_id)
    names = ", ".join(mine.order_by("name").values_list("name", flat=True)[:5])
    if not names:
        return _("Nobody can send with “%(channel)s” at the moment. Ask an owner of the team.") % {
            "channel": channel.label
        }
    return _("You cannot send with “%(channel)s”. These people can: %(names)s.") % {
        "channel": channel.label,
        "names": names,
    }


@transaction.atomic
def choose_senders(channel: Channel, chosen: Collection[User], by: User) -> None:
    """Let only `chosen` send with the channel, or everybody whose role allows it if none is."""
    before = set(channel.senders.values_list("pk", flat=True))
    after = {person.pk for person in chosen}
    if after == before and channel.has_chosen_senders == bool(chosen):
        return
    channel.senders.set(chosen)
    channel.has_chosen_senders = bool(chosen)
    channel.save(update_fields=["has_chosen_senders"])
    kind = ChannelEvent.Kind.CHANNEL_CHANGED
    record_channel_event(channel.team, kind, channel, by, fields=["senders"])
    who = {"senders": sorted(before)}, {"senders": sorted(after)}
    record_change(Act.SENDERS_CHOSEN, channel, *who, by=by)
    alerts.senders_chosen(channel.team, by, channel.label)


def forget_sender(team: Team, leaver: User, _heir: User | None) -> None:
    """Whoever leaves and comes back may send with what everybody may; called as they leave."""
    Channel.senders.through.objects.filter(channel__team=team, user=leaver).delete()


def nothing_held(_team: Team, _person: User) -> None:
    """A right to send is nothing that somebody else gets."""
