"""The rules for single messages, without database and network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest

from sending.protocol import Sight, slot_candidates
from sending.single_messages import (
    WaitingMessage,
    WantedMessage,
    is_too_early,
    lead_each,
    look_for_message,
    next_look_for_message,
)

NOW = datetime(2026, 4, 2, 9, 30, 17, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WANTED = WantedMessage(NOW, "+14155550101", "front-desk")
OURS = WaitingMessage("m1", NOW, "+14155550101", "front-desk")


def sight(*messages: WaitingMessage, is_full: bool = False, owned: str = "") -> tuple[Sight, str]:
    return look_for_message(WANTED, messages, is_full, lambda one: one == owned)


def test_found_once_it_is_the_one() -> None:
    bare = WaitingMessage("m1", NOW, "+14155550101")
    others = [
        WaitingMessage("m2", NOW, "+14155550102", "front-desk"),
        WaitingMessage("m3", NOW + SECOND, "+14155550101", "front-desk"),
        WaitingMessage("m4", NOW, "+14155550101", "another"),
    ]
    for found in (OURS, bare):
        assert sight(*others, found) == (Sight.FOUND, "m1")
        assert sight(*others, found, is_full=True) == (Sight.FOUND, "m1")
    assert sight(*others) == (Sight.NOT_SEEN, "")


def test_two_alike_or_one_of_another_attempt_prove_nothing() -> None:
    assert sight(OURS, WaitingMessage("m2", NOW, "+14155550101")) == (Sight.SEVERAL, "")
    assert sight(OURS, owned="m1") == (Sight.NOT_SEEN, "")


@pytest.mark.parametrize(
    "message",
    [WaitingMessage("m1", None, "+14155550101"), WaitingMessage("m1", NOW, None)],
)
def test_a_list_that_hides_seconds_or_numbers_is_no_look(message: WaitingMessage) -> None:
    assert sight(message) == (Sight.BLIND, "")
    assert sight(message, WaitingMessage("m2", NOW, "+1", "front-desk")) == (Sight.BLIND, "")


def test_a_full_list_is_a_look_only_as_far_as_it_reaches() -> None:
    later = WaitingMessage("m2", NOW + SECOND, "+14155550102")
    earlier = WaitingMessage("m3", NOW - SECOND, "+14155550102")
    assert sight(later, is_full=True) == (Sight.BLIND, "")
    assert sight(later, earlier, is_full=True) == (Sight.NOT_SEEN, "")
    assert sight(later) == (Sight.NOT_SEEN, "")


def test_the_lead_leaves_time_to_look_and_fits_the_list() -> None:
    hour = timedelta(hours=1)
    assert lead_each(hour, timedelta(seconds=60)) == timedelta(seconds=100)
    assert lead_each(timedelta(seconds=2), timedelta(seconds=60)) == timedelta(seconds=2)


@pytest.mark.parametrize("start", range(0, 60, 7))
@pytest.mark.parametrize("part", [0, 1, 999_999])
def test_of_those_that_may_be_outstanding_a_list_shows_all(start: int, part: int) -> None:
    now, lead = NOW.replace(second=start, microsecond=part), timedelta(seconds=100)
    first = next(slot_candidates(now, now + lead))
    assert not is_too_early(first, now, lead)
    seconds = takewhile(first.__ge__, slot_candidates(now, now + timedelta(microseconds=1)))
    assert 98 <= len(list(seconds)) <= 100
    assert is_too_early(first + 3 * SECOND, now, lead)


def test_it_is_looked_for_from_fifteen_seconds_on_until_ten_before_its_second() -> None:
    slot, looks, now = NOW + 100 * SECOND, list[int](), NOW
    while (look := next_look_for_message(NOW, slot, now)) is not None:
        looks.append(round((look - NOW).total_seconds()))
        now = look
    assert looks == [15, 25, 35, 45, 55, 65, 75, 85, 90]


def test_with_little_time_it_is_looked_for_once_or_not_at_all() -> None:
    assert next_look_for_message(NOW, NOW + 20 * SECOND, NOW) == NOW + 10 * SECOND
    assert next_look_for_message(NOW, NOW + 10 * SECOND, NOW) is None
