"""Why nothing moves: one table of reasons, and where to ask for those that stand at this moment.

Other apps know of troubles of their own and register where to ask for them; no models are imported
here, so that an AppConfig's `ready()` may. Since when each stands is kept by `seen_troubles`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy

from interface.wording import Text
from sociocs_accounts.halt_words import HALTS
from sociocs_accounts.lanes import LaneState
from sociocs_gateway.exceptions import Reason

if TYPE_CHECKING:
    from sociocs_accounts.models import Channel, GatewayAccount


class Trouble(StrEnum):
    """What is wrong beyond a halt, whose reasons have codes of their own (`halt_words`)."""

    # Of an account.
    UNREACHABLE = "unreachable"
    SILENT = "silent"
    LIST_FAILS = "list_fails"
    TOO_FAST = "too_fast"
    COOLING = "cooling"
    OWN_LIMIT = "own_limit"
    NOBODY_SENDS = "nobody_sends"
    # A refused key (`auth`) as the page of accounts tells it: to owners, and to all others.
    OWN_KEY_REFUSED = "own_key_refused"
    KEY_REFUSED = "key_refused"
    # Of a channel.
    REPORTS_PAUSED = "reports_paused"
    REPORTS_GONE = "reports_gone"
    REPORTS_SILENT = "reports_silent"
    # Of the whole installation.
    NO_TICK = "no_tick"
    NO_BACKGROUND = "no_background"
    NO_BROKER = "no_broker"
    SLOW_DATABASE = "slow_database"
    NO_DISK = "no_disk"


@dataclass(frozen=True, slots=True)
class TroubleWords:
    """The sentences of a trouble.

    `what` is so, and `remedy`: what is safe, and what is done about it, by itself or by whom.
    `began` and `ended` are lines of a timeline; where they are blank, it is no news.
    `needs_person`: it is not over before somebody has done something.
    """

    what: Text
    remedy: Text
    began: Text = ""
    ended: Text = ""
    needs_person: bool = False


_TRIED = gettext_lazy(
    "Nothing is lost: waiting messages go out in order. We try every ten seconds, and "
    "sending continues by itself."
)
_TELL_THE_OPERATOR = gettext_lazy(
    "Nothing is lost: work continues by itself once this is fixed. Tell the person who "
    "manages this server."
)
_USED_AGAIN = gettext_lazy("The Sociocs account is in use again")
_HALT_BEGAN: Mapping[str, Text] = {
    "auth": gettext_lazy("Sociocs stopped accepting the API key"),
    "tls": gettext_lazy("The connection to Sociocs was no longer secure"),
    "redirect": gettext_lazy("The address of Sociocs led somewhere else"),
    "config": gettext_lazy("Sociocs did not know the address we use"),
    "door": gettext_lazy("The address we use belonged to a dashboard, not to Sociocs"),
    "circuit": gettext_lazy("Sociocs gave no clear answer twice in a row"),
    "clock": gettext_lazy("This server's clock and Sociocs' clock differed"),
    "restored": gettext_lazy("An older copy of the database was put back"),
}
TROUBLES: Mapping[str, TroubleWords] = {
    **{
        reason: TroubleWords(what, remedy, _HALT_BEGAN[reason], _USED_AGAIN, needs_person=True)
        for reason, (what, remedy) in HALTS.items()
    },
    Trouble.UNREACHABLE: TroubleWords(
        gettext_lazy("Sociocs cannot be reached at the moment, so nothing is sent."),
        _TRIED,
        gettext_lazy("Sociocs could not be reached"),
        gettext_lazy("Sociocs could be reached again"),
    ),
    Trouble.SILENT: TroubleWords(
        gettext_lazy("Sociocs does not answer at the moment, so nothing is sent."),
        _TRIED,
        gettext_lazy("Sociocs stopped answering"),
        gettext_lazy("Sociocs answered again"),
    ),
    Trouble.LIST_FAILS: TroubleWords(
        gettext_lazy(
            "Sociocs cannot show what it has scheduled at the moment, and without that nothing is "
            "sent."
        ),
        _TRIED,
        gettext_lazy("Sociocs could not show what it has scheduled"),
        gettext_lazy("Sociocs showed what it has scheduled again"),
    ),
    Trouble.TOO_FAST: TroubleWords(
        gettext_lazy("We called Sociocs too often, so nothing is sent at the moment."),
        gettext_lazy("Nothing is lost. Sending continues by itself in a few minutes."),
        gettext_lazy("We called Sociocs too often"),
        gettext_lazy("Sociocs answered again"),
    ),
    Trouble.COOLING: TroubleWords(
        gettext_lazy("Sociocs asked us to slow down."),
        gettext_lazy("Nothing is lost: waiting messages go out in order, by themselves."),
        gettext_lazy("Sociocs asked us to slow down"),
        gettext_lazy("Sociocs let us continue"),
    ),
    Trouble.OWN_LIMIT: TroubleWords(
        gettext_lazy(
            "Sending takes a while, because this server limits how often it calls Sociocs."
        ),
        gettext_lazy(
            "Sending continues by itself. The person who manages this server set that limit."
        ),
    ),
    Trouble.NOBODY_SENDS: TroubleWords(
        gettext_lazy("Messages are ready, but this server is not sending them at the moment."),
        _TELL_THE_OPERATOR,
        gettext_lazy("Messages were ready, but this server did not send them"),
        gettext_lazy("This server was sending again"),
    ),
    Trouble.OWN_KEY_REFUSED: TroubleWords(
        gettext_lazy("Sociocs did not accept this account, so nothing is sent through it."),
        gettext_lazy("Enter its current API key."),
        needs_person=True,
    ),
    Trouble.KEY_REFUSED: TroubleWords(
        gettext_lazy("Sociocs did not accept this account, so nothing is sent through it."),
        gettext_lazy("Ask the person who manages this server to check its API key."),
        needs_person=True,
    ),
    Trouble.REPORTS_PAUSED: TroubleWords(
        gettext_lazy(
            "Sociocs has paused its reports on this channel, so replies, STOPs and "
            "delivery reports do not come in."
        ),
        gettext_lazy(
            "We ask Sociocs once a day to continue. An owner of the team can switch "
            "reports on again under Delivery and replies."
        ),
        gettext_lazy("Sociocs paused its reports"),
        gettext_lazy("Sociocs reported again"),
        needs_person=True,
    ),
    Trouble.REPORTS_GONE: TroubleWords(
        gettext_lazy(
            "Sociocs does not report on this channel as we asked, so replies, STOPs or "
            "delivery reports are missing."
        ),
        gettext_lazy(
            "We check once a day. An owner of the team can switch reports on again under "
            "Delivery and replies."
        ),
        gettext_lazy("Sociocs stopped reporting as we asked"),
        gettext_lazy("Sociocs reported again"),
        needs_person=True,
    ),
    Trouble.REPORTS_SILENT: TroubleWords(
        gettext_lazy(
            "Sociocs has reported nothing on this channel for a day, although messages "
            "were sent. Replies and STOPs may be missing too."
        ),
        gettext_lazy(
            "We check once a day. An owner of the team can also check under Delivery and replies."
        ),
        gettext_lazy("Sociocs had reported nothing for a day"),
        gettext_lazy("Sociocs reported again"),
    ),
    Trouble.NO_TICK: TroubleWords(
        gettext_lazy("Nothing is being sent at the moment."),
        gettext_lazy(
            "Nothing is lost: sending continues by itself once this server's sending part "
            "runs again. Tell the person who manages this server."
        ),
        gettext_lazy("This server stopped sending"),
        gettext_lazy("This server was sending again"),
    ),
    Trouble.NO_BACKGROUND: TroubleWords(
        gettext_lazy(
            "Uploads, reports, replies and e-mails are waiting at the moment, and no new "
            "campaign starts."
        ),
        _TELL_THE_OPERATOR,
        gettext_lazy("This server stopped handling uploads, reports and replies"),
        gettext_lazy("This server handled uploads, reports and replies again"),
    ),
    Trouble.NO_BROKER: TroubleWords(
        gettext_lazy("Sending and uploads start later than usual at the moment."),
        _TELL_THE_OPERATOR,
        gettext_lazy("A part of this server did not answer, so sending started later"),
        gettext_lazy("All parts of this server answered again"),
    ),
    Trouble.SLOW_DATABASE: TroubleWords(
        gettext_lazy("This server is slow at the moment: pages and sending take longer."),
        gettext_lazy(
            "Nothing is lost, and work continues. If it stays slow, tell the person who "
            "manages this server."
        ),
        gettext_lazy("This server became slow"),
        gettext_lazy("This server was as fast as usual again"),
    ),
    Trouble.NO_DISK: TroubleWords(
        gettext_lazy(
            "The disk of this server is full or cannot be used: no file can be saved, and "
            "sending may stop."
        ),
        _TELL_THE_OPERATOR,
        gettext_lazy("The disk of this server was full or could not be used"),
        gettext_lazy("The disk of this server could be used again"),
        needs_person=True,
    ),
}

# A halt whose reason is none of these.
_STOPPED = TroubleWords(
    gettext_lazy("This Sociocs account is stopped, so nothing is sent through it."),
    gettext_lazy("Ask the person who manages this server to look into it."),
    gettext_lazy("The Sociocs account was stopped"),
    _USED_AGAIN,
    needs_person=True,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A trouble that stands: of an account, of a channel, or of the whole installation.

    `since` is None where nobody has noted it; `next_at`: when it goes on, or is tried, by itself.
    `subject`: the label of the account or channel, where it was asked for.
    """

    code: str
    since: datetime | None = None
    next_at: datetime | None = None
    account_id: int | None = None
    channel_id: int | None = None
    subject: str = ""

    @property
    def words(self) -> TroubleWords:
        """Its sentences."""
        return trouble_words(self.code)

    @property
    def place(self) -> str:
        """What it is about; blank for the whole installation."""
        if self.channel_id is not None:
            return f"channel {self.channel_id}"
        return "" if self.account_id is None else f"account {self.account_id}"

    @property
    def key(self) -> tuple[str, str]:
        """What no two that stand have in common."""
        return self.code, self.place


# Why a list could not be had: a code of the gateway -> what that is to people.
_TROUBLE_OF: Mapping[str, Trouble] = {
    Reason.DNS: Trouble.UNREACHABLE,
    Reason.CONNECT: Trouble.UNREACHABLE,
    Reason.CONNECT_TIMEOUT: Trouble.UNREACHABLE,
    Reason.PROXY: Trouble.UNREACHABLE,
    Reason.TIMEOUT: Trouble.SILENT,
    Reason.CONNECTION_LOST: Trouble.SILENT,
    Reason.RATE_LIMITED: Trouble.TOO_FAST,
}
# A trouble that was not met again for so long says nothing of now.
_STILL_TRUE = timedelta(minutes=2)

_channel_sources: list[str] = []
_installation_sources: list[str] = []


def also_ask(path: str) -> None:
    """Register a function by its dotted path that gives a channel's further troubles."""
    if path not in _channel_sources:
        _channel_sources.append(path)


def also_ask_of_all(path: str) -> None:
    """Register a function by its dotted path that gives troubles of the whole installation."""
    if path not in _installation_sources:
        _installation_sources.append(path)


def trouble_of(reason: str) -> Trouble:
    """What it is to people that the vendor's list could not be had for this reason."""
    return _TROUBLE_OF.get(reason, Trouble.LIST_FAILS)


def of_account(account: GatewayAccount) -> list[Standing]:
    """What keeps anything from being handed over through it; none while all is well."""
    if account.state == LaneState.HALTED:
        return [Standing(account.halt_reason, account_id=account.pk)]
    now, at = timezone.now(), account.list_trouble_at
    if account.list_trouble and at is not None and at > now - _STILL_TRUE:
        return [Standing(account.list_trouble, account_id=account.pk)]
    if account.cool_until is not None and account.cool_until > now:
        until = account.cool_until
        return [Standing(Trouble.COOLING, next_at=until, account_id=account.pk)]
    return []


def of_channel(channel: Channel) -> list[Standing]:
    """What other apps know to be wrong with a channel, whatever its account does."""
    return [standing for path in _channel_sources for standing in import_string(path)(channel)]


def of_installation() -> list[Standing]:
    """What can be told by looking, although no part of this server works but the pages."""
    return [standing for path in _installation_sources for standing in import_string(path)()]


def trouble_words(code: str) -> TroubleWords:
    """Its sentences; of a halt that is not in the table, that it is one."""
    return TROUBLES.get(code, _STOPPED)


def trouble_sentence(code: str) -> str:
    """What is so, and what is done about it."""
    return f"{TROUBLES[code].what} {TROUBLES[code].remedy}"
