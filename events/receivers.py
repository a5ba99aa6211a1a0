"""Where a team's events are sent: made, changed, paused, tested and removed here, by every door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events import delivering, outbox
from events.kinds import MESSAGES, EventKind
from events.models import OutgoingEvent, Receiver
from events.signing import new_secret
from interface import public_addresses
from interface.public_addresses import FetchFault, NotFetched
from teams import sealing
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

MOST_RECEIVERS = 20
_State = Receiver.State


class NotTaken(Exception):
    """A receiver cannot be so; `field` says what is wrong, and `sentence` why."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(field)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class VendorWish:
    """What somebody asks for who takes us for Sociocs (`POST /webhook-subscriptions`)."""

    provider: str
    channel_key: str
    reference: str
    url: str
    platform: str = ""
    kinds: Sequence[str] = (MESSAGES,)
    status_words: Sequence[str] = ()
    secret: str = ""
    # The token it is asked for with, by number and name.
    token_number: int | None = None
    token_name: str = ""


def check_address(url: str) -> None:
    """Raise NotTaken where events cannot go to this address, whoever answers there."""
    try:
        public_addresses.check_url(url, delivering.address_rules())
    except NotFetched as error:
        if error.fault is FetchFault.NOT_HTTPS:
            raise NotTaken("url", _address_sentence()) from None
        raise


def _address_sentence() -> str:
    return _(
        "Enter an address that starts with https:// and has no port, user name or password in it."
    )


@transaction.atomic
def make_receiver(team: Team, by: User, name: str, url: str, kinds: Sequence[str]) -> Receiver:
    """Have events sent to `url` from now on, signed with a new secret. Raises NotTaken."""
    check_address(url)
    _check_room(team)
    receiver = Receiver.objects.create(
        team=team,
        name=name,
        url=url,
        kinds=_known(kinds),
        sealed_secret=sealing.seal(new_secret()),
        made_by=by,
    )
    record(Act.RECEIVER_MADE, receiver, by=by, after={"kinds": receiver.kinds})
    return receiver


@transaction.atomic
def put_vendor_receiver(team: Team, by: User | None, wish: VendorWish) -> Receiver:
    """Make or, with a reference that is known, change a receiver that gets the vendor's own bodies.

    It ends with the token that it was asked for with last. Raises NotTaken.
    """
    check_address(wish.url)
    # Of two calls with one reference, the second changes what the first has made.
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    known = Receiver.objects.filter(team=team, reference=wish.reference).exclude(reference="")
    if not known.exists():
        _check_room(team)
    values: dict[str, Any] = {
        "name": (wish.reference or wish.platform or wish.channel_key)[:100],
        "url": wish.url,
        "kinds": list(wish.kinds),
        "sealed_secret": sealing.seal(wish.secret) if wish.secret else "",
        "platform": wish.platform,
        "provider": wish.provider,
        "channel_key": wish.channel_key,
        "status_words": list(wish.status_words),
        "token_number": wish.token_number,
        "token_name": wish.token_name,
        "form": Receiver.Form.SOCIOCS,
        **_FRESH,
    }
    receiver = known.first()
    if receiver is None:
        made = {"team": team, "reference": wish.reference, "made_by": by}
        receiver = Receiver.objects.create(**made, **values)
        record(Act.RECEIVER_MADE, receiver, by=by, after={"kinds": receiver.kinds})
    else:
        known.update(**values)
        receiver.refresh_from_db()
        record(Act.RECEIVER_CHANGED, receiver, by=by, after={"kinds": receiver.kinds})
    return receiver


# A new beginning: tried at once, by whoever has the next turn.
_FRESH: Mapping[str, Any] = {
    "state": _State.ACTIVE,
    "tries": 0,
    "failing_since": None,
    "next_try_at": None,
    "claim_token": None,
    "lease_until": None,
}


@transaction.atomic
def change_receiver(
    receiver: Receiver, by: User, name: str, url: str, kinds: Sequence[str]
) -> None:
    """Give it another name, address or choice of kinds. Raises NotTaken."""
    check_address(url)
    before = {"kinds": receiver.kinds}
    after: dict[str, Any] = {"kinds": _known(kinds)}
    if url != receiver.url:
        # The address itself may be a secret.
        after["address"] = "changed"
    Receiver.objects.filter(pk=receiver.pk).update(
        name=name, url=url, kinds=after["kinds"], next_try_at=None, claim_token=None
    )
    record(Act.RECEIVER_CHANGED, receiver, by=by, before=before, after=after)


@transaction.atomic
def pause_receiver(receiver: Receiver, by: User | None) -> bool:
    """Send nothing more until it goes on; events are kept meanwhile. False: it was not on."""
    paused = Receiver.objects.filter(pk=receiver.pk, state=_State.ACTIVE).update(
        state=_State.PAUSED, claim_token=None
    )
    if paused:
        record(Act.RECEIVER_PAUSED, receiver, by=by)
    return bool(paused)


@transaction.atomic
def let_receiver_go_on(receiver: Receiver, by: User | None) -> bool:
    """Send again, beginning with what waits; False where it was on already."""
    stopped = Receiver.objects.filter(pk=receiver.pk, state__in=(_State.PAUSED, _State.OFF))
    if not stopped.update(**_FRESH):
        return False
    record(Act.RECEIVER_RESUMED, receiver, by=by)
    outbox.send_soon()
    return True


@transaction.atomic
def remove_receiver(receiver: Receiver, by: User | None) -> None:
    """Send nothing more there, and forget what was sent."""
    record(Act.RECEIVER_REMOVED, receiver, by=by)
    receiver.delete()


def tokens_with_receivers() -> list[int]:
    """The numbers of API tokens that receivers were made with which have not ended."""
    numbers = Receiver.objects.exclude(state=_State.ENDED).values_list("token_number", flat=True)
    return [number for number in numbers.distinct() if number is not None]


@transaction.atomic
def end_receivers_of(token_number: int) -> int:
    """Send nothing more to what was made with a token that may no longer; returns how many."""
    ended = Receiver.objects.filter(token_number=token_number).exclude(state=_State.ENDED)
    receivers = list(ended.select_for_update())
    for receiver in receivers:
        waiting = receiver.outgoing.filter(state=OutgoingEvent.State.WAITING)
        waiting.update(state=OutgoingEvent.State.GIVEN_UP)
        record(Act.RECEIVER_ENDED, receiver)
    ended.update(state=_State.ENDED, claim_token=None, next_try_at=None, failing_since=None)
    return len(receivers)


@transaction.atomic
def show_secret(receiver: Receiver, by: User) -> str:
    """The secret for somebody who wants to see it. Raises `teams.sealing.Unreadable`."""
    secret = secret_of(receiver)
    record(Act.RECEIVER_SECRET_SHOWN, receiver, by=by)
    return secret


def secret_of(receiver: Receiver) -> str:
    """What its events are signed with; "" without one. Raises `teams.sealing.Unreadable`."""
    return sealing.unseal(receiver.sealed_secret) if receiver.sealed_secret else ""


@transaction.atomic
def renew_secret(receiver: Receiver, by: User) -> None:
    """Sign with another secret from now on."""
    Receiver.objects.filter(pk=receiver.pk).update(sealed_secret=sealing.seal(new_secret()))
    record(Act.RECEIVER_SECRET_RENEWED, receiver, by=by)


@transaction.atomic
def send_test(receiver: Receiver, by: User) -> bool:
    """Have a test sent behind what waits, which is tried at once; False where it is not on."""
    if receiver.state != _State.ACTIVE:
        return False
    delivering.try_at_once(receiver)
    outbox.put_out([outbox.own_event(receiver, EventKind.PING, {})])
    record(Act.RECEIVER_TESTED, receiver, by=by)
    return True


@transaction.atomic
def send_again(event: OutgoingEvent, by: User) -> bool:
    """Have an event sent once more, under its own id; False where it waits, or is emptied."""
    ended = OutgoingEvent.objects.filter(pk=event.pk).exclude(body="")
    ended = ended.exclude(receiver__state=_State.ENDED)
    if not ended.exclude(state=OutgoingEvent.State.WAITING).update(
        state=OutgoingEvent.State.WAITING
    ):
        return False
    delivering.try_at_once(event.receiver)
    record(Act.EVENT_SENT_AGAIN, event.receiver, by=by)
    outbox.send_soon()
    return True


@transaction.atomic
def leave_out(event: OutgoingEvent, by: User) -> bool:
    """Give an event up that waits, so that those behind it go on; False where it does not wait."""
    waiting = OutgoingEvent.objects.filter(pk=event.pk, state=OutgoingEvent.State.WAITING)
    if not waiting.update(state=OutgoingEvent.State.GIVEN_UP):
        return False
    delivering.try_at_once(event.receiver)
    record(Act.EVENT_LEFT_OUT, event.receiver, by=by)
    return True


def _known(kinds: Sequence[str]) -> list[str]:
    chosen = [kind.value for kind in EventKind if kind.value in kinds and kind != EventKind.PING]
    if not chosen:
        raise NotTaken("kinds", _("Choose at least one kind of event."))
    return chosen


def _check_room(team: Team) -> None:
    if team.receivers.exclude(state=_State.ENDED).count() >= MOST_RECEIVERS:
        raise NotTaken(
            "url",
            _("A team can have %(n)s systems. Remove one first.") % {"n": MOST_RECEIVERS},
        )
