"""Dynamic fields: the shared cases, and what holds for any text and any person."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from campaigns.texts.date_masks import Calendar, UnknownLetters, read_mask
from campaigns.texts.dynamic_fields import (
    PREDEFINED,
    TextFault,
    parse_text,
    tags,
)
from campaigns.texts.field_sentences import fault_sentence
from campaigns.texts.rendering import (
    LeftOut,
    Missing,
    Renderer,
    RenderRules,
    TextLimits,
    TextTally,
    render_text,
)
from tests.campaigns import vectors
from tests.campaigns.vectors import Case

VECTORS = vectors.read("dynamic_fields")


def named(part: str) -> list[object]:
    return [pytest.param(case, id=case.get("name")) for case in VECTORS[part]]


def calendar_of(case: Case) -> Calendar:
    today = date.fromisoformat(case["today"]) if "today" in case else None
    return Calendar(ZoneInfo(case.get("zone", "UTC")), today, case.get("day_first"))


def rules_of(case: Case) -> RenderRules:
    return RenderRules(case.get("constants", {}), case.get("fallbacks", {}), calendar_of(case))


def shown(text: str | Missing) -> object:
    if isinstance(text, Missing):
        return {"reason": text.reason.value, "field": text.field}
    return text


@pytest.mark.parametrize("case", named("render"))
def test_a_person_gets_the_text_that_the_vendor_would_send(case: Case) -> None:
    assert (
        shown(render_text(parse_text(case["text"]), case["person"], rules_of(case)))
        == case["expected"]
    )


@pytest.mark.parametrize("case", named("render"))
def test_many_people_at_once_get_the_same(case: Case) -> None:
    renderer = Renderer(parse_text(case["text"]), rules_of(case))

    texts = list(renderer.render_each([case["person"], {}, case["person"]]))

    assert list(map(shown, texts)) == [
        case["expected"],
        shown(renderer.render({})),
        case["expected"],
    ]


@pytest.mark.parametrize("case", named("faults"))
def test_a_fault_is_found_where_it_is(case: Case) -> None:
    text = case["text"]
    faults = [*parse_text(text).faults, *parse_text(text).unknown(case.get("known", ()))]

    assert [
        {
            "code": one.code,
            "found": text[one.start : one.end],
            "word": one.word,
            "instead": one.instead,
        }
        for one in faults
    ] == case["faults"]
    assert all(fault_sentence(one).endswith((".", "?", "}")) for one in faults)


@pytest.mark.parametrize(
    "case", VECTORS["dates"], ids=lambda case: f"{case['mask']}|{case['value']}"
)
def test_a_date_is_written_as_its_letters_say(case: Case) -> None:
    assert read_mask(case["mask"]).write(case["value"], calendar_of(case)) == case["expected"]


def test_there_are_enough_cases_and_each_says_where_it_comes_from() -> None:
    everything = [VECTORS, vectors.read("sms_segments")]
    cases = [case for parts in everything for part in parts.values() for case in part]
    assert len(cases) >= 150
    assert all(case["source"] for case in cases)


def test_the_fields_of_a_text_are_named_once_and_in_order() -> None:
    text = '{{b}}{{a}}{{b}}{{#ifeq "x" c}}{{/ifeq}}'
    assert parse_text(text).fields == ("b", "a", "c")
    assert parse_text(text).written_fields == ("b", "a")


def test_unknown_fields_are_found_at_each_use() -> None:
    assert [one.start for one in parse_text("{{a}} {{b}} {{a}}").unknown(["b"])] == [0, 12]


def test_a_text_with_faults_is_never_rendered() -> None:
    with pytest.raises(ValueError, match="faults"):
        Renderer(parse_text("Hi {{"), RenderRules())


def test_letters_that_mean_nothing_are_named() -> None:
    with pytest.raises(UnknownLetters) as unknown:
        read_mask("DD.mm.YYYY")
    assert (unknown.value.letters, unknown.value.instead) == ("DD", "dd")


@pytest.mark.parametrize("value", [5, None, ["x"]])
def test_a_value_that_no_import_makes_breaks_nothing(value: Any) -> None:
    for text in ("{{a}}", "{{a}}{{b}}", '{{#dateFormat "d"}}{{a}}{{/dateFormat}}'):
        renderer = Renderer(parse_text(text), RenderRules())
        (got,) = renderer.render_each([{"a": value, "b": "B"}])
        assert got == renderer.render({"a": value, "b": "B"})


# --- Any text, any person -------------------------------------------------------------------------

pieces = st.sampled_from(
    [
        *("{{", "}}", "{", "}", "{{{", " ", "\n", "a", "%s", "%", "€", "\U0001f600", '"', "'", "("),
        *("{{a}}", "{{ b b }}", "{{CUSTOMER_NAME}}", "{{else}}", '{{#ifeq "x" a}}', "{{/ifeq}}"),
        *('{{else ifeq "y" a}}', '{{#contains (arr "x" "y") a}}', "{{/contains}}", "{{#if a}}"),
        *('{{#dateFormat "d.m.yyyy"}}', '{{#dateFormat "Q"}}', "{{/dateFormat}}", "{{/if}}"),
    ]
)
any_text = st.lists(pieces, max_size=12).map("".join) | st.text()
any_value = (
    st.sampled_from(["x", "y", "", " ", "{{a}}", "%s", "2026-04-03", "\U0001f600"]) | st.text()
)
any_person = st.dictionaries(st.sampled_from(["a", "b b", "CUSTOMER_NAME"]), any_value)


@given(any_text)
def test_any_text_is_read_and_its_faults_lie_inside_it(text: str) -> None:
    program = parse_text(text)

    for one in program.faults:
        assert 0 <= one.start < one.end <= len(text)
        assert fault_sentence(one)
    assert list(program.faults) == sorted(program.faults, key=place)
    for use in program.uses:
        assert text[use.start : use.end].startswith("{{")
    spans = list(tags(text))
    assert "{{" not in "".join(
        text[end:start]
        for (_, end), (start, _) in zip([(0, 0), *spans], [*spans, (len(text), 0)], strict=True)
    )


def place(fault: TextFault) -> tuple[int, int]:
    return fault.start, fault.end


@given(any_text, st.lists(any_person, max_size=4), st.booleans())
@example("{{a}}", [{"a": "x"}, {}, {"a": " "}], False)
def test_one_by_one_or_together_people_get_the_same(
    text: str, people: list[dict[str, str]], has_fallback: bool
) -> None:
    program = parse_text(text)
    assume(not program.faults)
    rules = RenderRules({"SENDER_NAME": "S"}, {"a": "-"} if has_fallback else {})
    renderer = Renderer(program, rules)

    texts = list(renderer.render_each(people))

    assert texts == [renderer.render(person) for person in people]
    assert all(one.field in program.fields for one in texts if isinstance(one, Missing))


@pytest.mark.parametrize(
    ("text", "shortest"),
    [
        ("ab{{x}}", 3),
        ('{{#ifeq "1" x}}long{{else}}ab{{/ifeq}}', 2),
        ('{{#ifeq "1" x}}ab{{else}}long{{/ifeq}}', 2),
        ('{{#ifeq "1" x}}ab{{else ifeq "2" x}}a{{else}}abc{{/ifeq}}!', 2),
        ('{{#ifeq "1" x}}ab{{/ifeq}}', 0),
    ],
)
def test_the_shortest_way_through_a_text_counts(text: str, shortest: int) -> None:
    assert parse_text(text).shortest() == shortest


@given(any_text, st.sampled_from("xy"), st.sampled_from(["2026-04-03", "z"]))
def test_no_text_is_shorter_than_the_shortest(text: str, first: str, second: str) -> None:
    program = parse_text(text)
    assume(not program.faults)

    got = render_text(program, {name: first if name == "a" else second for name in program.fields})

    assert isinstance(got, Missing) or len(got) >= program.shortest()


@given(st.text(alphabet=st.characters(exclude_characters="{}")))
def test_a_text_without_braces_stays_as_it_is(text: str) -> None:
    assert render_text(parse_text(text), {}) == text
    assert parse_text(text).shortest() == len(text)


@given(st.lists(any_value.filter(str.strip), min_size=2, max_size=2))
def test_values_are_put_in_as_they_are_and_never_read_again(values: list[str]) -> None:
    person = {"a": values[0], "b": values[1]}

    assert (
        render_text(parse_text("<{{a}}|{{b}}|{{a}}>"), person)
        == f"<{values[0]}|{values[1]}|{values[0]}>"
    )


def test_the_predefined_fields_are_the_vendors() -> None:
    assert set(PREDEFINED) == {"BUSINESS_NAME", "CUSTOMER_NAME", "PHONE_NUMBER", "SENDER_NAME"}


# --- Counting what comes out ----------------------------------------------------------------------

any_outcome = st.sampled_from(["a", "b" * 200, "c" * 500, "d", "", "{{", "e" * 2000]) | st.just(
    Missing(LeftOut.MISSING_VALUE, "a")
)


@given(st.lists(any_outcome), st.integers(1, 3), st.integers(1, 10))
def test_the_tally_adds_up(texts: list[str | Missing], largest: int, most_distinct: int) -> None:
    tally = TextTally(TextLimits(1600), most_distinct)
    for key, text in enumerate(texts):
        tally.add(key, text)

    sent = [
        one for one in texts if isinstance(one, str) and one and len(one) < 2000 and one != "{{"
    ]
    assert tally.people == len(sent)
    assert tally.people + tally.left_out_count == len(texts)
    assert tally.by_field.total() == texts.count(Missing(LeftOut.MISSING_VALUE, "a"))
    assert tally.distinct == min(len(set(sent)), most_distinct)
    assert tally.is_exact == (len(set(sent)) <= most_distinct)
    if tally.is_exact:
        assert tally.jobs(largest) == sum(-(-sent.count(one) // largest) for one in set(sent))
    if sent:
        sizes = sorted(-(-len(one) // 153) if len(one) > 160 else 1 for one in sent)
        assert tally.spread is not None
        assert (tally.spread.fewest, tally.spread.most) == (sizes[0], sizes[-1])
        assert tally.spread.typical == sizes[(len(sizes) - 1) // 2]
        assert tally.spread.total == sum(sizes)
        assert tally.longest is not None
        assert texts[tally.longest.key] == tally.longest.text == max(sent, key=len)
