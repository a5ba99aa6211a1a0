"""One person, one key: every spelling of a subscriber's number has it, and nobody else's has."""

from __future__ import annotations

from itertools import count, product

import phonenumbers
import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from recipients.models import OptOut, Recipient
from recipients.phone_numbers import Phone, PhoneReader
from recipients.subscriber_keys import RESPELLINGS, beginnings_of_keys, subscriber_key
from teams.models import Team, User
from tests.world import a_list, opt_out

pytestmark = pytest.mark.both_databases

# Subscribers of each country with more than one spelling, as they are called today, without the
# calling code; and the spellings, of which some are no numbers any more.
_AREAS = "11", "221", "341", "351", "2202", "2954", "3834"


def _digits(size: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=size, max_size=size)


@st.composite
def _mexicans(draw: st.DrawFn) -> tuple[str, ...]:
    ten = draw(st.sampled_from("23456789")) + draw(_digits(9))
    return f"+52{ten}", f"+521{ten}"


@st.composite
def _brazilians(draw: st.DrawFn) -> tuple[str, ...]:
    area, first = draw(st.sampled_from(("11", "21", "31", "47", "92"))), draw(_digits(1))
    rest = draw(_digits(7))
    mobile = f"+55{area}9{first}{rest}"
    return (mobile, f"+55{area}{first}{rest}") if first in "6789" else (mobile,)


@st.composite
def _brazilian_landlines(draw: st.DrawFn) -> tuple[str, ...]:
    return (f"+5511{draw(st.sampled_from('2345'))}{draw(_digits(7))}",)


@st.composite
def _argentines(draw: st.DrawFn) -> tuple[str, ...]:
    area = draw(st.sampled_from(_AREAS))
    rest = draw(st.sampled_from("2456")) + draw(_digits(9 - len(area)))
    return f"+549{area}{rest}", f"+54{area}{rest}", f"+54{area}15{rest}"


@st.composite
def _ivorians(draw: st.DrawFn) -> tuple[str, ...]:
    operator, seconds = draw(st.sampled_from((("01", "123"), ("05", "456"), ("07", "789"))))
    first, second = draw(st.sampled_from("0456789")), draw(st.sampled_from(seconds))
    eight = first + second + draw(_digits(6))
    return f"+225{operator}{eight}", f"+225{eight}"


@st.composite
def _beninese(draw: st.DrawFn) -> tuple[str, ...]:
    eight = draw(st.sampled_from("2456789")) + draw(_digits(7))
    return f"+22901{eight}", f"+229{eight}"


@st.composite
def _gabonese(draw: st.DrawFn) -> tuple[str, ...]:
    network = draw(st.sampled_from(("62", "65", "66", "74", "77", "11")))
    rest = draw(_digits(6))
    return f"+241{network}{rest}", f"+2410{network[1]}{rest}", f"+241{network[1]}{rest}"


@st.composite
def _of_everywhere(draw: st.DrawFn) -> tuple[str, ...]:
    region = draw(
        st.sampled_from(("US", "GB", "DE", "FR", "IN", "IT", "KE", "SN", "PT", "PE", "ES"))
    )
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    assert example is not None
    e164 = phonenumbers.format_number(example, PhoneNumberFormat.E164)
    return (e164[:-4] + draw(_digits(4)),)


SUBSCRIBERS = st.one_of(
    *(_mexicans(), _brazilians(), _brazilian_landlines(), _argentines(), _ivorians()),
    *(_beninese(), _gabonese(), _of_everywhere()),
)


@given(SUBSCRIBERS)
def test_all_spellings_of_a_subscriber_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len(set(map(subscriber_key, spellings))) == 1


@given(SUBSCRIBERS, SUBSCRIBERS)
def test_two_subscribers_have_two_keys(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    keys = {subscriber_key(spelling) for spelling in (*one, *other)}
    assert len(keys) == (1 if one[0] == other[0] else 2)


@given(SUBSCRIBERS)
def test_a_key_is_its_own_key(spellings: tuple[str, ...]) -> None:
    for spelling in spellings:
        key = subscriber_key(spelling)
        assert subscriber_key(key) == key


@given(SUBSCRIBERS, st.integers(4, 15))
def test_the_beginning_of_every_spelling_leads_to_the_key(
    spellings: tuple[str, ...], size: int
) -> None:
    for spelling in spellings:
        beginnings = tuple(beginnings_of_keys(spelling[:size]))
        assert subscriber_key(spelling).startswith(beginnings)


def test_a_number_and_what_is_read_of_it_are_one_person_in_every_region() -> None:
    # What was read is stored, the number that somebody writes from comes as it is.
    kinds = PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE
    for region, kind in product(sorted(phonenumbers.SUPPORTED_REGIONS), kinds):
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        e164 = phonenumbers.format_number(example, PhoneNumberFormat.E164)
        read = PhoneReader("").read(e164)
        assert isinstance(read, Phone)
        assert subscriber_key(read.e164) == subscriber_key(e164)


@pytest.mark.parametrize(
    ("country", "written", "comes_from"),
    [
        ("MX", "55 1234 5678", "+5215512345678"),
        ("MX", "044 55 1234 5678", "+5215512345678"),
        ("BR", "(11) 98765-4321", "+551187654321"),
        ("BR", "+55 92 8172-3241", "+5592981723241"),
        ("AR", "011 15 2345-6789", "+541123456789"),
        ("AR", "+54 9 221 412 3456", "+542214123456"),
        ("CI", "+225 07 08 12 34 56", "+22508123456"),
        ("BJ", "+229 01 97 12 34 56", "+22997123456"),
        ("GA", "066 12 34 56", "+24106123456"),
        ("SM", "0549 886377", "+378886377"),
        ("MG", "020 22 123 45", "+2612212345"),
    ],
)
def test_what_a_list_says_and_what_a_reply_says_are_one_person(
    country: str, written: str, comes_from: str
) -> None:
    read = PhoneReader(country).read(written)
    assert isinstance(read, Phone)
    assert subscriber_key(read.e164) == subscriber_key(comes_from)


def test_a_rule_compares_pieces_of_one_length_as_sql_does() -> None:
    assert all(len(set(map(len, rule.among))) == 1 for rule in RESPELLINGS)


_numbers = st.one_of(
    SUBSCRIBERS.flatmap(st.sampled_from),
    # Whatever else might be sent: all that begins as some rule does, of every length.
    st.builds(
        lambda rule, rest: f"{rule.begins}{rest}"[:16],
        st.sampled_from(RESPELLINGS),
        st.text("0123456789", min_size=3, max_size=12),
    ),
    st.builds(
        lambda rule, start, rest: f"{rule.begins:0<{rule.keep}}{start}{rest}"[: rule.length],
        st.sampled_from(RESPELLINGS),
        st.sampled_from(sorted({among for rule in RESPELLINGS for among in rule.among})),
        _digits(12),
    ),
    st.text("0123456789", min_size=7, max_size=15).map("+{}".format),
)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(phones=st.lists(_numbers, min_size=1, max_size=60))
def test_the_database_makes_the_same_key(riverside: Team, alice: User, phones: list[str]) -> None:
    people = a_list(riverside, [])
    numbers = count()
    Recipient.objects.bulk_create(
        Recipient(recipient_list=people, phone=phone, occurrence=next(numbers)) for phone in phones
    )
    rows = Recipient.objects.filter(recipient_list=people).values_list("phone", "phone_key")
    assert dict(rows) == {phone: subscriber_key(phone) for phone in phones}


@pytest.mark.django_db
def test_the_database_refuses_one_person_twice(riverside: Team, alice: User) -> None:
    people = a_list(riverside, ["+5511987654321"])
    opt_out(riverside, "+5511987654321")
    with pytest.raises(IntegrityError), transaction.atomic():
        Recipient.objects.create(recipient_list=people, phone="+551187654321")
    with pytest.raises(IntegrityError), transaction.atomic():
        OptOut.objects.create(team=riverside, phone="+551187654321")
