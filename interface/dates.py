"""Days and times as people write them, in the words and the order of their language.

A form is written in the letters of Django's date formats. Each stands here, so that a language can
put another in its place: Spanish writes `lun 30 nov` and not `Lun 30 Nov`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time

from django.utils import dateformat
from django.utils.translation import pgettext_lazy

from interface.wording import Text

_FORMS: Mapping[str, Text] = {
    "G:i": pgettext_lazy("date format", "G:i"),
    "H:i": pgettext_lazy("date format", "H:i"),
    "H:i:s": pgettext_lazy("date format", "H:i:s"),
    "j M": pgettext_lazy("date format", "j M"),
    "j M Y": pgettext_lazy("date format", "j M Y"),
    "j M Y, H:i": pgettext_lazy("date format", "j M Y, H:i"),
    "D j": pgettext_lazy("date format", "D j"),
    "D j M": pgettext_lazy("date format", "D j M"),
    "D j M Y": pgettext_lazy("date format", "D j M Y"),
    "D j M, H:i": pgettext_lazy("date format", "D j M, H:i"),
    "D j M Y, H:i": pgettext_lazy("date format", "D j M Y, H:i"),
    "D j M, H:i:s": pgettext_lazy("date format", "D j M, H:i:s"),
    "D j M Y, H:i:s": pgettext_lazy("date format", "D j M Y, H:i:s"),
    "F Y": pgettext_lazy("date format", "F Y"),
    "l, j M Y": pgettext_lazy("date format", "l, j M Y"),
    "l j F, H:i": pgettext_lazy("date format", "l j F, H:i"),
}


def written(moment: date | time, form: str) -> str:
    """`Mon 30 Nov, 09:00` for the form "D j M, H:i"; of a datetime by its own clock.

    Raises KeyError for a form that does not stand here: no language could change it.
    """
    if isinstance(moment, time):
        return dateformat.time_format(moment, str(_FORMS[form]))
    return dateformat.format(moment, str(_FORMS[form]))
