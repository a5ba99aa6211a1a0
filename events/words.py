"""What became of an event, in a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.delivering import NO_KEY_FITS
from events.kinds import MESSAGES, STATUS_UPDATES, EventKind
from events.models import OutgoingEvent, Receiver
from interface.public_addresses import FetchFault
from interface.wording import Text

TONES: Mapping[str, str] = {
    Receiver.State.ACTIVE: "success",
    Receiver.State.PAUSED: "neutral",
    Receiver.State.OFF: "danger",
    Receiver.State.ENDED: "neutral",
    OutgoingEvent.State.WAITING: "info",
    OutgoingEvent.State.DELIVERED: "success",
    OutgoingEvent.State.GIVEN_UP: "danger",
}
_VENDOR_WORDS: Mapping[str, Text] = {
    MESSAGES: gettext_lazy("Replies"),
    STATUS_UPDATES: gettext_lazy("Delivery reports"),
    # As they stand in a body.
    "message": gettext_lazy("A reply"),
    "status_update": gettext_lazy("A delivery report"),
}
_FAULTS: Mapping[str, Text] = {
    FetchFault.NOT_HTTPS: gettext_lazy("Its address does not start with https://."),
    FetchFault.NOT_PUBLIC: gettext_lazy("Its address is in a private network."),
    FetchFault.UNKNOWN_NAME: gettext_lazy("The name in its address does not exist."),
    FetchFault.NO_CONNECTION: gettext_lazy("It could not be reached."),
    FetchFault.CERTIFICATE: gettext_lazy("Its certificate is not valid."),
    FetchFault.TOO_SLOW: gettext_lazy("It did not answer within 10 seconds."),
    NO_KEY_FITS: gettext_lazy("Its secret cannot be read. Create a new one."),
}


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event as its receiver's page shows it."""

    event: OutgoingEvent
    what: str
    tone: str
    outcome: str
    may_be_sent_again: bool
    is_waiting: bool


def kinds_in_words(receiver: Receiver) -> list[str]:
    """What a receiver gets."""
    return [_kind_in_words(kind) for kind in receiver.kinds]


def shown_event(event: OutgoingEvent) -> ShownEvent:
    """An event in words."""
    is_waiting = event.state == OutgoingEvent.State.WAITING
    has_ended = event.receiver.state == Receiver.State.ENDED
    return ShownEvent(
        event,
        what=_kind_in_words(event.kind),
        tone=TONES[event.state],
        outcome=_outcome(event),
        may_be_sent_again=bool(event.body) and not is_waiting and not has_ended,
        is_waiting=is_waiting,
    )


def _kind_in_words(kind: str) -> str:
    if kind in EventKind.values:
        return str(EventKind(kind).label)
    return str(_VENDOR_WORDS.get(kind, kind))


def _outcome(event: OutgoingEvent) -> str:
    if event.status is not None:
        if 300 <= event.status < 400:
            return _("It answered %(status)s and redirected us, which we do not follow.") % {
                "status": event.status
            }
        return _("It answered %(status)s.") % {"status": event.status}
    return str(_FAULTS.get(event.fault, ""))
