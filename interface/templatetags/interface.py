"""The parts every page is made of: `{% load interface %}`.

| tag or filter | shows |
|---|---|
| `{% icon "plus" %}` | a picture from the sprite; says its `label`, if it has one |
| `{% status_pill text tone %}` | a state in a word or two |
| `{% options choices chosen %}` | what a select offers |
| `{% crumbs url text … %}` | the way to this page |
| `{% track segments label %}` | a bar of several colours |
| `{% local_time moment %}`, `{% relative_time moment %}` | a moment, with its zone, or from now |
| `{{ day\\|written:"D j M" }}` | a day or time as the language writes it (`interface.dates`) |
| `{{ phone\\|phone_number }}`, `{% phone phone %}` | a number as people write it |
| `{{ field\\|invalid_class }}` and its like below | that a field is wrong |
| `{% with words=sentence\\|around %}` | a sentence, cut where its controls stand |
| `{% error_summary form … %}` | what is wrong with a form, with links to the fields |
| `{% guide_url %}` | the page of the guide that helps here |

Larger parts are templates to include, in `templates/interface/`; each says what it wants on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from django import template
from django.forms import BaseForm, BoundField
from django.template.context import RequestContext
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interface.dates import written
from interface.guide_places import GUIDE_OF
from interface.phones import is_erased
from interface.samples import is_sample
from interface.wording import initials, percent

register = template.Library()
register.filter("is_sample", is_sample)
register.filter("initials", initials)
register.filter("percent", percent)
register.filter("written", written, expects_localtime=True)

TONES = frozenset({"neutral", "info", "success", "warning", "danger", "brand"})
# What a part of a track can be: "part" is handed over but not yet done.
FILLS = frozenset({"done", "hatched", "part", "info", "warning", "danger", "out", "neutral"})
# What is not known yet; a style sheet cannot name a pattern of the page, so the bar does.
_HATCHED = mark_safe(
    '<defs><pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/>'
    '<rect class="hatch-line" width="2.5" height="6"/></pattern></defs>'
)
_BY_PATTERN = mark_safe(' fill="url(#hatched)"')
# Rounding must not make one failure among a million invisible.
NARROWEST_PERCENT = 0.8


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """One icon of static/vendor/icons.svg; `label` is its text where no words stand beside it."""
    if not label:
        return _picture(name, css, SafeString('aria-hidden="true"'))
    return _picture(name, css, format_html('role="img" aria-label="{}"', label))


@lru_cache(maxsize=1000)
def _picture(name: str, css: str, meaning: SafeString) -> SafeString:
    # A page has forty of them.
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" {}><use href="{}#{}"/></svg>',
        css,
        meaning,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def options(choices: Iterable[tuple[object, object]], chosen: object) -> SafeString:
    """The options of a select that is written by hand, of which this value is chosen."""
    return _options(tuple((str(value), str(label)) for value, label in choices), str(chosen))


@lru_cache(maxsize=100)
def _options(choices: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    # There are 430 time zones.
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (value, SafeString(" selected") if value == chosen else "", label)
            for value, label in choices
        ),
    )


@register.simple_tag(takes_context=True)
def guide_url(context: RequestContext) -> str:
    """Where "?" leads: to the page of the guide for the page that is shown, else to all of them."""
    match = context.request.resolver_match
    name = GUIDE_OF.get(match.url_name or "") if match else None
    return reverse("help-page", args=[name]) if name else reverse("help")


@register.simple_tag
def status_pill(text: object, tone: str = "neutral", moving: bool = False) -> SafeString:
    """A state; `tone` is one of TONES, `moving` makes its dot breathe while work goes on."""
    if tone not in TONES:
        raise ValueError(f"There is no tone {tone!r}.")
    classes = f"pill pill-{tone}" + (" pill-moving" if moving else "")
    return format_html('<span class="{}">{}</span>', classes, text)


@register.simple_tag
def track(segments: Iterable[tuple[int, str]], label: object, total: int = 0) -> SafeString:
    """A bar made of (count, fill) in order, against `total` or the sum; fills are FILLS.

    An SVG, because the pages' security policy forbids widths in style attributes. `label` says the
    same in words.
    """
    shown = [(count, fill) for count, fill in segments if count > 0]
    unknown = {fill for _count, fill in shown} - FILLS
    if unknown:
        raise ValueError(f"There is no fill {unknown}.")
    left = 0.0
    bars: list[tuple[str, str, str]] = []
    for (_count, fill), width in zip(
        shown, _widths([count for count, _fill in shown], total), strict=True
    ):
        bars.append((fill, f"{left:.3f}%", f"{width:.3f}%"))
        left += width
    has_hatched = any(fill == "hatched" for fill, _x, _width in bars)
    return format_html(
        '<svg class="track" role="img" aria-label="{}" preserveAspectRatio="none">{}{}</svg>',
        label,
        _HATCHED if has_hatched else "",
        format_html_join(
            "",
            '<rect class="fill-{}" x="{}" width="{}" height="100%"{}/>',
            ((fill, x, width, _BY_PATTERN if fill == "hatched" else "") for fill, x, width in bars),
        ),
    )


def _widths(counts: list[int], total: int) -> list[float]:
    whole = max(total, sum(counts))
    widths = [max(100 * count / whole, NARROWEST_PERCENT) for count in counts]
    if widths:
        # What the narrowest parts got too much, the widest can spare.
        widest = widths.index(max(widths))
        widths[widest] -= max(0.0, sum(widths) - 100)
    return widths


@register.simple_tag
def crumbs(*urls_and_texts: str) -> SafeString:
    """The way here, as pairs of a URL and its text: `{% crumbs url text url text %}`."""
    pairs = zip(urls_and_texts[::2], urls_and_texts[1::2], strict=True)
    return format_html(
        '<nav aria-label="{}"><ol class="crumbs">{}</ol></nav>',
        _("Where you are"),
        format_html_join("", '<li><a href="{}"><bdi>{}</bdi></a></li>', pairs),
    )


@register.filter
def bdi(name: object) -> SafeString:
    """A name within a sentence, set apart: whichever way it is written, the rest stays in order."""
    return format_html("<bdi>{}</bdi>", name)


@register.filter
def phone_number(phone: str) -> str:
    """`+16317471111` as `+1 631 747 1111`; what is no number stays as it is."""
    if is_erased(phone):
        return _("erased")
    try:
        parsed = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return written.replace("-", " ")


@register.simple_tag
def phone(number: str) -> SafeString:
    """A number as people write it, never broken over two lines."""
    return format_html('<span class="phone-number">{}</span>', phone_number(number))


@register.simple_tag(takes_context=True)
def local_time(
    context: RequestContext, moment: datetime | None, zone: str = "", seconds: bool = False
) -> SafeString:
    """`Thu 2 Apr, 09:30 EDT`, in `zone` or the team's; with the year unless it is this.

    `seconds=True` shows them: a job is found at the vendor by its very second.
    """
    if moment is None:
        return SafeString("-")
    local = moment.astimezone(_zone(context, zone))
    day = "D j M" if local.year == _now(local).year else "D j M Y"
    form = f"{day}, H:i:s" if seconds else f"{day}, H:i"
    return format_html(
        '<time datetime="{}">{} <span class="text-secondary">{}</span></time>',
        moment.astimezone(UTC).isoformat(timespec="seconds"),
        written(local, form),
        zone_abbreviation(local),
    )


def zone_abbreviation(moment: datetime) -> str:
    """`EDT`, or `UTC+04` where the zone has only a number for a name."""
    name = moment.tzname() or "UTC"
    return name if name[:1].isalpha() else f"UTC{name}"


@register.simple_tag
def relative_time(moment: datetime | None) -> SafeString:
    """`in 3 h 12 min`, `5 min ago`, `just now`; the full time on hovering."""
    if moment is None:
        return SafeString("-")
    seconds = (moment - timezone.now()).total_seconds()
    return format_html(
        '<time datetime="{0}" title="{1}">{2}</time>',
        moment.astimezone(UTC).isoformat(timespec="seconds"),
        written(moment.astimezone(UTC), "j M Y, H:i") + " UTC",
        _from_now(seconds),
    )


def _from_now(seconds: float) -> str:
    if abs(seconds) < 45:
        return _("just now") if seconds <= 0 else _("in a moment")
    length = duration(timedelta(seconds=abs(seconds)))
    return (_("in %s") if seconds > 0 else _("%s ago")) % length


@register.filter
def duration(length: timedelta) -> str:
    """The two largest units: `3 h 12 min`, `2 days 4 h`, `40 s`."""
    seconds = int(length.total_seconds())
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 60:
        return _("%d s") % seconds
    if minutes < 60:
        return _("%d min") % minutes
    if days == 0:
        told = {"hours": hours, "minutes": minutes % 60}
        return (_("%(hours)d h %(minutes)d min") if told["minutes"] else _("%(hours)d h")) % told
    rest = hours % 24
    if rest and days < 7:
        text = ngettext("%(days)d day %(hours)d h", "%(days)d days %(hours)d h", days)
        return text % {"days": days, "hours": rest}
    return ngettext("%d day", "%d days", days) % days


@register.simple_tag
def thousands_mark() -> str:
    """What stands between thousands in the page's language, for numbers that scripts write."""
    return str(get_format("THOUSAND_SEPARATOR"))


@register.simple_tag
def page_words() -> SafeString:
    """The sentences static/js/page.js may have to say, as JSON that is never executed."""
    words = {
        "unreachable": _("We could not reach the server. Nothing was lost; try again."),
        "failed": _("The server could not do this. Nothing was lost; try again in a moment."),
        "copied": _("Copied."),
        "copyByHand": _("Your browser did not allow copying. Press Ctrl+C or ⌘C now."),
    }
    return json_script(words, "page-words")


@register.filter
def invalid_class(field: BoundField | None) -> str:
    """` is-invalid`, behind the other classes of a field with an error; else nothing."""
    return " is-invalid" if field and field.errors else ""


@register.filter
def error_id(field: BoundField | None) -> str:
    """` id_name-error`, behind the other ids that describe a field with an error; else nothing."""
    return f" {field.auto_id}-error" if field and field.errors else ""


@register.filter
def described_by_error(field: BoundField | None) -> SafeString:
    """The attribute that ties a field to its error, where nothing else describes it."""
    if field and field.errors:
        return format_html('aria-describedby="{}-error"', field.auto_id)
    return SafeString("")


@dataclass(frozen=True)
class ErrorLine:
    """One line of an error summary: a sentence, and the id of its field ("" for the whole form)."""

    text: str
    field_id: str


@register.filter
def around(sentence: str) -> list[str]:
    """`In the last | days` -> `["In the last", "days"]`: the words around a form's controls.

    A sentence with a control inside is translated as a whole, with `|` for each of them.
    """
    return [words.strip() for words in sentence.split("|")]


@register.inclusion_tag("interface/error_summary.html")
def error_summary(*forms: BaseForm) -> dict[str, Any]:
    """Everything wrong with these forms, in their order; nothing when all is well."""
    return {"problems": [problem for form in forms for problem in problems_of(form)]}


def problems_of(form: BaseForm) -> Sequence[ErrorLine]:
    """The form's own errors, then each field's, as an error summary lists them."""
    if not form.is_bound or form.is_valid():
        return []
    error_lines = [ErrorLine(str(error), "") for error in form.non_field_errors()]
    for field in form:
        # A group of choices has no id of its own; its first choice is where the focus belongs.
        target = field.id_for_label or (f"{field.auto_id}_0" if field.auto_id else "")
        error_lines.extend(ErrorLine(str(error), target) for error in field.errors)
    return error_lines


def _zone(context: RequestContext, zone: str) -> ZoneInfo:
    if zone:
        return ZoneInfo(zone)
    team = context.get("team")
    return ZoneInfo(team.time_zone if team else "UTC")


def _now(like: datetime) -> datetime:
    return timezone.now().astimezone(like.tzinfo)
