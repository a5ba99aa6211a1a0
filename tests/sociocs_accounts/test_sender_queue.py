"""How long a provider's queue takes, by the kind of sender a channel has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sociocs_accounts.sender_queue import Sender, estimate, sender_of
from sociocs_gateway.providers import Provider

SMS = Provider.TWILIO_SMS


@pytest.mark.parametrize(
    ("provider", "number", "sender"),
    [
        (SMS, "+1 415 555 0123", Sender.LONG_CODE),
        (SMS, "+44 7700 900123", Sender.LONG_CODE_ABROAD),
        (SMS, "+1 800 234 5678", Sender.TOLL_FREE),
        (SMS, "12345", Sender.SHORT_CODE),
        (SMS, "", Sender.LONG_CODE),
        (SMS, "RIVERSIDE", Sender.LONG_CODE),
        (SMS, "+999", Sender.LONG_CODE),
        (Provider.TWILIO_WHATSAPP, "+14155550123", Sender.TWILIO_WHATSAPP),
        (Provider.GUPSHUP_WHATSAPP, "", Sender.WHATSAPP),
    ],
)
def test_the_number_of_a_channel_tells_its_kind(
    provider: Provider, number: str, sender: Sender
) -> None:
    assert sender_of(provider, number) is sender


def test_one_long_code_sends_one_segment_a_second() -> None:
    told = estimate(SMS, "+14155550123", 43_200)

    assert told.duration == timedelta(hours=12)
    assert told.overflows
    assert told.throughput.longest_queue == timedelta(seconds=36_000 * told.seconds_each)


def test_longer_texts_take_longer() -> None:
    assert estimate(SMS, "+14155550123", 10_000, 3).duration == timedelta(seconds=30_000)


def test_who_knows_the_speed_of_their_sender_is_believed() -> None:
    told = estimate(SMS, "+14155550123", 43_200, per_second=100)

    assert told.duration == timedelta(seconds=432)
    assert not told.overflows


def test_a_queue_without_a_known_limit_never_overflows() -> None:
    told = estimate(Provider.GUPSHUP_WHATSAPP, "", 10**9)

    assert not told.overflows
    assert told.throughput.longest_queue is None
