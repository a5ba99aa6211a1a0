"""Counting SMS: the shared cases, and what holds for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.texts.sms_segments import SmsEncoding, cheaper, segments, sms_size
from tests.campaigns import vectors
from tests.campaigns.vectors import Case, text_of

VECTORS = vectors.read("sms_segments")
# Whatever stands near the cuts: one unit, two units, another alphabet.
some_text = st.lists(
    st.tuples(st.sampled_from("a€^éÇç中\u2019\u2026\U0001f600\n"), st.integers(1, 160)),
    max_size=6,
).map(lambda runs: "".join(piece * times for piece, times in runs))


def named(part: str) -> list[object]:
    return [pytest.param(case, id=case.get("name", case.get("code"))) for case in VECTORS[part]]


@pytest.mark.parametrize("case", named("sizes"))
def test_a_text_has_the_size_that_others_count(case: Case) -> None:
    size = sms_size(text_of(case["text"]))

    counted = (size.encoding, size.units, size.segments, size.units_left)
    assert counted == (case["encoding"], case["units"], case["segments"], case["units_left"])


@pytest.mark.parametrize("case", named("sizes"))
def test_counting_many_texts_counts_the_same_segments(case: Case) -> None:
    assert segments(text_of(case["text"])) == case["segments"]


@pytest.mark.parametrize("case", named("characters"))
def test_a_character_takes_what_the_standards_table_says(case: Case) -> None:
    size = sms_size(case["character"])
    assert (size.encoding, size.units) == (SmsEncoding.GSM_7, case["units"])


def test_no_other_character_is_in_the_table() -> None:
    table = {case["character"] for case in VECTORS["characters"]}
    # 128 codes, one of which leads to the 10 of the extension table.
    assert len(table) == 127 + 10
    others = (chr(code) for code in range(0x2FFF) if chr(code) not in table)
    assert all(sms_size(one).encoding is SmsEncoding.UCS_2 for one in others)


@pytest.mark.parametrize("case", named("cheaper"))
def test_dear_characters_are_replaced_by_their_equals(case: Case) -> None:
    assert cheaper(case["text"], case.get("kept", ())) == case["cheaper"]


def test_in_unicode_every_foreign_character_is_named() -> None:
    dear = sms_size("Ann\u2019s 5€ \U0001f600!").dear
    assert [(one.start, one.character) for one in dear] == [(3, "\u2019"), (9, "\U0001f600")]


def test_in_gsm_the_characters_of_two_units_are_named() -> None:
    assert [(one.start, one.character) for one in sms_size("5€ [a]").dear] == [
        (1, "€"),
        (3, "["),
        (5, "]"),
    ]


def test_half_a_pair_breaks_nothing() -> None:
    assert sms_size("\ud83d" * 71).segments == segments("\ud83d" * 71) == 2


@given(some_text)
def test_segments_are_as_few_as_possible_and_cut_through_no_character(text: str) -> None:
    size = sms_size(text)

    assert size.segments == segments(text) == fewest_segments(text, size.encoding)


def fewest_segments(text: str, encoding: SmsEncoding) -> int:
    """Fill segments character by character: slow, and obviously right."""
    is_gsm = encoding is SmsEncoding.GSM_7
    alone, each = (160, 153) if is_gsm else (70, 67)
    widths = [
        (2 if one in "\f^{}\\[~]|€" else 1) if is_gsm else (2 if ord(one) > 0xFFFF else 1)
        for one in text
    ]
    if sum(widths) <= alone:
        return 1 if widths else 0
    needed, used = 1, 0
    for width in widths:
        if used + width > each:
            needed, used = needed + 1, 0
        used += width
    return needed


@given(st.text() | some_text)
def test_a_cheaper_text_never_costs_more_and_is_found_at_once(text: str) -> None:
    found = cheaper(text)

    assert sms_size(found).segments <= sms_size(text).segments
    assert found == text or sms_size(found).encoding is SmsEncoding.GSM_7
    assert cheaper(found) == found
