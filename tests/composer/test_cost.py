"""What a campaign costs, by the team's prices."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from campaigns.texts import personal_texts
from composer import cost
from interface.money import money, validate_currency
from sociocs_accounts.models import Channel
from tests import world

pytestmark = pytest.mark.thorough

PRICES = {
    "currency": "EUR",
    "price_per_segment": Decimal("0.0079"),
    "price_per_mms": Decimal("0.02"),
    "price_per_whatsapp": Decimal("0.005"),
}


@pytest.fixture
def channel(db: None) -> Channel:
    team = world.a_team()
    for name, value in PRICES.items():
        setattr(team, name, value)
    team.save()
    return world.a_channel(team)


@pytest.mark.parametrize(
    ("provider", "has_media", "in_words"),
    [
        # 250 segments; 100 messages where a message costs the same however long it is.
        ("twlo", False, ("1.98 EUR", "0.0079 EUR")),
        ("twlo", True, ("2.00 EUR", "0.02 EUR")),
        ("twlowa", False, ("0.50 EUR", "0.005 EUR")),
        ("gswa", True, ("0.50 EUR", "0.005 EUR")),
    ],
)
def test_each_way_of_sending_has_its_price(
    channel: Channel, provider: str, has_media: bool, in_words: tuple[str, str]
) -> None:
    channel.provider = provider
    found = cost.cost_of(channel.team, channel, has_media, messages=100, segments=250)
    assert found is not None
    assert (found.total_in_words, found.price_in_words) == in_words


def test_without_a_price_nothing_is_claimed(channel: Channel) -> None:
    channel.team.price_per_segment = None
    assert cost.cost_of(channel.team, channel, False, messages=100, segments=250) is None


def test_a_draft_costs_what_its_rendered_texts_take(channel: Channel) -> None:
    people = world.a_list(channel.team, world.phones(9))
    # 152 letters and a name: "Person 2" (8 letters) just fits one segment, "Person 10" takes two.
    campaign = world.a_campaign(channel, people, text="x" * 152 + "{{CUSTOMER_NAME}}")

    survey = personal_texts.survey(campaign, None, timezone.now())

    spread = survey.texts.spread
    assert spread is not None
    found = cost.cost_of(
        channel.team, channel, False, messages=survey.count.people, segments=spread.total
    )
    assert found is not None
    assert (found.units, found.total) == (10, Decimal("0.0790"))


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("1234567.891", "USD", "1,234,567.89 USD"),
        ("0", "USD", "0.00 USD"),
        ("52300.4", "JPY", "52,300 JPY"),
        ("0.000001", "EUR", "0.000001 EUR"),
        ("0.0750", "EUR", "0.075 EUR"),
    ],
)
def test_money_is_written_with_its_currency(amount: str, currency: str, written: str) -> None:
    assert money(Decimal(amount), currency) == written


@pytest.mark.parametrize("code", ["eur", "EURO", "", "€"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        validate_currency(code)
