"""What numbers mean that are none today: plans that changed, territories that dial as one.

The metadata of libphonenumber knows the plans as they are now, people's lists as they once were.
Whatever is made of a number here has a doubt of its own, and is only taken where it is valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# By calling code: a national number of before, and what became of it.
_PLANS: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    # Mexico, 3 August 2019 (Instituto Federal de Telecomunicaciones, Plan Técnico Fundamental de
    # Numeración): the 1 of mobiles from abroad, and the prefixes 01, 044 and 045 at home, are gone.
    "52": ((re.compile(r"(?:1|01|044|045|1044|1045)(\d{10})"), r"\1"),),
    # Ivory Coast, 31 January 2021 (ARTCI): two digits more, by operator; landlines by 25 and 27
    # had theirs by area, and are not asked about.
    "225": (
        (re.compile(r"([04-9][1-3]\d{6})"), r"01\1"),
        (re.compile(r"([04-9][4-6]\d{6})"), r"05\1"),
        (re.compile(r"([04-9][7-9]\d{6})"), r"07\1"),
    ),
    # Benin, 30 November 2024 (ARCEP Bénin): 01 before every number of eight digits.
    "229": ((re.compile(r"([24-9]\d{7})"), r"01\1"),),
    # Argentina (ENACOM): the 15 of mobiles stands behind the area code at home; from abroad it is
    # a 9 before it. Where the area code is missing nobody can tell which it is.
    "54": ((re.compile(r"(\d{2,4})15(\d{6,8})"), r"9\1\2"),),
}

# Metropolitan France and what is overseas share one way of dialling (ARCEP, plan national de
# numérotation): 0692… is dialled alike everywhere, yet is +262 692… from abroad.
_FRENCH = ("33", "262", "590", "594", "596", "508")
_TOGETHER: Mapping[str, tuple[str, ...]] = {
    code: tuple(other for other in _FRENCH if other != code) for code in _FRENCH
}


def as_renumbered(code: str, national: str) -> Iterator[str]:
    """What a number of before is today, with its calling code and no plus.

    `code`: the calling code; `national`: the digits behind it, or as they are dialled at home.
    """
    for before, now in _PLANS.get(code, ()):
        if match := before.fullmatch(national):
            yield code + match.expand(now)


def as_dialled_alike(code: str, national: str) -> Iterator[str]:
    """The same number in the territories that share the dialling of `code`."""
    for other in _TOGETHER.get(code, ()):
        yield other + national.removeprefix("0")
