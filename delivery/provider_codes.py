"""What the codes mean with which networks and providers say why a message failed.

Sources, read in 2026: Twilio's "Error and Warning Dictionary" (21xxx, 30xxx, 63xxx), Meta's "Error
codes" of the WhatsApp Cloud API (13xxxx; 470, 471, 472 and 1013 before it), Gupshup's "Error Codes"
(1001-1012, 4001-4003). Twilio's codes are its own; Gupshup passes Meta's on beside its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sociocs_gateway.providers import Provider


class FailureKind(StrEnum):
    """What a failure asks for: whose matter it is, and whether trying again makes sense."""

    # The person asked for no more messages.
    WISH = "wish"
    # The number cannot get messages.
    DEAD = "dead"
    # It may work another time.
    TEMPORARY = "temporary"
    # The sender's account, text or number has to be put right first.
    SENDER = "sender"


@dataclass(frozen=True)
class Failure:
    """Why a message failed, what to do about it, and the codes that say so."""

    kind: FailureKind
    reason: str | Promise
    advice: str | Promise
    twilio: str = ""
    # Gupshup's own, and those of Meta that it passes on.
    gupshup: str = ""


class KnownFailure(Enum):
    """Every failure there is a sentence for."""

    OPTED_OUT = Failure(
        FailureKind.WISH,
        _("They asked for no more messages."),
        _("They are opted out here too."),
        twilio="21610",
        gupshup="1012 131050",
    )
    NO_SUCH_NUMBER = Failure(
        FailureKind.DEAD,
        _("This number does not exist or is not in use."),
        _("Ask for a new number."),
        twilio="21211 21214 21217 30005",
        gupshup="1013",
    )
    UNREACHABLE = Failure(
        FailureKind.DEAD,
        _("The phone was switched off, had no signal, or is no longer in use."),
        _("Try once more another day, or ask for a new number."),
        twilio="30003",
    )
    NO_TEXTS = Failure(
        FailureKind.DEAD,
        _("This number cannot get text messages. It may be a landline."),
        _("Ask for a mobile number."),
        twilio="21614 30006",
    )
    BLOCKED = Failure(
        FailureKind.DEAD,
        _("The network or the phone blocks messages to this number."),
        _("Reach this person in another way."),
        twilio="30004",
    )
    NOT_ON_WHATSAPP = Failure(
        FailureKind.DEAD,
        _("This number is not on WhatsApp, or its app is too old."),
        _("Send a text message instead."),
        twilio="63003 63024",
        gupshup="1002 131026",
    )
    BUSY = Failure(
        FailureKind.TEMPORARY,
        _("The network was busy or did not answer."),
        _("Send it again later."),
        twilio="30001 30008 30017 30022 30410 63012 63018 63020 63023 63030",
        gupshup="500 4001 4002 471 130429 131000 131016 131056 131057 133004 135000",
    )
    TOO_LATE = Failure(
        FailureKind.TEMPORARY,
        _("The message could not be delivered in time."),
        _("Send it again later."),
        twilio="30036",
    )
    ENOUGH_FOR_NOW = Failure(
        FailureKind.TEMPORARY,
        _("WhatsApp held it back: this person got many marketing messages lately."),
        _("Send it again in some days."),
        twilio="63032 63049",
        gupshup="472 130472 131049",
    )
    FILTERED = Failure(
        FailureKind.SENDER,
        _("The network took the text for spam."),
        _("Change the text: no short links, no capitals, and say who you are."),
        twilio="30007 30038 30450",
        gupshup="131048 132007",
    )
    NOT_REGISTERED = Failure(
        FailureKind.SENDER,
        _("Your sender is not registered for this country or network."),
        _("Register it with your provider."),
        twilio="21606 21659 30018 30024 30032 30033 30034",
        gupshup="131037 131045 133010",
    )
    NO_WAY_THERE = Failure(
        FailureKind.SENDER,
        _("Your account may not send to this country or network."),
        _("Allow the country in your provider's settings."),
        twilio="21408 21608 21612",
        gupshup="1006 1008",
    )
    TOO_MANY = Failure(
        FailureKind.SENDER,
        _("Your sender reached the most messages it may send in a day."),
        _("Send the rest tomorrow, or ask your provider for more."),
        twilio="21611 30023 30027 63038",
    )
    OUTSIDE_WINDOW = Failure(
        FailureKind.SENDER,
        _("They wrote nothing in the last 24 hours, so WhatsApp takes only approved templates."),
        _("Send it as a template."),
        twilio="63016",
        gupshup="470 1004 1005 1007 131047",
    )
    TEMPLATE = Failure(
        FailureKind.SENDER,
        _("WhatsApp did not accept the template or its values."),
        _("Compare the template with the one that was approved."),
        twilio="63013 63021 63027 63028 63029",
        gupshup="4003 131008 131009 132000 132001 132005 132012 132015 132016",
    )
    MEDIA = Failure(
        FailureKind.SENDER,
        _("The image, video or file was not accepted."),
        _("Try a smaller file of a usual kind."),
        twilio="21620 30011 30019 63019 63022",
        gupshup="1010 1011 131051 131052 131053",
    )
    TOO_LONG = Failure(
        FailureKind.SENDER,
        _("The text was too long."),
        _("Shorten it."),
        twilio="21617",
    )
    ACCOUNT = Failure(
        FailureKind.SENDER,
        _("Your provider's account is closed, locked, or out of money."),
        _("Look at the account at your provider."),
        twilio="30002 30010 63010",
        gupshup="1001 1003 131005 131031 131042",
    )


def _table(column: str) -> dict[str, KnownFailure]:
    return {code: known for known in KnownFailure for code in getattr(known.value, column).split()}


_TWILIO = _table("twilio")
_GUPSHUP = _table("gupshup")


def failure_of(provider: str, code: str) -> Failure | None:
    """What a code of this provider (`Provider`) means; None for one that is in no table."""
    own = _GUPSHUP if provider == Provider.GUPSHUP_WHATSAPP else _TWILIO
    # Meta's codes have six digits, like nobody else's: whoever passes them on means the same.
    known = own.get(code) or (_GUPSHUP.get(code) if len(code) == 6 else None)
    return known.value if known else None


def codes_of(kind: FailureKind) -> list[str]:
    """Every code that means such a failure, whichever provider reports it.

    No code means one kind at Twilio and another at Gupshup (a test holds that).
    """
    columns = (_TWILIO, _GUPSHUP)
    return sorted({code for own in columns for code in own if own[code].value.kind is kind})


def codes_not_to_try_again() -> list[str]:
    """The codes of those who asked for no more messages, and of numbers that cannot get any.

    A phone that was switched off is tried once more.
    """
    unreachable = {*KnownFailure.UNREACHABLE.value.twilio.split()}
    dead = (code for code in codes_of(FailureKind.DEAD) if code not in unreachable)
    return [*codes_of(FailureKind.WISH), *dead]


def reason_in_words(provider: str, code: str) -> str:
    """Why a message failed, as a sentence; "" without a code."""
    if not code:
        return ""
    failure = failure_of(provider, code)
    if failure is None:
        return gettext("The network refused it with code %(code)s.") % {"code": code}
    return str(failure.reason)
