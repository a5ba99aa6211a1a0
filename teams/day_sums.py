"""What somebody does in small parts adds up: above a sum of the day, who they are is asked.

A browser left open is not its owner, and a thousand numbers that leave in ten files are a thousand.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from interface.wording import number
from teams import proving, throttling
from teams.access import SignedInRequest

# More than anybody lifts for people who ask for messages again.
MANY_LIFTED = 20


def ask_before_numbers(request: SignedInRequest, back_to: str, numbers: int) -> HttpResponse | None:
    """Where to go before a file with so many people's numbers is made; None when it may be.

    What may be is added to what this person takes along today.
    """
    told = _("With this file, you will have exported the numbers of %(n)s people today.")
    return _ask("numbers-taken", request, back_to, numbers, proving.MANY_NUMBERS, told)


def ask_before_lifting(request: SignedInRequest, back_to: str) -> HttpResponse | None:
    """Where to go before an opt-out is lifted; None when it may be, and is counted."""
    told = _("You have allowed messages to many people again today; this would be number %(n)s.")
    return _ask("opt-outs-lifted", request, back_to, 1, MANY_LIFTED, told)


def _ask(
    name: str, request: SignedInRequest, back_to: str, amount: int, most: int, told: str
) -> HttpResponse | None:
    total = throttling.sum_today(name, request.user.pk) + amount
    if total > most:
        asked = proving.ask_again(request, back_to, told % {"n": number(total)})
        if asked is not None:
            return asked
    throttling.add_today(name, request.user.pk, amount)
    return None
