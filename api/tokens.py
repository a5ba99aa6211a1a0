"""Tokens of programs: made, let in, and ended.

A key is `id:secret`, as the vendor's keys are, so that it goes wherever one of those goes. Its
secret has 256 random bits and is shown once. Whoever answers a program calls `let_in` first. What
comes then counts as done by the token's maker: the maker's role of today says what it may, and
their leaving ends it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import NoReturn
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from api.models import ApiToken, Scope
from campaigns.scheduling.clocks import read_wall
from events.receivers import end_receivers_of, tokens_with_receivers
from interface.wording import filled
from sending.day_limits import day_of
from sociocs_accounts.models import Channel
from teams import alerts, second_factor
from teams.access import Action, may
from teams.models import Membership, Team, User
from teams.throttling import Limit, client_address, client_ip, count_try
from trail.acts import Act
from trail.recording import record

MOST_TOKENS = 50
_MINUTE = timedelta(minutes=1)
# The activity tells once an hour, and from each new address, that a token is used.
_NOTED_FOR = timedelta(hours=1)
_REFUSALS_NOTED = Limit("token-refused", 20)
# What the maker's role has to include.
NEEDS: dict[Scope, Action] = {
    Scope.READ: Action.VIEW,
    Scope.LISTS: Action.EDIT_LISTS,
    Scope.DRAFTS: Action.COMPOSE,
    Scope.LAUNCH: Action.LAUNCH,
    Scope.OPT_OUTS: Action.EDIT_LISTS,
    Scope.DOOR: Action.LAUNCH,
}


class TooManyTokens(Exception):
    """The team has as many as it may have: end one first."""


class Refused(Exception):
    """A call is not let in; its text is a sentence for whoever wrote the program."""


class UnknownToken(Refused):
    """No key, or none that works: HTTP 401."""


class MayNot(Refused):
    """The key is right, but not for this: HTTP 403."""


class TooMuch(Refused):
    """More calls or people than the token may have: HTTP 429, with `retry_after` in seconds."""

    def __init__(self, sentence: str, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Made:
    """A new token, and its key: shown now and never again."""

    token: ApiToken
    key: str


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that was let in: its token, and its maker's place in the team as it is now."""

    token: ApiToken
    membership: Membership

    @property
    def team(self) -> Team:
        """The team whose things it sees."""
        return self.membership.team

    @property
    def user(self) -> User:
        """Who answers for what it does."""
        return self.membership.user

    def require(self, scope: Scope) -> None:
        """Raise MayNot unless the token has this scope and its maker's role includes it."""
        if scope not in self.token.scopes:
            _turn_away(
                self.token,
                "scope",
                _("This token does not allow “%(scope)s”. Create one that does.")
                % {"scope": scope.value},
            )
        self.require_action(NEEDS[scope])

    def require_action(self, action: Action) -> None:
        """Raise MayNot unless the role of the token's maker includes `action` today."""
        if not may(self.membership, action):
            _turn_away(
                self.token,
                "role",
                _("The role of %(name)s, who created this token, no longer allows this.")
                % {"name": self.user},
            )

    def require_channel(self, channel: Channel) -> None:
        """Raise MayNot for a channel that the token is not bound to."""
        bound = self.token.channel_ids
        if bound and str(channel.public_id) not in bound:
            _turn_away(self.token, "channel", _("This token cannot use that channel."))


def make_token(
    team: Team,
    by: User,
    *,
    name: str,
    scopes: Collection[Scope],
    channels: Collection[Channel] = (),
    networks: Collection[str] = (),
    daily_limit: int | None = None,
    calls_per_minute: int | None = None,
    expires_at: datetime | None = None,
) -> Made:
    """Make a token and its key, and tell the owners. Raises TooManyTokens."""
    secret = secrets.token_hex(32)
    with transaction.atomic():
        Team.objects.select_for_update(no_key=True).get(pk=team.pk)
        if working_tokens(team) >= MOST_TOKENS:
            raise TooManyTokens
        token = ApiToken.objects.create(
            team=team,
            made_by=by,
            name=name,
            secret_sha256=_digest(secret),
            scopes=sorted(scope.value for scope in scopes),
            channel_ids=[str(channel.public_id) for channel in channels],
            networks=[*networks],
            daily_limit=daily_limit,
            calls_per_minute=calls_per_minute,
            expires_at=expires_at,
        )
        told = {
            "scopes": token.scopes,
            "channels": len(token.channel_ids),
            "networks": token.networks,
            "daily_limit": daily_limit,
            "expires_at": expires_at,
        }
        record(Act.TOKEN_MADE, token, by=by, after=told)
    happened = gettext_lazy("%(name)s created the API token “%(token)s” for %(team)s.")
    alerts.tell(
        alerts.owners_of(team),
        filled(gettext_lazy("%(team)s has a new API token"), {"team": team}),
        filled(happened, {"name": by, "token": name, "team": team}),
    )
    return Made(token, f"{token.public_id.hex}:{secret}")


def working_tokens(team: Team) -> int:
    """How many tokens of the team are neither ended nor expired."""
    return ApiToken.objects.filter(_works(timezone.now()), team=team).count()


def revoke_token(token: ApiToken, by: User) -> bool:
    """End a token at once; False when it had ended before."""
    with transaction.atomic():
        now = timezone.now()
        mine = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
        if not mine.update(revoked_at=now):
            return False
        record(Act.TOKEN_REVOKED, token, by=by)
        end_receivers_of(token.pk)
    return True


def end_tokens_of(team: Team, leaver: User, _heir: User | None) -> None:
    """Whoever leaves takes their tokens along for good; called as they leave."""
    mine = ApiToken.objects.filter(team=team, made_by=leaver, revoked_at=None)
    for token in mine:
        record(Act.TOKEN_REVOKED, token, about_id=leaver.pk)
        end_receivers_of(token.pk)
    mine.update(revoked_at=timezone.now())


def end_what_tokens_left() -> None:
    """Let what was made through the door end with its token, however that came to its end.

    It expired, or the role of its maker allows no sending any more.
    """
    tokens = ApiToken.objects.filter(_works(timezone.now())).select_related("team", "made_by")
    for number in tokens_with_receivers():
        token = tokens.filter(pk=number).first()
        membership = _membership(token) if token else None
        if membership is None or not may(membership, NEEDS[Scope.DOOR]):
            end_receivers_of(number)


def nothing_to_hand_over(_team: Team, _person: User) -> None:
    """A token is nothing that somebody else gets."""


def token_of_key(key: str) -> ApiToken | None:
    """The token of a key, whether or not it still works; None for a key that is none."""
    public_id, _colon, secret = key.partition(":")
    try:
        named = UUID(hex=public_id)
    except ValueError:
        return None
    tokens = ApiToken.objects.select_related("team", "made_by")
    return tokens.filter(public_id=named, secret_sha256=_digest(secret)).first()


def let_in(request: HttpRequest, key: str) -> Caller:
    """The program that comes with this key; its call is counted.

    From here on the request is its maker's, for the trail too. Raises UnknownToken, MayNot and
    TooMuch.
    """
    token = token_of_key(key)
    if token is None:
        raise UnknownToken(_("We do not know this key. Send the whole key, as it was shown once."))
    request.user = token.made_by
    request.came_with = f"token {token.pk}"  # type: ignore[attr-defined]
    membership = _checked(token, request)
    _count_call(token, client_address(request))
    return Caller(token, membership)


def claim_people(token: ApiToken, people: int) -> None:
    """Count people of a launch on the token's day; it is undone with the caller's transaction.

    Raises TooMuch, and counts nothing, where they do not fit into the day any more.
    """
    now = timezone.now()
    today = day_of(token.team, now)
    mine = ApiToken.objects.filter(pk=token.pk)
    mine.filter(Q(day=None) | ~Q(day=today)).update(day=today, people=0)
    most = token.daily_limit
    fits = Q() if most is None else Q(people__lte=max(most - people, -1))
    if mine.filter(fits, day=today).update(people=F("people") + people):
        return
    begin = datetime.min.time()
    tomorrow = read_wall(today + timedelta(days=1), begin, token.team.time_zone).first
    sentence = _(
        "This token can send to %(limit)s people a day, and %(people)s more would exceed that."
    )
    raise TooMuch(
        sentence % {"limit": most, "people": people},
        max(1, int((tomorrow - now).total_seconds())),
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _works(now: datetime) -> Q:
    return Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))


def _checked(token: ApiToken, request: HttpRequest) -> Membership:
    """The maker's place in the team, if the token still works from where the request comes."""
    if token.revoked_at is not None:
        _turn_away(token, "ended", _("This token has ended. Create a new one."), UnknownToken)
    if token.expires_at is not None and token.expires_at <= timezone.now():
        sentence = _("This token has expired. Create a new one.")
        _turn_away(token, "expired", sentence, UnknownToken)
    mine = _membership(token)
    if mine is None:
        sentence = _(
            "The person who created this token is no longer in the team. Create a new one."
        )
        _turn_away(token, "member", sentence, UnknownToken)
    if second_factor.why_member(mine) and not second_factor.has_one(mine.user):
        sentence = _("%(name)s, who created this token, has to set up two-step sign-in first.")
        _turn_away(token, "second_step", sentence % {"name": mine.user})
    address = client_ip(request)
    if token.networks and not any(
        address is not None and address in ip_network(network) for network in token.networks
    ):
        _turn_away(token, "address", _("This token cannot be used from this address."))
    return mine


def _membership(token: ApiToken) -> Membership | None:
    """The place of the token's maker in the team."""
    members = Membership.objects.select_related("team", "user")
    return members.filter(team=token.team, user=token.made_by, user__is_active=True).first()


def _turn_away(
    token: ApiToken, reason: str, sentence: str, kind: type[Refused] = MayNot
) -> NoReturn:
    """Raise `kind`, and write down that somebody came with this token in vain, up to a limit."""
    if count_try(_REFUSALS_NOTED, str(token.pk)):
        record(Act.TOKEN_REFUSED, token, about_id=token.made_by_id, after={"reason": reason})
    raise kind(sentence)


def _count_call(token: ApiToken, address: str) -> None:
    """One conditional UPDATE counts the call; no two processes get past the limit together."""
    now = timezone.now()
    most = token.calls_per_minute or settings.API_CALLS_PER_MINUTE
    mine = ApiToken.objects.filter(pk=token.pk)
    running = mine.filter(minute_began_at__gt=now - _MINUTE)
    over = mine.filter(Q(minute_began_at=None) | Q(minute_began_at__lte=now - _MINUTE))
    if not running.filter(calls__lt=most).update(calls=F("calls") + 1, last_used_at=now):
        # Another call may begin the minute at the same instant: then it is counted there.
        begun = over.update(calls=1, minute_began_at=now, last_used_at=now)
        if not begun and not running.filter(calls__lt=most).update(calls=F("calls") + 1):
            began_at = mine.values_list("minute_began_at", flat=True).get() or now
            left = int((began_at + _MINUTE - now).total_seconds()) + 1
            sentence = _("This token can make %(most)s calls a minute. Wait before the next one.")
            raise TooMuch(sentence % {"most": most}, max(1, left))
    old = Q(noted_at=None) | Q(noted_at__lte=now - _NOTED_FOR) | ~Q(noted_address=address)
    if mine.filter(old).update(noted_at=now, noted_address=address):
        record(Act.TOKEN_USED, token, about_id=token.made_by_id)
