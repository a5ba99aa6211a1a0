"""In which zones a number may be, and which zone somebody's cell names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

from campaigns.scheduling.clocks import offsets
from campaigns.scheduling.zone_names import ZoneNames
from campaigns.scheduling.zones import PhoneZones

NOW = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def zones() -> PhoneZones:
    return PhoneZones(NOW)


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        # An area code is a place, in North America for mobiles as well.
        ("+14155550123", ("America/Los_Angeles",)),
        ("+18765550123", ("America/Jamaica",)),
        ("+61291234567", ("Australia/Sydney",)),
        ("+5511987654321", ("America/Sao_Paulo",)),
        # One country, one clock, whatever it is called there.
        ("+447700900123", ("Europe/London",)),
        ("+441534456789", ("Europe/London",)),
        ("+4915112345678", ("Europe/Berlin",)),
        # A mobile number says only the country.
        ("+34612345678", ("Atlantic/Canary", "Europe/Madrid")),
        # Satellites.
        ("+870773111632", ()),
        ("+999123456", ()),
    ],
)
def test_possible_zones_of_a_number(
    zones: PhoneZones, phone: str, expected: tuple[str, ...]
) -> None:
    assert zones.of(phone) == expected


def test_an_australian_mobile_may_be_anywhere_in_australia(zones: PhoneZones) -> None:
    found = zones.of("+61412345678")

    assert {
        "Australia/Perth",
        "Australia/Adelaide",
        "Australia/Brisbane",
        "Australia/Sydney",
    } <= set(found)


def test_kazakhstan_is_not_russia(zones: PhoneZones) -> None:
    kazakh, russian = zones.of("+77011234567"), zones.of("+79161234567")

    assert len(kazakh) == 1
    assert "Europe/Moscow" in russian
    assert len(russian) > 8


# Where we know more than the library's "anywhere under this calling code".
NARROWER = {"1", "7"}
KINDS = [
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.VOIP,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.UAN,
]


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_no_zone_the_library_holds_possible_is_left_out(zones: PhoneZones, region: str) -> None:
    for kind in KINDS:
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None or str(number.country_code) in NARROWER:
            continue
        possible = set(time_zones_for_number(number)) - {UNKNOWN_TIMEZONE}
        found = zones.of(phonenumbers.format_number(number, PhoneNumberFormat.E164))
        clocks = {clock(zone) for zone in found}
        assert {clock(zone) for zone in possible} <= clocks, (region, kind)


def clock(zone: str) -> object:
    return offsets(zone, NOW, NOW + timedelta(days=366))


NUMBER = "+12025551200"
BERLINERS = "+493012345678"


@pytest.mark.parametrize(
    ("cell", "phone", "name"),
    [
        ("Europe/London", NUMBER, "Europe/London"),
        ("  europe/london\n", NUMBER, "Europe/London"),
        ("america/new york", NUMBER, "America/New_York"),
        ("UTC", NUMBER, "UTC"),
        ("US/Eastern", NUMBER, "US/Eastern"),
        ("London", NUMBER, "Europe/London"),
        ("new york", BERLINERS, "America/New_York"),
        # Abbreviations and offsets: the number's own where it fits.
        ("EST", NUMBER, "America/New_York"),
        ("EDT", NUMBER, "America/New_York"),
        ("ET", BERLINERS, "America/New_York"),
        ("PST", NUMBER, "America/Los_Angeles"),
        ("cst", NUMBER, "America/Chicago"),
        ("CST", "+8613800138000", "Asia/Shanghai"),
        ("CET", BERLINERS, "Europe/Berlin"),
        ("MSK", NUMBER, "Europe/Moscow"),
        ("-05:00", NUMBER, "America/New_York"),
        ("GMT+1", BERLINERS, "Europe/Berlin"),
        ("UTC+5:30", NUMBER, "Asia/Calcutta"),
        # As Windows and calendars write them.
        ("Eastern Standard Time", NUMBER, "America/New_York"),
        ("Eastern Time (US & Canada)", BERLINERS, "America/New_York"),
        ("(UTC-08:00) Pacific Time (US & Canada)", NUMBER, "America/Los_Angeles"),
        ("Pacific", NUMBER, "America/Los_Angeles"),
        ("W. Europe Standard Time", NUMBER, "Europe/Berlin"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome", NUMBER, "Europe/Amsterdam"),
    ],
)
def test_a_zone_is_read_however_it_is_written(cell: str, phone: str, name: str) -> None:
    assert ZoneNames(NOW).zone_named(cell, PhoneZones(NOW).of(phone)) == name


@pytest.mark.parametrize(
    "cell", ["", "Etc/GMT+5", "Mars/Olympus", "../UTC", "5", "x", "+99:00", "n/a", "yes", "()"]
)
def test_what_names_no_place_is_no_zone(cell: str) -> None:
    assert ZoneNames(NOW).zone_named(cell, PhoneZones(NOW).of(NUMBER)) is None
