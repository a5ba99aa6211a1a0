"""Amounts of money: a currency's code, and how an amount is written."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

# ISO 4217, list one: currencies without a minor unit.
_WHOLE = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_CODE = re.compile("[A-Z]{3}")


def validate_currency(code: str) -> None:
    """Accept three capitals, as ISO 4217 writes currencies. Raises ValidationError."""
    if not _CODE.fullmatch(code):
        raise ValidationError(_("Write the currency as three letters, such as EUR or USD."))


def money(amount: Decimal, currency: str) -> str:
    """`348.00 EUR`, `52,300 JPY`; what is less than a cent keeps its digits: `0.0079 USD`."""
    places = 0 if currency in _WHOLE else 2
    if 0 < amount < Decimal(1).scaleb(1 - places):
        places = max(places, -int(amount.normalize().as_tuple().exponent))
    # Django cuts digits off.
    amount = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{number_format(amount, places, use_l10n=True, force_grouping=True)} {currency}"
