"""Time zone names: which exist, and how a choice shows its present offset."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


@cache
def zone_names() -> frozenset[str]:
    """Every IANA zone this machine knows."""
    return frozenset(available_timezones())


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone."""
    if name not in zone_names():
        raise ValidationError(
            _("There is no time zone “%(name)s”. Choose one from the list, such as Europe/Berlin."),
            code="unknown_time_zone",
            params={"name": name},
        )


def zone_choices(now: datetime | None = None) -> list[tuple[str, str]]:
    """(name, label) pairs for a select, such as "Europe/Berlin (UTC+01:00)", sorted by name."""
    moment = now or datetime.now(UTC)
    return list(_choices_in(moment.replace(second=0, microsecond=0)))


@lru_cache(maxsize=2)
def _choices_in(minute: datetime) -> tuple[tuple[str, str], ...]:
    names = sorted(_offered_names())
    return tuple((name, f"{name} (UTC{_offset(name, minute)})") for name in names)


@cache
def _offered_names() -> frozenset[str]:
    # "Area/City" names and UTC; the database's aliases ("EST5EDT", "posix/...") only confuse.
    areas: tuple[str, ...] = (
        "Africa",
        "America",
        "Antarctica",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
    )
    areas += ("Indian", "Pacific")
    return frozenset(
        name for name in zone_names() if name == "UTC" or name.partition("/")[0] in areas
    )


@cache
def _zone(name: str) -> ZoneInfo:
    # ZoneInfo keeps eight zones; each of the others would be read from the disk for every page.
    return ZoneInfo(name)


def _offset(name: str, moment: datetime) -> str:
    text = moment.astimezone(_zone(name)).strftime("%z")
    return f"{text[:3]}:{text[3:]}"
