"""Why nothing moves on an account or a channel: one table of reasons, for every page that says so.

Other apps know of troubles of their own and register where to ask for them; no models are imported
here, so that an AppConfig's `ready()` may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy

from interface.wording import Text
from sociocs_accounts.halt_words import HALT_WORDS
from sociocs_accounts.lanes import LaneState
from sociocs_gateway.exceptions import Reason

if TYPE_CHECKING:
    from sociocs_accounts.models import Channel, GatewayAccount


class Trouble(StrEnum):
    """What is wrong beyond a halt, whose reasons have codes of their own (`halt_words`)."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    LIST_FAILS = "list_fails"
    TOO_FAST = "too_fast"
    REPORTS_PAUSED = "reports_paused"


TROUBLE_WORDS: Mapping[str, Text] = {
    **HALT_WORDS,
    Trouble.UNREACHABLE: gettext_lazy(
        "Sociocs cannot be reached at the moment, so nothing is handed over. It is tried every ten "
        "seconds and goes on by itself."
    ),
    Trouble.SILENT: gettext_lazy(
        "Sociocs does not answer at the moment, so nothing is handed over. It is tried every ten "
        "seconds and goes on by itself."
    ),
    Trouble.LIST_FAILS: gettext_lazy(
        "Sociocs cannot show its list of jobs at the moment, and without it nothing is handed "
        "over. It is tried every ten seconds and goes on by itself."
    ),
    Trouble.TOO_FAST: gettext_lazy(
        "Sociocs is asked too often at the moment. It goes on by itself in a few minutes."
    ),
    Trouble.REPORTS_PAUSED: gettext_lazy(
        "Sociocs has paused its reports on this channel: replies, STOPs and what became of each "
        "message do not come in. An owner of the team can switch them on again under Delivery "
        "reports."
    ),
}
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

_sources: list[str] = []


def also_ask(path: str) -> None:
    """Register a function by its dotted path that gives a channel's further troubles."""
    if path not in _sources:
        _sources.append(path)


def trouble_of(reason: str) -> Trouble:
    """What it is to people that the vendor's list could not be had for this reason."""
    return _TROUBLE_OF.get(reason, Trouble.LIST_FAILS)


def of_account(account: GatewayAccount) -> list[str]:
    """Codes of what keeps anything from being handed over through it; none while all is well."""
    if account.state == LaneState.HALTED:
        return [account.halt_reason]
    at = account.list_trouble_at
    is_true = account.list_trouble and at is not None and at > timezone.now() - _STILL_TRUE
    return [account.list_trouble] if is_true else []


def of_channel(channel: Channel) -> list[str]:
    """Codes of what other apps know to be wrong with a channel, whatever its account does."""
    return [code for path in _sources for code in import_string(path)(channel)]


def in_words(codes: Sequence[str]) -> list[str]:
    """A sentence for each."""
    return [str(TROUBLE_WORDS[code]) for code in codes if code in TROUBLE_WORDS]
