"""What is said of numbers that can be read in two ways, and on the button that turns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from phonenumbers import country_code_for_region

from interface.countries import country_name
from interface.wording import Text, number
from recipients.files.columns import Column, phone_places
from recipients.imports.doubtful_columns import Doubtful
from recipients.phone_numbers import Ambiguity, PhoneDoubt
from recipients.phone_words import as_called
from recipients.sentences import REJECTIONS


@dataclass(frozen=True)
class DoubtfulLine:
    """One sentence with both readings of an example; the button, and what it sends."""

    words: str
    button: str
    turn: str


def doubtful_lines(
    found: Sequence[Doubtful], columns: Sequence[Column], country: str
) -> list[DoubtfulLine]:
    """A line for each kind of ambiguity in each phone column; `country` is the chosen one."""
    several = len(phone_places(columns)) > 1
    lines = []
    for numbers in found:
        column = columns[numbers.place]
        ambiguity = Ambiguity(numbers.ambiguity)
        is_turned = ambiguity in column.turned
        words = _sentence(numbers, country, is_turned=is_turned)
        if several:
            words = _("In “%(column)s”: %(words)s") % {"column": column.name, "words": words}
        button = _BUTTONS[ambiguity][not is_turned] % {"country": country_name(numbers.country)}
        lines.append(DoubtfulLine(words, button, f"{numbers.place}:{ambiguity}"))
    return lines


def _sentence(numbers: Doubtful, country: str, *, is_turned: bool) -> str:
    now, other = numbers.usual, numbers.turned
    if is_turned:
        now, other = other, now
    return _WHAT[Ambiguity(numbers.ambiguity)] % {
        "count": numbers.count,
        "n": number(numbers.count),
        "code": country_code_for_region(numbers.country),
        "country": country_name(numbers.country),
        "written": numbers.written,
        "now": _reading(now, country),
        "other": _reading(other, country),
    }


def _reading(reading: str, country: str) -> str:
    phone, _blank, doubt = reading.partition(" ")
    if not phone.startswith("+"):
        return _("not a phone number (“%(reason)s”)") % {"reason": REJECTIONS[phone].short}
    called = as_called(phone, country)
    return str(_ODD[doubt]) % {"number": called} if doubt in _ODD else called


_ODD: Mapping[str, Text] = {
    PhoneDoubt.NOT_MOBILE: gettext_lazy("%(number)s (not a mobile number)"),
    PhoneDoubt.NOT_ASSIGNED: gettext_lazy("%(number)s (not in use, as far as we know)"),
}
_WHAT: Mapping[Ambiguity, Text] = {
    Ambiguity.OWN_CODE: ngettext_lazy(
        "%(n)s number begins with %(code)s, the code of %(country)s, but has no plus. "
        "%(written)s is now %(now)s; the other way it would be %(other)s.",
        "%(n)s numbers begin with %(code)s, the code of %(country)s, but have no plus. "
        "%(written)s is now %(now)s; the other way it would be %(other)s.",
        "count",
    ),
    Ambiguity.BOTH_WAYS: ngettext_lazy(
        "%(n)s number could be from %(country)s, or from abroad with a plus in front. "
        "%(written)s is now %(now)s; the other way it would be %(other)s.",
        "%(n)s numbers could be from %(country)s, or from abroad with a plus in front. "
        "%(written)s is now %(now)s; the other way it would be %(other)s.",
        "count",
    ),
    Ambiguity.UNASSIGNED: ngettext_lazy(
        "%(n)s number does not exist in %(country)s, but does abroad with a plus in front. "
        "%(written)s is now %(now)s; the other way it would be %(other)s.",
        "%(n)s numbers do not exist in %(country)s, but do abroad with a plus in front. "
        "%(written)s is now %(now)s; the other way it would be %(other)s.",
        "count",
    ),
    Ambiguity.PLUS_ONLY: ngettext_lazy(
        "%(n)s number seems to begin with another country's code, but has no plus. "
        "%(written)s is now %(now)s; the other way it would be %(other)s.",
        "%(n)s numbers seem to begin with another country's code, but have no plus. "
        "%(written)s is now %(now)s; the other way it would be %(other)s.",
        "count",
    ),
    Ambiguity.OVERSEAS: ngettext_lazy(
        "%(n)s number looks like one from %(country)s, but may belong to an overseas "
        "territory. %(written)s is now %(now)s; the other way it would be %(other)s.",
        "%(n)s numbers look like numbers from %(country)s, but may belong to overseas "
        "territories. %(written)s is now %(now)s; the other way it would be %(other)s.",
        "count",
    ),
    Ambiguity.ZERO: ngettext_lazy(
        "%(n)s number seems to have lost its first zero. "
        "%(written)s is now %(now)s; the other way it would be %(other)s.",
        "%(n)s numbers seem to have lost their first zero. "
        "%(written)s is now %(now)s; the other way it would be %(other)s.",
        "count",
    ),
}
# By whether the numbers are read in the usual way now: what the click makes of them.
_WITH_PLUS = gettext_lazy("Read with a plus in front")
_AT_HOME = gettext_lazy("Read as numbers from %(country)s")
_BUTTONS: Mapping[Ambiguity, tuple[Text, Text]] = {
    Ambiguity.OWN_CODE: (_WITH_PLUS, _AT_HOME),
    Ambiguity.BOTH_WAYS: (_AT_HOME, _WITH_PLUS),
    Ambiguity.UNASSIGNED: (_AT_HOME, _WITH_PLUS),
    Ambiguity.PLUS_ONLY: (_WITH_PLUS, gettext_lazy("Read without a plus in front")),
    Ambiguity.OVERSEAS: (gettext_lazy("Read as overseas numbers"), _AT_HOME),
    Ambiguity.ZERO: (
        gettext_lazy("Add a zero in front"),
        gettext_lazy("Do not add a zero"),
    ),
}
