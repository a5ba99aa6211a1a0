"""Numbers as people write them. The judge is libphonenumber; how it is asked is ours."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from recipients.phone_numbers import Phone, PhoneDoubt, PhoneReader, Rejection
from recipients.phone_text import PhoneFault
from recipients.sentences import DOUBTS, REJECTIONS
from tests.effort import examples

US, GB, DE = PhoneReader("US"), PhoneReader("GB"), PhoneReader("DE")
ABROAD_ONLY = PhoneReader("")
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
PREMIUM = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}
MOBILES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}

# Marks that phones and web pages put around numbers: left-to-right, embedding, isolate, zero width.
MARKS = "\u200e\u202a\u202c\u2066\u2069\u200b\ufeff"


@pytest.mark.parametrize(
    "written",
    [
        "+14155552671",
        "4155552671",
        "(415) 555-2671",
        "415.555.2671",
        "1-415-555-2671",
        "14155552671",
        " 415 555 2671 ",
        "+1 (415) 555-2671",
        "(+1) 415 555 2671",
        "+1\N{NO-BREAK SPACE}415\N{NO-BREAK SPACE}555\N{NO-BREAK SPACE}2671",
        "415\N{EN DASH}555\N{EN DASH}2671",
        "".join(chr(ord(sign) - ord("0") + 0xFF10) for sign in "14155552671"),
        "٤١٥٥٥٥٢٦٧١",
        f"{MARKS}+1 415 555 2671{MARKS}",
        "tel:+1-415-555-2671",
        "TEL: 415 555 2671",
        "sms:+14155552671",
        "whatsapp:+14155552671",
        "'+14155552671",
        '"415 555 2671"',
        '="4155552671"',
        "415 555 2671,",
        "415 555 2671;",
        # A number that a spreadsheet took for one.
        "4155552671.0",
        "4155552671,00",
        "+14155552671.0",
        # Stray zeros of a spreadsheet with a fixed format, and of people who dial.
        "0014155552671",
        "00 1 415 555 2671",
        "+0014155552671",
        "+01 415 555 2671",
        "0+1 415 555 2671",
        "011 1 415 555 2671",
    ],
)
def test_one_number_of_the_united_states(written: str) -> None:
    assert US.read(written) == Phone("+14155552671")


@pytest.mark.parametrize(
    ("reader", "written", "e164"),
    [
        (GB, "07400 123456", "+447400123456"),
        (GB, "7400 123456", "+447400123456"),
        (GB, "447400123456", "+447400123456"),
        (GB, "+44 (0)7400 123456", "+447400123456"),
        (GB, "0+44(0)7400 123456", "+447400123456"),
        (GB, "00447400123456", "+447400123456"),
        (US, "+44 (0) 7400 123456", "+447400123456"),
        (US, "0044 (0) 7400 123456", "+447400123456"),
        # Spain has no national prefix, so that only we understand the (0).
        (US, "+34 (0) 612 34 56 78", "+34612345678"),
        (DE, "0151/23456789", "+4915123456789"),
        (DE, "0049 151 23456789", "+4915123456789"),
        # Zeros that belong to the number stay.
        (US, "+39 06 698 12345", "+390669812345"),
    ],
)
def test_numbers_of_other_countries(reader: PhoneReader, written: str, e164: str) -> None:
    answer = reader.read(written)
    assert isinstance(answer, Phone)
    assert answer.e164 == e164


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", PhoneFault.EMPTY),
        (" \N{NO-BREAK SPACE}\u200b", PhoneFault.EMPTY),
        ("-", PhoneFault.EMPTY),
        ("+", PhoneFault.EMPTY),
        ("+((((((", PhoneFault.EMPTY),
        ("00((((((", PhoneFault.TOO_SHORT),
        ("n/a", PhoneFault.LETTERS),
        ("unknown", PhoneFault.LETTERS),
        # Keypad letters would become digits: +4930123456 4663 is a valid number.
        ("+4930123456 (home)", PhoneFault.LETTERS),
        ("1-800-FLOWERS", PhoneFault.LETTERS),
        ("415 555 2671 mobile", PhoneFault.LETTERS),
        ("*31#4155552671", PhoneFault.SYMBOLS),
        ("415 555 2671?", PhoneFault.SYMBOLS),
        ("+1+4155552671", PhoneFault.SYMBOLS),
        ("4155552671 ext 12", PhoneFault.EXTENSION),
        ("4155552671 x12", PhoneFault.EXTENSION),
        ("+14155552671;ext=12", PhoneFault.EXTENSION),
        ("4155552671#12", PhoneFault.EXTENSION),
        ("4155552671 / 2127365000", PhoneFault.SEVERAL_NUMBERS),
        ("4155552671, 2127365000", PhoneFault.SEVERAL_NUMBERS),
        ("4155552671\n2127365000", PhoneFault.SEVERAL_NUMBERS),
        ("+14155552671 +12127365000", PhoneFault.SEVERAL_NUMBERS),
        ("4155552671/2", PhoneFault.SEVERAL_NUMBERS),
        ("4.15555E+09", PhoneFault.EXCEL_SHORTENED),
        ("4,15555E+09", PhoneFault.EXCEL_SHORTENED),
        ("1.4155552671e+10", PhoneFault.EXCEL_SHORTENED),
        ("4155552671.5", PhoneFault.EXCEL_DECIMAL),
        ("#N/A", PhoneFault.EXCEL_ERROR),
        ("#VALUE!", PhoneFault.EXCEL_ERROR),
        ("##########", PhoneFault.EXCEL_ERROR),
        ("555-013", PhoneFault.TOO_SHORT),
        ("555-0134", PhoneFault.NO_AREA_CODE),
        ("911", PhoneFault.TOO_SHORT),
        ("+1", PhoneFault.TOO_SHORT),
        ("12345678901234567890", PhoneFault.TOO_LONG),
        ("+14155552671000", PhoneFault.TOO_LONG),
        ("9" * 300, PhoneFault.TOO_LONG),
        ("+999 123456789", PhoneFault.UNKNOWN_COUNTRY_CODE),
        ("1-900-555-1234", PhoneFault.PREMIUM),
        ("+44 909 879 0000", PhoneFault.PREMIUM),
    ],
)
def test_what_is_refused_and_why(written: str, reason: PhoneFault) -> None:
    assert US.read(written) == Rejection(reason)


def test_a_number_that_nobody_has_is_kept_with_a_doubt() -> None:
    assert US.read("(555) 555-0100") == Phone("+15555550100", PhoneDoubt.NOT_ASSIGNED)


def test_a_landline_is_kept_with_a_doubt() -> None:
    assert GB.read("020 7946 0958") == Phone("+442079460958", PhoneDoubt.NOT_MOBILE)


def test_a_lost_plus_is_put_back_where_nothing_else_fits() -> None:
    assert US.read("447400123456") == Phone("+447400123456", PhoneDoubt.PLUS_ADDED)


def test_no_plus_is_added_to_what_may_be_a_number_at_home() -> None:
    # +45 20 12 34 56 is a Danish mobile, but ten digits may be a number of the United States.
    assert US.read("4520123456") == Phone("+14520123456", PhoneDoubt.NOT_ASSIGNED)


@pytest.mark.parametrize(
    ("country", "written", "phone", "doubt"),
    [
        # A spreadsheet took the plus: by the letter these are landlines of a town.
        ("DE", "4915123456789", "+4915123456789", PhoneDoubt.PLUS_ADDED),
        ("DE", "491.701.234.567", "+491701234567", PhoneDoubt.PLUS_ADDED),
        ("ID", "62810319561", "+62810319561", PhoneDoubt.PLUS_ADDED),
        ("XK", "38343000716", "+38343000716", PhoneDoubt.PLUS_ADDED),
        ("DE", "04915 123456", "+494915123456", PhoneDoubt.NOT_MOBILE),
        # After 00 and home's own code there is nothing to doubt, whatever else 00 5… might be.
        ("CO", "00573015666125", "+573015666125", None),
        # A spreadsheet took the zero that belongs to the number.
        ("CI", "707123456", "+2250707123456", PhoneDoubt.ZERO_ADDED),
        ("CG", "61234567", "+242061234567", PhoneDoubt.ZERO_ADDED),
        # Numbering plans that changed.
        ("MX", "+52 1 55 1234 5678", "+525512345678", PhoneDoubt.RENUMBERED),
        ("US", "5215512345678", "+525512345678", PhoneDoubt.RENUMBERED),
        ("MX", "044 55 1234 5678", "+525512345678", PhoneDoubt.RENUMBERED),
        ("MX", "01 55 1234 5678", "+525512345678", PhoneDoubt.RENUMBERED),
        ("CI", "07 12 34 56", "+2250707123456", PhoneDoubt.RENUMBERED),
        ("CI", "+225 45 12 34 56", "+2250545123456", PhoneDoubt.RENUMBERED),
        ("BJ", "97 12 34 56", "+2290197123456", PhoneDoubt.RENUMBERED),
        ("FR", "+229 97 12 34 56", "+2290197123456", PhoneDoubt.RENUMBERED),
        ("AR", "011 15 2345-6789", "+5491123456789", None),
        # France and what is overseas dial alike.
        ("FR", "06 92 12 34 56", "+262692123456", PhoneDoubt.OVERSEAS),
        ("FR", "+33 6 90 12 34 56", "+590690123456", PhoneDoubt.OVERSEAS),
        ("RE", "06 12 34 56 78", "+33612345678", PhoneDoubt.OVERSEAS),
        # Numbers that exist, and should be asked about.
        ("GB", "07012 345678", "+447012345678", PhoneDoubt.DEAR),
        ("GB", "+8816 1234 5678", "+881612345678", PhoneDoubt.DEAR),
    ],
)
def test_what_a_number_stands_for_that_is_not_written_as_it_is_dialled(
    country: str, written: str, phone: str, doubt: PhoneDoubt | None
) -> None:
    assert PhoneReader(country).read(written) == Phone(phone, doubt)


@pytest.mark.parametrize(
    ("country", "written", "phone"),
    [
        ("JP", "090ー1234ー5678", "+819012345678"),
        ("JP", "090\u22121234\u22125678", "+819012345678"),
        ("JP", "090\uff5e1234\uff5e5678", "+819012345678"),
        ("KR", "010ㅡ1234ㅡ5678", "+821012345678"),
        ("IN", "91+ 98765 43212", "+919876543212"),
        ("IN", "(91+) 98765 43212", "+919876543212"),
        ("BR", "(0xx11) 98765-4323", "+5511987654323"),
        ("BR", "0xx11 98765-4323", "+5511987654323"),
        ("US", "p:+14155552671", "+14155552671"),
    ],
)
def test_decorations_of_a_country_are_taken_off(country: str, written: str, phone: str) -> None:
    assert PhoneReader(country).read(written) == Phone(phone)


@pytest.mark.parametrize(
    "written",
    [
        "9876543210 / 9876543211",
        "9876543210 9876543211",
        "9876543210 or 9876543211",
        "home 9876543210 work 9876543211",
        "9876543210\n9876543211",
    ],
)
def test_two_numbers_in_a_cell_are_told_to_be_two(written: str) -> None:
    assert PhoneReader("IN").read(written) == Rejection(PhoneFault.SEVERAL_NUMBERS)


def test_without_a_country_only_international_numbers_are_read() -> None:
    assert ABROAD_ONLY.read("+14155552671") == Phone("+14155552671")
    assert ABROAD_ONLY.read("0014155552671") == Phone("+14155552671")
    assert ABROAD_ONLY.read("(415) 555-2671") == Rejection(PhoneFault.NO_COUNTRY)


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(ValueError, match="XX"):
        PhoneReader("XX")


def test_a_premium_number_is_not_read_as_one_abroad() -> None:
    # With a plus in front it would be a number in Connecticut.
    assert PhoneReader("IN").read("1860 345 1234") == Rejection(PhoneFault.PREMIUM)


def test_every_reason_and_doubt_has_words() -> None:
    assert set(REJECTIONS) >= set(PhoneFault)
    assert set(DOUBTS) == set(PhoneDoubt)


def spellings(number: phonenumbers.PhoneNumber) -> list[str]:
    forms = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.RFC3966)
    written = [phonenumbers.format_number(number, form) for form in forms]
    return [*written, written[0].replace("+", "00"), written[1].replace("+", "+0")]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.thorough
def test_example_numbers_of_a_region_are_read_as_the_library_does(region: str) -> None:
    at_home, abroad = PhoneReader(region), PhoneReader("US")
    for kind in sorted(PhoneNumberType.values()):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None or kind in PREMIUM:
            continue
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for written in spellings(number) if len(e164) >= 8 else []:
            for reader in (at_home, abroad):
                answer = reader.read(written)
                assert isinstance(answer, Phone), (written, answer)
                assert answer.e164 == e164
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        if national.replace(" ", "").isascii() and not any(map(str.isalpha, national)):
            assert_like_the_library(national, region)


def library(written: str, region: str) -> tuple[str, bool, int] | None:
    """The library's own reading: E.164, whether valid, kind; None for what is no number to it."""
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return e164, phonenumbers.is_valid_number(number), phonenumbers.number_type(number)


def assert_like_the_library(written: str, region: str) -> None:
    """What the library calls valid is read the same; what we call certain is valid to it.

    Only a landline that begins with the country's own code may be a mobile that lost its plus.
    """
    answer = PhoneReader(region).read(written)
    theirs = library(written, region)
    if isinstance(answer, Phone) and answer.doubt is PhoneDoubt.PLUS_ADDED:
        assert theirs is None or not theirs[1] or theirs[2] not in MOBILES
    elif theirs and theirs[1] and 8 <= len(theirs[0]) <= 16:
        expected = None if theirs[2] in PREMIUM else theirs[0]
        assert (answer.e164 if isinstance(answer, Phone) else None) == expected, (written, region)
    if isinstance(answer, Phone):
        again = library(answer.e164, "ZZ")
        assert again is not None
        assert again[0] == answer.e164
        assert again[1] is (answer.doubt is not PhoneDoubt.NOT_ASSIGNED)


# Plain writing only: dots, slashes and "(0)" have rules of our own.
digits = st.text("0123456789", min_size=6, max_size=15)
separators = st.sampled_from(["", " ", "-", ") ", " ("])


@st.composite
def plain_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """(a number written plainly, a region), often close to a valid one."""
    region = draw(st.sampled_from(REGIONS))
    if draw(st.booleans()):
        known = phonenumbers.example_number_for_type(
            draw(st.sampled_from(REGIONS)),
            draw(st.sampled_from([PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE])),
        )
        start = str(known.country_code) + str(known.national_number) if known else ""
        keep = draw(st.integers(0, len(start)))
        number = start[:keep] + draw(st.text("0123456789", max_size=9))
    else:
        number = draw(digits)
    place = draw(st.integers(0, len(number)))
    sign = draw(st.sampled_from(["+", "", "0", "1"]))
    return sign + number[:place] + draw(separators) + number[place:], region


@given(plain_numbers())
@examples(80)
def test_any_plain_number_is_read_as_the_library_does(case: tuple[str, str]) -> None:
    written, region = case
    if "(0)" not in written and not written.startswith(("00", "+0")):
        assert_like_the_library(written, region)


@given(st.text(max_size=40), st.sampled_from(REGIONS))
def test_no_text_at_all_breaks_the_reader(written: str, region: str) -> None:
    answer = PhoneReader(region).read(written)
    if isinstance(answer, Phone):
        assert answer.e164[0] == "+"
        assert answer.e164[1:].isascii()
        assert answer.e164[1:].isdigit()
        assert 7 <= len(answer.e164) - 1 <= 15


@given(st.text("+0123456789 ()-./,;EexX#\u200e\u00a0", max_size=30))
def test_reading_twice_changes_nothing(written: str) -> None:
    answer = US.read(written)
    if isinstance(answer, Phone):
        again = US.read(answer.e164)
        assert isinstance(again, Phone)
        assert again.e164 == answer.e164
