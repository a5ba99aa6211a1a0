"""Why nothing is sent through an account, for the people who can mend it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from interface.wording import Text

# By `GatewayAccount.halt_reason`, what an answer of Sociocs, its silence or its clock asks for:
# what is so, and what is to be done.
HALTS: Mapping[str, tuple[Text, Text]] = {
    "auth": (
        gettext_lazy("Sociocs does not accept the API key any more."),
        gettext_lazy(
            "Ask the person who manages this server to enter a working key, then continue."
        ),
    ),
    "tls": (
        gettext_lazy("The connection to Sociocs is not secure, so nothing is sent over it."),
        gettext_lazy("Ask the person who manages this server to look into it."),
    ),
    "redirect": (
        gettext_lazy("The address of Sociocs now leads somewhere else, so nothing is sent."),
        gettext_lazy("Ask the person who manages this server to look into it."),
    ),
    "config": (
        gettext_lazy("Sociocs does not know the address we use."),
        gettext_lazy("Ask the person who manages this server to check it."),
    ),
    "door": (
        gettext_lazy(
            "The address we use belongs to a dashboard like this one, not to Sociocs, so "
            "nothing is sent."
        ),
        gettext_lazy(
            "Ask the person who manages this server to set SOCIOCS_BASE_URL to Sociocs itself."
        ),
    ),
    "circuit": (
        gettext_lazy("Sociocs gave no clear answer twice in a row."),
        gettext_lazy("Wait until it works again, then continue."),
    ),
    "clock": (
        gettext_lazy("This server's clock and Sociocs' clock differ by more than a minute."),
        gettext_lazy("Ask the person who manages this server to correct it."),
    ),
    "restored": (
        gettext_lazy(
            "An older copy of the database was put back, so some may have been sent already."
        ),
        gettext_lazy("Look in Sociocs first, then choose “Use again” for the account."),
    ),
}
HALT_WORDS: Mapping[str, Text] = {
    reason: format_lazy("{} {}", what, remedy) for reason, (what, remedy) in HALTS.items()
}
