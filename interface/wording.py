"""Counts and words as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from django.conf import settings
from django.utils import translation
from django.utils.formats import number_format
from django.utils.functional import Promise, keep_lazy_text
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Text = str | Promise
Said = TypeVar("Said")


def number(value: int) -> str:
    """`43377` -> `43,377`."""
    return number_format(value, use_l10n=True, force_grouping=True)


def percent(share: float) -> str:
    """`97.44` -> `97.4%`, and `97` -> `97%`."""
    figure = number(share) if isinstance(share, int) else one_decimal(share)
    return _("%(n)s%%") % {"n": figure}


def one_decimal(value: float) -> str:
    """`97.44` -> `97.4`."""
    return number_format(Decimal(f"{value:.1f}"), 1)


@keep_lazy_text
def filled(text: Text, values: Mapping[str, object]) -> str:
    """A sentence with its values; of a lazy one they are filled in when it is read."""
    return str(text) % values


def in_each_language(say: Callable[[], Said]) -> list[Said]:
    """What is said in each of the languages that are offered: a file that comes back is known."""
    said = []
    for language, _own_name in settings.LANGUAGES:
        with translation.override(language):
            said.append(say())
    return said


def by_language(say: Callable[[], Said]) -> dict[str, Said]:
    """What is said, to be kept for whoever reads it: by the code of each language."""
    return dict(zip(dict(settings.LANGUAGES), in_each_language(say), strict=True))


def as_read(kept: Mapping[str, str]) -> str:
    """One that was kept, in the language that is spoken now; in the site's if it came later."""
    return kept.get(translation.get_language() or "") or kept.get(settings.LANGUAGE_CODE, "")


def initials(name: str) -> str:
    """At most two letters for a round picture: `Noor Jansen` -> `NJ`."""
    words = name.split() or [""]
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


def people(count: int) -> str:
    """`1 person`, `43,377 people`."""
    return ngettext("%(n)s person", "%(n)s people", count) % {"n": number(count)}
