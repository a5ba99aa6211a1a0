"""A team's channels: read from Sociocs or typed by hand, and every change with its author.

An account belongs to a team, whose owners look after it, or to the person who runs this server.
Of the latter a team gets single channels: reading them again brings their numbers up to date, and
never adds a channel, which might be another team's.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import phonenumbers
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from sociocs_accounts import clients
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import Channel, ChannelEvent, GatewayAccount, VendorMember
from sociocs_accounts.secrets import key_sha256, remember_key
from sociocs_gateway import results
from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import AuthenticationFailed, GatewayError, Misconfigured, Refused
from sociocs_gateway.providers import Provider
from sociocs_gateway.results import ChannelDetails, TeamMember
from teams import alerts
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

# A person waits for these calls: seconds for one of them, and for all the numbers together.
CALL_SECONDS = 10.0
NUMBERS_SECONDS = 15.0
_LONGEST_LABEL = Channel._meta.get_field("label").max_length or 100
_LONGEST_NAME = 200


_ACTS = {
    ChannelEvent.Kind.ACCOUNT_ADDED: Act.ACCOUNT_ADDED,
    ChannelEvent.Kind.KEY_CHANGED: Act.KEY_CHANGED,
    ChannelEvent.Kind.ACCOUNT_RENAMED: Act.ACCOUNT_RENAMED,
    ChannelEvent.Kind.SYNCED: Act.SYNCED,
    ChannelEvent.Kind.CHANNEL_ADDED: Act.CHANNEL_ADDED,
    ChannelEvent.Kind.CHANNEL_CHANGED: Act.CHANNEL_CHANGED,
    ChannelEvent.Kind.CHANNEL_STOPPED: Act.CHANNEL_STOPPED,
    ChannelEvent.Kind.CHANNEL_USED_AGAIN: Act.CHANNEL_USED_AGAIN,
}


class NotDone(Exception):
    """Nothing was changed; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(slots=True)
class Seen:
    """What Sociocs shows of an account: channel name by provider and key, numbers, people.

    `answered`: the providers whose list came; of the others nothing is known.
    """

    answered: set[Provider] = field(default_factory=set)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    members: list[TeamMember] | None = None


@dataclass(frozen=True, slots=True)
class Synced:
    """What reading an account changed, in numbers of channels, and how many people it has."""

    added: int
    changed: int
    missing: int
    members: int


def accounts_of(team: Team) -> QuerySet[GatewayAccount]:
    """The accounts that this team sends through or looks after."""
    return (
        GatewayAccount.objects.filter(Q(team=team) | Q(channels__team=team))
        .distinct()
        .order_by("label", "pk")
    )


def record_channel_event(
    team: Team,
    kind: ChannelEvent.Kind,
    subject: Channel | GatewayAccount,
    actor: User,
    **details: object,
) -> None:
    """Put a change into the team's record of changes, and into the trail."""
    ChannelEvent.objects.create(
        team=team, kind=kind, subject=subject.label[:100], actor=actor, details=details
    )
    numbers = {name: value for name, value in details.items() if isinstance(value, int | list)}
    record(_ACTS[kind], subject, by=actor, team_id=team.pk, after=numbers)


# --- Reading at Sociocs ---------------------------------------------------------------------------


def sync(account: GatewayAccount, team: Team, user: User) -> Synced:
    """Read channels, numbers and team members of an account, and store what is new for this team.

    Raises NotDone.
    """
    known = set(team.channels.filter(account=account).values_list("channel_key", flat=True))
    try:
        with clients.client_of(account, CALL_SECONDS) as client:
            seen = _look(client, None if account.team_id == team.pk else known)
    except (GatewayError, clients.LaneHalted) as error:
        raise NotDone(_why(error)) from None
    with transaction.atomic():
        synced = _store(account, team, seen)
        record_channel_event(
            team,
            ChannelEvent.Kind.SYNCED,
            account,
            user,
            added=synced.added,
            missing=synced.missing,
        )
    return synced


def _why(error: Exception) -> str:
    if isinstance(error, AuthenticationFailed):
        return _("Sociocs does not accept this account's API key. Enter the current key.")
    if isinstance(error, clients.LaneHalted):
        return _("We can no longer read this account's API key. Enter it again.")
    return _(
        "Sociocs gave no usable answer, so your channels have not changed. Try again in a minute."
    )


def _look(client: SociocsClient, only: set[str] | None) -> Seen:
    """Read an account; `only` these channels' numbers, None for all. Raises GatewayError."""
    seen = Seen()
    for provider in Provider:
        try:
            listed = client.list_channels(provider)
        except Refused as error:
            # An account without this provider; a key that is refused is told.
            if error.halt:
                raise
            continue
        seen.answered.add(provider)
        for channel in listed:
            seen.names[provider.value, channel.channel_key] = channel.name
    keys = [key for _provider, key in seen.names if only is None or key in only]
    seen.numbers = _numbers(client, keys)
    try:
        seen.members = list(client.list_team_members())
    except GatewayError:
        # Who may be shown as sender is a nicety: the channels are there without it.
        seen.members = None
    return seen


def _numbers(client: SociocsClient, keys: Iterable[str]) -> dict[str, str]:
    """The channels' numbers as far as they can be had in time."""
    ends = time.monotonic() + NUMBERS_SECONDS
    numbers: dict[str, str] = {}
    for key in keys:
        if time.monotonic() > ends:
            break
        try:
            numbers[key] = channel_number(client.get_channel(key))
        except GatewayError:
            continue
    return numbers


def channel_number(details: ChannelDetails) -> str:
    """A channel's number in E.164 where it can be read as one, else as the vendor writes it.

    The vendor does not say in which form it comes, nor whether its country code is +1 or "US".
    """
    written = (details.phone_number or "").strip()[:32]
    country = (details.country_code or "").strip().lstrip("+")
    region = country.upper() if country.isalpha() else None
    tries = [written, f"+{country}{written}"] if country.isdecimal() else [written]
    for text in tries:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written


def _store(account: GatewayAccount, team: Team, seen: Seen) -> Synced:
    added, changed, missing = 0, 0, 0
    known_channels = {
        (one.provider, one.channel_key): one for one in team.channels.filter(account=account)
    }
    for place, channel in known_channels.items():
        if channel.provider not in seen.answered:
            continue
        is_listed = place in seen.names
        number = seen.numbers.get(channel.channel_key) or channel.phone_number
        missing += not is_listed
        changed += (number, is_listed) != (channel.phone_number, channel.missing_since is None)
        channel.phone_number = number
        channel.missing_since = None if is_listed else channel.missing_since or timezone.now()
        channel.save(update_fields=["phone_number", "missing_since"])
    if account.team_id == team.pk:
        for (provider, key), name in seen.names.items():
            if (provider, key) not in known_channels:
                added += 1
                Channel.objects.create(
                    team=team,
                    account=account,
                    provider=provider,
                    channel_key=key,
                    label=name[:_LONGEST_LABEL],
                    phone_number=seen.numbers.get(key, ""),
                )
    if seen.members is not None:
        _store_members(account, seen.members)
    GatewayAccount.objects.filter(pk=account.pk).update(synced_at=timezone.now())
    return Synced(added, changed, missing, len(seen.members or ()))


def _store_members(account: GatewayAccount, members: list[TeamMember]) -> None:
    now = timezone.now()
    for member in members:
        VendorMember.objects.update_or_create(
            account=account,
            user_id=member.user_id[:_LONGEST_NAME],
            defaults={
                "name": (member.name or member.email or member.user_id)[:_LONGEST_NAME],
                "gone_since": None,
            },
        )
    gone = VendorMember.objects.filter(account=account, gone_since=None)
    gone.exclude(user_id__in=[member.user_id for member in members]).update(gone_since=now)


# --- Accounts of a team ---------------------------------------------------------------------------


def add_account(team: Team, user: User, label: str, api_key: str) -> GatewayAccount:
    """Take in a team's own account once Sociocs accepts its key. Raises NotDone."""
    account = GatewayAccount(team=team, label=label)
    remember_key(account, api_key)
    _try_key(api_key)
    try:
        with transaction.atomic():
            account.save()
            record_channel_event(
                team, ChannelEvent.Kind.ACCOUNT_ADDED, account, user, key_tail=account.api_key_tail
            )
            alerts.key_changed(team, user, label)
    except IntegrityError:
        raise NotDone(_known_key()) from None
    return account


def is_key_known(api_key: str, account: GatewayAccount | None = None) -> bool:
    """Whether another account than this has the key: a lane of its own must have its own key."""
    same = GatewayAccount.objects.filter(api_key_sha256=key_sha256(api_key))
    return (same.exclude(pk=account.pk) if account else same).exists()


def _known_key() -> str:
    return _(
        "This key is already in use on this server. Ask the person who manages it to give "
        "your team the account's channels, or create another key in Sociocs."
    )


def change_account(account: GatewayAccount, user: User, label: str, api_key: str) -> None:
    """Rename an account and, with a new key, go on with that one.

    The new key has to be one of the same Sociocs account: jobs that were handed over with the old
    one are looked for with it. Raises NotDone; also when somebody changed it while it was tried.
    """
    assert account.team is not None
    old_label, old_key, team = account.label, account.api_key_sha256, account.team
    account.label = label
    changed = ["label"]
    if api_key:
        if is_key_known(api_key, account):
            raise NotDone(_known_key())
        remember_key(account, api_key)
        _check_same_account(account, _try_key(api_key))
        changed += ["api_key", "api_key_tail", "api_key_sha256"]
    with transaction.atomic():
        stored = GatewayAccount.objects.select_for_update().get(pk=account.pk)
        if (stored.label, stored.api_key_sha256) != (old_label, old_key):
            raise NotDone(_("Someone else has just changed this account. Save it again."))
        account.save(update_fields=changed)
        if label != old_label:
            record_channel_event(
                team, ChannelEvent.Kind.ACCOUNT_RENAMED, account, user, before=old_label
            )
        if api_key:
            tail = account.api_key_tail
            record_channel_event(team, ChannelEvent.Kind.KEY_CHANGED, account, user, key_tail=tail)
            alerts.key_changed(team, user, label)
    if api_key and account.state == LaneState.HALTED:
        # Sociocs has just accepted the key. Campaigns that were stopped are resumed by people.
        clients.reopen(account)


def _try_key(api_key: str) -> set[tuple[str, str]]:
    """The channels that a key shows, by provider and key. Raises NotDone."""
    try:
        client = SociocsClient(settings.SOCIOCS_BASE_URL, api_key, total_timeout=CALL_SECONDS)
        return {
            (provider.value, channel.channel_key)
            for provider in Provider
            for channel in _listed(client, provider)
        }
    except AuthenticationFailed:
        raise NotDone(
            _(
                "Sociocs does not accept this key. Copy it again: it has two parts with a "
                "colon between them."
            )
        ) from None
    except Misconfigured:
        raise NotDone(_("A key has no spaces or special letters. Copy it again.")) from None
    except GatewayError:
        raise NotDone(
            _("Sociocs gave no usable answer, so we could not check the key. Try again later.")
        ) from None


def _listed(client: SociocsClient, provider: Provider) -> list[results.ListedChannel]:
    try:
        return list(client.list_channels(provider))
    except Refused as error:
        if error.halt:
            raise
        return []


def _check_same_account(account: GatewayAccount, seen: set[tuple[str, str]]) -> None:
    channels = account.channels.filter(missing_since=None).order_by("label")
    foreign = [
        channel for channel in channels if (channel.provider, channel.channel_key) not in seen
    ]
    if foreign:
        raise NotDone(
            _(
                "This key belongs to another Sociocs account, without the channel "
                "“%(label)s”. Connect it as a separate account."
            )
            % {"label": foreign[0].label}
        )


# --- Channels -------------------------------------------------------------------------------------


def add_channel(channel: Channel, user: User) -> None:
    """Store a channel that was typed by hand. Raises NotDone when it is there already."""
    try:
        with transaction.atomic():
            channel.save()
            record_channel_event(channel.team, ChannelEvent.Kind.CHANNEL_ADDED, channel, user)
    except IntegrityError:
        raise NotDone(_("Your team already has a channel with this key.")) from None


def change_channel(channel: Channel, user: User, before: Mapping[str, object]) -> None:
    """Store what was changed about a channel; `before`: the changed fields as they were."""
    if not before:
        return
    kind = ChannelEvent.Kind.CHANNEL_CHANGED
    if "is_active" in before:
        used, stopped = ChannelEvent.Kind.CHANNEL_USED_AGAIN, ChannelEvent.Kind.CHANNEL_STOPPED
        kind = used if channel.is_active else stopped
    with transaction.atomic():
        channel.save(update_fields=list(before))
        record_channel_event(channel.team, kind, channel, user, fields=sorted(before))
