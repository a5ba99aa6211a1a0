"""What the protocol says of single messages beyond what it says of jobs. Pure, as `protocol` is.

A single message is found again by its own second and its number in the vendor's list of messages
that wait. That list shows a hundred, and a message only until its second, so:

* No more are outstanding than it shows: one a second, each handed over only `lead_each` ahead.
* It is looked for early and often, while its call is still open too, and for the last time
  `MARGIN` before its second.
* Found once, it was accepted. Not found proves nothing, as with jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sending.protocol import MARGIN, START_FENCE, Sight

# After the longest call this much is left to look for it.
LEFT_TO_LOOK = timedelta(seconds=30)
FIRST_LOOK = timedelta(seconds=15)
BETWEEN_LOOKS = timedelta(seconds=10)
# A slot is a whole second, and never a full minute: so much later than asked for, and no more.
ROUNDING = timedelta(seconds=2)


def lead_each(lead: timedelta, call_timeout: timedelta) -> timedelta:
    """How long before its second a single message is handed over; never longer than a job is.

    100 seconds at the usual time-out of a minute: as many messages as the vendor's list shows.
    """
    return min(lead, START_FENCE + call_timeout + LEFT_TO_LOOK)


def is_too_early(slot: datetime, vendor_now: datetime, lead: timedelta) -> bool:
    """Whether a message for `slot` would be one too many for the vendor's list.

    It keeps the pace: whoever is late gets seconds in a row, each handed over when it is in reach.
    """
    return slot > vendor_now + lead + ROUNDING


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message as the vendor lists it; None where the list does not show something.

    `number`: whom it goes to, however their number is spelled.
    """

    message_id: str
    schedule: datetime | None
    number: str | None
    channel_key: str | None = None


@dataclass(frozen=True, slots=True)
class WantedMessage:
    """What we look for."""

    slot: datetime
    number: str
    channel_key: str


def look_for_message(
    wanted: WantedMessage,
    messages: Iterable[WaitingMessage],
    list_is_full: bool,
    is_owned: Callable[[str], bool],
) -> tuple[Sight, str]:
    """Search the list for our second. Returns the sight and, when FOUND, the message's id.

    Proof is exactly one message at our second to our number, on our channel as far as the list
    shows it, that belongs to no other attempt.
    """
    message_ids: list[str] = []
    earliest: datetime | None = None
    shows_all = True
    for message in messages:
        if message.schedule is None or message.number is None:
            shows_all = False
            continue
        earliest = message.schedule if earliest is None else min(earliest, message.schedule)
        if (
            message.schedule == wanted.slot
            and message.number == wanted.number
            and message.channel_key in {None, wanted.channel_key}
            and not is_owned(message.message_id)
        ):
            message_ids.append(message.message_id)
    if len(message_ids) == 1:
        return Sight.FOUND, message_ids[0]
    if message_ids:
        return Sight.SEVERAL, ""
    # Others' messages for later may have pushed ours out of a full list.
    is_pushed_out = list_is_full and (earliest is None or earliest > wanted.slot)
    return (Sight.NOT_SEEN if shows_all and not is_pushed_out else Sight.BLIND), ""


def next_look_for_message(started_at: datetime, slot: datetime, now: datetime) -> datetime | None:
    """When to look again, `started_at` being the intent's time; None: no more.

    From 15 s on every 10 s, for the last time 10 s before its second: then it leaves the list.
    """
    last = slot - MARGIN
    if now >= last:
        return None
    if now < started_at + FIRST_LOOK:
        return min(started_at + FIRST_LOOK, last)
    return min(now + BETWEEN_LOOKS, last)
